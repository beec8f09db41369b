"""The cases that went worst: the narrative, the clauses sought, what stood above them, and on what grounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from data.categories import CATEGORIES
from data.entries import Entry
from retrieval.analysis import Place, WorstCase, worst_cases, worst_measure
from retrieval.evaluate import Evaluation, length_band
from retrieval.matcher import Matcher
from ui.present_words import grade_words
from ui.report_grounds import Grounds, grounds
from ui.report_html import Html, details, element, number
from ui.report_tables import region_name, system_name

__all__ = ["reason", "worst_html"]

_PARTS = {"dense": "向量相似度", "bm25": "BM25", "tfidf": "TF-IDF", "attention": "条款注意力"}
_TERMS = 4  # that are named of those that make up a BM25 score


def worst_html(evaluation: Evaluation, matcher: Matcher, *, k: int = 10) -> Html:
    """Return the `k` worst cases of the last system, each folded away; no labelled case gives a sentence."""
    found, name = worst_cases(evaluation, k=k), evaluation.systems[-1].name
    if not found:
        return element("p", "没有带标注的案例。")
    entries = {entry.clause.id: entry for entry in matcher.index.entries}
    said = (
        f"按 {worst_measure(evaluation)} 从低到高列出{system_name(name)}的 {len(found)} 个案例。“依据”只列可以核对的事实："
        "各路分数、BM25 主要来自哪些字词、叙述中相对最接近的一句、两边都有的实词；它说明系统为什么这样排，不说明条款是否适用。"
    )
    if matcher.index.background.center.any():
        said += "“平常”是任何叙述在这一条上的平均得分，先减去它再排序。"
    return element("div", element("p", said), *(_case(worst, evaluation, matcher, entries) for worst in found))


def reason(worst: WorstCase, seen: Mapping[str, Grounds], names: Mapping[str, str]) -> str:
    """Return in one Chinese sentence how the first clause without label compares with the best sought one below it.

    `names` says how each clause is called.
    """
    if not worst.top:
        return "候选条款里没有可以排名的条款。"
    wrong = next((place for place in worst.top if not place.grade), None)
    below = [place for place in worst.sought if wrong and place.rank and wrong.rank and place.rank > wrong.rank]
    if wrong is None or not below:
        return "没有未标注的条款排在应列的条款之上。"
    one, other = seen.get(wrong.clause_id), seen.get(below[0].clause_id)
    pair = f"第 {wrong.rank} 名的{names[wrong.clause_id]}与第 {below[0].rank} 名、应列的{names[below[0].clause_id]}相比"
    if one is None or other is None:
        return f"{pair}：分数 {number(wrong.score or 0)} 对 {number(below[0].score or 0)}。"
    what = "，得分减去平常" if one.usual else ""
    above = {part: tuple(g.parts[part] - g.usual.get(part, 0.0) for g in (one, other)) for part in one.parts}
    scores = "，".join(f"{_name(part)} {mine:.3f} 对 {theirs:.3f}" for part, (mine, theirs) in above.items())
    return f"{pair}{what}：{scores}；与叙述共有的实词，前者{_words(one)}，后者{_words(other)}。"


def _case(worst: WorstCase, evaluation: Evaluation, matcher: Matcher, entries: Mapping[str, Entry]) -> Html:
    case = worst.case
    places = {place.clause_id: place for place in (*worst.top, *worst.sought)}
    seen = grounds(matcher, case, places, system=evaluation.systems[-1].name) if worst.top else {}
    names = _names([entries[clause] for clause in places])
    kind = "，".join(filter(None, (region_name(case.region), case.style, length_band(case))))
    top = element("ol", *(_place(place, seen, entries, names) for place in worst.top))
    return details(
        f"{case.id}　{worst_measure(evaluation)} {worst.value:.3f}　{kind}",
        element("blockquote", case.narrative),
        element("p", element("b", "依据："), reason(worst, seen, names)),
        element("h4", "应列的条款和它们的名次"),
        element("ol", *(_place(place, seen, entries, names) for place in worst.sought)),
        *((element("h4", "实际排在最前的条款"), top) if worst.top else ()),
    )


def _names(entries: Sequence[Entry]) -> dict[str, str]:
    """Return how each clause is cited, without the title of the regulation where all are from the same."""
    full = {entry.clause.id: entry.citation or entry.clause.id for entry in entries}
    if len({entry.clause.regulation_id for entry in entries}) > 1:
        return full
    return {clause: citation.partition("》")[2] or citation for clause, citation in full.items()}


def _place(place: Place, seen: Mapping[str, Grounds], entries: Mapping[str, Entry], names: Mapping[str, str]) -> Html:
    clause = entries[place.clause_id].clause
    rank = f"第 {place.rank} 名" if place.rank else "未列出"
    score = "" if place.score is None else f"，分数 {number(place.score)}"
    grade = grade_words(place.grade) if place.grade else "未标注"
    label = f"（{CATEGORIES.get(clause.category, clause.category)}，{grade}{score}）"
    head = element("p", element("b", rank), f" {names[place.clause_id]} ", element("small", label))
    saw = element("p", _facts(seen[place.clause_id]), class_="rc-facts") if place.clause_id in seen else Html("")
    return element("li", head, element("p", clause.text), saw, class_=f"rc-grade-{place.grade}")


def _facts(found: Grounds) -> str:
    scores = "，".join(f"{_name(part)} {value:.3f}{_aside(found, part)}" for part, value in found.parts.items())
    sentence = f"；相对最接近的一句“{' '.join(found.sentence.split())}”" if found.sentence else ""
    return f"{scores}{sentence}；与叙述共有的实词：{_words(found)}。"


def _aside(found: Grounds, part: str) -> str:
    usual = [f"平常 {found.usual[part]:.3f}"] if part in found.usual else []
    counted = [f"“{term}” {weight:.1f}" for term, weight in list(found.counted.items())[:_TERMS]] if part == "bm25" else []
    said = "；".join([*usual, *(["来自" + "、".join(counted)] if counted else [])])
    return f"（{said}）" if said else ""


def _name(part: str) -> str:
    return _PARTS.get(part, part)


def _words(found: Grounds) -> str:
    return "、".join(f"“{word}”" for word in found.words) or "无"
