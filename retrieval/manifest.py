"""What an index was made from, and its clauses as lines of JSON that the manifest vouches for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from data.entries import Entry

__all__ = ["Manifest", "entries_digest", "read_entries", "read_manifest", "write_entries", "write_manifest"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index was made from; two equal manifests mean interchangeable indexes."""

    format: int
    entries: str
    model: str
    settings: str
    background: str
    count: int

    @property
    def digest(self) -> str:
        """Hex digest over all of it, 16 characters."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write ``manifest.json`` into `folder`."""
    (folder / "manifest.json").write_text(json.dumps(asdict(manifest), indent=1), "utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Read what `write_manifest` wrote; ValueError or TypeError where it is something else."""
    return Manifest(**json.loads((folder / "manifest.json").read_text("utf-8")))


def entries_digest(entries: Iterable[Entry]) -> str:
    """Return the hex digest of the clauses in their order, 16 characters."""
    return _digest(entry.to_json() for entry in entries)


def write_entries(entries: Iterable[Entry], folder: Path) -> None:
    """Write ``entries.jsonl`` into `folder`."""
    with (folder / "entries.jsonl").open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(entry.to_json() + "\n" for entry in entries)


def read_entries(folder: Path, manifest: Manifest) -> tuple[Entry, ...]:
    """Read what `write_entries` wrote; ValueError where it is not what the manifest describes."""
    # only a line feed ends a line here: str.splitlines would cut at U+2028 and others, which JSON strings may hold
    with (folder / "entries.jsonl").open(encoding="utf-8", newline="\n") as file:
        lines = [line.removesuffix("\n") for line in file]
    if _digest(lines) != manifest.entries:
        raise ValueError("entries.jsonl differs from the manifest")
    return tuple(Entry.from_json(line) for line in lines)


def _digest(lines: Iterable[str]) -> str:
    hasher = hashlib.sha256()
    for line in lines:
        hasher.update(line.encode())
    return hasher.hexdigest()[:16]
