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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from data.categories import CATEGORIES
from data.errors import FileError, reason
from data.jsonl import identifier_of, numbered_lines, parse_line, whole
from data.reader_text import decode
from ui.sheets import header_names, read_sheet

__all__ = ["MAX_SHEET_ROWS", "SUFFIXES", "InputRow", "InputTable", "Limits", "check_suffix", "draft_of", "parse_table"]
__all__ += ["example_bytes", "read_table", "table_bytes", "write_rows"]

SUFFIXES = (".jsonl", ".csv", ".xlsx")
MAX_SHEET_ROWS = 1_048_575  # below the header
_HEADER = "表头应是 id、text、region"
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


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a table that somebody sent is taken: rows, and characters of all narratives together."""

    rows: int
    chars: int


def check_suffix(path: Path) -> str:
    """Return the lower-cased ending of `path`; one that is not known raises FileError."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise FileError(f"不支持 {path.name} 的格式，批量文件的扩展名应是 {'、'.join(SUFFIXES)}。")
    return suffix


def read_table(path: Path) -> InputTable:
    """Return every row of the file, the unusable ones with their `error`; a file that cannot be read raises FileError."""
    check_suffix(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise FileError(f"没有找到文件 {path}，请检查路径。") from error
    except OSError as error:
        raise FileError(f"文件 {path} 读不出来（{reason(error)}），请检查路径和权限。") from error
    return parse_table(data, str(path))


def parse_table(data: bytes, name: str, limits: Limits | None = None) -> InputTable:
    """Return every row of the file's content, as `read_table`; `name` tells its kind and is what messages call it.

    Raises FileError, also where there is more in it than the `limits` allow.
    """
    suffix = check_suffix(Path(name))
    most = None if limits is None else limits.rows
    if suffix == ".xlsx":
        table = _xlsx_table(data, name, most)
    else:
        text = decode(data, Path(name).name)
        rows = _jsonl_rows(text) if suffix == ".jsonl" else _csv_rows(text, name)
        table = InputTable(list(islice(rows, None if most is None else most + 1)))  # one more shows that there are more
    if limits is not None and len(table.rows) > limits.rows:
        raise FileError(f"文件 {name} 超过一次 {limits.rows} 行的上限，请分成几个文件。")
    if limits is not None and sum(len(row.text) for row in table.rows) > limits.chars:
        raise FileError(f"文件 {name} 的叙述合计超过 {limits.chars // 10_000} 万字，请分成几个文件。")
    return table


def draft_of(path: Path) -> Path:
    """Return the temporary file that `write_rows` fills before it takes the place of `path`."""
    return path.with_name(f".{path.stem}.new{path.suffix.lower()}")


def write_rows(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    """Write batch result lines to a temporary file beside `path`, then rename it; a failure raises OSError and leaves none."""
    draft = draft_of(path)
    try:
        draft.write_bytes(table_bytes(check_suffix(path), lines))
        with draft.open("rb+") as written:
            os.fsync(written.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def table_bytes(suffix: str, lines: Sequence[dict[str, Any]], texts: Sequence[str] | None = None) -> bytes:
    """Return batch result lines as the content of a file of this kind; no lines give a table without rows.

    `texts` are the narratives, which stand beside the results of .csv and .xlsx then; .jsonl is without them.
    """
    if suffix == ".jsonl":
        return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
    if suffix == ".csv":
        written = _wide(lines, texts).map(_inert).to_csv(None, index=False)
        return written.encode("utf-8-sig")  # with a BOM, or Excel takes it for GBK
    return _book({"结果": _wide(lines, texts), "明细": _long(lines)})


def example_bytes(suffix: str, rows: Sequence[InputRow]) -> bytes:
    """Return input rows as the content of a .csv or .xlsx file that can be read back."""
    frame = pd.DataFrame([(row.id, row.text, row.region) for row in rows], columns=["id", "text", "region"])
    return frame.to_csv(None, index=False).encode("utf-8-sig") if suffix == ".csv" else _book({"案例": frame})


def _book(sheets: Mapping[str, pd.DataFrame]) -> bytes:
    memory = io.BytesIO()  # a full disk then fails in one write, with no half-open workbook left behind
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with pd.ExcelWriter(memory, engine="xlsxwriter", engine_kwargs={"options": options}) as book:
        for title, frame in sheets.items():
            frame.map(_as_text).to_excel(book, sheet_name=title, index=False)
    return memory.getvalue()


def _as_text(cell: object) -> object:
    """Return the cell with a space after what XlsxWriter would write as it stands, because it looks like its own markup."""
    return f"{cell} " if isinstance(cell, str) and cell.startswith("<r>") and cell.endswith("</r>") else cell


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


def _csv_rows(text: str, name: str) -> Iterator[InputRow]:
    records = _records(list(io.StringIO(text, newline="")))
    header = header_names(next(records, (0, None))[1] or ())
    if "text" not in header:
        raise FileError(f"文件 {name} 缺少 text 列，{_HEADER}。")
    for number, cells in records:
        if cells is None:
            yield InputRow(number, f"第{number}行", "", "", "这一行的引号不成对或内容过长，请改正。")
            continue
        row = _row(number, dict(zip(header, cells, strict=False)))
        if len(cells) < len(header) or any(cells[len(header) :]):
            called = row.id if "id" in header[: header.index("text")] else f"第{number}行"
            error = f"这一行有 {len(cells)} 栏，表头有 {len(header)} 栏，请核对逗号和引号。"
            row = InputRow(number, called, "", "", error)
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


def _xlsx_table(data: bytes, name: str, most: int | None) -> InputTable:
    """Read the first sheet with a text column; the note names the other sheets that hold something."""
    try:
        sheet = read_sheet(data, "text", most=most)
    except FileError:
        raise
    except Exception as error:  # a broken or encrypted workbook fails in many ways
        raise FileError(f"文件 {name} 读不出来，请确认它没有损坏、没有加密，{_HEADER}。") from error
    if sheet is None:
        raise FileError(f"文件 {name} 缺少 text 列，{_HEADER}。")
    others = "、".join(f"“{other}”" for other in sheet.others)
    note = f"只读了工作表“{sheet.title}”，没有读 {others}" if others else ""
    return InputTable([_row(number, cells) for number, cells in sheet.rows], note)


def _row(number: int, value: dict[str, Any]) -> InputRow:
    text, region = value.get("text"), whole(str(value.get("region") or "")).strip()
    try:
        name = identifier_of(value.get("id"))
    except ValueError:
        name = f"第{number}行"
    if not isinstance(text, str) or not text.strip():
        return InputRow(number, name, "", region, "这一行的 text 是空的或不是文字，请补上叙述。")
    return InputRow(number, name, whole(text), region)


def _wide(lines: Sequence[dict[str, Any]], texts: Sequence[str] | None) -> pd.DataFrame:
    """One row per narrative, with the columns of its matches side by side."""
    rows = []
    for place, line in enumerate(lines):
        row = {
            "编号": line["id"],
            "地区": line["region"],
            **({} if texts is None else {"事情经过": texts[place]}),
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
