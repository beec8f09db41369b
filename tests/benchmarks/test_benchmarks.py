"""The benchmarks on a few rows: that they run, that their arithmetic is right, that results become tables."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from data.schema import Case
from models.layout import BASE_NAME, WEIGHTS
from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval.backends.faiss_store import FaissStore
from retrieval.index import build, save
from retrieval.loading import shipped_entries
from retrieval.matcher import Matcher
from tests.benchmarks import kinds, peers, runtimes, tables, where_time_goes
from tests.benchmarks.corpus import enlarged, perturbed
from tests.benchmarks.machine import machine, peak
from tests.benchmarks.scale import _store, _times

TEXTS = [("r/1", "企业隐瞒证据的；"), ("r/2", "突发事件中临机决断的；"), ("s/3", "谋取私利的，不予容错。")]
CASES = [Case(f"c{n}", "r", text, {key: 2}, "dev", "") for n, (key, text) in enumerate([*TEXTS[:2], TEXTS[0]])]


def test_systems_are_compared_in_processes_of_their_own():
    runs = [(name, name, Path(sys.executable), Path("none")) for name in ("bm25s", "scikit-learn TF-IDF")]
    found = peers.report(peers.compare(runs, CASES, TEXTS), ["txtai"], CASES)
    assert found["left_out"] == ["txtai"] and list(found["systems"]) == ["bm25s", "scikit-learn TF-IDF"]
    for row in found["systems"].values():
        assert row["nDCG@10"] == 1 and row["query_ms"] > 0 and row["memory_mb"] > 10 and row["version"]
    assert found["systems"]["bm25s"]["query_ratio"] == 1


def test_what_no_interpreter_has_is_left_out():
    runs, missing = peers.plan([], None)
    assert [run[0] for run in runs][:2] == ["rongcuo", "rongcuo, dense alone"]
    assert not {name for name, *_ in runs} & set(missing)
    assert len(peers.plan([], Path("x"))[0]) + len(peers.plan([], Path("x"))[1]) == len(runs) + len(missing) + 5


@pytest.mark.model
def test_this_project_answers_as_a_peer():
    run = ("rongcuo", "rongcuo", Path(sys.executable), WEIGHTS / BASE_NAME)
    (peer,) = peers.compare([run], CASES, TEXTS)
    assert set(peer.run["c0"]) == {"r/1", "r/2"} and peer.memory > 50 << 20


def test_multiply_adds_by_hand():
    assert where_time_goes.multiply_adds(1, layers=1, width=2, inner=4) == 4 * 4 + 2 * 8 + 2 * 2
    assert where_time_goes.multiply_adds(150) == pytest.approx(3.4e9, rel=0.02)


@pytest.mark.model
def test_where_time_goes_names_every_stage():
    found = where_time_goes.measure(2)
    assert {"segment", "encoder", "search", "attention", "match"} <= set(found["milliseconds"])
    # which of the two is faster here is no matter of a test: other programs take their share at any moment
    share = found["limit_ms"]["int8"] / found["milliseconds"]["encoder"]
    assert share > 0 and found["share_of_peak"] == pytest.approx(share, rel=0.1)


@pytest.mark.model
def test_runtimes_are_compared_on_the_same_network():
    found = runtimes.measure(WEIGHTS / BASE_NAME, 1, count=2, clauses=6)["runtimes"]
    assert {runtimes.SHIPPED, "onnxruntime fp32", "torch fp32", "torch bf16"} <= set(found)
    for row in found.values():
        assert row["milliseconds"] > 0 and row["weights_mb"] > 10 and row["packages_mb"] > 5
    assert found[runtimes.SHIPPED]["weights_mb"] < found["onnxruntime fp32"]["weights_mb"] / 3
    ours, theirs = (
        runtimes.Swapped(*runtimes.sessions(WEIGHTS / BASE_NAME)[name], WEIGHTS / BASE_NAME).encode_queries(["企业隐瞒证据"])
        for name in ("onnxruntime fp32", "torch fp32")
    )
    assert ours == pytest.approx(theirs, abs=1e-5)


def test_the_peak_of_this_processor_is_measured():
    found = peak(side=256)
    assert all(1 < value < 100_000 for value in found.values())
    assert machine()["cores"] >= 1


def test_perturbed_rows_are_near_those_they_came_from():
    draw = np.random.default_rng(0)
    rows = draw.standard_normal((40, 384)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    many = perturbed(rows, 100)
    assert many.shape == (100, 384) and np.allclose(np.linalg.norm(many, axis=1), 1, atol=1e-5)
    assert np.array_equal(many[:40], rows)
    cosines = (many[40:] * rows[np.arange(40, 100) % 40]).sum(axis=1)
    assert cosines.mean() == pytest.approx(0.944, abs=0.005) and not np.array_equal(many[40:80], many[:40])


def test_an_index_is_enlarged_and_measured(settings):
    index = build(shipped_entries(), StubEncoder(), load_segmenter(), settings)
    large = enlarged(index, 1000)
    assert len(large.entries) == large.bm25.shape[0] == large.tfidf.weights.shape[0] == len(large.store) == 1000
    found = _store(large, StubEncoder().encode_queries(["企业隐瞒证据"]))
    assert found["recall@20"] > 0 and found["loaded_rows"] == 1000 and found["kind"] == "Flat"
    asked = ["企业隐瞒证据，我们没有查出来。", "突发事件中临机决断。"]
    times = _times(Matcher(large, StubEncoder(), load_segmenter(), settings), asked)
    assert all(value > 0 for value in times.values()) and times["whole_p95_ms"] >= times["whole_ms"] > times["search_ms"]


def test_kinds_are_measured_at_several_efforts():
    draw = np.random.default_rng(0)
    rows = draw.standard_normal((3000, 16)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    found = kinds.measure(rows, rows[:60], ["Flat", "IVF16,Flat"])
    assert [row["effort"] for row in found][0] is None and sum(row["tuned"] for row in found) == 2
    assert found[0]["recall@20"] == 1 and {row["kind"] for row in found} == {"Flat", "IVF16,Flat"}


def test_results_become_tables_and_a_picture(tmp_path):
    row = {
        "version": "1", "load_s": 1, "build_s": 2, "query_ms": 3, "query_p95_ms": 4, "memory_mb": 5, "nDCG@10": 0.5,
        "interval": [0.4, 0.6], "query_ratio": 1, "p": 1,
    }  # fmt: skip
    found = {"peers": {"cases": 3, "clauses": 3, "systems": {"rongcuo": row, "txtai": row}, "left_out": [], "machine": machine()}}
    path = tmp_path / "results.json"
    tables.write(json.loads(json.dumps(found)), path)
    assert "| rongcuo (1) | 0.500 (0.40–0.60) |" in (tmp_path / "results.md").read_text("utf-8")
    assert (tmp_path / "results.svg").read_text("utf-8").startswith("<?xml")


def test_the_committed_results_are_those_of_the_tables():
    path = Path(tables.__file__).with_name("results.json")
    if path.exists():
        assert path.with_suffix(".md").read_text("utf-8") == tables.text(json.loads(path.read_text("utf-8")))


def test_a_saved_large_index_has_its_digests(settings, tmp_path):
    index = build(shipped_entries()[:6], StubEncoder(), load_segmenter(), settings)
    version = save(index, tmp_path)
    assert (version / "digests.json").exists() and isinstance(index.store, FaissStore)
