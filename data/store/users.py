"""Accounts. Nobody is ever deleted: what they did keeps their name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from sqlalchemy import func, select

from data.store.canonical import clean
from data.store.contents import fields
from data.store.credentials import end_sessions, end_tokens
from data.store.errors import StoreError
from data.store.models import UserRow
from data.store.records import ROLES, Role, User
from data.store.unit import Unit

__all__ = ["Users", "user_name", "user_row"]

_NAME = re.compile(r"[\w.@-]{1,64}")


def user_name(name: str) -> str:
    """Return a login name in the one form that is stored: NFKC, lower case, no blanks around it."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def user_row(unit: Unit, name: str, *, active: bool = False) -> UserRow:
    """Return the row of a user. Raises StoreError: there is none, or with `active` it is disabled."""
    row = unit.session.get(UserRow, user_name(name))
    if row is None:
        raise StoreError(f"没有用户“{clean(name)}”，请核对用户名。")
    if active and row.disabled:
        raise StoreError(f"用户“{row.name}”已停用，请换一个用户或先启用。")
    return row


class Users:
    """Accounts within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, name: str, *, display_name: str, role: Role, password_hash: str = "") -> User:
        """Make an account; the hash is kept as it is given, an empty one lets nobody log in.

        Raises StoreError: the name is taken or has other characters than letters, digits and ``. _ @ -``.
        """
        short = user_name(name)
        if not _NAME.fullmatch(short):
            raise StoreError(f"用户名“{clean(name)}”不能用，应是 1 到 64 个字母、数字、汉字或 . _ @ -。")
        if self._unit.session.get(UserRow, short) is not None:
            raise StoreError(f"用户“{short}”已经有了，请换一个用户名。")
        row = UserRow(
            name=short,
            display_name=_display(display_name),
            role=_role(role),
            password_hash=clean(password_hash),
            disabled=False,
            created=self._unit.now,
        )
        self._unit.saved("user.add", row)
        return User(**fields(row))

    def get(self, name: str) -> User:
        """Return an account. Raises StoreError: there is none."""
        return User(**fields(user_row(self._unit, name)))

    def find(self, name: str) -> User | None:
        """Return an account, or None."""
        row = self._unit.session.get(UserRow, user_name(name))
        return None if row is None else User(**fields(row))

    def listing(self) -> tuple[User, ...]:
        """Return all accounts by name; none gives ()."""
        return tuple(sorted((User(**fields(row)) for row in self._unit.session.scalars(select(UserRow))), key=lambda u: u.name))

    def change(
        self,
        name: str,
        *,
        display_name: str | None = None,
        role: Role | None = None,
        password_hash: str | None = None,
        disabled: bool | None = None,
    ) -> User:
        """Change what is given; a new password, a new role and disabling end the user's sessions, a new password all tokens too.

        Raises StoreError: there is no such account, or it is the last administrator who could still log in.
        """
        row = user_row(self._unit, name)
        wanted = {
            "display_name": None if display_name is None else _display(display_name),
            "role": None if role is None else _role(role),
            "password_hash": None if password_hash is None else clean(password_hash),
            "disabled": disabled,
        }
        before = {column: getattr(row, column) for column in wanted}
        after = {column: before[column] if value is None else value for column, value in wanted.items()}
        if _administers(before) and not _administers(after):
            self._keep_one_administrator(row.name)
        for column, value in after.items():
            setattr(row, column, value)
        self._unit.saved("user.change", row)
        if role is not None or disabled or password_hash is not None:
            end_sessions(self._unit, row.name)
        if password_hash is not None:
            end_tokens(self._unit, row.name)
        return User(**fields(row))

    def _keep_one_administrator(self, name: str) -> None:
        others = select(func.count()).select_from(UserRow).where(UserRow.role == "administrator", ~UserRow.disabled)
        if not self._unit.session.scalar(others.where(UserRow.name != name, UserRow.password_hash != "")):
            raise StoreError(f"“{name}”是最后一名能登录的管理员，请先另设一名有口令的管理员。")


def _administers(account: Mapping[str, object]) -> bool:
    """Tell whether somebody can log in with the account and is an administrator then."""
    return account["role"] == "administrator" and not account["disabled"] and account["password_hash"] != ""


def _display(text: str) -> str:
    found = clean(text).strip()
    if not 1 <= len(found) <= 64:
        raise StoreError("姓名应是 1 到 64 个字，请改正。")
    return found


def _role(role: str) -> str:
    if role not in ROLES:
        raise StoreError(f"没有角色“{clean(str(role))}”，可选：{'、'.join(ROLES)}。")
    return role
