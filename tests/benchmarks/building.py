"""Time to make an index over statutes, beside sentence-transformers in fp32 on the same texts, and what each then finds.

    python -m tests.benchmarks.building [--corpus DIR] [--articles N] [--model FOLDER]

The articles are those that answer the first questions, filled up with others to N; both sides take portions of them in turn.
Ours is all of `retrieval.index.build`: segmentation, BM25, TF-IDF, 8-bit vectors. Theirs is encode_document alone, with its
defaults. --model is what they run: by default the untrained network, better the trained weights in full precision.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data.cases import read_cases
from data.entries import Entry, read_clause_file
from data.schema import Case
from models.encoder import load_encoder
from models.layout import BASE_NAME, WEIGHTS
from models.segment import load_segmenter
from retrieval.index import build
from retrieval.measures import bootstrap, per_case
from retrieval.settings import get_settings
from tests.benchmarks.corpus import SHARED

PORTION = 500
MEASURES = ("R@10", "R@100", "RR@10")


def chosen(entries: Sequence[Entry], cases: Sequence[Case], count: int) -> tuple[list[Entry], list[Case]]:
    """Return `count` articles in their order and the questions whose answers are all among them, at most one per ten articles."""
    asked = list(cases)[: count // 10]
    wanted = {clause for case in asked for clause in case.labels}
    others = [entry.clause.id for entry in entries if entry.clause.id not in wanted]
    step = max(1, len(others) // max(1, count - len(wanted)))
    wanted.update(others[::step][: max(0, count - len(wanted))])
    return [entry for entry in entries if entry.clause.id in wanted], asked


def measure(corpus: Path, count: int, folder: Path) -> dict[str, object]:
    """Return seconds, articles per second, the ratio, and what each side finds for the questions."""
    from sentence_transformers import SentenceTransformer

    entries, cases = chosen(read_clause_file(corpus / "corpus.jsonl.gz"), read_cases(corpus / "queries.train.jsonl"), count)
    plain = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    encoder, segmenter, settings = load_encoder(threads=2), load_segmenter(), get_settings()
    segmenter.terms("热身")
    ours: list[np.ndarray] = []
    theirs: list[np.ndarray] = []
    seconds = {"rongcuo": 0.0, "sentence-transformers": 0.0}
    for start in range(0, len(entries), PORTION):
        portion = entries[start : start + PORTION]
        texts = [entry.document(lead=settings.document_lead, title=settings.document_title) for entry in portion]
        begin = time.perf_counter()
        index = build(portion, encoder, segmenter, settings)
        middle = time.perf_counter()
        theirs.append(plain.encode_document(texts, show_progress_bar=False))
        seconds["sentence-transformers"] += time.perf_counter() - middle
        seconds["rongcuo"] += middle - begin
        ours.append(index.store.vectors(np.arange(len(portion))))
        sys.stderr.write(f"\r{start + len(portion)}/{len(entries)}")
    asked = [case.narrative for case in cases]
    keys = [entry.clause.id for entry in entries]
    quality = {
        "rongcuo": _quality(cases, encoder.encode_queries(asked) @ np.concatenate(ours).T, keys),
        "sentence-transformers": _quality(cases, plain.encode_query(asked) @ np.concatenate(theirs).T, keys),
    }
    speed = {name: round(len(entries) / value, 1) for name, value in seconds.items()}
    return {
        "articles": len(entries),
        "characters": sum(len(entry.clause.text) for entry in entries),
        "model": folder.name,
        "seconds": {name: round(value, 1) for name, value in seconds.items()},
        "articles_per_second": speed,
        "speed_ratio": round(speed["rongcuo"] / speed["sentence-transformers"], 2),
        "questions": len(cases),
        "quality, vectors alone": quality,
    }


def _quality(cases: Sequence[Case], scores: np.ndarray, keys: Sequence[str]) -> dict[str, list[float]]:
    best = np.argsort(-scores, axis=1)[:, :1000]
    run = {case.id: {keys[row]: 0.0 for row in rows} for case, rows in zip(cases, best, strict=True)}
    found = per_case(cases, run, MEASURES)
    means = {name: bootstrap(list(values.values())) for name, values in found.items()}
    return {name: [round(mean.mean, 3), round(mean.low, 3), round(mean.high, 3)] for name, mean in means.items()}


def main() -> int:
    """Print the table as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=SHARED)
    parser.add_argument("--articles", type=int, default=4000)
    parser.add_argument("--model", type=Path, default=WEIGHTS / BASE_NAME)
    options = parser.parse_args()
    found = measure(options.corpus, options.articles, options.model)
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
