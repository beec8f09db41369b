"""The HTML of the tab 管理. All text is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from data.store.canonical import local
from data.store.records import ROLES, AuditEntry, User
from data.store.verify import Verification
from ui.services.audit import PAGE, action_name
from ui.services.backup import Backup

__all__ = ["audit_page", "backups_html", "users_html", "verified"]


def users_html(users: Sequence[User]) -> str:
    """Return the table of accounts."""
    rows = [
        (
            escape(user.name),
            escape(user.display_name),
            ROLES[user.role],
            "已停用" if user.disabled else "可登录" if user.password_hash else "没有口令",
            local(user.created)[:10],
        )
        for user in users
    ]
    return _table("用户", ("用户名", "姓名", "角色", "状态", "建立日期"), rows) if rows else _none("还没有用户。")


def audit_page(found: Sequence[AuditEntry], before: int | None) -> tuple[str, str | None, int | None]:
    """Return what is said of a page of the trail, its table (None: the one that is shown stays), and its oldest row.

    `before` is the row that the page was to come before, None for the newest page.
    """
    if not found and before is not None:
        return "没有更早的记录了。", None, before
    return "", _audit_table(found), found[-1].seq if found else None


def backups_html(backups: Iterable[Backup]) -> str:
    """Return the list of backups with their links."""
    rows = [
        (
            local(one.made),
            f"{one.size / 1_000_000:.1f} MB",
            " ".join(
                _link(name, label)
                for name, label in ((one.name, "下载备份"), (one.manifest, "下载清单"), (one.library, "下载条款库"))
                if name
            ),
        )
        for one in backups
    ]
    return _table("备份", ("时间", "大小", "文件（都要保存，放在一起）"), rows) if rows else _none("还没有备份。")


def verified(found: Verification) -> str:
    """Return in one sentence what a verification found; the first bad row is named."""
    if found.ok:
        return f"审计链完好，共 {found.head.count} 行，各条记录与它一致。链尾 {found.head.count}:{found.head.hash}"
    return f"核验没有通过：{found.problem}请保留现场并联系管理数据库的人。"


def _table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<div class="rc-wide" tabindex="0" role="region" aria-label="{caption}"><table class="rc-list">'
        f"<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _none(sentence: str) -> str:
    return f'<p class="rc-empty">{sentence}</p>'


def _link(name: str, label: str) -> str:
    return f'<a href="backups/{escape(name)}" download>{label}</a>'


def _audit_table(entries: Sequence[AuditEntry]) -> str:
    rows = [
        (str(row.seq), local(row.at), escape(row.actor), escape(action_name(row.action)), escape(_short(row.subject)))
        for row in entries
    ]
    if not rows:
        return _none("没有这样的记录。")
    more = f'<p class="rc-hint">每次显示 {PAGE} 行；只记谁在何时做了什么，不记内容。</p>'
    return _table("审计记录", ("行", "时间", "谁", "做了什么", "对象"), rows) + more


def _short(subject: str) -> str:
    """Return a subject with the middle of a long id left out."""
    kind, _, name = subject.partition(":")
    return f"{kind}:{name[:8]}…{name[-4:]}" if len(name) > 20 else subject
