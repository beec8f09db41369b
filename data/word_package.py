"""Opening a .docx: a zip of XML parts, met with distrust.

The parts are read straight from the zip, not through python-docx: that refuses "strict" files and packages with a
dangling relation (both come from real office programs), and knows neither tracked changes nor automatic numbers. This
module is the only one that imports lxml.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from dataclasses import dataclass
from typing import TypeAlias

from lxml import etree

from data.errors import FileError
from data.reader_text import shown

__all__ = ["MC", "W", "Element", "WordParts", "attribute", "is_on", "open_word", "value"]

Element: TypeAlias = etree._Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_STRICT = (b"http://purl.oclc.org/ooxml/wordprocessingml/main", W[1:-1].encode())

_MAX_ENTRIES = 10_000
_MAX_UNPACKED = 200 * 2**20
_MAX_PART = 64 * 2**20  # of one XML part; its tree takes about ten times that
_MAX_RATIO = 100  # XML of real files shrinks 5 to 40 fold
_RATIO_FROM = 20 * 2**20  # smaller contents do no harm, however well they were packed

_OTHER_ZIPS = (  # a member that only this kind of file has, and what the file is
    ("xl/workbook.xml", "Excel 表格"),
    ("ppt/presentation.xml", "PowerPoint 演示文稿"),
    ("OFD.xml", "OFD 版式文件"),
    ("content.xml", "OpenDocument 文件"),
)


@dataclass(frozen=True, slots=True)
class WordParts:
    """The roots of the XML parts that make up the text; parts that the file lacks are None."""

    document: Element
    styles: Element | None
    numbering: Element | None


def open_word(data: bytes, name: str) -> WordParts:
    """Open the bytes of a .docx.

    Raises FileError: the zip is broken, is protected, unpacks to too much, or is no Word file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            _check(package, name)
            return _parts(package, name)
    except FileError:
        raise
    except Exception as error:  # zipfile and lxml raise a dozen unrelated types for damaged input
        raise FileError(f"{shown(name)}已损坏，读不出内容，请用 Word 打开并另存为新的 .docx 后再试。") from error


def attribute(element: Element | None, key: str = "val") -> str | None:
    """Return the attribute ``w:key`` of `element`; None where either is missing."""
    found = None if element is None else element.get(W + key)
    return None if found is None else str(found)


def value(element: Element | None, *path: str) -> str | None:
    """Return ``w:val`` of the element that the `path` of w: tags leads to; None where it leads nowhere."""
    for tag in path:
        if element is None:
            return None
        element = element.find(W + tag)
    return attribute(element)


def is_on(element: Element | None) -> bool:
    """Tell whether a switch such as ``w:vanish`` is there and not switched off."""
    return element is not None and attribute(element) not in ("0", "false", "off")


def _check(package: zipfile.ZipFile, name: str) -> None:
    entries = package.infolist()
    unpacked, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    bomb = unpacked > _RATIO_FROM and unpacked > _MAX_RATIO * max(packed, 1)
    if len(entries) > _MAX_ENTRIES or unpacked > _MAX_UNPACKED or bomb:
        raise FileError(f"{shown(name)}解压后异常庞大，可能不是正常的文档，已拒绝读取；请用 Word 另存为新的 .docx 后再试。")
    if any(e.flag_bits & 1 for e in entries):
        raise FileError(f"{shown(name)}有密码保护，请取消密码后再试。")
    names = {e.filename for e in entries}
    for member, kind in _OTHER_ZIPS:
        if member in names:
            raise FileError(f"{shown(name)}是 {kind}，不是 Word 文件，请另存为 .docx 或 .txt 后再试。")
    if "[Content_Types].xml" not in names and not any(n.startswith("word/") for n in names):
        raise FileError(f"{shown(name)}是压缩包，不是 Word 文件，请解压后选择其中的文件。")


def _parts(package: zipfile.ZipFile, name: str) -> WordParts:
    main = _targets(package, "", "_rels/.rels", name).get("officeDocument", "word/document.xml")
    document = _parse(package, main, name)
    if document is None or document.find(W + "body") is None:
        raise FileError(f"{shown(name)}里没有 Word 正文，请用 Word 打开并另存为新的 .docx 后再试。")
    folder, file = posixpath.split(main)
    targets = _targets(package, folder, posixpath.join(folder, "_rels", file + ".rels"), name)
    return WordParts(
        document=document,
        styles=_parse(package, targets.get("styles", ""), name),
        numbering=_parse(package, targets.get("numbering", ""), name),
    )


def _targets(package: zipfile.ZipFile, folder: str, part: str, name: str) -> dict[str, str]:
    """Return the members that the relations in `part` lead to, by the last word of the relation's type."""
    relations = _parse(package, part, name)
    if relations is None:
        return {}
    found: dict[str, str] = {}
    for relation in relations:
        kind = (relation.get("Type") or "").rsplit("/", 1)[-1]
        target = relation.get("Target") or ""
        if relation.get("TargetMode") != "External":
            found.setdefault(kind, posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/"))
    return found


def _parse(package: zipfile.ZipFile, member: str, name: str) -> Element | None:
    try:
        size = package.getinfo(member).file_size
    except KeyError:
        return None
    if size > _MAX_PART:
        raise FileError(f"{shown(name)}的正文过大（超过 64 MB），请拆分成几个文件后再试。")
    # No entities and no network: a document has no business with either. Depth stays at the parser's limit of 256.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True)
    return etree.fromstring(package.read(member).replace(*_STRICT), parser)
