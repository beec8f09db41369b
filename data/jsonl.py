"""Files of one JSON object per line, read the same way for cases, clause files and batches.

characters   UTF-8 with or without byte order mark, or GB18030; a file named .gz is unpacked first
lines        end at LF only: inside a JSON string U+2028, U+2029 and U+0085 are characters like any other
identifiers  text, or a number, which becomes text
surrogates   half an emoji (a lone U+D83D) is no character and cannot be written as UTF-8: it becomes U+FFFD
"""

from __future__ import annotations

import gzip
import json
import math
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from data.errors import FileError, reason
from data.reader_text import decode

__all__ = ["identifier_of", "numbered_lines", "parse_line", "read_lines_text", "whole"]

_LONE = re.compile("[\ud800-\udfff]")


def read_lines_text(path: Path, kind: str) -> str:
    """Return the characters of the file; `kind` is what messages call it. An empty file gives "".

    Raises FileError: it is missing, cannot be read or unpacked, or is not text.
    """
    try:
        raw = path.read_bytes()
        return decode(gzip.decompress(raw) if path.suffix.lower() == ".gz" else raw, path.name)
    except FileNotFoundError as error:
        raise FileError(f"没有找到{kind} {path}，请检查路径。") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FileError(f"{kind} {path} 读不出来（压缩内容不完整或不是 gzip 格式），请重新压缩或解压后再试。") from error
    except OSError as error:
        raise FileError(f"{kind} {path} 读不出来（{reason(error)}），请检查路径和权限。") from error


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, line) for every line that is not blank."""
    return ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())


def parse_line(line: str) -> object:
    """Return the JSON value of one line; anything else, values nested too deeply included, raises ValueError in Chinese."""
    try:
        value: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError("不是 JSON 对象") from error
    return value


def identifier_of(value: object) -> str:
    """Return an identifier as text without blanks around it; what is missing, empty, or not text or number raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("缺少 id 或不是文字")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("缺少 id 或不是文字")
    found = whole(str(value)).strip()
    if not found:
        raise ValueError("缺少 id 或不是文字")
    return found


def whole(text: str) -> str:
    """Return `text` with U+FFFD for each lone surrogate; every offset stays as it was."""
    return _LONE.sub("\ufffd", text)
