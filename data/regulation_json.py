"""A parsed regulation as one JSON object and back: what was published stays as it was, whatever the parser learns later."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import date
from typing import Any

from data.errors import FileError
from data.schema import Clause, Piece, Regulation, Span

__all__ = ["regulation_from_json", "regulation_to_json"]

_DATES = ("issued", "effective")


def regulation_to_json(regulation: Regulation) -> dict[str, Any]:
    """Return `regulation` as values that JSON knows; of a clause or piece its span is written, not its text."""
    value = {field.name: getattr(regulation, field.name) for field in fields(regulation)}
    for name in _DATES:
        value[name] = None if value[name] is None else value[name].isoformat()
    value["clauses"] = [_part(clause) for clause in regulation.clauses]
    value["pieces"] = [_part(piece) for piece in regulation.pieces]
    return value


def regulation_from_json(value: object) -> Regulation:
    """Return the regulation that `regulation_to_json` wrote. Raises FileError for anything else."""
    try:
        if not isinstance(value, dict):
            raise TypeError("not an object")
        given = {**value, **{name: _date(value[name]) for name in _DATES}}
        text = given["text"]
        given["clauses"] = tuple(Clause(**_read(part, text)) for part in given["clauses"])
        given["pieces"] = tuple(Piece(**_read(part, text)) for part in given["pieces"])
        return Regulation(**given)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise FileError("保存的法规读不出来，文件已损坏，请从备份恢复，或重新上传这部法规。") from error


def _part(part: Clause | Piece) -> dict[str, Any]:
    value = asdict(part)
    del value["text"]
    return {**value, "span": [part.span.start, part.span.end]}


def _read(value: dict[str, Any], text: str) -> dict[str, Any]:
    span = Span(*value["span"])
    if span.end > len(text):
        raise ValueError("a span reaches beyond the text")
    found = {**value, "span": span, "text": span.of(text)}
    return {**found, "headings": tuple(found["headings"])} if "headings" in found else found


def _date(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)
