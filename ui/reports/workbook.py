"""An Excel workbook of text tables: every text is written as text, never as a formula, a link or a number.

Sheets print on A4 across, one page wide, with the header row on each page and — 1 — below.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter import Workbook

from ui.reports.wording import plain

__all__ = ["Book", "Column", "Value"]

Value = str | int | float | None | list[tuple[str, bool]]
"""What a cell holds: text, a number, nothing, or text in pieces of which some are marked as evidence."""

_MOST = 32_000  # UTF-16 units; Excel takes 32,767 in a cell
_LINE, _TALLEST = 14.0, 409.0  # points
_CUT = "…（后文过长，从略）"
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, its width in characters, and how its numbers are shown ("" for texts)."""

    title: str
    width: float
    number: str = ""


class Book:
    """A workbook in the making."""

    def __init__(self, title: str) -> None:
        self._target = io.BytesIO()
        self._book = Workbook(self._target, _OPTIONS)
        self._book.set_properties({"title": title, "author": "容错条款匹配助手"})
        base: dict[str, Any] = {"font_name": "宋体", "font_size": 10.5, "text_wrap": True, "valign": "top", "border": 1}
        self._formats = {"": self._book.add_format(base)}
        self._base = base
        self._head = self._book.add_format({**base, "font_name": "黑体", "bg_color": "#EDEDED", "align": "center"})
        self._title = self._book.add_format({"font_name": "黑体", "font_size": 16})
        self._plain = self._book.add_format({"font_name": "宋体", "font_size": 10.5})
        self._marked = self._book.add_format({"font_name": "宋体", "font_size": 10.5, "bold": True, "underline": True})

    def sheet(self, name: str, columns: Sequence[Column], rows: Sequence[Sequence[Value]], *, title: str = "") -> None:
        """Add a sheet with a header row, below `title` where there is one; no rows gives one that says 无."""
        sheet = self._book.add_worksheet(name)
        first = 0
        if title:
            sheet.set_row(0, 28)
            sheet.write_string(0, 0, plain(title), self._title)
            first = 1
        for at, column in enumerate(columns):
            sheet.set_column(at, at, column.width)
            sheet.write_string(first, at, column.title, self._head)
        for number, row in enumerate(rows or [["无", *([""] * (len(columns) - 1))]], first + 1):
            sheet.set_row(number, _height(row, columns))
            for at, (column, value) in enumerate(zip(columns, row, strict=True)):
                self._write(sheet, (number, at), value, self._format(column.number))
        sheet.freeze_panes(first + 1, 0)
        sheet.repeat_rows(first)
        sheet.set_paper(9)  # A4
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.6, right=0.6, top=0.8, bottom=0.8)
        sheet.set_footer('&C&"宋体"&12— &P —')

    def content(self) -> bytes:
        """Close the workbook and return the file."""
        self._book.close()
        return self._target.getvalue()

    def _format(self, number: str) -> Any:  # noqa: ANN401  (xlsxwriter is not typed)
        if number not in self._formats:
            self._formats[number] = self._book.add_format({**self._base, "num_format": number, "align": "center"})
        return self._formats[number]

    def _write(self, sheet: Any, place: tuple[int, int], value: Value, look: Any) -> None:  # noqa: ANN401
        if value is None or value == "":
            sheet.write_blank(*place, None, look)
        elif isinstance(value, int | float):
            sheet.write_number(*place, value, look)
        elif isinstance(value, list):
            self._write_pieces(sheet, place, value, look)
        else:
            text = _fitting(plain(value))
            if text.startswith("<r>") and text.endswith("</r>"):  # XlsxWriter would take it for its own XML and not escape it
                self._write_pieces(sheet, place, [(text[:1], False), (text[1:], False)], look)
            else:
                sheet.write_string(*place, text, look)

    def _write_pieces(self, sheet: Any, place: tuple[int, int], pieces: list[tuple[str, bool]], look: Any) -> None:  # noqa: ANN401
        shown = [(plain(text), marked) for text, marked in pieces if text]
        if len(shown) == 1 and not shown[0][1]:
            self._write(sheet, place, shown[0][0], look)
            return
        if len(shown) == 1:  # XlsxWriter takes no single piece
            text = shown[0][0]
            shown = [(text[:1], True), (text[1:], True)] if len(text) > 1 else [(text, True), ("\u200b", True)]
        parts = [part for text, marked in shown for part in (self._marked if marked else self._plain, text)]
        sheet.write_rich_string(*place, *parts, look)


def _height(row: Sequence[Value], columns: Sequence[Column]) -> float:
    """Return the height in points that the longest cell needs; programs differ in whether they find it themselves."""
    lines = 1
    for value, column in zip(row, columns, strict=True):
        text = value if isinstance(value, str) else "".join(part for part, _ in value) if isinstance(value, list) else ""
        wide = [sum(2 if ord(sign) > 0x2E7F or sign in "“”…—" else 1 for sign in line) for line in text.split("\n")]
        lines = max(lines, sum(1 + width // max(1, int(column.width) - 2) for width in wide))
    return min(_TALLEST, lines * _LINE + 4)


def _fitting(text: str) -> str:
    """Return the text, cut where it is longer than a cell can hold."""
    if len(text.encode("utf-16-le")) // 2 <= _MOST:
        return text
    return text.encode("utf-16-le")[: 2 * (_MOST - 20)].decode("utf-16-le", "ignore") + _CUT
