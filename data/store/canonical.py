"""One way to write a value down, so that the same content always has the same digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from data.jsonl import whole
from data.store.errors import StoreError

__all__ = ["canonical", "clean", "digest", "iso", "local"]


def clean(text: str) -> str:
    """Return `text` with U+FFFD for NUL and lone surrogates, which a database cannot hold; every offset stays as it was."""
    return whole(text).replace("\x00", "\ufffd")


def canonical(value: object) -> str:
    """Return `value` as JSON with sorted keys and without spaces, all texts cleaned; times as `iso`, tuples as lists.

    Raises StoreError for what JSON cannot say: NaN, infinity, objects of a class.
    """
    try:
        return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise StoreError("内容中有不能保存的值（如无穷大、非数字），请检查后再试。") from error


def digest(value: object) -> str:
    """Return the sha256 of the canonical form, 64 hex digits."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def iso(moment: datetime) -> str:
    """Return a time with zone as UTC with microseconds: 2026-11-22T07:08:09.000010Z."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def local(moment: datetime) -> str:
    """Return a time for people: on this machine's clock, to the second."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _plain(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return value
