"""One row of a batch: what the matcher says of it, and the line of the contract that this becomes."""

from __future__ import annotations

from typing import Any, cast

from data.errors import RongcuoError
from data.privacy import mask_record
from data.schema import MatchReport
from retrieval.matcher import Matcher
from ui.present import report_json
from ui.tables import InputRow

__all__ = ["masked_texts", "match_row", "result_line"]


def match_row(matcher: Matcher, row: InputRow, top_k: int) -> MatchReport | str:
    """Return the report of a row, or in one Chinese sentence why it cannot be matched; nothing is raised."""
    if row.error is not None:
        return row.error
    try:
        return matcher.match(row.text, region=row.region, top_k=top_k)
    except RongcuoError as error:
        return str(error)
    except Exception as error:  # one row never stops the others
        return f"这一行无法处理（{type(error).__name__}），请检查内容。"


def result_line(row: InputRow, found: MatchReport | str) -> dict[str, Any]:
    """Return the line of a row in the result, from what `match_row` gave."""
    if isinstance(found, MatchReport):
        return report_json(found, identifier=row.id)
    return {"id": row.id, "region": row.region, "abstained": False, "matches": [], "error": found}


def masked_texts(row: InputRow, error: str | None) -> dict[str, Any]:
    """Return id, region, text and error of a row with masks; a masked id tells the row's number, or all phones were one.

    They are masked together: who is named in the narrative is masked in the id too.
    """
    name, region, text, error = cast("list[Any]", mask_record([row.id, row.region, row.text, error]))
    return {"id": row.id if name == row.id else f"{name}（第{row.number}行）", "region": region, "text": text, "error": error}
