# Crossdock's front door. `make` alone prints what there is.

.DEFAULT_GOAL := help
.PHONY: help run demo test test-faults bench fuzz lint format schemas services stop-services

help: ## Print this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

run: ## Run everything with the sandbox's shops and warehouse until Ctrl-C
	@deploy/local/sandbox run

demo: ## Run 20 orders through the same, print what happened, exit 1 if anything is missing
	@deploy/local/sandbox demo 20

test: services ## Run every test, over a real RabbitMQ and both databases (installs what is missing)
	cargo build --package crossdock
	@# The journeys mostly wait: more of them at once than there are cores.
	. target/local/test.env && RUST_TEST_THREADS=$$(($$(nproc) * 5 / 2)) cargo test --workspace --no-fail-fast

test-faults: services ## Kill, stop, cut and forge amid thousands of events, and count (minutes; ARGS= parts of attacks' names)
	cargo build --package crossdock
	. target/local/test.env && cargo test --package crossdock-tests --test faults -- $(ARGS)

fuzz: ## Fuzz what strangers can send, FUZZ_SECS (15) seconds for each of four targets; the first build takes minutes
	tests/fuzz/run $${FUZZ_SECS:-15}

bench: services ## Measure the receiver and importing against what bounds them (20 minutes; ARGS=--help tells options)
	cargo build --release --package crossdock
	. target/local/test.env && cargo run --release --package crossdock-bench -- $(ARGS)

lint: ## Check formatting and lints
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy --package crossdock-tests --test faults -- -D warnings

format: ## Format the code
	cargo fmt --all

schemas: ## Write the JSON Schemas and the OpenAPI document anew from the code
	CROSSDOCK_WRITE_SCHEMAS=1 cargo test --package crossdock-events --package crossdock-receiver

services: ## Start the RabbitMQ and PostgreSQL that the tests use
	@deploy/local/test-services start

stop-services: ## Stop them, and throw away what is in them
	@deploy/local/test-services stop
