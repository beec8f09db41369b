"""What `rongcuo serve` opens before it serves, and whether people must log in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.errors import InputError
from data.store.location import files_folder
from data.store.store import Store, open_store
from retrieval.shelf import Shelf
from ui.services.access import LOCAL
from ui.services.desk import Desk
from ui.web.gate import is_loopback

__all__ = ["open_desk", "way_in"]


@contextmanager
def open_desk(folder: Path | None = None) -> Iterator[Desk]:
    """Open store, index and folder (else where `files_folder` says); several processes on one store need the same folder.

    Raises StoreError, ModelError, IndexBuildError.
    """
    from retrieval.loading import open_matcher

    with open_store() as store:
        place = folder or files_folder(store.engine.url)
        yield Desk(store, Shelf(place / "library", open_matcher()), place)


def way_in(store: Store, host: str, *, wanted: bool) -> bool:
    """Tell whether to serve in single-user mode: on a loopback address, where there are no users or it is `wanted`.

    Raises InputError: it is wanted for an address that others reach, or a login is needed and nobody could log in.
    """
    loopback = is_loopback(host)
    if wanted and not loopback:
        raise InputError(f"单人模式（--single）不登录就能使用，只能在本机地址上打开；请去掉 --single 或不要用 --host {host}。")
    with store.read() as work:
        users = [user for user in work.users.listing() if user.name != LOCAL]
    if wanted or (loopback and not users):
        return True
    if not any(user.password_hash and not user.disabled for user in users):
        raise InputError(
            "还没有能登录的用户，请先运行 rongcuo store user add 用户名 --role administrator 建立管理员"
            "（已有用户用 rongcuo store user password 用户名 设口令），或在本机加 --single 单人使用。"
        )
    return False
