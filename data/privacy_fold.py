"""A text as the finders of personal data read it: every character in its place, but in one way of writing.

Full-width letters, digits and punctuation become ASCII, small letters capitals, every space within a line a blank, every
dash a hyphen, every middle dot ``·``. What was found or is masked already is covered by characters that no pattern holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

__all__ = ["COVERED", "END", "HAN", "NUMBER", "Found", "cover", "disjoint", "fold", "starts"]

Found = tuple[int, int, str]
"""Start and end of what was found, and a remark in Chinese ("" for none)."""

COVERED = "\ue000"
"""Covers what was found or is masked already."""

NUMBER = "\ue001"
"""Covers a number that belongs to one person, such as a phone: the name often stands right before it."""

HAN = "\u3400-\u4dbf\u4e00-\u9fff〇"
"""Chinese characters, for use inside a regular-expression class."""

END = "(?![0-9A-Z])"
"""Behind a number: no letter or digit follows."""

_START = re.compile("[0-9A-Z+(](?<![0-9A-Z][0-9A-Z+(])")
_SPACES = "\t\xa0\u1680\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff"
_DASHES = "\u2010-\u2015\u2212\ufe58\ufe63"
_DOTS = "\u2022\u2027\u2219\u22c5\u30fb\uff65"


def _range(chars: str) -> Iterator[str]:
    for match in re.finditer(r"(.)(?:-(.))?", chars):
        yield from map(chr, range(ord(match[1]), ord(match[2] or match[1]) + 1))


_FOLD = str.maketrans(
    {chr(code): chr(code - 0xFEE0).upper() for code in range(0xFF01, 0xFF5F)}
    | {chr(code): chr(code - 0x20) for code in range(ord("a"), ord("z") + 1)}
    | dict.fromkeys(_range(_SPACES), " ")
    | dict.fromkeys(_range(_DASHES), "-")
    | dict.fromkeys(_range(_DOTS), "·")
)


def fold(text: str) -> str:
    """Return `text` in one way of writing; every offset stays as it was."""
    return text.translate(_FOLD)


def starts(text: str) -> Iterator[int]:
    """Yield each place of a folded text where a number may begin: a letter, digit, + or ( behind no letter or digit."""
    return (match.start() for match in _START.finditer(text))


def disjoint(found: Iterable[Found]) -> list[Found]:
    """Return what was found in order, without what overlaps something that begins before it or there and is longer."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda one: (one[0], -one[1])):
        if not kept or one[0] >= kept[-1][1]:
            kept.append(one)
    return kept


def cover(text: str, found: Iterable[Found], mark: str) -> str:
    """Return `text` with every character of what was found replaced by `mark`; every offset stays as it was."""
    chars = list(text)
    for start, end, _ in found:
        chars[start:end] = mark * (end - start)
    return "".join(chars)
