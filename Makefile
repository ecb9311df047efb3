# Juhui: everything a person types. Each target installs what it needs first, and is quick the second time.

HOST ?= 127.0.0.1
PORT ?= 8000
WORKERS ?= 1

# The tests wait for browsers, servers and disks about as long as they compute.
TEST_WORKERS ?= $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq --require-hashes
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --strip-extras \
	--fork-strategy fewest --custom-compile-command "make lock"
PO := app/translations/zh_Hans/LC_MESSAGES/messages.po

.DEFAULT_GOAL := help
.PHONY: help run test check bench messages lock clean programs
.DELETE_ON_ERROR:

help:
	@echo 'make run       the site with the demo community on http://$(HOST):$(PORT) (HOST=, PORT=)'
	@echo 'make test      everything the tests need, then all of them (ARGS="tests/mail -x")'
	@echo 'make check     lint, types, translations, architecture'
	@echo 'make bench     the benchmarks'
	@echo 'make messages  collect new texts for translation and compile what is translated'
	@echo 'make lock      pin the newest versions that requirements*.in allow'
	@echo 'make clean     remove what was built here (never instance/, which holds the data)'

run: export APP_ENV := $(or $(APP_ENV),development)
run: export HOST := $(HOST)
run: export PORT := $(PORT)
run: $(VENV)/.requirements
	@$(BIN)/flask --app wsgi prepare --demo
	@exec $(BIN)/python -m granian --interface wsgi --no-ws --host $(HOST) --port $(PORT) \
		--workers $(WORKERS) --blocking-threads 4 --respawn-failed-workers --workers-kill-timeout 10 \
		--log-level warning wsgi:app

# Each worker reads every test: compiled once, by whichever comes first.
test check: export PYTHONDONTWRITEBYTECODE :=

test: $(VENV)/.requirements-dev programs
	@$(BIN)/pytest -n $(TEST_WORKERS) --dist worksteal $(ARGS)

check: $(VENV)/.requirements-dev
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/pytest -q tests/test_architecture.py tests/docs/test_translations.py

bench: $(VENV)/.requirements-dev
	@$(BIN)/python -m bench $(ARGS)

messages: $(VENV)/.requirements
	@mkdir -p build
	@$(BIN)/pybabel -q extract -F app/translations/babel.cfg -k _l -k lazy_gettext --no-location --sort-output \
		--project Juhui --version 0 -o build/messages.pot .
	@$(BIN)/pybabel -q update --no-fuzzy-matching --no-wrap --ignore-obsolete --ignore-pot-creation-date --init-missing \
		-i build/messages.pot -o $(PO) -l zh_Hans
	@$(BIN)/pybabel -q compile -i $(PO) -o $(PO:.po=.mo)

lock: $(VENV)/.requirements-dev
	@$(LOCK) --upgrade requirements.in -o requirements.txt
	@$(LOCK) --upgrade requirements-dev.in -o requirements-dev.txt

clean:
	@rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What the tests need and no Python package carries.
programs: $(VENV)/.requirements-dev
	@$(BIN)/python -m tests.support.browser
	@$(BIN)/python -m tests.support.redis_server

# The first Python of at least 3.11 that runs; a name on the PATH need not (pyenv's shims).
$(BIN)/python:
	@for name in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
		"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && found=$$name && break; \
	done; \
	if [ -z "$$found" ]; then \
		echo "Juhui needs Python 3.11 or newer and found none: install it, or say where it is: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi; \
	if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$found has no venv module: install it (Debian, Ubuntu: apt-get install python3-venv), then call make again." >&2; \
		exit 1; \
	fi; \
	echo "Installing into $(VENV) with $$("$$found" --version) …"; \
	rm -rf $(VENV) && "$$found" -m venv $(VENV)

$(VENV)/.requirements: requirements.txt | $(BIN)/python
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.requirements-dev: requirements-dev.txt $(VENV)/.requirements | $(BIN)/python
	@$(PIP) -r requirements.txt -r requirements-dev.txt
	@touch $@
