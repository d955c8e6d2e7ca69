# What people type. `make help` lists it.
.PHONY: help demo test bench fmt lint build clean
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 16

demo: build ## run a Python program under the profile ai-dev-safe
	@scripts/demo

test: ## run every test on this machine
	@scripts/setup
	@scripts/test

bench: ## measure against the peers (BENCH=--quick for a few rounds)
	@cargo build --quiet --locked --release -p purple-exec
	@cargo build --quiet --locked --release -p purplec
	@cargo run --quiet --locked --release -p purple-tests --bin bench -- $(BENCH)

fmt: ## format the sources
	@cargo fmt --all

lint: ## formatting and lints, without tests
	@scripts/test fmt clippy tidy

build: ## build the programs as they ship
	@cargo build --quiet --locked --release --workspace --bins

clean: ## remove what was built
	@cargo clean --quiet
