"""Accounts: what an administrator may do with them, and what everybody may do with their own."""

from __future__ import annotations

from dataclasses import dataclass, field

from data.errors import InputError
from data.store.errors import StoreError
from data.store.records import Role, User
from data.store.users import user_name
from ui.services.access import LOCAL, NotAllowed, Person, check
from ui.services.desk import Desk
from ui.services.passwords import generated, hash_password

__all__ = ["Account", "add", "change_own_password", "listing", "reset_password", "set_disabled", "set_role"]


@dataclass(frozen=True, slots=True)
class Account:
    """An account after a change; `password` is the one that was made up for it, "" where none was. It is told once."""

    user: User
    password: str = field(repr=False, default="")


def listing(desk: Desk, person: Person) -> tuple[User, ...]:
    """Return all accounts by name, without that of single-user mode and without password hashes. Raises NotAllowed."""
    check(person, "user.manage")
    with desk.store.read() as work:
        found = work.users.listing()
    return tuple(_bare(user) for user in found if user.name != LOCAL)


def add(desk: Desk, person: Person, name: str, *, display_name: str, role: Role, password: str = "") -> Account:
    """Make an account; without a password one is made up. Raises NotAllowed, InputError, StoreError."""
    check(person, "user.manage")
    short = _manageable(name)
    chosen, made = _password(password)
    hashed = hash_password(chosen, name=short)
    with desk.store.begin(person.name) as work:
        return Account(_bare(work.users.add(short, display_name=display_name or short, role=role, password_hash=hashed)), made)


def reset_password(desk: Desk, person: Person, name: str, password: str = "") -> Account:
    """Give an account a new password, made up where none is given; its sessions and access tokens end. Raises as `add`."""
    check(person, "user.manage")
    short = _manageable(name)
    chosen, made = _password(password)
    hashed = hash_password(chosen, name=short)
    with desk.store.begin(person.name) as work:
        return Account(_bare(work.users.change(short, password_hash=hashed)), made)


def set_role(desk: Desk, person: Person, name: str, role: Role) -> Account:
    """Give an account another role; its sessions end. Raises NotAllowed, StoreError: unknown, or the last administrator."""
    check(person, "user.manage")
    short = _manageable(name)
    with desk.store.begin(person.name) as work:
        if work.users.get(short).role == role:
            raise InputError(f"“{short}”已经是这个角色，没有改动；如需改动请另选一个。")
        return Account(_bare(work.users.change(short, role=role)))


def set_disabled(desk: Desk, person: Person, name: str, *, disabled: bool) -> Account:
    """Disable or enable an account; disabling ends its sessions. Nobody disables themselves. Raises as `set_role`."""
    check(person, "user.manage")
    short = _manageable(name)
    if disabled and short == person.name:
        raise InputError("不能停用自己的账号，请由另一名管理员操作。")
    with desk.store.begin(person.name) as work:
        return Account(_bare(work.users.change(short, disabled=disabled)))


def change_own_password(desk: Desk, person: Person, password: str) -> None:
    """Give a person's own account a new password; all its sessions and access tokens end.

    Raises NotAllowed in single-user mode, InputError.
    """
    if person.name == LOCAL:
        raise NotAllowed("单人模式没有口令。")
    hashed = hash_password(password, name=person.name)
    with desk.store.begin(person.name) as work:
        work.users.change(person.name, password_hash=hashed)


def _manageable(name: str) -> str:
    short = user_name(name)
    if short == LOCAL:
        raise StoreError(f"用户名“{LOCAL}”留给单人模式使用，请换一个用户名。")
    return short


def _password(given: str) -> tuple[str, str]:
    """Return the password to set, and the same again where it was made up."""
    made = "" if given else generated()
    return given or made, made


def _bare(user: User) -> User:
    """Leave of the hash only whether there is one."""
    kept = "set" if user.password_hash else ""
    return User(user.name, user.display_name, user.role, user.disabled, user.created, kept)
