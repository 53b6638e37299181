# make help lists what there is. All that is slow is cached in $XDG_CACHE_HOME/jmx-injector (~/.cache/jmx-injector); under sudo
# in the caller's, who also builds it and owns it (tests/cluster/lib.sh).
SHELL := bash
.DEFAULT_GOAL := help
export CACHE := $(shell . tests/cluster/lib.sh && echo "$$CACHE")
export CARGO_TARGET_DIR ?= $(CACHE)/target
AS_CALLER := . tests/cluster/lib.sh && as_caller
SCRIPTS = $$(git ls-files '*.sh' .ci/run)

.PHONY: help demo demo-down test test-rust test-java test-chart test-examples test-e2e lint deny arrows golden crds image fmt prerequisites

help: ## Lists the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

demo: ## The main job, for real: a local cluster, the chart, Kafka, Prometheus
	@examples/kafka/demo.sh

demo-down: ## Removes the local cluster and all that is in it (CLUSTER=current: what was installed on yours)
	@tests/cluster/down.sh

test: prerequisites test-rust test-java test-chart test-examples test-e2e ## Every test, those on a real cluster included

prerequisites: # Before the first test, not between two
	@tests/prerequisites.sh rust go jdk maven

test-rust: ## Unit, golden and integration tests
	@tests/prerequisites.sh rust
	@$(AS_CALLER) cargo test --locked --workspace --exclude jmx-injector-e2e

test-java: ## The agent's tests, in real JVMs
	@tests/prerequisites.sh jdk maven
	@$(AS_CALLER) agents/java/build.sh test

test-chart: ## The chart and the image, without a cluster
	@tests/prerequisites.sh rust go jdk maven
	charts/jmx-injector/tests/test.sh
	image/test.sh --build

test-examples: ## The examples with the agent, without a cluster
	@tests/prerequisites.sh jdk maven
	@$(AS_CALLER) examples/test.sh

test-e2e: ## The installed chart on a real cluster (CLUSTER=current: on yours)
	tests/e2e/run.sh

lint: deny arrows ## Formatting, clippy, shellcheck, licences, the arrows between the crates
	@tests/prerequisites.sh rust shellcheck
	@$(AS_CALLER) cargo fmt --all --check
	@$(AS_CALLER) cargo clippy --locked --workspace --all-targets -- -D warnings
	shellcheck -x $(SCRIPTS)

deny: ## Licences, sources and duplicates of the crates
	@tests/prerequisites.sh cargo-deny
	@$(AS_CALLER) $(CACHE)/cargo-deny/bin/cargo-deny --log-level error check licenses sources bans

arrows: ## What each crate may depend on
	@$(AS_CALLER) tests/arrows.sh

golden: ## Writes the golden cases' expectations anew
	@$(AS_CALLER) env UPDATE_GOLDEN=1 cargo test --locked --package jmx-injector-inject --test golden
	git diff --stat -- tests/golden

crds: ## Writes the chart's copy of the CustomResourceDefinitions anew
	@$(AS_CALLER) cargo run --locked --quiet -- crds >charts/jmx-injector/crd/prometheusjmxexporters.yaml.new
	mv charts/jmx-injector/crd/prometheusjmxexporters.yaml.new charts/jmx-injector/crd/prometheusjmxexporters.yaml

image: ## The image as an OCI archive, without Docker
	@tests/prerequisites.sh rust jdk maven
	@$(AS_CALLER) image/build.sh

fmt: ## Formats the Rust code
	@$(AS_CALLER) cargo fmt --all
