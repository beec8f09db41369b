"""The evaluation tab: what can be chosen, a run that is watched and can be stopped, and its result as HTML."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import data.cases
from data.cases import parse_cases, read_cases
from data.errors import CaseFileError, InputError, RongcuoError
from data.schema import Case
from retrieval.evaluate import evaluate
from retrieval.matcher import Matcher
from retrieval.measures import DEFAULT_MEASURES
from retrieval.scoring import SYSTEMS
from ui.cards import status_html
from ui.page_jobs import Job
from ui.present_evaluation import evaluation_json
from ui.report import evaluation_html, report_html
from ui.report_tables import system_name

__all__ = ["AMOUNTS", "OWN", "Request", "Runs", "evenly", "file_html", "running_html", "sources", "system_choices"]

OWN = "own"
"""The key of the visitor's own file among the sources."""

AMOUNTS: tuple[tuple[str, str], ...] = (("全部", "all"), ("均匀取 50 个", "some"))
"""Label and key of how many cases are run."""

_SOME = 50
_LIMIT_MB = 20
_TICK = 0.4  # seconds between two looks at a run
_SHIPPED = {"dev": "开发集", "test": "测试集", "train": "训练集"}
_NOTES = {
    "dev": "开发集用来比较做法、挑选参数，平时用它。",
    "test": "测试集只在发布时使用：平时用它比较和挑选，它就不再能说明新案例上的效果。",
    "train": "训练集用来写规则、估计常见得分，在它上面得到的数字偏乐观。",
}
_FOLDER = Path(data.cases.__file__).with_name("cases")


@dataclass(frozen=True, slots=True)
class Request:
    """What a visitor chose; `name` and `text` are those of the own file, "" where none was chosen."""

    source: str
    amount: str
    systems: tuple[str, ...]
    name: str = ""
    text: str = ""

    @property
    def title(self) -> str:
        """How the cases are called in headings."""
        return _SHIPPED.get(self.source) or self.name

    def cases(self) -> tuple[Case, ...]:
        """Return the chosen cases. Raises InputError where no file was chosen, and CaseFileError for a broken one."""
        found = self._own() if self.source == OWN else read_cases(_FOLDER / f"{self.source}.jsonl")
        return evenly(found, _SOME) if self.amount == "some" else found

    def ordered_systems(self) -> tuple[str, ...]:
        """Return the chosen systems in their usual order. Raises InputError for none."""
        if not self.systems:
            raise InputError("没有选择系统，请至少选择一个。")
        return tuple(name for name in SYSTEMS if name in self.systems)

    def _own(self) -> tuple[Case, ...]:
        if not self.name:
            raise InputError("还没有选择案例文件，请先点“选择文件”。")
        if len(self.text) > _LIMIT_MB * 2**20:
            raise CaseFileError(f"{self.name} 超过 {_LIMIT_MB} MB，请分成几个文件。")
        return parse_cases(self.text, self.name)


class Runs:
    """Evaluations with the matcher that serves when they begin, one at a time, in a thread so that matching goes on meanwhile."""

    def __init__(self, matcher: Callable[[], Matcher]) -> None:
        self._matcher = matcher
        self._lock = threading.Lock()

    async def steps(self, request: Request) -> AsyncIterator[tuple[str, str]]:
        """Yield status and result as HTML until the run is over; closing the iterator stops the run.

        What is wrong with the request stands in the status; other errors are raised.
        """
        started = time.monotonic()
        job = Job(lambda progress: _run(self._matcher(), request, progress), self._lock)
        try:
            while not job.over:
                yield _progress(job), ""
                await asyncio.sleep(_TICK)
            count, result = job.outcome()
        except RongcuoError as error:
            yield status_html(str(error), "error"), ""
        else:
            told = f"评测完成：{count} 个案例，{len(request.systems)} 个系统，用时{_duration(time.monotonic() - started)}。"
            yield status_html(told), result
        finally:
            job.stop()


def sources() -> list[tuple[str, str]]:
    """Return label and key of the cases that can be chosen, the default first."""
    found = [(key, name, _FOLDER / f"{key}.jsonl") for key, name in _SHIPPED.items()]
    shipped = [(f"{name}（{_count(path)} 个）", key) for key, name, path in found if path.exists()]
    return [*shipped, ("自己的文件", OWN)]


def system_choices(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return Chinese name and key of each of these systems."""
    return [(system_name(name), name) for name in names]


def evenly(cases: Sequence[Case], count: int) -> tuple[Case, ...]:
    """Return `count` cases evenly spaced from the first on; all where there are not more."""
    return tuple(cases[number * len(cases) // count] for number in range(count)) if len(cases) > count else tuple(cases)


def file_html() -> str:
    """Return a note for each source and the button that chooses a file; the style shows what belongs to the chosen source."""
    notes = "".join(f'<p class="rc-note-{key}">{note}</p>' for key, note in _NOTES.items())
    return (
        f'<div class="rc-source-notes">{notes}<div class="rc-note-{OWN}">'
        "<p>每行一个案例的 JSON：id、text，以及 labels（{条款编号: 2 或 1}）或 relevant（条款编号的列表）；region 可写地区。"
        f"UTF-8 编码，不超过 {_LIMIT_MB} MB；只在内存里使用，不保存。</p>"
        f'<input type="file" id="rc-file" class="rc-unseen" accept=".jsonl" data-limit-mb="{_LIMIT_MB}">'
        '<label for="rc-file">选择文件</label> <span class="rc-chosen" role="status"></span></div></div>'
    )


def running_html(message: str, done: int = 0, total: int = 0) -> str:
    """Return a status with a bar for a run; without `total` it is not known how far it is.

    It is no live region: a screen reader would not stop talking.
    """
    known = f' aria-valuemax="{total}" aria-valuenow="{done}"' if total else ""
    share = 100 * done / total if total else 0
    return (
        f'<div class="rc-status rc-running"><p>{escape(message)}</p>'
        f'<div class="rc-progress" role="progressbar" aria-label="评测进度" aria-valuemin="0"{known}>'
        f'<span style="width:{share:.1f}%"></span></div></div>'
    )


def _run(matcher: Matcher, request: Request, progress: Job.Progress) -> tuple[int, str]:
    """Evaluate and return the number of cases and the result as HTML."""
    systems, cases = request.ordered_systems(), request.cases()
    evaluation = evaluate(matcher, cases, systems=systems, measures=DEFAULT_MEASURES, progress=progress)
    scope = f"{request.title}，{len(cases)} 个案例"
    html = (
        '<section class="rc-measured" aria-labelledby="rc-measured-title">'
        f'<h2 id="rc-measured-title">评测结果 <small>{escape(scope)}</small></h2>'
        '<div class="rc-tools"><button type="button" data-export="report">下载报告</button>'
        '<button type="button" data-export="run">下载 JSON</button><span class="rc-done" role="status"></span></div>'
        f"{evaluation_html(evaluation, matcher)}</section>"
        + _export("report", report_html(evaluation, matcher, title=f"评测报告：{scope}"))
        + _export("run", json.dumps(evaluation_json(evaluation), ensure_ascii=False, indent=1))
    )
    return len(cases), html


def _export(key: str, text: str) -> str:
    return f'<pre hidden data-content="{key}">{escape(text)}</pre>'  # the script saves it; no file is left on the server


def _progress(job: Job[tuple[int, str]]) -> str:
    if not job.total:
        return running_html("正在准备……")
    if job.done == job.total:
        return running_html("正在计算指标、画图……", job.done, job.total)
    left = job.remaining()
    rest = "" if left is None else f"，约还需{_duration(left)}"
    return running_html(f"已评测 {job.done} / {job.total} 个案例{rest}。", job.done, job.total)


def _duration(seconds: float) -> str:
    whole = max(1, round(seconds))
    minutes, rest = divmod(whole, 60)
    return f" {whole} 秒" if not minutes else f" {minutes} 分 {rest} 秒" if rest else f" {minutes} 分钟"


def _count(path: Path) -> int:
    return sum(bool(line.strip()) for line in path.read_bytes().split(b"\n"))
