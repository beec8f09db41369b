"""Dates as people type them, on the command line and on the page."""

from __future__ import annotations

from datetime import date, datetime

from data.errors import InputError

__all__ = ["day_of"]


def day_of(text: str) -> date:
    """Return the day that 2026-03-02 names. Raises InputError for anything else."""
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").date()
    except ValueError as error:
        raise InputError(f"起算日「{text}」看不懂，应写成 2026-03-02 这样。") from error
