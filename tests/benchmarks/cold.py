"""From nothing to the first answer: the command line beside a script that loads sentence-transformers and multiplies.

    python -m tests.benchmarks.cold [--rounds N] [--model FOLDER]

Both are new processes that answer one narrative over the same clauses, whose vectors lie on disk; they run in turn.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from models.layout import BASE_NAME, WEIGHTS
from tests.benchmarks.latency import STORY

ROOT = Path(__file__).resolve().parents[2]
PLAIN = """
import sys, resource
import numpy as np
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[1], device="cpu", local_files_only=True)
scores = model.encode_query([sys.argv[3]]) @ np.load(sys.argv[2]).T
print(scores.argsort()[0][-10:])
"""
OURS = "import sys; from ui.cli import main; sys.exit(main(sys.argv[1:]))"
MEMORY = "\nimport resource; print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"


def measure(rounds: int, model: Path) -> dict[str, object]:
    """Return the median seconds of each, their ratio, and the most memory that each held."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as place:
        clauses = Path(place) / "clauses.npy"
        np.save(clauses, np.random.default_rng(0).standard_normal((125, 384)).astype(np.float32))
        ours = OURS.replace("sys.exit(main(sys.argv[1:]))", "main(sys.argv[1:])") + MEMORY
        runs = {
            "rongcuo match": [sys.executable, "-c", ours, "match", STORY, "--json"],
            "sentence-transformers": [sys.executable, "-c", PLAIN + MEMORY, str(model), str(clauses), STORY],
        }
        times: dict[str, list[float]] = {name: [] for name in runs}
        memory = {}
        for number in range(rounds + 1):
            for name, command in runs.items():
                start = time.perf_counter()
                done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
                if number:
                    times[name].append(time.perf_counter() - start)
                memory[name] = int(done.stderr.rpartition("peak ")[2].split()[0]) // 1024
    medians = {name: round(statistics.median(found), 2) for name, found in times.items()}
    ratio = round(medians["rongcuo match"] / medians["sentence-transformers"], 2)
    return {"seconds": medians, "ratio": ratio, "memory_mb": memory}


def main() -> int:
    """Print the table as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", type=Path, default=WEIGHTS / BASE_NAME)
    options = parser.parse_args()
    sys.stdout.write(json.dumps(measure(options.rounds, options.model), ensure_ascii=False, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
