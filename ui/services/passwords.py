"""Passwords: their hashes by argon2id, and what a new one must be like. The only module that imports argon2."""

from __future__ import annotations

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from data.errors import InputError

__all__ = ["LEAST", "generated", "hash_password", "is_password"]

LEAST, _MOST = 10, 128  # characters
_HASHER = PasswordHasher()  # RFC 9106, low-memory: 64 MiB, three passes
_AT_ONCE = threading.Semaphore(2)  # each takes 64 MiB and a core
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another
# the hash of a password that nobody has, so that an unknown name takes as long as a known one
_NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$iXc7tbpLsD3pN/yVKfxqSA$phCKr7IKEHdpbK4ALzEnpasI1TCvMhnyGs+v5vmftPY"


def hash_password(password: str, *, name: str) -> str:
    """Return the argon2id hash to store for the user `name`. Raises InputError where the password is too weak or too long."""
    if not LEAST <= len(password) <= _MOST:
        raise InputError(f"口令应有 {LEAST} 到 {_MOST} 个字符，请换一个。")
    if len(set(password)) < 5 or name.casefold() in password.casefold():
        raise InputError("口令太容易猜到：不要包含用户名，也不要只重复几个字符，请换一个。")
    with _AT_ONCE:
        return _HASHER.hash(password)


def is_password(password_hash: str, password: str) -> bool:
    """Tell whether the password is that of the hash; an empty hash takes as long and fits none."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(password_hash or _NOBODYS, password[:_MOST]) and bool(password_hash)
        except (Argon2Error, InvalidHashError):
            return False


def generated() -> str:
    """Return a new random password that can be told by telephone: four groups of four, 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
