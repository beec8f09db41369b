"""Preparing a regulation: a file becomes a draft, whose parse is checked beside the source and corrected before it is published.

Drafts are shared work: whoever may draft may go on with any of them, and two people never overwrite each other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import PurePath

from data.categories import CATEGORIES
from data.errors import InputError
from data.metadata import read_metadata
from data.parser import parse_file_text
from data.readers import read_bytes_as_text
from data.schema import Regulation
from data.store.canonical import clean
from ui.services import uploads
from ui.services.access import Person, check
from ui.services.desk import Desk
from ui.services.library import edition, library_folder
from ui.services.library_check import Problem, Row, problems, rows_of
from ui.services.library_file import (
    FACTS,
    Correction,
    Draft,
    Facts,
    drafts_in,
    load_draft,
    read_draft,
    remove_draft,
    save_draft,
)

__all__ = [
    "DraftPage",
    "add_file",
    "correct_categories",
    "correct_facts",
    "discard",
    "drafts",
    "page",
    "start_from",
    "upload",
]

_MOST_DRAFTS = 200
_MOST_CHARS = 500_000
_LONGEST_FACT = 200
_LONGEST_WHY = 500
_REGULATION_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
_DECIDED = "人工指定："


@dataclass(frozen=True, slots=True)
class DraftPage:
    """A draft with its parse; `replaces` is the title of the regulation of the same id that is in use, "" for a new one."""

    draft: Draft
    regulation: Regulation
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    replaces: str


def upload(desk: Desk, person: Person, upload_id: str) -> tuple[Draft, ...]:
    """Make drafts from a file that the person has uploaded, one for each regulation in it; it is deleted then.

    Raises as `add_file`.
    """
    check(person, "library.draft")
    with uploads.used(desk, person, upload_id) as found:
        return add_file(desk, person, found.name, found.data)


def add_file(desk: Desk, person: Person, name: str, content: bytes) -> tuple[Draft, ...]:
    """Make drafts from a docx, pdf, txt, md or html file.

    Raises NotAllowed; FileError: the file cannot be read; InputError: it is too long, or there are too many drafts.
    """
    check(person, "library.draft")
    text = clean(read_bytes_as_text(content, PurePath(name).suffix, name))
    if len(text) > _MOST_CHARS:
        raise InputError(f"文件有 {len(text)} 字，超过一部法规 {_MOST_CHARS} 字的上限，请拆成几个文件。")
    found = [_new(person, name, read_metadata(regulation)) for regulation in parse_file_text(text, _default_id(name, text))]
    return tuple(_keep(desk, person, draft) for draft in found)


def start_from(desk: Desk, person: Person, regulation_id: str) -> Draft:
    """Make a draft from a regulation in use, to correct it. Raises NotAllowed, and InputError where there is no such one."""
    check(person, "library.draft")
    known = edition(desk, person)
    found = next((regulation for regulation in known.regulations if regulation.id == regulation_id), None)
    if found is None:
        raise InputError("现行条款库里没有这部法规，请刷新后重新选择。")
    decided = {
        clause.id.rpartition("/")[2]: Correction(clause.category, clause.reason.removeprefix(_DECIDED), "现行版本")
        for clause in found.clauses
        if clause.reason.startswith(_DECIDED)
    }
    return _keep(desk, person, replace(_new(person, f"现行第 {known.number} 版", found), corrections=decided))


def drafts(desk: Desk, person: Person) -> tuple[Draft, ...]:
    """Return all drafts, the newest first. Raises NotAllowed."""
    check(person, "library.draft")
    return drafts_in(library_folder(desk))


def page(desk: Desk, person: Person, draft_id: str) -> DraftPage:
    """Return a draft with its parse and its problems. Raises NotAllowed, and InputError where there is no such draft."""
    check(person, "library.draft")
    draft = load_draft(library_folder(desk), draft_id)
    regulation = read_draft(draft)
    known = edition(desk, person)
    replaces = next((other.title for other in known.regulations if other.id == regulation.id), "")
    return DraftPage(draft, regulation, rows_of(regulation), problems(draft, regulation, known), replaces)


def correct_facts(desk: Desk, person: Person, draft_id: str, version: int, facts: Mapping[str, str]) -> Draft:
    """Change title, region, dates and other facts of a draft; those not given stay.

    Raises NotAllowed; InputError: a fact cannot be used, or no such draft; StoreConflict: somebody changed it after `version`.
    """
    check(person, "library.draft")
    draft = load_draft(library_folder(desk), draft_id)
    given = {name: _fact(name, value) for name, value in facts.items()}
    return _change(desk, person, replace(draft, version=version, facts=replace(draft.facts, **given)))


def correct_categories(
    desk: Desk, person: Person, draft_id: str, version: int, *, categories: Mapping[str, str], why: str
) -> Draft:
    """Decide the category of clauses by id; "" goes back to what the rules say. `why` is kept with each.

    Raises NotAllowed; InputError: an unknown clause or category, or no reason; StoreConflict as `correct_facts`.
    """
    check(person, "library.draft")
    draft = load_draft(library_folder(desk), draft_id)
    why = clean(" ".join(why.split()))
    if not categories:
        raise InputError("没有改动任何类别，请先在条款旁选择新的类别。")
    if not why or len(why) > _LONGEST_WHY:
        raise InputError(f"请写一句更正类别的理由，不超过 {_LONGEST_WHY} 字。")
    known = {clause.id for clause in read_draft(draft).clauses}
    made = dict(draft.corrections)
    for clause_id, category in categories.items():
        if clause_id not in known or category not in ("", *CATEGORIES):
            raise InputError("草稿里没有所选的条款或类别，请刷新后重新选择。")
        made.pop(clause_id.rpartition("/")[2], None)
        if category:
            made[clause_id.rpartition("/")[2]] = Correction(category, why, person.display_name)
    return _change(desk, person, replace(draft, version=version, corrections=made))


def discard(desk: Desk, person: Person, draft_id: str, version: int) -> None:
    """Remove a draft for good. Raises NotAllowed, InputError and StoreConflict as `correct_facts`."""
    check(person, "library.draft")
    draft = load_draft(library_folder(desk), draft_id)
    remove_draft(library_folder(desk), draft_id, version)
    with desk.store.begin(person.name) as work:
        work.audit.note("library.draft.discard", f"draft/{draft_id}", asdict(draft))


def _new(person: Person, source: str, regulation: Regulation) -> Draft:
    facts = Facts(
        regulation.id,
        regulation.title if regulation.title != regulation.id else "",
        regulation.region,
        regulation.issuer,
        regulation.doc_number,
        regulation.issued.isoformat() if regulation.issued else "",
        regulation.effective.isoformat() if regulation.effective else "",
        regulation.supersedes,
    )
    return Draft("", 0, source, person.display_name, "", facts, {}, regulation.text)


def _keep(desk: Desk, person: Person, draft: Draft) -> Draft:
    folder = library_folder(desk)
    if len(drafts_in(folder)) >= _MOST_DRAFTS:
        raise InputError(f"草稿已有 {_MOST_DRAFTS} 份，请先发布或删除一些。")
    kept = save_draft(folder, draft)
    _note(desk, person, "library.draft.add", kept)
    return kept


def _change(desk: Desk, person: Person, draft: Draft) -> Draft:
    kept = save_draft(library_folder(desk), draft)
    _note(desk, person, "library.draft.change", kept)
    return kept


def _note(desk: Desk, person: Person, action: str, draft: Draft) -> None:
    with desk.store.begin(person.name) as work:
        work.audit.note(action, f"draft/{draft.id}", asdict(draft))


def _default_id(name: str, text: str) -> str:
    stem = PurePath(name).stem.lower().replace("_", "-")
    return stem if _REGULATION_ID.fullmatch(stem) else f"reg-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _fact(name: str, value: str) -> str:
    if name not in FACTS:
        raise InputError("没有这一项资料，请刷新后重新填写。")
    value = clean(" ".join(value.split()))
    if len(value) > _LONGEST_FACT:
        raise InputError(f"{FACTS[name]}超过 {_LONGEST_FACT} 字，请缩短。")
    if name == "regulation_id" and not _REGULATION_ID.fullmatch(value):
        raise InputError("编号应为 2 到 40 个小写字母、数字或连字符，例如 weifang-2024。")
    if name in ("issued", "effective") and value:
        try:
            value = date.fromisoformat(value).isoformat()
        except ValueError as error:
            raise InputError(f"{FACTS[name]}应写成 2019-02-09 的样子，请改正。") from error
    return value
