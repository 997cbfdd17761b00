# Two commands serve a fresh machine with python3 (with venv) and make: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= $(shell nproc 2>/dev/null || echo 2)

.PHONY: demo test lint unit bench lock clean

demo: .venv/ready
	$(BIN)/scrapy demo

test: lint unit

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit: .venv/ready
	$(BIN)/pytest -q -n $(WORKERS) --dist loadgroup

bench: .venv/ready
	$(BIN)/python -m compileall -q .venv newscrawler pipelines || true
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m tests.bench

# uv where the machine has it, else pip: both read the same hashes.
.venv/ready: requirements.lock
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python $(PYTHON) .venv && \
	  VIRTUAL_ENV=.venv uv pip install --quiet --require-hashes -r requirements.lock; \
	else \
	  $(PYTHON) -m venv .venv && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock; \
	fi
	@touch $@

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-header pyproject.toml --group dev -o requirements.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
