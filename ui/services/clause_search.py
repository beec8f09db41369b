"""Finding a clause that was not suggested: by its number or words, among the clauses of a case's region."""

from __future__ import annotations

import re
from collections.abc import Mapping

from data.entries import Entry
from data.numerals import number_to_chinese
from ui.services.access import Person, check
from ui.services.case_file import load_file
from ui.services.desk import Desk

__all__ = ["MOST", "clause_entries", "find_clauses", "in_region"]

MOST = 8
"""So many clauses are shown at most."""

_NUMBER = re.compile(r"(?<![0-9])([0-9]{1,3})(?=[条款项])")
_CITED = 10.0  # a citation that holds all the words comes before any likeness of texts, which is at most 1


def find_clauses(desk: Desk, person: Person, case_id: str, query: str, *, limit: int = MOST) -> tuple[Entry, ...]:
    """Return clauses of the case's region that fit the words, best first, without those that were suggested.

    A number may be written in digits (13条 finds 第十三条). A query without any word, or one that fits nothing, gives ().
    Raises NotAllowed: the person may not review, or not read the case. StoreError: there is no such case.
    """
    check(person, "case.review")
    with desk.store.read() as work:
        file = load_file(work, person, case_id)
    words = _NUMBER.sub(lambda found: number_to_chinese(int(found[1])), query).split()
    if not words:
        return ()
    index = desk.matcher().index
    likeness = index.tfidf.scores(" ".join(words))
    suggested = set(file.suggested)
    scored: list[tuple[float, int]] = []
    for row, entry in enumerate(index.entries):
        if entry.clause.id in suggested or not in_region(entry, file.case.region):
            continue
        cited = _CITED * all(word in entry.citation for word in words)
        written = all(word in entry.citation + entry.clause.text for word in words)
        scored.append((cited + written + float(likeness[row]), row))
    best = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: (-pair[0], pair[1]))
    return tuple(index.entries[row] for _, row in best[:limit])


def clause_entries(desk: Desk) -> Mapping[str, Entry]:
    """Return the clauses of the index that is published now, by id."""
    return {entry.clause.id: entry for entry in desk.matcher().index.entries}


def in_region(entry: Entry, region: str) -> bool:
    """Tell whether a clause belongs to the region of a case; "all" has every clause."""
    return region in ("", "all") or entry.clause.regulation_id == region
