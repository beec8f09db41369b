"""Matching a file of narratives: every row gets a line, and an interrupted run goes on where it stopped.

Finished lines are appended to a journal beside the output (``<OUT>.part``), one flushed write each; when all are there the
output is written in one step and the journal removed.

    {"job": digest}                       first line; rows, index, settings and top-k that decide the results
    {"row": 0, "result": {…}}             one line per finished row, numbered without a gap; what follows a gap is not read

One run at a time holds the journal (a lock that the system gives back even after kill -9). A journal of another job, or a
file that is no journal, is renamed, never overwritten.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from data.errors import FileError, reason
from retrieval.matcher import Matcher
from ui.batch_rows import match_row, result_line
from ui.tables import MAX_SHEET_ROWS, InputRow, InputTable, check_suffix, draft_of, read_table, write_rows

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["BatchResult", "open_batch", "run_batch"]

_SYNC_EVERY = 50
_UNSEEN = {"threads", "cache_dir", "top_k", "encoder"}  # settings that change no result, or that the digests hold already
_LOCKED_BYTE = 1 << 40  # beyond any journal: on Windows a locked byte cannot be read


@dataclass(frozen=True, slots=True)
class BatchResult:
    """How a batch ended: rows in all, rows with an error, rows that an earlier run had finished, and Chinese remarks."""

    rows: int
    failed: int
    resumed: int
    notes: tuple[str, ...] = ()


def open_batch(source: Path, target: Path) -> InputTable:
    """Return the rows of `source` once it is sure that `target` can be written and is not the input itself.

    Raises FileError.
    """
    check_suffix(target)
    table = read_table(source)
    if not table.rows:
        raise FileError(f"文件 {source} 里没有数据行，请检查文件。")
    try:
        _check_target(source, target)
    except OSError as error:
        raise FileError(f"结果无法写入 {target}（{reason(error)}），请换一个位置或文件名。") from error
    return table


def run_batch(
    matcher: Matcher,
    source: Path,
    target: Path,
    *,
    top_k: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
    table: InputTable | None = None,
) -> BatchResult:
    """Match every row of `source` and write `target`; a row that cannot be matched gets its `error` and the rest go on.

    `table` is what `open_batch` gave for the same two paths. Raises FileError where a file cannot be read or written, or
    another run is writing the same `target`.
    """
    table = table or open_batch(source, target)
    if check_suffix(target) == ".xlsx" and len(table.rows) * top_k > MAX_SHEET_ROWS:
        raise FileError(f"结果可能超过一张工作表的 {MAX_SHEET_ROWS} 行，请把结果写成 .csv 或 .jsonl，或减小 --top-k。")
    path = _journal_path(target)
    try:
        with _Journal(path, _job(matcher, table.rows, top_k), table.rows) as journal:
            resumed = len(journal.lines)
            for row in table.rows[resumed:]:
                progress(len(journal.lines), len(table.rows))
                journal.append(result_line(row, match_row(matcher, row, top_k)))
            progress(len(table.rows), len(table.rows))
            write_rows(target, journal.lines)
            journal.finished = True
    except OSError as error:
        kept = f"；已完成的部分保留在 {path.name}，再运行一次会接着做完" if path.is_file() else ""
        raise FileError(f"结果无法写入 {target}（{reason(error)}），请检查路径、磁盘空间和写权限{kept}。") from error
    failed = sum(line["error"] is not None for line in journal.lines)
    return BatchResult(len(table.rows), failed, resumed, tuple(filter(None, (table.note, journal.note))))


def _check_target(source: Path, target: Path) -> None:
    for path in (target, _journal_path(target), draft_of(target)):
        if path.exists() and path.samefile(source):
            raise FileError(f"结果 {target} 会覆盖输入文件 {source}，请换一个结果文件名。")
    folder = target.parent
    if target.is_dir():
        raise FileError(f"{target} 是一个文件夹，请写上结果的文件名，例如 {target / 'out.csv'}。")
    if not folder.is_dir():
        raise FileError(f"结果无法写入 {target}：没有 {folder} 这个文件夹，请先建立它或换一个位置。")
    if not os.access(folder, os.W_OK) or (target.exists() and not os.access(target, os.W_OK)):
        raise FileError(f"结果无法写入 {target}：没有写权限，请换一个位置。")


class _Journal:
    """The finished lines of one job, on disk and in `lines`; holds the lock, removes the file if `finished` or without lines."""

    def __init__(self, path: Path, job: str, rows: Sequence[InputRow]) -> None:
        self.path, self.finished, self.note = path, False, ""
        self.lines: list[dict[str, Any]] = []
        self._header = (json.dumps({"job": job}) + "\n").encode()
        self._rows, self._ours = rows, False
        self._file = _locked(path)

    def __enter__(self) -> _Journal:
        try:
            raw = self._read()
            if not raw.startswith(self._header) and not self._header.startswith(raw):
                self._move_aside()
                raw = self._read()
            self.lines, size = _finished(raw[len(self._header) :], self._rows)
            self._ours = True
            self._file.truncate(len(self._header) + size if raw.startswith(self._header) else 0)
            if not raw.startswith(self._header):
                self._write(self._header)
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._leave()

    def _leave(self) -> None:
        try:
            if self._ours and (self.finished or not self.lines):
                if sys.platform == "win32":
                    self._file.close()  # an open file cannot be removed there
                self.path.unlink(missing_ok=True)
        finally:
            self._file.close()

    def append(self, line: dict[str, Any]) -> None:
        """Write one finished line; it is on the disk with the next multiple of 50."""
        text = json.dumps({"row": len(self.lines), "result": line}, ensure_ascii=False)
        self._write(text.encode() + b"\n")
        self.lines.append(line)
        if len(self.lines) % _SYNC_EVERY == 0:
            os.fsync(self._file.fileno())

    def _read(self) -> bytes:
        self._file.seek(0)
        return self._file.read()

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()

    def _move_aside(self) -> None:
        number = 1
        while (aside := self.path.with_name(f"{self.path.name}.old-{number}")).exists():
            number += 1
        if sys.platform == "win32":
            self._file.close()
        self.path.rename(aside)
        self._file.close()
        self._file = _locked(self.path)
        self.note = f"{self.path.name} 是另一次匹配留下的（输入、索引或设置不同），已改名为 {aside.name}"


def _locked(path: Path) -> IO[bytes]:
    """Open the journal and lock it; raise FileError if another run holds it, OSError if it cannot be opened."""
    while True:
        file = path.open("a+b")
        try:
            if sys.platform == "win32":
                file.seek(_LOCKED_BYTE)
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(file, path):
                return file
        except (BlockingIOError, PermissionError) as error:
            file.close()
            name = path.name.removesuffix(".part")
            raise FileError(f"另一个批量匹配正在写 {name}，请等它结束，或换一个结果文件名。") from error
        except BaseException:
            file.close()
            raise
        file.close()  # the run that held it has just finished and removed the file


def _is_at(file: IO[bytes], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _finished(raw: bytes, rows: Sequence[InputRow]) -> tuple[list[dict[str, Any]], int]:
    """Return the results of rows 0, 1, 2 … as far as they follow each other, and how many bytes they take."""
    results: list[dict[str, Any]] = []
    size = 0
    for row, line in zip(rows, raw.split(b"\n")[:-1], strict=False):
        try:
            value = json.loads(line)
            if value["row"] != len(results) or value["result"]["id"] != row.id:
                break
        except (ValueError, KeyError, TypeError):
            break
        results.append(value["result"])
        size += len(line) + 1
    return results, size


def _journal_path(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def _job(matcher: Matcher, rows: Sequence[InputRow], top_k: int) -> str:
    """Return the digest of everything that decides the results; the index digest covers the model."""
    settings = matcher.settings.model_dump_json(exclude=_UNSEEN)
    hasher = hashlib.sha256(f"2 {matcher.index.manifest.digest} {settings} {top_k}".encode())
    for row in rows:
        hasher.update(repr((row.id, row.text, row.region, row.error)).encode())
    return hasher.hexdigest()
