"""Which clauses of the other regulations state the same rule or nearly so, and where their words differ.

The pairs were judged by reading; they are rows of ``equivalents.tsv``, whose first lines explain the columns.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

from data.catalogue import shipped_clauses
from data.errors import FileError
from data.schema import Span
from data.workdays import read_table

__all__ = ["RELATION_LABELS", "Equivalent", "Relation", "differing", "equivalents"]

TABLE = Path(__file__).with_name("equivalents.tsv")
_COLUMNS = ("clause_a", "clause_b", "relation", "note")

Relation = Literal["same", "overlap", "related"]  # the strongest first
_RELATIONS: tuple[Relation, ...] = get_args(Relation)

RELATION_LABELS: Mapping[Relation, str] = MappingProxyType({"same": "规则相同", "overlap": "核心相同", "related": "内容相关"})
"""What people read."""

_MOVED = 4
"""So many characters that stand elsewhere in the other text are no chance: they were moved."""

_DIFFERENT, _CHANCE, _SHARED = "x", ".", "="


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A clause of another regulation and how it relates; `note` names in Chinese the decisive difference ("" where none)."""

    clause_id: str
    relation: Relation
    note: str


@dataclass(frozen=True, slots=True)
class _Plain:
    """A text without punctuation and white space, and where in the original each character stands."""

    text: str
    offsets: Sequence[int]


def equivalents(clause_id: str, *, path: Path = TABLE) -> tuple[Equivalent, ...]:
    """Return the clauses of other regulations that relate to the clause, the strongest relation first, then by id.

    () for a clause without any, and for one that no shipped regulation has.

    Raises:
        FileError: the table cannot be read or a row is wrong; the message names the line.

    """
    return _load(path).get(clause_id, ())


def differing(a_text: str, b_text: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return the parts of `a_text` that `b_text` lacks and those of `b_text` that `a_text` lacks, disjoint and in order.

    The texts are aligned by their longest matching blocks (Ratcliff and Obershelp, 1988) without punctuation and white space,
    so that these alone are never a difference. A single shared character between two differing ones is taken for chance.
    Words that stand elsewhere in the other text are not lacking. Two empty texts give empty tuples; beside an empty text all of
    the other differs, from its first to its last character that is not punctuation.
    """
    if b_text < a_text:  # which of several equal blocks difflib takes depends on the order of the texts
        b_spans, a_spans = differing(b_text, a_text)
        return a_spans, b_spans
    a, b = _plain(a_text), _plain(b_text)
    a_marks, b_marks = _marks(a.text, b.text)
    return _spans(a, a_marks), _spans(b, b_marks)


@lru_cache(maxsize=4)
def _load(path: Path) -> Mapping[str, tuple[Equivalent, ...]]:
    order = {clause_id: at for at, clause_id in enumerate(shipped_clauses())}
    found: dict[str, list[Equivalent]] = {}
    for line, (a, b, name, note) in read_table(path, "对应条款表", _COLUMNS):
        try:
            _check_clauses(a, b, order)
            relation = _relation(name, note)
            if any(other.clause_id == b for other in found.get(a, ())):
                raise ValueError(f"的一对条款{a}、{b}已在前面出现，请只留一行")
        except ValueError as error:
            raise FileError(f"对应条款表 {path} 第{line}行{error}。") from error
        found.setdefault(a, []).append(Equivalent(b, relation, note))
        found.setdefault(b, []).append(Equivalent(a, relation, note))
    ordered = {key: tuple(sorted(row, key=lambda e: (_RELATIONS.index(e.relation), e.clause_id))) for key, row in found.items()}
    return MappingProxyType(ordered)


def _check_clauses(a: str, b: str, order: Mapping[str, int]) -> None:
    for clause_id in (a, b):
        if clause_id not in order:
            raise ValueError(f"的条款“{clause_id}”在随附的法规中不存在，请改正编号")
    if a.partition("/")[0] == b.partition("/")[0]:
        raise ValueError(f"的两个条款{a}、{b}属于同一部法规，应来自不同的法规")
    if order[a] > order[b]:
        raise ValueError(f"的两个条款次序颠倒，请把{b}写在{a}之前")


def _relation(name: str, note: str) -> Relation:
    for relation in _RELATIONS:
        if relation == name:
            if not note and relation != "same":
                raise ValueError("没有写明两个条款的区别（note），请补上")
            return relation
    raise ValueError(f"的关系“{name}”不存在，可用的关系：{'、'.join(_RELATIONS)}")


def _plain(text: str) -> _Plain:
    offsets = [at for at, char in enumerate(text) if char in "%‰" or unicodedata.category(char)[0] not in "PZC"]
    return _Plain("".join(text[at] for at in offsets), offsets)


def _marks(a: str, b: str) -> tuple[list[str], list[str]]:
    """Return for each character of the two texts whether it differs from the other text, is shared, or is shared by chance."""
    a_marks, b_marks = [_DIFFERENT] * len(a), [_DIFFERENT] * len(b)
    blocks = SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    for block in blocks:
        mark = _SHARED if block.size > 1 else _CHANCE
        a_marks[block.a : block.a + block.size] = b_marks[block.b : block.b + block.size] = [mark] * block.size
    _share_moved(a, b, a_marks, b_marks)
    islands = [((a_marks, block.a), (b_marks, block.b)) for block in blocks if block.size == 1]
    for places in (*islands, *reversed(islands)):  # what becomes of one may decide about its neighbours on either side
        _judge_island(places)
    return a_marks, b_marks


def _share_moved(a: str, b: str, a_marks: list[str], b_marks: list[str]) -> None:
    while True:
        # "\0" and "\1" stand for what is shared already: control characters are in no plain text
        a_left = "".join("\0" if mark == _SHARED else char for char, mark in zip(a, a_marks, strict=True))
        b_left = "".join("\1" if mark == _SHARED else char for char, mark in zip(b, b_marks, strict=True))
        moved = SequenceMatcher(None, a_left, b_left, autojunk=False).find_longest_match()
        if moved.size < _MOVED:
            return
        a_marks[moved.a : moved.a + moved.size] = b_marks[moved.b : moved.b + moved.size] = [_SHARED] * moved.size


def _judge_island(places: Sequence[tuple[list[str], int]]) -> None:
    """Let a single shared character differ, wherever it touches a difference, if it stands between two in one of the texts."""
    touching = [(*marks[max(0, at - 1) : at], *marks[at + 1 : at + 2]).count(_DIFFERENT) for marks, at in places]
    for (marks, at), count in zip(places, touching, strict=True):
        if max(touching) == 2 and count and marks[at] == _CHANCE:
            marks[at] = _DIFFERENT


def _spans(plain: _Plain, marks: Sequence[str]) -> tuple[Span, ...]:
    parts = [part.span() for part in re.finditer(f"{_DIFFERENT}+", "".join(marks))]
    beyond = len(marks) + 1
    spans, before = [], -1
    for (start, end), (after, _) in pairwise([*parts, (beyond, beyond)]):
        by = _slide(plain, (start, end), (before, after))
        before = end + by
        spans.append(Span(plain.offsets[start + by], plain.offsets[before - 1] + 1))
    return tuple(spans)


def _slide(plain: _Plain, part: tuple[int, int], room: tuple[int, int]) -> int:
    """Return by how many characters the part is better placed: 事[故或者事]件 and [事故或者]事件 leave out the same.

    The place with the most punctuation at its ends wins, the leftmost of several. `room` is the end of the part before and the
    start of the one after: at least one shared character stays between.
    """
    (start, end), text = part, plain.text
    left = right = 0
    while start + left - 1 > room[0] and text[start + left - 1] == text[end + left - 1]:
        left -= 1
    while end + right < room[1] - 1 and text[start + right] == text[end + right]:
        right += 1
    return max(range(left, right + 1), key=lambda by: _stops(plain, start + by) + _stops(plain, end + by))


def _stops(plain: _Plain, at: int) -> bool:
    """Tell whether punctuation, or the beginning or end of the text, stands before the plain character `at`."""
    return at in (0, len(plain.text)) or plain.offsets[at] - plain.offsets[at - 1] > 1
