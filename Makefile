# One command each; every target sets up what it needs. `make help` lists them.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_DEMO := $(VENV)/.ready-demo

.PHONY: help build-report reference setup demo test lint types contracts shared tidy integration thorough fuzz nightly \
	audit sbom bench lock format clean

# Every command starts a Python; without its bytecode each takes seconds more.
unexport PYTHONDONTWRITEBYTECODE

SECONDS ?= 60
SANITIZE := address,undefined

help:  ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

setup: $(READY)  ## the virtual environment with everything the other targets need

$(VENV)/bin/pip:
	@test -n "$(PYTHON)" || { echo "click-up needs Python 3.11 or newer; none is on PATH" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing: install it (Debian: apt install python3-venv)" >&2; exit 1; }

# Exactly these versions, whose files have exactly these digests.
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --no-compile
LOCKED := $(PIP) --require-hashes --requirement

# What runs click-up and its demo; a newcomer does not wait for the tools of its developers.
$(READY_DEMO): pyproject.toml requirements/demo.txt requirements/zig.txt | $(VENV)/bin/pip
	$(LOCKED) requirements/demo.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@command -v c++ >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null \
		|| { echo "no C++ compiler on PATH: installing ziglang"; $(LOCKED) requirements/zig.txt; }
	@touch $@

$(READY): requirements/dev.txt $(READY_DEMO)
	$(LOCKED) requirements/dev.txt
	@touch $@

demo: $(READY_DEMO)  ## upgrade a running firewall three ways and print the table; FULL=1: cold builds all
	$(BIN)/click-up demo --output build/demo $(if $(FULL),--full)

test: setup  ## lint, types, import contracts, unit, sanitizer and end-to-end tests
	@$(BIN)/python -m tests.debian
	@$(MAKE) --no-print-directory --jobs=2 lint types contracts shared
	@scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && \
	PYTEST_DEBUG_TEMPROOT="$$scratch" CLICKUP_SANITIZE=$(SANITIZE) \
		$(BIN)/python -m reconciler.testbed.sandbox -- $(BIN)/python -m pytest \
		--numprocesses=4 --dist=loadscope --no-loadscope-reorder

shared: setup
	@CLICKUP_SANITIZE=$(SANITIZE) $(BIN)/python -m tests.cpp
	@CLICKUP_SANITIZE=$(SANITIZE) $(BIN)/python -m tests.kernels.programs

CPP := find element_library tests -name '*.cc' -print0 -o -name '*.hh' -print0

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(CPP) | xargs -0 $(BIN)/clang-format --dry-run -Werror

tidy: setup  ## clang-tidy over the element library, as .clang-tidy says
	@$(BIN)/python -m tests.tidy

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports

fuzz: setup  ## every fuzz target for SECONDS=60 each, with the best engine on PATH
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

thorough: setup  ## the long versions of what draws lots (SEED=N): kills, upgrades at every frame, repositories, frames
	@scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && \
	PYTEST_DEBUG_TEMPROOT="$$scratch" CLICKUP_SANITIZE=$(SANITIZE) CLICKUP_THOROUGH=1 \
	$(if $(SEED),CLICKUP_SEED=$(SEED)) \
		$(BIN)/python -m reconciler.testbed.sandbox -- $(BIN)/python -m pytest --numprocesses=4 --dist=loadscope \
		tests/e2e/test_chaos.py tests/equivalence tests/differential tests/reconciler/load/test_fuzz.py \
		tests/reconciler/source/test_clone.py tests/reconciler/reconcile/test_spoiled_repositories.py \
		tests/supervisor/test_malformed_frames.py

FOREIGN := tests/elements/test_click_agrees.py tests/elements/test_click_arguments.py \
	tests/elements/test_language_agrees.py tests/elements/test_configured_end.py \
	tests/elements/test_expressions.py tests/elements/test_flow_sending.py \
	tests/reconciler/cli/test_repository_verbs.py tests/e2e/test_nat_discovery.py tests/differential

integration: setup tidy  ## clang-tidy; then beside foreign programs, as far as they are on PATH: Click, nfdump, coturn, nftables
	@$(BIN)/python -m tests.debian
	@scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && \
	PYTEST_DEBUG_TEMPROOT="$$scratch" CLICKUP_SANITIZE=$(SANITIZE) \
		$(BIN)/python -m reconciler.testbed.sandbox -- $(BIN)/python -m pytest $(FOREIGN)

BENCHMARKS := build checkpoint converge forwarding functions patterns routing startup takeover

bench: setup  ## the figures we claim, into build/bench/
	@mkdir -p build/bench
	@for name in $(BENCHMARKS); do echo "$$name:"; \
		$(BIN)/python -m benchmarks.$$name --json build/bench/$$name.json || exit; done

build-report: setup  ## where the time of compiling everything goes, by processor time
	$(BIN)/python -m benchmarks.build_report

reference: setup  ## write docs/reference/atoms.md and elements.md from the manifests
	$(BIN)/python -m reconciler.authoring.reference

UV := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command 'make lock'

lock: setup  ## write requirements/*.txt: the newest versions that pyproject.toml allows, with digests
	$(BIN)/pip install --quiet uv
	$(UV) pyproject.toml requirements/build.in --extra demo --output-file requirements/demo.txt
	$(UV) pyproject.toml requirements/build.in --extra demo --group dev --output-file requirements/dev.txt
	$(UV) pyproject.toml --extra zig --output-file requirements/zig.txt
	$(UV) --group audit --constraint requirements/dev.txt --output-file requirements/audit.txt

AUDIT := build/audit
INSTALL := pip install --quiet --disable-pip-version-check --require-hashes --requirement

$(AUDIT)/.ready: requirements/audit.txt
	@$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/$(INSTALL) requirements/audit.txt
	@touch $@

audit: $(AUDIT)/.ready  ## known weaknesses of what is locked, as pypi.org knows them
	@for name in demo dev audit; do echo "requirements/$$name.txt:"; \
		$(AUDIT)/bin/pip-audit --strict --require-hashes --disable-pip --requirement requirements/$$name.txt || exit; done

sbom: $(AUDIT)/.ready  ## what the image holds beside Debian's packages, into build/sbom.json (CycloneDX)
	@$(PYTHON) -m venv --clear --without-pip build/image
	$(AUDIT)/bin/python -m pip --python build/image/bin/python $(subst pip ,,$(INSTALL)) requirements/demo.txt
	$(AUDIT)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
		--output-file build/sbom.json build/image/bin/python

nightly: audit fuzz thorough integration  ## what a night has time for; SECONDS=600 for each fuzz target

format: setup  ## rewrite the sources as `make lint` wants them
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	@$(CPP) | xargs -0 $(BIN)/clang-format -i

clean:  ## remove everything that is not in git
	rm -rf build $(VENV)
