"""PDF files with a text layer. This module is the only one that imports pdfplumber and pdfminer.

Not read: scanned and sideways pages (refused), vertical writing, and the columns of a multi-column page one by one (their
lines come side by side). Slanted text is taken for a watermark and dropped.
"""

from __future__ import annotations

import io
import logging
import unicodedata
from statistics import median
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect

from data.errors import FileError
from data.pdf_layout import Line, paragraphs
from data.reader_text import clean, require_text, shown

__all__ = ["read_pdf"]

_MAX_PAGES = 500
_WORD_GAP = 0.4  # in characters; real spaces are characters, so a gap must be wide to count as one
_MAX_UNMAPPED = 0.05  # share of glyphs without a character behind them
_SLANT = 0.05  # rise of a line that still counts as level
_PICTURE = 0.5  # share of a page that a picture covers when it is a scan
# Fonts that name glyphs by their radical ("⻓" for 长) come from browsers' print dialogs. Kangxi radicals (U+2F00 on)
# and compatibility ideographs are mapped by Unicode itself; of the radicals supplement these need a table.
_RADICALS = str.maketrans(
    "⺁⺇⺌⺟⺠⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻳",
    "厂几小母民虎西见角贝车长门青韦页风飞食马骨鬼鱼鸟麦黄齐齿龙龟",
)

# Hundreds of lines such as "Could not get FontBBox" for files that read perfectly well.
logging.getLogger("pdfminer").setLevel(logging.ERROR)


def read_pdf(data: bytes, name: str) -> str:
    """Return the paragraphs of a PDF, one a line, in reading order.

    Raises FileError: it is damaged, protected, too long, scanned without a text layer, or its letters cannot be mapped.
    """
    try:
        with pdfplumber.open(io.BytesIO(data)) as document:
            lines = _lines(document.pages, name)
    except FileError:
        raise
    except Exception as error:  # pdfminer meets damaged files with whatever its code happens to raise
        causes = (error, *error.args, error.__cause__, error.__context__)
        if any(isinstance(cause, PDFPasswordIncorrect | PDFEncryptionError) for cause in causes):
            raise FileError(f"{shown(name)}有密码保护，请取消密码后再试。") from error
        raise FileError(f"{shown(name)}已损坏或不是正常的 PDF，请重新导出，或改用 .docx/.txt 后再试。") from error
    return require_text("\n".join(text for text in paragraphs(lines) if text), name)


def _lines(pages: list[Any], name: str) -> list[Line]:
    if len(pages) > _MAX_PAGES:
        raise FileError(f"{shown(name)}超过 {_MAX_PAGES} 页，请拆分成几个文件后再试。")
    lines: list[Line] = []
    scans: list[int] = []
    for page in pages:
        found = _page_lines(page)
        lines += found
        if not found and _is_picture(page):
            scans.append(page.page_number)
        elif sum(_is_sideways(char) for char in page.chars) > len(page.chars) / 2:
            where = f"这份 PDF（{shown(name)}）的第 {page.page_number} 页"
            raise FileError(f"{where}是横放的，请把页面转正后重新导出，或改用 .docx/.txt。")
        page.close()  # drops the page's objects, some megabytes each
    _refuse_scans(lines, scans, name)
    _refuse_unmapped(lines, name)
    return lines


def _page_lines(page: Any) -> list[Line]:  # noqa: ANN401 - pdfplumber is not typed
    upright = page.filter(_is_level).dedupe_chars()  # imitated bold prints each character twice
    found = upright.extract_text_lines(x_tolerance_ratio=_WORD_GAP, return_chars=True)
    lines = []
    for line in found:
        text = _characters(line["text"])
        if text:
            size = median(char["size"] for char in line["chars"])
            place = (page.page_number, line["x0"], line["x1"], line["top"], line["bottom"])
            lines.append(Line(text, *place, size=size, page_width=page.width, page_height=page.height))
    return lines


def _is_level(thing: dict[str, Any]) -> bool:
    """Tell whether an object of the page is no text, or text on a level line; slanted letters (italics) are."""
    return thing["object_type"] != "char" or bool(abs(thing["matrix"][1]) <= _SLANT * abs(thing["matrix"][0]))


def _is_sideways(char: dict[str, Any]) -> bool:
    return bool(abs(char["matrix"][0]) <= _SLANT * abs(char["matrix"][1]))


def _characters(text: str) -> str:
    mapped = "".join(
        unicodedata.normalize("NFKC", ch) if "\u2f00" <= ch <= "\u2fd5" or "\uf900" <= ch <= "\ufaff" else ch for ch in text
    )
    return clean(mapped.translate(_RADICALS)).replace("\n", " ").strip()


def _is_picture(page: Any) -> bool:  # noqa: ANN401
    area = page.width * page.height
    return any(image["width"] * image["height"] >= _PICTURE * area for image in page.images)


def _refuse_scans(lines: list[Line], scans: list[int], name: str) -> None:
    pages = "、".join(str(number) for number in scans[:10]) + (" 等" if len(scans) > 10 else "")
    if lines and scans:
        what = f"的第 {pages} 页是扫描图片，没有文字层"
    elif not lines:
        what = "是扫描图片，没有文字层" if scans else "没有可以读取的文字"
    else:
        return
    raise FileError(f"这份 PDF（{shown(name)}）{what}；请先做文字识别（OCR）或改用 .docx/.txt。")


def _refuse_unmapped(lines: list[Line], name: str) -> None:
    """Refuse text of fonts that do not say which characters their glyphs are: "(cid:71)" or private use characters."""
    total = sum(len(line.text) for line in lines)
    unmapped = sum(
        line.text.count("(cid:") + sum("\ue000" <= ch <= "\uf8ff" or ch == "\ufffd" for ch in line.text) for line in lines
    )
    if unmapped > _MAX_UNMAPPED * total:
        raise FileError(f"这份 PDF（{shown(name)}）的字体没有文字编码，读出来是乱码；请先做文字识别（OCR）或改用 .docx/.txt。")
