"""What a report of a case, or of a batch, is made of; the services fill these in, the builders only write them down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from data.entries import Entry
from data.schema import MatchReport, Span
from data.store.records import Review

__all__ = ["BatchFile", "BatchRow", "CaseFile", "Condition", "Deadline"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One clause of the rules and how the narrative stands to it in a Chinese word; `words` are those that it rests on."""

    text: str
    state: str
    words: Sequence[Span] = ()


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when something has to be done; `date` may be words where no day is known, `quote` is the rule it follows from."""

    what: str
    date: date | str
    quote: str = ""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case with all that its report shows. All times have a zone; () and "" mean that there is nothing to show.

    `region` is for people. `narrative` is that of the report, whose spans count its characters; `edited` tells that the case's
    own was changed after the match. `reviews` may hold ended ones, `kept_back` tells that there are others which are not for
    the reader yet, `differing` counts the clauses of which the two rounds say different things. `names` maps user names to
    display names, `added` clause ids to the clauses that reviewers added.
    """

    number: str
    region: str
    status: str
    author: str
    created: datetime
    exported: datetime
    narrative: str = field(repr=False)
    report: MatchReport = field(repr=False)
    report_number: int
    report_digest: str
    matched: datetime
    edited: bool = False
    reviews: Sequence[Review] = field(repr=False, default=())
    kept_back: bool = False
    differing: int = 0
    names: Mapping[str, str] = field(default_factory=dict)
    added: Mapping[str, Entry] = field(repr=False, default_factory=dict)
    conditions: Sequence[Condition] = ()
    questions: Sequence[str] = field(repr=False, default=())
    deadlines: Sequence[Deadline] = ()
    program: str = ""


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One row of a batch: what was suggested, or in `error` why nothing could be; `number` is its line in the file."""

    number: int
    id: str = field(repr=False)
    region: str = field(repr=False)
    narrative: str = field(repr=False)
    report: MatchReport | None = field(repr=False)
    error: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class BatchFile:
    """A batch with all that its report shows; `exported` and `created` have a zone."""

    id: str
    owner: str
    created: datetime
    exported: datetime
    rows: Sequence[BatchRow] = field(repr=False)
    index_digest: str = ""
    model_digest: str = ""
    program: str = ""
