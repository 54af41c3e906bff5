# Two commands: `make run` and `make test`. Everything they need is made here; a second run takes seconds.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup run test test-fast soak lives lint story bench lock clean

setup: $(STAMP) .env  ## environment, packages, system parts, database, and what the tests copy
	@DEVELOPMENT=1 $(BIN)/python manage.py migrate -v 0
	@DEVELOPMENT=1 $(BIN)/python manage.py createcachetable -v 0
	@sh tools/system.sh test
	@sh tools/test.sh ready

$(STAMP): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@sh tools/system.sh venv
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $(STAMP)

.env:
	@cp .env.example .env

run: $(STAMP) .env  ## the site on http://localhost:8000 with worker, clock and sandbox
	@$(BIN)/python -m sandbox.dev

test: $(STAMP) .env  ## lint, then everything once: on PostgreSQL, on SQLite what can differ there, in the browser
	@sh tools/system.sh test
	@sh tools/test.sh daily

test-fast: $(STAMP) .env  ## what takes no seconds, for work in between
	@sh tools/system.sh test
	@sh tools/test.sh fast

soak: $(STAMP) .env  ## all rounds, modes and seeds; writes seed and day into docs/tests.md
	@sh tools/system.sh test
	@sh tools/test.sh soak

lives: $(STAMP) .env  ## the money machine, three hundred lives of fifty steps
	@sh tools/system.sh test
	@sh tools/test.sh lives

story: $(STAMP) .env  ## the acceptance story alone
	@sh tools/system.sh test
	@sh tools/test.sh story

lint: $(STAMP) .env
	@sh tools/lint.sh

bench: $(STAMP) .env
	@sh tools/system.sh bench
	@$(BIN)/python -m benchmarks

lock: $(STAMP)  ## pin every package with its hashes
	@$(BIN)/python -m pip install --quiet uv
	@for kind in requirements requirements-dev; do $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-emit-find-links --no-emit-index-url --custom-compile-command "make lock" $$kind.in -o $$kind.txt; done

clean:
	rm -rf $(VENV) var staticfiles
