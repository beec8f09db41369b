"""Publishing drafts as a new version, what differs between two versions, and going back to an earlier one."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from data.difference import Change, difference
from data.errors import InputError, RongcuoError
from data.schema import Regulation
from data.store.canonical import clean
from data.store.errors import StoreConflict
from retrieval.publish import Order
from retrieval.publish import publish as publish_regulations
from retrieval.releases import Release, current_number, regulations_of, releases
from ui.services.access import Person, check
from ui.services.desk import Desk
from ui.services.library import Edition, library_folder
from ui.services.library_check import problems
from ui.services.library_file import Draft, load_draft, read_draft, remove_draft

__all__ = ["Plan", "Versions", "differences", "plan", "publish", "versions", "withdraw"]

_LONGEST_NOTE = 500


@dataclass(frozen=True, slots=True)
class Versions:
    """The published versions, newest first; `serving` is the one that answers here: an earlier one where `current` is broken.

    0 stands for the regulations that come with the program; as `current` also for a record that is gone.
    """

    current: int
    serving: int
    releases: tuple[Release, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a publication would make of version `base`: its regulations, what changes, and what keeps it from being published."""

    base: int
    regulations: tuple[Regulation, ...]
    changes: tuple[Change, ...]
    blocking: tuple[str, ...]


def versions(desk: Desk, person: Person) -> Versions:
    """Return the published versions. Raises NotAllowed, and IndexBuildError where the record cannot be read."""
    check(person, "library.read")
    folder = library_folder(desk)
    return Versions(current_number(folder), desk.matcher().version, releases(folder))


def plan(desk: Desk, person: Person, *, drafts: Collection[str], remove: Collection[str] = ()) -> Plan:
    """Return what publishing these drafts, and taking these regulations out, would change in the version in use.

    Raises NotAllowed, and InputError for an unknown draft or regulation.
    """
    check(person, "library.draft")
    return _plan(desk, _load(desk, drafts), remove)


def publish(
    desk: Desk, person: Person, *, base: int, drafts: Mapping[str, int], remove: Collection[str] = (), note: str
) -> Release:
    """Publish drafts, given with the version that was looked at, and take regulations out; `base` is the version it was seen on.

    The drafts are gone afterwards. Raises NotAllowed; InputError: no note, nothing changes, or a draft is not ready;
    StoreConflict: somebody changed a draft, or published meanwhile; IndexBuildError: it cannot be written.
    """
    check(person, "library.publish")
    note = _note(note)
    chosen = _load(desk, drafts)
    for draft in chosen:
        if draft.version != drafts[draft.id]:
            raise StoreConflict(f"草稿“{draft.facts.title}”刚被改过，没有发布；请重新核对后再发布。")
    planned = _plan(desk, chosen, remove)
    if planned.blocking:
        raise InputError(f"还不能发布：{planned.blocking[0]}")
    if base == planned.base and not planned.changes and not _facts_differ(desk, planned):
        raise InputError("与现行版本没有任何差别，不需要发布。")
    release = _publish(desk, person, planned.regulations, Order(person.display_name, _now(), note, base))
    for draft in chosen:
        with contextlib.suppress(RongcuoError):  # changed at this moment: then it is left for whoever changed it
            remove_draft(library_folder(desk), draft.id, draft.version)
    return release


def withdraw(desk: Desk, person: Person, *, base: int, number: int, note: str) -> Release:
    """Bring the regulations of an earlier version back, as a new version; 0 are those that come with the program.

    Raises NotAllowed; InputError: no note, or it is the version in use; StoreConflict and IndexBuildError as `publish`.
    """
    check(person, "library.publish")
    if number == base:
        raise InputError("这就是现行的版本，不需要撤回。")
    regulations = regulations_of(library_folder(desk), _known(desk, number))
    return _publish(desk, person, regulations, Order(person.display_name, _now(), _note(note), base, number))


def differences(desk: Desk, person: Person, old: int, new: int) -> tuple[Change, ...]:
    """Return what changed from one version to another, clause by clause; 0 stands for what comes with the program.

    Raises NotAllowed; InputError: there is no such version; IndexBuildError: its files are broken.
    """
    check(person, "library.read")
    folder = library_folder(desk)
    before, after = (regulations_of(folder, _known(desk, number)) for number in (old, new))
    return difference(before, after)


def _load(desk: Desk, drafts: Collection[str]) -> tuple[Draft, ...]:
    return tuple(load_draft(library_folder(desk), draft_id) for draft_id in drafts)


def _plan(desk: Desk, drafts: Collection[Draft], remove: Collection[str]) -> Plan:
    folder = library_folder(desk)
    base = current_number(folder)
    now = {regulation.id: regulation for regulation in regulations_of(folder, base)}
    if unknown := [identifier for identifier in remove if identifier not in now]:
        raise InputError(f"现行条款库里没有编号为 {unknown[0]} 的法规，请刷新后重新选择。")
    after = {identifier: regulation for identifier, regulation in now.items() if identifier not in remove}
    blocking: list[str] = []
    seen: set[str] = set()
    for draft in drafts:
        regulation = read_draft(draft)
        known = Edition(base, tuple(now.values()))
        blocking += [f"《{draft.facts.title}》{p.text}" for p in problems(draft, regulation, known) if p.blocking]
        if regulation.id in seen:
            blocking.append(f"两份草稿的编号都是 {regulation.id}，请改掉其中一个，或一次只发布一份。")
        seen.add(regulation.id)
        after[regulation.id] = regulation
    if not after:
        blocking.append("发布后条款库里一部法规也没有，请至少保留一部。")
    return Plan(base, tuple(after.values()), difference(tuple(now.values()), tuple(after.values())), tuple(blocking))


def _facts_differ(desk: Desk, planned: Plan) -> bool:
    return regulations_of(library_folder(desk), planned.base) != planned.regulations


def _publish(desk: Desk, person: Person, regulations: tuple[Regulation, ...], order: Order) -> Release:
    told = {"note": order.note, "regulations": [regulation.id for regulation in regulations], "restores": order.restores}
    subject = f"library/{order.base + 1}"

    def step(name: str) -> None:
        if name == "renamed":  # the last moment before it serves: nothing is in use that the trail does not know
            with desk.store.begin(person.name) as work:
                work.audit.note("library.publish.begin", subject, told)

    release = publish_regulations(library_folder(desk), regulations, desk.matcher(), order, step=step)
    with desk.store.begin(person.name) as work:
        work.audit.note("library.publish", subject, {**told, "index": release.index_digest})
    desk.matcher()  # so that it is opened now and not by the next visitor
    return release


def _known(desk: Desk, number: int) -> int:
    if not 0 <= number <= current_number(library_folder(desk)):
        raise InputError(f"条款库没有第 {number} 版，请刷新后另选一版。")
    return number


def _note(note: str) -> str:
    note = clean(" ".join(note.split()))
    if not note or len(note) > _LONGEST_NOTE:
        raise InputError(f"请写一句这次改了什么，不超过 {_LONGEST_NOTE} 字。")
    return note


def _now() -> datetime:
    return datetime.now(UTC)
