# Each target sets up what it needs in .venv; nothing else on the machine is touched, except that
# apt-get may install python3-venv and chromium where it is allowed to.
# PYTHON=… chooses the interpreter, PORT=… where `make serve` listens.

PY := .venv/bin/python
READY := .venv/.ready
PORT ?= 8000
STATEMENTS := $(PY) -m pytest --numprocesses auto --dist loadfile tests/experiments
PINS := $(PY) -m uv pip compile --quiet --config-file scripts/pins.toml

.DEFAULT_GOAL := help
.PHONY: help book serve test lint fix lowest rounding lab bench pins url clean

help:             ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

book: $(READY)    ## build the book, and print where it is
	@$(PY) scripts/build_book.py

serve: book       ## build the book, and serve it on this machine
	@echo "http://127.0.0.1:$(PORT)/ (Ctrl+C stops it)"
	@$(PY) -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

test: book        ## run every test: units, notebooks, pages in a real browser
	CHROMIUM="$$($(PY) scripts/chromium.py)" && FIREFOX="$$($(PY) scripts/firefox.py)" && \
		export CHROMIUM FIREFOX && $(PY) -m pytest --numprocesses auto --maxprocesses 4 \
		--dist loadfile --no-loadscope-reorder

lint: $(READY)    ## check style, format, types and spelling
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) scripts/check_js.py
	$(PY) scripts/check_spelling.py

fix: $(READY)     ## put right what of the style can be put right by itself
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

lowest: $(READY)  ## test with the lowest versions that pyproject.toml allows, in .venv-lowest
	$(PY) scripts/lowest.py

# A long training grows what the last digit decides: other kernels are like other machines.
rounding: $(READY) ## test what the chapters state with the arithmetic of other processors
	ATEN_CPU_CAPABILITY=avx2 MKL_ENABLE_INSTRUCTIONS=AVX2 $(STATEMENTS)
	ATEN_CPU_CAPABILITY=default MKL_CBWR=COMPATIBLE $(STATEMENTS)

lab: $(READY)     ## open the chapters in JupyterLab
	.venv/bin/jupyter lab chapters

bench: $(READY)   ## measure what watching costs, beside other tools
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	$(PY) scripts/bench.py

pins: $(READY)    ## write requirements*.txt anew from requirements*.in; what is pinned there stays
	$(PINS) requirements.in -o requirements.txt
	$(PINS) requirements-bench.in -o requirements-bench.txt

url: $(READY)     ## set the repository's address everywhere: make url URL=https://github.com/…
	$(PY) scripts/set_url.py "$(URL)"

clean:            ## remove what was built (not .venv, .venv-lowest)
	rm -rf _build dist .pytest_cache .hypothesis .ruff_cache .mypy_cache
	find . -name __pycache__ -type d -not -path './.venv*/*' -prune -exec rm -rf {} +

# Runs again when what is installed changes; `bnviz` itself is installed in place.
$(READY): requirements.txt pyproject.toml scripts/setup_venv.sh
	scripts/setup_venv.sh
	@touch $@
