"""Numbers with a check digit: of persons, of companies, of bank cards.

Every finder takes a folded text (``data/privacy_fold.py``) and returns what it found, disjoint and in order; an empty text
gives []. A number stands free of other letters and digits; blanks and hyphens may stand within it where people write them.

identity   18 characters: area (GB/T 2260), date of birth, order, check digit (GB 11643-1999); the old 15 digits have a
           two-digit year and no check digit, so that their area must be known. An 18-character number of the right
           shape whose check digit is wrong counts with the remark 校验码不符: a slip of the pen is personal all the same
company    unified social credit code (GB 32100-2015), also as the head of a pollution permit (91…001P); with a wrong check
           digit only behind its words, or where it begins like a company's code, and with that remark
card       16 to 19 digits that satisfy Luhn's formula (ISO/IEC 7812-1); with the remark if they do not, behind 卡号 or 账号 only
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date

from stdnum import luhn, numdb
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from data.privacy_fold import COVERED, END, NUMBER, Found, disjoint, starts

__all__ = ["find_cards", "find_companies", "find_identities"]

_Check = Callable[[int, str], str | None]
_PROVINCES = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|9[1-6])"
_WRONG = "校验码不符"
_GAP = f"[^0-9A-Z{COVERED}{NUMBER}]{{0,8}}"
"""What may stand between a word and its number; nothing that is found already, for a mask has another length."""

_SEPARATORS = str.maketrans("", "", " -")


def _shapes(*shapes: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(shape + END) for shape in shapes)


def _matches(text: str, shapes: Sequence[re.Pattern[str]], check: _Check) -> list[Found]:
    """Return the numbers for which `check` (of place and bare number) gives a remark; at a place the first shape wins."""
    found: list[Found] = []
    for at in starts(text):
        for match in filter(None, (shape.match(text, at) for shape in shapes)):
            remark = check(at, match[0].translate(_SEPARATORS))
            if remark is not None:
                found.append((at, match.end(), remark))
                break
    return disjoint(found)


_IDENTITIES = _shapes(
    rf"{_PROVINCES}[0-9]{{4}}[ -]?[0-9]{{4}}[ -]?[0-9]{{2}}[ -]?[0-9]{{2}}[ -]?[0-9]{{3}}[0-9X]",
    rf"{_PROVINCES}[0-9]{{2}}(?:[ -][0-9]{{4}}){{3}}[ -][0-9][0-9X]",
    rf"{_PROVINCES}[0-9][ -][0-9]{{3}}(?:[ -][0-9]{{4}}){{2}}[ -][0-9]{{3}}[0-9X]",
    rf"{_PROVINCES}[0-9]{{4}}[ -]?[0-9]{{6}}[ -]?[0-9]{{3}}",
)


def find_identities(text: str) -> list[Found]:
    """Return the identity numbers of 18 and of 15 characters."""
    return _matches(text, _IDENTITIES, _identity)


def _identity(_: int, number: str) -> str | None:
    old = len(number) == 15
    full = f"{number[:6]}19{number[6:]}0" if old else number
    try:
        born = ric.get_birth_date(full)
    except ValidationError:
        return None
    if not 1850 <= born.year <= date.today().year or old and not _is_area(full[:6]):
        return None
    return "" if old or ric.calc_check_digit(full) == full[-1] else _WRONG


def _is_area(code: str) -> bool:
    """Tell whether an area ever had `code`; ric.get_birth_place also asks whether at birth, to which old cards do not keep."""
    return any("county" in known for _, known in numdb.get("cn/loc").info(code))


_CODE = "[0-9A-HJ-NPQRTUWXY]"
_COMPANIES = _shapes(
    rf"{_CODE}{{2}}[ -]?[0-9]{{6}}[ -]?{_CODE}{{9}}[ -]?{_CODE}(?:[0-9]{{3}}[A-Z])?",
    rf"{_CODE}{{2}}[0-9]{{2}}[ -][0-9]{{4}}(?:[ -]{_CODE}{{4}}){{2}}[ -]{_CODE}{{2}}",
)
_COMPANY_WORDS = re.compile(rf"(?:信用代码|税号|识别号|执照|许可证){_GAP}\Z")
_COMPANY_HEAD = re.compile(rf"9[1-3]{_PROVINCES}[0-9]{{4}}MA")


def find_companies(text: str) -> list[Found]:
    """Return the unified social credit codes, each with what a permit number adds to it."""

    def check(at: int, number: str) -> str | None:
        if uscc.is_valid(number[:18]):
            return ""
        known = _COMPANY_HEAD.match(number) or _COMPANY_WORDS.search(text[max(0, at - 20) : at])
        return _WRONG if known else None

    return _matches(text, _COMPANIES, check)


_CARDS = _shapes(
    r"[3-69][0-9]{15,18}",
    r"[3-69][0-9]{3}(?:[ -][0-9]{4}){3}[ -]?[0-9]{1,3}",
    r"[3-69][0-9]{3}(?:[ -][0-9]{4}){3}",
    r"[3-69][0-9]{5}[ -][0-9]{10,13}",
)
_CARD_WORDS = re.compile(rf"(?:卡号?|[账帐][号户]|存折){_GAP}\Z")


def find_cards(text: str) -> list[Found]:
    """Return the numbers of bank cards and accounts."""

    def check(at: int, number: str) -> str | None:
        if luhn.is_valid(number):
            return ""
        return _WRONG if _CARD_WORDS.search(text[max(0, at - 12) : at]) else None

    return _matches(text, _CARDS, check)
