"""What every action needs: the store, the matcher that serves at the moment, a folder for files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from data.store.store import Store
from retrieval.matcher import Matcher
from ui.services.access import NotAllowed, Person, person_of

__all__ = ["Desk"]


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts that actions work with; one per process.

    `matcher` returns the matcher of the index that is published now: ask for it once per action, another may be published
    meanwhile. `folder` holds uploads and published versions.
    """

    store: Store
    matcher: Callable[[], Matcher]
    folder: Path

    def person(self, name: str | None) -> Person:
        """Return the person of that user name as the store knows them now. Raises NotAllowed: nobody of that name may act."""
        with self.store.read() as work:
            user = work.users.find(name or "")
        if user is None or user.disabled:
            raise NotAllowed("登录已失效或账号已停用，请重新登录。")
        return person_of(user)
