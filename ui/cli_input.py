"""Where a command takes its narrative from: an argument, a file, or standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from data.errors import InputError

__all__ = ["read_story"]

_MAX_STDIN = 10_000_000


def read_story(text: str | None, file: Path | None) -> str:
    """Return the text of the argument, of `file`, or (for "-", or nothing and a pipe) of standard input.

    Raises InputError where both or none are given, and FileError for a file that cannot be read.
    """
    if text is not None and file is not None:
        raise InputError("叙述和 --file 只能给一个。")
    if file is not None:
        from data.readers import read_text

        return read_text(file)
    if text == "-" or (text is None and not sys.stdin.isatty()):
        from data.reader_text import decode

        return decode(sys.stdin.buffer.read(_MAX_STDIN), "标准输入")
    if text is None:
        raise InputError('没有给出叙述，例如 rongcuo match "检查时发现……"，或用 --file 指定文件，或用 - 从标准输入读取。')
    return text
