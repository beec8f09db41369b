"""Which backend holds the vectors and the BM25 weights of an index: files searched by faiss, or collections in Milvus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from data.entries import Entry
from models.protocols import Vectors
from retrieval.backends.store import Labels, TermWeights, VectorStore
from retrieval.lexical import Bm25
from retrieval.settings import Settings

__all__ = ["keep_parts", "load_parts"]


def keep_parts(
    entries: Sequence[Entry],
    vectors: Vectors,
    bm25: Bm25,
    settings: Settings,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[VectorStore, TermWeights]:
    """Return a store for the vectors and one for the weights, in the backend that the settings name.

    Raises IndexBuildError where that is Milvus and it is not installed, not named or not there.
    """
    if settings.backend == "milvus":
        from retrieval.backends.milvus_store import MilvusStore
        from retrieval.backends.milvus_terms import MilvusBm25

        sent = MilvusStore.build(vectors, bm25.weights.tocsr(), Labels.of(entries), uri=settings.milvus_uri, progress=progress)
        return sent, MilvusBm25(bm25.vocabulary, sent)
    from retrieval.backends.faiss_store import FaissStore

    return FaissStore.build(vectors), bm25


def load_parts(version: Path) -> tuple[VectorStore, TermWeights]:
    """Open the stores that an index version was saved with; see their `load` for what is raised."""
    if (version / "milvus.json").is_file():
        from retrieval.backends.milvus_store import MilvusStore
        from retrieval.backends.milvus_terms import MilvusBm25

        opened = MilvusStore.load(version)
        return opened, MilvusBm25.load(version, opened)
    from retrieval.backends.faiss_store import FaissStore

    return FaissStore.load(version), Bm25.load(version)
