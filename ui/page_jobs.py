"""Work in a thread of its own that can be watched and stopped."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Job"]

T = TypeVar("T")

_PATIENCE = 10  # seconds that the end of the program waits for work that is between two steps


class _StoppedError(Exception):
    """Raised in the work, between two of its steps, when nobody waits for it any more."""


class Job(Generic[T]):
    """Work that starts at once, or when the work that holds `lock` is over, and tells how far it is.

    `work` gets a callback (done, total), through which it is also stopped.
    """

    Progress = Callable[[int, int], None]

    def __init__(self, work: Callable[[Progress], T], lock: threading.Lock) -> None:
        self.done = 0
        self.total = 0
        self._work = work
        self._lock = lock
        self._first = 0.0
        self._stopped = threading.Event()
        self._result: T | None = None
        self._error: Exception | None = None
        # a daemon, so that the end of the program is no later than what `_end` waits for
        self._thread = threading.Thread(target=self._run, name="job", daemon=True)
        atexit.register(self._end)
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether the work has ended, well or not."""
        return not self._thread.is_alive()

    def remaining(self) -> float | None:
        """Return about how many seconds the counted steps will still take; None while that cannot be told."""
        if self.done < 2:
            return None
        return (time.monotonic() - self._first) / (self.done - 1) * (self.total - self.done)

    def stop(self) -> None:
        """Let the work end at its next step; nothing happens where it is over."""
        self._stopped.set()

    def outcome(self) -> T:
        """Wait for the end and return the result; what the work raised is raised here."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]  # work without error has a result

    def _end(self) -> None:
        """Let the work end before the program does: a library's own code must not be cut off in the middle."""
        self.stop()
        self._thread.join(_PATIENCE)

    def _run(self) -> None:
        with self._lock:
            try:
                if not self._stopped.is_set():
                    self._result = self._work(self._progress)
            except Exception as error:  # noqa: BLE001  (all of it is told where the outcome is asked for)
                self._error = error
        atexit.unregister(self._end)

    def _progress(self, done: int, total: int) -> None:
        if self._stopped.is_set():
            raise _StoppedError
        if not self.done:
            self._first = time.monotonic()
        self.done, self.total = done, total
