# Needs Python 3.11 or newer and git; everything else is installed into .venv.
PORT ?= 8000
PIP = $(VENV)/bin/python -m pip --disable-pip-version-check --quiet
VENV = .venv
PYTHON = $(VENV)/bin/python

.PHONY: demo test soak lint clean venv product tools

demo: product
	@$(PYTHON) manage.py up --demo --port $(PORT)

# ARGS goes to pytest: make test ARGS="-k approval"
test: tools
	@CHROMIUM=$$($(PYTHON) -m tests.chromium) && export CHROMIUM && $(PYTHON) -m pytest -n 2 --dist loadgroup $(ARGS)

# Minutes of random work while processes are killed at random: make soak ARGS="--minutes 10 --seed 7"
soak: tools
	@$(PYTHON) -m tests.soak $(ARGS)

lint: tools
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/lint-imports --no-cache
	@$(VENV)/bin/mypy

clean:
	@rm -rf $(VENV) .coordination .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A virtual environment whose pip answers, made by the first Python that is new enough; all requirements have wheels
# for 3.11 to 3.13, so a still newer one is the second choice.
venv:
	@$(PIP) --version >/dev/null 2>&1 || { \
	  for newest in 13 99; do \
	    for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	      $$python -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, $$newest))" 2>/dev/null \
	        && break 2; \
	      python=; \
	    done; \
	  done; \
	  [ -n "$$python" ] || { echo "Python 3.11 or newer is needed and none is on the PATH." >&2; exit 1; }; \
	  rm -rf $(VENV); \
	  $$python -m venv $(VENV) >/dev/null 2>&1 || { rm -rf $(VENV); \
	    echo "$$python can't make a virtual environment; install its venv module (Debian: python3-venv)." >&2; exit 1; }; \
	}

# Installed again only when the list has changed; the copy of the list is the proof.
product: venv
	@cmp -s requirements.txt $(VENV)/product.txt || { echo "Installing the requirements …"; \
	  $(PIP) install -r requirements.txt && cp requirements.txt $(VENV)/product.txt; }

tools: product
	@cmp -s requirements-dev.txt $(VENV)/tools.txt || { echo "Installing the tools …"; \
	  $(PIP) install -r requirements-dev.txt && cp requirements-dev.txt $(VENV)/tools.txt; }
