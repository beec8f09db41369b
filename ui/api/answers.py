"""What goes out about matching and the library: one model per kind of answer."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from data.elements import Kind
from data.procedure import Step
from data.schema import Clause, DecidedBy, Polarity, Regulation, Told

__all__ = [
    "Answer",
    "ClauseOut",
    "ClausePageOut",
    "DeadlineOut",
    "FullMatchOut",
    "MatchOut",
    "Problem",
    "RegulationOut",
    "RelatedOut",
]


class Answer(BaseModel):
    """Filled from the fields of a record by their names; others of the record are left out."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Problem(Answer):
    """A refusal."""

    error: str = Field(description="一句话说明哪里不对、怎么办")


class EvidenceOut(Answer):
    """Words of the narrative and of the clause that speak to each other, as [start, end) in characters."""

    narrative: tuple[int, int]
    clause: tuple[int, int]
    weight: float


class SuggestionOut(Answer):
    """One suggested clause; a part that did not run is null."""

    rank: int
    clause_id: str
    regulation: str
    citation: str
    category: str
    text: str
    similarity: float | None
    score: float | None
    probability: float | None
    polarity: Polarity
    evidence: list[EvidenceOut]
    band: str


class MatchOut(Answer):
    """What is suggested for a narrative, for a person to review."""

    region: str
    abstained: bool
    matches: list[SuggestionOut]
    error: str | None
    reason: str
    index_digest: str
    model_digest: str
    stages: list[str]
    calibration: str
    elapsed: float


class JudgedEvidenceOut(EvidenceOut):
    """Evidence with how the words put what the clause speaks of, what follows for the clause, and who says so."""

    polarity: Polarity
    told: Told
    decided_by: DecidedBy
    reason: str


class ElementOut(Answer):
    """A part of a clause, [start, end) in the characters of its text."""

    kind: Kind
    text: str
    start: int
    end: int


class SentenceOut(Answer):
    """A sentence, [start, end) in the characters of the narrative."""

    start: int
    end: int


class AlignmentOut(Answer):
    """Which sentence speaks to which part of the clause; only what is worth showing, all empty where nothing is."""

    elements: list[ElementOut]
    sentences: list[SentenceOut]
    weights: list[list[float]] = Field(
        description="每句一行、每部分一列，0 到 1，表中最相近的一对为 1；数值只表示用语相近的程度，不是概率"
    )


class FullSuggestionOut(SuggestionOut):
    """A suggested clause with its alignment, who decided its polarity, and the clauses of other regulations that say the same."""

    evidence: list[JudgedEvidenceOut]  # type: ignore[assignment]
    decided_by: DecidedBy
    equivalents: list[dict[str, Any]] = Field(description="其他规定里内容相同或相近的条款，以及两者不同的字词")
    alignment: AlignmentOut = Field(description="逐句对照：叙述的哪句话与条款的哪一部分用语相近")


class FullMatchOut(MatchOut):
    """What is suggested for a narrative with all that goes with it; the JSON of ``rongcuo match --json``."""

    matches: list[FullSuggestionOut]  # type: ignore[assignment]
    outdated: str = Field(description="条款库里的文本与随附的不同时的一句说明：文字变了的条款不列入以下各项；没有不同时为空")
    picture: dict[str, Any] | None = Field(description="按一部规定的条理逐条对照：哪些写到了、哪些没有写到；不是结论")
    questions: list[dict[str, Any]] = Field(description="还要查明的事实")
    further_questions: list[dict[str, Any]] = Field(description="不利情形和权衡方面还可以问的")
    like_cases: list[dict[str, Any]] = Field(description="相近案例")
    procedure: list[dict[str, Any]] = Field(description="办理步骤和期限，都按同一个起算日推算")


class ClauseOut(Answer):
    """A clause of the library."""

    id: str
    regulation: str
    title: str
    citation: str
    category: str
    label: str
    headings: list[str]
    lead: str
    text: str

    @classmethod
    def of(cls, clause: Clause, regulation: Regulation, citation: str) -> Self:
        """Return a clause of a regulation."""
        return cls(
            id=clause.id,
            regulation=regulation.id,
            title=regulation.title,
            citation=citation,
            category=clause.category,
            label=clause.label,
            headings=list(clause.headings),
            lead=clause.lead,
            text=clause.text,
        )


class RelatedOut(Answer):
    """A clause of another regulation that states the same rule or nearly so."""

    clause_id: str
    relation: str
    note: str
    citation: str
    text: str


class ClausePageOut(ClauseOut):
    """A clause with its relations; `rewritten`: its text is no longer the one on which they were judged."""

    related: list[RelatedOut]
    rewritten: bool


class RegulationOut(Answer):
    """A regulation of the library; `clauses` counts those in it. What is not known of it is "" or null."""

    id: str
    title: str
    region: str
    issuer: str
    doc_number: str
    issued: date | None
    effective: date | None
    supersedes: str
    clauses: int

    @classmethod
    def of(cls, regulation: Regulation) -> Self:
        """Return what is known of a regulation."""
        return cls(
            id=regulation.id,
            title=regulation.title,
            region=regulation.region,
            issuer=regulation.issuer,
            doc_number=regulation.doc_number,
            issued=regulation.issued,
            effective=regulation.effective,
            supersedes=regulation.supersedes,
            clauses=len(regulation.clauses),
        )


class DeadlineOut(Answer):
    """A step of the procedure, with its last day if its event was on the first day asked for; `line` says it all."""

    clause_id: str
    citation: str
    who: str
    does: str
    counted_from: str
    due: date | None
    provisional: bool
    note: str
    quote: str
    line: str

    @classmethod
    def of(cls, step: Step) -> Self:
        """Return a step of a timetable."""
        asked = step.deadline
        return cls(
            clause_id=asked.clause_id,
            citation=step.citation,
            who=asked.who,
            does=asked.does,
            counted_from=asked.counted_from,
            due=step.due.day,
            provisional=step.due.provisional,
            note=step.due.note,
            quote=asked.quote,
            line=step.line(),
        )
