"""What people hand in as a batch: broken, huge and odd files, and limits."""

import io
import os
import time
import zipfile

import openpyxl
import pytest
import xlsxwriter

from data.errors import FileError, InputError
from tests.services.test_batch import STORY, jsonl, many, quick
from ui import tables
from ui.services import batch
from ui.services.uploads import TooLarge
from ui.tables import Limits


def workbook(**parts):
    """The bytes of a small workbook, with parts replaced or added."""
    memory = io.BytesIO()
    with xlsxwriter.Workbook(memory, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "text", "region"])
        sheet.write_row(1, 0, ["1", STORY, ""])
    changed = io.BytesIO()
    with zipfile.ZipFile(memory) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part, parts.pop(part.filename, None) or old.read(part))
        for name, content in parts.items():
            new.writestr(name, content)
    return changed.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
OPEN, CLOSE = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>',
    b"</sheetData></worksheet>",
)
HEAD = b'<row r="1"><c r="A1" t="inlineStr"><is><t>text</t></is></c></row>'


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("空.csv", b"", "空|缺少 text 列"),
        ("空.jsonl", b"\n \n", "没有数据行"),
        ("a.csv", "编号,内容\n1,二\n".encode(), "缺少 text 列，表头应是 id、text、region"),
        ("a.txt", b"x", "扩展名应是"),
        ("a", b"x", "扩展名应是"),
        ("a.csv", bytes(range(256)) * 50, "."),
        ("a.jsonl", os.urandom(5000), "."),
        ("a.xlsx", os.urandom(5000), "读不出来"),
        ("a.xlsx", b"PK\x03\x04" + b"\x00" * 500, "读不出来"),
        ("a.xlsx", workbook()[:-400], "读不出来"),
        ("a.xlsx", workbook(**{"xl/x.bin": b"\x00" * (6 * 2**20)}), "解压后超过"),
        ("a.xlsx", workbook(**{SHEET: OPEN + b" " * (101 * 2**20) + CLOSE}), "解压后超过 100 MB"),
        ("a.xlsx", workbook(**{SHEET: OPEN + b'<row r="1">' + b"<c/>" * 4_000_001 + b"</row>" + CLOSE}), "单元格过多"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_unusable_files_are_told_in_one_chinese_sentence(desk, li, name, data, message):
    began = time.monotonic()
    with pytest.raises(FileError, match=message) as caught:
        batch.submit(desk, li, name, data)
    assert str(caught.value).endswith("。") and "\n" not in str(caught.value)
    assert time.monotonic() - began < 20 and batch.listing(desk, li) == ()


def test_far_away_cells_take_no_time(desk, li):
    far = b'<row r="900000000"><c r="XFD900000000"><v>1</v></c></row>'
    wide = b"".join(b'<row r="%d"><c r="XFC%d"><v>1</v></c></row>' % (n, n) for n in range(2, 30_000))
    began = time.monotonic()
    for rows in (far, wide):
        with pytest.raises(FileError, match="没有数据行"):
            batch.submit(desk, li, "a.xlsx", workbook(**{SHEET: OPEN + HEAD + rows + CLOSE}))
    assert time.monotonic() - began < 30


def test_limits_are_told(desk, li, monkeypatch):
    with pytest.raises(TooLarge, match="超过 20 MB"):
        batch.submit(desk, li, "a.csv", b"x" * (batch.MAX_BYTES + 1))
    monkeypatch.setattr(batch, "LIMITS", Limits(rows=50, chars=10_000))
    for kind in ("jsonl", "csv", "xlsx"):
        data = tables.example_bytes(f".{kind}", rows_of(51)) if kind != "jsonl" else many(51)
        with pytest.raises(FileError, match="超过一次 50 行的上限，请分成几个文件"):
            batch.submit(desk, li, f"a.{kind}", data)
    assert batch.submit(desk, li, "a.jsonl", many(50)).total == 50
    with pytest.raises(FileError, match="合计超过 1 万字"):
        batch.submit(desk, li, "a.jsonl", jsonl([{"text": "字" * 5001}, {"text": "字" * 5001}]))
    for wrong in (0, 21, -1):
        with pytest.raises(InputError, match="1 到 20"):
            batch.submit(desk, li, "a.jsonl", many(1), top_k=wrong)
    assert batch.LIMITS.rows == 50 and tables.Limits(5000, 10_000_000) is not None


def rows_of(count):
    return [tables.InputRow(n, str(n), STORY, "alpha") for n in range(count)]


def test_formula_cells_are_read_as_what_they_show(desk, li):
    memory = io.BytesIO()
    with xlsxwriter.Workbook(memory, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "text", "region"])
        sheet.write_formula(1, 1, "=B9&C9", value=STORY)
        sheet.write_row(2, 0, ['=HYPERLINK("http://x")', "=写成文字的等号，企业隐瞒了证据", "alpha"])
    made = batch.submit(desk, li, "a.xlsx", memory.getvalue(), top_k=1)
    quick(desk).step()
    assert [row.text for row in batch.result_rows(desk, li, made.id)] == [STORY, "=写成文字的等号，企业隐瞒了证据"]
    book = openpyxl.load_workbook(io.BytesIO(batch.result(desk, li, made.id, "xlsx")[1]))
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n"}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_can_be_handed_in_as_it_is(desk, li, kind, monkeypatch):
    name, data = batch.template(kind)
    assert batch.submit(desk, li, name, data).total == 2
    with pytest.raises(InputError, match="模板"):
        batch.template("pdf")


def test_a_remark_on_sheets_that_were_not_read(desk, li):
    book = openpyxl.Workbook()
    book.active.append(["text"])
    book.active.append([STORY])
    book.create_sheet("另一张").append(["别的"])
    memory = io.BytesIO()
    book.save(memory)
    assert "没有读 “另一张”" in batch.submit(desk, li, "a.xlsx", memory.getvalue()).note
