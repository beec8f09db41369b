"""Reading a workbook: the first sheet with a wanted column, cell by cell as text.

A workbook that somebody sent over the network is read within limits, because a small file can unpack to very much:

    unpacked          100 MB in all, of which 5 MB for what is neither a sheet nor its strings (styles are slow to read)
    elements          2 million, counted before anything is parsed: each takes far more memory than it has characters
    looked at         1.1 million rows over all sheets, 100 columns each
"""

from __future__ import annotations

import io
import itertools
import re
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import openpyxl

from data.errors import FileError

__all__ = ["Record", "Sheet", "check_package", "header_names", "read_sheet"]

Record = tuple[int, Sequence[Any]]
"""Number of a line or row from 1, and its cells."""

_UNPACKED, _BESIDE = 100 * 2**20, 5 * 2**20  # bytes
_ELEMENTS = 2_000_000
_LOOKED_AT, _COLUMNS = 1_100_000, 100
_LARGE = re.compile(r"xl/(worksheets/[^/]+\.xml|sharedStrings\.xml)", re.IGNORECASE)
_UNREAD = re.compile(r"xl/(media|drawings|charts|embeddings|printerSettings)/", re.IGNORECASE)
_CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one sheet below its header as {column: text} by row number, and the names of the other sheets in use."""

    title: str
    rows: tuple[tuple[int, dict[str, str]], ...]
    others: tuple[str, ...]


def check_package(data: bytes) -> None:
    """Raise FileError where the workbook unpacks to more than the limits, or ValueError and what zipfile raises where it is none.

    Python's zipfile gives no more of a part than the size that the part declares, so declared sizes can be trusted.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = [part for part in package.infolist() if not _UNREAD.match(part.filename)]
        beside = sum(part.file_size for part in parts if not _LARGE.fullmatch(part.filename))
        if sum(part.file_size for part in parts) > _UNPACKED or beside > _BESIDE:
            raise FileError(f"工作簿解压后超过 {_UNPACKED // 2**20} MB 或样式过多，请只保留需要的工作表，或另存为 .csv。")
        elements = 0
        for part in parts:
            with package.open(part) as stream:
                for chunk in iter(lambda: stream.read(_CHUNK), b""):  # noqa: B023  (used up before the next part)
                    elements += chunk.count(b"<")
                    if elements > 2 * _ELEMENTS:  # most have a beginning and an end
                        raise FileError("工作簿里的单元格过多，请只保留需要的行和列，或另存为 .csv。")


def read_sheet(data: bytes, wanted: str, *, most: int | None = None) -> Sheet | None:
    """Return the first sheet whose first row names the column `wanted`; None where no sheet does.

    With `most` the limits hold and not more than that many rows and one are returned. Formulas give the text they show, or
    what was typed where they show none. Raises FileError for a workbook beyond the limits, and anything for a broken one.
    """
    if most is not None:
        check_package(data)
    sheets = _sheets(data, computed=False, most=most)
    title = next((title for title, rows in sheets.items() if wanted in header_names(rows[0][1])), None)
    if title is None:
        return None
    has_formulas = any(_is_formula(cell) for _, cells in sheets[title] for cell in cells)
    results = dict(_sheets(data, computed=True, most=most).get(title, ())) if has_formulas else {}
    header = header_names(sheets[title][0][1])
    rows = ((number, _cells(header, cells, results.get(number, ()), wanted)) for number, cells in sheets[title][1:])
    return Sheet(title, tuple(rows), tuple(other for other in sheets if other != title))


def header_names(cells: Sequence[object]) -> list[str]:
    """Return the names of columns in lower case without blanks around them; an empty cell gives ""."""
    return ["" if cell is None else str(cell).strip().lower() for cell in cells]


def _sheets(data: bytes, *, computed: bool, most: int | None) -> dict[str, list[Record]]:
    """Return {sheet: rows that are not blank} of the sheets that hold something; formulas as typed or as last computed."""
    found: dict[str, list[Record]] = {}
    left = None if most is None else _LOOKED_AT
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # styles and validations that openpyxl does not know
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=computed)
        try:
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # some programs write a wrong size, and rows beyond it would be lost
                columns = None if most is None else _COLUMNS
                rows = enumerate(itertools.islice(sheet.iter_rows(max_col=columns, values_only=True), left), 1)
                kept: list[Record] = []
                number = 0
                for number, row in rows:
                    if row.count(None) == len(row) or not any(cell is not None and str(cell).strip() for cell in row):
                        continue
                    kept.append((number, row))
                    if most is not None and len(kept) > most + 1:  # header, rows, and one that shows there are more
                        break
                found[sheet.title] = kept
                left = None if left is None else left - number
        finally:
            book.close()
    return {title: rows for title, rows in found.items() if rows}


def _cells(header: Sequence[str], typed: Sequence[Any], results: Sequence[Any], wanted: str) -> dict[str, str]:
    """Return {column: text} of a row; a formula gives the text it shows, or what was typed where it shows none."""
    row: dict[str, str] = {}
    for place, (name, cell) in enumerate(zip(header, typed, strict=False)):
        result = results[place] if place < len(results) and _is_formula(cell) else None
        shows_text = isinstance(result, str) and result.strip() != "" and not result.startswith("#")  # "#NAME?"
        value = result if shows_text or (name != wanted and result is not None) else getattr(cell, "text", cell)
        whole_number = isinstance(value, float) and value.is_integer()
        row[name] = "" if value is None else str(int(value) if whole_number else value)
    return row


def _is_formula(cell: object) -> bool:
    return (isinstance(cell, str) and cell.startswith("=")) or hasattr(cell, "text")  # an array formula is an object
