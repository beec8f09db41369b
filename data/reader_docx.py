"""Word files: the text as Word shows it, automatic numbers included.

Kept: paragraphs and tables in document order, inserted text, field results, text boxes (once, after their paragraph).
Left out: deleted and moved-away text, hidden text, field codes, tables of contents, headers, footers, notes, comments.
A soft line break becomes a line end, a tab stays a tab.
"""

from __future__ import annotations

from data.errors import FileError
from data.reader_text import clean, join_cells, require_text, shown
from data.word_numbering import Numbering, Styles
from data.word_package import MC, Element, W, WordParts, attribute, is_on, open_word, value

__all__ = ["read_docx"]

_BREAKS = {W + "br": "\n", W + "cr": "\n", W + "tab": "\t", W + "ptab": "\t", W + "noBreakHyphen": "-"}
_LEFT_OUT = {
    *(W + tag for tag in ("del", "moveFrom", "delText", "instrText", "delInstrText", "pPr", "rPr", "rt", "sectPr", "sdtPr")),
    MC + "Fallback",  # says what its Choice says, for older programs: a text box would come twice
}
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_WRAPPERS = {W + tag for tag in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag")}


def read_docx(data: bytes, name: str) -> str:
    """Return the text of a .docx, one line per paragraph, with Word's automatic numbers in front.

    Raises FileError: the file is damaged, protected, no Word file, or without text.
    """
    parts = open_word(data, name)
    try:
        text = clean(_Reader(parts).text())
    except (RecursionError, ValueError) as error:
        raise FileError(f"{shown(name)}的内部结构异常，请用 Word 打开并另存为新的 .docx 后再试。") from error
    return require_text(text, name)


class _Reader:
    """Walks through one document once; the numbers count along the way."""

    def __init__(self, parts: WordParts) -> None:
        self._body = parts.document.find(W + "body")
        self._styles = Styles(parts.styles)
        self._numbering = Numbering(parts.numbering, self._styles)
        self._fields: list[bool] = []  # of each open field: has its result begun?
        self._carried = ""  # text of a paragraph whose end was deleted; it belongs to the next one

    def text(self) -> str:
        """Return the lines of the body; "" for an empty one."""
        lines = [] if self._body is None else self._blocks(self._body)
        return "\n".join([*lines, self._carried] if self._carried else lines)

    def _blocks(self, container: Element) -> list[str]:
        lines: list[str] = []
        for child in container:
            if child.tag == W + "p":
                lines += self._paragraph(child)
            elif child.tag == W + "tbl":
                lines += self._table(child)
            elif child.tag == MC + "AlternateContent":
                lines += self._blocks(_chosen(child))
            elif child.tag in _WRAPPERS and not _is_contents(child):
                lines += self._blocks(child)
        return lines

    def _paragraph(self, paragraph: Element) -> list[str]:
        pieces: list[str] = []
        boxes: list[Element] = []
        self._inline(paragraph, pieces, boxes)
        # A field code never runs over the end of a paragraph in sound files; in others it would swallow the rest.
        self._fields = [True] * len(self._fields)
        text = self._carried + "".join(pieces)
        self._carried = ""
        lines: list[str] = []
        if _mark_deleted(paragraph):
            self._carried = text
        elif not self._styles.is_contents(self._styles.of(paragraph)):
            lines = (self._numbering.label(paragraph) + text).split("\n")
        for box in boxes:
            lines += self._blocks(box)
        return lines

    def _inline(self, parent: Element, pieces: list[str], boxes: list[Element]) -> None:
        if parent.tag == W + "r" and is_on(parent.find(f"{W}rPr/{W}vanish")):
            return
        for child in parent:
            tag = child.tag
            if tag in _LEFT_OUT:
                continue
            if tag == W + "fldChar":
                self._field(attribute(child, "fldCharType"))
            elif tag == W + "txbxContent":
                boxes.append(child)
            elif tag == MC + "AlternateContent":
                self._inline(_chosen(child), pieces, boxes)
            elif tag in (W + "t", _MATH_TEXT) or tag in _BREAKS or tag == W + "sym":
                pieces += [_characters(child)] if all(self._fields) else []
            else:
                self._inline(child, pieces, boxes)

    def _field(self, mark: str | None) -> None:
        if mark == "begin":
            self._fields.append(False)
        elif mark == "separate" and self._fields:
            self._fields[-1] = True
        elif mark == "end" and self._fields:
            self._fields.pop()

    def _table(self, table: Element) -> list[str]:
        lines: list[str] = []
        for row in _children(table, "tr"):
            if row.find(f"{W}trPr/{W}del") is None:
                lines += join_cells([self._blocks(cell) for cell in _children(row, "tc") if not _merged_away(cell)])
        return lines


def _characters(element: Element) -> str:
    if element.tag == W + "sym":  # a picture font's sign: only those with a meaning of their own in Unicode
        code = int(attribute(element, "char") or "0", 16)
        return chr(code) if 0x20 <= code < 0xD800 else ""
    return _BREAKS.get(str(element.tag)) or element.text or ""


def _chosen(alternate: Element) -> Element:
    """Return the first alternative; the element itself, whose fallback is then left out, where there is none."""
    choice = alternate.find(MC + "Choice")
    fallback = alternate.find(MC + "Fallback")
    if choice is not None:
        return choice
    return alternate if fallback is None else fallback


def _children(parent: Element, tag: str) -> list[Element]:
    """Return the rows of a table or the cells of a row, those in content controls included."""
    found: list[Element] = []
    for child in parent:
        if child.tag == W + tag:
            found.append(child)
        elif child.tag in _WRAPPERS:
            found += _children(child, tag)
    return found


def _mark_deleted(paragraph: Element) -> bool:
    mark = paragraph.find(f"{W}pPr/{W}rPr")
    return mark is not None and (mark.find(W + "del") is not None or mark.find(W + "moveFrom") is not None)


def _merged_away(cell: Element) -> bool:
    merge = cell.find(f"{W}tcPr/{W}vMerge")
    return merge is not None and attribute(merge) in (None, "continue")


def _is_contents(control: Element) -> bool:
    return value(control, "sdtPr", "docPartObj", "docPartGallery") == "Table of Contents"
