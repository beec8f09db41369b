"""Batches: a table of narratives becomes a job in the store, which a worker does row by row; its owner watches and fetches.

job input     {"name", "top_k", "note"}                   name of the file, clauses per row, remark on what was not read
item input    {"number", "id", "text", "region", "error"}                a row as `ui.tables` reads it
item output   {"report" or null, "error" or null, "shown": {"id", "region", "text", "error"}}      `shown` is masked
job output    {"failed", "abstained"}                     numbers of rows; {"cleared"} once the rows were deleted

Masks are made along with the matching, because masking thousands of narratives takes longer than a download may.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any

from data.errors import FileError, InputError
from data.privacy import mask
from data.schema import MatchReport
from data.store.errors import StoreMissing
from data.store.records import JOB_STATES, Job, JobItem, JobState
from data.store.report_json import report_from
from data.store.store import Work
from ui.batch_rows import masked_texts, result_line
from ui.services.access import Person, check
from ui.services.cases import masks_before_storing
from ui.services.desk import Desk
from ui.services.keeping import kept_for
from ui.services.uploads import TooLarge, used
from ui.tables import InputRow, Limits, example_bytes, parse_table, table_bytes

__all__ = ["KIND", "KINDS", "LIMITS", "MAX_BYTES", "MAX_OPEN", "MAX_TOP_K", "BatchJob", "ResultRow"]
__all__ += ["cancel", "ended", "get", "input_row", "listing", "result", "result_rows", "submit", "submit_upload", "template"]

KIND = "batch"
KINDS = ("xlsx", "csv", "jsonl")
"""What a result can be fetched as here; the Word form is built by `ui.services.exports`."""

MAX_BYTES = 20 * 2**20
LIMITS = Limits(rows=5000, chars=10_000_000)
MAX_TOP_K = 20
MAX_OPEN = 5
"""Unfinished jobs that one person may have."""

_NAME = 80  # characters of a file name that are kept
_EXAMPLES = (
    ("1", "按年度计划检查时老板把采样头插进自来水里，数据一直达标，我们第二周才发现。", "shandong-2019"),
    ("2", "暴雨冲断了路，抢险时先关了阀门再报告，晚了十分钟。", "all"),
)


@dataclass(frozen=True, slots=True)
class BatchJob:
    """How a batch stands; `failed` and `abstained` count rows once it is done, `error` says why it could not be done.

    Its rows are kept until `kept_until`, None for always, and are gone once it is `cleared`.
    """

    id: str
    name: str = field(repr=False)
    owner: str
    state: JobState
    done: int
    total: int
    top_k: int
    note: str
    error: str | None
    created: datetime
    ended: datetime | None
    failed: int | None
    abstained: int | None
    kept_until: datetime | None
    cleared: bool

    @property
    def open(self) -> bool:
        """Whether it still waits or runs."""
        return self.state in ("queued", "running")

    def outcome(self) -> str:
        """Return in a few Chinese words how it stands, with the numbers that are known."""
        gone = "；保存期已过，叙述和结果已删除" if self.cleared else ""
        if self.state == "done":
            return f"已完成：{self.total} 行，没有给出建议 {self.abstained} 行，无法处理 {self.failed} 行{gone}"
        why = f"，{self.error.rstrip('。')}" if self.error else ""
        return f"{JOB_STATES[self.state]}：{self.done} / {self.total} 行{why}{gone}"


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A row of a batch with its report, or an `error` that says why there is none; `number` is its line in the file.

    In a masked row `id`, `region`, `text` and `error` are masked and the report is without narrative: what its spans count are
    the characters of the text as it was handed in.
    """

    number: int
    id: str = field(repr=False)
    region: str = field(repr=False)
    text: str = field(repr=False)
    report: MatchReport | None = field(repr=False)
    error: str | None = field(repr=False)

    def line(self) -> dict[str, Any]:
        """Return the line of the row as ``rongcuo batch`` writes it."""
        row = InputRow(self.number, self.id, self.text, self.region)
        return result_line(row, self.report or self.error or "")


def submit(desk: Desk, person: Person, name: str, data: bytes, *, top_k: int = 5) -> BatchJob:
    """Queue the rows of a .csv, .xlsx or .jsonl file with the content `data`; bad rows get their error and the rest go on.

    Raises:
        NotAllowed: the role runs no batches.
        TooLarge, FileError: the file is too big, broken, of another kind, without rows or without a text column.
        InputError: `top_k` is not 1..20, or MAX_OPEN batches of the person are unfinished.

    """
    check(person, "batch.run")
    if not 1 <= top_k <= MAX_TOP_K:
        raise InputError(f"每行列出的条款数应是 1 到 {MAX_TOP_K}，请改正。")
    short = _bare_name(name)
    if len(data) > MAX_BYTES:
        raise TooLarge(f"文件 {short} 超过 {MAX_BYTES // 2**20} MB，请分成几个文件。")
    table = parse_table(data, short, LIMITS)
    if not table.rows:
        raise FileError(f"文件 {short} 里没有数据行，请检查文件。")
    most, hide = desk.matcher().settings.max_chars, masks_before_storing()
    items = [asdict(_stored(row, most, hide)) for row in table.rows]
    short, note = (mask(short)[0], mask(table.note)[0]) if hide else (short, table.note)
    with desk.store.begin(person.name) as work:
        waiting = work.jobs.listing(owner=person.name, states=("queued", "running"))
        if sum(job.kind == KIND for job in waiting) >= MAX_OPEN:
            raise InputError(f"您已有 {MAX_OPEN} 个批量任务没有做完，请等其中一个结束或取消它，再提交新的。")
        return _job(work.jobs.add(KIND, {"name": short, "top_k": top_k, "note": note}, items=items))


def submit_upload(desk: Desk, person: Person, upload_id: str, *, top_k: int = 5) -> BatchJob:
    """Queue the rows of a file that the person has uploaded, which is deleted then. Raises as `submit`."""
    check(person, "batch.run")
    with used(desk, person, upload_id) as file:
        return submit(desk, person, file.name, file.data, top_k=top_k)


def listing(desk: Desk, person: Person, *, limit: int = 20) -> tuple[BatchJob, ...]:
    """Return the person's own batches, newest first; none gives (). Raises NotAllowed."""
    check(person, "batch.run")
    with desk.store.read() as work:
        jobs = work.jobs.listing(owner=person.name, limit=5 * limit)  # other kinds of jobs may lie between them
    return tuple(_job(job) for job in jobs if job.kind == KIND)[:limit]


def get(desk: Desk, person: Person, job_id: str) -> BatchJob:
    """Return one of the person's own batches. Raises NotAllowed; StoreMissing: there is no such batch of theirs."""
    check(person, "batch.run")
    with desk.store.read() as work:
        return _job(_own(work, person, job_id))


def ended(desk: Desk, person: Person, job_id: str) -> BatchJob:
    """Return one of the person's own batches whose results can be fetched; errors as `get`.

    Raises InputError: it has not ended, or its rows were deleted.
    """
    job = get(desk, person, job_id)
    if job.open:
        raise InputError("这个批量任务还没有做完，请等它结束再下载结果。")
    if job.cleared:
        raise InputError("这个批量任务的保存期已过，叙述和结果已删除；仍需要时请重新提交文件。")
    return job


def cancel(desk: Desk, person: Person, job_id: str) -> BatchJob:
    """Stop a batch; what was done of it stays. Errors as `get`. Raises StoreError: it has ended already."""
    check(person, "batch.run")
    with desk.store.begin(person.name) as work:
        _own(work, person, job_id)
        return _job(work.jobs.cancel(job_id))


def result_rows(
    desk: Desk, person: Person, job_id: str, *, limit: int | None = None, masked: bool = True
) -> tuple[ResultRow, ...]:
    """Return the first `limit` rows in the order of the file, also of a batch that still runs; errors as `get`.

    A row that was not matched has an `error` that says so. `masked` covers personal data.
    """
    check(person, "batch.run")
    with desk.store.read() as work:
        job = _own(work, person, job_id)
        items = work.jobs.items(job_id, limit=limit)
    return tuple(_row(item, job, masked) for item in items)


def result(desk: Desk, person: Person, job_id: str, kind: str, *, masked: bool = True) -> tuple[str, bytes]:
    """Return file name and content of the result as xlsx, csv or jsonl; a cancelled batch gives what was done of it.

    .xlsx and .csv show the narrative beside its clauses. The trail notes who took a file.

    Errors as `get`. Raises InputError: another `kind`, or it still runs.
    """
    check(person, "batch.run")
    if kind not in KINDS:
        raise InputError(f"结果不能下载为 {kind[:20]}，可选：{'、'.join(KINDS)}。")
    job = ended(desk, person, job_id)
    rows = result_rows(desk, person, job_id, masked=masked)
    stem = PurePosixPath(job.name).stem
    data = table_bytes(f".{kind}", [row.line() for row in rows], [row.text for row in rows])
    noted = {"kind": kind, "masked": masked, "file": sha256(data).hexdigest()}
    with desk.store.begin(person.name) as work:
        work.audit.note("export.batch" if masked else "export.batch.unmasked", f"job:{job.id}", noted)
    return f"{mask(stem)[0] if masked else stem}-结果.{kind}", data


def template(kind: str) -> tuple[str, bytes]:
    """Return name and content of a small example to fill in, as csv or xlsx. Raises InputError: another `kind`."""
    if kind not in ("csv", "xlsx"):
        raise InputError(f"没有 {kind[:20]} 格式的模板，可选：csv、xlsx。")
    rows = [InputRow(number, *cells) for number, cells in enumerate(_EXAMPLES, 2)]
    return f"批量匹配模板.{kind}", example_bytes(f".{kind}", rows)


def input_row(item: JobItem) -> InputRow:
    """Return the row of the file that an item of a job was made from."""
    return InputRow(**item.input)


def _stored(row: InputRow, most: int, hide: bool) -> InputRow:
    """Return the row as it is kept: without a text that is too long to be matched, all of it masked where that is set."""
    if len(row.text) > most:
        error = f"这一行的叙述有 {len(row.text)} 字，超过一次 {most} 字的上限，请分段或只保留事情经过。"
        row = replace(row, text="", error=error)
    return InputRow(row.number, **masked_texts(row, row.error)) if hide else row


def _own(work: Work, person: Person, job_id: str) -> Job:
    job = work.jobs.get(job_id)
    if job.kind != KIND or job.owner != person.name:
        raise StoreMissing("没有这个任务，请从列表中重新打开。")  # as the store says where there is none: ids are not confirmed
    return job


def _job(job: Job) -> BatchJob:
    output = job.output or {}
    given = {name: getattr(job, name) for name in ("id", "owner", "state", "done", "total", "error", "created", "ended")}
    wanted = {name: job.input[name] for name in ("name", "top_k", "note")}
    time = kept_for()
    until = None if time is None or job.ended is None else job.ended + time
    counts = {name: output.get(name) for name in ("failed", "abstained")}
    return BatchJob(**{**given, **wanted, **counts}, kept_until=until, cleared=job.cleared)


def _row(item: JobItem, job: Job, masked: bool) -> ResultRow:
    row = input_row(item)
    output: Mapping[str, Any] = item.output or {"report": None, "error": _missing(job), "shown": None}
    report = None if output["report"] is None else report_from(output["report"])
    if not masked:
        told = None if report is None else replace(report, narrative=row.text)
        return ResultRow(row.number, row.id, row.region, row.text, told, output["error"])
    shown = output["shown"] or masked_texts(row, output["error"])
    return ResultRow(row.number, **shown, report=report)


def _missing(job: Job) -> str:
    if job.state in ("queued", "running"):
        return "这一行还没有轮到，请等任务做完。"
    return f"这一行没有处理（任务{JOB_STATES[job.state]}）。"


def _bare_name(name: str) -> str:
    """Return the name without folders and unprintable signs, shortened before its ending."""
    bare = PurePosixPath("".join(c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable()).strip())
    return bare.stem[:_NAME] + bare.suffix[:_NAME]
