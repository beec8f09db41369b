"""Personal data in a text: where they stand, and the same text with readable masks in their place.

    当事人刘洋，身份证号370102199001011234  →  当事人〔某甲〕，身份证号〔身份证号〕

What a mask shows does not depend on what it covers, but for names: whoever is named the same is the same 〔某甲〕 throughout a
text. A mask is never found again, so that masking twice is masking once. What the finders find and leave out stands in
their modules, ``data/privacy_*.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType
from typing import Literal, get_args

from data.errors import InputError
from data.privacy_addresses import find_addresses
from data.privacy_contacts import find_accounts, find_emails, find_passports, find_phones, find_plates
from data.privacy_fold import COVERED, NUMBER, Found, cover, fold
from data.privacy_names import find_names
from data.privacy_numbers import find_cards, find_companies, find_identities
from data.privacy_persons import person_keys
from data.schema import Span

__all__ = ["ALL_KINDS", "KIND_LABELS", "Kind", "PersonalSpan", "find_personal", "mask"]

Kind = Literal["email", "identity", "company", "card", "phone", "plate", "passport", "account", "address", "name"]

ALL_KINDS: frozenset[Kind] = frozenset(get_args(Kind))

KIND_LABELS: Mapping[Kind, str] = MappingProxyType(
    {
        "email": "邮箱",
        "identity": "身份证号",
        "company": "统一社会信用代码",
        "card": "银行卡号",
        "phone": "电话号码",
        "plate": "车牌号",
        "passport": "护照号",
        "account": "微信或QQ号",
        "address": "住址",
        "name": "姓名",
    }
)
"""What people read; the masks of all kinds but names show it."""

_FINDERS: tuple[tuple[Kind, Callable[[str], list[Found]]], ...] = (
    ("email", find_emails),
    ("identity", find_identities),
    ("company", find_companies),
    ("card", find_cards),
    ("phone", find_phones),
    ("plate", find_plates),
    ("passport", find_passports),
    ("account", find_accounts),
    ("address", find_addresses),
)
"""What is found first is not looked at again: an identity number holds no phone, and addresses no names."""

_OF_ONE = frozenset({"identity", "phone", "passport", "account", "card"})
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_LABELS = "|".join(label for kind, label in KIND_LABELS.items() if kind != "name")
_MASK = re.compile(f"〔(?:(?P<label>{_LABELS})|(?P<person>某[{_STEMS}](?:[1-9][0-9]*)?))〕")
_NUMBERS = frozenset(KIND_LABELS[kind] for kind in KIND_LABELS if kind in _OF_ONE)


@dataclass(frozen=True, slots=True)
class PersonalSpan:
    """One find; what was found is not kept. `note` is a remark in Chinese, such as 校验码不符, "" for none."""

    kind: Kind
    span: Span
    note: str = ""


def find_personal(text: str, *, anonymised: bool = False) -> tuple[PersonalSpan, ...]:
    """Return the personal data of `text`, disjoint and in order; () for an empty text.

    `anonymised` also takes as names what is withheld already (张某, 王某某, 李×).
    """
    rest = fold(text)
    masks = [(match.start(), match.end(), match["label"] or "") for match in _MASK.finditer(text)]
    rest = cover(rest, masks, COVERED)
    rest = cover(rest, [found for found in masks if found[2] in _NUMBERS], NUMBER)
    found: list[PersonalSpan] = []
    while True:
        before = len(found)
        for kind, finder in _FINDERS:
            spans = finder(rest)
            found += [PersonalSpan(kind, Span(start, end), note) for start, end, note in spans]
            rest = cover(rest, spans, NUMBER if kind in _OF_ONE else COVERED) if spans else rest
        names = find_names(rest, anonymised=anonymised)
        found += [PersonalSpan("name", Span(start, end), note) for start, end, note in names]
        if len(found) == before:
            return tuple(sorted(found, key=lambda one: one.span))
        rest = cover(rest, names, COVERED)  # what is left may read otherwise now, as it will once the text is masked


def mask(text: str, kinds: Collection[Kind] = ALL_KINDS, *, anonymised: bool = False) -> tuple[str, Mapping[Span, Span]]:
    """Return `text` with masks for the `kinds` of personal data, and where each masked span of `text` stands in it.

    A text without personal data, an empty one included, comes back as it is with an empty mapping.

    Raises:
        InputError: one of the `kinds` does not exist.

    """
    shown = _masks(text, kinds, anonymised)
    return _replaced(text, shown), MappingProxyType(_moved(shown))


def _masks(text: str, kinds: Collection[Kind], anonymised: bool) -> list[tuple[Span, str]]:
    """Return each span to mask with its mask, in order."""
    unknown = sorted(set(kinds) - ALL_KINDS)
    if unknown:
        raise InputError(f"没有“{unknown[0]}”这类个人信息，请从{'、'.join(KIND_LABELS)}中选择要遮盖的种类。")
    spans = [one for one in find_personal(text, anonymised=anonymised) if one.kind in kinds]
    names = [one.span for one in spans if one.kind == "name"]
    keys = person_keys(text, names)
    taken = {match["person"] for match in _MASK.finditer(text)}
    free = (person for person in _persons() if person not in taken)
    persons: dict[str, str] = {}
    for key in keys:
        if key not in persons:
            persons[key] = next(free)
    called = dict(zip(names, (persons[key] for key in keys), strict=True))
    return [(one.span, f"〔{called.get(one.span) or KIND_LABELS[one.kind]}〕") for one in spans]


def _persons() -> Iterator[str]:
    """Yield 某甲 … 某癸, 某甲2 … 某癸2, without end."""
    for turn in count(1):
        yield from (f"某{stem}{turn if turn > 1 else ''}" for stem in _STEMS)


def _replaced(text: str, shown: Sequence[tuple[Span, str]]) -> str:
    parts: list[str] = []
    done = 0
    for span, instead in shown:
        parts += [text[done : span.start], instead]
        done = span.end
    return "".join([*parts, text[done:]])


def _moved(shown: Sequence[tuple[Span, str]]) -> dict[Span, Span]:
    moved: dict[Span, Span] = {}
    shift = 0
    for span, instead in shown:
        moved[span] = Span(span.start + shift, span.start + shift + len(instead))
        shift += len(instead) - len(span)
    return moved
