"""The audit trail as an administrator reads it, and the check that nothing in it or beside it was changed."""

from __future__ import annotations

from collections.abc import Mapping

from data.store.audit import ACTIONS
from data.store.records import AuditEntry
from data.store.verify import Verification
from ui.services.access import Person, check
from ui.services.desk import Desk

__all__ = ["PAGE", "action_name", "entries", "verify"]

PAGE = 50
"""So many rows at a time."""

_NOTED: Mapping[str, str] = {
    "login.fail": "登录失败",
    "backup.download": "下载备份",
    "export.case": "导出案件报告",
    "export.case.unmasked": "导出案件报告（未遮盖）",
    "export.batch": "导出批量结果",
    "export.batch.unmasked": "导出批量结果（未遮盖）",
    "library.draft.add": "新建规定草稿",
    "library.draft.change": "修改规定草稿",
    "library.draft.discard": "放弃规定草稿",
    "library.publish.begin": "开始发布条款库",
    "library.publish": "发布条款库",
    "labelled.export": "导出标注案例",
}


def action_name(action: str) -> str:
    """Return what an action is called; one that has no name here is called as it is written in the trail."""
    return ACTIONS.get(action) or _NOTED.get(action, action)


def entries(desk: Desk, person: Person, *, actor: str = "", before: int | None = None) -> tuple[AuditEntry, ...]:
    """Return the newest PAGE rows, newest first, of one actor if given; `before` a row's number goes on to older ones.

    None gives (). Raises NotAllowed.
    """
    check(person, "audit.read")
    with desk.store.read() as work:
        return work.audit.entries(actor=actor.strip() or None, before=before, limit=PAGE)


def verify(desk: Desk, person: Person) -> Verification:
    """Walk the whole trail and compare the records with it; what is wrong first is named. Raises NotAllowed."""
    check(person, "audit.read")
    return desk.store.verify()
