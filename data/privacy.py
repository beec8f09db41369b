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

__all__ = ["ALL_KINDS", "KIND_LABELS", "Kind", "PersonalSpan", "find_personal", "mask", "mask_record"]

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
_DEEPEST = 100
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


def mask_record(value: object, kinds: Collection[Kind] = ALL_KINDS, *, anonymised: bool = False) -> object:
    """Return a copy of `value` (mappings, lists and tuples of text and other values, nested) with masks for personal data.

    Keys are masked as well, and are read as labels of what stands under them ({"姓名": "刘洋"}). A person has the same mask
    throughout the record. What is no text (a phone as a number, a path) becomes text only if something in it is masked.

    Raises:
        InputError: the record is nested too deeply, or within itself, or one of the `kinds` does not exist.

    """
    texts = [*_texts(value, "", 0)]
    joined = "\n".join(f"{label}:{text}" for label, text in texts)
    shown = _masks(joined, kinds, anonymised)
    masked: list[str] = []
    end = at = 0
    for label, text in texts:
        start = end + len(label) + 1
        end = start + len(text)
        inside: dict[Span, str] = {}
        while at < len(shown) and shown[at][0].start < end:
            span, instead = shown[at]
            if span.end > start:
                inside[Span(max(span.start - start, 0), span.end - start)] = instead
            at += 1
        masked.append(_replaced(text, [*inside.items()]))
        end += 1
    return _rebuilt(value, iter(masked))


def _texts(value: object, label: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yield each text of a record with the key it stands under, the keys themselves without one."""
    if depth > _DEEPEST:
        raise InputError(f"记录嵌套超过{_DEEPEST}层，无法遮盖其中的个人信息，请减少嵌套层数后再试。")
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield "", _text_of(key)
            yield from _texts(inner, _text_of(key), depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner, label, depth + 1)
    else:
        yield label, _text_of(value)


def _text_of(value: object) -> str:
    # a column of phones with a gap becomes floating-point numbers
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)


def _rebuilt(value: object, masked: Iterator[str]) -> object:
    if isinstance(value, Mapping):
        fresh: dict[object, object] = {}
        for key, inner in value.items():
            shown = stem = _rebuilt_leaf(key, masked)
            twin = 2
            while shown in fresh:  # 〔电话号码〕 may stand for several keys
                shown, twin = f"{stem}（{twin}）", twin + 1
            fresh[shown] = _rebuilt(inner, masked)
        return fresh
    if isinstance(value, list | tuple):
        parts = [_rebuilt(inner, masked) for inner in value]
        return parts if isinstance(value, list) else tuple(parts)
    return _rebuilt_leaf(value, masked)


def _rebuilt_leaf(value: object, masked: Iterator[str]) -> object:
    text = next(masked)
    return value if text == _text_of(value) else text


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
