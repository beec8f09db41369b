"""Long computations that survive a restart.

    queued <-> running -> done | failed        cancelled from queued and running

A worker claims the oldest job that is queued, or one whose worker has given no sign of life for a while; one that stops
in good order gives its job back to the queue. Results of a batch are kept row by row, so the next worker goes on where the
last one stopped. Only the worker that holds a job may
write to it: one that was thought dead and comes back gets StoreConflict.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from data.store.canonical import canonical, clean, digest
from data.store.contents import fields
from data.store.errors import StoreConflict, StoreError, StoreMissing
from data.store.models import JobItemRow, JobRow
from data.store.records import Job, JobItem, JobState
from data.store.unit import Unit, new_id
from data.store.users import user_row

__all__ = ["MAX_ATTEMPTS", "STALE", "Jobs"]

STALE = timedelta(seconds=60)
MAX_ATTEMPTS = 5  # a job that takes its worker down each time is given up


class Jobs:
    """Long computations within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, kind: str, input: Mapping[str, Any], *, items: Sequence[Mapping[str, Any]] = ()) -> Job:
        """Queue a job by the one who acts, who must be a user; `items` are the rows of a batch, in order."""
        owner = user_row(self._unit, self._unit.writer(), active=True).name
        rows = [{"position": position, "input": canonical(item), "output": None} for position, item in enumerate(items)]
        row = JobRow(
            id=new_id(),
            kind=clean(kind),
            state="queued",
            owner=owner,
            done=0,
            total=len(rows),
            input=canonical(input),
            attempts=0,
            created=self._unit.now,
        )
        self._unit.session.add(row)
        self._unit.session.flush()
        if rows:
            self._unit.session.execute(insert(JobItemRow), [{"job_id": row.id, **item} for item in rows])
        self._record("job.add", row, [row.input, *(item["input"] for item in rows)])
        return _job(row)

    def get(self, job_id: str) -> Job:
        """Return a job. Raises StoreError: there is none."""
        return _job(self._row(job_id))

    def listing(
        self,
        *,
        owner: str | None = None,
        states: Collection[JobState] = (),
        ended_before: datetime | None = None,
        limit: int | None = 100,
    ) -> tuple[Job, ...]:
        """Return jobs, newest first; `states` () and `limit` None mean all. No jobs give ()."""
        query = select(JobRow).order_by(JobRow.created.desc(), JobRow.id).limit(limit)
        query = query if owner is None else query.where(JobRow.owner == owner)
        query = query.where(JobRow.state.in_(states)) if states else query
        query = query if ended_before is None else query.where(JobRow.ended < ended_before)
        return tuple(_job(row) for row in self._unit.session.scalars(query))

    def claim(self, worker: str, kinds: Collection[str], *, stale: timedelta = STALE) -> Job | None:
        """Take the oldest waiting or orphaned job of these kinds for `worker`, or return None.

        A job that was begun MAX_ATTEMPTS times fails instead.
        """
        now = self._unit.now
        # a sign of life that is yet to come: the clock was put back, and nobody should wait until it gets there again
        silent = (JobRow.heartbeat < now - stale) | (JobRow.heartbeat > now + stale)
        orphaned = (JobRow.state == "running") & silent
        waiting = select(JobRow).where(JobRow.kind.in_(kinds), (JobRow.state == "queued") | orphaned)
        for row in self._unit.session.scalars(waiting.order_by(JobRow.created, JobRow.id)).all():
            if row.attempts >= MAX_ATTEMPTS:
                self._end(row, "failed", error=f"连续 {MAX_ATTEMPTS} 次中途停止，已放弃。")
                continue
            row.state, row.worker, row.heartbeat, row.attempts = "running", clean(worker), now, row.attempts + 1
            self._record("job.claim", row, row.worker)
            return _job(row)
        return None

    def beat(self, job_id: str, worker: str, *, done: int | None = None, total: int | None = None) -> Job:
        """Give a sign of life, and the progress of a job without items.

        Raises StoreConflict: the job was cancelled, has ended, or another worker has it.
        """
        row = self._held(job_id, worker)
        row.done = row.done if done is None else done
        row.total = row.total if total is None else total
        self._unit.session.flush()
        return _job(row)

    def release(self, job_id: str, worker: str) -> Job:
        """Give a job back, for another worker to go on at once; this attempt is not counted. Errors as `beat`."""
        row = self._held(job_id, worker)
        row.state, row.worker, row.heartbeat, row.attempts = "queued", None, None, row.attempts - 1
        self._record("job.release", row, clean(worker))
        return _job(row)

    def items(self, job_id: str, *, pending: bool = False, limit: int | None = None) -> tuple[JobItem, ...]:
        """Return the rows of a batch in order, with `pending` those without output, at most `limit`; none gives ()."""
        query = select(JobItemRow).where(JobItemRow.job_id == job_id).order_by(JobItemRow.position).limit(limit)
        query = query.where(JobItemRow.output.is_(None)) if pending else query
        return tuple(
            JobItem(row.position, json.loads(row.input), None if row.output is None else json.loads(row.output))
            for row in self._unit.session.scalars(query, execution_options={"populate_existing": True})
        )

    def save_items(self, job_id: str, worker: str, outputs: Mapping[int, Mapping[str, Any]]) -> Job:
        """Keep the outputs of rows by their position, count them as done and give a sign of life; errors as `beat`.

        Raises StoreError: a position is none of the job's.
        """
        row = self._held(job_id, worker)
        connection = self._unit.session.connection()
        for position, output in outputs.items():
            place = (JobItemRow.job_id == job_id, JobItemRow.position == position)
            if not connection.execute(update(JobItemRow).where(*place).values(output=canonical(output))).rowcount:
                raise StoreError(f"这个任务没有第 {position} 行，请重新提交。")
        ready = select(func.count()).select_from(JobItemRow).where(JobItemRow.job_id == job_id, JobItemRow.output.is_not(None))
        row.done = self._unit.session.scalar(ready) or 0
        self._unit.session.flush()
        return _job(row)

    def finish(self, job_id: str, worker: str, output: Mapping[str, Any]) -> Job:
        """End a job with its output; errors as `beat`. Raises StoreError: rows of the batch are still without output."""
        row = self._held(job_id, worker)
        if self.items(job_id, pending=True, limit=1):
            raise StoreError("这个任务还有没做完的行，不能结束。")
        return self._end(row, "done", output=canonical(output))

    def fail(self, job_id: str, worker: str, error: str) -> Job:
        """End a job with one sentence that says why it could not be done; errors as `beat`."""
        return self._end(self._held(job_id, worker), "failed", error=clean(error))

    def cancel(self, job_id: str) -> Job:
        """Stop a job; its worker learns of it at its next sign of life. Raises StoreError: it has ended already."""
        row = self._row(job_id)
        if row.state not in ("queued", "running"):
            raise StoreError("这个任务已经结束，不能取消。")
        return self._end(row, "cancelled")

    def clear(self, job_id: str) -> Job:
        """Delete the rows of a job that has ended, what was handed in and what came out; its output tells that it is `cleared`.

        Raises StoreError: it has not ended.
        """
        self._unit.writer()
        row = self._row(job_id)
        if row.state in ("queued", "running"):
            raise StoreError("这个任务还没有结束，不能删除它的叙述和结果。")
        self._unit.session.execute(delete(JobItemRow).where(JobItemRow.job_id == row.id))
        row.output = canonical({**json.loads(row.output or "{}"), "cleared": True})
        self._record("job.clear", row, row.output)
        return _job(row)

    def _end(self, row: JobRow, state: JobState, *, output: str | None = None, error: str | None = None) -> Job:
        actions = {"done": "job.finish", "failed": "job.fail", "cancelled": "job.cancel"}
        row.state, row.output, row.error, row.ended, row.worker = state, output, error, self._unit.now, None
        query = select(JobItemRow.output).where(JobItemRow.job_id == row.id).order_by(JobItemRow.position)
        self._record(actions[state], row, [output, error, *self._unit.session.scalars(query)])
        return _job(row)

    def _record(self, action: str, row: JobRow, content: object) -> None:
        self._unit.record(action, f"job:{row.id}", {"kind": row.kind, "state": row.state, "content": digest(content)})

    def _row(self, job_id: str) -> JobRow:
        row = self._unit.session.get(JobRow, clean(job_id))
        if row is None:
            raise StoreMissing("没有这个任务，请从列表中重新打开。")
        return row

    def _held(self, job_id: str, worker: str) -> JobRow:
        self._unit.writer()
        row = self._row(job_id)
        if row.state != "running" or row.worker != clean(worker):
            raise StoreConflict("这个任务已被取消、已结束或已由另一个进程接手，这里停止处理。")
        row.heartbeat = self._unit.now
        return row


def _job(row: JobRow) -> Job:
    output = None if row.output is None else json.loads(row.output)
    return Job(**{**fields(row), "input": json.loads(row.input), "output": output})
