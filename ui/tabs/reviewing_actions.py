"""What the tab 复核 answers to each of its buttons: a request of the page in, the parts of the page that change out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from data.errors import InputError
from data.store.errors import StoreConflict
from data.store.records import Decision, Verdict
from ui.cards import status_html
from ui.review_cards import CaseView
from ui.review_html import case_html
from ui.review_lists import found_html, history_html, queue_html
from ui.services import reviews
from ui.services.access import LOCAL, Person
from ui.services.case_file import CaseFile
from ui.services.case_history import history
from ui.services.case_queue import queue
from ui.services.cases import find, read
from ui.services.clause_search import clause_entries, find_clauses
from ui.services.desk import Desk

__all__ = ["Shown", "parse_request", "perform", "problem"]

_VERDICTS: Mapping[str, tuple[Verdict, int | None]] = {
    "accept": ("accept", None),
    "reject": ("reject", None),
    "grade1": ("grade", 1),
    "grade2": ("grade", 2),
    "add1": ("add", 1),
    "add2": ("add", 2),
}
_UNREADABLE = "页面送来的内容读不懂，请刷新页面后再试。"
Request = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """The parts of the tab as HTML; None leaves a part as it is."""

    status: str
    queue: str | None = None
    case: str | None = None
    found: str | None = None
    trail: str | None = None


def parse_request(text: str | None) -> Request:
    """Return what the page asks for. Raises InputError: it is no object of JSON."""
    try:
        wanted = json.loads(text or "")
    except (ValueError, RecursionError) as error:
        raise InputError(_UNREADABLE) from error
    if not isinstance(wanted, dict):
        raise InputError(_UNREADABLE)
    return wanted


def perform(desk: Desk, person: Person, wanted: Request) -> Shown:
    """Do what is asked for and return what changes. Raises what the services raise, InputError for an unknown request."""
    action = _text(wanted, "do")
    if action == "queue":
        return Shown(status_html(""), queue=_queue(desk, person, _text(wanted, "case")))
    if action == "number":
        file = find(desk, person, _text(wanted, "number"))
        return _whole(desk, person, file, f"案件 {file.case.number} 已打开。")
    if action in ("open", "refresh"):
        file = read(desk, person, _text(wanted, "case"))
        return _whole(desk, person, file, f"案件 {file.case.number} 已打开。" if action == "open" else "已是最新内容。")
    if action == "find":
        return _find(desk, person, wanted)
    if action == "history":
        return Shown(status_html(""), trail=history_html(history(desk, person, _text(wanted, "case"))))
    if action not in _CHANGES:
        raise InputError(_UNREADABLE)
    change, told = _CHANGES[action]
    return _whole(desk, person, change(desk, person, wanted), told)


def problem(error: Exception) -> Shown:
    """Return an error as the status line, the rest of the page as it is: nothing that was typed is lost."""
    kept = "您填写的内容都还在，点“刷新案件”查看最新内容后可以再保存。" if isinstance(error, StoreConflict) else ""
    return Shown(status_html(f"{error}{kept}", "error"))


def _save(desk: Desk, person: Person, wanted: Request) -> CaseFile:
    rows = wanted.get("decisions")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(_UNREADABLE)
    return reviews.save(desk, person, _text(wanted, "case"), [_decision(row) for row in rows], version=_version(wanted))


def _decision(row: Request) -> Decision:
    kind = _text(row, "verdict")
    if not kind:
        raise InputError("有的条款写了说明但没有选择意见，请先选择采纳、不采纳或等级。")
    if kind not in _VERDICTS:
        raise InputError(_UNREADABLE)
    verdict, grade = _VERDICTS[kind]
    return Decision(_text(row, "clause"), verdict, grade, _text(row, "comment"))


def _second(desk: Desk, person: Person, wanted: Request) -> CaseFile:
    chosen = _text(wanted, "reviewer") or None
    return reviews.ask_second(desk, person, _text(wanted, "case"), version=_version(wanted), reviewer=chosen)


def _assign(desk: Desk, person: Person, wanted: Request) -> CaseFile:
    return reviews.assign(desk, person, _text(wanted, "case"), _text(wanted, "reviewer"), version=_version(wanted))


def _withdraw(desk: Desk, person: Person, wanted: Request) -> CaseFile:
    return reviews.withdraw(desk, person, _text(wanted, "case"), _text(wanted, "clause"), version=_version(wanted))


def _plain(change: Callable[..., CaseFile]) -> Callable[[Desk, Person, Request], CaseFile]:
    def changed(desk: Desk, person: Person, wanted: Request) -> CaseFile:
        return change(desk, person, _text(wanted, "case"), version=_version(wanted))

    return changed


_CHANGES: Mapping[str, tuple[Callable[[Desk, Person, Request], CaseFile], str]] = {
    "save": (_save, "意见已保存。"),
    "withdraw": (_withdraw, "意见已撤下。"),
    "second": (_second, "已交二次复核。"),
    "assign": (_assign, "已分派。"),
    "claim": (_plain(reviews.claim), "已领取，可以逐条给出意见。"),
    "back": (_plain(reviews.send_back), "已退回。"),
    "close": (_plain(reviews.close), "案件已办结。"),
    "reopen": (_plain(reviews.reopen), "案件已重新打开。"),
}


def _find(desk: Desk, person: Person, wanted: Request) -> Shown:
    case, query = _text(wanted, "case"), _text(wanted, "query")
    found = find_clauses(desk, person, case, query)
    told = f"找到 {len(found)} 条可以补充的条款。" if found else "没有找到可以补充的条款。"
    return Shown(status_html(told), found=found_html(read(desk, person, case), query, found))


def _whole(desk: Desk, person: Person, file: CaseFile, told: str) -> Shown:
    return Shown(
        status_html(told),
        queue=_queue(desk, person, file.case.id),
        case=case_html(_view(desk, person, file)),
        found=found_html(file),
        trail="",
    )


def _view(desk: Desk, person: Person, file: CaseFile) -> CaseView:
    clauses = clause_entries(desk)
    titles = {entry.clause.regulation_id: entry.title for entry in clauses.values()}
    status = file.case.status
    may_review = person.may("case.review") and (file.case.author != person.name or person.name == LOCAL)
    others = file.parts[1 if status == "second_review" else 2]
    free = file.turn is None and person.name not in others
    return CaseView(
        file=file,
        clauses=clauses,
        segmenter=desk.matcher().scorer.segmenter,
        reviewers=reviews.reviewers(desk, person, file.case.id) if may_review and status != "closed" else {},
        scope=titles.get(file.case.region) or ("全部规定" if file.case.region == "all" else file.case.region),
        may_claim=may_review and free and status in ("open", "in_review", "second_review"),
        may_reopen=may_review and status == "closed",
    )


def _queue(desk: Desk, person: Person, chosen: str) -> str:
    return queue_html(queue(desk, person), chosen)


def _text(wanted: Request, name: str) -> str:
    value = wanted.get(name, "")
    if not isinstance(value, str):
        raise InputError(_UNREADABLE)
    return value


def _version(wanted: Request) -> int:
    value = wanted.get("version")
    if type(value) is not int or not 0 <= value < 2**31:
        raise InputError(_UNREADABLE)
    return value
