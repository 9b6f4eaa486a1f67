# Short names for what is typed often. `make` lists them.
UNSEAT ?= cargo run --quiet --release --
PROJECT ?= .
TRAIN_DATA ?= practicedata/dataset1.csv
MODEL_OUTPUT ?= trainedmodel.json
URL ?= http://127.0.0.1:8000
USERS ?= 100
SECONDS ?= 60

.DEFAULT_GOAL := help
.PHONY: help build model-train model-test api-run api-test stress-test code-quality-check test image

help: ## What there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-20s %s\n", $$1, $$2}'

build: ## The program, optimised
	cargo build --locked --release

model-train: ## A model from TRAIN_DATA, written to MODEL_OUTPUT
	$(UNSEAT) train -C $(PROJECT) $(TRAIN_DATA) --output $(MODEL_OUTPUT)

model-test: ## The tests of learning: features, learners, scores, gate
	cargo test --lib -- features:: learners:: evaluate:: gate:: bundle::

api-run: ## A server of the project, open on this machine
	$(UNSEAT) serve -C $(PROJECT)

api-test: ## The tests of the server
	cargo test --test integration -- serve::

stress-test: ## USERS ask URL for SECONDS; the report goes to stress-test.md
	$(UNSEAT) stress -C $(PROJECT) --url $(URL) --users $(USERS) --seconds $(SECONDS) --output stress-test.md

code-quality-check: ## Form and lints, warnings denied
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings

test: ## Everything that must hold before a change goes in
	bash .ci/run

image: ## The container image
	docker build -t unseat .
