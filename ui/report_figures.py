"""The plots of the report, each with a description in words and the numbers behind it."""

from __future__ import annotations

from collections.abc import Mapping

from data.categories import CATEGORIES
from retrieval.analysis import (
    by_category,
    by_group,
    chance_curve,
    clause_categories,
    recall_curve,
    reliability,
    score_histogram,
)
from retrieval.evaluate import Evaluation
from retrieval.matcher import Matcher
from retrieval.measures import Interval
from ui import plots
from ui.plots import Wording
from ui.report_html import Html, element, figure, interval, number, table
from ui.report_tables import region_name, system_name

__all__ = ["category_figure", "figures", "group_figures", "recall_figure", "reliability_figure", "score_figure"]

_KINDS = {"region": "地区", "style": "文体", "length": "叙述长度"}
_DEPTH = 30


def figures(evaluation: Evaluation, matcher: Matcher) -> Html:
    """Return all plots of the report in order."""
    parts = [recall_figure(evaluation, matcher), category_figure(evaluation, matcher), *group_figures(evaluation)]
    parts += [score_figure(evaluation), reliability_figure(evaluation)]
    return element("div", *parts, class_="rc-figures")


def recall_figure(evaluation: Evaluation, matcher: Matcher) -> Html:
    """Return R@1 to R@30 of every system, with what a random order would reach."""
    labelled = [case for case in evaluation.cases if case.labels]
    sizes = {region: len(matcher.scope(region).rows) for region in {case.region for case in labelled}}
    chance = chance_curve([sizes[case.region] for case in labelled], depth=_DEPTH)
    found = {system_name(s.name): recall_curve(labelled, s.run, depth=_DEPTH) for s in evaluation.systems}
    name, last = list(found.items())[-1]
    said = f"{name}前 5 名召回率 {number(last[4], 2)}，前 10 名 {number(last[9], 2)}；随机排列前 10 名 {number(chance[9], 2)}。"
    words = Wording("rc-plot-recall", "召回曲线", said, "名次 k", "R@k")
    rows = [(str(k + 1), *(number(values[k]) for values in found.values()), number(chance[k])) for k in range(_DEPTH)]
    return figure(words, plots.curves(words, found, chance=chance), table(["k", *found, "随机"], rows, caption=words.title))


def category_figure(evaluation: Evaluation, matcher: Matcher) -> Html:
    """Return R@5 and RR of the last system per category of the sought clauses; the table has every system."""
    categories = clause_categories(matcher.index.entries)
    tables = {system_name(s.name): _named(by_category(evaluation, s, categories)) for s in evaluation.systems}
    name, last = list(tables.items())[-1]
    if not last:
        return element("p", "没有标注，不能按类别比较。")
    found = {measure: {label: values[measure] for label, values in last.items()} for measure in ("R@5", "RR")}
    worst, best = _extremes(found["R@5"])
    said = f"{name}：只看某一类条款的标注时，前 5 名召回率最高的是{best}，最低的是{worst}。"
    words = Wording("rc-plot-category", "按条款类别", said, "均值与 95% 区间")
    rows = [
        (f"{label} {measure}", str(last[label][measure].n), *(interval(rows[label][measure]) for rows in tables.values()))
        for label in last
        for measure in ("R@5", "RR")
    ]
    return figure(words, plots.bars(words, found), table(["类别与指标", "n", *tables], rows, caption=words.title))


def group_figures(evaluation: Evaluation) -> list[Html]:
    """Return the last measure of the last system per region, style and length; the tables have every system."""
    measure = evaluation.measures[-1]
    tables = {system_name(s.name): by_group(evaluation, s, measure) for s in evaluation.systems}
    return [_group(kind, measure, {name: found[kind] for name, found in tables.items()}) for kind in _KINDS]


def score_figure(evaluation: Evaluation) -> Html:
    """Return how the last system's scores of labelled and of other candidates are spread."""
    found, name = score_histogram(evaluation, evaluation.systems[-1]), system_name(evaluation.systems[-1].name)
    if found is None:
        return element("p", "没有候选得到分数，画不出分数分布。")
    series = plots.score_series(found)
    said = f"{name}给有标注的条款和其余候选的分数，各占自己总数的百分比；两者越分开越好。"
    words = Wording("rc-plot-scores", "分数分布", said, "分数", "占比（%）")
    rows = [
        (f"{low:.2f} 至 {high:.2f}", *(str(counts[at]) for counts in series.values()))
        for at, (low, high) in enumerate(zip(found.edges, found.edges[1:], strict=False))
    ]
    return figure(words, plots.histogram(words, found.edges, series), table(["分数", *series], rows, caption=words.title))


def reliability_figure(evaluation: Evaluation) -> Html:
    """Return stated against observed share, or the sentence that no probabilities were stated."""
    found, name = reliability(evaluation, evaluation.systems[-1]), system_name(evaluation.systems[-1].name)
    if found is None:
        return element("p", f"{name}没有给出概率（未校准），因此没有可靠性图；相似度和分数都不是概率。", class_="rc-missing")
    said = f"{name}给出的概率按大小等分成 {len(found.counts)} 组，每组一个点；点在对角线下方表示说得过高。"
    words = Wording("rc-plot-reliability", "概率是否可靠", said, "给出的概率", "其中有标注的比例")
    rows = [
        (str(at), number(stated), number(observed), str(count))
        for at, (stated, observed, count) in enumerate(zip(found.stated, found.observed, found.counts, strict=True), 1)
    ]
    data = table(["组", "给出的概率", "有标注的比例", "条数"], rows, caption=words.title)
    return figure(words, plots.reliability_diagram(words, found), data)


def _group(kind: str, measure: str, tables: Mapping[str, Mapping[str, Interval]]) -> Html:
    shown = {name: {_label(kind, key): value for key, value in found.items()} for name, found in tables.items()}
    name, last = list(shown.items())[-1]
    if not last:
        return element("p", f"没有标注，不能按{_KINDS[kind]}比较。")
    worst, best = _extremes(last)
    spread = f"，最高的是{best}，最低的是{worst}" if best != worst else ""
    words = Wording(f"rc-plot-{kind}", f"按{_KINDS[kind]}", f"{name}的 {measure}{spread}。", f"{measure} 与 95% 区间")
    rows = [(key, str(value.n), *(interval(found[key]) for found in shown.values())) for key, value in last.items()]
    data = table([_KINDS[kind], "n", *shown], rows, caption=f"{words.title}（{measure}）")
    return figure(words, plots.bars(words, {measure: last}), data)


def _label(kind: str, key: str) -> str:
    return region_name(key) if kind == "region" else key or "（未注明）"


def _named(found: Mapping[str, dict[str, Interval]]) -> dict[str, dict[str, Interval]]:
    return {CATEGORIES.get(key, key): values for key, values in found.items()}


def _extremes(found: Mapping[str, Interval]) -> tuple[str, str]:
    """Return the labels of the lowest and of the highest mean."""
    ordered = sorted(found, key=lambda label: found[label].mean)
    return ordered[0], ordered[-1]
