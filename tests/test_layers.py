"""Imports point backwards only, and each heavy library has one importing module, or a few named ones."""

import ast

import pytest

from tests.conftest import ROOT

ROOMS = ("data", "models", "retrieval", "ui")
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
TABS = {str(path.relative_to(ROOT)) for path in (ROOT / "ui" / "tabs").glob("*.py")}
STORE = {str(path.relative_to(ROOT)) for path in (ROOT / "data" / "store").rglob("*.py")}
OWNERS = {
    "jieba": {"models/segment.py"},
    "sentence_transformers": {"models/st_encoder.py"},
    "onnxruntime": {"models/encoder.py", "models/compact.py"},
    "faiss": {"retrieval/backends/faiss_store.py"},
    "pandas": {"ui/tables.py"},
    "gradio": {"ui/app.py", *TABS},
    "matplotlib": {"ui/plots.py"},
    "bs4": {"data/reader_html.py"},
    "pdfplumber": {"data/reader_pdf.py"},
    "cn2an": set(),
    "docx": {"ui/reports/template_layout.py"},
    "docxtpl": {"ui/reports/word.py"},
    "xlsxwriter": {"ui/reports/workbook.py"},
    "argon2": {"ui/services/passwords.py"},
    "limits": {"ui/web/login.py"},
    "prometheus_client": {"ui/web/metrics.py"},
    "mcp": {"ui/api/mcp.py"},
    "lxml": {"data/word_package.py"},
    "stdnum": {"data/privacy_numbers.py"},
    "chinese_calendar": {"data/workdays.py"},
    "ir_measures": {"retrieval/measures.py"},
    "sqlalchemy": STORE,
    "pymilvus": {"retrieval/backends/milvus_link.py"},
}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_backwards(path):
    room = ROOMS.index(path.relative_to(ROOT).parts[0])
    for name in imports(path):
        first = name.split(".")[0]
        assert first != "tests"
        if first in ROOMS:
            assert ROOMS.index(first) <= room, f"{path.name} imports {name}"


@pytest.mark.parametrize("library", OWNERS)
def test_heavy_libraries_have_named_owners(library):
    users = {str(p.relative_to(ROOT)) for p in FILES if library in {name.split(".")[0] for name in imports(p)}}
    owners = OWNERS[library]
    rooms = owners is STORE or library == "gradio"  # named with all their modules, of which not each needs the library
    assert users and users <= owners if rooms else users == owners


def test_library_code_has_no_bare_assert_and_no_print():
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            assert not isinstance(node, ast.Assert), f"{path}:{node.lineno} assert"
            is_print = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
            assert not is_print, f"{path}:{node.lineno} print"


def test_modules_and_functions_stay_small():
    for path in FILES:
        text = path.read_text("utf-8")
        assert text.count("\n") <= 300, f"{path} has {text.count(chr(10))} lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno - node.lineno < 60, f"{path}:{node.lineno} {node.name}"


def test_scripts_and_styles_stay_small():
    files = [path for room in ROOMS for kind in ("js", "css") for path in (ROOT / room).rglob(f"*.{kind}")]
    assert files and {path.name: lines for path in files if (lines := path.read_text("utf-8").count("\n")) > 300} == {}
