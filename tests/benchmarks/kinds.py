"""Which kind of faiss index at which size: build time, time per search, recall against flat, for the table in `faiss_store`.

    python -m tests.benchmarks.kinds --index FOLDER [--rows N]... [--kind NAME]...

Queries are lay questions over the statutes, which lie apart from the articles as narratives do from clauses; rows beyond the
statutes are perturbed copies (see `corpus`).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.encoder import load_encoder
from models.protocols import Vectors
from retrieval.backends.faiss_store import FaissStore, exact_nearest
from retrieval.index import load
from retrieval.settings import get_settings
from tests.benchmarks.corpus import perturbed, questions

KINDS = ("Flat", "HNSW32", "IVF{lists},Flat", "IVF{lists},SQfp16", "IVF{lists},SQ8")
EFFORTS = (16, 32, 64, 128, 256)


def measure(vectors: Vectors, queries: Vectors, kinds: Sequence[str]) -> list[dict[str, object]]:
    """Return one row per kind and effort; the one that tuning chose is marked."""
    exact = {k: exact_nearest(vectors, queries, k) for k in (20, 1000)}
    rows = []
    for pattern in kinds:
        kind = pattern.format(lists=4 * int(len(vectors) ** 0.5))
        start = time.perf_counter()
        store = FaissStore.build(vectors, kind=kind)
        built = time.perf_counter() - start
        chosen = _effort(store)
        for effort in (chosen,) if chosen is None else sorted({*EFFORTS, chosen}):
            if effort is not None:
                _set(store, effort)
            row = {"kind": kind, "effort": effort, "tuned": effort == chosen, "build_s": round(built, 1)}
            for k, right in exact.items():
                row[f"recall@{k}"] = round(store.recall(queries, right), 4)
            rows.append({**row, **_times(store, queries)})
            sys.stderr.write(f"{rows[-1]}\n")
    return rows


def _times(store: FaissStore, queries: Vectors) -> dict[str, float]:
    found = {}
    for windows, k in ((1, 20), (8, 1000)):
        times = []
        for start in range(0, min(len(queries), 100 * windows) - windows + 1, windows):
            begin = time.perf_counter()
            store.search(queries[start : start + windows], k)
            times.append(1000 * (time.perf_counter() - begin))
        found[f"{windows}x{k}_ms"] = round(statistics.median(times), 2)
        found[f"{windows}x{k}_p95_ms"] = round(statistics.quantiles(times, n=20)[-1], 2)
    return found


def _effort(store: FaissStore) -> int | None:
    if hasattr(store.index, "nprobe"):
        return int(store.index.nprobe)
    return int(store.index.hnsw.efSearch) if hasattr(store.index, "hnsw") else None


def _set(store: FaissStore, effort: int) -> None:
    if hasattr(store.index, "nprobe"):
        store.index.nprobe = effort
    else:
        store.index.hnsw.efSearch = effort


def main() -> int:
    """Print the rows as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, default=get_settings().cache_dir / "stard")
    parser.add_argument("--rows", type=int, action="append")
    parser.add_argument("--kind", action="append")
    parser.add_argument("--queries", type=int, default=400)
    options = parser.parse_args()
    index = load(options.index)
    own = index.store.vectors(np.arange(len(index.entries)))
    queries = load_encoder().encode_queries(questions()[: options.queries])
    for count in options.rows or (100_000, 1_000_000):
        rows = measure(perturbed(own, count), queries, options.kind or KINDS)
        sys.stdout.write(json.dumps({"rows": count, "kinds": rows}, indent=1) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
