"""The audit trail as `work.audit`: what was done, and rows about what is no change of a record.

Every change of a record writes one row in the same transaction. Signs of life and progress of jobs are not recorded;
the row that ends a job holds the digest of all that it put out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select

from data.store.canonical import clean, iso
from data.store.chain import head_of
from data.store.contents import fields
from data.store.errors import StoreError
from data.store.models import AuditRow
from data.store.records import AuditEntry, Head
from data.store.unit import Unit

__all__ = ["ACTIONS", "RECORDED", "Audit"]

ACTIONS: Mapping[str, str] = {
    "user.add": "新建用户",
    "user.change": "修改用户",
    "case.add": "新建案件",
    "case.edit": "修改案件",
    "case.move": "变更案件状态",
    "report.add": "保存匹配结果",
    "review.save": "保存复核意见",
    "review.end": "撤下复核意见",
    "assignment.set": "分派复核",
    "assignment.remove": "取消分派",
    "job.add": "提交任务",
    "job.claim": "开始任务",
    "job.release": "交还任务",
    "job.finish": "完成任务",
    "job.fail": "任务失败",
    "job.cancel": "取消任务",
    "job.clear": "删除任务的叙述和结果",
    "session.open": "登录",
    "session.close": "退出登录",
    "session.purge": "清理过期登录",
    "token.add": "建立访问令牌",
    "token.remove": "撤销访问令牌",
    "store.backup": "备份",
    "store.restore": "恢复",
}
# actions whose digest is that of a record as it then was
RECORDED = frozenset(action for action in ACTIONS if action.split(".")[0] in ("user", "case", "report", "review", "assignment"))


class Audit:
    """The trail within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def note(self, action: str, subject: str, content: object = None) -> None:
        """Write a row about something that is no change of a record, such as a failed login or an export.

        Only the digest of `content` is kept. Raises StoreError: `action` speaks of records, which the trail is compared with.
        """
        if action in RECORDED:
            raise StoreError(f"“{action}”由程序自己记录，请换一个动作名称。")
        self._unit.record(action, subject, content)

    def entries(
        self, *, actor: str | None = None, subject: str | None = None, before: int | None = None, limit: int = 100
    ) -> tuple[AuditEntry, ...]:
        """Return the newest `limit` rows, newest first; `before` a row's number goes on to older ones. None gives ()."""
        query = select(AuditRow).order_by(AuditRow.seq.desc()).limit(limit)
        query = query if actor is None else query.where(AuditRow.actor == clean(actor))
        query = query if subject is None else query.where(AuditRow.subject == clean(subject))
        query = query if before is None else query.where(AuditRow.seq < before)
        return tuple(_entry(row) for row in self._unit.session.scalars(query))

    def count(self, action: str, subject: str, *, since: datetime) -> int:
        """Return how often `action` was done to `subject` from `since` until now, such as failed logins of a name.

        What stands in the trail for a later time, because the clock was put back since, does not count.
        """
        query = select(func.count()).select_from(AuditRow).where(AuditRow.subject == clean(subject), AuditRow.action == action)
        return self._unit.session.scalar(query.where(AuditRow.at.between(iso(since), iso(self._unit.now)))) or 0

    def head(self) -> Head:
        """Return where the trail ends; noted elsewhere, it later proves that nothing before it was rewritten."""
        return head_of(self._unit.session)


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(**{**fields(row), "at": datetime.fromisoformat(row.at)})
