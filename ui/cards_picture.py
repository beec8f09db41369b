"""The picture of a case, its open questions, like cases and time limits as HTML. All text is escaped here."""

from __future__ import annotations

from html import escape

from data.logic import STATE_LABELS
from data.procedure import Step
from data.schema import ClauseStanding, GroupPicture, LikeCase
from data.workdays import chinese_date
from retrieval.dossier import Dossier
from ui.present_words import DECIDED, RULES, STATUS, label_words, open_questions

__all__ = ["picture_html"]

_EXCERPT = 60


def picture_html(dossier: Dossier, narrative: str) -> str:
    """Return picture, questions, like cases and steps of a dossier, in this order; what there is nothing for is left out."""
    if not dossier.regulation:
        return ""
    outdated = f'<p class="rc-hint">{escape(dossier.outdated)}</p>' if dossier.outdated else ""
    return outdated + _picture(dossier, narrative) + _questions(dossier) + _steps(dossier) + _like(dossier)


def _section(name: str, title: str, inside: str) -> str:
    return f'<section class="rc-{name}" aria-labelledby="rc-{name}-title"><h2 id="rc-{name}-title">{title}</h2>{inside}</section>'


def _picture(dossier: Dossier, narrative: str) -> str:
    if dossier.picture is None:
        return ""
    assumed = "搜索范围不止一部规定，这里按排名第一的条款所属的规定列出。" if dossier.assumed else ""
    rows = "".join(_group(group, dossier, narrative) for group in dossier.picture.groups if group.rule != "questions")
    head = "".join(f'<th scope="col">{name}</th>' for name in ("条款", "叙述怎么说", "叙述中的话"))
    return _section(
        "picture",
        f"逐条对照 <small>{escape(dossier.title)}</small>",
        f'<p class="rc-hint">{assumed}只列出叙述说了什么、没有说什么；未说明不等于没有，各条是否成立由审核人判断。</p>'
        f'<table class="rc-table"><thead><tr>{head}</tr></thead>{rows}</table>',
    )


def _group(group: GroupPicture, dossier: Dossier, narrative: str) -> str:
    told = [clause for clause in group.clauses if clause.status != "not_stated"]
    shown = group.clauses if group.rule == "all" else tuple(told)
    silent = len(group.clauses) - len(shown)
    waiting = f"；要先看：{'、'.join(map(_short_title, group.waiting))}" if group.waiting else ""
    rule = f"{RULES[group.rule]}{waiting}" + ("" if shown else f"；{silent} 项均未说明")
    state = f'<span class="rc-state rc-state-{_tone(group)}">{STATE_LABELS[group.state]}</span>'
    head = (
        f'<tr class="rc-group-row"><th colspan="3" scope="rowgroup">{escape(group.title)} {state}'
        f"<small>{escape(rule)}</small></th></tr>"
    )
    rows = "".join(_row(clause, dossier, narrative, group.side) for clause in shown)
    if silent and told:
        rows += f'<tr class="rc-silent"><td colspan="3">其余 {silent} 项未说明。</td></tr>'
    return f"<tbody>{head}{rows}</tbody>"


def _tone(group: GroupPicture) -> str:
    """Return whether the state of a group speaks for or against the officer, or is open."""
    if group.state == "open":
        return "open"
    told = group.state in ("met", "raised")
    return "good" if told == (group.side == "for") else "bad"


def _row(clause: ClauseStanding, dossier: Dossier, narrative: str, side: str) -> str:
    own = dossier.clauses[clause.clause_id]
    place, text = escape(_place(own.citation)), escape(_excerpt(own.clause.text))
    quotes = "".join(f"<q>{escape(' '.join(span.of(narrative).split()))}</q>" for span in clause.words)
    why = f"<small>{escape(clause.reason)}（{DECIDED[clause.decided_by]}）</small>" if clause.reason else ""
    tone = "open" if clause.status == "not_stated" else "good" if (clause.status == "supported") == (side == "for") else "bad"
    return (
        f'<tr><th scope="row"><span class="rc-cited">{place}</span> {text}</th>'
        f'<td class="rc-status-cell"><span class="rc-state rc-state-{tone}">{STATUS[clause.status]}</span></td>'
        f"<td>{quotes}{why}</td></tr>"
    )


def _questions(dossier: Dossier) -> str:
    if dossier.picture is None:
        return ""
    first, others = open_questions(dossier.picture)
    if not first and not others:
        return ""
    lists = [
        "".join(
            f'<li>{escape(question)} <span class="rc-cited">{escape(_place(dossier.clauses[clause_id].citation))}</span></li>'
            for _, clause_id, question in found
        )
        for found in (first, others)
    ]
    main = f"<ol>{lists[0]}</ol>" if first else '<p class="rc-hint">条件和情形各项叙述都有说明。</p>'
    title = f"不利情形和权衡方面还可以问的 {len(others)} 项"
    more = f"<details><summary>{title}</summary><ol>{lists[1]}</ol></details>" if others else ""
    return _section("questions", "需要查明的事实", main + more)


def _steps(dossier: Dossier) -> str:
    if not dossier.steps:
        return ""
    start = chinese_date(dossier.steps[0].start)
    head = "".join(f'<th scope="col">{name}</th>' for name in ("谁，做什么", "从何时算起", "最迟", "依据"))
    rows = "".join(map(_step, dossier.steps))
    return _section(
        "steps",
        f"办理步骤和期限 <small>各步骤都按起算日 {escape(start)} 推算</small>",
        f'<table class="rc-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        '<p class="rc-hint">各步骤的起算事件不同，请换成各自的日子再算；以有关部门的书面通知为准。</p>',
    )


def _step(step: Step) -> str:
    asked = step.deadline
    to_whom = f"（对象：{asked.to_whom}）" if asked.to_whom else ""
    day = f"<strong>{escape(chinese_date(step.due.day))}</strong>" if step.due.day is not None else "—"
    return (
        f'<tr><th scope="row">{escape(asked.who or "条文未写明由谁办理")}：{escape(asked.does + to_whom)}</th>'
        f"<td>{escape(asked.counted_from or '条文未写明')}</td>"
        f"<td>{day}<small>{escape(step.due.note)}</small></td>"
        f'<td><span class="rc-cited">{escape(_place(step.citation))}</span><q>{escape(asked.quote)}</q>'
        f"<details><summary>全文</summary><p>{escape(step.paragraph)}</p></details></td></tr>"
    )


def _like(dossier: Dossier) -> str:
    inside = "".join(_like_case(case, dossier) for case in dossier.like)
    note = f'<p class="rc-hint">{escape(dossier.like_note)}</p>' if dossier.like_note else ""
    hint = '<p class="rc-hint">按叙述的相近程度列出；标注由本项目自编，不是有关机关的结论。</p>' if dossier.like else ""
    return _section("like", "相近案例", hint + inside + note) if inside or note else ""


def _like_case(case: LikeCase, dossier: Dossier) -> str:
    labels = label_words(case.labels, dossier.clauses)
    return (
        f"<details><summary>相近 {case.likeness:.2f}　标注：{escape(labels)}"
        f'<small>{escape(case.source)}</small></summary><p class="rc-case-text">{escape(case.narrative)}</p></details>'
    )


def _place(citation: str) -> str:
    """Return a citation without the title of its regulation, which stands above."""
    return citation.partition("》")[2] or citation


def _short_title(title: str) -> str:
    return title.partition("（")[0]


def _excerpt(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _EXCERPT else flat[: _EXCERPT - 1] + "…"
