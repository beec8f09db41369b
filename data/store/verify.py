"""Walks the audit trail from its first row and compares the records with what the trail says of them.

Found: a row that was changed, deleted, inserted or moved; a tail that was cut off; a record that was changed, deleted
or inserted past the program. Somebody who rewrites the whole trail and its head is found by a head that was noted
elsewhere before: the one of a backup's manifest, or what `rongcuo store verify` printed.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.store.audit import ACTIONS, RECORDED
from data.store.canonical import digest, local
from data.store.chain import ZERO, chain_hash
from data.store.contents import CONTENTS, content_of, subject_of
from data.store.models import AuditHeadRow, AuditRow
from data.store.records import Head

__all__ = ["Verification", "verify_store"]

_STREAM = {"yield_per": 500}  # rows are not all held at once
_GONE = digest(None)
_KINDS = {"user": "用户", "case": "案件", "report": "匹配结果", "review": "复核意见", "assignment": "分派"}


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found: `head` is the end of the rows that are right; `problem` is "" where all is right.

    `seq` is the number of the first bad row, None where the trail is right and a record is not.
    """

    head: Head
    problem: str = ""
    seq: int | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.problem


def verify_store(session: Session, known: Head | None = None) -> Verification:
    """Return what is wrong first, by the order of the trail, then of the records; an empty trail is right."""
    last = Head(0, ZERO)
    digests: dict[str, str] = {}
    with closing(session.scalars(select(AuditRow).order_by(AuditRow.seq), execution_options=_STREAM)) as rows:
        for row in rows:
            problem = _problem(row, last)
            if problem:
                return Verification(last, problem, last.count + 1)
            last = Head(row.seq, row.hash)
            if known is not None and known.count == row.seq and known.hash != row.hash:
                return Verification(last, f"审计记录第 {row.seq} 行与先前记下的校验值不同，此前的记录被整体改写过。", row.seq)
            if row.action in RECORDED:
                digests[row.subject] = row.digest
    problem = _tail(session, last) or _known_tail(known, last)
    if problem:
        return Verification(last, problem, last.count + 1)
    try:
        return Verification(last, _records(session, digests))
    except ValueError:  # SQLite keeps any text in a column of times
        return Verification(last, "有的记录里的时间读不出来，被绕过程序改动过。")


def _problem(row: AuditRow, last: Head) -> str:
    expected = last.count + 1
    if row.seq != expected:
        return f"审计记录第 {expected} 行不见了（其后是第 {row.seq} 行），被删除过。"
    what = f"审计记录第 {row.seq} 行（{_when(row.at)}，{row.actor}，{ACTIONS.get(row.action, row.action)}）"
    if chain_hash(row) != row.hash:
        return f"{what}与自身的校验值不符，内容被改动或调换过。"
    if row.previous != last.hash:
        return f"{what}与前一行接不上，它或前面的行被换过。"
    return ""


def _tail(session: Session, last: Head) -> str:
    head = session.get(AuditHeadRow, 1)
    if head is None:
        return "审计链的链尾记录不见了，被删除过。"
    if head.count > last.count:
        return f"审计记录第 {last.count + 1} 行不见了：应有 {head.count} 行，只有 {last.count} 行，末尾被截去。"
    if (head.count, head.hash) != (last.count, last.hash):
        return f"审计记录有 {last.count} 行，与链尾记录（{head.count} 行）不符，末尾被添加或改写过。"
    return ""


def _known_tail(known: Head | None, last: Head) -> str:
    if known is not None and known.count > last.count:
        return f"先前记下时有 {known.count} 行审计记录，现在只有 {last.count} 行，末尾被截去。"
    return ""


def _records(session: Session, digests: dict[str, str]) -> str:
    """Compare each record with the last digest of its subject; `digests` is used up."""
    for table in CONTENTS:
        with closing(session.scalars(select(table), execution_options=_STREAM)) as rows:
            for row in rows:
                subject = subject_of(row)
                said = digests.pop(subject, None)
                if said is None:
                    return f"{_called(subject)}没有审计记录，是绕过程序写入的。"
                if digest(content_of(row)) != said:
                    return f"{_called(subject)}与审计记录不符，被绕过程序改动过。"
    missing = min((subject for subject, said in digests.items() if said != _GONE), default=None)
    return f"{_called(missing)}不见了，被绕过程序删除过。" if missing else ""


def _called(subject: str) -> str:
    kind, _, name = subject.partition(":")
    return f"{_KINDS.get(kind, '记录')} {name} "


def _when(at: str) -> str:
    try:
        return local(datetime.fromisoformat(at))
    except ValueError:
        return "时间读不出来"
