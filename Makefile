# What people type. `make help` lists it.
.PHONY: help demo test field bench fmt lint build clean
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 16

demo: build ## run a program under the profile ai-dev-safe, and one in a filtered network
	@scripts/demo

test: ## run every test on this machine
	@scripts/setup
	@scripts/test

field: ## the tests that take too long for every change (FIELD_MINUTES=3 for a quick look)
	@scripts/setup
	@scripts/test field

bench: build ## measure against the peers (BENCH=--quick for a few rounds)
	@scripts/bench $(BENCH)

fmt: ## format the sources
	@cargo fmt --all

lint: ## formatting and lints, without tests
	@scripts/test fmt clippy tidy

# cargo gives each program a second name (a hard link). purple-exec refuses a run that could change it by that name, so
# a copy replaces each program.
# The executor has no standard library, so it is built by itself: built together with the others, it
# would get the features that they ask of its dependencies. purple-net is static: it runs from wherever purple-exec is.
build: ## build the programs as they ship
	@cargo build --quiet --locked --release -p purplec -p purple
	@cargo build --quiet --locked --release -p purple-exec
	@RUSTFLAGS='-C target-feature=+crt-static -C link-arg=-Wl,--strip-all' cargo build --quiet --locked --release -p purple-net
	@cd "$${CARGO_TARGET_DIR:-target}/release" && for program in purplec purple purple-exec purple-net; do \
	    cp "$$program" "$$program.copy" && mv "$$program.copy" "$$program"; done

clean: ## remove what was built
	@cargo clean --quiet
