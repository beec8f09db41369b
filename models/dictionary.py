"""The word table behind the segmenter: jieba's dictionary as a prefix table, our lexicon, and a cache file of both.

jieba's own cache is read object by object and takes longer than parsing the dictionary; a table read in one go loads in
about a third of the time, so the cache is kept here.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import tempfile
from pathlib import Path

import platformdirs

from data.errors import ModelError

__all__ = ["LEXICON", "cache_path", "load_table", "prefix_table", "read_lexicon", "save_table"]

Table = tuple[dict[str, int], int]
"""Word or word prefix -> frequency (0: prefix only), and the sum of the dictionary's frequencies."""

LEXICON = Path(__file__).with_name("lexicon.txt")
_CACHE_FORMAT = 1


def read_lexicon(path: Path = LEXICON) -> list[tuple[str, int | None]]:
    """Return (word, frequency or None) per line in file order; blank lines and ``#`` lines are skipped, an empty file gives [].

    Raises ModelError for a byte-order mark, carriage returns or a line that is not ``word [frequency]``: such lines would
    otherwise go missing without a word.
    """
    raw = path.read_bytes()
    if raw.startswith(b"\xef\xbb\xbf") or b"\r" in raw:
        raise ModelError(f"词表 {path.name} 必须是不带 BOM、以换行符（LF）结尾的 UTF-8 文件，请另存后重试。")
    entries: list[tuple[str, int | None]] = []
    for number, line in enumerate(raw.decode("utf-8").split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        word, *rest = line.split()
        if len(rest) > 1 or (rest and not (rest[0].isdecimal() and int(rest[0]) > 0)):
            raise ModelError(f"词表 {path.name} 第 {number} 行应为“词 频率”：{line!r}，请改正后重试。")
        entries.append((word, int(rest[0]) if rest else None))
    return entries


def prefix_table(raw: bytes) -> Table:
    """Return the prefix table of a jieba dictionary, lines of ``word frequency [tag]``; empty bytes give ({}, 0).

    Equal to ``jieba.Tokenizer.gen_pfdict``, in half its time: the walk back over a word's prefixes stops at the first one
    that is already known, since that one's own prefixes are known too.
    """
    words = dict(_entry(line) for line in raw.decode("utf-8").splitlines() if line)
    prefixes: dict[str, int] = {}
    for word in words:
        for end in range(len(word) - 1, 0, -1):
            prefix = word[:end]
            if prefix in words or prefix in prefixes:
                break
            prefixes[prefix] = 0
    return prefixes | words, sum(words.values())


def _entry(line: str) -> tuple[str, int]:
    word, frequency = line.split(" ", 2)[:2]
    return word, int(frequency)


def cache_path(dictionary_version: str, lexicon: Path = LEXICON) -> Path:
    """Return where the table for this dictionary version and lexicon is cached; the folder need not exist."""
    made_of = f"{_CACHE_FORMAT}\n{dictionary_version}\n".encode() + lexicon.read_bytes()
    name = f"words-{hashlib.sha256(made_of).hexdigest()[:16]}.marshal"
    return Path(platformdirs.user_cache_dir("rongcuo")) / name


def load_table(path: Path) -> Table | None:
    """Return the cached table, or None where there is none or it cannot be read."""
    try:
        words, total = marshal.loads(path.read_bytes())
    except (OSError, EOFError, ValueError, TypeError):
        return None
    return (words, total) if isinstance(words, dict) and isinstance(total, int) else None


def save_table(table: Table, path: Path) -> None:
    """Write the cache file under a temporary name and rename it; do nothing where the folder cannot be written."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(marshal.dumps(table))
            os.replace(temporary, path)
        except OSError:
            os.unlink(temporary)
