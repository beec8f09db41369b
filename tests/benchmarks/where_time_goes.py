"""Where the time of one match goes, and how near its largest part is to what the processor can do at all.

    python -m tests.benchmarks.where_time_goes [--cases N]

Each stage is run by itself on the same narratives; the median over them counts. The limit is arithmetic: the multiply-adds of the
encoder for those tokens, divided by the peak that this processor reaches on large matrices of 8-bit numbers.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from data.cases import CASES, read_cases
from data.schema import Span
from models.encoder import OnnxEncoder
from models.reading import pool_windows
from models.sentences import split_sentences, windows
from retrieval.loading import open_matcher
from retrieval.matcher import Matcher
from tests.benchmarks.machine import peak

LAYERS, WIDTH, INNER = 12, 384, 1536


def multiply_adds(tokens: int, *, layers: int = LAYERS, width: int = WIDTH, inner: int = INNER) -> int:
    """Return the multiply-adds of a transformer encoder: four square matrices, two of the inner layer, and the attention."""
    each = 4 * width * width + 2 * width * inner
    return layers * (tokens * each + 2 * tokens * tokens * width)


def stages(matcher: Matcher, narrative: str) -> dict[str, Callable[[], object]]:
    """Return what one match does, stage by stage, ready to be run."""
    scorer = matcher.scorer
    encoder, index, segmenter = scorer.encoder, matcher.index, scorer.segmenter
    assert isinstance(encoder, OnnxEncoder) and encoder.attention is not None
    rows = matcher.scope("").rows
    reading = encoder.read(narrative)
    whole = encoder._tokenizer.encode("query: " + narrative)
    ids = np.array([whole.ids[: encoder._max_tokens]], np.int64)
    feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
    spans = [Span(0, len(narrative)), *windows(narrative), *split_sentences(narrative)]
    vectors = pool_windows(reading.states[reading.places], reading.spans, spans)
    terms = segmenter.terms(narrative)
    clauses = index.store.vectors(rows)
    return {
        "segment": lambda: segmenter.terms(narrative),
        "tokenise": lambda: encoder._tokenizer.encode("query: " + narrative),
        "encoder": lambda: encoder._session.run(None, feed),
        "windows": lambda: pool_windows(reading.states[reading.places], reading.spans, spans),
        "bm25": lambda: index.bm25.scores(terms),
        "tfidf": lambda: index.tfidf.scores(narrative),
        "search": lambda: scorer.similarities(vectors, rows),
        "attention": lambda: encoder.attention.score(reading.states, clauses),
    }


def measure(count: int) -> dict[str, object]:
    """Return medians in milliseconds of each stage, of the whole, and the limit, over `count` narratives of dev."""
    matcher = open_matcher()
    stories = [case.narrative for case in read_cases(CASES / "dev.jsonl") if 120 <= len(case.narrative) <= 400][:count]
    for story in stories:  # a server that runs has read the elements of the clauses
        matcher.match(story)
    times: dict[str, list[float]] = {}
    tokens = []
    for story in stories:
        for name, run in stages(matcher, story).items():
            run()
            times.setdefault(name, []).append(_time(run))
        times.setdefault("rank", []).append(_time(lambda: matcher.rank(f"{story}。", top_k=10)))  # noqa: B023
        times.setdefault("match", []).append(_time(lambda: matcher.match(f"{story}！")))  # noqa: B023
        tokens.append(len(matcher.scorer.encoder.read(story).states))
    medians = {name: round(statistics.median(values), 2) for name, values in times.items()}
    medians["report and evidence"] = round(max(0.0, medians["match"] - medians["rank"]), 2)
    middle = int(statistics.median(tokens))
    top, work = peak(), multiply_adds(middle) / 1e9
    return {
        "narratives": len(stories),
        "characters": int(statistics.median(map(len, stories))),
        "tokens": middle,
        "milliseconds": medians,
        "encoder_gmac": round(work, 2),
        "peak": top,
        "limit_ms": {
            name: round(1000 * work / value, 1) for name, value in (("int8", top["int8_gmacs"]), ("fp32", top["fp32_gmacs"]))
        },
        "share_of_peak": round(work / (medians["encoder"] / 1000) / top["int8_gmacs"], 3),
    }


def _time(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start)


def main() -> int:
    """Print the table as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=40)
    sys.stdout.write(json.dumps(measure(parser.parse_args().cases), ensure_ascii=False, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
