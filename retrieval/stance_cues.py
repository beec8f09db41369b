"""The table of cues (data/polarity_cues.toml), whose first lines explain the fields, as objects that find words in a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeVar, get_args

from data.polarity import TABLE, CueTable, Row, Words

__all__ = ["Cues", "Group", "Kind", "Negation", "Scope", "load_cues"]

Kind = Literal["alleged", "hypothetical"]
Reach = Literal["after", "part", "sentence"]
_Choice = TypeVar("_Choice", bound=str)

_TOKENS = ("friend", "even", "retort", "asked", "odd")  # in this order: what only looks like a negation comes first
_OUTCOMES = ("contrast", "then", "own", "actor", "facts", "soft", "pending", "refuted", "confirmed", "unsure", "doubt")
_GROUP = "name clause contrary for against yes no amount speech other lacks law weak"


@dataclass(frozen=True, slots=True)
class Negation:
    """What negates: `token` has the groups friend, even, retort, asked and odd; `after` matches right behind a noun."""

    token: Words
    barrier: Words
    after: Words


@dataclass(frozen=True, slots=True)
class Scope:
    """Words that make what they reach a claim or a supposition."""

    name: str
    kind: Kind
    reach: Reach
    soft: bool
    over: bool
    law: bool
    words: Words
    excepted: Words


@dataclass(frozen=True, slots=True)
class Group:
    """What clauses speak of, and the everyday words that say it is so or is not."""

    name: str
    clause: Words
    contrary: Words
    yes: Words
    no: Words
    supports: frozenset[str]
    opposes: frozenset[str]
    amount: int
    speech: int
    other: bool
    lacks: bool
    law: bool
    weak: bool


@dataclass(frozen=True, slots=True)
class Cues:
    """The whole table; `outcomes` are what ends a scope and what settles a claim, `mask` longer words that hide a cue."""

    negation: Negation
    scopes: tuple[Scope, ...]
    outcomes: Mapping[str, Words]
    groups: tuple[Group, ...]
    mask: Words


@lru_cache(maxsize=4)
def load_cues(path: Path = TABLE) -> Cues:
    """Return the table of cues. Raises FileError: it is missing or broken; the message names the line or the place."""
    table = CueTable(path)
    resume = table.section("resume")
    resume.check(" ".join(_OUTCOMES))
    return Cues(
        negation=_negation(table.section("negation"), table.section("words")),
        scopes=tuple(_scope(row) for row in table.rows("stance")),
        outcomes=MappingProxyType({name: resume.words(name) for name in _OUTCOMES}),
        groups=tuple(_group(row) for row in table.rows("group")),
        mask=table.section("words").words("遮挡"),
    )


def _negation(row: Row, words: Row) -> Negation:
    row.check(" ".join((*_TOKENS, "barrier", "adverb")))
    token = "|".join(f"(?P<{key}>{row.source(key)})" for key in _TOKENS)
    # 会一次没开, 报告也没递: the verb is one of a short list, or the part ends
    # 道歉谈不上, 罚单零张
    none = "谈不上|无从谈起|零[次张场遍起]|[是为]零"
    not_done = rf"(?:没有|没|未|不|拒)(?:{words.source('动')}|(?![^，。；：！？,;:!?\s]))"
    after = rf"(?:{row.source('adverb')}){{0,3}}(?:{not_done}|{none})"
    return Negation(Words(token), row.words("barrier"), Words(after))


def _scope(row: Row) -> Scope:
    row.check("name kind reach soft over law words except")
    kinds: tuple[Kind, ...] = get_args(Kind)
    reaches: tuple[Reach, ...] = get_args(Reach)
    return Scope(
        name=row.text("name"),
        kind=_one_of(row, "kind", kinds),
        reach=_one_of(row, "reach", reaches),
        soft=_flag(row, "soft"),
        over=_flag(row, "over"),
        law=_flag(row, "law"),
        words=row.words("words"),
        excepted=row.words("except", optional=True),
    )


def _group(row: Row) -> Group:
    row.check(_GROUP)
    return Group(
        name=row.text("name"),
        clause=row.words("clause", optional=True),
        contrary=row.words("contrary", optional=True),
        yes=row.words("yes"),
        no=row.words("no"),
        supports=_names(row, "for"),
        opposes=_names(row, "against"),
        amount=_number(row, "amount"),
        speech=_number(row, "speech"),
        other=_flag(row, "other"),
        lacks=_flag(row, "lacks"),
        law=_flag(row, "law"),
        weak=_flag(row, "weak"),
    )


def _one_of(row: Row, key: str, choices: Sequence[_Choice]) -> _Choice:
    value = row.values.get(key)
    found = next((choice for choice in choices if choice == value), None)
    if found is None:
        raise row.error(key, f" {'、'.join(choices)} 之一")
    return found


def _number(row: Row, key: str) -> int:
    value = row.values.get(key, 0)
    if not isinstance(value, int) or isinstance(value, bool):
        raise row.error(key, "整数")
    return value


def _names(row: Row, key: str) -> frozenset[str]:
    value = row.values.get(key, [])
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise row.error(key, "方括号括起的一列文字")
    return frozenset(value)


def _flag(row: Row, key: str) -> bool:
    value = row.values.get(key, False)
    if not isinstance(value, bool):
        raise row.error(key, " true 或 false ")
    return value
