"""Time of one answer beside plain sentence-transformers: encode the narrative in fp32 and multiply with the clause vectors.

    python -m tests.benchmarks.latency [--rounds N]

The two run in turn in one process on the same narrative and clauses; what counts is the ratio of the medians, because
machines differ and are shared.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from retrieval.loading import open_matcher

STORY = (
    "去年11月我们三个人按年初排的抽查名单去城东的化工厂，进门前台账摆得整整齐齐，在线数据也都在限值以内，我们看了污泥间、取了"
    "外排口水样就走了。今年2月省里暗访才发现，老板让人把采样头插进了一瓶矿泉水里，台账是前一天晚上补的。下游死了些鱼，没有人"
    "受伤。我们接到通报当晚就封了排口，第二天把情况书面报给了局里，又帮着清了河道，领导让写一份说明，我就把当天的经过一五一十写在这里，附上当天的照片和签字。"
)[:200]
PLAIN = "sentence-transformers encode + dot"


def main() -> int:
    """Print the medians in milliseconds and their ratio as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    matcher = open_matcher()
    weights = Path(__file__).resolve().parents[2] / "models" / "weights" / "e5-small-zh"
    from sentence_transformers import SentenceTransformer

    plain = SentenceTransformer(str(weights), device="cpu", local_files_only=True)
    clauses = plain.encode_document([entry.clause.text for entry in matcher.index.entries])
    systems: dict[str, Callable[[str], object]] = {
        "rongcuo match": matcher.match,
        "rongcuo encoder": lambda story: matcher.scorer.encoder.encode_queries([story]),
        PLAIN: lambda story: plain.encode_query([story]) @ clauses.T,
    }
    times: dict[str, list[float]] = {name: [] for name in systems}
    for number in range(rounds + 2):
        for name, run in systems.items():
            start = time.perf_counter()
            run(f"{STORY}{number}")  # another text each time, or the matcher would remember it
            times[name].append((time.perf_counter() - start) * 1000)
    medians = {name: round(statistics.median(found[2:]), 1) for name, found in times.items()}  # two rounds to warm up
    ratio = round(medians["rongcuo match"] / medians[PLAIN], 3)
    report = {"characters": len(STORY), "milliseconds": medians, "match / plain": ratio}
    sys.stdout.write(json.dumps(report, ensure_ascii=False, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
