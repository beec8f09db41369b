"""An evaluation as one HTML file that needs nothing else, and as a part of the web page. No script, no request."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from data.errors import FileError, InputError
from retrieval.evaluate import Evaluation
from retrieval.matcher import Matcher
from ui.report_figures import figures
from ui.report_html import Html, element
from ui.report_tables import comparisons_table, facts, honest_note, meaning, settings_table, systems_table
from ui.report_worst import worst_html

__all__ = ["evaluation_html", "report_html", "write_report"]

_STYLE = Path(__file__).with_name("assets") / "report.css"


def write_report(evaluation: Evaluation, matcher: Matcher, path: Path, *, title: str = "评测报告") -> None:
    """Write the report, to a temporary name first.

    Raises FileError where that is not possible, and InputError where `matcher` has another index than was evaluated.
    """
    html = report_html(evaluation, matcher, title=title)
    draft = path.with_name(f".{path.name}.draft-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(html, "utf-8")
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise FileError(f"评测报告无法写入 {path}（{error.strerror}），请检查路径和写权限。") from error


def report_html(evaluation: Evaluation, matcher: Matcher, *, title: str) -> Html:
    """Return the whole page. Raises InputError where `matcher` has another index than was evaluated."""
    _check(evaluation, matcher)
    body = element(
        "main",
        element("h1", title),
        facts(evaluation),
        honest_note(evaluation.cases),
        *_results(evaluation, matcher),
        element("section", element("h2", "表现最差的案例"), worst_html(evaluation, matcher)),
        element("section", element("h2", "运行参数"), settings_table(matcher.settings)),
        class_="rc-report rc-alone",
    )
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"{element('title', title)}{_style()}"
    )
    return Html(f'<!DOCTYPE html>\n<html lang="zh-CN"><head>{head}</head><body>{body}</body></html>\n')


def evaluation_html(evaluation: Evaluation, matcher: Matcher) -> str:
    """Return tables and plots as a part of a page that has its own heading; its style is in it and holds for it alone.

    Raises InputError where `matcher` has another index than was evaluated.
    """
    _check(evaluation, matcher)
    parts = (facts(evaluation), honest_note(evaluation.cases), *_results(evaluation, matcher))
    return _style() + element("div", *parts, class_="rc-report")


def _results(evaluation: Evaluation, matcher: Matcher) -> tuple[Html, ...]:
    tables = (systems_table(evaluation), meaning(evaluation), comparisons_table(evaluation))
    return (
        element("section", element("h2", "各系统"), *tables),
        element("section", element("h2", "图"), figures(evaluation, matcher)),
    )


def _style() -> Html:
    return Html(f"<style>{_STYLE.read_text('utf-8')}</style>")


def _check(evaluation: Evaluation, matcher: Matcher) -> None:
    if evaluation.index_digest != matcher.index.manifest.digest:
        raise InputError(
            f"评测用的索引是 {evaluation.index_digest}，现在打开的是 {matcher.index.manifest.digest}，请用同一索引重新评测。"
        )
