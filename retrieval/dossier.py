"""What a reviewer sees beside the suggestions: the picture of the case, like cases, equivalent clauses, steps and dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from data.catalogue import matched_regulations
from data.citation import citations
from data.equivalents import RELATION_LABELS, differing, equivalents
from data.procedure import Step, timetable
from data.schema import CasePicture, Clause, LikeCase, MatchReport, Span
from models.protocols import Vectors
from retrieval.alignment import Alignment
from retrieval.matcher import Matcher
from retrieval.picture import Painter
from retrieval.similar_cases import load_similar_cases, nearest_cases

__all__ = ["Dossier", "Parallel", "open_dossier", "parallels"]


@dataclass(frozen=True, slots=True)
class Parallel:
    """A clause of another regulation that states the same rule or nearly so: its relation and the decisive difference in Chinese.

    `own` and `other` are the words of the two clauses that the other one lacks.
    """

    clause: Clause
    citation: str
    relation: str
    note: str
    own: tuple[Span, ...]
    other: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """What goes with a report. `regulation` is the one that picture and steps are of, "" where there is none.

    `assumed` tells that the search was over several and the regulation is that of the best suggestion. `parallels` are by clause
    id, `like_note` says in Chinese why there are no like cases, "" where there are some; `clauses` gives each clause of the
    shipped regulations with its citation. `alignments` are by clause id, each with what of it is worth showing, and are there
    for regulations of one's own too.
    """

    regulation: str
    title: str
    assumed: bool
    picture: CasePicture | None
    parallels: Mapping[str, tuple[Parallel, ...]]
    like: tuple[LikeCase, ...]
    like_note: str
    steps: tuple[Step, ...]
    clauses: Mapping[str, tuple[Clause, str]]
    alignments: Mapping[str, Alignment]


_NOTHING = Dossier("", "", False, None, MappingProxyType({}), (), "", (), MappingProxyType({}), MappingProxyType({}))


def open_dossier(
    matcher: Matcher, report: MatchReport, *, start: date | None = None, reviewed: Sequence[LikeCase] = ()
) -> Dossier:
    """Return what goes with the report of this matcher: for a regulation of one's own the alignments only.

    The steps are dated from `start`, today by default. `reviewed` are cases of one's own to stand among the like cases. The
    narrative is not encoded again where the matcher has just read it. Raises InputError where the calendar ends before a date.
    """
    regulations = {regulation.id: regulation for regulation in matched_regulations()}
    chosen = report.region if report.region in regulations else ""
    if not chosen and report.matches:
        chosen = report.matches[0].clause.regulation_id
    aligned = {clause_id: table.worth_showing() for clause_id, table in matcher.alignments(report).items()}
    if report.abstained or chosen not in regulations:
        return replace(_NOTHING, alignments=aligned)
    scores = matcher.scores(report.narrative, chosen, (), "hybrid")  # as `match` asked for them, so that they are kept
    painter = Painter(matcher.scorer)
    vectors = scores.encoded.vectors
    like, note = _like(matcher, vectors[0], chosen, reviewed) if len(vectors) else (tuple(reviewed), "")
    return Dossier(
        regulation=chosen,
        title=regulations[chosen].title,
        assumed=chosen != report.region,
        picture=painter.draw(report.narrative, chosen, scores) if painter.can_draw(chosen, scores) else None,
        parallels={match.clause.id: parallels(match.clause) for match in report.matches},
        like=like,
        like_note=note,
        steps=timetable(chosen, start or date.today()),
        clauses=_clauses(),
        alignments=aligned,
    )


@lru_cache(maxsize=512)
def parallels(clause: Clause) -> tuple[Parallel, ...]:
    """Return the clauses of the other shipped regulations that relate to a clause, the strongest relation first; often ()."""
    found = []
    for equal in equivalents(clause.id):
        other, citation = _clauses()[equal.clause_id]
        own_words, other_words = differing(clause.text, other.text)
        found.append(Parallel(other, citation, RELATION_LABELS[equal.relation], equal.note, own_words, other_words))
    return tuple(found)


@lru_cache(maxsize=1)
def _clauses() -> Mapping[str, tuple[Clause, str]]:
    """Return every clause of the shipped regulations with its citation, by id."""
    cited = {key: value for regulation in matched_regulations() for key, value in citations(regulation).items()}
    return {clause.id: (clause, cited[clause.id]) for regulation in matched_regulations() for clause in regulation.clauses}


def _like(matcher: Matcher, vector: Vectors, region: str, reviewed: Sequence[LikeCase]) -> tuple[tuple[LikeCase, ...], str]:
    known = load_similar_cases()
    if known.encoder != matcher.scorer.encoder.digest:
        return tuple(reviewed), "相近案例的向量属于另一个编码器，请运行 python -m retrieval.similar_cases 重新生成。"
    found = nearest_cases(vector, matcher.index.background.center, region, known=known, reviewed=reviewed)
    return found, "" if found else "没有与这段叙述足够相近的案例。"
