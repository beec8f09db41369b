"""Rows of narratives in and results out, as .jsonl, .csv or .xlsx by the file's ending. The only module that imports pandas.

in     a row that cannot be used keeps its place and gets an `error`; blank rows are passed over
       rows without id are called by their line (.jsonl, .csv) or row (.xlsx) of the file
out    cells of .xlsx are strings, never formulas; in .csv an apostrophe stands before what Excel would run as one
"""

from __future__ import annotations

import csv
import io
import json
import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd

from data.categories import CATEGORIES
from data.errors import FileError, reason
from data.jsonl import identifier_of, numbered_lines, parse_line, read_lines_text, whole

__all__ = ["InputRow", "InputTable", "MAX_SHEET_ROWS", "SUFFIXES", "check_suffix", "draft_of", "read_table", "write_rows"]

SUFFIXES = (".jsonl", ".csv", ".xlsx")
MAX_SHEET_ROWS = 1_048_575  # below the header
_HEADER = "表头应是 id、text、region"
_Record = tuple[int, Sequence[Any]]  # line or row number, cells
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class InputRow:
    """One input row; `number` is its line or row in the file, `error` a Chinese sentence where it cannot be used."""

    number: int
    id: str
    text: str
    region: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class InputTable:
    """The rows of a file, and a Chinese remark on what of it was not read ("" where all was)."""

    rows: list[InputRow]
    note: str = ""


def check_suffix(path: Path) -> str:
    """Return the lower-cased ending of `path`; one that is not known raises FileError."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise FileError(f"不支持 {path.name} 的格式，批量文件的扩展名应是 {'、'.join(SUFFIXES)}。")
    return suffix


def read_table(path: Path) -> InputTable:
    """Return every row of the file, the unusable ones with their `error`; a file that cannot be read raises FileError."""
    suffix = check_suffix(path)
    if suffix == ".xlsx":
        return _read_xlsx(path)
    text = read_lines_text(path, "文件")
    return InputTable(list(_jsonl_rows(text) if suffix == ".jsonl" else _csv_rows(text, path)))


def draft_of(path: Path) -> Path:
    """Return the temporary file that `write_rows` fills before it takes the place of `path`."""
    return path.with_name(f".{path.stem}.new{path.suffix.lower()}")


def write_rows(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    """Write batch result lines to a temporary file beside `path`, then rename it; a failure raises OSError and leaves none."""
    draft = draft_of(path)
    try:
        _write(draft, check_suffix(path), lines)
        with draft.open("rb+") as written:
            os.fsync(written.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _write(draft: Path, suffix: str, lines: Sequence[dict[str, Any]]) -> None:
    if suffix == ".jsonl":
        draft.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    elif suffix == ".csv":
        _wide(lines).map(_inert).to_csv(draft, index=False, encoding="utf-8-sig")  # with a BOM, or Excel takes it for GBK
    else:
        memory = io.BytesIO()  # a full disk then fails in one write, with no half-open workbook left behind
        options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
        with pd.ExcelWriter(memory, engine="xlsxwriter", engine_kwargs={"options": options}) as book:
            _wide(lines).to_excel(book, sheet_name="结果", index=False)
            _long(lines).to_excel(book, sheet_name="明细", index=False)
        draft.write_bytes(memory.getvalue())


def _inert(cell: object) -> object:
    """Return the cell with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell


def _jsonl_rows(text: str) -> Iterator[InputRow]:
    for number, line in numbered_lines(text):
        try:
            value = parse_line(line)
        except ValueError:
            value = None
        if isinstance(value, dict):
            yield _row(number, value)
        else:
            yield InputRow(number, f"第{number}行", "", "", "这一行不是 JSON 对象，请改正。")


def _csv_rows(text: str, path: Path) -> Iterator[InputRow]:
    records = _records(list(io.StringIO(text, newline="")))
    header = _names(next(records, (0, None))[1] or ())
    if "text" not in header:
        raise FileError(f"文件 {path} 缺少 text 列，{_HEADER}。")
    for number, cells in records:
        if cells is None:
            yield InputRow(number, f"第{number}行", "", "", "这一行的引号不成对或内容过长，请改正。")
            continue
        row = _row(number, dict(zip(header, cells, strict=False)))
        if len(cells) < len(header) or any(cells[len(header) :]):
            name = row.id if "id" in header[: header.index("text")] else f"第{number}行"
            error = f"这一行有 {len(cells)} 栏，表头有 {len(header)} 栏，请核对逗号和引号。"
            row = InputRow(number, name, "", "", error)
        yield row


def _records(lines: Sequence[str]) -> Iterator[tuple[int, list[str] | None]]:
    """Yield (line number, cells) of each record that is not blank; a line whose quotes do not match gives None."""
    start = 0
    while start < len(lines):
        base = start
        reader = csv.reader((lines[i] for i in range(base, len(lines))), skipinitialspace=True, strict=True)
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield start + 1, cells
                start = base + reader.line_num
        except csv.Error:
            yield start + 1, None
            start += 1


def _names(cells: Sequence[object]) -> list[str]:
    return ["" if cell is None else str(cell).strip().lower() for cell in cells]


def _read_xlsx(path: Path) -> InputTable:
    """Read the first sheet with a text column; the note names the other sheets that hold something."""
    try:
        sheets = _sheets(path, computed=False)
        title = next((title for title, rows in sheets.items() if "text" in _names(rows[0][1])), "")
        has_formulas = any(_is_formula(cell) for _, cells in sheets.get(title, ()) for cell in cells)
        results = dict(_sheets(path, computed=True).get(title, ())) if has_formulas else {}
    except FileNotFoundError as error:
        raise FileError(f"没有找到文件 {path}，请检查路径。") from error
    except Exception as error:  # a broken or encrypted workbook fails in many ways
        why = f"（{reason(error)}）" if isinstance(error, OSError) and error.errno else ""
        raise FileError(f"文件 {path} 读不出来{why}，请确认它没有损坏、没有加密，{_HEADER}。") from error
    if not title:
        raise FileError(f"文件 {path} 缺少 text 列，{_HEADER}。")
    header = _names(sheets[title][0][1])
    rows = [_row(number, _cells(header, cells, results.get(number, ()))) for number, cells in sheets[title][1:]]
    others = "、".join(f"“{other}”" for other in sheets if other != title)
    return InputTable(rows, f"只读了工作表“{title}”，没有读 {others}" if others else "")


def _sheets(path: Path, *, computed: bool) -> dict[str, list[_Record]]:
    """Return {sheet: rows that are not blank} of the sheets that hold something; formulas as typed or as last computed."""
    found: dict[str, list[_Record]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # styles and validations that openpyxl does not know
        book = openpyxl.load_workbook(path, read_only=True, data_only=computed)
        try:
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # some programs write a wrong size, and rows beyond it would be lost
                rows = enumerate(sheet.iter_rows(values_only=True), 1)
                found[sheet.title] = [(n, row) for n, row in rows if any(c is not None and str(c).strip() for c in row)]
        finally:
            book.close()
    return {title: rows for title, rows in found.items() if rows}


def _cells(header: Sequence[str], typed: Sequence[Any], results: Sequence[Any]) -> dict[str, str]:
    """Return {column: text} of a row; a formula gives the text it shows, or what was typed where it shows none."""
    row: dict[str, str] = {}
    for place, (name, cell) in enumerate(zip(header, typed, strict=False)):
        result = results[place] if place < len(results) and _is_formula(cell) else None
        shows_text = isinstance(result, str) and result.strip() != "" and not result.startswith("#")  # "#NAME?"
        value = result if shows_text or (name != "text" and result is not None) else getattr(cell, "text", cell)
        whole_number = isinstance(value, float) and value.is_integer()
        row[name] = "" if value is None else str(int(value) if whole_number else value)
    return row


def _is_formula(cell: object) -> bool:
    return (isinstance(cell, str) and cell.startswith("=")) or hasattr(cell, "text")  # an array formula is an object


def _row(number: int, value: dict[str, Any]) -> InputRow:
    text, region = value.get("text"), whole(str(value.get("region") or "")).strip()
    try:
        name = identifier_of(value.get("id"))
    except ValueError:
        name = f"第{number}行"
    if not isinstance(text, str) or not text.strip():
        return InputRow(number, name, "", region, "这一行的 text 是空的或不是文字，请补上叙述。")
    return InputRow(number, name, whole(text), region)


def _wide(lines: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """One row per narrative, with the columns of its matches side by side."""
    rows = []
    for line in lines:
        row = {
            "编号": line["id"],
            "地区": line["region"],
            "未给建议": "是" if line["abstained"] else "",
            "错误": line["error"] or "",
        }
        for match in line["matches"]:
            rank = match["rank"]
            row |= {
                f"条款{rank}": match["citation"],
                f"类别{rank}": CATEGORIES.get(match["category"], match["category"]),
                f"相似度{rank}": match["similarity"],
                f"概率{rank}": match["probability"],
            }
        rows.append(row)
    return pd.DataFrame(rows)


def _long(lines: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """One row per suggested clause."""
    names = ("rank", "clause_id", "citation", "category", "text", "similarity", "score", "probability", "polarity")
    rows = [{"id": line["id"], **{name: match[name] for name in names}} for line in lines for match in line["matches"]]
    return pd.DataFrame(rows, columns=["id", *names])
