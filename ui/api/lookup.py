"""Matching, regulations, clauses and time limits as programs ask for them, for routes and tools alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from data.catalogue import resolve_region
from data.categories import CATEGORIES
from data.citation import citations
from data.entries import entries_of
from data.errors import InputError
from data.procedure import Step, timetable
from data.schema import Clause, MatchReport, Regulation
from data.store.errors import StoreMissing
from retrieval.dossier import Dossier, open_dossier
from ui.api.answers import ClauseOut, ClausePageOut, RegulationOut, RelatedOut
from ui.services import library
from ui.services.access import Person, check
from ui.services.desk import Desk

__all__ = ["clause", "clauses", "deadlines", "regulations", "suggest"]

_EVERYWHERE = ("", "all", "全部")


def suggest(
    desk: Desk, person: Person, text: str, *, region: str = "", top_k: int = 10, start: date | None = None
) -> tuple[MatchReport, Dossier]:
    """Return the clauses most similar to a narrative, and what goes with them, its steps dated from `start` (today).

    Raises NotAllowed; InputError: the text or region cannot be matched, or the calendar ends before a date.
    """
    check(person, "match")
    matcher = desk.matcher()
    report = matcher.match(text, region=region, top_k=top_k)
    with _within_the_calendar():
        return report, open_dossier(matcher, report, start=start)


def regulations(desk: Desk, person: Person) -> list[RegulationOut]:
    """Return the regulations that serve now, in their order. Raises NotAllowed."""
    return [RegulationOut.of(regulation) for regulation in library.edition(desk, person).regulations]


def clauses(desk: Desk, person: Person, *, query: str = "", region: str = "", category: str = "") -> list[ClauseOut]:
    """Return clauses in document order: those with the words or the number of the query, or with "" all of a region and category.

    Raises NotAllowed; InputError: an unknown region or category.
    """
    known = library.edition(desk, person).regulations
    wanted = _regulation(known, region)
    if category and category not in CATEGORIES:
        raise InputError(f"没有这个类别，可选：{'、'.join(f'{key}（{label}）' for key, label in CATEGORIES.items())}。")
    if query.strip():
        by_id = {one.id: one for one in known}
        hits = library.search(desk, person, query, regulation="" if wanted is None else wanted.id, most=None).hits
        found = [(hit.clause, by_id[hit.clause.regulation_id], hit.citation) for hit in hits]
    else:
        found = [row for one in known if wanted in (None, one) for row in _clauses(one)]
    return [ClauseOut.of(*row) for row in found if category in ("", row[0].category)]


def clause(desk: Desk, person: Person, clause_id: str) -> ClausePageOut:
    """Return a clause with those of other regulations that state the same. Raises NotAllowed; StoreMissing: there is none."""
    try:
        page = library.clause_page(desk, person, clause_id)
    except InputError as error:
        raise StoreMissing(str(error)) from error
    related = [RelatedOut.model_validate(one) for one in page.related]
    own = ClauseOut.of(page.clause, page.regulation, page.citation)
    return ClausePageOut(**own.model_dump(), related=related, rewritten=page.rewritten)


def deadlines(desk: Desk, person: Person, region: str, start: date) -> tuple[Step, ...]:
    """Return the steps of the procedure of one region, each as if its event was on `start`.

    Steps of clauses that have other words in the library now than in the shipped texts are left out.
    Raises NotAllowed; InputError: the region is unknown or stands for all, or the calendar ends before.
    """
    serving = {entry.clause.id: entry for entry in entries_of(library.edition(desk, person).regulations)}
    with _within_the_calendar():
        return timetable(region, start, serving=serving)


@contextmanager
def _within_the_calendar() -> Iterator[None]:
    try:
        yield
    except OverflowError as error:
        raise InputError("起算日太早或太晚，推算不了，请换一个日期。") from error


def _regulation(known: Sequence[Regulation], region: str) -> Regulation | None:
    """Return the regulation of a region, by its id or a name of the region; None for all of them."""
    asked = region.strip()
    if asked.lower() in _EVERYWHERE:
        return None
    exact = [one for one in known if asked in (one.id, one.title, one.region)]
    wanted = exact[0].id if len(exact) == 1 else resolve_region(asked)
    found = next((one for one in known if one.id == wanted), None)
    if found is None:
        raise InputError("现行条款库里没有这个地区的规定，请用 GET /api/v1/regulations 查看现有的。")
    return found


def _clauses(regulation: Regulation) -> list[tuple[Clause, Regulation, str]]:
    cited = citations(regulation)
    return [(one, regulation, cited[one.id]) for one in regulation.clauses]
