"""Who may do what. Every action of a person goes through `check`, whichever way it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from data.errors import RongcuoError
from data.store.records import ROLES, Role, User

__all__ = ["ACTIONS", "LOCAL", "NotAllowed", "Person", "check", "person_of"]

LOCAL = "local"
"""The user of single-user mode, who has every role and no password."""

_EVERYBODY: frozenset[Role] = frozenset(ROLES)
ACTIONS: Mapping[str, frozenset[Role]] = {
    "match": _EVERYBODY,
    "case.write": frozenset({"inspector", "reviewer"}),  # make cases, and read and change one's own
    "case.review": frozenset({"reviewer"}),  # read every submitted case, decide on its clauses
    "batch.run": frozenset({"inspector", "reviewer", "evaluator"}),  # one's own jobs
    "library.read": _EVERYBODY,
    "library.draft": frozenset({"reviewer", "administrator"}),  # upload a regulation, correct its parse
    "library.publish": frozenset({"administrator"}),
    "evaluate": frozenset({"evaluator", "administrator"}),
    "labelled.export": frozenset({"evaluator"}),  # reviewed cases, masked
    "user.manage": frozenset({"administrator"}),
    "audit.read": frozenset({"administrator"}),
    "backup": frozenset({"administrator"}),
}


class NotAllowed(RongcuoError):
    """Somebody asked for what their role, or their part in a case, does not allow."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts: a user of the store with their roles, looked up anew for each action."""

    name: str
    display_name: str
    roles: frozenset[Role]

    def may(self, action: str) -> bool:
        """Tell whether one of the roles allows the action. Raises KeyError for an unknown action."""
        return bool(self.roles & ACTIONS[action])


def check(person: Person, action: str) -> None:
    """Raise NotAllowed where no role of the person allows the action."""
    if not person.may(action):
        allowed = "、".join(ROLES[role] for role in ROLES if role in ACTIONS[action])
        raise NotAllowed(f"您没有这项操作的权限（需要角色：{allowed}），请联系管理员。")


def person_of(user: User) -> Person:
    """Return the person behind an account; a disabled one has no role."""
    if user.disabled:
        return Person(user.name, user.display_name, frozenset())
    roles = frozenset(ROLES) if user.name == LOCAL else frozenset({user.role})
    return Person(user.name, user.display_name, roles)
