"""Reading a regulation from a file: .txt .md .html .htm .docx .pdf in, plain text with LF line ends out.

    read_text(path)                        a file on disk
    read_bytes_as_text(data, suffix, name) an upload

What a file is, its first bytes decide where they can ("%PDF-", a zip, an old Office file), else its suffix. The heavy
libraries are imported only when a file of their kind is read, each by one module beside this one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from data.errors import FileError
from data.reader_text import shown

__all__ = ["MAX_BYTES", "SUFFIXES", "read_bytes_as_text", "read_text"]

MAX_BYTES = 50 * 2**20
_READABLE = ".txt、.md、.html、.docx 或 .pdf"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # container of .doc, .xls, .ppt, .wps and of encrypted .docx
_OLD_WORD = "是旧版 Word（.doc）文件，请另存为 .docx 后再试"
_ADVICE = {
    ".doc": _OLD_WORD,
    ".dot": _OLD_WORD,
    ".wps": "是 WPS 文字（.wps）文件，请另存为 .docx 后再试",
    ".rtf": "是 RTF 文件，请用 Word 打开并另存为 .docx 后再试",
    ".odt": "是 OpenDocument 文件，请另存为 .docx 后再试",
    ".ofd": "是 OFD 版式文件，请导出为带文字层的 .pdf 或 .docx 后再试",
    ".mht": "是单文件网页，请用浏览器打开后另存为 .html 或 .txt 再试",
    ".xls": "是 Excel 表格，请把文字另存为 .docx 或 .txt 后再试",
    ".xlsx": "是 Excel 表格，请把文字另存为 .docx 或 .txt 后再试",
    ".ppt": "是 PowerPoint 演示文稿，请把文字另存为 .docx 或 .txt 后再试",
    ".pptx": "是 PowerPoint 演示文稿，请把文字另存为 .docx 或 .txt 后再试",
    ".zip": "是压缩包，请解压后选择其中的文件",
    ".rar": "是压缩包，请解压后选择其中的文件",
    **dict.fromkeys((".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"), "是图片，请先做文字识别（OCR），再另存为 .docx 或 .txt"),
}
_Reader = Callable[[bytes, str], str]


def read_text(path: Path) -> str:
    """Return the text of a regulation file.

    Raises FileError: the file is missing, not to be read, empty, too large, of an unknown kind, broken or without text.
    """
    return read_bytes_as_text(_bytes(Path(path)), Path(path).suffix, Path(path).name)


def read_bytes_as_text(data: bytes, suffix: str, name: str) -> str:
    """Return the text of an uploaded file; `suffix` with or without dot, in any case; `name` is for messages.

    Raises FileError: the data is empty, too large, of an unknown kind, broken or without text.
    """
    suffix = "." + suffix.lower().strip().lstrip(".")
    if suffix not in SUFFIXES:
        _refuse_suffix(data, suffix, name)
    if not data:
        raise FileError(f"{shown(name)}是空文件，里面没有文字，请检查是否选错了文件。")
    if len(data) > MAX_BYTES:
        raise FileError(_too_large(name))
    return _by_first_bytes(data, suffix, name)(data, name)


def _bytes(path: Path) -> bytes:
    name = str(path)
    try:
        if path.is_dir():
            raise FileError(f"{shown(name)}是文件夹，请选择其中的一个文件。")
        if path.exists() and not path.is_file():  # a device or pipe may never end
            raise FileError(f"{shown(name)}不是普通文件，请选择 {_READABLE} 文件。")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise FileError(f"找不到文件{shown(name)}，请检查路径是否写对。") from error
    except PermissionError as error:
        raise FileError(f"没有权限读取{shown(name)}，请检查文件权限或是否被其他程序占用。") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise FileError(f"无法读取{shown(name)}，请检查路径和磁盘后再试。") from error
    if len(data) > MAX_BYTES:
        raise FileError(_too_large(name))
    return data


def _too_large(name: str) -> str:
    return f"{shown(name)}超过 {MAX_BYTES // 2**20} MB，请拆分或压缩其中的图片后再试。"


def _refuse_suffix(data: bytes, suffix: str, name: str) -> NoReturn:
    if data.startswith(_OLE):
        raise FileError(f"{shown(name)}{_old_office(data)}。")
    if suffix in _ADVICE:
        raise FileError(f"{shown(name)}{_ADVICE[suffix]}。")
    what = "没有扩展名" if suffix == "." else f"的类型（{suffix[:12]}）不认识"
    raise FileError(f"{shown(name)}{what}，请使用 {_READABLE} 文件。")


def _old_office(data: bytes) -> str:
    """Say what an OLE container is, by the names of its streams."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return "有密码保护，请在 Word 里取消密码后再试"
    if "WordDocument".encode("utf-16-le") in data:
        return _OLD_WORD
    return "是旧版 Office 文件，请另存为 .docx 后再试"


def _by_first_bytes(data: bytes, suffix: str, name: str) -> _Reader:
    if data.startswith(_OLE):
        raise FileError(f"{shown(name)}{_old_office(data)}。")
    if data.startswith(b"{\\rtf"):
        raise FileError(f"{shown(name)}{_ADVICE['.rtf']}。")
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return SUFFIXES[".docx"]
    if data.lstrip()[:5] == b"%PDF-":
        return SUFFIXES[".pdf"]
    if suffix == ".docx":
        raise FileError(f"{shown(name)}不是真正的 .docx 文件或已损坏，请用 Word 打开并另存为新的 .docx 后再试。")
    if suffix == ".pdf" and b"%PDF-" not in data[:1024]:
        raise FileError(f"{shown(name)}不是真正的 PDF 文件或已损坏，请重新导出，或改用 .docx/.txt 后再试。")
    return SUFFIXES[suffix]


def _plain(data: bytes, name: str) -> str:
    from data.reader_text import read_plain

    return read_plain(data, name)


def _markdown(data: bytes, name: str) -> str:
    from data.reader_markdown import read_markdown

    return read_markdown(data, name)


def _html(data: bytes, name: str) -> str:
    from data.reader_html import read_html

    return read_html(data, name)


def _docx(data: bytes, name: str) -> str:
    from data.reader_docx import read_docx

    return read_docx(data, name)


def _pdf(data: bytes, name: str) -> str:
    from data.reader_pdf import read_pdf

    return read_pdf(data, name)


SUFFIXES: dict[str, _Reader] = {
    ".txt": _plain,
    ".md": _markdown,
    ".html": _html,
    ".htm": _html,
    ".docx": _docx,
    ".pdf": _pdf,
}
