# The two ways in: `make demo` to see it, `make check` to trust it. `make help` lists the rest.
# Both install what they need where they can; scripts/setup.sh says what and how.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo check fmt lint test doc portable licences bench bench-classes fuzz-cpu decode-all corpus programs python clean-sysroot

CARGO ?= cargo
# rustup's folder, for shells that were started before Rust was installed.
export PATH := $(PATH):$(HOME)/.cargo/bin

help: ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## Install what is missing, build, record the demo guest, show what the trace tells
	@scripts/setup.sh demo
	@$(CARGO) build --release --locked
	@scripts/demo.sh

check: ## Install what is missing, then format, lints, all tests, tidy, documentation
	@scripts/setup.sh check
	@$(MAKE) --no-print-directory fmt lint doc portable licences test

fmt: ## Check the formatting
	$(CARGO) fmt --all --check

lint: ## Clippy, warnings as errors
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

test: ## All tests; the end-to-end ones build and run the release binary
	$(CARGO) test --workspace --locked

doc: ## Build the documentation, warnings as errors
	RUSTDOCFLAGS=-Dwarnings $(CARGO) doc --workspace --no-deps --locked

# Targets that this machine may not have; what is left out says so.
portable: ## Check that the vdso crate builds without std and the tree for macOS, where those targets are installed
	@for job in "aarch64-unknown-none -p vdso" "aarch64-apple-darwin --workspace --lib --bins"; do \
	  set -- $$job; target=$$1; shift; \
	  if [ -d "$$(rustc --print sysroot)/lib/rustlib/$$target/lib" ]; then \
	    echo "$(CARGO) check --target $$target $$*"; CC=true $(CARGO) check --locked --target "$$target" "$$@"; \
	  else echo "SKIPPED: target $$target is not installed (rustup target add $$target)"; fi; \
	done

licences: ## Check licences and advisories, where cargo-deny is installed
	@if $(CARGO) deny --version >/dev/null 2>&1; then $(CARGO) deny --locked check licenses bans sources; \
	else echo "SKIPPED: cargo-deny is not installed (cargo install cargo-deny)"; fi

bench: ## Speed and size figures beside qemu-aarch64, measured now on this machine
	@scripts/setup.sh check
	$(CARGO) bench --locked --bench peers

bench-classes: ## Speed of each instruction class beside qemu-aarch64; fails below a twentieth of it
	@scripts/setup.sh check
	$(CARGO) bench --locked --bench classes

MINUTES ?= 10
fuzz-cpu: ## Compare random instructions with qemu-aarch64 for MINUTES (10) and print figures
	@scripts/setup.sh check
	FUZZ_CPU_MINUTES=$(MINUTES) $(CARGO) test --release --locked -p cpu --test diff

decode-all: ## Compare the decoder with two others on all 2^32 instruction words, in some minutes
	DECODE_ALL=1 $(CARGO) test --release --locked -p cpu --test decode

corpus: ## All programs of tests/guests/linux, each with 8 seeds of --chaos; then again while 4 loops keep the machine busy
	@scripts/setup.sh check
	CORPUS_ALL=1 $(CARGO) test --locked --test tests -- linux
	CORPUS_ALL=1 CORPUS_LOAD=4 $(CARGO) test --locked --test tests -- linux

PROGRAMS ?= target/programs
programs: ## Real programs of Debian, a Go and a musl program: output, 20 replays, 8 seeds of --chaos; then under load
	@scripts/setup.sh check
	@scripts/programs.sh "$(abspath $(PROGRAMS))"
	PROGRAMS="$(abspath $(PROGRAMS))" $(CARGO) test --locked --test tests -- programs
	PROGRAMS="$(abspath $(PROGRAMS))" PROGRAMS_REPLAYS=2 CORPUS_LOAD=4 $(CARGO) test --locked --test tests -- programs

python: ## Python's own test suites as guests, in an hour or so; what qemu-aarch64 makes of them: cargo test -- python_qemu::
	@scripts/setup.sh check
	@scripts/programs.sh "$(abspath $(PROGRAMS))"
	PROGRAMS="$(abspath $(PROGRAMS))" $(CARGO) test --locked --test tests -- python::

clean-sysroot: ## Remove the arm64 programs that the tests fetched
	rm -rf "$${ELFUSE_TRACE_SYSROOT:-target/sysroot}"
