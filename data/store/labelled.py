"""Reviewed cases as labelled cases: what reviewers decided becomes what evaluation and training learn from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from data.schema import Case, Split
from data.store.records import Review, Status, StoredCase
from data.store.reviews import final_decisions
from data.store.store import Work

__all__ = ["case_lines", "reviewed_cases"]

_SOURCE = "reviewed"
_PAGE = 200
_CLOSED: tuple[Status, ...] = ("closed",)


def reviewed_cases(work: Work, *, split: Split = "train") -> tuple[Case, ...]:
    """Return every closed case with a decision on its newest report, oldest first; none gives ().

    An accepted clause has grade 2, one whose grade was changed or that was added has that grade; a rejected one, and one
    that nobody decided on, is left out; round 2 counts before round 1. The text is the one that the report was made from,
    the id is the case's number. Personal data is not masked here.
    """
    return tuple(labelled for case in _closed(work) if (labelled := _labelled(work, case, split)) is not None)


def case_lines(cases: Iterable[Case]) -> str:
    """Return cases as lines of JSON that `data.cases.read_cases` reads; none gives ""."""
    return "".join(
        json.dumps(
            {
                "id": case.id,
                "region": case.region,
                "text": case.narrative,
                "labels": dict(case.labels),
                "split": case.split,
                "source": case.source,
                "pair": case.pair,
            },
            ensure_ascii=False,
        )
        + "\n"
        for case in cases
    )


def _closed(work: Work) -> Iterator[StoredCase]:
    offset = 0
    while page := work.cases.listing(statuses=_CLOSED, limit=_PAGE, offset=offset):
        yield from page
        offset += len(page)


def _labelled(work: Work, case: StoredCase, split: Split) -> Case | None:
    stored = work.reports.latest(case.id)
    reviews = () if stored is None else work.reviews.current(stored.id)
    if stored is None or not reviews:
        return None
    graded = {clause: _grade(review) for clause, review in sorted(final_decisions(reviews).items())}
    labels = {clause: grade for clause, grade in graded.items() if grade is not None}
    return Case(case.number, case.region, stored.report.narrative, labels, split, _SOURCE)


def _grade(review: Review) -> int | None:
    """Return the label that a decision stands for, None where the clause does not apply."""
    if review.verdict == "reject":
        return None
    return 2 if review.grade is None else review.grade
