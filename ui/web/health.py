"""Whether the program can do its work: store, index, model. Tells no names, paths or figures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from ui.services.desk import Desk

__all__ = ["Health"]

_HOLDS = 15.0  # seconds; anybody may ask, and asking the model costs


class Health:
    """Looks at the parts, at most once in fifteen seconds."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._until = 0.0
        self._known: dict[str, Any] = {}

    def look(self) -> dict[str, Any]:
        """Return ``status`` (ok or fault) and for store, index and model whether each answers."""
        with self._lock:
            if time.monotonic() > self._until:
                parts = {"store": _works(self._store), "index": _works(self._index), "model": _works(self._model)}
                self._known = {"status": "ok" if all(parts.values()) else "fault", **parts}
                self._until = time.monotonic() + _HOLDS
            return dict(self._known)

    def _store(self) -> bool:
        with self._desk.store.read() as work:
            return work.audit.head().count >= 0

    def _index(self) -> bool:
        return len(self._desk.matcher().index.entries) > 0

    def _model(self) -> bool:
        return len(self._desk.matcher().scorer.encoder.encode_queries(["检查"])) == 1


def _works(look: Callable[[], bool]) -> bool:
    try:
        return look()
    except Exception:  # noqa: BLE001  (whatever it is, the answer is no)
        return False
