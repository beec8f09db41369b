"""A match report as JSON with nothing left out, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from data.schema import Clause, Evidence, Match, MatchReport, Span
from data.store.errors import StoreError

__all__ = ["report_from", "report_value"]


def report_value(report: MatchReport) -> dict[str, Any]:
    """Return the report as JSON objects: each dataclass with the names of its fields."""
    return asdict(report)


def report_from(value: Mapping[str, Any]) -> MatchReport:
    """Return the report that `report_value` wrote. Raises StoreError: a part is missing or of the wrong kind."""
    try:
        matches = tuple(_match(match) for match in value["matches"])
        return MatchReport(**{**value, "matches": matches, "stages": tuple(value["stages"])})
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError("库中的匹配结果读不出来，请从备份恢复或重新匹配。") from error


def _match(value: Mapping[str, Any]) -> Match:
    clause = value["clause"]
    headings = tuple(clause["headings"])
    evidence = tuple(
        Evidence(**{**part, "narrative": Span(**part["narrative"]), "clause": Span(**part["clause"])})
        for part in value["evidence"]
    )
    return Match(
        **{**value, "clause": Clause(**{**clause, "span": Span(**clause["span"]), "headings": headings}), "evidence": evidence}
    )
