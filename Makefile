# make help lists what there is. All that is slow is cached in $XDG_CACHE_HOME/jmx-injector (~/.cache/jmx-injector).
SHELL := bash
.DEFAULT_GOAL := help
export CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/jmx-injector
export CARGO_TARGET_DIR ?= $(CACHE)/target
SCRIPTS = $$(git ls-files '*.sh' .ci/run)

.PHONY: help demo demo-down test test-rust test-java test-chart test-examples test-e2e lint deny arrows golden crds image fmt

help: ## Lists the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

demo: ## The main job, for real: a local cluster, the chart, Kafka, Prometheus
	@examples/kafka/demo.sh

demo-down: ## Removes the local cluster and all that is in it
	@tests/cluster/down.sh

test: test-rust test-java test-chart test-examples test-e2e ## Every test, those on a real cluster included

test-rust: ## Unit, golden and integration tests
	@tests/prerequisites.sh
	cargo test --locked --workspace --exclude jmx-injector-e2e

test-java: ## The agent's tests, in real JVMs
	@tests/prerequisites.sh
	agents/java/build.sh test

test-chart: ## The chart and the image's files, without a cluster
	@tests/prerequisites.sh
	charts/jmx-injector/tests/test.sh
	image/test.sh

test-examples: ## The examples with the agent, without a cluster
	@tests/prerequisites.sh
	examples/test.sh

test-e2e: ## The installed chart on a real cluster (CLUSTER=current: on yours)
	@tests/prerequisites.sh
	tests/e2e/run.sh

lint: deny arrows ## Formatting, clippy, shellcheck, licences, the arrows between the crates
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	tests/prerequisites.sh shellcheck
	shellcheck -x $(SCRIPTS)

deny: ## Licences, sources and duplicates of the crates
	tests/prerequisites.sh cargo-deny
	$(CACHE)/cargo-deny/bin/cargo-deny --log-level error check licenses sources bans

arrows: ## What each crate may depend on
	tests/arrows.sh

golden: ## Writes the golden cases' expectations anew
	UPDATE_GOLDEN=1 cargo test --locked --package jmx-injector-inject --test golden
	git diff --stat -- tests/golden

crds: ## Writes the chart's copy of the CustomResourceDefinitions anew
	cargo run --locked --quiet -- crds >charts/jmx-injector/crd/prometheusjmxexporters.yaml.new
	mv charts/jmx-injector/crd/prometheusjmxexporters.yaml.new charts/jmx-injector/crd/prometheusjmxexporters.yaml

image: ## The image as an OCI archive, without Docker
	image/build.sh

fmt: ## Formats the Rust code
	cargo fmt --all
