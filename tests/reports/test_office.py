"""The files in LibreOffice: they open, and their pages hold the text."""

import shutil
import subprocess

import pytest

from tests.reports.samples import make_batch, make_case, make_report
from ui.reports.excel import batch_xlsx, case_xlsx
from ui.reports.word import batch_docx, case_docx

OFFICE, READER = shutil.which("soffice"), shutil.which("pdftotext")
WHY = "LibreOffice or poppler is not installed: see tests/install_programs.sh"
pytestmark = pytest.mark.skipif(not (OFFICE and READER), reason=WHY)
HOSTILE = "=1+1 {{ 7*7 }} <b>&amp; \x00\ud83d 😀 <r>x</r>，执法人员刘洋按计划检查，电话13912345678。" + "长" * 20_000


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The text of each file as LibreOffice prints it, by name; one run of LibreOffice for all."""
    folder = tmp_path_factory.mktemp("office")
    hostile = make_case(HOSTILE, report=make_report(HOSTILE), questions=("{% x %}", "=1+1"))
    files = {
        "case.docx": case_docx(make_case()),
        "hostile.docx": case_docx(hostile),
        "batch.docx": batch_docx(make_batch(HOSTILE)),
        "case-sheet.xlsx": case_xlsx(make_case()),
        "hostile-sheet.xlsx": case_xlsx(hostile),
        "batch-sheet.xlsx": batch_xlsx(make_batch(HOSTILE)),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = [
        OFFICE,
        profile,
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(folder),
        *(str(folder / name) for name in files),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return {name: _text(folder / f"{name.rpartition('.')[0]}.pdf") for name in files}


def _text(path):
    done = subprocess.run([READER, str(path), "-"], check=True, capture_output=True, text=True, timeout=60)
    return "".join(done.stdout.split())


def test_every_file_opens_and_is_masked(pages):
    for text in pages.values():
        assert "容错条款" in text and "供参考" in text and "〔" in text  # a narrow column breaks masks
        assert "刘洋" not in text and "13912345678" not in text


def test_pages_have_numbers_and_all_parts(pages):
    text = pages["case.docx"]
    parts = ("一、事情经过", "二、建议条款", "三、复核意见", "四、条件与待核实事项", "五、程序期限", "六、说明", "2026年11月27日")
    assert all(part in text for part in parts)
    assert all(f"—{page}—" in text for page in (1, 2))
    assert all(f"—{page}—" in pages["hostile.docx"] for page in range(1, 34))


@pytest.mark.parametrize("name", ["hostile.docx", "hostile-sheet.xlsx", "batch.docx", "batch-sheet.xlsx"])
def test_hostile_text_is_printed_as_it_was_written(pages, name):
    assert "=1+1{{7*7}}" in pages[name] and "<b>&amp;" in pages[name] and "<r>x</r>" in pages[name]
