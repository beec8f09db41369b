"""What comes in: every text has a limit, and a field that is not known is refused."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from data.store.records import Decision, Verdict
from ui.services.batch import LIMITS, MAX_TOP_K
from ui.services.reviews import MAX_COMMENT
from ui.services.tokens import DAYS, MAX_DAYS

__all__ = [
    "MAX_NARRATIVE",
    "BatchIn",
    "CaseChange",
    "CaseIn",
    "ClaimIn",
    "DecisionIn",
    "MatchIn",
    "ReviewsIn",
    "RowsBatch",
    "SecondIn",
    "TokenIn",
    "UploadedBatch",
    "VersionIn",
]

MAX_NARRATIVE = 20_000
"""Characters of a narrative: the matcher's own limit."""

_Narrative = Annotated[str, Field(min_length=1, max_length=MAX_NARRATIVE, description="事情经过")]
_Region = Annotated[str, Field(max_length=200, description="规定编号或地区名；all 或空表示全部")]
_Version = Annotated[int, Field(ge=1, le=2**31 - 1, description="您看到的案件版本；别人先改过时不会保存，回答 409")]
_Grade = Annotated[int, Field(ge=1, le=2)]
_Person = Annotated[str, Field(min_length=1, max_length=64, description="用户名")]


class _Body(BaseModel):
    """A request body: strict types, no unknown fields; narratives stay out of its repr."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    __str__ = __repr__


class MatchIn(_Body):
    """A narrative to be matched."""

    text: _Narrative
    region: _Region = ""
    top_k: int = Field(10, ge=1, le=100, description="最多返回的条款数")
    start: date | None = Field(None, alias="from", strict=False, description="办理期限的起算日，例如 2026-03-02；默认今天")


class CaseIn(_Body):
    """A new case."""

    narrative: _Narrative
    region: _Region = ""
    number: str = Field("", max_length=64, description="案件编号；空时按年份依次编号")


class CaseChange(_Body):
    """A change of a case; what is not given stays."""

    version: _Version
    narrative: _Narrative | None = None
    region: _Region | None = None


class VersionIn(_Body):
    """A step of a case, by somebody who saw this version of it."""

    version: _Version


class ClaimIn(VersionIn):
    """Who takes the review that is open."""

    reviewer: _Person | None = Field(None, description="复核人员的用户名；不填为本人")


class SecondIn(VersionIn):
    """Handing a case to a second reviewer."""

    reviewer: _Person | None = Field(None, description="第二名复核人员的用户名；不填为待领取")


class DecisionIn(_Body):
    """What a reviewer says of one clause."""

    clause_id: str = Field(min_length=1, max_length=200, description="条款编号")
    verdict: Verdict = Field(description="accept 采纳、reject 不采纳、grade 改等级、add 补充条款")
    grade: _Grade | None = Field(None, description="等级 2 或 1，只用于 grade 和 add")
    comment: str = Field("", max_length=MAX_COMMENT, description="说明")

    def decision(self) -> Decision:
        """Return it as the store's record."""
        return Decision(self.clause_id, self.verdict, self.grade, self.comment)


class ReviewsIn(_Body):
    """Decisions on the clauses of a case, saved together."""

    version: _Version
    decisions: list[DecisionIn] = Field(min_length=1, max_length=200)


class RowIn(_Body):
    """A row of a batch."""

    id: str = Field(min_length=1, max_length=200)
    text: str = Field(max_length=MAX_NARRATIVE)
    region: _Region = ""


class UploadedBatch(_Body):
    """A batch of the rows of an uploaded file."""

    upload: str = Field(min_length=1, max_length=64, description="先用 POST /uploads 上传文件，再给出它的编号")
    top_k: int = Field(5, ge=1, le=MAX_TOP_K)


class RowsBatch(_Body):
    """A batch of rows that are sent along."""

    rows: list[RowIn] = Field(min_length=1, max_length=LIMITS.rows)
    name: str = Field("批量", min_length=1, max_length=60, description="批量任务的名称")
    top_k: int = Field(5, ge=1, le=MAX_TOP_K)

    def file(self) -> tuple[str, bytes]:
        """Return the rows as a file of JSON lines, with its name."""
        lines = (json.dumps(row.model_dump(), ensure_ascii=False) for row in self.rows)
        return f"{self.name}.jsonl", "\n".join(lines).encode("utf-8", "replace")


def _batch_kind(sent: object) -> str:
    has_rows = "rows" in sent if isinstance(sent, dict) else isinstance(sent, RowsBatch)
    return "~rows" if has_rows else "~upload"  # errors name the kind as if it were a field: ~ tells it apart


BatchIn = Annotated[Annotated[UploadedBatch, Tag("~upload")] | Annotated[RowsBatch, Tag("~rows")], Discriminator(_batch_kind)]
"""Either kind of batch; what is wrong with it is said of the kind that was meant."""


class TokenIn(_Body):
    """A token to be made."""

    name: str = Field(min_length=1, max_length=64, description="名称，说明给哪个程序用")
    days: int = Field(DAYS, ge=1, le=MAX_DAYS, description="有效天数")
