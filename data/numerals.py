"""Chinese numerals in labels (第一百二十三条, 廿三, １２, ⑫) to integers and back.

A label's number is cut out by a regular expression first and read here. The reading is our own because importing cn2an
takes a quarter of a second, more than parsing all shipped regulations; the tests hold every number from 0 to 9999
against cn2an, both ways.
"""

from __future__ import annotations

from functools import lru_cache

__all__ = ["CIRCLED", "DIGITS", "number_in_words", "number_to_chinese", "parse_number"]

DIGITS = "〇○零一二三四五六七八九十百千万两廿卅0-9０-９"
"""The characters a number in a label is made of, for use inside a regular-expression class."""

CIRCLED = "①-⑳㉑-㉟㊱-㊿"
"""The circled numbers ① to ㊿, for use inside a regular-expression class."""

_MARKS = (("①", "⑳", 1), ("㉑", "㉟", 21), ("㊱", "㊿", 36), ("⒈", "⒛", 1), ("⑴", "⒇", 1), ("㈠", "㈩", 1))
_PLAIN = str.maketrans("０１２３４５６７８９○两", "0123456789〇二", " \t\u3000\xa0")
_VALUES = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "廿": 20, "卅": 30}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_CHINESE = "零一二三四五六七八九"


@lru_cache(maxsize=4096)
def parse_number(text: str) -> int | None:
    """Return the integer that `text` (Chinese, full-width, plain, circled ⑫, ⒈ or ㈠; spaces inside) stands for.

    None for the empty string and for anything that is not one number, such as 十十 or 三百四千.
    """
    compact = text.translate(_PLAIN)
    if compact.isascii():
        return int(compact) if compact.isdigit() else None
    if len(compact) == 1:
        for first, last, value in _MARKS:
            if first <= compact <= last:
                return value + ord(compact) - ord(first)
    head, ten_thousands, tail = compact.rpartition("万")
    if not ten_thousands:
        return _below_ten_thousand(tail)
    high, low = _below_ten_thousand(head), _below_ten_thousand(tail) if tail else 0
    return None if high is None or low is None else high * 10_000 + low


def _below_ten_thousand(text: str) -> int | None:
    """Read 一千零五, 二〇一九 (digit by digit) or 廿三; None where units do not fall or a character is no numeral."""
    if len(text) > 1 and all(_VALUES.get(char, 10) < 10 for char in text):
        return int("".join(str(_VALUES[char]) for char in text))
    total, digit, last_unit = 0, None, 10_000
    for char in text:
        if char in _UNITS:
            unit = _UNITS[char]
            if unit >= last_unit or digit == 0 and unit != 10:
                return None
            # 十五 stands for 一十五, 一百十五 for 一百一十五
            total, digit, last_unit = total + (1 if digit is None else digit) * unit, None, unit
        elif (value := _VALUES.get(char)) is None or digit:
            return None
        elif value >= 20:
            if last_unit <= 10:
                return None
            total, last_unit = total + value, 10
        else:
            digit = value
    return total + (digit or 0) if text else None


@lru_cache(maxsize=4096)
def number_to_chinese(number: int) -> str:
    """Return `number` as it stands in a label: 13 → 十三, 105 → 一百零五.

    Raises:
        ValueError: `number` is not in 0..9999.

    """
    if not 0 <= number <= 9999:
        raise ValueError(f"not a label number: {number}")
    if number < 10:
        return _CHINESE[number]
    parts, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            parts += ("零" if gap else "") + _CHINESE[digit] + name
        gap = not digit and bool(parts)
    return parts.removeprefix("一") if 10 <= number < 20 else parts


def number_in_words(number: int) -> str:
    """Return `number` as people read it in a label: as `number_to_chinese` writes it, beyond 9999 in digits."""
    return number_to_chinese(number) if 0 <= number <= 9999 else str(number)
