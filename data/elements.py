"""The elements of a clause: who, on which occasion, why, doing what, with which result, under which proviso.

A clause is cut at its commas and semicolons, and before the word that begins a result or a proviso inside such a piece
(因当事人擅自转移…的物品 | 导致危害后果发生). What a piece is, its first and last words tell:

    occasion  在…中、…过程中、…时、对…（事项）
    cause     因…、由于…、受…、为…、出于…
    proviso   但…、且…、在…前提下、没有造成…、未造成…
    result    导致…、致使…、造成…、出现…失误、未能…、仍…
    outcome   可以免责、不予容错、应当…追究
    who       行政相对人、执法人员…, where one stands at the head of a piece and something else follows
    conduct   everything else
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from data.schema import Span

__all__ = ["ELEMENTS", "Element", "Kind", "clause_elements"]

Kind = Literal["who", "occasion", "cause", "conduct", "result", "proviso", "outcome"]
ELEMENTS: dict[Kind, str] = {
    "who": "主体",
    "occasion": "情境",
    "cause": "原因",
    "conduct": "行为",
    "result": "结果",
    "proviso": "但书",
    "outcome": "处理",
}

_PIECE = re.compile(r"[^，,；;。：:]+[，,；;。：:]*")
_TURN = re.compile(
    r"(?<=[^，,；;。：:、或但且未没有而仍然对次])(?<!得不)"
    r"(?=导致|致使|(?:仍然?|没有|未)?造成(?!的)|(?:而|仍然?)?出现(?!的问题)|仍违法|但(?!书)|而导致)"
)
_WHO = re.compile(
    r"(?:因|对|被)?(?P<who>行政相对人|行政申请人|当事人|被执行人|被监管对象|执法人员|生态环境部门及其工作人员|领导干部|主办单位、人员"
    r"|相关行业主管部门|其他有关部门|其他部门|工作对象)(?=[^，,；;。：:的]{2})"
)
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "outcome",
        re.compile(r"^(?:不予容错|应纳入)|(?:可以|应当|不予|不应当|不应|依法可以)(?:免责|容错|减轻|从轻|追究|给予|转化)"),
    ),
    ("proviso", re.compile(r"^(?:但|且|并且|除|没有(?:造成|为)|未造成|未引发|不与|与现行|在?.*前提下|不违背)")),
    (
        "result",
        re.compile(
            r"^(?:(?:而|仍|仍然)?(?:导致|致使|造成|引发|出现|未能|未达到|发生)|工作中出现|经努力未能|有效避免|取得)"
            r"|^(?!积极|主动).*(?:失误|偏差|错误|损失|后果)的?[；;。]?$"
        ),
    ),
    ("cause", re.compile(r"^(?:因|由于|受|为了?(?!官)|出于|非主观原因|按照|依据)")),
    ("occasion", re.compile(r"^(?:在|对|工作中|过去发生)|(?:过程中|工作中|任务中|期间|时|中)[，,]?$")),
)
_SHORTEST = 4  # characters that can say something by themselves


@dataclass(frozen=True, slots=True)
class Element:
    """A part of a clause and what it states; `span` counts characters of the clause's text."""

    span: Span
    kind: Kind

    @property
    def label(self) -> str:
        """What the kind is called in Chinese."""
        return ELEMENTS[self.kind]


def clause_elements(clause: str) -> tuple[Element, ...]:
    """Return the elements of a clause in order; together they cover it. Empty text gives ()."""
    return tuple(element for piece in _joined(clause) for element in _with_who(clause, piece))


def _pieces(clause: str) -> Iterator[Span]:
    for found in _PIECE.finditer(clause):
        cuts = [found.start(), *(turn.start() for turn in _TURN.finditer(clause, found.start(), found.end())), found.end()]
        for start, end in zip(cuts, cuts[1:], strict=False):
            if end > start:
                yield Span(start, end)


def _joined(clause: str) -> list[Span]:
    """Return the pieces, one that is too short to say something joined to the one before it."""
    joined: list[Span] = []
    for piece in _pieces(clause):
        short = len(re.sub(r"\W", "", piece.of(clause))) < _SHORTEST
        if joined and (short or len(re.sub(r"\W", "", joined[-1].of(clause))) < _SHORTEST):
            joined[-1] = Span(joined[-1].start, piece.end)
        else:
            joined.append(piece)
    return joined


def _with_who(clause: str, piece: Span) -> Iterator[Element]:
    kind = _kind(piece.of(clause))
    found = _WHO.match(clause, piece.start, piece.end)
    if found is None:
        yield Element(piece, kind)
        return
    yield Element(Span(piece.start, found.end()), "who")
    rest = Span(found.end(), piece.end)
    yield Element(rest, "conduct" if kind in ("cause", "occasion") else kind)


def _kind(text: str) -> Kind:
    return next((kind for kind, pattern in _KINDS if pattern.search(text)), "conduct")
