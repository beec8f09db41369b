"""Plain text: finding the character set, refusing what is not text, and the few rules all readers share.

    character set   byte order mark -> declared by the file (HTML only) -> strict UTF-8 -> GB18030

GB18030 contains GB2312 and GBK. UTF-16 and UTF-32 are read only with their byte order mark: without one they cannot be
told from binary data, and are refused.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Sequence
from pathlib import PurePath

from data.errors import FileError

__all__ = ["LABEL", "clean", "decode", "join_cells", "read_plain", "require_text", "shown"]

_BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# A page may name any codec of the interpreter (even "rot13"); only those that such pages really use are honoured.
_DECLARABLE = {
    "utf-8": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "hz": "hz",
    "big5": "big5hkscs",
    "big5hkscs": "big5hkscs",
}
_SAMPLE = 200_000  # characters looked at when judging whether something is text
_MAX_UNREADABLE = 0.05  # share of control, private and unassigned characters that real files stay far below
_SURE_UTF8 = 20  # that many non-ASCII characters never pass as UTF-8 by chance
_LAYOUT = frozenset("\t\n\r\f\v\x1a\x85")  # control characters that text files do contain

_NUMERAL = "[〇○零一二三四五六七八九十百千两0-9]"
# What begins a clause: 第X条, (一), 一、, 1. or ①. "3.5" is a number, not a label.
LABEL = re.compile(
    rf"\s*(?:第{_NUMERAL}{{1,9}}[编篇章节条款项]"
    rf"|[（(]{_NUMERAL}{{1,4}}[）)]"
    r"|[一二三四五六七八九十百]{1,4}[、．.]"
    r"|[0-9]{1,3}(?:[．、)）]|\.(?![0-9]))"
    r"|[①-⑳⑴-⒇⒈-⒛㈠-㈩])"
)
# Invisible characters that split labels (zero width space, joiners, soft hyphen, byte order mark inside the text).
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


def shown(name: str) -> str:
    """Return the file name as messages show it: no folders, no control characters, at most 80 characters, in quotes."""
    bare = PurePath(name.replace("\\", "/")).name or name
    printable = "".join(ch for ch in bare if ch.isprintable()) or "未命名文件"
    return f"“{printable if len(printable) <= 80 else printable[:79] + '…'}”"


def read_plain(data: bytes, name: str) -> str:
    """Return the characters of a text file, exactly, but for a dropped byte order mark and line ends made LF.

    Raises FileError: the bytes are not text, or there is no visible character in them.
    """
    text = decode(data, name).replace("\r\n", "\n").replace("\r", "\n")
    return require_text(text, name)


def decode(data: bytes, name: str, declared: str = "") -> str:
    """Decode by byte order mark, the `declared` character set, strict UTF-8, then GB18030; empty input gives "".

    Raises FileError: no character set fits, or what comes out is binary rubbish.
    """
    for codec in _candidates(data, declared):
        try:
            text = data.decode(codec)
        except UnicodeError:
            continue
        _refuse_binary(text, name)
        return text
    raise FileError(f"{shown(name)}的文字编码无法识别，请用记事本打开后另存为 UTF-8 编码再试。")


def _candidates(data: bytes, declared: str) -> list[str]:
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return [codec]
    found = _declarable(declared)
    # Editors that convert a page to UTF-8 often leave "charset=gb2312" in it.
    honoured = [found] if found and not (found != "utf-8" and _surely_utf8(data)) else []
    return [*honoured, "utf-8", "gb18030"]


def _declarable(declared: str) -> str:
    try:
        return _DECLARABLE.get(codecs.lookup(declared).name, "")
    except (LookupError, ValueError):  # unknown, or a name with a NUL
        return ""


def _surely_utf8(data: bytes) -> bool:
    try:
        text = data.decode("utf-8")
    except UnicodeError:
        return False
    return sum(ch > "\x7f" for ch in text[:_SAMPLE]) >= _SURE_UTF8


def _refuse_binary(text: str, name: str) -> None:
    if "\0" in text:
        raise FileError(
            f"{shown(name)}含有二进制内容，不是文本文件；如果它是 UTF-16 文本，请用记事本另存为 UTF-8 编码再试。"
        )
    sample = text[:: max(1, len(text) // _SAMPLE)]
    strange = sum(unicodedata.category(ch) in ("Cc", "Cn", "Co", "Cs") and ch not in _LAYOUT for ch in sample)
    if strange > _MAX_UNREADABLE * len(sample):
        raise FileError(f"{shown(name)}多半是乱码或二进制内容，不是文本文件，请用原来的程序另存为 .docx 或 UTF-8 文本再试。")


def require_text(text: str, name: str) -> str:
    """Return `text` unchanged if it has a visible character.

    Raises FileError: there is none.
    """
    if not text.strip() or not any(ch.isprintable() and not ch.isspace() for ch in text):
        raise FileError(f"{shown(name)}里没有文字，请检查是否选错了文件。")
    return text


def clean(text: str) -> str:
    """Return `text` without invisible and control characters, with plain spaces for no-break ones and LF line ends.

    For formats whose text is extracted; a .txt file is kept as it is. Empty input gives "".
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    return _CONTROL.sub("", _INVISIBLE.sub("", text.replace("\x0b", "\n").replace("\x0c", "\n")))


def join_cells(cells: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of one table row, given the lines of each cell.

    Cells of one line each are data and become one line with tabs between; longer cells are layout (pages and notices put
    their whole text into one) and keep their lines, cell after cell. No cells give no lines.
    """
    filled = [[line for line in cell if line.strip()] for cell in cells]
    if all(len(cell) <= 1 for cell in filled):
        row = "\t".join(cell[0].strip() if cell else "" for cell in filled).strip()
        return [row] if row else []
    return [line for cell in filled for line in cell]
