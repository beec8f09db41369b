"""What a reviewer sees beside the suggestions: the picture of the case, like cases, equivalent clauses, steps and dates."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from data.catalogue import as_shipped, matched_regulations, shipped_clauses
from data.entries import Entry
from data.equivalents import RELATION_LABELS, differing, equivalents
from data.procedure import Step, timetable
from data.schema import CasePicture, Clause, LikeCase, MatchReport, Span
from models.protocols import Vectors
from retrieval.alignment import Alignment
from retrieval.matcher import Matcher
from retrieval.picture import Painter
from retrieval.similar_cases import load_similar_cases, nearest_cases

__all__ = ["Dossier", "Parallel", "open_dossier", "outdated", "parallels"]


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
    id, `like_note` says in Chinese why there are no like cases, "" where there are some. All this was made for the shipped
    texts: what speaks of a clause that has other words in the index is left out, `outdated` says so in Chinese ("": nothing has),
    and `clauses` are the others by id, as the index has them. `alignments` are by clause id, each with what of it is worth
    showing, and are there for regulations of one's own too.
    """

    regulation: str
    title: str
    assumed: bool
    picture: CasePicture | None
    parallels: Mapping[str, tuple[Parallel, ...]]
    like: tuple[LikeCase, ...]
    like_note: str
    steps: tuple[Step, ...]
    clauses: Mapping[str, Entry]
    alignments: Mapping[str, Alignment]
    outdated: str = ""


_NOTHING = Dossier("", "", False, None, MappingProxyType({}), (), "", (), MappingProxyType({}), MappingProxyType({}))


def open_dossier(matcher: Matcher, report: MatchReport, *, start: date | None = None) -> Dossier:
    """Return what goes with the report of this matcher: for a regulation of one's own the alignments only.

    The steps are dated from `start`, today by default. The narrative is not encoded again where the matcher has just read it.
    Raises InputError where the calendar ends before a date.
    """
    regulations = {regulation.id for regulation in matched_regulations()}
    chosen = report.region if report.region in regulations else ""
    if not chosen and report.matches:
        chosen = report.matches[0].clause.regulation_id
    aligned = {clause_id: table.worth_showing() for clause_id, table in matcher.alignments(report).items()}
    if report.abstained or chosen not in regulations:
        return replace(_NOTHING, alignments=aligned)
    scores = matcher.scores(report.narrative, chosen, (), "hybrid")  # as `match` asked for them, so that they are kept
    serving = {name: matcher.index.entries[row] for name, row in matcher.shipped.items()}
    kept = {clause_id: entry for clause_id, entry in serving.items() if as_shipped(entry.clause)}
    painter = Painter(matcher)
    vectors = scores.encoded.vectors
    like, note = _like(matcher, vectors[0], chosen, kept) if len(vectors) else ((), "")
    return Dossier(
        regulation=chosen,
        title=next(entry.title for entry in serving.values() if entry.clause.regulation_id == chosen),
        assumed=chosen != report.region,
        picture=painter.draw(report.narrative, chosen, scores) if painter.can_draw(chosen, scores) else None,
        parallels={match.clause.id: parallels(match.clause, kept) for match in report.matches},
        like=like,
        like_note=note,
        steps=timetable(chosen, start or date.today(), serving=kept),
        clauses=kept,
        alignments=aligned,
        outdated=outdated(chosen, serving),
    )


def parallels(clause: Clause, serving: Mapping[str, Entry]) -> tuple[Parallel, ...]:
    """Return the clauses of the other regulations that relate to a clause, the strongest relation first; often ().

    `serving` are the clauses in use by id. Relations were judged on the shipped texts: with other words on either side there
    is none.
    """
    found = []
    for equal in equivalents(clause.id) if as_shipped(clause) else ():
        other = serving.get(equal.clause_id)
        if other is not None and as_shipped(other.clause):
            own_words, other_words = _differing(clause.text, other.clause.text)
            relation = RELATION_LABELS[equal.relation]
            found.append(Parallel(other.clause, other.citation, relation, equal.note, own_words, other_words))
    return tuple(found)


_differing = lru_cache(maxsize=1024)(differing)  # the same pairs come again with every report


def outdated(regulation_id: str, serving: Mapping[str, Entry]) -> str:
    """Say in Chinese that the words of a regulation in use are not those that it was shipped with; "" where they are.

    `serving` are the clauses in use by id. A regulation of one's own gives "": nothing was made for it.
    """
    before = {name: clause.text for name, clause in shipped_clauses().items() if clause.regulation_id == regulation_id}
    if not before:
        return ""
    now = {name: entry.clause.text for name, entry in serving.items() if entry.clause.regulation_id == regulation_id}
    count = sum(before.get(name) != now.get(name) for name in before.keys() | now.keys())
    if not count:
        return ""
    return (
        f"这部规定现在使用的文本与随程序附带的有 {count} 条不同（改动、新增或删去），逐条对照、需要查明的事实、"
        "对应条款、案例标注和办理步骤只包括文字没有变的条款，其余请对照原文。"
    )


def _like(matcher: Matcher, vector: Vectors, region: str, kept: Container[str]) -> tuple[tuple[LikeCase, ...], str]:
    known = load_similar_cases()
    if known.encoder != matcher.scorer.encoder.digest:
        return (), "相近案例的向量属于另一个编码器，请运行 python -m retrieval.similar_cases 重新生成。"
    found = nearest_cases(vector, matcher.index.background.center, region, known=known, clauses=kept)
    return found, "" if found else "没有与这段叙述足够相近的案例。"
