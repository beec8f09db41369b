"""Settings of the web application; `rongcuo serve` fills them from its options."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

__all__ = ["THIS_MACHINE", "WebSettings"]

THIS_MACHINE = "127.0.0.1,::1"
"""The proxies that are trusted where nothing is said."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """How the application lets people in. `single`: without login, one person, on the loopback address only."""

    single: bool = False
    session: timedelta = timedelta(hours=12)
    """How long a login holds."""

    failures: int = 5
    """Wrong passwords for one name within `window` before the name is locked until `window` after the first of them."""

    address_failures: int = 50
    """Wrong passwords from one address within `window`, for whatever names, before it has to wait; an office may share one."""

    window: timedelta = timedelta(minutes=15)
    secret: str = field(default="", repr=False)
    """In single-user mode the CSRF token of this process; `bare_app` makes one where it is empty."""
