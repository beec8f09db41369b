"""Reviewed cases as lines of the case format, for those who measure and train; personal data is masked."""

from __future__ import annotations

from dataclasses import replace

from data.privacy import mask
from data.schema import Case
from data.store.labelled import case_lines, reviewed_cases
from ui.services.access import Person, check
from ui.services.desk import Desk

__all__ = ["labelled"]


def labelled(desk: Desk, person: Person) -> tuple[str, bytes]:
    """Return file name and content of all reviewed cases, masked; none gives an empty file. The audit trail is told.

    Raises NotAllowed: the role does not evaluate.
    """
    check(person, "labelled.export")
    with desk.store.read() as work:
        cases = reviewed_cases(work)
    content = case_lines(_masked(case, place) for place, case in enumerate(cases, 1)).encode()
    with desk.store.begin(person.name) as work:
        work.audit.note("labelled.export", "cases", {"cases": len(cases)})
    return "labelled.jsonl", content


def _masked(case: Case, place: int) -> Case:
    """Return a case without personal data; a number that holds some is replaced by its place, or two could become one."""
    number = case.id if mask(case.id)[0] == case.id else f"reviewed-{place:05d}"
    return replace(case, id=number, narrative=mask(case.narrative)[0])
