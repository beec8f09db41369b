"""The commands that measure: `rongcuo evaluate` and `rongcuo compare`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from ui.console import print_renderable, progress_bar
from ui.help import ChineseCommand

__all__ = ["compare", "evaluate"]


@click.command(cls=ChineseCommand)
@click.argument("cases", type=click.Path(path_type=Path))
@click.option("--system", "systems", multiple=True, help="bm25、tfidf、dense、centred、attention、hybrid，可重复；默认全部")
@click.option("--measures", default=None, help="逗号分隔，例如 R@5,R@100,RR@10,nDCG@10")
@click.option("--index", type=click.Path(path_type=Path), help="使用这个目录里的索引")
@click.option("--everywhere", is_flag=True, help="不限案例所属地区，在全部规定的条款里匹配")
@click.option("--out", type=click.Path(path_type=Path), help="把结果 run.json 和报告 report.html 存到这个目录")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def evaluate(
    cases: Path,
    systems: tuple[str, ...],
    measures: str | None,
    index: Path | None,
    everywhere: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """在标注案例上测量检索效果。"""
    from data.cases import read_cases
    from retrieval.evaluate import evaluate as run
    from retrieval.loading import open_matcher
    from retrieval.measures import DEFAULT_MEASURES, parse_measures
    from retrieval.runs import save_run
    from ui.present_evaluation import evaluation_json, evaluation_text

    labelled = read_cases(cases)
    if everywhere:
        labelled = tuple(replace(case, region="all") for case in labelled)
    names = parse_measures(measures) if measures else DEFAULT_MEASURES
    matcher = open_matcher(index=index)
    with progress_bar("评测") as progress:
        result = run(matcher, labelled, systems=systems or matcher.scorer.systems(), measures=names, progress=progress)
    if out is not None:
        from ui.report import write_report

        save_run(result, matcher.settings, out / "run.json")
        write_report(result, matcher, out / "report.html", title=f"评测报告：{cases.name}")
        click.echo(f"结果在 {out / 'run.json'}，报告在 {out / 'report.html'}", err=True)
    if as_json:
        click.echo(json.dumps(evaluation_json(result), ensure_ascii=False, indent=1))
    else:
        print_renderable(evaluation_text(result, matcher))


@click.command(cls=ChineseCommand)
@click.argument("one", metavar="RUN1", type=click.Path(path_type=Path))
@click.argument("other", metavar="RUN2", type=click.Path(path_type=Path))
@click.option("--system", default=None, help="只比较这个系统")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def compare(one: Path, other: Path, system: str | None, as_json: bool) -> None:
    """逐案比较两次保存的评测结果（run.json）。"""
    from retrieval.runs import compare_runs, load_run
    from ui.present_evaluation import comparison_text

    rows = compare_runs(load_run(one), load_run(other), system=system)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        print_renderable(comparison_text(rows))
