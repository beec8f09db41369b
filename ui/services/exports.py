"""Word and Excel files of a case or a batch, for whoever may read it; each one is noted in the audit trail.

Personal data are masked unless the one who may read the case asks for a file that shows them; the trail tells the two apart.
Files are built while no transaction is open.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version

from data.catalogue import load_sources
from data.errors import InputError
from data.privacy import find_personal
from data.schema import CasePicture, MatchReport
from data.store.canonical import clean
from data.store.records import STATUSES
from retrieval.matcher import Matcher
from retrieval.picture import Painter
from ui.reports.case_file import BatchFile, BatchRow, CaseFile
from ui.reports.excel import batch_xlsx as batch_workbook
from ui.reports.excel import case_xlsx as case_workbook
from ui.reports.picture import conditions_of, deadlines_of, questions_of
from ui.reports.word import batch_docx as batch_document
from ui.reports.word import case_docx as case_document
from ui.services import batch as batches
from ui.services.access import Person
from ui.services.case_file import CaseFile as ServedCase
from ui.services.case_file import load_file
from ui.services.desk import Desk

__all__ = ["batch_docx", "batch_xlsx", "case_docx", "case_xlsx"]

_UNFIT = re.compile(r"[^\w.-]+")


def case_docx(desk: Desk, person: Person, case_id: str, *, masked: bool = True) -> tuple[str, bytes]:
    """Return file name and content of the Word report of a case as the person may see it.

    Raises NotAllowed: the case is neither theirs nor submitted. StoreError: there is none. InputError: it has no report yet.
    FileError: the office's own template cannot be used.
    """
    return _export_case(desk, person, case_id, "docx", lambda file: case_document(file, masked=masked), masked)


def case_xlsx(desk: Desk, person: Person, case_id: str, *, masked: bool = True) -> tuple[str, bytes]:
    """Return file name and content of the Excel report of a case; errors as `case_docx`."""
    return _export_case(desk, person, case_id, "xlsx", lambda file: case_workbook(file, masked=masked), masked)


def batch_docx(desk: Desk, person: Person, job_id: str, *, masked: bool = True) -> tuple[str, bytes]:
    """Return file name and content of the Word report of an own batch that has ended.

    Raises NotAllowed: the role runs no batches. StoreError: there is no such batch of theirs. InputError: it still runs, or its
    rows were deleted.
    """
    return _export_batch(desk, person, job_id, "docx", lambda file: batch_document(file, masked=masked), masked)


def batch_xlsx(desk: Desk, person: Person, job_id: str, *, masked: bool = True) -> tuple[str, bytes]:
    """Return file name and content of the Excel report of an own batch that has ended; errors as `batch_docx`."""
    return _export_batch(desk, person, job_id, "xlsx", lambda file: batch_workbook(file, masked=masked), masked)


def _export_case(
    desk: Desk, person: Person, case_id: str, kind: str, build: Callable[[CaseFile], bytes], masked: bool
) -> tuple[str, bytes]:
    with desk.store.read() as work:
        served = load_file(work, person, case_id)
    data = build(_case_file(desk, served))
    _note(desk, person, ("case", served.case.id), (kind, masked), data)
    number = served.case.number
    shown = served.case.id[:8] if find_personal(number) else number
    return f"容错条款匹配情况_{_UNFIT.sub('-', shown).strip('-.') or served.case.id[:8]}.{kind}", data


def _case_file(desk: Desk, served: ServedCase) -> CaseFile:
    case, stored = served.case, served.report
    if stored is None:
        raise InputError(f"案件 {case.number} 还没有匹配结果，请先匹配再导出报告。")
    matcher = desk.matcher()
    entries = {entry.clause.id: entry for entry in matcher.index.entries}
    picture = _picture(matcher, stored.report)
    return CaseFile(
        number=case.number,
        region=_scope(case.region, stored.report),
        status=STATUSES[case.status],
        author=served.names.get(case.author, case.author),
        created=case.created,
        exported=datetime.now(UTC),
        narrative=stored.report.narrative,
        report=stored.report,
        report_number=stored.number,
        report_digest=stored.digest,
        matched=stored.created,
        edited=clean(stored.report.narrative) != case.narrative,
        reviews=served.reviews,
        kept_back=served.kept_back,
        differing=len(served.disagreements()),
        names=served.names,
        added={r.clause_id: entries[r.clause_id] for r in served.reviews if r.verdict == "add" and r.clause_id in entries},
        conditions=() if picture is None else conditions_of(picture, entries),
        questions=() if picture is None else questions_of(picture, entries),
        deadlines=deadlines_of(case.region, entries),
        program=_program(),
    )


def _picture(matcher: Matcher, report: MatchReport) -> CasePicture | None:
    """Return the picture of a case, or None where its regulation has none or another index serves than it was matched by."""
    used, serving = (report.index_digest, report.model_digest), (matcher.index.manifest.digest, matcher.index.manifest.model)
    if report.abstained or used != serving or report.region == "all":
        return None
    painter = Painter(matcher)
    scores = matcher.scorer.score(report.narrative, matcher.scope(report.region).rows)
    return painter.draw(report.narrative, report.region, scores) if painter.can_draw(report.region, scores) else None


def _export_batch(
    desk: Desk, person: Person, job_id: str, kind: str, build: Callable[[BatchFile], bytes], masked: bool
) -> tuple[str, bytes]:
    job = batches.ended(desk, person, job_id)
    found = batches.result_rows(desk, person, job_id, masked=False)  # masked once more below, with its spans moved along
    with desk.store.read() as work:
        owner = work.users.get(job.owner).display_name
    reports = [row.report for row in found if row.report is not None]
    data = build(
        BatchFile(
            id=job.id,
            owner=owner,
            created=job.created,
            exported=datetime.now(UTC),
            rows=tuple(_row(row) for row in found),
            index_digest="、".join(sorted({report.index_digest for report in reports})),
            model_digest="、".join(sorted({report.model_digest for report in reports})),
            program=_program(),
        )
    )
    _note(desk, person, ("batch", job.id), (kind, masked), data)
    return f"容错条款批量匹配情况_{job.created.astimezone():%Y%m%d}_{job.id[:8]}.{kind}", data


def _row(row: batches.ResultRow) -> BatchRow:
    region = row.region if row.report is None else row.report.region
    return BatchRow(row.number, row.id, _scope(region, None), row.text, row.report, row.error or "")


def _scope(region: str, report: MatchReport | None) -> str:
    """Return what people call the regulations that were searched: 山东省（《…》）, 全部规定, or what was typed."""
    if region in ("", "all"):
        return "全部规定"
    names = {source.id: source.region for source in load_sources()}
    cited = next((match.citation for match in report.matches if match.clause.regulation_id == region), "") if report else ""
    title = cited[: cited.find("》") + 1]
    name = names.get(region) or ("" if title else region)
    return f"{name}（{title}）" if name and title else name or title


def _program() -> str:
    try:
        return f"rongcuo {version('rongcuo')}"
    except PackageNotFoundError:
        return ""


def _note(desk: Desk, person: Person, subject: tuple[str, str], made: tuple[str, bool], data: bytes) -> None:
    """Write into the trail who took a file of what, and whether it shows personal data."""
    (what, identifier), (kind, masked) = subject, made
    prefix = {"case": "case", "batch": "job"}[what]
    with desk.store.begin(person.name) as work:
        action = f"export.{what}" if masked else f"export.{what}.unmasked"
        work.audit.note(action, f"{prefix}:{identifier}", {"kind": kind, "masked": masked, "file": sha256(data).hexdigest()})
