# The one list of commands. `make help` prints it; CI runs `make check test`.

# One build directory outside the clone, shared by everything here: a cold build takes minutes, a second copy as many again.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/engagement-conductor/target
CARGO ?= cargo
CARGO_DENY_VERSION := 0.20.2

.DEFAULT_GOAL := help
.PHONY: help setup tools demo test check format bench

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Check that Rust and a C compiler are here; say exactly what to install if not
	@command -v $(CARGO) >/dev/null || { echo "Rust is missing. Install it from https://rustup.rs (the version in rust-toolchain.toml is then fetched by itself)."; exit 1; }
	@command -v cc >/dev/null || { echo "A C compiler is missing. On Debian or Ubuntu: apt-get install build-essential. On macOS: xcode-select --install."; exit 1; }

tools: setup
	@command -v cargo-deny >/dev/null || { echo "Installing cargo-deny $(CARGO_DENY_VERSION) (a few minutes, once)"; CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)-tools $(CARGO) install cargo-deny --locked --version $(CARGO_DENY_VERSION); }

demo: setup ## Watch it work: simulated sessions, alarms, decisions and outcomes in the terminal, about a minute
	@$(CARGO) run --quiet --bin conductor -- demo

test: setup ## Run all tests
	$(CARGO) test --workspace

check: tools ## Check format, lints, licences and dependencies
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) deny --offline check bans licenses sources

format: setup ## Format the code
	$(CARGO) fmt --all

bench: setup ## Measure speed and memory and print the table (release build: minutes the first time)
	./loadtest/bench.sh
