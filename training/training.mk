# Training and judging the models. What it needs and how long it takes: training/README.md. DATA is the folder of skills and queries.

.PHONY: train-encoder train-reranker train-eval quality

DATA ?= ../shared/data
PYTHON := .venv-training/bin/python
# Chosen on dev: QUALITY.md, "Mixing".
DENSE_WEIGHT := 1.25
RETRIEVAL_WEIGHT := 12
LONGEST_QUERY := 180

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

train-reranker: .venv-training/.installed $(SKILLROUTER)
	$(PYTHON) training/reranker.py --data $(DATA)
	$(SKILLROUTER) quantize target/training/reranker --out $(RERANKER) --license Apache-2.0 \
		--origin "trained from skillrouter-mini-encoder with training/reranker.py"

# The table of QUALITY.md from the models that are there, on the screen; `make quality` writes the file.
train-eval: .venv-training/.installed $(SKILLROUTER)
	$(PYTHON) training/evaluate.py --data $(DATA) --print

quality: .venv-training/.installed $(SKILLROUTER)
	$(PYTHON) training/evaluate.py --data $(DATA)
