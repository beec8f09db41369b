"""The same network in several runtimes and precisions: time per narrative, quality, and what each costs on the disk.

    python -m tests.benchmarks.runtimes --trained FOLDER [--rounds N] [--cases N]

FOLDER has the trained weights in full precision; the 8-bit ones are those that are shipped. Every runtime reads the same
narrative of 200 characters in turn, so that whatever else the machine does falls on all of them. Quality is nDCG@10 within the
region of the labelled dev cases by clause attention alone, for those that are not too slow to be chosen. OpenVINO is compared
where it is installed; it is no dependency.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import threading
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from data.cases import CASES, background_narratives, read_cases
from data.schema import Case
from models.attention import ATTENTION, ClauseAttention
from models.encoder import OnnxEncoder
from models.layout import DEFAULT_NAME, ONNX, WEIGHTS
from models.segment import load_segmenter
from retrieval.index import build
from retrieval.loading import shipped_entries
from retrieval.matcher import Matcher
from retrieval.measures import bootstrap, per_case
from retrieval.settings import get_settings
from tests.benchmarks.latency import STORY

Feed = Mapping[str, np.ndarray]
TOO_SLOW = 5  # times the shipped one: nobody would wait for its quality
SHIPPED = "onnxruntime 8 bits (shipped)"
PACKAGES = {"onnxruntime": ["onnxruntime"], "torch": ["torch", "transformers"], "OpenVINO": ["openvino"]}


class Session:
    """A runtime in the place of onnxruntime's session; asked by one thread at a time, as OpenVINO wants it."""

    def __init__(self, run: Callable[[Feed], np.ndarray]) -> None:
        self._run, self._lock = run, threading.Lock()

    def run(self, _: None, feed: Feed) -> tuple[np.ndarray]:
        """Return the states of all tokens, float32 (texts, tokens, dim)."""
        with self._lock:
            return (self._run(feed),)


class Swapped(OnnxEncoder):
    """The encoder in a folder, with another runtime for its network."""

    def __init__(self, folder: Path, session: Session | None, head: Path) -> None:
        super().__init__(folder, threads=2)
        if session is not None:
            self._session, self._alone = session, lambda: session
        self.attention = ClauseAttention.load(head)


def sessions(trained: Path) -> dict[str, tuple[Path, Session | None]]:
    """Return the runtimes that are installed: the folder of the weights, and what runs them (None: onnxruntime)."""
    shipped = WEIGHTS / DEFAULT_NAME
    found: dict[str, tuple[Path, Session | None]] = {SHIPPED: (shipped, None), "onnxruntime fp32": (trained, None)}
    for precision in ("fp32", "bf16"):
        found[f"torch {precision}"] = (trained, Session(_torch(trained, precision)))
    if find_spec("openvino"):
        found["OpenVINO fp32"] = (trained, Session(_openvino(trained / ONNX, "f32")))
        found["OpenVINO bf16"] = (trained, Session(_openvino(trained / ONNX, "bf16")))
        found["OpenVINO 8 bits"] = (shipped, Session(_openvino(shipped / ONNX, "f32")))
    return found


def _torch(folder: Path, precision: str) -> Callable[[Feed], np.ndarray]:
    import torch
    from transformers import AutoModel

    torch.set_num_threads(2)
    model = AutoModel.from_pretrained(folder, local_files_only=True).eval()
    if precision == "bf16":
        model = model.to(torch.bfloat16)

    def run(feed: Feed) -> np.ndarray:
        with torch.inference_mode():
            return model(**{name: torch.from_numpy(value) for name, value in feed.items()}).last_hidden_state.float().numpy()

    return run


def _openvino(path: Path, precision: str) -> Callable[[Feed], np.ndarray]:
    import openvino

    settings = {"INFERENCE_NUM_THREADS": "2", "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
    compiled = openvino.Core().compile_model(str(path), "CPU", settings)
    return lambda feed: np.asarray(compiled(dict(feed))[0], np.float32)


def measure(trained: Path, rounds: int, count: int = 0, clauses: int = 0) -> dict[str, Any]:
    """Return per runtime milliseconds, quality with its interval, megabytes of weights and of the installed packages.

    `count` cases and the first `clauses` clauses, 0: all of them.
    """
    settings, segmenter, entries = get_settings(), load_segmenter(), shipped_entries()[: clauses or None]
    head = trained if (trained / ATTENTION).exists() else WEIGHTS / DEFAULT_NAME
    background = background_narratives(settings.background)
    cases = [case for case in read_cases(CASES / "dev.jsonl") if case.labels][: count or None]
    encoders: dict[str, Swapped] = {}
    found: dict[str, dict[str, Any]] = {}
    for name, (folder, session) in sessions(trained).items():
        try:
            encoder = Swapped(folder, session, head)
            encoder.read("热身")
        except Exception as error:  # noqa: BLE001  (what a runtime cannot run is a result)
            found[name] = {"failed": f"{type(error).__name__}: {str(error).splitlines()[0][:120]}"}
            continue
        packages = next(names for kind, names in PACKAGES.items() if name.startswith(kind))
        sizes = {"weights_mb": (folder / ONNX).stat().st_size / 1e6, "packages_mb": sum(map(_size, packages)) / 1e6}
        encoders[name], found[name] = encoder, {key: round(value, 1) for key, value in sizes.items()}
    times = _times(encoders, rounds)
    for name, encoder in encoders.items():
        found[name]["milliseconds"] = round(times[name], 1)
        if times[name] <= TOO_SLOW * times[SHIPPED]:
            index = build(entries, encoder, segmenter, settings, background=background)
            quality = _quality(Matcher(index, encoder, segmenter, settings), cases)
            found[name]["nDCG@10"] = [round(value, 3) for value in quality]
    return {"cases": len(cases), "characters": len(STORY), "rounds": rounds, "runtimes": found}


def _times(encoders: Mapping[str, Swapped], rounds: int) -> dict[str, float]:
    """Return the median milliseconds of each."""
    times: dict[str, list[float]] = {name: [] for name in encoders}
    for number in range(rounds + 2):
        for name, encoder in encoders.items():
            start = time.perf_counter()
            encoder.read(f"{STORY}{number}")
            times[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(taken[2:]) for name, taken in times.items()}  # two rounds to warm up


def _quality(matcher: Matcher, cases: list[Case]) -> tuple[float, float, float]:
    run = {}
    for case in cases:
        ranked = matcher.rank(case.narrative, region=case.region, top_k=100, system="attention")
        run[case.id] = dict(zip(ranked.clauses, ranked.scores, strict=True))
    mean = bootstrap(list(per_case(cases, run, ["nDCG@10"])["nDCG@10"].values()))
    return mean.mean, mean.low, mean.high


def _size(package: str) -> int:
    spec = find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return sum(path.stat().st_size for place in places or () for path in Path(place).rglob("*") if path.is_file())


def main() -> int:
    """Print the table as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trained", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--cases", type=int, default=0)
    options = parser.parse_args()
    found = measure(options.trained, options.rounds, options.cases)
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
