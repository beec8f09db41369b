"""Phones, plates, mail addresses, accounts and passports: what has a shape, but no check digit.

Every finder takes a folded text (``data/privacy_fold.py``) and returns what it found, disjoint and in order; an empty text
gives []. The words before a number (微信号：, 护照) are no part of what is found.

phone      mobiles 1[3-9]… and fixed lines with a known area code, +86 and extension included; 7 or 8 digits only behind 电话 and
           the like. Short numbers and 400 numbers (12369, 12345) are those of a service, not of a person
plate      GA 36-2018: province, letter, five characters, or six of new-energy cars; 挂, 学, 警, 港, 澳, 使, 领 and WJ
account    of WeChat and QQ; without a colon or 号 before it a name of letters only (微信Android) does not count
"""

from __future__ import annotations

import re

from data.privacy_fold import END, HAN, Found, disjoint, starts

__all__ = ["find_accounts", "find_emails", "find_passports", "find_phones", "find_plates"]

_NO_QUANTITY = r"(?!\.[0-9])(?! ?(?:元|万|亿|吨|千|克|度|立方|%|‰))"
"""A number that goes on or is followed by a unit is measured or paid, not dialled."""

_TO = "[ :是为(]{0,4}"


def _all(pattern: re.Pattern[str], text: str) -> list[Found]:
    """Return every match of `pattern`: of its group that took part where it has groups."""
    found = []
    for match in pattern.finditer(text):
        start, end = match.span(match.lastindex or 0)
        found.append((start, end, ""))
    return found


_EMAIL = re.compile(r"[\w.%+-](?<![\w.%+-][\w.%+-])[\w.%+-]{0,63}@(?:[A-Z0-9-]{1,63}\.){1,5}[A-Z]{2,24}(?![A-Z0-9@])", re.ASCII)


def find_emails(text: str) -> list[Found]:
    """Return the mail addresses."""
    return _all(_EMAIL, text) if "@" in text else []


_AREA = "(?:10|2[0-57-9]|[3-9][0-9]{2})"
_LOCAL = "[2-9][0-9]{2,3}[ -]?[0-9]{4}"
_EXTENSION = r"(?:(?: ?(?:转|分机|#|EXT\.?) ?:?|-)[0-9]{1,6})?"
_COUNTRY = r"(?:\(?(?:\+|00)86\)?[ -]?|86[ -])"
_PHONE = re.compile(
    r"(?<!0\.)(?<![0-9]{2}\.)(?:"
    rf"(?:{_COUNTRY}|86)?1[3-9][0-9]"
    r"(?:[ -]?[0-9]{4}[ -]?[0-9]{4}|[0-9][ -][0-9]{3}[ -][0-9]{4}|[ -][0-9]{3}[ -][0-9]{5})"
    rf"|{_COUNTRY}\(?0?{_AREA}\)?[ -]?{_LOCAL}{_EXTENSION}"
    rf"|(?:\(0{_AREA}\)|0{_AREA})[ -]?{_LOCAL}{_EXTENSION}"
    rf"){END}{_NO_QUANTITY}"
)
_LOCAL_PHONE = re.compile(
    rf"(?:电话|座机|联系方式|传真|TEL|PHONE|MOBILE)(?:号码?)?[ :.是为]{{0,4}}"
    rf"((?:1[3-9][0-9]{{9}}|{_LOCAL}{_EXTENSION})){END}{_NO_QUANTITY}"
)


def find_phones(text: str) -> list[Found]:
    """Return mobile and fixed-line numbers, country code and extension included."""
    whole = [match.span() for at in starts(text) if (match := _PHONE.match(text, at))]
    return disjoint([(start, end, "") for start, end in whole] + _all(_LOCAL_PHONE, text))


_PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_MARK = "[0-9A-HJ-NP-Z]"
_TWO_DIGITS = "(?=(?:[A-Z]*[0-9]){2})"
_PLATE = re.compile(
    rf"[{_PROVINCE}][A-HJ-NP-Z] ?[·.-]? ?(?:(?:[A-HJK]{_MARK}[0-9]{{4}}|[0-9]{{5}}[A-HJK]){END}"
    rf"|{_TWO_DIGITS}(?:{_MARK}{{5}}{END}|{_MARK}{{4}}[挂学警港澳领]))"
)
_ARMED_POLICE = re.compile(rf"WJ(?<![0-9A-Z]WJ)[ -]?[{_PROVINCE}]?[ ·-]?[0-9]{{4}}{_MARK}{END}")
_EMBASSY = re.compile(
    rf"(?:(?<=[牌照车号驶])|(?<![{HAN}0-9A-Z]))使[ ·]?[0-9]{{3}}[ ·]?[0-9]{{3}}{END}(?! ?[元万吨个人户名%])"
    rf"|(?<![0-9A-Z])[0-9]{{3}}[ ·]?[0-9]{{3}}使(?![{HAN}])"
)


def find_plates(text: str) -> list[Found]:
    """Return the number plates of vehicles."""
    found = _all(_PLATE, text) + _all(_ARMED_POLICE, text)
    return disjoint(found + _all(_EMBASSY, text) if "使" in text else found)


_ID = "[A-Z][A-Z0-9_-]{5,19}"
_ACCOUNT = re.compile(
    r"(?:微信|威信|V信|WECHAT(?<![0-9A-Z].{6})|WEIXIN(?<![0-9A-Z].{6})|[VW]X(?<![0-9A-Z]..)(?![A-Z]))"
    rf"(?:(?:(?:号码?|[账帐]号|ID)[ 是为(]{{0,3}}:?|:) ?({_ID})|{_TO}((?=[A-Z_-]*[0-9_]){_ID})){END}"
    rf"|(?:QQ(?<![0-9A-Z]..)|扣扣) ?群?(?:号码?|[账帐]号)?{_TO}([1-9][0-9]{{4,11}}){END}{_NO_QUANTITY}",
    re.DOTALL,
)


def find_accounts(text: str) -> list[Found]:
    """Return the names and numbers of WeChat and QQ accounts behind their words."""
    return _all(_ACCOUNT, text)


_PASSPORT = re.compile(
    rf"(?:护照|通行证|台胞证|回乡证)(?:证件)?(?:号码?|编号)?{_TO}(?:NO\.? ?:?)?"
    rf"([A-Z]{{1,2}}[0-9]{{6,9}}|[A-Z][0-9]{{10}}|[0-9]{{8,9}}){END}"
)


def find_passports(text: str) -> list[Found]:
    """Return the numbers of passports and travel permits behind their words."""
    return _all(_PASSPORT, text)
