"""The HTML of drafts: the list, and a draft with its source beside what was read. All text is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from html import escape

from data.categories import CATEGORIES
from data.store.canonical import local
from ui.services.library import Edition
from ui.services.library_check import Row
from ui.services.library_drafts import DraftPage
from ui.services.library_file import FACTS, Correction, Draft
from ui.tabs.library_html import button, category_label, options

__all__ = ["draft_html", "drafts_html"]

_LEVELS = {
    "title": "标题",
    "part": "编",
    "chapter": "章",
    "section": "节",
    "article": "条号",
    "paragraph": "款",
    "item": "项",
    "subitem": "目",
    "outline": "纲目",
    "heading": "小标题",
    "label": "序号",
    "furniture": "不属于条文",
    "space": "空白",
}
_FORM = "rc-lib-form"
_SURE = 'data-confirm="确定要删除这份草稿吗？"'


def drafts_html(found: Sequence[Draft], known: Edition) -> str:
    """Return the form for a file, that for a regulation in use, and the drafts."""
    rows = "".join(
        f"<tr><td>{escape(draft.facts.title or '（没有标题）')}</td><td>{escape(draft.facts.region)}</td>"
        f"<td>{escape(draft.source)}</td><td>{escape(draft.by)}</td><td>{local(datetime.fromisoformat(draft.at))[:16]}</td>"
        f"<td>{button('draft', '打开', id=draft.id)}</td></tr>"
        for draft in found
    )
    table = (
        '<div class="rc-wide" tabindex="0" role="region" aria-label="草稿列表">'
        '<table class="rc-list"><caption>草稿</caption><thead><tr>'
        "<th>标题</th><th>地区</th><th>来自</th><th>建立人</th><th>时间</th><th>操作</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )
    choices = [(one.id, one.title) for one in known.regulations]
    return (
        f'<div class="rc-lib-drafts"><form class="{_FORM}" data-lib="upload">'
        '<input id="rc-lib-file" type="file" class="rc-unseen" accept=".docx,.pdf,.txt,.md,.html,.htm">'
        '<label for="rc-lib-file">选择法规文件</label>'
        '<span class="rc-lib-filename" role="status">.docx .pdf .txt .md .html，不超过 20 MB</span>'
        '<button type="submit" class="rc-lib-main">上传并解析</button></form>'
        f'<form class="{_FORM}" data-lib="start"><label for="rc-lib-start">或修改现行法规</label>'
        f'<select id="rc-lib-start" name="id">{options(choices, "")}</select>'
        f'<button type="submit">据现行版本起草</button></form><h3>草稿</h3>{table if rows else _none("还没有草稿。")}</div>'
    )


def draft_html(page: DraftPage) -> str:
    """Return a draft: what to look at, its facts, and every stretch of the source beside what it was read as."""
    draft = page.draft
    replaces = f"发布后将替换现行的《{escape(page.replaces)}》。" if page.replaces else "这是一部新的法规。"
    ids = f'data-id="{draft.id}" data-version="{draft.version}"'
    rows = "".join(_row(row, draft) for row in page.rows)
    return (
        f'<section class="rc-lib-draft" aria-labelledby="rc-lib-title"><h3 id="rc-lib-title" tabindex="-1">草稿：'
        f"{escape(draft.facts.title or draft.source)}</h3>"
        f'<p class="rc-hint">来自 {escape(draft.source)}；{len(page.regulation.clauses)} 条；{replaces}</p>{_problems(page)}'
        f'<form class="{_FORM} rc-lib-factform" data-lib="facts" {ids}>{_fact_inputs(draft)}'
        '<div class="rc-lib-buttons"><button type="submit">保存资料</button>'
        f"{button('discard', '删除草稿', more=_SURE, id=draft.id, version=str(draft.version))}"
        f'</div></form><form class="rc-lib-check" data-lib="categories" {ids}><h4>核对解析</h4>'
        '<p class="rc-hint">左边是文件原文，右边是读成了什么。类别不对的，选好后在最下面保存。</p>'
        f'<div class="rc-lib-rows" role="table" aria-label="原文与解析"><div role="row" class="rc-lib-head">'
        f'<span role="columnheader">原文</span><span role="columnheader">解析</span></div>{rows}</div>'
        '<div class="rc-lib-save"><label for="rc-lib-why">更正类别的理由</label>'
        '<input id="rc-lib-why" name="why" maxlength="500" autocomplete="off">'
        '<button type="submit" class="rc-lib-main">保存类别</button></div></form></section>'
    )


def _problems(page: DraftPage) -> str:
    if not page.problems:
        return '<p class="rc-hint">没有发现问题：条号连续，资料齐全。</p>'
    rows = "".join(f"<li>{'<b>发布前必须处理：</b>' if p.blocking else ''}{escape(p.text)}</li>" for p in page.problems)
    return f'<ul class="rc-lib-problems" aria-label="需要核对">{rows}</ul>'


def _fact_inputs(draft: Draft) -> str:
    values = asdict(draft.facts)
    return "".join(
        f'<p><label for="rc-lib-fact-{name}">{label}{_hint(name)}</label>'
        f'<input id="rc-lib-fact-{name}" name="{name}" maxlength="200" '
        f'value="{escape(values[name])}" autocomplete="off"></p>'
        for name, label in FACTS.items()
    )


def _hint(name: str) -> str:
    if name in ("issued", "effective"):
        return "（写成 2019-02-09）"
    return "（小写字母、数字、连字符）" if name == "regulation_id" else ""


def _row(row: Row, draft: Draft) -> str:
    level = _LEVELS[row.piece.level]
    source = f'<div role="cell" class="rc-lib-source">{escape(row.source.strip(chr(10)))}</div>'
    if row.clause is None:
        shown = escape(" ".join(row.piece.text.split()))
        read = f'<span class="rc-lib-level">{level}</span> <span class="rc-lib-text">{shown}</span>'
        return f'<div role="row" class="rc-lib-row rc-lib-{row.piece.level}">{source}<div role="cell">{read}</div></div>'
    clause = row.clause
    path = clause.id.rpartition("/")[2]
    made = draft.corrections.get(path)
    choices = [("", "按规则归类"), *CATEGORIES.items()] if made else list(CATEGORIES.items())
    name = f"{clause.label}{clause.text[:20]}"
    read = (
        f'<span class="rc-lib-level">{level}</span> <code>{escape(path)}</code> '
        f'<select class="rc-lib-pick" data-clause="{escape(clause.id)}" data-was="{escape(clause.category)}" '
        f'aria-label="类别：{escape(name)}">{options(choices, clause.category)}</select>'
        f'<p class="rc-hint">{escape(_why(clause.category, clause.reason, made))}</p>'
    )
    return f'<div role="row" class="rc-lib-row rc-lib-clause-row">{source}<div role="cell">{read}</div></div>'


def _why(category: str, reason: str, made: Correction | None) -> str:
    return f"{category_label(category)}：{reason}" + (f"（{made.by}）" if made else "")


def _none(text: str) -> str:
    return f'<p class="rc-hint">{text}</p>'
