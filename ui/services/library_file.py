"""Drafts of regulations on disk: one JSON file each, written whole, with the source text and what people corrected."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from data.categories import Override, categorise
from data.errors import FileError, InputError, reason
from data.parser import parse
from data.schema import Regulation
from data.store.errors import StoreConflict
from retrieval.versions import locked, names_to_disk

__all__ = ["FACTS", "Correction", "Draft", "Facts", "drafts_in", "load_draft", "read_draft", "remove_draft", "save_draft"]

_ID = re.compile(r"[0-9a-f]{16}")
_FOLDER = "drafts"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a draft's regulation; dates as 2019-02-09, "" where unknown."""

    regulation_id: str
    title: str
    region: str
    issuer: str = ""
    doc_number: str = ""
    issued: str = ""
    effective: str = ""
    supersedes: str = ""


FACTS: Mapping[str, str] = {
    "regulation_id": "编号",
    "title": "标题",
    "region": "地区",
    "issuer": "制定机关",
    "doc_number": "文号",
    "issued": "印发日期",
    "effective": "施行日期",
    "supersedes": "替代的规定",
}
"""The names of the facts as people read them."""


@dataclass(frozen=True, slots=True)
class Correction:
    """The category that a person decided for a clause, and why."""

    category: str
    why: str
    by: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A regulation that is being prepared; `corrections` are by the path of a clause, its id without the regulation's.

    `version` counts the changes, so that nobody overwrites what somebody else has just corrected.
    """

    id: str
    version: int
    source: str
    by: str
    at: str
    facts: Facts
    corrections: Mapping[str, Correction]
    text: str = field(repr=False)

    def lost(self) -> tuple[str, ...]:
        """Return the corrected paths that the text no longer has."""
        paths = {clause.id.rpartition("/")[2] for clause in _parsed(self.text, self.facts.regulation_id).clauses}
        return tuple(path for path in self.corrections if path not in paths)


def read_draft(draft: Draft) -> Regulation:
    """Return the regulation as it would be published: parsed, with its facts, categories by rule and by correction."""
    parsed, facts = _parsed(draft.text, draft.facts.regulation_id), draft.facts
    lost = draft.lost()
    overrides = [
        Override(f"{parsed.id}/{path}", made.category, made.why, draft.source, 0)
        for path, made in draft.corrections.items()
        if path not in lost
    ]
    known = replace(
        parsed,
        title=facts.title,
        region=facts.region,
        issuer=facts.issuer,
        doc_number=facts.doc_number,
        issued=_day(facts.issued),
        effective=_day(facts.effective),
        supersedes=facts.supersedes,
    )
    return categorise(known, overrides=overrides)


def _day(written: str) -> date | None:
    return date.fromisoformat(written) if written else None


@lru_cache(maxsize=32)
def _parsed(text: str, regulation_id: str) -> Regulation:
    return parse(text, regulation_id)


def drafts_in(library: Path) -> tuple[Draft, ...]:
    """Return all drafts that can be read, the newest first; () where there are none."""
    found = []
    for path in (library / _FOLDER).glob("*.json"):
        with contextlib.suppress(InputError, FileError):  # somebody has just removed it, or it is told when it is opened
            found.append(load_draft(library, path.stem))
    return tuple(sorted(found, key=lambda draft: (draft.at, draft.id), reverse=True))


def load_draft(library: Path, draft_id: str) -> Draft:
    """Return a draft. Raises InputError: there is none of that id. FileError: its file is broken."""
    gone = InputError("没有这份草稿，它可能已发布或删除；请刷新后重新选择。")
    if not _ID.fullmatch(draft_id):
        raise gone
    try:
        value = json.loads((library / _FOLDER / f"{draft_id}.json").read_text("utf-8"))
        corrections = {path: Correction(**made) for path, made in value["corrections"].items()}
        return Draft(**{**value, "facts": Facts(**value["facts"]), "corrections": corrections})
    except FileNotFoundError as error:
        raise gone from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise FileError("这份草稿的文件已损坏或读不出来，请删除后重新上传。") from error


def save_draft(library: Path, draft: Draft) -> Draft:
    """Write a draft and return it with its new version; one without id (version 0) is new and gets one.

    Raises StoreConflict: somebody changed it after `draft.version`. FileError: it cannot be written.
    """
    with _changing(library) as folder:
        if draft.version:
            _check_version(library, draft.id, draft.version)
        identifier = draft.id or secrets.token_hex(8)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        kept = replace(draft, id=identifier, version=draft.version + 1, at=draft.at or now)
        _write(folder / f"{identifier}.json", json.dumps(asdict(kept), ensure_ascii=False))
    return kept


def remove_draft(library: Path, draft_id: str, version: int) -> None:
    """Remove a draft for good. Raises as `load_draft`, and StoreConflict: somebody changed it after `version`."""
    with _changing(library) as folder:
        _check_version(library, draft_id, version)
        (folder / f"{draft_id}.json").unlink(missing_ok=True)


def _check_version(library: Path, draft_id: str, version: int) -> None:
    if load_draft(library, draft_id).version != version:
        raise StoreConflict("这份草稿刚被别人改过，您的改动没有保存；请重新打开，核对后再改。")


@contextlib.contextmanager
def _changing(library: Path) -> Iterator[Path]:
    folder = library / _FOLDER
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(folder):
            yield folder
    except OSError as error:
        raise FileError(f"草稿存不下来（{reason(error)}），请联系管理员检查磁盘。") from error


def _write(path: Path, content: str) -> None:
    draft = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    names_to_disk(path.parent)
