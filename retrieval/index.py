"""An index: clauses with their lexical weights and vectors, saved as plain files under a version named by its digest.

<folder>/CURRENT                    name of the version in use, replaced atomically
<folder>/<version>/manifest.json    format, digests, settings
<folder>/<version>/entries.jsonl    one clause per line; the line number is the row everywhere else
<folder>/<version>/bm25.* tfidf.* dense.faiss background.npz
<folder>/<version>/milvus.*         in place of dense.faiss and bm25.npz: where Milvus keeps them
<folder>/<version>/digests.json     sizes and sha256 of all of them

A version is named ``<digest>-<random>``, so that building the same index again never touches the one in use.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.entries import Entry
from data.errors import IndexBuildError, reason, repeated
from models.protocols import Encoder, Vectors
from models.segment import Segmenter
from retrieval.backends.choose import keep_parts, load_parts
from retrieval.backends.store import TermWeights, VectorStore
from retrieval.background import Background, digest
from retrieval.digests import check_digests, write_digests
from retrieval.lexical import Bm25, TfIdf
from retrieval.manifest import Manifest, entries_digest, read_entries, read_manifest, write_entries, write_manifest
from retrieval.settings import Settings
from retrieval.versions import add_version, current_version

__all__ = [
    "BROKEN",
    "FORMAT",
    "Index",
    "Manifest",
    "build",
    "check_model",
    "load",
    "open_or_build",
    "read_parts",
    "save",
    "wanted",
    "write_parts",
]

FORMAT = 1
_CHUNK = 256  # texts per call of the encoder: enough to fill batches, few enough to show progress
# what numpy, scipy, scikit-learn and json raise for files that were cut off, overwritten or mixed up
BROKEN = (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True, slots=True)
class Index:
    """Clauses and everything that scores them; row i of each part belongs to ``entries[i]``."""

    entries: tuple[Entry, ...]
    bm25: TermWeights
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
    texts = entries_digest(entries)
    return Manifest(FORMAT, texts, encoder.digest, settings.index_digest(), digest(background), len(entries))


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

    No entries, a repeated id or a backend that cannot be used raise IndexBuildError.
    """
    kept = tuple(entries)
    _check(kept)
    texts = [entry.document(lead=settings.document_lead, title=settings.document_title) for entry in kept]
    bm25 = Bm25.build(texts, segmenter.terms, k1=settings.bm25_k1, b=settings.bm25_b)
    tfidf = TfIdf.build(texts, min_n=settings.tfidf_min_n, max_n=settings.tfidf_max_n)
    means = Background.build(background, encoder, segmenter, bm25, tfidf)
    store, words = keep_parts(kept, _encode(texts, encoder, progress), bm25, settings)
    return Index(
        entries=kept,
        bm25=words,
        tfidf=tfidf,
        store=store,
        background=means,
        manifest=wanted(kept, encoder, settings, background),
    )


def save(index: Index, folder: Path) -> Path:
    """Write `index` as a new version under `folder`, then switch to it; a reader sees the old or the new one, never a mix.

    Returns the version's folder. Raises IndexBuildError where it cannot be written.
    """
    try:
        return add_version(folder, index.manifest.digest, lambda draft: _write_checked(index, draft))
    except OSError as error:
        raise IndexBuildError(f"索引无法写入 {folder}（{reason(error)}），请检查路径、磁盘空间和写权限。") from error


def load(folder: Path) -> Index:
    """Read the current version under `folder`; what is missing or broken raises IndexBuildError."""
    version = current_version(folder)
    try:
        return _read(folder, version)
    except IndexBuildError:
        newer = current_version(folder)
        if newer == version:
            raise
        return _read(folder, newer)  # a writer dropped the version while it was read


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
            raise IndexBuildError(f"条款编号 {repeated(entry.clause.id)} 重复，请先改成唯一的编号。")
        seen.add(entry.clause.id)


def _write_checked(index: Index, folder: Path) -> None:
    write_parts(index, folder)
    write_digests(folder)


def write_parts(index: Index, folder: Path) -> None:
    """Write the files of `index` into an existing `folder`. Raises OSError where the disk refuses."""
    write_manifest(index.manifest, folder)
    write_entries(index.entries, folder)
    parts: list[Any] = [index.bm25, index.tfidf, index.store, index.background]
    for part in parts:
        part.save(folder)


def _read(folder: Path, version: Path) -> Index:
    try:
        manifest = read_manifest(version)
        if manifest.format != FORMAT:
            raise IndexBuildError(
                f"索引 {folder} 的格式是第 {manifest.format} 版，本程序需要第 {FORMAT} 版，请运行 rongcuo index build 重建。"
            )
        check_digests(version)
        return read_parts(version, manifest)
    except (PermissionError, NotADirectoryError) as error:
        raise IndexBuildError(f"索引 {folder} 读不出来（{reason(error)}），请检查路径和权限。") from error
    except BROKEN as error:
        raise IndexBuildError(f"索引 {folder} 已损坏，请运行 rongcuo index build --out {folder} 重建。") from error


def read_parts(version: Path, manifest: Manifest) -> Index:
    """Return the index whose files lie in the folder `version`.

    Raises ValueError or another of `BROKEN`, or IndexBuildError, where they are not those that the manifest describes.
    """
    for archive in version.glob("*.npz"):
        zipfile.ZipFile(archive).close()  # numpy would leave the file of a broken archive open
    store, words = load_parts(version)
    index = Index(
        entries=read_entries(version, manifest),
        bm25=words,
        tfidf=TfIdf.load(version),
        store=store,
        background=Background.load(version),
        manifest=manifest,
    )
    _check_shapes(index)
    return index


def _check_shapes(index: Index) -> None:
    """Raise ValueError unless each part has one row per clause and each vocabulary one column per term."""
    rows = {
        "entries": len(index.entries),
        "bm25": index.bm25.shape[0],
        "tfidf": index.tfidf.weights.shape[0],
        "store": len(index.store),
        "background bm25": len(index.background.bm25),
        "background tfidf": len(index.background.tfidf),
    }
    wrong = {name: count for name, count in rows.items() if count != index.manifest.count}
    if wrong:
        raise ValueError(f"rows {wrong}, the manifest says {index.manifest.count}")
    tables = {
        "bm25": (index.bm25.shape[1], len(index.bm25.vocabulary)),
        "tfidf": (index.tfidf.weights.shape[1], len(index.tfidf.vocabulary)),
        "tfidf idf": (index.tfidf.weights.shape[1], len(index.tfidf.idf)),
    }
    unfit = {name: counts for name, counts in tables.items() if counts[0] != counts[1]}
    if unfit:
        raise ValueError(f"columns and terms {unfit}")
