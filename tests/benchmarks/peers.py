"""This project beside what a user would pick instead: quality, time to build, time per query, memory.

    python -m tests.benchmarks.peers [--python FILE]... [--trained FOLDER] [--cases N] [--out FILE]

Every system is a process of its own (see `worker`) over the same 125 clauses; each narrative is put to one after the other
before the next narrative comes, so that whatever else the machine does falls on all of them. --python names interpreters of
other environments in which txtai, Haystack or LlamaIndex are installed; a system that no interpreter has is left out and said so.
--trained is a folder with the trained weights in full precision, for a comparison with the same network.
Quality is nDCG@10 within the region of each labelled case of dev, on which our own combination was fitted: see README for test.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from data.cases import CASES, read_cases
from data.categories import MATCHED
from data.schema import Case
from models.layout import BASE_NAME, WEIGHTS
from retrieval.loading import shipped_entries
from retrieval.measures import bootstrap, per_case
from retrieval.measures import compare as _compare

ROOT = Path(__file__).resolve().parents[2]
WORKER = Path(__file__).with_name("worker.py")
WARM_UP = 2
NEEDS = {
    "txtai": "txtai",
    "txtai hybrid": "txtai",
    "Haystack": "haystack_integrations",
    "LlamaIndex": "llama_index",
    "bm25s": "bm25s",
}


@dataclass
class Peer:
    """A system in a process; times in milliseconds."""

    name: str
    process: subprocess.Popen[str]
    build_seconds: float = 0.0
    load_seconds: float = 0.0
    milliseconds: list[float] = field(default_factory=list)
    run: dict[str, dict[str, float]] = field(default_factory=dict)
    memory: int = 0
    version: str = ""

    def ask(self, wish: object) -> dict[str, object]:
        """Put one line and return its answer."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(wish) + "\n")
        self.process.stdin.flush()
        return self.read()

    def end(self) -> None:
        """End the process and let go of its pipes."""
        self.process.kill()
        self.process.communicate()

    def read(self) -> dict[str, object]:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with {self.process.wait()}")
        return json.loads(line)


def start(name: str, system: str, python: Path, folder: Path) -> Peer:
    """Start a system; it reads models from disk only and uses two threads."""
    quiet = {
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "HAYSTACK_TELEMETRY_ENABLED": "0",
    }
    environment = {**os.environ, **quiet, "OMP_NUM_THREADS": "2", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [python, WORKER, system, folder], cwd=ROOT, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    peer = Peer(name, process)
    peer.load_seconds = float(peer.read()["seconds"])
    return peer


def has(python: Path, module: str) -> bool:
    """Tell whether an interpreter finds a module."""
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", code], capture_output=True, cwd="/").returncode == 0


def plan(pythons: Sequence[Path], trained: Path | None) -> tuple[list[tuple[str, str, Path, Path]], list[str]]:
    """Return (name, system, interpreter, model folder) of all that can be run, and what cannot."""
    own, base = Path(sys.executable), WEIGHTS / BASE_NAME
    wished = [("rongcuo", "rongcuo", base), ("rongcuo, dense alone", "rongcuo dense", base)]
    wished += [
        (f"{system}, untrained e5-small", system, base) for system in ("sentence-transformers", "txtai", "Haystack", "LlamaIndex")
    ]
    if trained is not None:
        dense = ("sentence-transformers", "txtai", "txtai hybrid", "Haystack", "LlamaIndex")
        wished += [(f"{system}, our trained weights in fp32", system, trained) for system in dense]
    wished += [("bm25s with jieba", "bm25s", base), ("scikit-learn TF-IDF", "scikit-learn TF-IDF", base)]
    runs, missing = [], []
    for name, system, folder in wished:
        module = NEEDS.get(system)
        python = own if module is None else next((p for p in (own, *pythons) if has(p, module)), None)
        if python is None:
            missing.append(name)
        else:
            runs.append((name, system, python, folder))
    return runs, missing


def compare(runs: Sequence[tuple[str, str, Path, Path]], cases: Sequence[Case], texts: Sequence[tuple[str, str]]) -> list[Peer]:
    """Build every system over `texts` and put the narratives to them in turn."""
    labelled = [case for case in cases if case.labels]
    keep = {case.region: [key for key, _ in texts if key.startswith(f"{case.region}/")] for case in labelled}
    with ExitStack() as stack:
        peers = []
        for run in runs:
            peer = start(*run)
            stack.callback(peer.end)
            peer.build_seconds = float(peer.ask({"build": texts})["seconds"])
            peers.append(peer)
        for number, case in enumerate([*labelled[:WARM_UP], *labelled]):
            for peer in peers:
                found = peer.ask({"query": case.narrative, "keep": keep[case.region]})
                if number >= WARM_UP:
                    peer.milliseconds.append(1000 * float(found["seconds"]))
                    peer.run[case.id] = {key: -float(place) for place, key in enumerate(found["ranking"])}
            if number % 25 == 0:
                sys.stderr.write(f"\r{number}/{len(labelled)}")
        for peer in peers:
            peer.memory = int(peer.ask({"memory": True})["bytes"])
            peer.version = str(peer.ask({"version": True})["version"])
    return peers


def report(peers: Sequence[Peer], missing: Sequence[str], cases: Sequence[Case]) -> dict[str, object]:
    """Return the table: medians of times, nDCG@10 with its interval, and ratios to the first system."""
    first = peers[0]
    labelled = [case for case in cases if case.labels]
    values = {peer.name: per_case(labelled, peer.run, ["nDCG@10"])["nDCG@10"] for peer in peers}
    rows = {}
    for peer in peers:
        quality, versus = bootstrap(list(values[peer.name].values())), _compare(values[first.name], values[peer.name])
        rows[peer.name] = {
            "version": peer.version,
            "load_s": round(peer.load_seconds, 2),
            "build_s": round(peer.build_seconds, 2),
            "query_ms": round(statistics.median(peer.milliseconds), 1),
            "query_p95_ms": round(statistics.quantiles(peer.milliseconds, n=20)[-1], 1),
            "memory_mb": peer.memory >> 20,
            "nDCG@10": round(quality.mean, 3),
            "interval": [round(quality.low, 3), round(quality.high, 3)],
            "query_ratio": round(statistics.median(peer.milliseconds) / statistics.median(first.milliseconds), 2),
            "p": round(versus["p"], 4),
        }
    return {"cases": len(labelled), "clauses": 125, "systems": rows, "left_out": list(missing)}


def texts_of_all() -> list[tuple[str, str]]:
    """Return the clauses that narratives are matched to: id and text."""
    return [(e.clause.id, e.clause.text) for e in shipped_entries() if e.clause.category in MATCHED]


def measure(pythons: Sequence[Path], trained: Path | None, count: int) -> dict[str, object]:
    """Run the comparison on the first `count` labelled cases of dev, 0 for all."""
    cases = [case for case in read_cases(CASES / "dev.jsonl") if case.labels]
    cases = cases[:count] if count else cases
    runs, missing = plan(pythons, trained)
    return report(compare(runs, cases, texts_of_all()), missing, cases)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `measure` wants to know."""
    parser.add_argument("--python", type=Path, action="append", default=[], help="interpreter with further systems")
    parser.add_argument("--trained", type=Path, help="our trained weights in full precision")
    parser.add_argument("--cases", type=int, default=0)


def main() -> int:
    """Print the table as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments(parser)
    options = parser.parse_args()
    found = measure(options.python, options.trained, options.cases)
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
