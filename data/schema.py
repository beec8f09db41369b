"""The types that carry the data from a regulation file to a ranked suggestion.

All are frozen dataclasses; spans are half-open and count characters of the original string.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Level = Literal[
    "title",  # 标题
    "part",  # 编
    "chapter",  # 章
    "section",  # 节
    "article",  # 条 (the label 第X条 itself; its text is in the paragraphs below it)
    "paragraph",  # 款, or an unnumbered paragraph of an outline text
    "item",  # 项
    "subitem",  # 目
    "outline",  # a node of an outline text: 一、 (一) 1. (1)
    "heading",  # a heading between the levels, such as 第一类:一心为公
    "label",  # the enumerator of an item or outline clause, such as (一)
    "furniture",  # page furniture: 来源, 打印, notices, 摘要 …
    "space",  # white space between pieces
]
Polarity = Literal["supports", "contradicts", "unclear"]
Told = Literal["asserted", "denied", "alleged", "hypothetical", "unclear"]  # hypothetical: planned, supposed, or what a rule says
DecidedBy = Literal["rule", "model", "none"]
Status = Literal["supported", "contradicted", "not_stated"]
State = Literal["met", "not met", "raised", "clear", "open"]
Split = Literal["train", "dev", "test"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of characters, ``0 <= start <= end``."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: [{self.start}, {self.end})")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """Return the characters of `text` that the span covers."""
        return text[self.start : self.end]

    def overlaps(self, other: Span) -> bool:
        """Tell whether the two spans share at least one character."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Piece:
    """One stretch of a file; the pieces of a file cover every character exactly once."""

    id: str
    level: Level
    label: str
    text: str
    span: Span
    parent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """A unit that can be cited and matched: a paragraph (款), item (项), subitem (目) or outline clause.

    `text` is without its label; `number` is the path part (``i2``, ``p1``); `headings` are the headings above it from the
    outermost in; `lead` is the sentence that introduces the list it stands in ("" where there is none); `reason` says
    in Chinese why the category was chosen.
    """

    id: str
    regulation_id: str
    level: Level
    number: str
    label: str
    text: str
    span: Span
    parent_id: str | None = None
    headings: tuple[str, ...] = ()
    lead: str = ""
    category: str = "general"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Regulation:
    """A parsed regulation; ``text[c.span.start:c.span.end] == c.text`` for each clause and piece.

    Metadata that the text does not give is "" or None. `pieces` cover `text` without gap or overlap.
    """

    id: str
    title: str
    text: str
    clauses: tuple[Clause, ...]
    pieces: tuple[Piece, ...]
    issuer: str = ""
    region: str = ""
    doc_number: str = ""
    issued: date | None = None
    effective: date | None = None
    supersedes: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A labelled narrative; `labels` maps clause ids to grade 2 (directly established) or 1 (arguable)."""

    id: str
    region: str
    narrative: str
    labels: Mapping[str, int]
    split: Split
    source: str
    pair: str | None = None
    style: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words of the narrative and the words of the clause they speak to; `weight` is in 0..1.

    `told` is how the words put what the clause speaks of, `polarity` what follows for the clause, `decided_by` who says so, and
    `reason` a short Chinese phrase that says why, "" where nobody has judged.
    """

    narrative: Span
    clause: Span
    weight: float
    polarity: Polarity = "unclear"
    told: Told = "unclear"
    decided_by: DecidedBy = "none"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """One suggested clause, with how it is cited. A part that did not run is None, never 0.

    `band` is the word for its probability (强, 中, 弱, 不予匹配), "" without one. `polarity` is that of its first evidence that
    says something, and `decided_by` who judged that.
    """

    rank: int
    clause: Clause
    score: float
    citation: str = ""
    similarity: float | None = None
    lexical: float | None = None
    rerank: float | None = None
    probability: float | None = None
    band: str = ""
    polarity: Polarity = "unclear"
    evidence: tuple[Evidence, ...] = ()
    decided_by: DecidedBy = "none"


@dataclass(frozen=True, slots=True)
class MatchReport:
    """What was suggested for a narrative, by which index, model and stages; `elapsed` is in seconds.

    `calibration` says in Chinese on how many cases the probabilities rest and how often such suggestions were right, "" without.
    """

    narrative: str
    region: str
    matches: tuple[Match, ...]
    abstained: bool
    reason: str
    index_digest: str
    model_digest: str
    elapsed: float
    stages: tuple[str, ...] = field(default=())
    calibration: str = ""


@dataclass(frozen=True, slots=True)
class ClauseStanding:
    """What a narrative tells about one clause, with the words that it rests on (none where it is not stated).

    `decided_by` is "rule" where words of the narrative decided, "model" where the probability did; `reason` says so in Chinese.
    """

    clause_id: str
    status: Status
    words: tuple[Span, ...] = ()
    decided_by: DecidedBy = "none"
    reason: str = ""
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class GroupPicture:
    """The clauses of one group of a regulation's logic (data/logic.toml) as a narrative tells them.

    `state` follows from the statuses by the rule of the group; `questions` are the facts still to establish, by clause id, and
    `waiting` the titles of the groups that have to hold first and do not yet.
    """

    id: str
    title: str
    part: str
    rule: str
    side: str
    state: State
    clauses: tuple[ClauseStanding, ...]
    questions: tuple[tuple[str, str], ...]
    waiting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CasePicture:
    """A narrative by the logic of one regulation: what is told for and against each group, and what is not. Never a verdict."""

    regulation_id: str
    groups: tuple[GroupPicture, ...]


@dataclass(frozen=True, slots=True)
class LikeCase:
    """A case like a narrative: its id, text and labels (its outcome), where it comes from, and how like it is, 0..1."""

    case_id: str
    region: str
    narrative: str
    labels: Mapping[str, int]
    source: str
    likeness: float
