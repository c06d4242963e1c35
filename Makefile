# The one list of commands. `make help` prints it; CI runs `make check test`.

# One build directory outside the clone, shared by everything here: a cold build takes minutes, a second copy as many again.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/engagement-conductor/target
CARGO ?= cargo
CARGO_DENY_VERSION := 0.20.2

.DEFAULT_GOAL := help
.PHONY: help setup can-build tools web demo kafka test audit check format bench

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Check what building and Kafka need; install it if root on Debian, else say exactly what to install
	@./tests/setup.sh

can-build:
	@./tests/setup.sh build

# The page of the dashboard becomes part of the binary. It is built anew when something that it is made from has changed.
web: web/dist/index.html ## Build the page of the dashboard (npm; a minute the first time)

web/dist/index.html: web/index.html web/package.json web/package-lock.json web/tsconfig.json web/vite.config.ts $(shell find web/src -type f 2>/dev/null)
	@./tests/setup.sh web
	cd web && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build

tools: can-build
	@command -v cargo-deny >/dev/null || { echo "Installing cargo-deny $(CARGO_DENY_VERSION) (a few minutes, once)"; CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)-tools $(CARGO) install cargo-deny --locked --version $(CARGO_DENY_VERSION); }

demo: can-build web ## Watch it work: simulated sessions, alarms, decisions and outcomes in the terminal, about a minute
	@$(CARGO) run --quiet --bin conductor -- demo

kafka: setup ## Run a real Kafka and a schema registry until Ctrl-C, on 9092 and 8081 (others: ARGS="--port 19092 --registry-port 18081")
	@$(CARGO) run --quiet --bin cluster -- kafka $(ARGS)

test: setup web ## Run all tests
	cd web && npm test --silent
	$(CARGO) test --workspace

RUNS ?= 10
audit: setup ## Kill and suspend the stream on a real Kafka, RUNS=10 times with seeds of their own, and compare what it wrote
	@for seed in $$(seq 1 $(RUNS)); do echo "seed $$seed"; AUDIT_SEED=$$seed $(CARGO) test --quiet --workspace --test audit every_effect -- --nocapture || exit 1; done

check: tools web ## Check format, lints, documentation, licences and dependencies
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" $(CARGO) doc --workspace --no-deps --quiet
	$(CARGO) fetch --locked
	$(CARGO) deny --offline check bans licenses sources

format: can-build ## Format the code
	$(CARGO) fmt --all

bench: can-build web ## Measure speed and memory and print the table (release build: minutes the first time; ARGS=kafka: on a real Kafka, beside others; ARGS=acting: dashboard, executor, history)
	./loadtest/bench.sh $(ARGS)
