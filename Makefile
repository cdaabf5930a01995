# The index of what one can do here. CI calls the same targets (.ci/run).

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# One place for what is built, whatever the user's cargo is configured to do.
export CARGO_TARGET_DIR := $(CURDIR)/target

# Where the set-up puts Envoy; another is taken from the environment.
export ENVOY_BIN ?= $(CURDIR)/.tools/bin/envoy
# What the browser tests drive: `cargo test` builds it for the integration tests.
export CHANCERY_BIN ?= $(CURDIR)/target/debug/chancery

TIMED := deploy/tools/timed.sh
BINDINGS := target/bindings
SITE := $(wildcard deploy/site/src/*.rs) deploy/site/Cargo.toml
APP := $(shell find app -name '*.rs') app/Cargo.toml app/browser/Cargo.toml Cargo.toml Cargo.lock
# What runs on this machine. One selection for clippy, doc and test: with another, cargo would
# choose other features and build the dependencies again. `browser` is for wasm32 only, and would
# turn on `hydrate` beside the server's `ssr`.
NATIVE := --workspace --exclude browser
STYLE := $(wildcard style/*.css)

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup: ## Install what building needs into .tools/: wasm32 target, wasm-bindgen, wasm-opt, esbuild, Envoy
	@deploy/tools/setup.sh build

.PHONY: setup-test
setup-test: ## Install what the tests need: Chromium, Schemathesis, npm packages, Kubernetes API server, Helm
	@deploy/tools/setup.sh test

.PHONY: site
site: target/site/manifest.json ## Build what the browser loads into target/site/

# Copied only when it differs, so that a change which cargo finds irrelevant ends here.
target/browser.wasm: $(APP) | setup
	@$(TIMED) "building the portal for the browser (4 minutes the first time)" \
		cargo build -p browser --target wasm32-unknown-unknown --profile wasm-release
	@cmp -s target/wasm32-unknown-unknown/wasm-release/chancery.wasm $@ || \
		cp target/wasm32-unknown-unknown/wasm-release/chancery.wasm $@

# The features are those that rustc turns on for wasm32-unknown-unknown.
$(BINDINGS)/chancery_bg.wasm: target/browser.wasm deploy/tools/setup.sh
	@$(TIMED) "making the JavaScript bindings" \
		.tools/bin/wasm-bindgen --target web --no-typescript --out-name chancery \
		--out-dir $(BINDINGS) target/browser.wasm
	@.tools/bin/esbuild $(BINDINGS)/chancery.js --minify --target=es2022 --log-level=warning \
		--allow-overwrite --outfile=$(BINDINGS)/chancery.js
	@$(TIMED) "shrinking the WebAssembly (15 s)" \
		.tools/bin/wasm-opt --enable-bulk-memory --enable-multivalue --enable-mutable-globals \
		--enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext \
		-Oz --converge --strip-producers --strip-target-features -Oz $@ -o $@.new
	@mv $@.new $@

target/chancery.css: $(STYLE) deploy/tools/bundle-css.sh | setup
	@mkdir -p target
	@deploy/tools/bundle-css.sh style/main.css | .tools/bin/esbuild --loader=css --minify > $@

target/site/manifest.json: $(BINDINGS)/chancery_bg.wasm target/chancery.css app/browser/start.js $(SITE)
	@$(TIMED) "naming and compressing what the browser loads" \
		cargo run --quiet -p site -- target/site target/chancery.css $(BINDINGS) app/browser/start.js

.PHONY: build
build: setup site ## Build the release binary target/release/chancery, portal included
	@$(TIMED) "building chancery (8 minutes the first time)" cargo build --release -p chancery

.PHONY: run
run: build ## Start the server, a real Envoy and two services, and print what to try; ARGS="…"
	@exec target/release/chancery demo --envoy $(ENVOY_BIN) $(ARGS)

.PHONY: test
test: setup setup-test site ## Run all tests: Rust, the API against its document, the browser's
	@$(TIMED) "tests in Rust (10 minutes the first time)" cargo test $(NATIVE)
	@cd end2end && ../$(TIMED) "types of the browser tests" npx --no-install tsc --noEmit
	@cd end2end && ../$(TIMED) "tests of the API and in the browser (16 minutes)" \
		npx --no-install playwright test $(ARGS)

.PHONY: audit
audit: build setup-test ## Run Lighthouse on the busiest pages, with live traffic; AUDIT_RUNS=3
	@cd end2end && CHANCERY_BIN=$(CURDIR)/target/release/chancery \
		../$(TIMED) "audit by Lighthouse (3 minutes)" \
		npx --no-install playwright test --config audit.config.ts $(ARGS)

.PHONY: bench
bench: setup ## Measure from POST to the first answer through Envoy; ARGS="…"
	@$(TIMED) "benchmark" cargo bench -p chancery --bench gateway -- $(ARGS)

.PHONY: lint
lint: setup ## Check format, clippy for server and browser, docs, licences
	@$(TIMED) "format" cargo fmt --all --check
	@$(TIMED) "clippy (4 minutes the first time)" \
		cargo clippy $(NATIVE) --all-targets -- -D warnings
	@$(TIMED) "clippy for the browser" \
		cargo clippy -p app -p browser --target wasm32-unknown-unknown -- -D warnings
	@RUSTDOCFLAGS="-D warnings" $(TIMED) "documentation" cargo doc $(NATIVE) --no-deps
	@if cargo deny --version >/dev/null 2>&1; then \
		$(TIMED) "licences and sources" cargo deny check; \
	else \
		echo "cargo-deny is not installed: licences are not checked (cargo install cargo-deny)"; \
	fi

.PHONY: fmt
fmt: ## Format the code
	@cargo fmt --all

.PHONY: bless
bless: setup ## Run the Rust tests and accept the snapshots as they are now
	@INSTA_UPDATE=always INSTA_FORCE_PASS=1 cargo test $(NATIVE)

.PHONY: descriptors
descriptors: ## Make the descriptors of Envoy's messages again, after a new version of envoy-types
	@cargo run --quiet -p descriptors

.PHONY: manifests
manifests: ## Render the parts of the kustomizations of the Helm chart again (after make setup-test)
	@deploy/tools/manifests.sh

.PHONY: clean
clean: ## Remove what was built; the tools in .tools/ stay
	@cargo clean
	@rm -rf end2end/test-results end2end/playwright-report
