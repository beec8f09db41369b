# make run   sets everything up and serves the page on 127.0.0.1:7860
# make test  sets everything up and runs all tests
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# the untrained encoder: training starts from it, and the tests compare with it; matching needs the shipped one only
UNTRAINED := models/weights/e5-small-zh/manifest.json
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: run test setup setup-test lint clean

run: setup
	$(BIN)/rongcuo serve

test: setup-test lint
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not timed"
	$(BIN)/python -m pytest -m timed

lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/mypy

setup: $(VENV)/.installed

setup-test: $(VENV)/.installed-dev $(UNTRAINED)
	@sh tests/install_programs.sh

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "需要 Python 3.11 或更高版本")'
	$(PYTHON) -m venv $(VENV)

# torch first and by its exact CPU build: asked for through another package, pip takes several GB of CUDA along
$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@echo "正在安装依赖（首次约需几分钟）…"
	$(BIN)/python -m pip install --progress-bar on torch==2.13.0
	$(BIN)/python -m pip install --progress-bar on -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/.installed
	$(BIN)/python -m pip install --progress-bar on -e '.[build,dev]'
	@touch $@

$(UNTRAINED): models/build_encoder.py | $(VENV)/.installed-dev
	$(BIN)/python -m models.build_encoder

clean:
	rm -rf $(VENV) models/weights/e5-small-zh
