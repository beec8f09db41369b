"""Vectors that were computed once, by encoder and text, so that editing one regulation encodes only what changed.

<folder>/<encoder>-<random>.npz     keys uint8 (n, 32), vectors float32 (n, dim): what one publication had to encode

A key is the sha256 of what the text was encoded as (document or query) and the text. A file that cannot be read is left out: the
cache only saves time.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from data.schema import Span
from models.attention import ClauseAttention
from models.protocols import Encoder, Reading, Vectors

__all__ = ["CachedEncoder"]

_log = logging.getLogger(__name__)
_PREFIX = 16  # hex digits of the encoder's digest in a file's name


class CachedEncoder:
    """An encoder that looks whole texts up before it computes them; `save` keeps what was new.

    `encoded` counts the texts that had to be encoded.
    """

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        self._encoder = encoder
        self._folder = folder
        self.name, self.digest, self.dim = encoder.name, encoder.digest, encoder.dim
        self.encoded = 0
        self._new: dict[bytes, Vectors] = {}
        self._known = self._load()

    @property
    def attention(self) -> ClauseAttention | None:
        """That of the encoder."""
        return self._encoder.attention

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (n, dim), unit rows, for clauses; an empty sequence gives (0, dim)."""
        return self._look_up("document", texts, self._encoder.encode_documents)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (n, dim), unit rows, for narratives; an empty sequence gives (0, dim)."""
        return self._look_up("query", texts, self._encoder.encode_queries)

    def read(self, text: str) -> Reading:
        """Return what the encoder reads."""
        return self._encoder.read(text)

    def encode_windows(self, text: str, windows: Sequence[Span], reading: Reading | None = None) -> Vectors:
        """Return what the encoder gives for the windows."""
        return self._encoder.encode_windows(text, windows, reading)

    def learn(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Take over vectors (n, dim) that this encoder gave for clauses elsewhere, such as those of an index."""
        for text, vector in zip(texts, vectors, strict=True):
            key = _key("document", text)
            if key not in self._known:
                self._new[key] = vector

    def save(self) -> None:
        """Write what was encoded since the last time as a file of its own; where the disk refuses, the log says so."""
        if not self._new:
            return
        draft = self._folder / f".{secrets.token_hex(8)}.draft"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            keys = np.frombuffer(b"".join(self._new), np.uint8).reshape(-1, 32)
            with draft.open("wb") as out:
                np.savez(out, keys=keys, vectors=np.stack(list(self._new.values())))
                out.flush()
                os.fsync(out.fileno())
            draft.replace(self._folder / f"{self.digest[:_PREFIX]}-{secrets.token_hex(8)}.npz")
        except OSError as error:
            _log.warning("条款向量的缓存写不了（%s），下次发布会重新编码。", error.strerror)
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            return
        self._known.update(self._new)
        self._new.clear()

    def _look_up(self, kind: str, texts: Sequence[str], encode: Callable[[Sequence[str]], Vectors]) -> Vectors:
        keys = [_key(kind, text) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known and key not in self._new}
        if missing:
            self._new.update(zip(missing, encode(list(missing.values())), strict=True))
            self.encoded += len(missing)
        rows = [self._known[key] if key in self._known else self._new[key] for key in keys]
        return np.stack(rows).astype(np.float32) if rows else np.zeros((0, self.dim), np.float32)

    def _load(self) -> dict[bytes, Vectors]:
        known: dict[bytes, Vectors] = {}
        for path in sorted(self._folder.glob(f"{self.digest[:_PREFIX]}-*.npz")):
            try:
                zipfile.ZipFile(path).close()  # numpy would leave the file of a broken archive open
                with np.load(path, allow_pickle=False) as saved:
                    keys, vectors = saved["keys"], saved["vectors"]
                if keys.shape != (len(vectors), 32) or vectors.shape[1:] != (self.dim,) or not np.isfinite(vectors).all():
                    raise ValueError("keys and vectors do not fit")
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
                _log.warning("条款向量的缓存 %s 读不出来，不使用它（%s）。", path.name, type(error).__name__)
                continue
            known.update(zip((key.tobytes() for key in keys), vectors, strict=True))
        return known


def _key(kind: str, text: str) -> bytes:
    return hashlib.sha256(f"{kind}\0{text}".encode()).digest()
