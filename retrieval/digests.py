"""The sizes and sha256 of the files of an index version, so that a changed byte is noticed before it changes a ranking.

When an index is opened, every size is compared, and the content of every file that is small enough not to delay it;
`rongcuo doctor` compares all of them.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

__all__ = ["DIGESTS", "check_digests", "write_digests"]

DIGESTS = "digests.json"
QUICK = 64 << 20  # bytes; reading and hashing takes about a tenth of a second


def write_digests(folder: Path) -> None:
    """Write ``digests.json`` over all files that lie in `folder`."""
    found = {path.name: [path.stat().st_size, _sha256(path)] for path in sorted(folder.iterdir())}
    (folder / DIGESTS).write_text(json.dumps(found, indent=1), "utf-8")


def check_digests(folder: Path, *, most: int | None = QUICK) -> None:
    """Raise ValueError unless the files of `folder` are those that `write_digests` saw; None as `most` reads large ones too.

    Raises OSError where ``digests.json`` or a file is missing or cannot be read.
    """
    known = json.loads((folder / DIGESTS).read_text("utf-8"))
    for name, (size, digest) in known.items():
        path = folder / name
        if path.stat().st_size != size:
            raise ValueError(f"{name} has another size")
        if (most is None or size <= most) and _sha256(path) != digest:
            raise ValueError(f"{name} has another content")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
