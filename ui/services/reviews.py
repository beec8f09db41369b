"""What reviewers do with a case that was submitted. The program suggests; what is found (认定) is theirs.

    claim / assign    open -> in_review with a first reviewer, or another person for the round that is open
    save / withdraw   decisions of the round that is open, by the one who has it
    ask_second        in_review -> second_review, for somebody who took no part in the first review
    send_back         second_review -> in_review, or in_review -> open, where the author may change the case
    close / reopen    in_review or second_review -> closed -> in_review

Every function takes the version of the case that its user saw; where somebody was first it raises StoreConflict, and
nothing is changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from data.entries import Entry
from data.errors import InputError
from data.privacy import mask
from data.store.records import STATUSES, Decision, Review, Round, Status
from data.store.store import Work
from ui.services.access import LOCAL, NotAllowed, Person, check, person_of
from ui.services.case_file import CaseFile, load_file, require_reviewer, undecided
from ui.services.cases import masks_before_storing
from ui.services.clause_search import clause_entries, in_region
from ui.services.desk import Desk

__all__ = ["MAX_COMMENT", "ask_second", "assign", "claim", "close", "reopen", "reviewers", "save", "send_back", "withdraw"]

MAX_COMMENT = 2000
"""Characters of a comment."""

_ROUND_OF: Mapping[Status, Round] = {"open": 1, "in_review": 1, "second_review": 2}


def claim(desk: Desk, person: Person, case_id: str, *, version: int) -> CaseFile:
    """Take the round that is open, from another reviewer where one has it; errors as `assign`."""
    return assign(desk, person, case_id, person.name, version=version)


def assign(desk: Desk, person: Person, case_id: str, reviewer: str, *, version: int) -> CaseFile:
    """Give the round that is open to a reviewer; a case that waits is thereby in review.

    Raises StoreConflict: somebody changed the case first. NotAllowed: the person may not review it. InputError: nothing is
    open, or the reviewer has it already, wrote the case, or took part in the other round. StoreError: no such user.
    """
    with desk.store.begin(person.name) as work:
        file = _case_for(work, person, case_id, version)
        round = _ROUND_OF.get(file.case.status)
        if round is None:
            raise InputError(f"案件 {file.case.number} {STATUSES[file.case.status]}，现在不能领取或分派。")
        if any(a.round == round and a.reviewer == reviewer for a in file.assignments):
            raise InputError("这一次复核已经由这位复核人员负责，不用再领取。")
        _require_eligible(work, file, reviewer, round)
        if file.case.status == "open":
            version = work.cases.move(case_id, "in_review", version=version).version
        work.assignments.assign(case_id, reviewer, round=round, version=version)
        return load_file(work, person, case_id)


def reviewers(desk: Desk, person: Person, case_id: str) -> Mapping[str, str]:
    """Return who could be given the next round of a case (the second where it is 复核中), from user name to display name.

    Raises NotAllowed: the person may not review the case.
    """
    with desk.store.read() as work:
        file = load_file(work, person, case_id)
        require_reviewer(person, file.case)
        round: Round = 1 if file.case.status == "open" else 2
        return _eligible(work, file, round)


def save(desk: Desk, person: Person, case_id: str, decisions: Sequence[Decision], *, version: int) -> CaseFile:
    """Keep decisions of the person's round; those that stand already as they are given are passed over.

    Raises StoreConflict: somebody changed the case first. NotAllowed: the round is somebody else's. InputError: there are no
    decisions, a comment is too long, or an added clause is none of the case's region. StoreError: a decision does not fit.
    """
    if not decisions:
        raise InputError("没有要保存的复核意见，请先对条款选择意见。")
    known, hide = clause_entries(desk), masks_before_storing()
    wanted = [replace(decision, comment=_comment(decision.comment, hide=hide)) for decision in decisions]
    with desk.store.begin(person.name) as work:
        file, round = _own_turn(work, person, case_id, version)
        for decision in wanted:
            _check_added(decision, file, known)
        standing = file.of_round(round)
        fresh = [decision for decision in wanted if not _stands(decision, standing.get(decision.clause_id))]
        work.reviews.save(_report_id(file), fresh, round=round, version=version)
        return load_file(work, person, case_id)


def withdraw(desk: Desk, person: Person, case_id: str, clause_id: str, *, version: int) -> CaseFile:
    """End the decision on a clause without another in its place; errors as `save`, and StoreError where there is none."""
    with desk.store.begin(person.name) as work:
        file, round = _own_turn(work, person, case_id, version)
        work.reviews.withdraw(_report_id(file), clause_id, round=round, version=version)
        return load_file(work, person, case_id)


def ask_second(desk: Desk, person: Person, case_id: str, *, version: int, reviewer: str | None = None) -> CaseFile:
    """Hand the case to a second reviewer: a named one, or whoever claims it.

    Raises StoreConflict; NotAllowed: the first review is not the person's; InputError: a suggestion is without decision, or
    nobody can be the second reviewer.
    """
    with desk.store.begin(person.name) as work:
        file, round = _own_turn(work, person, case_id, version)
        if round != 1:
            raise InputError("这个案件已在二次复核中，不能再交一次。")
        _require_whole(file, round, "交二次复核")
        if not _eligible(work, file, 2):
            raise InputError("没有别的复核人员可以进行二次复核，请管理员先增加复核人员。")
        version = work.cases.move(case_id, "second_review", version=version).version
        if reviewer is not None:
            _require_eligible(work, file, reviewer, 2)
            work.assignments.assign(case_id, reviewer, round=2, version=version)
        return load_file(work, person, case_id)


def send_back(desk: Desk, person: Person, case_id: str, *, version: int) -> CaseFile:
    """Send a case one step back: the second review to the first reviewer, the first one to the author.

    The first reviewer may also take the case back from a second review in which nothing was decided yet.

    Raises StoreConflict; NotAllowed: the review is not the person's; InputError: the case is in no review.
    """
    with desk.store.begin(person.name) as work:
        file = _case_for(work, person, case_id, version)
        status = file.case.status
        if status not in ("in_review", "second_review"):
            raise InputError(f"案件 {file.case.number} {STATUSES[status]}，没有可以退回的复核。")
        begun = any(review.round == 2 for review in work.reviews.current(_report_id(file)))
        first = any(a.round == 1 and a.reviewer == person.name for a in file.assignments)
        taken_back = status == "second_review" and first and not begun
        if file.turn is None and not taken_back:
            raise NotAllowed(_not_yours(file))
        if status == "in_review":
            work.assignments.remove(case_id, round=1, version=version)
            version += 1
        work.cases.move(case_id, "in_review" if status == "second_review" else "open", version=version)
        return load_file(work, person, case_id)


def close(desk: Desk, person: Person, case_id: str, *, version: int) -> CaseFile:
    """Close a case; where the two rounds differ, the second one counts.

    Raises StoreConflict; NotAllowed: the round is somebody else's; InputError: a suggestion is without decision, or the first
    reviewer would close over a second review that says otherwise.
    """
    with desk.store.begin(person.name) as work:
        file, round = _own_turn(work, person, case_id, version)
        _require_whole(file, round, "办结")
        if round == 1 and file.disagreements():
            raise InputError(f"两次复核意见有 {len(file.disagreements())} 条不一致，请交二次复核后再办结。")
        work.cases.move(case_id, "closed", version=version)
        return load_file(work, person, case_id)


def reopen(desk: Desk, person: Person, case_id: str, *, version: int) -> CaseFile:
    """Open a closed case again for its first reviewer, or for who takes it over.

    Raises StoreConflict; NotAllowed: the person may not review it; InputError: it is not closed.
    """
    with desk.store.begin(person.name) as work:
        file = _case_for(work, person, case_id, version)
        if file.case.status != "closed":
            raise InputError(f"案件 {file.case.number} 没有办结，不用重新打开。")
        work.cases.move(case_id, "in_review", version=version)
        return load_file(work, person, case_id)


def _case_for(work: Work, person: Person, case_id: str, version: int) -> CaseFile:
    """Return a case that the person may review, as they saw it."""
    check(person, "case.review")
    file = load_file(work, person, case_id)
    require_reviewer(person, file.case)
    if file.case.version != version:
        # the store knows who was first and says so; with another version it moves nothing
        work.cases.move(case_id, file.case.status, version=version)
    return file


def _own_turn(work: Work, person: Person, case_id: str, version: int) -> tuple[CaseFile, Round]:
    file = _case_for(work, person, case_id, version)
    if file.turn is None:
        raise NotAllowed(_not_yours(file))
    return file, file.turn


def _not_yours(file: CaseFile) -> str:
    status = file.case.status
    if status in ("open", "closed", "draft"):
        return f"案件 {file.case.number} {STATUSES[status]}，现在不能这样做，请刷新后再看。"
    has = next((a.reviewer for a in file.assignments if a.round == _ROUND_OF[status]), None)
    if has is None:
        return "这一次复核还没有人领取，请先领取。"
    return f"这一次复核由 {file.names.get(has, has)} 负责，要由您复核请先领取。"


def _report_id(file: CaseFile) -> str:
    if file.report is None:
        raise InputError("这个案件还没有匹配结果，请建立人修改后重新匹配。")
    return file.report.id


def _require_whole(file: CaseFile, round: Round, what: str) -> None:
    left = undecided(file.suggested, file.reviews, round)
    if left:
        raise InputError(f"还有 {len(left)} 条建议没有保存复核意见，{what}前请逐条给出意见并保存。")


def _require_eligible(work: Work, file: CaseFile, reviewer: str, round: Round) -> None:
    work.users.get(reviewer)  # says that there is none
    if reviewer not in _eligible(work, file, round):
        raise InputError(
            f"“{file.names.get(reviewer, reviewer)}”不能进行这一次复核：应是复核人员，不是案件的建立人，也没有参加另一次复核。"
        )


def _eligible(work: Work, file: CaseFile, round: Round) -> dict[str, str]:
    others = file.parts[2 if round == 1 else 1]
    found: dict[str, str] = {}
    for user in work.users.listing():
        person = person_of(user)
        stranger = user.name != file.case.author or user.name == LOCAL
        if person.may("case.review") and stranger and user.name not in others:
            found[user.name] = user.display_name
    return found


def _comment(text: str, *, hide: bool) -> str:
    if len(text) > MAX_COMMENT:
        raise InputError(f"一条意见的说明有 {len(text)} 字，超过 {MAX_COMMENT} 字的上限，请改短。")
    return mask(text)[0] if hide else text


def _check_added(decision: Decision, file: CaseFile, known: Mapping[str, Entry]) -> None:
    if decision.verdict != "add":
        return
    entry = known.get(decision.clause_id)
    if entry is None or not in_region(entry, file.case.region):
        raise InputError("要补充的条款不在这个案件的范围里，请用“补充条款”查找后选择。")


def _stands(decision: Decision, review: Review | None) -> bool:
    said = (decision.verdict, decision.grade, decision.comment)
    return review is not None and (review.verdict, review.grade, review.comment) == said
