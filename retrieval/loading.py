"""Opening what matching needs: settings, encoder, segmenter, index, in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from data.cases import background_narratives
from data.catalogue import matched_regulations
from data.entries import Entry, entries_of, read_clause_file
from data.library import parse_regulation_file
from models.encoder import load_encoder
from models.segment import load_segmenter
from retrieval.index import Index, build, load, open_or_build, save
from retrieval.matcher import Matcher
from retrieval.settings import Settings, get_settings

__all__ = ["build_index", "default_folder", "open_matcher", "shipped_entries"]


def open_matcher(settings: Settings | None = None, *, index: Path | None = None) -> Matcher:
    """Return a matcher over the index in folder `index`, or over the shipped regulations (built anew when they changed).

    Raises ModelError without encoder weights and IndexBuildError for an index that is missing or does not fit.
    """
    settings = settings or get_settings()
    encoder = load_encoder(settings.encoder, threads=settings.threads)
    segmenter = load_segmenter()
    if index is not None:
        return Matcher(load(index), encoder, segmenter, settings)
    background = background_narratives(settings.background)
    folder = default_folder(settings)
    found = open_or_build(shipped_entries(), folder, encoder, segmenter, settings, background=background)
    return Matcher(found, encoder, segmenter, settings)


def build_index(
    *,
    regulations: Sequence[Path] = (),
    clauses: Path | None = None,
    out: Path | None = None,
    settings: Settings | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Index, Path]:
    """Build and save an index over regulation files, a clause file, or (neither given) the shipped regulations.

    Returns the index and its folder. Raises FileError, ModelError or IndexBuildError.
    """
    settings = settings or get_settings()
    entries = _entries(regulations, clauses)
    encoder = load_encoder(settings.encoder, threads=settings.threads)
    # articles of other fields are not asked about in narratives of ours: no background for a bare clause file
    background = () if clauses else background_narratives(settings.background)
    index = build(entries, encoder, load_segmenter(), settings, background=background, progress=progress)
    folder = out or default_folder(settings)
    save(index, folder)
    return index, folder


def default_folder(settings: Settings) -> Path:
    """Return where the index over the shipped regulations is kept."""
    return settings.cache_dir / "index"


def shipped_entries() -> tuple[Entry, ...]:
    """Return the clauses of the shipped regulations that belong to a region (the reply letter does not)."""
    return entries_of(matched_regulations())


def _entries(regulations: Sequence[Path], clauses: Path | None) -> tuple[Entry, ...]:
    if clauses is not None:
        return read_clause_file(clauses)
    if regulations:
        return entries_of(found for path in regulations for found in parse_regulation_file(path))
    return shipped_entries()
