"""Vectors and BM25 weights in Milvus, for corpora that one machine cannot hold or several processes share.

Each index version has a collection of its own (see `retrieval.backends.milvus_link`): row numbers hold within one version
only, so a process searches the collection of the version that it opened until it opens the next.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from data.errors import IndexBuildError
from models.protocols import Vectors
from retrieval.backends.milvus_link import NOT_LOADED, SECONDS, connect, create, dropped_on_failure, finish, publish, told
from retrieval.backends.store import Labels, Rows, best_of
from retrieval.versions import current_version

__all__ = ["ADDRESS", "MilvusStore"]

ADDRESS = "RONGCUO_MILVUS_URI"
_FILE, _LABELS = "milvus.json", "milvus.npz"
_MOST = 16_384  # hits per query that a server gives
_EFFORT = 256  # ef of HNSW; a server refuses fewer than hits wanted
_KEPT = 50_000  # vectors that a process keeps
_PORTION = 1000  # rows per look-up


@dataclass(frozen=True, slots=True)
class MilvusStore:
    """One collection. `regulation_of` and `category_of` (n,) number `regulations` and `categories`."""

    uri: str
    collection: str
    dim: int
    regulations: tuple[str, ...]
    categories: tuple[str, ...]
    regulation_of: NDArray[np.int32]
    category_of: NDArray[np.int32]
    kept: dict[int, Vectors] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def build(
        cls,
        vectors: Vectors,
        weights: sparse.csr_matrix,
        labels: Labels,
        *,
        uri: str,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> MilvusStore:
        """Send float32 (n, dim) unit rows, their BM25 weights (n, terms) and labels into a new collection.

        Nobody else sees it before `save`. Raises IndexBuildError where the server refuses.
        """
        if not uri:
            raise IndexBuildError(
                f"使用 Milvus 请先设置环境变量 {ADDRESS}，例如 http://127.0.0.1:19530，或一个以 .db 结尾的文件路径。"
            )
        regulations, regulation_of = _numbered(labels.regulations)
        categories, category_of = _numbered(labels.categories)
        client = connect(_whole(uri))
        with told(uri):
            name = create(client, vectors.shape[1], len(vectors))
            with dropped_on_failure(client, name):
                for start in range(0, len(vectors), _PORTION):
                    rows = range(start, min(start + _PORTION, len(vectors)))
                    client.insert(name, [_record(row, vectors, weights, labels) for row in rows])
                    progress(rows.stop, len(vectors))
                finish(client, name, len(vectors))
        return cls(_whole(uri), name, vectors.shape[1], regulations, categories, regulation_of, category_of)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.regulation_of)

    def search(self, queries: Vectors, k: int, rows: Rows | None = None) -> tuple[Vectors, Rows]:
        """Return scores and row numbers (queries, <= k); a missing hit has row -1.

        Where every one of `rows` is wanted, their vectors are fetched once, kept, and multiplied here.
        """
        count = len(self) if rows is None else len(rows)
        k = min(k, count)
        if k == 0 or len(queries) == 0:
            return np.zeros((len(queries), 0), np.float32), np.zeros((len(queries), 0), np.int64)
        if rows is not None and k == count:
            return best_of(queries @ self.vectors(rows).T, rows, k)
        data = np.ascontiguousarray(queries, np.float32)
        return self._found("dense", list(data), k, rows, {"ef": max(_EFFORT, k)})

    def search_terms(self, columns: Sequence[int], k: int, rows: Rows | None = None) -> tuple[Vectors, Rows]:
        """Return BM25 scores and row numbers (1, <= k) for a query with these terms; what has none of them is no hit."""
        k = min(k, len(self) if rows is None else len(rows))
        if k == 0 or not columns:
            return np.zeros((1, 0), np.float32), np.zeros((1, 0), np.int64)
        return self._found("terms", [dict.fromkeys(map(int, columns), 1.0)], k, rows, {})

    def vectors(self, rows: Rows) -> Vectors:
        """Return the vectors of these rows, float32 (len(rows), dim); a row that the collection lacks raises IndexBuildError."""
        kept = self.kept
        missing = [int(row) for row in rows if int(row) not in kept]
        if len(kept) + len(missing) > _KEPT:
            kept.clear()
            missing = [int(row) for row in rows]
        found = {row: kept[row] for row in map(int, rows) if row in kept}
        for start in range(0, len(missing), _PORTION):
            for record in self._ask("get", ids=missing[start : start + _PORTION], output_fields=["row", "dense"]):
                found[int(record["row"])] = np.asarray(record["dense"], np.float32)
        kept.update(found)
        try:
            return np.stack([found[int(row)] for row in rows]) if len(rows) else np.zeros((0, self.dim), np.float32)
        except KeyError as error:
            raise IndexBuildError(f"向量库 {self.uri} 里的索引不完整，请运行 rongcuo index build 重建。") from error

    def weight(self, row: int, column: int) -> float:
        """Return the BM25 weight of one term in one row, 0 where it does not occur."""
        records = self._ask("get", ids=[row], output_fields=["terms"])
        return float(records[0]["terms"].get(column, 0.0)) if records else 0.0

    def save(self, folder: Path) -> None:
        """Write where the rows are into `folder`, a draft within the index's folder, and publish the collection."""
        alias = f"rongcuo_{hashlib.sha256(str(folder.parent.resolve()).encode()).hexdigest()[:12]}"
        about = {
            "uri": self.uri,
            "collection": self.collection,
            "alias": alias,
            "dim": self.dim,
            "regulations": self.regulations,
            "categories": self.categories,
        }
        (folder / _FILE).write_text(json.dumps(about, ensure_ascii=False, indent=1), "utf-8")
        np.savez(folder / _LABELS, regulation_of=self.regulation_of, category_of=self.category_of)
        client = connect(self.uri)
        with told(self.uri):
            publish(client, alias, self.collection, in_use=_in_use(folder.parent))

    @classmethod
    def load(cls, folder: Path) -> MilvusStore:
        """Open what `save` wrote; the address in the environment wins over the one that was saved.

        Raises IndexBuildError where the server cannot be reached or has no such collection, ValueError, KeyError or OSError for
        broken files.
        """
        about = json.loads((folder / _FILE).read_text("utf-8"))
        uri = _whole(os.environ.get(ADDRESS, "") or about["uri"])
        with np.load(folder / _LABELS, allow_pickle=False) as saved:
            numbers = saved["regulation_of"], saved["category_of"]
        client = connect(uri)
        with told(uri):
            client.load_collection(about["collection"])
        return cls(uri, about["collection"], about["dim"], tuple(about["regulations"]), tuple(about["categories"]), *numbers)

    def _found(
        self, where: str, queries: Sequence[object], k: int, rows: Rows | None, params: Mapping[str, object]
    ) -> tuple[Vectors, Rows]:
        limit = min(k, _MOST)
        wish = {"metric_type": "IP", "params": dict(params)}
        among = self._filter(rows)
        hits = self._ask(
            "search", data=queries, anns_field=where, limit=limit, filter=among, search_params=wish, output_fields=["row"]
        )
        scores = np.full((len(queries), limit), -np.inf, np.float32)
        found = np.full((len(queries), limit), -1, np.int64)
        for line, answers in enumerate(hits):
            scores[line, : len(answers)] = [answer["distance"] for answer in answers]
            found[line, : len(answers)] = [answer["row"] for answer in answers]
        return scores, found

    def _ask(self, what: str, **arguments: object) -> Any:  # noqa: ANN401
        client = connect(self.uri)
        with told(self.uri):
            try:
                return getattr(client, what)(self.collection, timeout=SECONDS, **arguments)
            except Exception as error:
                if getattr(error, "code", None) != NOT_LOADED:
                    raise
            client.load_collection(self.collection)  # the server was started again
            return getattr(client, what)(self.collection, timeout=SECONDS, **arguments)

    def _filter(self, rows: Rows | None) -> str:
        """Return the rows in Milvus's words: by regulation and category where these say it, else one by one; "" for all."""
        if rows is None or len(rows) == len(self):
            return ""
        inside = np.isin(self.regulation_of, self.regulation_of[rows]) & np.isin(self.category_of, self.category_of[rows])
        if int(inside.sum()) != len(rows):
            return f"row in {[int(row) for row in rows]}"
        both = (("regulation", self.regulations, self.regulation_of), ("category", self.categories, self.category_of))
        said = []
        for name, names, numbers in both:
            wanted = np.unique(numbers[rows])
            if len(wanted) < len(names):
                said.append(f"{name} in {json.dumps([names[number] for number in wanted], ensure_ascii=False)}")
        return " and ".join(said)


def _record(row: int, vectors: Vectors, weights: sparse.csr_matrix, labels: Labels) -> dict[str, object]:
    start, end = weights.indptr[row], weights.indptr[row + 1]
    terms = {int(c): float(w) for c, w in zip(weights.indices[start:end], weights.data[start:end], strict=True) if w}
    return {
        "row": row,
        "regulation": labels.regulations[row],
        "category": labels.categories[row],
        "dense": vectors[row],
        "terms": terms or {weights.shape[1]: 1.0},  # a server refuses an empty one; no query has this column
    }


def _numbered(names: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    distinct = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return tuple(distinct), np.array([distinct[name] for name in names], np.int32)


def _in_use(index: Path) -> str:
    """Return the collection of the version in use under the folder `index`; "" where that cannot be told from its files."""
    try:
        return str(json.loads((current_version(index) / _FILE).read_text("utf-8"))["collection"])
    except (IndexBuildError, OSError, ValueError, KeyError):
        return ""


def _whole(uri: str) -> str:
    """Return an address that means the same from every folder."""
    return uri if "://" in uri or uri.startswith("unix:") else str(Path(uri).expanduser().resolve())
