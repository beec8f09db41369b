"""The picture of a case and the procedure of its regulation as lines of a report."""

from __future__ import annotations

from collections.abc import Mapping

from data.catalogue import matched_regulations
from data.citation import citations
from data.entries import Entry
from data.errors import InputError
from data.procedure import Deadline as Step
from data.procedure import steps
from data.schema import CasePicture
from ui.present_words import STATUS
from ui.reports.case_file import Condition, Deadline
from ui.reports.wording import excerpt

__all__ = ["conditions_of", "deadlines_of", "questions_of"]


def conditions_of(picture: CasePicture, entries: Mapping[str, Entry]) -> tuple[Condition, ...]:
    """Return the clauses that the narrative tells something about, and those that all have to hold; `entries` by clause id."""
    return tuple(
        Condition(f"{group.title}：{excerpt(entries[found.clause_id].clause.text)}", STATUS[found.status], found.words)
        for group in picture.groups
        for found in group.clauses
        if found.clause_id in entries and (group.rule == "all" or found.status != "not_stated")
    )


def questions_of(picture: CasePicture) -> tuple[str, ...]:
    """Return what is still to establish, each question once; none gives ()."""
    return tuple(dict.fromkeys(question for group in picture.groups for _, question in group.questions))


def deadlines_of(regulation_id: str) -> tuple[Deadline, ...]:
    """Return the steps and time limits of a shipped regulation in the order of its text; () for any other one.

    No days are counted: when the events happened that they count from is not in the case.
    """
    try:
        found = steps(regulation_id)
    except InputError:
        return ()
    cited = {key: cite for regulation in matched_regulations() for key, cite in citations(regulation).items()}
    return tuple(Deadline(_what(step), _when(step), f"{cited[step.clause_id]}：“{step.quote}”") for step in found)


def _what(step: Step) -> str:
    return f"{step.who or '（条文未写明由谁办理）'}：{step.does}{f'（对象：{step.to_whom}）' if step.to_whom else ''}"


def _when(step: Step) -> str:
    if not step.words:
        return "条文没有写明期限"
    return f"{step.counted_from}，{step.words}" if step.counted_from else step.words
