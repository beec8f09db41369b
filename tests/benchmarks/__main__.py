"""All benchmarks, one after the other, into results.json, results.md and results.svg beside this file.

    python -m tests.benchmarks [--part NAME]... [--python FILE]... [--install] [--trained FOLDER] [--index FOLDER] [--quick]

--install makes an environment of its own for txtai, Haystack and LlamaIndex; --python names one that is there already.
--trained is a folder with the trained weights in full precision, --index the index over the statutes that
`tests.benchmarks.stard` makes. Parts that are not run keep the results that they have. --quick runs everything on a few
rows, to see that it runs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from models.layout import BASE_NAME, WEIGHTS
from retrieval.settings import get_settings
from tests.benchmarks import building, cold, corpus, peers, runtimes, scale, tables, where_time_goes
from tests.benchmarks.machine import machine

RESULTS = Path(__file__).with_name("results.json")
PEERS = (
    "torch==2.13.0",
    "sentence-transformers",
    "txtai",
    "haystack-ai",
    "sentence-transformers-haystack",
    "llama-index-core",
    "llama-index-embeddings-huggingface",
)


def parts(options: argparse.Namespace) -> dict[str, Callable[[], dict[str, object]]]:
    """Return what there is to run, by name."""
    quick, base = options.quick, options.trained or WEIGHTS / BASE_NAME
    questions = corpus.questions() if corpus.SHARED.is_dir() else []
    sizes = (125, 58_749) if quick else scale.ROWS
    return {
        "peers": lambda: peers.measure(options.python, options.trained, 3 if quick else 0),
        "where": lambda: where_time_goes.measure(3 if quick else 40),
        "cold": lambda: cold.measure(1 if quick else 5, base),
        "building": lambda: building.measure(corpus.SHARED, 60 if quick else 4000, base),
        "runtimes": lambda: runtimes.measure(base, 1 if quick else 25, 2 if quick else 0, 6 if quick else 0),
        "scale": lambda: scale.measure(options.index, sizes, 8 if quick else 200, questions),
    }


def main() -> int:
    """Run the parts, write the files after each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    peers.arguments(parser)
    parser.add_argument("--part", action="append", choices=["peers", "where", "cold", "building", "runtimes", "scale"])
    parser.add_argument("--index", type=Path, default=get_settings().cache_dir / "stard")
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    if options.install:
        options.python.append(installed(get_settings().cache_dir / "peers"))
    found = json.loads(options.out.read_text("utf-8")) if options.out.exists() else {}
    for name, run in parts(options).items():
        if options.part and name not in options.part:
            continue
        sys.stderr.write(f"{name} …\n")
        start, about = time.perf_counter(), machine()
        found[name] = {**run(), "machine": about, "took_s": round(time.perf_counter() - start, 1)}
        options.out.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
        tables.write(found, options.out)
    return 0


def installed(folder: Path) -> Path:
    """Make an environment with the peers that have dependencies of their own, once, and return its interpreter."""
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        for wanted in ((PEERS[0],), PEERS[1:]):  # torch first: asked for by another package it comes with CUDA
            subprocess.run([python, "-m", "pip", "install", "-q", *wanted], check=True)
        (folder / "complete").touch()
    return python


if __name__ == "__main__":
    sys.exit(main())
