# The verbs of this repository. `make run` opens the house, `make test` runs the whole suite.
PYTHON ?= python3.11
BIN = .venv/bin
export PYTHONWARNINGS = ignore::RuntimeWarning:platformdirs

.PHONY: run test check bench setup browser format messages lock

setup: .venv/.ready node_modules/.ready

.venv/.ready: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is needed (Debian: apt-get install python3.11-venv)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

node_modules/.ready: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

run: setup
	@exec $(BIN)/teahorse up

test: setup browser
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/teahorse makemigrations --check --dry-run

bench: setup
	ONLY="$(ONLY)" $(BIN)/python -m bench

browser:
	@checks/browser.sh

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

messages: setup
	$(BIN)/teahorse messages gather
	$(BIN)/teahorse messages compile

lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --python-version 3.11 --quiet -o requirements.lock
