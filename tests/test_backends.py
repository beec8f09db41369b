"""Flat, HNSW and IVF behind one interface: what is found, saved, mapped and refused."""

import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from data.errors import IndexBuildError
from retrieval.backends import faiss_store
from retrieval.backends.faiss_store import FLAT_MOST, HNSW_MOST, FaissStore, exact_nearest, kind_for
from retrieval.backends.store import best_of
from tests.conftest import ROOT

KINDS = ("Flat", "HNSW16", "IVF32,SQfp16")
FILE = "dense.faiss"


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def vectors():
    """2,000 vectors around 40 centres, as clauses of a few subjects lie."""
    draw = np.random.default_rng(7)
    centres = draw.standard_normal((40, 48))
    return unit(centres[draw.integers(0, 40, 2000)] + 0.6 * draw.standard_normal((2000, 48)))


@pytest.fixture(scope="module")
def queries(vectors):
    draw = np.random.default_rng(8)
    return unit(vectors[draw.integers(0, 2000, 50)] + 0.1 * draw.standard_normal((50, 48)))


@pytest.fixture(scope="module")
def stores(vectors):
    return {kind: FaissStore.build(vectors, kind=kind) for kind in KINDS}


def test_the_kind_depends_on_the_size():
    assert kind_for(0) == kind_for(125) == kind_for(FLAT_MOST) == "Flat"
    assert kind_for(FLAT_MOST + 1) == kind_for(HNSW_MOST) == "HNSW32"
    assert kind_for(1_000_000) == "IVF4000,SQfp16"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_finds_what_brute_force_finds(stores, vectors, queries, kind):
    store = stores[kind]
    exact = exact_nearest(vectors, queries, 20)
    assert len(store) == 2000 and store.recall(queries, exact) >= (1 if kind == "Flat" else 0.98)
    scores, rows = store.search(queries, 20)
    assert scores.shape == rows.shape == (50, 20) and (np.diff(scores) <= 0).all()
    assert np.allclose(scores, np.take_along_axis(queries @ vectors.T, rows, axis=1), atol=2e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [2, 50])
def test_a_search_among_chosen_rows_finds_only_those(stores, vectors, queries, kind, share):
    rows = np.arange(3, 2000, share)
    scores, found = stores[kind].search(queries, 15, rows)
    assert np.isin(found, rows).all()
    wanted = best_of(queries @ vectors[rows].T, rows, 15)[1]
    agreement = np.mean([np.isin(a, b).mean() for a, b in zip(wanted, found, strict=True)])
    assert agreement == 1 if share == 50 or kind == "Flat" else agreement >= 0.95


@pytest.mark.parametrize("kind", KINDS)
def test_all_of_a_few_rows_come_back_with_their_exact_scores(stores, vectors, queries, kind):
    rows = np.array([7, 19, 1500])
    scores, found = stores[kind].search(queries[:2], 10, rows)
    assert scores.shape == (2, 3) and np.array_equal(np.sort(found), [[7, 19, 1500]] * 2)
    assert np.allclose(scores, np.take_along_axis(queries[:2] @ vectors.T, found, axis=1), atol=2e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mapped", [False, True], ids=["read", "mapped"])
def test_saved_and_loaded_a_store_finds_the_same(stores, queries, tmp_path, monkeypatch, kind, mapped):
    monkeypatch.setattr(faiss_store, "_MAP_FROM", 0 if mapped else 1 << 40)
    stores[kind].save(tmp_path)
    loaded = FaissStore.load(tmp_path)
    for some in (None, np.arange(0, 2000, 3), np.arange(40)):
        for mine, theirs in zip(stores[kind].search(queries, 12, some), loaded.search(queries, 12, some), strict=True):
            assert np.array_equal(mine, theirs)
    rows = np.array([5, 0, 1999])
    assert np.array_equal(loaded.vectors(rows), stores[kind].vectors(rows))


def test_a_mapped_file_goes_on_serving_after_it_is_replaced(stores, queries, tmp_path, monkeypatch):
    """As when a new version is published: the old file loses its name while it is being searched."""
    monkeypatch.setattr(faiss_store, "_MAP_FROM", 0)
    stores["Flat"].save(tmp_path)
    opened = FaissStore.load(tmp_path)
    (tmp_path / FILE).unlink()
    stores["HNSW16"].save(tmp_path)
    assert np.array_equal(opened.search(queries, 5)[1], stores["Flat"].search(queries, 5)[1])


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_to_search_and_nothing_to_ask(stores, vectors, kind):
    store, none = stores[kind], np.zeros(0, np.int64)
    assert [part.shape for part in store.search(vectors[:3], 5, none)] == [(3, 0), (3, 0)]
    assert [part.shape for part in store.search(vectors[:0], 5)] == [(0, 0), (0, 0)]
    assert FaissStore.build(np.zeros((0, 4), np.float32)).search(np.zeros((1, 4), np.float32), 3)[0].shape == (1, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_file_is_refused(stores, tmp_path, kind):
    stores[kind].save(tmp_path)
    whole = (tmp_path / FILE).read_bytes()
    for cut in (0, 10, 30, 200, len(whole) // 2, len(whole) - 1):
        (tmp_path / FILE).write_bytes(whole[:cut])
        with pytest.raises(IndexBuildError, match="已损坏"):
            FaissStore.load(tmp_path)
    (tmp_path / FILE).unlink()
    with pytest.raises(IndexBuildError, match="已损坏"):
        FaissStore.load(tmp_path)


FULL = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from retrieval.backends.faiss_store import FaissStore
store = FaissStore.build(np.eye(300, dtype=np.float32))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    store.save(Path(sys.argv[1]))
except OSError as error:
    print(error.errno)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs limits of the process")
def test_why_a_disk_refuses_is_passed_on(tmp_path):
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == str(errno.EFBIG), done.stderr


def test_tuning_stops_at_the_first_effort_that_is_enough(vectors):
    easy = FaissStore.build(vectors, kind="IVF8,Flat")
    hard = FaissStore.build(unit(np.random.default_rng(1).standard_normal((2000, 48))), kind="HNSW4")
    assert easy.index.nprobe == 8  # all lists: never more than there are
    assert hard.index.hnsw.efSearch > 32


def test_threads_may_search_at_once(stores, queries):
    expected = stores["IVF32,SQfp16"].search(queries, 10)[1]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: stores["IVF32,SQfp16"].search(queries, 10)[1], range(40)))
    assert all(np.array_equal(answer, expected) for answer in answers)
