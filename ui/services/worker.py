"""The worker: a thread of the web application that does batches from the store, row by row.

Several workers, of one process or of many, share one store: a job belongs to whoever claimed it, and what gives no sign of
life for `stale` is taken over. Rows are kept in small groups, so kill -9 costs the last few rows, which are done again;
a worker that is stopped gives its job back, and the next start goes on at once.
After each row the worker rests, because a person who waits for one match comes before a file that runs for minutes.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from data.errors import RongcuoError
from data.schema import MatchReport
from data.store.errors import StoreConflict, StoreUnavailable
from data.store.records import Job, JobItem
from data.store.report_json import report_value
from retrieval.matcher import Matcher
from ui.batch_rows import masked_texts, match_row
from ui.services.batch import KIND, input_row
from ui.services.desk import Desk
from ui.services.keeping import delete_old

__all__ = ["Worker"]

_LOG = logging.getLogger(__name__)
_STALE = timedelta(seconds=30)
_IDLE = 1.0  # seconds between two looks for work
_DELETE = 3600.0  # seconds between two looks for what need not be kept any longer
_GROUP, _GROUP_SECONDS = 10, 1.0  # rows that are kept together, and how long they may take
_REST, _LONGEST_REST = 0.5, 0.5  # share of the time that a row took, and seconds
_TRIES = 5


class Worker:
    """Does batches in a thread of its own from `start` to `stop`; `stale` is how long another worker may be silent."""

    def __init__(self, desk: Desk, *, stale: timedelta = _STALE, idle: float = _IDLE) -> None:
        self.name = f"批量处理-{secrets.token_hex(4)}"
        self._desk, self._stale, self._idle = desk, stale, idle
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._deleting = time.monotonic()

    def start(self) -> None:
        """Begin to look for work; raises RuntimeError where it was begun before."""
        if self._thread is not None:
            raise RuntimeError("a worker is started once")
        self._thread = threading.Thread(target=self._run, name="batch-worker", daemon=True)
        self._thread.start()

    def stop(self, patience: float = 10.0) -> None:
        """End after the row that is being matched, keep what is done and give the job back; wait at most `patience` seconds."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(patience)

    def step(self) -> bool:
        """Do one job as far as it goes; tell whether there was one. Raises StoreUnavailable."""
        if not self._something_waits():
            return False
        with self._desk.store.begin(self.name) as work:
            job = work.jobs.claim(self.name, (KIND,), stale=self._stale)
        if job is None:
            return False
        try:
            self._work(job)
        except StoreConflict:
            _LOG.info("job %s was cancelled or taken over", job.id)
        return True

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._delete_old()
                worked = self.step()
            except Exception as error:  # the thread outlives a database that is away, and tells no narrative
                _LOG.error("the batch worker waits after %s", type(error).__name__)
                worked = False
            if not worked:
                self._stopping.wait(self._idle)

    def _delete_old(self) -> None:
        """Delete what need not be kept any longer, at the start and every hour; an error waits for the next hour."""
        if time.monotonic() >= self._deleting:
            self._deleting = time.monotonic() + _DELETE
            delete_old(self._desk, self.name, KIND)

    def _something_waits(self) -> bool:
        """Look without writing: a claim would hold up everybody who writes, once a second."""
        oldest = datetime.now(UTC) - self._stale
        with self._desk.store.read() as work:
            found = work.jobs.listing(states=("queued", "running"), limit=1000)
        return any(job.kind == KIND and (job.heartbeat is None or job.heartbeat < oldest) for job in found)

    def _work(self, job: Job) -> None:
        while not self._stopping.is_set():
            with self._desk.store.read() as work:
                items = work.jobs.items(job.id, pending=True, limit=_GROUP)
            if not items:
                self._finish(job)
                return
            try:
                matcher = self._desk.matcher()
            except RongcuoError as error:
                with self._desk.store.begin(self.name) as work:
                    work.jobs.fail(job.id, self.name, str(error))
                return
            self._keep(job, self._group(matcher, items, int(job.input["top_k"])))
        with self._desk.store.begin(self.name) as work:
            work.jobs.release(job.id, self.name)

    def _group(self, matcher: Matcher, items: Sequence[JobItem], top_k: int) -> dict[int, dict[str, Any]]:
        """Match items until the time of a group is over or the worker is to stop; at least one."""
        outputs: dict[int, dict[str, Any]] = {}
        began = time.monotonic()
        for item in items:
            started = time.monotonic()
            outputs[item.position] = _output(matcher, item, top_k)
            ended = time.monotonic()
            if self._stopping.wait(min(_REST * (ended - started), _LONGEST_REST)) or ended - began > _GROUP_SECONDS:
                break
        return outputs

    def _keep(self, job: Job, outputs: dict[int, dict[str, Any]]) -> None:
        """Save the group; a database that is away for a moment is tried again."""
        for tried in range(1, _TRIES + 1):
            try:
                with self._desk.store.begin(self.name) as work:
                    work.jobs.save_items(job.id, self.name, outputs)
                return
            except StoreUnavailable:
                if tried == _TRIES:
                    raise
                self._stopping.wait(self._idle)

    def _finish(self, job: Job) -> None:
        with self._desk.store.read() as work:
            outputs = [item.output for item in work.jobs.items(job.id) if item.output is not None]
        failed = sum(output["report"] is None for output in outputs)
        abstained = sum(output["report"] is not None and output["report"]["abstained"] for output in outputs)
        with self._desk.store.begin(self.name) as work:
            work.jobs.finish(job.id, self.name, {"failed": failed, "abstained": abstained})


def _output(matcher: Matcher, item: JobItem, top_k: int) -> dict[str, Any]:
    row = input_row(item)
    found = match_row(matcher, row, top_k)
    error = None if isinstance(found, MatchReport) else found
    # the narrative stands in the item's input already
    report = report_value(replace(found, narrative="")) if isinstance(found, MatchReport) else None
    return {"report": report, "error": error, "shown": masked_texts(row, error)}
