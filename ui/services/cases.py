"""What the author of a case does: make one from a narrative, list, read, change, submit and take back.

The report of a case is always computed here, from the narrative that is stored: nothing that a browser sends is taken
for a suggestion.
"""

from __future__ import annotations

from collections.abc import Collection

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from data.errors import InputError
from data.privacy import mask
from data.schema import MatchReport
from data.store.canonical import clean
from data.store.cases import EDITABLE
from data.store.errors import StoreError
from data.store.records import STATUSES, Status, StoredCase
from ui.services.access import Person, check
from ui.services.case_file import CaseFile, load_file, own_case
from ui.services.desk import Desk

__all__ = ["PER_HEADLINE", "TOP_K", "create", "edit", "masks_before_storing", "mine", "read", "submit", "take_back"]

TOP_K, PER_HEADLINE = 10, 3
"""How many clauses a case's report has, and at least of each headline category: the same as on the page."""


class _CaseSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="RONGCUO_", frozen=True)

    mask_before_storing: bool = Field(False, description="保存案件和批量任务之前先遮盖其中的个人信息，原文不入库")


def masks_before_storing() -> bool:
    """Tell whether what people write is masked before it is stored (RONGCUO_MASK_BEFORE_STORING).

    Raises InputError: the setting is neither true nor false.
    """
    try:
        return _CaseSettings().mask_before_storing
    except ValidationError as error:
        raise InputError("环境变量 RONGCUO_MASK_BEFORE_STORING 应是 true 或 false，请改正后重新启动。") from error


def create(desk: Desk, person: Person, narrative: str, *, region: str = "", number: str = "") -> CaseFile:
    """Make a draft from a narrative, with its report; without `number` it gets the next one of the year.

    Raises InputError: the narrative or region cannot be matched, or the number would have to be masked. NotAllowed: the role
    writes no cases. StoreError: the number is taken.
    """
    check(person, "case.write")
    if masks_before_storing() and mask(number)[0] != number:  # masked numbers could become one, and nobody would find the case
        raise InputError("案件编号里有姓名、电话等个人信息，不能保存；请换一个编号，或留空由系统编号。")
    text, report = _matched(desk, narrative, region)
    with desk.store.begin(person.name) as work:
        case = work.cases.add(region=report.region, narrative=text, number=number)
        work.reports.add(case.id, report, version=case.version)
        return load_file(work, person, case.id)


def mine(
    desk: Desk, person: Person, *, statuses: Collection[Status] = (), limit: int = 100, offset: int = 0
) -> tuple[StoredCase, ...]:
    """Return the person's own cases, newest first, `limit` of them from `offset` on; `statuses` () means all.

    Raises NotAllowed: the role writes no cases. InputError: a status or a number cannot be.
    """
    check(person, "case.write")
    unknown = [status for status in statuses if status not in STATUSES]
    if unknown:
        raise InputError(f"没有状态“{clean(str(unknown[0]))}”，可选：{'、'.join(STATUSES)}。")
    if limit < 0 or offset < 0:
        raise InputError("条数和起点不能是负数，请改正。")
    with desk.store.read() as work:
        # the store lists the oldest first
        end = work.cases.count(statuses=statuses, author=person.name) - offset
        start = max(0, end - limit)
        if end <= start:
            return ()
        found = work.cases.listing(statuses=statuses, author=person.name, limit=end - start, offset=start)
    return tuple(reversed(found))


def read(desk: Desk, person: Person, case_id: str) -> CaseFile:
    """Return a case as the person may see it: an own one, or for reviewers one that was submitted.

    Raises NotAllowed: it is neither. StoreError: there is none.
    """
    with desk.store.read() as work:
        return load_file(work, person, case_id)


def edit(
    desk: Desk, person: Person, case_id: str, *, version: int, narrative: str | None = None, region: str | None = None
) -> CaseFile:
    """Change what is given of an own case in 草稿 or 待复核, and match it anew: a new report stands beside the old ones.

    Raises InputError: nothing is given, or it cannot be matched. StoreConflict: somebody changed the case first.
    StoreError: it is under review or closed. NotAllowed: it is not the person's own.
    """
    if narrative is None and region is None:
        raise InputError("没有给出要修改的内容，请填写事情经过或范围。")
    with desk.store.read() as work:
        case = own_case(work, person, case_id)
    if case.version == version and case.status not in EDITABLE:
        raise StoreError(f"案件 {case.number} {STATUSES[case.status]}，不能修改，请先由复核人员退回。")
    text, report = _matched(desk, case.narrative if narrative is None else narrative, case.region if region is None else region)
    with desk.store.begin(person.name) as work:
        own_case(work, person, case_id)
        changed = work.cases.edit(case_id, version=version, region=report.region, narrative=text)
        work.reports.add(case_id, report, version=changed.version)
        return load_file(work, person, case_id)


def submit(desk: Desk, person: Person, case_id: str, *, version: int) -> CaseFile:
    """Hand an own draft to the reviewers: 草稿 becomes 待复核.

    Raises StoreConflict: somebody changed the case first. StoreError: it is no draft. NotAllowed: it is not their own.
    """
    return _move(desk, person, case_id, "open", version)


def take_back(desk: Desk, person: Person, case_id: str, *, version: int) -> CaseFile:
    """Take an own case back before a reviewer has begun: 待复核 becomes 草稿; errors as `submit`."""
    return _move(desk, person, case_id, "draft", version)


def _move(desk: Desk, person: Person, case_id: str, status: Status, version: int) -> CaseFile:
    with desk.store.begin(person.name) as work:
        case = own_case(work, person, case_id)
        wanted: Status = "draft" if status == "open" else "open"
        # the store also knows an arrow from 复核中 to 待复核, which is for the reviewer
        if case.status != wanted and case.version == version:
            raise StoreError(f"案件 {case.number} 现在是“{STATUSES[case.status]}”，不能这样变更，请刷新后再看。")
        work.cases.move(case_id, status, version=version)
        return load_file(work, person, case_id)


def _matched(desk: Desk, narrative: str, region: str) -> tuple[str, MatchReport]:
    """Return the text as it is to be stored and its report; no transaction may be open meanwhile."""
    matcher = desk.matcher()
    text = clean(matcher.check_narrative(narrative))
    text = mask(text)[0] if masks_before_storing() else text
    return text, matcher.match(text, region=region, top_k=TOP_K, per_headline=PER_HEADLINE)
