# Two commands do everything: `make run` and `make test`. `make` alone lists the rest.
# Works with GNU make 3.81 and a plain /bin/sh; tools are called by path, never through PATH.

VENV := .venv
PY := $(VENV)/bin/python
UV_VERSION := 0.13.8
# Labelled sets for bench-detection; see docs/how-to/measure-detection.md.
DATA ?= ../shared/data
HOST ?= 127.0.0.1
PORT ?= 8000
SANDBOX_PORT ?= 8090
ARGS ?=
# Processes that run tests side by side: one for each core.
WORKERS ?= auto
CODE := accounts api audit common config moderation platforms policies

# The first Python from 3.11 on that can make an environment.
PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3; do \
  command -v $$p >/dev/null 2>&1 \
  && $$p -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  && { echo $$p; break; }; done)

# Networks of public bodies often sign traffic with their own authority: trust what the machine trusts.
export UV_SYSTEM_CERTS := 1
# A pip mirror that this machine is told about serves uv too.
UV := mirror="$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$($(PY) -m pip config get global.index-url 2>/dev/null)}}"; \
  [ -z "$$mirror" ] || export UV_DEFAULT_INDEX="$$mirror"; $(VENV)/bin/uv

# $(call sync,FILE): make the environment hold exactly what FILE locks.
sync = started=$$(date +%s); printf 'Filling the environment ... '; \
  $(UV) pip sync -q --python $(PY) --require-hashes $(1) \
  && echo "done in $$(( $$(date +%s) - started )) s"

COMPILE := pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
  --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test test-fast test-servers test-browser bluesky-servers bluesky-servers-stop \
  test-bluesky chaos lint format lock migrate bench bench-detection clauses docs clean environment

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-22s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.dev ## Start everything on this machine; Ctrl-C stops it
	@$(PY) -m config.run --stop-with-parent --host $(HOST) --port $(PORT) --sandbox-port $(SANDBOX_PORT) $(ARGS)

test: $(VENV)/.dev ## Run every test that needs nothing but Python
	@$(PY) -m pytest -q -n $(WORKERS) $(ARGS)

test-fast: $(VENV)/.dev ## The same without the slow tests
	@$(PY) -m pytest -q -n $(WORKERS) -m "not slow and not servers and not browser and not bluesky" $(ARGS)

test-servers: $(VENV)/.checks ## Tests on PostgreSQL and Redis (DATABASE_URL and REDIS_URL)
	@test -n "$$DATABASE_URL" && test -n "$$REDIS_URL" || { echo "Set DATABASE_URL and REDIS_URL."; exit 1; }
	@$(PY) -m pytest -q -m servers $(ARGS)

test-browser: $(VENV)/.checks ## Tests in Chromium, with accessibility rules
	@$(PY) -m pytest -q -m browser $(ARGS)

bluesky-servers: ## Start Bluesky's real servers from npm (Linux, PostgreSQL, Redis)
	@bash tests/contracts/bluesky/servers/start.sh

bluesky-servers-stop: ## Stop them
	@bash tests/contracts/bluesky/servers/stop.sh

test-bluesky: $(VENV)/.dev bluesky-servers ## Tests against Bluesky's real servers
	@$(PY) -m pytest -q -m bluesky $(ARGS)

chaos: $(VENV)/.dev ## Kill every process again and again (DATABASE_URL; ARGS="--kills 100")
	@$(PY) -m tests.chaos.run $(ARGS)

lint: $(VENV)/.checks ## Every check that is not a test
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/djlint --lint --quiet templates
	$(VENV)/bin/mypy $(CODE)
	$(VENV)/bin/lint-imports
	DJANGO_SETTINGS_MODULE=config.settings.test $(PY) manage.py makemigrations --check --dry-run
	$(VENV)/bin/bandit -q -c pyproject.toml -r $(CODE)
	SECRET_KEY=only-for-this-check-abcdefghijklmnopqrstuvwxyz-0123456789 DATABASE_URL=sqlite://:memory: \
	  REDIS_URL=redis://127.0.0.1:6379/0 CREDENTIAL_KEYS=b25seS1mb3ItdGhpcy1jaGVjay0wMTIzNDU2Nzg5YWI= \
	  ALLOWED_HOSTS=console.example.gov.uk DJANGO_SETTINGS_MODULE=config.settings.production \
	  $(PY) manage.py check --deploy --fail-level WARNING

format: $(VENV)/.checks ## Put code into the one shape
	$(VENV)/bin/ruff check --fix-only --quiet .
	$(VENV)/bin/ruff format .

# tests/config checks that the three sets agree on every version.
lock: $(VENV)/.uv ## Lock dependencies with hashes (ARGS=--upgrade takes newer ones)
	$(UV) $(COMPILE) pyproject.toml --group all -o requirements-checks.txt $(ARGS)
	$(UV) $(COMPILE) pyproject.toml --group dev -o requirements-dev.txt $(ARGS)
	$(UV) $(COMPILE) pyproject.toml -o requirements.txt $(ARGS)
	$(UV) $(COMPILE) pyproject.toml --group classifier -o requirements-classifier.txt $(ARGS)
	echo "uv==$(UV_VERSION)" | { $(UV) $(COMPILE) - -o requirements-uv.txt; }

migrate: $(VENV)/.dev ## Bring the database up to date
	@$(PY) manage.py migrate $(ARGS)

bench: $(VENV)/.dev ## Measure against the floors, in the same run
	@$(PY) -m tests.benchmarks $(ARGS)

bench-detection: $(VENV)/.dev ## Measure recall and false positives (DATA=FOLDER, ARGS="--own FILE.csv")
	@$(PY) -m tests.benchmarks.detection --data $(DATA) $(ARGS)

clauses: $(VENV)/.dev ## List policy clauses that no test exercises
	@$(PY) -m tests.clauses.list $(ARGS)

docs: $(VENV)/.dev ## Write docs/reference from the code
	@DJANGO_SETTINGS_MODULE=config.settings.test $(PY) manage.py describe_api > docs/reference/openapi.new
	@mv docs/reference/openapi.new docs/reference/openapi.yaml
	@DJANGO_SETTINGS_MODULE=config.settings.test $(PY) manage.py describe_permissions > docs/reference/permissions.new
	@mv docs/reference/permissions.new docs/reference/permissions.md
	@DJANGO_SETTINGS_MODULE=config.settings.test $(PY) manage.py describe_states > docs/reference/case-states.new
	@mv docs/reference/case-states.new docs/reference/case-states.md

environment: $(VENV)/.checks ## Make the environment with every tool, for editors

clean: ## Remove what make made; the demonstration's data in var/ stays
	rm -rf $(VENV) htmlcov .coverage .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './node_modules/*' -exec rm -rf {} +

# One environment, two sets: what `run` and `test` need, and that with every checking tool on top.
# An environment that has the larger set keeps it.

$(VENV)/.uv: requirements-uv.txt
	@test -n "$(PYTHON)" || { echo "This needs Python 3.11 or later with its venv module." \
	  "(Debian, Ubuntu: sudo apt install python3-venv. macOS: brew install python)"; exit 1; }
	@started=$$(date +%s); printf 'Making the environment ... '; \
	  { $(PY) -c '' 2>/dev/null || { rm -rf $(VENV); $(PYTHON) -m venv $(VENV); }; } \
	  && $(PY) -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-uv.txt \
	  && echo "done in $$(( $$(date +%s) - started )) s"
	@touch $@

$(VENV)/.dev: $(VENV)/.uv requirements-dev.txt
	@if test -f $(VENV)/.checks; then $(call sync,requirements-checks.txt) && touch $(VENV)/.checks; \
	  else $(call sync,requirements-dev.txt); fi
	@touch $@

$(VENV)/.checks: $(VENV)/.uv requirements-checks.txt
	@$(call sync,requirements-checks.txt)
	@touch $(VENV)/.dev $@
