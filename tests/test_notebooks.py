"""The notebooks run, define nothing, and are committed with small outputs that name no machine.

To make their outputs anew: ``RONGCUO_REFRESH_NOTEBOOKS=1 python -m pytest tests/test_notebooks.py``
"""

import ast
import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
PATHS = re.compile(r"/(?:home|Users|tmp|mnt|opt|usr|var)/|[A-Z]:\\\\|site-packages|\.venv")

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def cleaned(notebook):
    """Take off what differs between machines and runs, such as versions, and the text beside pictures and tables."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({})
        for output in cell.get("outputs", []):
            if len(output.get("data", {})) > 1:
                output["data"].pop("text/plain", None)
    return notebook


def test_there_are_three():
    assert [path.stem for path in NOTEBOOKS] == ["01_corpus", "02_evaluation", "03_error_analysis"]


@every_notebook
def test_notebooks_are_thin(path):
    for cell in code_cells(read(path)):
        kinds = {type(node) for node in ast.walk(ast.parse(cell.source))}
        assert not kinds & {ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda}, cell.source


@every_notebook
def test_what_is_committed_is_small_and_names_no_machine(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert path.stat().st_size < 300_000
    assert notebook.metadata == METADATA and all(not cell.metadata for cell in notebook.cells)
    text = path.read_text("utf-8")
    assert PATHS.search(text) is None and str(ROOT) not in text and f"{Path.home()}/" not in text
    for number, cell in enumerate(code_cells(notebook), 1):
        assert cell.execution_count == number and cell.outputs, cell.source
        assert all(output.output_type != "error" and output.get("name") != "stderr" for output in cell.outputs)


@pytest.mark.model
@pytest.mark.slow
@every_notebook
def test_notebooks_run(path):
    notebook = read(path)
    NotebookClient(notebook, timeout=300, record_timing=False, resources={"metadata": {"path": str(ROOT)}}).execute()
    for cell in code_cells(notebook):
        assert cell.outputs and all(output.get("name") != "stderr" for output in cell.outputs), cell
    if os.environ.get("RONGCUO_REFRESH_NOTEBOOKS"):
        nbformat.write(cleaned(notebook), path)
