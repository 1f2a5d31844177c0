# Everything a person types. `make` alone explains itself.
SHELL := bash
PYTHON := .venv/bin/python
export PYTHONUNBUFFERED := 1

.DEFAULT_GOAL := help
.PHONY: captions-setup help compose-test kubernetes-check setup test-setup fault-setup train-setup demo up test fuzz audit check faults bench soak schemas docs lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 16

setup: ## install what is missing to run: system packages, .venv, the broker's jars (quick when nothing changed)
	@scripts/setup

test-setup: ## also install what tests and checks need: pytest, mypy, ruff, a browser, an IMAP server
	@scripts/setup --tests

captions-setup: ## also install what live captions need, with Whisper base: some 330 MB
	@scripts/setup --captions

fault-setup: ## also install libfaketime, which a fault test needs
	@scripts/setup --faults

train-setup: ## also install .venv-train, with torch, for training/
	@scripts/setup --train

demo: setup ## a festival evening on a real Kafka: make demo SECONDS=120, DATA=DIR for real input
	@.venv/bin/pulso demo $(if $(SECONDS),--seconds $(SECONDS)) $(if $(DATA),--data $(DATA))

up: setup ## the whole stack in the foreground, for your own cameras, tills, mailbox and microphones
	@.venv/bin/pulso up

test: test-setup ## every test, on real servers that it starts and stops
	@$(PYTHON) -m pytest

faults: fault-setup ## half an hour of breaking things, into docs/faults.md: make faults SEED=7, ONLY=disk for one again
	@$(if $(ONLY),,rm -f .cache/faults.jsonl)
	@PULSO_FAULTS_REPORT=docs/faults.md $(if $(SEED),PULSO_FAULTS_SEED=$(SEED)) \
		$(PYTHON) -m pytest tests/faults/test_long.py -m faults --no-header -q $(if $(ONLY),-k $(ONLY))

fuzz: test-setup ## bad input of every kind, for some ten minutes; PULSO_FUZZ=100 for longer. Counts go to docs/fuzzing.md
	@PULSO_FUZZ=$${PULSO_FUZZ:-30} PULSO_FUZZ_REPORT=docs/fuzzing.md $(PYTHON) -m pytest -q tests/fuzz

audit: test-setup ## known holes in the pinned dependencies and in the code; needs a network
	@.venv/bin/bandit -q -c pyproject.toml -r schemas processors stream console
	@[ -x .venv-audit/bin/pip-audit ] || { $(PYTHON) -m venv .venv-audit && .venv-audit/bin/pip install -q pip-audit; }
	@.venv-audit/bin/pip-audit --disable-pip --require-hashes -r requirements/run.txt

check: test-setup ## lint, format, types, spelling, published schemas, documentation: seconds
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/pulso schemas check && \
		.venv/bin/codespell && $(MKDOCS) --site-dir .cache/site && \
		.venv/bin/bandit -q -c pyproject.toml -r schemas processors stream console && \
		$(PYTHON) -m scripts.kubernetes_check

kubernetes-check: test-setup ## deploy/kubernetes: kustomize, schemas, rights, names; needs kubectl
	@$(PYTHON) -m scripts.kubernetes_check

compose-test: test-setup ## build the image and run docker-compose.yml, where there is a Docker engine: ten minutes
	@PULSO_COMPOSE_TEST=1 $(PYTHON) -m pytest -s -q tests/deploy/test_compose_stack.py

MKDOCS = NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict --quiet
docs: test-setup ## the documentation site, in site/: open site/index.html
	@$(MKDOCS)

comma := ,
bench: test-setup ## speed beside a peer or the bare limit, in one run, in some twenty minutes; docs/benchmarks.md; ONLY=tickets,frames
	@$(PYTHON) -m bench --report docs $(foreach name,$(subst $(comma), ,$(ONLY)),--only $(name))

soak: setup ## hours at a steady load, whether anything grows, docs/soak.md: make soak MINUTES=120 SCALE=0.02
	@$(PYTHON) -m bench.soak $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SCALE),--scale $(SCALE))

schemas: setup ## publish JSON Schema and AsyncAPI after a change of types
	@.venv/bin/pulso schemas publish

LOCK = .venv/bin/uv pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
	--custom-compile-command 'make lock'
lock: ## renew the pinned and hashed dependencies
	@$(PYTHON) -m pip install -q uv
	@$(LOCK) pyproject.toml --extra build -o requirements/run.txt
	@$(LOCK) pyproject.toml --extra build --extra captions -c requirements/run.txt -o requirements/captions.txt
	@$(LOCK) pyproject.toml --extra build --extra captions --extra dev -c requirements/captions.txt -o requirements/dev.txt
	@$(LOCK) pyproject.toml --extra build --extra captions --extra train --extra dev -c requirements/dev.txt -o requirements/train.txt
	@$(LOCK) requirements/bench.in -o requirements/bench.txt

clean: ## remove what make made, but no data
	@rm -rf .venv .venv-train .venv-bench .venv-audit .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
