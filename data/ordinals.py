"""List numbers as Word and browsers write them: 一, 十二, ①, iv, aa.

Source: ECMA-376 part 1, 17.18.59 (ST_NumberFormat); the names of the formats are those of that list. Two points follow
Chinese drafting practice where the standard leaves room: a gap is written 零 (第一百零一条), and the digit zero 〇.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["ordinal"]

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
    (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_DIGITS = "〇一二三四五六七八九"
_MAX_COUNTED = 99_999_999  # 9999万9999
_MAX_REPEATS = 30  # "a" * 30 is item 755; beyond that a number is easier to read


@dataclass(frozen=True, slots=True)
class _Counting:
    """A spoken system: digits from zero up, the units 十百千, the unit 万, and how ones and gaps are said."""

    digits: str = "零一二三四五六七八九"
    units: str = "十百千"
    myriad: str = "万"
    short_ten: bool = True  # 十一, not 一十一
    drop_one: bool = False  # 百一, not 一百一 (Japanese)
    gap: bool = True  # 一百零一


_CHINESE = _Counting()
_JAPANESE = _Counting(drop_one=True, gap=False)
_LEGAL = _Counting(digits="零壹贰叁肆伍陆柒捌玖", units="拾佰仟", short_ten=False)
_LEGAL_TRADITIONAL = _Counting(digits="零壹貳參肆伍陸柒捌玖", units="拾佰仟", myriad="萬", short_ten=False)


def ordinal(number: int, style: str) -> str:
    """Return `number` in the ST_NumberFormat `style`.

    ``none`` and ``bullet`` give "". An unknown style, and a number the style has no sign for, give decimal digits.
    """
    if style in ("none", "bullet"):
        return ""
    written = _STYLES[style](number) if style in _STYLES and number > 0 else ""
    return written or str(number)


def _counted(number: int, system: _Counting) -> str:
    if number > _MAX_COUNTED:
        return ""
    high, low = divmod(number, 10_000)
    text = _four(high, system) + system.myriad if high else ""
    if high and 0 < low < 1000 and system.gap:
        text += system.digits[0]
    text += _four(low, system)
    return text[1:] if system.short_ten and not system.drop_one and 10 <= number < 20 else text


def _four(number: int, system: _Counting) -> str:
    text, gap = "", False
    for power in (3, 2, 1, 0):
        digit = number // 10**power % 10
        if not digit:
            gap = bool(text)
            continue
        unit = system.units[power - 1] if power else ""
        one = "" if digit == 1 and unit and system.drop_one else system.digits[digit]
        text += (system.digits[0] if gap and system.gap else "") + one + unit
        gap = False
    return text


def _tens(number: int) -> str:
    """Below 100 as spoken, from 100 on digit by digit (一〇一): 17.18.59 chineseCounting, taiwaneseCounting."""
    return _counted(number, _CHINESE) if number < 100 else _digits(number)


def _digits(number: int, digits: str = _DIGITS) -> str:
    return "".join(digits[int(digit)] for digit in str(number))


def _roman(number: int) -> str:
    if number > 3999:
        return ""
    text = ""
    for value, sign in _ROMAN:
        text += sign * (number // value)
        number %= value
    return text


def _letters(number: int) -> str:
    repeats, index = divmod(number - 1, 26)
    return chr(ord("a") + index) * (repeats + 1) if repeats < _MAX_REPEATS else ""


def _row(first: str, length: int) -> Callable[[int], str]:
    """Return a style whose signs stand in a row of Unicode, such as ① to ⑳."""
    return lambda number: chr(ord(first) + number - 1) if number <= length else ""


def _cycle(signs: str) -> Callable[[int], str]:
    return lambda number: signs[number - 1] if number <= len(signs) else ""


_STYLES: dict[str, Callable[[int], str]] = {
    "decimalZero": lambda number: f"{number:02d}",
    "decimalFullWidth": lambda number: _digits(number, "０１２３４５６７８９"),
    "decimalFullWidth2": lambda number: _digits(number, "０１２３４５６７８９"),
    "numberInDash": lambda number: f"- {number} -",
    "hex": lambda number: f"{number:X}",
    "lowerRoman": _roman,
    "upperRoman": lambda number: _roman(number).upper(),
    "lowerLetter": _letters,
    "upperLetter": lambda number: _letters(number).upper(),
    "decimalEnclosedCircle": _row("①", 20),
    "decimalEnclosedCircleChinese": _row("①", 20),
    "decimalEnclosedParen": _row("⑴", 20),
    "decimalEnclosedFullstop": _row("⒈", 20),
    "ideographEnclosedCircle": _row("㊀", 10),
    "ideographTraditional": _cycle("甲乙丙丁戊己庚辛壬癸"),
    "ideographZodiac": _cycle("子丑寅卯辰巳午未申酉戌亥"),
    "ideographDigital": _digits,
    "japaneseDigitalTenThousand": _digits,
    "taiwaneseDigital": _digits,
    "chineseCounting": _tens,
    "taiwaneseCounting": _tens,
    "chineseCountingThousand": lambda number: _counted(number, _CHINESE),
    "taiwaneseCountingThousand": lambda number: _counted(number, _CHINESE),
    "japaneseCounting": lambda number: _counted(number, _JAPANESE),
    "chineseLegalSimplified": lambda number: _counted(number, _LEGAL),
    "ideographLegalTraditional": lambda number: _counted(number, _LEGAL_TRADITIONAL),
}
