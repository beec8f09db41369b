"""Addresses of homes, by the numbers of houses, entrances and rooms.

An address counts where a road, village or estate is followed by a house with its entrance or room (英雄山路19号3号楼2单元502室,
阳光花园3栋1203), a numbered house of an estate (和平小区3号楼) or a room; behind 住址, 家住 and the like with any house number
or group (石桥村3组). An office or a factory building is no home, and a road with its number alone no address of a person.
"""

from __future__ import annotations

import re

from data.privacy_fold import COVERED, HAN, Found, cover, disjoint

__all__ = ["find_addresses"]

_CHINESE = "一二三四五六七八九十百零〇"
_START = re.compile(f"[0-9A-Z{_CHINESE}](?<![0-9A-Z{_CHINESE}][0-9A-Z{_CHINESE}])")
_NUMERAL = f"(?:[0-9A-Z]{{1,4}}(?:-[0-9]{{1,4}})?|[{_CHINESE}]{{1,4}})"
_IN_FULL = f"(?:[0-9A-Z]{{2,5}}(?:-[0-9]{{1,4}})?|[{_CHINESE}]{{3,5}})"
_ROOM = f"[ -]?(?:{_IN_FULL}(?:号?房|室(?![一二两三四0-9]))|[0-9]{{3,4}}(?![0-9年月日元度]))"
_ENTRANCE = f"[ -]?{_NUMERAL}(?:单元|门)(?:[ -]?{_NUMERAL}[层楼])?"
_INSIDE = re.compile(
    f"{_NUMERAL}号楼(?:{_ENTRANCE}(?:{_ROOM})?|{_ROOM})?|{_NUMERAL}号?[栋幢座](?:{_ENTRANCE}(?:{_ROOM})?|{_ROOM})"
    f"|{_NUMERAL}单元(?:{_ROOM})?|[0-9A-Z]{{1,4}}-[0-9]{{1,2}}-[0-9]{{3,4}}(?:室|(?![0-9-]))|{_IN_FULL}室(?![一二两三四0-9])"
)
"""The numbers within an estate: 3号楼2单元502室, 3栋1203, 2单元301, 3-2-502, 502室."""

_WAY = re.compile(
    "(?:[路街道巷弄村庄屯组里坊园苑庭府城居院寨湾镇家寓墅宅]|小区|社区|新区)"
    f"(?:[0-9A-Z{_CHINESE}]{{1,5}}(?:号院?|弄|[排区期组]))*[ ,]?\\Z"
)
_BEFORE = re.compile(f"[{HAN}0-9A-Z-]{{2,40}}[ ,]?\\Z")
_NO_PLACE = re.compile(
    ".*(?:[住搬在到了的去至我他她你们其是为跟及与]|从(?!化)|和(?![平谐睦美兴顺润园义泰畅丰悦静])|位于|地址|送往|赶往|前往)"
)
_OFFICE = re.compile(
    "办公|行政|政府|法院|检察院|委员会|公司|医院|学校|宾馆|酒店|大厦|车间|仓库|监测|化验|厂|园区|产业园|工业园|科技园|开发区|局|大院"
)
_BUILDING = f"[0-9{_CHINESE}](?:号院?|室|房|户|栋|幢|座|楼|层|单元|组)"
_LABEL = re.compile(
    "(?:住址|家庭地址|住所地?|户[籍口](?:所在)?地(?:址)?|居住地(?:址)?|现住|家住|居住[在于]|住在)(?:[ :]|为|是){0,3}"
    f"((?:[{HAN}A-Z0-9-]|[(#](?=[{HAN}0-9])|(?<=[{HAN}0-9])\\)){{3,50}}?"
    f"(?:{_BUILDING}|(?<=[号栋幢元-])[0-9]{{3,4}}(?![0-9]*室)))"
    f"(?![{HAN}0-9A-Z-]{{0,14}}(?:{_BUILDING}|[0-9]{{3}}))"
)


def find_addresses(text: str) -> list[Found]:
    """Return the addresses in a folded text, disjoint and in order, each from its first name of a place on; [] without any."""
    labelled = [(*match.span(1), "") for match in _LABEL.finditer(text)]
    rest = cover(text, labelled, COVERED)
    found: list[Found] = []
    done = 0
    for first in _START.finditer(rest):
        match = _INSIDE.match(rest, first.start()) if first.start() >= done else None
        size = _place_size(rest[max(done, match.start() - 42) : match.start()]) if match else 0
        if match and size:
            found.append((match.start() - size, match.end(), ""))
            done = match.end()
    return disjoint(labelled + found)


def _place_size(window: str) -> int:
    """Return how many characters before a house number name its place, 0 where no home can stand there."""
    before = _BEFORE.search(window)
    if before is None:
        return 0
    place = _NO_PLACE.sub("", before[0], count=1)
    named = len(place.strip(" ,")) >= 2 and _WAY.search(place) is not None
    return len(place) if named and _OFFICE.search(place) is None else 0
