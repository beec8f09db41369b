"""The HTML of versions: the form that publishes, the list, and differences clause by clause. All text is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from data.difference import KINDS, Change
from data.schema import Clause, Regulation, Span
from data.store.canonical import local
from retrieval.releases import Release
from ui.services.library_file import Draft
from ui.services.library_versions import Versions
from ui.tabs.library_html import button, category_label, marked, options

__all__ = ["changes_html", "publish_html", "versions_html"]

_NO_DRAFTS = '<p class="rc-hint">还没有草稿。</p>'


def publish_html(found: Sequence[Draft], regulations: Sequence[Regulation], base: int) -> str:
    """Return the form in which drafts are chosen, looked at and published as the version after `base`."""
    drafts = "".join(
        f'<label><input type="checkbox" name="drafts" value="{draft.id}:{draft.version}"> '
        f"{escape(draft.facts.title or '（没有标题）')} <small>{escape(draft.facts.regulation_id)}</small></label>"
        for draft in found
    )
    removed = "".join(
        f'<label><input type="checkbox" name="remove" value="{escape(one.id)}"> {escape(one.title)}</label>'
        for one in regulations
    )
    return (
        '<form class="rc-lib-form rc-lib-publish" data-lib="publish" '
        'data-confirm="确定要发布新版本吗？发布后所有人立即使用它。">'
        f'<h3>发布第 {base + 1} 版</h3><input type="hidden" name="base" value="{base}">'
        f"<fieldset><legend>发布这些草稿</legend>{drafts or _NO_DRAFTS}</fieldset>"
        f"<details><summary>从条款库移出法规（已废止的）</summary><fieldset><legend>移出</legend>{removed}</fieldset></details>"
        '<label for="rc-lib-note">改了什么（必填，撤回版本时也写在这里）</label>'
        '<input id="rc-lib-note" name="note" maxlength="500" autocomplete="off">'
        f'<div class="rc-lib-buttons">{button("preview", "先看差别")}'
        '<button type="submit" class="rc-lib-main">发布</button></div></form>'
    )


def versions_html(found: Versions, publishing: str) -> str:
    """Return the list of versions and what compares them; `publishing` is the form of those who may publish, "" for others."""
    numbers = [str(release.number) for release in found.releases] + ["0"]
    choices = [(number, f"第 {number} 版" if number != "0" else "随程序附带") for number in numbers]
    before = numbers[1] if len(numbers) > 1 else "0"
    compare = (
        '<form class="rc-lib-form" data-lib="differences"><label for="rc-lib-old">比较</label>'
        f'<select id="rc-lib-old" name="old">{options(choices, before)}</select>'
        f'<label for="rc-lib-new">与</label><select id="rc-lib-new" name="new">{options(choices, numbers[0])}</select>'
        '<button type="submit">看差别</button></form>'
    )
    compare = compare if found.releases else ""  # there is nothing to compare the shipped regulations with
    rows = "".join(_release(release, found, withdrawing=bool(publishing)) for release in found.releases)
    return (
        f'<div class="rc-lib-versions">{_problem(found)}{publishing}<h3>已发布的版本</h3>{compare}'
        '<div class="rc-wide" tabindex="0" role="region" aria-label="版本列表">'
        '<table class="rc-list"><caption>版本</caption><thead><tr>'
        "<th>版本</th><th>发布时间</th><th>发布人</th><th>说明</th><th>法规</th><th>条款</th><th>重新编码</th><th>操作</th></tr></thead>"
        f"<tbody>{rows}{_shipped(found, withdrawing=bool(publishing))}</tbody></table></div></div>"
    )


def changes_html(changes: Sequence[Change], title: str) -> str:
    """Return the differences, clause by clause, what differs marked on both sides."""
    counts = "，".join(f"{name} {n} 条" for kind, name in KINDS.items() if (n := sum(c.kind == kind for c in changes)))
    told = f"{counts}。" if changes else "条款没有差别。"
    rows = "".join(map(_change, changes))
    return (
        f'<section class="rc-lib-changes" aria-labelledby="rc-lib-title"><h3 id="rc-lib-title" tabindex="-1">{escape(title)}</h3>'
        f'<p class="rc-hint">{told}</p>{rows}</section>'
    )


def _problem(found: Versions) -> str:
    """Return what stands above the list where another version answers than the one in use, "" where all is well."""
    if found.serving == found.current:
        return ""
    serving = f"第 {found.serving} 版" if found.serving else "随程序附带的版本"
    told = f"第 {found.current} 版打不开，目前使用{serving}。请管理员查看运行程序的窗口，或撤回到能用的版本。"
    if not found.current:
        told = f"版本记录不见了，目前使用{serving}。请管理员查看运行程序的窗口，从备份恢复条款库。"
    return f'<p class="rc-status rc-error">{told}</p>'


def _release(release: Release, found: Versions, *, withdrawing: bool) -> str:
    state = "（现行）" if release.number == found.current else ""
    restored = f"（撤回到第 {release.restores} 版）" if release.restores is not None else ""
    actions = button("differences", "改了什么", old=str(release.base), new=str(release.number))
    if withdrawing and release.number != found.current:
        actions += _withdraw(release.number, found.current)
    cells = (
        f"第 {release.number} 版{state}",
        local(release.at)[:16],
        release.by,
        release.note + restored,
        f"{len(release.titles)} 部",
        str(release.clauses),
        f"{release.encoded} 段",
    )
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}<td>{actions}</td></tr>"


def _shipped(found: Versions, *, withdrawing: bool) -> str:
    actions = _withdraw(0, found.current) if withdrawing and found.current else ""
    state = "" if found.current else "（现行）"
    return f'<tr><td>随程序附带{state}</td><td colspan="6"></td><td>{actions}</td></tr>'


def _withdraw(number: int, base: int) -> str:
    label = f"撤回到第 {number} 版" if number else "撤回到附带的版本"
    ask = f'data-confirm="确定要{label}吗？现行版本仍会保留在列表里。"'
    return button("withdraw", "撤回到此", more=ask, number=str(number), base=str(base))


def _change(change: Change) -> str:
    category = ""
    if change.before and change.after and change.before.category != change.after.category:
        category = f"{category_label(change.before.category)} → {category_label(change.after.category)}"
    punctuation = change.kind == "changed" and not change.spans_before and not change.spans_after
    notes = "；".join(note for note in (category, "只有标点或空白不同" if punctuation else "") if note)
    return (
        f'<div class="rc-lib-change rc-lib-{change.kind}"><h4><span class="rc-lib-kind">{KINDS[change.kind]}</span> '
        f"{escape(change.citation_after or change.citation_before)} <small>{escape(notes)}</small></h4>"
        f"<div>{_side('原文', change.before, change.citation_before, change.spans_before, 'del')}"
        f"{_side('新文', change.after, change.citation_after, change.spans_after, 'ins')}</div></div>"
    )


def _side(name: str, clause: Clause | None, citation: str, spans: Sequence[Span], tag: str) -> str:
    if clause is None:
        return f'<p><span class="rc-lib-side">{name}</span><em>没有这一条</em></p>'
    return f'<p><span class="rc-lib-side">{name}　{escape(citation)}</span>{marked(clause.text, spans, tag)}</p>'
