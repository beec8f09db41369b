"""Matching a file of narratives: every row gets a line, and an interrupted run goes on where it stopped.

Finished lines are appended to a journal beside the output (``<OUT>.part``), one flushed write each; when all are there the
output is written in one step and the journal removed. The journal's first line names the job, so another input, index or
setting never continues it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from data.errors import FileError, InputError
from retrieval.matcher import Matcher
from ui.present import report_json
from ui.tables import InputRow, check_suffix, read_rows, write_rows

__all__ = ["BatchResult", "run_batch"]

_SYNC_EVERY = 50


@dataclass(frozen=True, slots=True)
class BatchResult:
    """How a batch ended: rows in all, rows with an error, and rows that an earlier run had already finished."""

    rows: int
    failed: int
    resumed: int


def run_batch(
    matcher: Matcher,
    source: Path,
    target: Path,
    *,
    top_k: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> BatchResult:
    """Match every row of `source` and write `target`; a row that cannot be matched gets its `error` and the rest go on.

    Raises FileError where a file cannot be read or written.
    """
    check_suffix(target)
    rows = read_rows(source)
    if not rows:
        raise FileError(f"文件 {source} 里没有数据行，请检查文件。")
    journal = target.with_name(target.name + ".part")
    try:
        lines = _resume(journal, _job(matcher, rows, top_k))
        resumed = len(lines)
        with journal.open("a", encoding="utf-8") as out:
            for row in rows[resumed:]:
                progress(len(lines), len(rows))
                lines.append(_line(matcher, row, top_k))
                _append(out, lines[-1], sync=len(lines) % _SYNC_EVERY == 0)
        progress(len(rows), len(rows))
        write_rows(target, lines)
        journal.unlink()
    except OSError as error:
        raise FileError(
            f"结果无法写入 {target}（{error.strerror}），请检查路径、磁盘空间和写权限；已完成的部分保留在 {journal.name}。"
        ) from error
    return BatchResult(len(rows), sum(line["error"] is not None for line in lines), resumed)


def _job(matcher: Matcher, rows: Sequence[InputRow], top_k: int) -> str:
    """Return the digest of everything that decides the results."""
    hasher = hashlib.sha256(f"{matcher.index.manifest.digest} {matcher.settings.model_dump_json()} {top_k}".encode())
    for row in rows:
        hasher.update(repr((row.id, row.text, row.region)).encode("utf-8", "surrogatepass"))
    return hasher.hexdigest()


def _resume(journal: Path, job: str) -> list[dict[str, Any]]:
    """Return the finished lines of the same job; drop a line cut off by a crash, and the journal of any other job."""
    kept: list[dict[str, Any]] = []
    size = 0
    raw = journal.read_bytes() if journal.exists() else b""
    for number, line in enumerate(raw.splitlines(keepends=True)):
        try:
            value = json.loads(line)
        except ValueError:
            break
        if not line.endswith(b"\n") or (number == 0 and value != {"job": job}):
            break
        size += len(line)
        if number:
            kept.append(value)
    if size == 0:
        journal.write_text(json.dumps({"job": job}) + "\n", "utf-8")
    else:
        os.truncate(journal, size)
    return kept


def _append(out: IO[str], line: dict[str, Any], *, sync: bool) -> None:
    out.write(json.dumps(line, ensure_ascii=False) + "\n")
    out.flush()
    if sync:
        os.fsync(out.fileno())


def _line(matcher: Matcher, row: InputRow, top_k: int) -> dict[str, Any]:
    if row.error is None:
        try:
            return report_json(matcher.match(row.text, region=row.region, top_k=top_k), identifier=row.id)
        except InputError as error:
            return _failed(row, str(error))
    return _failed(row, row.error)


def _failed(row: InputRow, message: str) -> dict[str, Any]:
    return {"id": row.id, "region": row.region, "abstained": False, "matches": [], "error": message}
