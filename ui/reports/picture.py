"""The picture of a case and the procedure of its regulation as lines of a report."""

from __future__ import annotations

from collections.abc import Mapping

from data.entries import Entry
from data.errors import InputError
from data.procedure import Deadline as Step
from data.procedure import steps
from data.schema import CasePicture
from retrieval.dossier import outdated
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


def questions_of(picture: CasePicture, entries: Mapping[str, Entry]) -> tuple[str, ...]:
    """Return what is still to establish, each question once; none gives ().

    `entries` are the clauses in use by id; where their words have changed, the last one says that the picture is not whole.
    """
    questions = [question for group in picture.groups for _, question in group.questions]
    changed = outdated(picture.regulation_id, entries)
    return tuple(dict.fromkeys([*questions, changed] if changed else questions))


def deadlines_of(regulation_id: str, entries: Mapping[str, Entry]) -> tuple[Deadline, ...]:
    """Return the steps and time limits of a shipped regulation in the order of its text; () for any other one.

    `entries` are the clauses in use by id; steps of clauses whose words are no longer the shipped ones are left out, and a last
    row says how many. No days are counted: when the events happened that they count from is not in the case.
    """
    try:
        found, known = steps(regulation_id, serving=entries), len(steps(regulation_id))
    except InputError:
        return ()
    rows = [Deadline(_what(step), _when(step), f"{entries[step.clause_id].citation}：“{step.quote}”") for step in found]
    if len(found) < known:
        rows.append(Deadline(f"另有 {known - len(found)} 个步骤的条文已经改动或删去，没有列入", "请对照现行条文"))
    return tuple(rows)


def _what(step: Step) -> str:
    return f"{step.who or '（条文未写明由谁办理）'}：{step.does}{f'（对象：{step.to_whom}）' if step.to_whom else ''}"


def _when(step: Step) -> str:
    if not step.words:
        return "条文没有写明期限"
    return f"{step.counted_from}，{step.words}" if step.counted_from else step.words
