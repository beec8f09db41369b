"""Statute retrieval at scale: 1,235 lay questions over 58,749 articles, in a fixed 5-fold split.

    python -m tests.benchmarks.stard [--corpus DIR] [--work DIR] [--system NAME]... [--out FILE]

The corpus is not part of the repository; DIR (default ../shared/stard) holds corpus.jsonl.gz and queries.train.jsonl.
The index is kept in --work, so a second run only searches. With lexical systems alone nothing is encoded. Without training
the folds differ by chance: they are the frame in which models trained per fold will be compared, and their spread shows how
much a figure of one fold can be trusted.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from data.cases import fold_of, read_cases
from data.entries import read_clause_file
from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval.evaluate import Evaluation, evaluate
from retrieval.index import build
from retrieval.loading import build_index, open_matcher
from retrieval.matcher import Matcher
from retrieval.measures import bootstrap
from retrieval.scoring import SYSTEMS
from retrieval.settings import get_settings

FOLDS = 5
MEASURES = ("R@5", "R@10", "R@50", "R@100", "RR@10")


def report(evaluation: Evaluation) -> dict[str, object]:
    """Return means with intervals and the mean of each fold, per system and measure."""
    folds = fold_of(case.id for case in evaluation.cases)
    return {
        system.name: {
            name: {
                "mean": round(system.means[name].mean, 4),
                "interval": [round(system.means[name].low, 4), round(system.means[name].high, 4)],
                "n": system.means[name].n,
                "folds": [
                    round(bootstrap([v for key, v in system.per_case[name].items() if folds[key] == fold]).mean, 4)
                    for fold in range(FOLDS)
                ],
            }
            for name in evaluation.measures
        }
        for system in evaluation.systems
    }


def main() -> int:
    """Build the index where it is missing, evaluate, print a table, and write JSON to --out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=Path(__file__).resolve().parents[3] / "shared" / "stard")
    parser.add_argument("--work", type=Path, default=get_settings().cache_dir / "stard")
    parser.add_argument("--system", action="append", choices=list(SYSTEMS))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    systems = options.system or [name for name in SYSTEMS if name != "centred"]  # there is no background to take away
    result = evaluate(
        _matcher(options.corpus / "corpus.jsonl.gz", options.work, systems),
        read_cases(options.corpus / "queries.train.jsonl"),
        systems=systems,
        measures=MEASURES,
        progress=_say("evaluate"),
    )
    found = report(result)
    sys.stderr.write("\n")
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return 0


def _matcher(corpus: Path, work: Path, systems: Sequence[str]) -> Matcher:
    """Open the index under `work`, built first where it is missing; for lexical systems alone one without real vectors."""
    settings = get_settings()
    start = time.perf_counter()
    if all("dense" not in SYSTEMS[name] for name in systems):
        encoder, segmenter = StubEncoder(), load_segmenter()
        found = Matcher(build(read_clause_file(corpus), encoder, segmenter, settings), encoder, segmenter, settings)
    else:
        if not (work / "CURRENT").exists():
            build_index(clauses=corpus, out=work, progress=_say("encode"))
        found = open_matcher(index=work)
    sys.stderr.write(f"\nindex ready after {time.perf_counter() - start:.0f} s\n")
    return found


def _say(what: str):  # noqa: ANN202  (a callback of evaluate)
    return lambda done, total: sys.stderr.write(f"\r{what} {done}/{total}") if done % 64 == 0 or done == total else None


if __name__ == "__main__":
    sys.exit(main())
