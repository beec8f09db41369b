"""Reports without personal data: the same case file with masks in its texts, and its spans moved along.

All texts of a case are masked together, so that a person who is 〔某甲〕 in the narrative is 〔某甲〕 in a reviewer's comment.
Names of those who acted in the program stay: a report says who decided.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from data.privacy import mask
from data.schema import Evidence, Match, MatchReport, Span
from ui.reports.case_file import BatchFile, BatchRow, CaseFile

__all__ = ["masked_batch", "masked_case"]

_Moved = Sequence[tuple[Span, Span]]
_QUOTE = re.compile("(?<=“).*(?=”)", re.DOTALL)  # what is quoted may hold quotation marks of its own


@dataclass(frozen=True, slots=True)
class _Masked:
    """A text before and after it was masked, and where each masked span now stands, in order."""

    before: str
    text: str
    moved: _Moved

    def follow(self, span: Span) -> Span:
        """Return where a span of the original stands now; one that ends inside a mask takes the whole mask."""
        return Span(self._edge(span.start, first=True), self._edge(span.end, first=False))

    def requoted(self, reason: str, near: Span) -> str:
        """Return a reason with its quote, of words at `near` or else anywhere, as they read now; … for words that are not there.

        A quote masked by itself could keep a name that is known by what stands around it, or be cut in the middle of one.
        """
        return _QUOTE.sub(lambda found: self._words(found[0], near), reason)

    def _words(self, words: str, near: Span) -> str:
        start = self.before.find(words, max(near.start - len(words) + 1, 0))
        start = self.before.find(words) if start < 0 else start
        return "…" if start < 0 else self.follow(Span(start, start + len(words))).of(self.text)

    def _edge(self, position: int, *, first: bool) -> int:
        shift = 0
        for old, new in self.moved:
            if old.start >= position:
                break
            if old.end > position:
                return new.start if first else new.end
            shift = new.end - old.end
        return position + shift


def masked_case(case: CaseFile) -> CaseFile:
    """Return the case with masks for personal data in its number, narrative, comments, questions, reasons and quotes."""
    told, *others = _mask_all(
        [
            case.narrative,
            case.number,
            *(review.comment for review in case.reviews),
            *case.questions,
            *(deadline.quote for deadline in case.deadlines),
        ]
    )
    texts = iter([other.text for other in others])
    return replace(
        case,
        narrative=told.text,
        report=_followed(case.report, told),
        number=next(texts),
        reviews=tuple(replace(review, comment=next(texts)) for review in case.reviews),
        questions=tuple(next(texts) for _ in case.questions),
        conditions=tuple(replace(c, words=[told.follow(span) for span in c.words]) for c in case.conditions),
        deadlines=tuple(replace(d, quote=next(texts)) for d in case.deadlines),
    )


def masked_batch(batch: BatchFile) -> BatchFile:
    """Return the batch with masks in the texts of its rows; each row stands for itself."""
    return replace(batch, rows=tuple(_masked_row(row) for row in batch.rows))


def _masked_row(row: BatchRow) -> BatchRow:
    told, name, region, error = _mask_all([row.narrative, row.id, row.region, row.error])
    report = None if row.report is None else _followed(row.report, told)
    # phone numbers as ids would all be the same mask
    called = row.id if name.text == row.id else f"{name.text}（第{row.number}行）"
    return replace(row, id=called, region=region.text, narrative=told.text, report=report, error=error.text)


def _followed(report: MatchReport, told: _Masked) -> MatchReport:
    return replace(report, narrative=told.text, matches=tuple(_match(match, told) for match in report.matches))


def _match(match: Match, told: _Masked) -> Match:
    return replace(match, evidence=tuple(_evidence(one, told) for one in match.evidence))


def _evidence(one: Evidence, told: _Masked) -> Evidence:
    return replace(one, narrative=told.follow(one.narrative), reason=told.requoted(one.reason, one.narrative))


def _mask_all(texts: Sequence[str]) -> list[_Masked]:
    """Return the texts, masked as one; a find that reaches over two of them is masked in both."""
    joined = "\n".join(texts)
    whole, moved = mask(joined)
    finds = [(old, new.of(whole)) for old, new in sorted(moved.items())]
    found, start = [], 0
    for text in texts:
        found.append(_masked(text, start, finds))
        start += len(text) + 1
    return found


def _masked(text: str, start: int, finds: Sequence[tuple[Span, str]]) -> _Masked:
    end = start + len(text)
    parts: list[str] = []
    moved: list[tuple[Span, Span]] = []
    done = length = 0
    for old, instead in finds:
        if old.start >= end or old.end <= start:
            continue
        here = Span(max(old.start - start, 0), min(old.end - start, len(text)))
        parts += [text[done : here.start], instead]
        length += here.start - done
        moved.append((here, Span(length, length + len(instead))))
        length, done = length + len(instead), here.end
    return _Masked(text, "".join([*parts, text[done:]]), moved)
