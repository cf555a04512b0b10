# Two commands are all a new user needs: `make serve` and `make test`.
PORT ?= 8000
HOST ?= 127.0.0.1
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SUITES ?= ../shared
CONFORMANCE_PORT ?= 8099
INSTALLED := $(VENV)/.installed
TESTABLE := $(VENV)/.testable
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
COMPILE := uv pip compile --quiet pyproject.toml --extra install --generate-hashes --universal --python-version 3.11

.PHONY: serve build test check fmt bench bench-large faults soak relevance conformance lock clean help

help:            ## what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(INSTALLED): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked versions into $(VENV) (once) ..."
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(TESTABLE): requirements-dev.lock $(INSTALLED)
	@echo "Installing what the tests need into $(VENV) (once) ..."
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

serve: $(INSTALLED)  ## validate, build and serve the knowledge base (PORT=8000)
	@$(BIN)/kggraph serve --host $(HOST) --port $(PORT)

build: $(INSTALLED)  ## validate and build a generation
	@$(BIN)/kggraph build

test: $(TESTABLE)   ## every test, with a summary line
	@$(BIN)/python -m pytest

check: $(TESTABLE)  ## lint, types, Turtle format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/kggraph fmt --check
	@frontend/verify.sh

conformance: $(TESTABLE)  ## the W3C's SPARQL tests over HTTP, and both SHACL engines on all data, every address and judge with engines elsewhere (SUITES: folder of the suites and their driver)
	@grep -v '^#' tests/conformance/known.txt | $(BIN)/python $(SUITES)/tools/sparql_http_suite.py --tests $(SUITES)/suites/sparql --versions 10,11 \
	  --query http://127.0.0.1:$(CONFORMANCE_PORT)/sparql --known /dev/stdin --quiet \
	  --start "$(BIN)/kggraph serve --data {data} --port {port}"
	@KGGRAPH_TEST_WHOLE=1 $(BIN)/python -m pytest tests/conformance/test_whole_data.py
	@KGGRAPH_TEST_EACH=20 $(BIN)/python -m pytest tests/live/test_remote.py
	@for engine in oxigraph virtuoso; do \
	  KGGRAPH_TEST_ENGINE=$$engine $(BIN)/python -m pytest tests/http tests/live/test_clients.py tests/live/test_judges.py || exit 1; done

bench: $(TESTABLE)  ## measure, as ratios, on this machine (needs wrk and oxigraph)
	@$(BIN)/python tools/bench.py
	@$(BIN)/python tools/bench_sparql.py
	@$(BIN)/python tools/bench_search.py
	@$(BIN)/python tools/bench_validation.py

bench-large: $(TESTABLE)  ## how each cost grows, beside other engines; a million items searched (long; 5 GB of disk)
	@$(BIN)/python tools/bench_large.py
	@$(BIN)/python tools/bench_search.py --items 1000000

faults: $(TESTABLE)  ## kill -9, full disks, flipped bits, slow clients ...: 50 random points of each; writes docs/reliability.md
	@$(BIN)/python tools/faults.py

soak: $(TESTABLE)    ## 15 minutes at 80 % of what the server can do: nothing may grow; writes docs/reliability.md
	@$(BIN)/python tools/soak.py --write

relevance: $(TESTABLE)  ## how well the search answers the judged questions
	@$(BIN)/python tools/relevance.py

fmt: $(TESTABLE)    ## write code and Turtle in their one form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/kggraph fmt

lock:            ## remake the lock files (needs uv)
	$(COMPILE) -o requirements.lock
	$(COMPILE) --extra dev -o requirements-dev.lock

clean:           ## remove what was made
	rm -rf build .mypy_cache .ruff_cache .pytest_cache
