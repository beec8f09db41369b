"""From a regulation file of any supported kind to parsed and categorised regulations."""

from __future__ import annotations

from pathlib import Path

from data.categories import categorise
from data.metadata import read_metadata
from data.parser import parse_file_text
from data.readers import read_text
from data.schema import Regulation

__all__ = ["parse_regulation_file"]


def parse_regulation_file(path: Path, *, identifier: str | None = None) -> tuple[Regulation, ...]:
    """Read, parse and categorise a file; the id defaults to the file's stem. Raises FileError."""
    return tuple(categorise(read_metadata(found)) for found in parse_file_text(read_text(path), identifier or path.stem))
