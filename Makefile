# What people type. `make help` lists it.
.PHONY: help demo test bench fmt lint build clean
.DEFAULT_GOAL := help
TARGET := $(or $(CARGO_TARGET_DIR),target)

help: ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 16

demo: build ## run a Python program under the profile ai-dev-safe
	@scripts/demo

test: ## run every test on this machine
	@scripts/setup
	@scripts/test

# The compiler with libseccomp in it is a peer: only what it makes is looked at, so it needs no
# optimising.
bench: build ## measure against the peers (BENCH=--quick for a few rounds)
	@if test -e /usr/include/seccomp.h; then \
	    cargo build --quiet --locked -p purplec --features libseccomp && \
	    ln -f $(TARGET)/debug/purplec $(TARGET)/release/purplec-libseccomp; \
	fi
	@cargo run --quiet --locked --release -p purple-tests --bin bench -- $(BENCH)

fmt: ## format the sources
	@cargo fmt --all

lint: ## formatting and lints, without tests
	@scripts/test fmt clippy tidy

# The executor has no standard library, so it is built by itself: built together with the others, it
# would get the features that they ask of its dependencies.
build: ## build the programs as they ship
	@cargo build --quiet --locked --release -p purplec -p purple
	@cargo build --quiet --locked --release -p purple-exec

clean: ## remove what was built
	@cargo clean --quiet
