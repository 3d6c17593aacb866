# Everything worth running. `make` or `make help` lists it.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
SOURCES := libs services apps tests tools bench examples
WORKERS ?= 2
# The fast tests often wait for the database: a third worker uses that time.
FAST_WORKERS ?= 3
PROFILE ?= gate

.DEFAULT_GOAL := help
.PHONY: help install demo up test test-kafka test-cluster check lint types imports fast format lock policies reference words contracts compare-contracts pictures promises bench test-bare rehearse-compose

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 14

install:  ## install everything into .venv from the lock files (the other commands do it by themselves)
	@$(PYTHON) tools/install.py

demo: install  ## start everything on temporary data and play a region's story (ARGS="--exit --json")
	@exec $(BIN)/missionare demo $(ARGS)

up: install  ## start the platform for real use, data under .data/ (ARGS="--port 8080")
	@exec $(BIN)/missionare up $(ARGS)

test: install  ## all tests, on real servers started for them (ARGS="-k name")
	@$(BIN)/pytest -n $(WORKERS) --dist loadgroup $(ARGS)

test-kafka: install  ## the tests that depend on the broker, on Apache Kafka (brings it once; needs Java 17 and Maven)
	@MISSIONARE_TEST_BROKER=apache $(BIN)/pytest -n $(WORKERS) --dist loadgroup -m "broker or apache" $(ARGS)

test-cluster: install  ## kill everything of a cluster, one by one, under load (ARGS="--only broker,pause --json")
	@PYTHONPATH=tests exec $(BIN)/python -m cluster $(ARGS)

check: lint types imports fast  ## what must be green before every commit

lint: install  ## style (ruff)
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check $(SOURCES)

types: install  ## types (mypy, strict)
	@$(BIN)/mypy libs/kit/src services/members/src services/journeys/src services/catalog/src \
		services/notifications/src apps/web/src apps/cli/src tools bench

imports: install  ## boundaries (import-linter)
	@$(BIN)/lint-imports --no-cache

fast: install  ## the tests that need no more than a database, under two minutes
	@$(BIN)/pytest -q -n $(FAST_WORKERS) --dist loadgroup -m "not platform and not broker and not thorough and not apache and not browser" $(ARGS)

format: install  ## format the code
	@$(BIN)/ruff format $(SOURCES)
	@$(BIN)/ruff check --fix --quiet $(SOURCES) || true

lock: install  ## renew both lock files from the pyproject files
	@$(PYTHON) tools/lock.py

policies: install  ## write docs/reference/policies.md from the routes
	@$(BIN)/python -m tools.policies

reference: install  ## write docs/reference/ (facts, settings, command) from the code
	@$(BIN)/python -m tools.reference

words: install  ## collect the sentences of the pages into locales/, to be translated
	@$(BIN)/python tools/words.py

pictures: install  ## take the pictures of the documentation from the running platform (needs Chromium; ARGS="--only heute")
	@$(BIN)/python -m tools.pictures $(ARGS)

contracts: install  ## write contracts/ (facts, OpenAPI, AsyncAPI, what is kept for ever) from the code
	@$(BIN)/python -m tools.contracts

compare-contracts: install  ## say what of everything published before is not kept
	@$(BIN)/python -m tools.contracts.history

promises: install  ## prove the promises, each with its sabotage twins (PROFILE=gate|full ARGS="--only 3,9")
	@PYTHONPATH=tests $(BIN)/python -m promises --profile $(PROFILE) $(ARGS)

bench: install  ## speed against floors measured in the same run (ARGS="--only B2,B3 --quick --json")
	@exec $(BIN)/python -m bench $(ARGS)

rehearse-compose: install  ## build the images, run docker-compose.yml, play the story on it, kill, take down (needs Docker)
	@exec $(BIN)/python -m tools.rehearsal $(ARGS)

test-bare:  ## both commands on a bare Debian 12 and 13 (needs root and debootstrap)
	@$(PYTHON) tools/test_bare.py $(ARGS)
