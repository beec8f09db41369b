"""How time, memory and recall grow from 125 clauses to 58,749 articles to 1,000,000 rows.

    python -m tests.benchmarks.scale --index FOLDER [--rows N]... [--queries N]

FOLDER is the index over the statutes that `python -m tests.benchmarks.stard` leaves in its --work folder; the rows beyond them
are perturbed copies (see `corpus`). Times are those of one question with all its windows, over all rows without a filter:

    whole            encoder and everything after it
    after encoding   the same question again, whose vectors the matcher still has
    search           the nearest 1,000 rows to each window alone

Recall is that of the store's search for 20 rows against brute force, for the vectors of whole questions.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.encoder import load_encoder
from models.segment import load_segmenter
from retrieval.backends.faiss_store import FaissStore, exact_nearest, kind_for
from retrieval.index import Index, load
from retrieval.loading import open_matcher
from retrieval.matcher import Matcher
from retrieval.settings import get_settings
from tests.benchmarks.corpus import enlarged, questions

ROWS = (125, 58_749, 1_000_000)


def measure(folder: Path, sizes: Sequence[int], count: int, asked: Sequence[str]) -> dict[str, object]:
    """Return a table per size for `count` of the questions `asked`, and the ratios between sizes."""
    statutes = load(folder)
    encoder, segmenter, settings = load_encoder(threads=get_settings().threads), load_segmenter(), get_settings()
    stories = list(asked)[:: max(1, len(asked) // count)][:count]
    tables = {}
    for size in sizes:
        start = time.perf_counter()
        if size <= 125:
            matcher = open_matcher()
        else:
            index = statutes if size == len(statutes.entries) else enlarged(statutes, size)
            matcher = Matcher(index, encoder, segmenter, settings)
        built = time.perf_counter() - start
        tables[str(size)] = {
            **_times(matcher, stories),
            **_store(matcher.index, encoder.encode_queries(stories)),
            "made_s": round(built, 1),
        }
        del matcher
        gc.collect()
    first, second = (tables[str(size)] for size in sizes[:2])
    return {"questions": len(stories), "rows": tables, "second / first": round(second["whole_ms"] / first["whole_ms"], 2)}


def _times(matcher: Matcher, stories: Sequence[str]) -> dict[str, object]:
    whole, after, search = [], [], []
    warming = [f"{story}。" for story in stories[:3]]
    for asked in (*warming, *stories):
        for times in (whole, after):
            start = time.perf_counter()
            matcher.rank(asked, top_k=10)
            times.append(1000 * (time.perf_counter() - start))
        vectors = matcher.scorer.encoded(asked).vectors
        start = time.perf_counter()
        matcher.index.store.search(vectors, matcher.settings.depth)
        search.append(1000 * (time.perf_counter() - start))
    found = {}
    for name, times in (("whole", whole), ("after_encoding", after), ("search", search)):
        found[f"{name}_ms"] = round(statistics.median(times[len(warming) :]), 1)
        found[f"{name}_p95_ms"] = round(statistics.quantiles(times[len(warming) :], n=20)[-1], 1)
    return found


def _store(index: Index, queries: np.ndarray) -> dict[str, object]:
    vectors = index.store.vectors(np.arange(len(index.entries)))
    exact = exact_nearest(vectors, queries, 20)
    with tempfile.TemporaryDirectory() as place:
        index.store.save(Path(place))
        size = (Path(place) / "dense.faiss").stat().st_size
        start = time.perf_counter()
        opened = FaissStore.load(Path(place))
        loaded = time.perf_counter() - start
    assert isinstance(index.store, FaissStore)
    lexical = sum(part.data.nbytes + part.indices.nbytes for part in (index.bm25.weights, index.tfidf.weights))
    return {
        "kind": kind_for(len(index.entries)),
        "recall@20": round(index.store.recall(queries, exact), 4),
        "vectors_mb": round(size / 2**20, 1),
        "lexical_mb": round(lexical / 2**20, 1),
        "load_s": round(loaded, 3),
        "loaded_rows": len(opened),
    }


def main() -> int:
    """Print the table as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, default=get_settings().cache_dir / "stard")
    parser.add_argument("--rows", type=int, action="append")
    parser.add_argument("--queries", type=int, default=200)
    options = parser.parse_args()
    found = measure(options.index, options.rows or ROWS, options.queries, questions())
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
