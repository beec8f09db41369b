"""The HTML of the tab 条款库 for reading: the tree, what was found, and a clause. All text is escaped here."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from data.categories import CATEGORIES
from data.schema import Clause, Regulation, Span
from ui.services.library import Article, ClausePage, Edition, Found, sections

__all__ = [
    "browse_html",
    "button",
    "category_label",
    "clause_html",
    "found_html",
    "marked",
    "nav_html",
    "options",
    "search_html",
]

_VIEWS = (("browse", "浏览查找"), ("drafts", "上传与校对"), ("versions", "版本"))
_EXCERPT = 44  # characters of a clause in the tree


def nav_html(active: str, *, drafting: bool) -> str:
    """Return the buttons for the views; that for drafts only for people who may draft."""
    shown = [(key, name) for key, name in _VIEWS if drafting or key != "drafts"]
    inside = "".join(
        f'<button type="button" data-lib="{key}"{" aria-current=page" if key == active else ""}>{name}</button>'
        for key, name in shown
    )
    return f'<nav class="rc-lib-nav" aria-label="条款库">{inside}</nav>'


def button(action: str, label: str, *, more: str = "", **data: str) -> str:
    """Return a button that asks for an action; `data` goes along, `more` are further attributes, already escaped."""
    given = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    return f'<button type="button" data-lib="{action}"{given} {more}>{escape(label)}</button>'


def options(choices: Iterable[tuple[str, str]], chosen: str) -> str:
    """Return the options of a select from (value, label)."""
    return "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(label)}</option>'
        for value, label in choices
    )


def category_label(category: str) -> str:
    """Return a category in Chinese; one of somebody's own stays as it is."""
    return CATEGORIES.get(category, category)


def marked(text: str, spans: Iterable[Span], tag: str) -> str:
    """Return `text` with each of the disjoint spans, given in order, in an element of this name."""
    shown, done = "", 0
    for span in spans:
        shown += f"{escape(text[done : span.start])}<{tag}>{escape(span.of(text))}</{tag}>"
        done = span.end
    return shown + escape(text[done:])


def search_html(known: Edition, query: str = "", regulation: str = "") -> str:
    """Return the form that finds clauses."""
    choices = [("", "全部法规"), *((one.id, one.title) for one in known.regulations)]
    return (
        '<form class="rc-lib-form rc-lib-search" role="search" data-lib="search" novalidate>'
        '<label for="rc-lib-query">字词或条款号</label>'
        f'<input id="rc-lib-query" name="query" type="search" maxlength="200" value="{escape(query)}" '
        'aria-describedby="rc-lib-query-hint" autocomplete="off">'
        '<label for="rc-lib-scope">范围</label>'
        f'<select id="rc-lib-scope" name="regulation">{options(choices, regulation)}</select>'
        '<button type="submit" class="rc-lib-main">查找</button>'
        '<p class="rc-hint" id="rc-lib-query-hint">例如：隐瞒证据；第十三条第（六）项；山东 13条。</p></form>'
    )


def browse_html(known: Edition) -> str:
    """Return the form and the tree: regulations by region, their chapters, articles and clauses."""
    count = sum(len(regulation.clauses) for regulation in known.regulations)
    version = f"第 {known.number} 版" if known.number else "随程序附带的版本"
    told = f'<p class="rc-hint">现行{version}，{len(known.regulations)} 部法规，{count} 条。</p>'
    return f'<div class="rc-lib-browse">{search_html(known)}{told}{"".join(map(_regulation, known.regulations))}</div>'


def found_html(known: Edition, found: Found, query: str, regulation: str) -> str:
    """Return the form and what was found."""
    shown = f"，列出前 {len(found.hits)} 条" if found.total > len(found.hits) else ""
    told = f"找到 {found.total} 条{shown}。" if found.total else "没有找到。请换个写法，或减少字词；字词要与条文一致。"
    rows = "".join(
        f"<li>{button('clause', hit.citation, id=hit.clause.id)}"
        f'<p class="rc-lib-text">{marked(hit.clause.text, hit.spans, "mark")}</p></li>'
        for hit in found.hits
    )
    return (
        f'<div class="rc-lib-browse">{search_html(known, query, regulation)}'
        f'<p class="rc-hint" role="status">{told} {button("browse", "返回目录")}</p><ol class="rc-lib-hits">{rows}</ol></div>'
    )


def clause_html(page: ClausePage, *, drafting: bool) -> str:
    """Return a clause with its category, its article, where it comes from, and the same rule elsewhere."""
    clause, regulation = page.clause, page.regulation
    start = button("start", "据现行版本起草修改", id=regulation.id) if drafting else ""
    lead = f'<p class="rc-hint">引导句：{escape(clause.lead)}</p>' if clause.lead else ""
    return (
        '<article class="rc-lib-clause" aria-labelledby="rc-lib-title">'
        f'<h3 id="rc-lib-title" tabindex="-1">{escape(page.citation)}</h3><p class="rc-lib-whole">{escape(clause.text)}</p>{lead}'
        f'<dl class="rc-lib-facts"><dt>类别</dt><dd><strong>{escape(page.category)}</strong>：{escape(clause.reason)}</dd>'
        f"<dt>位置</dt><dd>{escape(' › '.join(clause.headings)) or '无章节'}</dd>{_facts(regulation)}"
        f"<dt>条款编号</dt><dd><code>{escape(clause.id)}</code></dd></dl>"
        f"{_article_of(page)}{_related(page)}{start}</article>"
    )


def _regulation(regulation: Regulation) -> str:
    inside = "".join(
        f'<details class="rc-lib-section"><summary>{escape(" › ".join(section.headings)) or "（标题之前）"}</summary>'
        f"{''.join(map(_article, section.articles))}</details>"
        for section in sections(regulation)
    )
    region = escape(regulation.region or "未写地区")
    return (
        f'<details class="rc-lib-regulation"><summary><span class="rc-lib-region">{region}</span> '
        f"{escape(regulation.title)}</summary>{inside}</details>"
    )


def _article(article: Article) -> str:
    rows = "".join(f"<li>{_clause_button(clause, cited, article.label)}</li>" for clause, cited in article.clauses)
    label = f"<h4>{escape(article.label)}</h4>" if article.label else ""
    return f'<div class="rc-lib-article">{label}<ul>{rows}</ul></div>'


def _clause_button(clause: Clause, cited: str, label: str) -> str:
    text = clause.text if len(clause.text) <= _EXCERPT else f"{clause.text[:_EXCERPT]}……"
    place = cited.removeprefix(label) or "正文"
    return (
        f'<button type="button" data-lib="clause" data-id="{escape(clause.id)}"><b>{escape(place)}</b> {escape(text)} '
        f'<small class="rc-lib-category">{escape(category_label(clause.category))}</small></button>'
    )


def _facts(regulation: Regulation) -> str:
    rows = (
        ("法规", regulation.title),
        ("地区", regulation.region),
        ("制定机关", regulation.issuer),
        ("文号", regulation.doc_number),
        ("印发", str(regulation.issued or "")),
        ("施行", str(regulation.effective or "")),
    )
    return "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in rows if value)


def _article_of(page: ClausePage) -> str:
    if len(page.article.clauses) < 2 or not page.article.label:
        return ""
    rows = "".join(
        f"<li{' class=rc-lib-here aria-current=true' if clause.id == page.clause.id else ''}>"
        f"{button('clause', cited.removeprefix(page.article.label) or '正文', id=clause.id)} {escape(clause.text)}</li>"
        for clause, cited in page.article.clauses
    )
    return f'<h4>{escape(page.article.label)}全文</h4><ul class="rc-lib-around">{rows}</ul>'


def _related(page: ClausePage) -> str:
    if not page.related:
        return ""
    warning = '<p class="rc-hint">这一条的文字已改动，下面的对应关系是按原来的文字判断的。</p>' if page.rewritten else ""
    rows = "".join(
        f"<li><b>{escape(other.relation)}</b> {button('clause', other.citation, id=other.clause_id)}"
        f'<p class="rc-lib-text">{escape(other.text)}</p>{_differs(other.note)}</li>'
        for other in page.related
    )
    return f'<h4>其他地区的对应条款</h4>{warning}<ul class="rc-lib-related">{rows}</ul>'


def _differs(note: str) -> str:
    return f'<p class="rc-hint">区别：{escape(note)}</p>' if note else ""
