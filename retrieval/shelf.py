"""The matcher that serves now: that of the published version, or of the shipped regulations before the first publication."""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from data.errors import RongcuoError
from retrieval.matcher import Matcher
from retrieval.publish import clean
from retrieval.releases import POINTER, current_number, open_index, versions_folder

__all__ = ["Shelf"]

_log = logging.getLogger(__name__)
_AGAIN = 30.0  # seconds until a version that could not be opened is tried again: the disk may be back
_Mark = tuple[int, int, int] | None  # of the pointer file: its inode, time and size; None where there is none


@dataclass(frozen=True, slots=True)
class _Held:
    """A matcher and the mark of the pointer for which it was last decided that it serves.

    `problem` says why the version that the pointer names does not serve, "" where it does; `until` when that is looked at again.
    """

    matcher: Matcher
    mark: _Mark
    problem: str = ""
    until: float = float("inf")


class Shelf:
    """Call it for the matcher to use, whose `version` tells which one serves; safe from several threads.

    Each process may have its own over one folder.

    A call looks at the pointer file. The first one to find it changed opens the new version, while the others go on with the old;
    a version that cannot be opened is logged, and the old one stays.
    """

    def __init__(self, library: Path, base: Matcher) -> None:
        """Open the version in use, else the newest earlier one that can be opened, else `base`, whose encoder serves all."""
        self._library = library
        self._base = base
        self._pointer = versions_folder(library) / POINTER
        self._lock = threading.Lock()
        self._opening = False
        clean(library)
        self._held = self._first()

    def __call__(self) -> Matcher:
        """Return the matcher of the version in use."""
        mark = self._mark()
        with self._lock:
            held = self._held
            if self._opening or mark == held.mark and time.monotonic() < held.until:
                return held.matcher
            self._opening = True
        try:
            held = self._next(held, mark)
        finally:
            with self._lock:
                self._held, self._opening = held, False
        return held.matcher

    def _mark(self) -> _Mark:
        try:
            found = os.stat(self._pointer)
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _first(self) -> _Held:
        mark = self._mark()
        held = self._next(_Held(self._base, None), mark)
        wanted = self._number()
        for number in range(wanted - 1, 0, -1) if held.problem else ():
            earlier = self._next(_Held(self._base, None), mark, number)
            if not earlier.problem:
                return self._stays(earlier, mark, held.problem)
        return held

    def _number(self) -> int:
        try:
            return current_number(self._library)
        except RongcuoError:
            return 0

    def _next(self, held: _Held, mark: _Mark, number: int | None = None) -> _Held:
        """Return what serves now that the pointer has this `mark`; `number` is the version to open, None for the one it names."""
        try:
            wanted = current_number(self._library) if number is None else number
            if wanted == held.matcher.version:
                return _Held(held.matcher, mark)
            if wanted == 0:
                return self._lost(held, mark)
            index = open_index(self._library, wanted, self._base)
            scorer = self._base.scorer
            return _Held(Matcher(index, scorer.encoder, scorer.segmenter, self._base.settings, version=wanted), mark)
        except (RongcuoError, OSError) as error:
            return self._stays(held, mark, str(error))

    def _lost(self, held: _Held, mark: _Mark) -> _Held:
        return self._stays(held, mark, f"条款库的版本记录 {self._pointer} 不见了，请从备份恢复。")

    def _stays(self, held: _Held, mark: _Mark, problem: str) -> _Held:
        if problem != held.problem:
            number = held.matcher.version
            _log.error("条款库：%s目前使用%s。", problem, f"第 {number} 版" if number else "随程序附带的法规")
        return _Held(held.matcher, mark, problem, time.monotonic() + _AGAIN)
