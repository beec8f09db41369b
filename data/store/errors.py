"""Errors of the store, below `data.errors.RongcuoError`.

StoreError                  a record is missing, a step is not allowed, or stored data is not what it should be
├── StoreConflict           somebody else changed it first
├── StoreMissing            there is no such record
└── StoreUnavailable        the database cannot be reached or written now
"""

from __future__ import annotations

from data.errors import RongcuoError

__all__ = ["StoreConflict", "StoreError", "StoreMissing", "StoreUnavailable"]


class StoreError(RongcuoError):
    """A record is missing, a step is not allowed, or stored data is not what it should be."""


class StoreConflict(StoreError):
    """Somebody else changed it first; the message says who and when."""


class StoreMissing(StoreError):
    """There is no record of that id or name."""


class StoreUnavailable(StoreError):
    """The database cannot be reached or written now: locked, full, read-only, gone, refused, or newer than the program."""
