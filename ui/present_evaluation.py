"""An evaluation as JSON and as tables for a terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from data.categories import CATEGORIES
from retrieval.analysis import by_category, clause_categories
from retrieval.evaluate import Evaluation, length_band
from retrieval.matcher import Matcher
from retrieval.measures import Interval

__all__ = ["comparison_text", "evaluation_json", "evaluation_text"]

_NOTE = (
    "案例由项目自编，只说明在这类案例上的表现；括号内为 95% 自助法区间；排名类指标不论是否给出建议都计入；"
    "p 为配对置换检验，经 Holm 校正。"
)


def evaluation_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return means with n and interval, groups, comparisons and per-case values; NaN becomes null."""
    return {
        "cases": len(evaluation.cases),
        "labelled": sum(bool(case.labels) for case in evaluation.cases),
        "cases_digest": evaluation.cases_digest,
        "index_digest": evaluation.index_digest,
        "model_digest": evaluation.model_digest,
        "systems": {
            system.name: {
                "measures": {name: _interval(value) for name, value in system.means.items()},
                "by_region": {
                    name: {k: _interval(v) for k, v in evaluation.groups(system, lambda c: c.region, name).items()}
                    for name in evaluation.measures
                },
                "abstention": {k: _interval(v) for k, v in evaluation.abstention(system).items()},
                "polarity": _interval(evaluation.polarity(system)),
                "ece": _number(evaluation.calibration(system)),
                "per_case": system.per_case,
            }
            for system in evaluation.systems
        },
        "comparisons": list(evaluation.comparisons),
    }


def evaluation_text(evaluation: Evaluation, matcher: Matcher) -> Group:
    """Return the table of systems, the comparisons, and the last system by category, region, style and length."""
    labelled = sum(bool(case.labels) for case in evaluation.cases)
    head = Text(
        f"{len(evaluation.cases)} 个案例，其中 {labelled} 个有标注；案例 {evaluation.cases_digest}，"
        f"索引 {evaluation.index_digest}，编码器 {evaluation.model_digest[:16]}"
    )
    parts: list[Any] = [head, _systems(evaluation)]
    if evaluation.comparisons:
        parts.append(_comparisons(evaluation))
    parts.append(_categories(evaluation, matcher))
    for title, key in (("地区", "region"), ("文体", "style")):
        parts.append(_groups(evaluation, title, key))
    parts += [_lengths(evaluation), Text(_NOTE, style="dim")]
    return Group(*parts)


def comparison_text(rows: Sequence[Mapping[str, float | str]]) -> Table:
    """Return the case-by-case comparison of two saved runs as a table; differences are the first minus the second."""
    table = Table(title="两次评测逐案比较（前者减后者）", title_justify="left")
    for name in ("系统", "指标", "差", "胜/平/负", "p", "p(Holm)"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(str(row["system"]), *_comparison_cells(row, str(row["measure"])))
    return table


def _comparison_cells(row: Mapping[str, float | str], *names: str) -> tuple[str, ...]:
    counts = f"{row['win']}/{row['tie']}/{row['loss']}"
    p, adjusted = (f"{float(row[name]):.4f}" for name in ("p", "p_holm"))
    return (*names, f"{float(row['difference']):+.3f}", counts, p, adjusted)


def _systems(evaluation: Evaluation) -> Table:
    """One row per measure, one column per system: intervals stay readable however many measures there are."""
    table = Table(title="各系统（均值与 95% 区间）", title_justify="left")
    table.add_column("指标", no_wrap=True)
    table.add_column("案例数", justify="right", no_wrap=True)
    for system in evaluation.systems:
        table.add_column(system.name, justify="right", no_wrap=True)
    rows = [(name, [system.means[name] for system in evaluation.systems]) for name in evaluation.measures]
    abstained = [evaluation.abstention(system) for system in evaluation.systems]
    rows.append(("对比案例", [evaluation.polarity(system) for system in evaluation.systems]))
    rows.append(("空案例不给建议", [found["empty"] for found in abstained]))
    rows.append(("误不给建议", [found["labelled"] for found in abstained]))
    for name, values in rows:
        table.add_row(name, str(values[0].n), *(_cell(value).replace(" ", "\n") for value in values))
    return table


def _comparisons(evaluation: Evaluation) -> Table:
    table = Table(title=f"{evaluation.systems[-1].name} 与其他系统逐案比较", title_justify="left")
    for name in ("指标", "对手", "差", "胜/平/负", "p", "p(Holm)"):
        table.add_column(name, justify="right")
    for row in evaluation.comparisons:
        table.add_row(*_comparison_cells(row, str(row["measure"]), str(row["theirs"])))
    return table


def _categories(evaluation: Evaluation, matcher: Matcher) -> Table:
    """For each category: how well its labels alone are found."""
    system = evaluation.systems[-1]
    found = by_category(evaluation, system, clause_categories(matcher.index.entries))
    table = Table(title=f"{system.name} 按条款类别", title_justify="left")
    measures = list(next(iter(found.values()), {}))
    for name in ("类别", "案例数", *measures):
        table.add_column(name, justify="left" if name == "类别" else "right")
    for category, values in found.items():
        cells = [_cell(values[measure]) for measure in measures]
        table.add_row(CATEGORIES.get(category, category), str(values[measures[0]].n), *cells)
    return table


def _groups(evaluation: Evaluation, title: str, attribute: str) -> Table:
    return _group_table(evaluation, title, lambda case: getattr(case, attribute) or "（未注明）")


def _lengths(evaluation: Evaluation) -> Table:
    return _group_table(evaluation, "长度", length_band)


def _group_table(evaluation: Evaluation, title: str, key: Any) -> Table:  # noqa: ANN401
    system, measure = evaluation.systems[-1], evaluation.measures[-1]
    table = Table(title=f"{system.name} 按{title}（{measure}）", title_justify="left")
    table.add_column(title)
    table.add_column("均值（95% 区间）", justify="right")
    table.add_column("案例数", justify="right")
    for name, value in evaluation.groups(system, key, measure).items():
        table.add_row(name, _cell(value), str(value.n))
    return table


def _cell(value: Interval) -> str:
    return "—" if value.n == 0 else f"{value.mean:.3f} ({value.low:.2f}–{value.high:.2f})"


def _interval(value: Interval) -> dict[str, float | int | None]:
    return {"mean": _number(value.mean), "low": _number(value.low), "high": _number(value.high), "n": value.n}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
