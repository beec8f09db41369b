"""An index: clauses with their lexical weights and vectors, saved as plain files under a version named by its digest.

<folder>/CURRENT               name of the version in use, replaced atomically
<folder>/<digest>/manifest.json  format, digests, settings
<folder>/<digest>/entries.jsonl  one clause per line; the line number is the row everywhere else
<folder>/<digest>/bm25.* tfidf.* dense.faiss background.npz
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.entries import Entry
from data.errors import IndexBuildError
from models.protocols import Encoder, Vectors
from models.segment import Segmenter
from retrieval.backends.store import VectorStore
from retrieval.background import Background, digest
from retrieval.lexical import Bm25, TfIdf
from retrieval.settings import Settings

__all__ = ["FORMAT", "Index", "Manifest", "build", "check_model", "load", "open_or_build", "save", "wanted"]

FORMAT = 1
_CHUNK = 256  # texts per call of the encoder: enough to fill batches, few enough to show progress


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


@dataclass(frozen=True, slots=True)
class Index:
    """Clauses and everything that scores them; row i of each part belongs to ``entries[i]``."""

    entries: tuple[Entry, ...]
    bm25: Bm25
    tfidf: TfIdf
    store: VectorStore
    background: Background
    manifest: Manifest

    def rows(self, regulations: Sequence[str] | None, categories: Sequence[str] | None) -> NDArray[np.int64]:
        """Return the row numbers of the clauses in these regulations and categories; None admits every one."""
        return np.array(
            [
                row
                for row, entry in enumerate(self.entries)
                if (regulations is None or entry.clause.regulation_id in regulations)
                and (categories is None or entry.clause.category in categories)
            ],
            dtype=np.int64,
        )


def wanted(entries: Sequence[Entry], encoder: Encoder, settings: Settings, background: Sequence[str] = ()) -> Manifest:
    """Return the manifest that an index over `entries` would have, without building it."""
    hasher = hashlib.sha256()
    for entry in entries:
        hasher.update(entry.to_json().encode())
    return Manifest(FORMAT, hasher.hexdigest()[:16], encoder.digest, settings.index_digest(), digest(background), len(entries))


def build(
    entries: Iterable[Entry],
    encoder: Encoder,
    segmenter: Segmenter,
    settings: Settings,
    *,
    background: Sequence[str] = (),
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Index:
    """Score-ready index over `entries` in their order; `background` are narratives as `retrieval.background` wants them.

    No entries or a repeated id raise IndexBuildError.
    """
    from retrieval.backends.faiss_store import FaissStore

    kept = tuple(entries)
    _check(kept)
    texts = [entry.document(lead=settings.document_lead) for entry in kept]
    bm25 = Bm25.build(texts, segmenter.terms, k1=settings.bm25_k1, b=settings.bm25_b)
    tfidf = TfIdf.build(texts, min_n=settings.tfidf_min_n, max_n=settings.tfidf_max_n)
    return Index(
        entries=kept,
        bm25=bm25,
        tfidf=tfidf,
        store=FaissStore.build(_encode(texts, encoder, progress)),
        background=Background.build(background, encoder, segmenter, bm25, tfidf),
        manifest=wanted(kept, encoder, settings, background),
    )


def save(index: Index, folder: Path) -> Path:
    """Write `index` as a new version under `folder`, then switch to it; a reader sees the old or the new one, never a mix."""
    version = folder / index.manifest.digest
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder))
        try:
            _write_parts(index, draft)
            shutil.rmtree(version, ignore_errors=True)
            draft.rename(version)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        _switch(folder, version.name)
    except OSError as error:
        raise IndexBuildError(f"索引无法写入 {folder}（{error.strerror}），请检查磁盘空间和写权限。") from error
    _drop_old_versions(folder, keep=version.name)
    return version


def load(folder: Path) -> Index:
    """Read the current version under `folder`; what is missing or broken raises IndexBuildError."""
    from retrieval.backends.faiss_store import FaissStore

    try:
        version = folder / (folder / "CURRENT").read_text("utf-8").strip()
        manifest = Manifest(**json.loads((version / "manifest.json").read_text("utf-8")))
        if manifest.format != FORMAT:
            raise IndexBuildError(
                f"索引 {folder} 的格式是第 {manifest.format} 版，本程序需要第 {FORMAT} 版，请运行 rongcuo index build 重建。"
            )
        lines = (version / "entries.jsonl").read_text("utf-8").splitlines()
        entries = tuple(Entry.from_json(line) for line in lines)
        index = Index(
            entries, Bm25.load(version), TfIdf.load(version), FaissStore.load(version), Background.load(version), manifest
        )
    except FileNotFoundError as error:
        raise IndexBuildError(f"没有找到索引 {folder}，请先运行 rongcuo index build --out {folder}。") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexBuildError(f"索引 {folder} 已损坏，请运行 rongcuo index build --out {folder} 重建。") from error
    if len(entries) != manifest.count:
        raise IndexBuildError(f"索引 {folder} 不完整（{len(entries)}/{manifest.count} 条），请重建。")
    return index


def open_or_build(
    entries: Sequence[Entry],
    folder: Path,
    encoder: Encoder,
    segmenter: Segmenter,
    settings: Settings,
    *,
    background: Sequence[str] = (),
) -> Index:
    """Return the index under `folder` when it fits texts, model and settings; else build it, saved if the disk allows."""
    try:
        index = load(folder)
        if index.manifest == wanted(entries, encoder, settings, background):
            return index
    except IndexBuildError:
        pass  # the default index is a cache: whatever is wrong with it, building it anew is the remedy
    index = build(entries, encoder, segmenter, settings, background=background)
    try:
        save(index, folder)
    except IndexBuildError:
        pass  # a read-only home only costs the next start a rebuild
    return index


def check_model(index: Index, encoder: Encoder) -> Index:
    """Return `index` if `encoder` is the one that it was built with, else raise IndexBuildError naming both."""
    if index.manifest.model != encoder.digest:
        raise IndexBuildError(
            f"索引是用编码器 {index.manifest.model} 建的，当前编码器是 {encoder.digest}，请用同一编码器重建索引。"
        )
    return index


def _encode(texts: Sequence[str], encoder: Encoder, progress: Callable[[int, int], None]) -> Vectors:
    """Encode in length order, so that little is padded, and return the vectors in the order of `texts`."""
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    vectors = np.empty((len(texts), encoder.dim), dtype=np.float32)
    for start in range(0, len(texts), _CHUNK):
        rows = order[start : start + _CHUNK]
        vectors[rows] = encoder.encode_documents([texts[row] for row in rows])
        progress(start + len(rows), len(texts))
    return vectors


def _check(entries: Sequence[Entry]) -> None:
    if not entries:
        raise IndexBuildError("没有可以编入索引的条款，请检查输入文件。")
    seen: set[str] = set()
    for entry in entries:
        if entry.clause.id in seen:
            raise IndexBuildError(f"条款编号 {entry.clause.id} 重复，请先改成唯一的编号。")
        seen.add(entry.clause.id)


def _write_parts(index: Index, folder: Path) -> None:
    (folder / "manifest.json").write_text(json.dumps(asdict(index.manifest), indent=1), "utf-8")
    with (folder / "entries.jsonl").open("w", encoding="utf-8") as out:
        out.writelines(entry.to_json() + "\n" for entry in index.entries)
    parts: list[Any] = [index.bm25, index.tfidf, index.store, index.background]
    for part in parts:
        part.save(folder)
    for path in folder.iterdir():
        with path.open("rb") as written:
            os.fsync(written.fileno())


def _switch(folder: Path, version: str) -> None:
    draft = folder / f".CURRENT-{os.getpid()}"
    draft.write_text(version + "\n", "utf-8")
    draft.replace(folder / "CURRENT")


def _drop_old_versions(folder: Path, *, keep: str) -> None:
    for path in folder.iterdir():
        if path.is_dir() and path.name != keep and (path / "manifest.json").exists() and not path.name.startswith("."):
            shutil.rmtree(path, ignore_errors=True)
