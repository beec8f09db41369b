"""Milvus behind the interface of faiss: the same results, versions that change under load, and what is said when it is away."""

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from scipy import sparse

from data.cases import CASES, read_cases
from data.errors import IndexBuildError
from models.segment import load_segmenter
from retrieval.backends import milvus_link
from retrieval.backends.milvus_link import connect
from retrieval.backends.milvus_store import MilvusStore
from retrieval.backends.store import Labels
from retrieval.index import build, load, save
from retrieval.loading import shipped_entries
from retrieval.matcher import Matcher
from tests.backends.conftest import in_milvus
from tests.backends.servers import free_port, milvus_server
from tests.conftest import ROOT
from ui.cli import main

DEV = read_cases(CASES / "dev.jsonl")


def same_top(scores, rows, wanted_scores, wanted_rows):
    """The same rows with the same scores, in the same order but for ties."""
    assert np.allclose(scores, wanted_scores, atol=1e-5)
    for mine, theirs, values in zip(rows, wanted_rows, wanted_scores, strict=True):
        least = values[-1] + 1e-5  # rows that tie at the end may be others
        assert set(mine[values > least]) == set(theirs[values > least])


@pytest.fixture
def sent(plain, encoder, settings, uri):
    return build(shipped_entries(), encoder, load_segmenter(), in_milvus(settings, uri))


def test_the_same_top_20_as_faiss_for_all_dev_narratives(plain, sent, encoder):
    queries = encoder.encode_queries([case.narrative for case in DEV])
    assert len(sent.store) == len(plain.store) and len(queries) == 250
    same_top(*sent.store.search(queries, 20), *plain.store.search(queries, 20))


@pytest.mark.parametrize("regulations", [None, ("shandong-2019",), ("fuzhou-2019", "banan-2022")])
@pytest.mark.parametrize("categories", [None, ("duty_fulfilled", "disqualifying")])
def test_filters_for_region_and_category(plain, sent, encoder, regulations, categories):
    rows = plain.rows(regulations, categories)
    queries = encoder.encode_queries([case.narrative for case in DEV[:20]])
    same_top(*sent.store.search(queries, 10, rows), *plain.store.search(queries, 10, rows))
    assert len(rows) > 10 and ("row in" not in sent.store._filter(rows))


def test_rows_that_no_filter_describes_are_named(plain, sent, encoder):
    rows = np.arange(1, 120, 3)
    queries = encoder.encode_queries([case.narrative for case in DEV[:20]])
    same_top(*sent.store.search(queries, 10, rows), *plain.store.search(queries, 10, rows))


def test_bm25_scores_are_those_of_the_files(plain, sent):
    segmenter = load_segmenter()
    for case in DEV[:25]:
        terms = segmenter.terms(case.narrative)
        assert np.allclose(sent.bm25.scores(terms), plain.bm25.scores(terms), atol=1e-4)
    assert sent.bm25.scores([]).shape == sent.bm25.scores(["没有这个词"]).shape == (len(plain.entries),)
    term = next(iter(plain.bm25.vocabulary))
    row = int(plain.bm25.scores([term]).argmax())
    assert sent.bm25.weight(row, term) == pytest.approx(plain.bm25.weight(row, term)) and plain.bm25.weight(row, term) > 0
    assert sent.bm25.weight(row, "没有这个词") == 0 and sent.bm25.shape == plain.bm25.shape


def test_the_matcher_ranks_all_dev_cases_alike(plain, sent, encoder, settings):
    matchers = [Matcher(index, encoder, load_segmenter(), settings) for index in (plain, sent)]
    for case in DEV:
        mine, theirs = (matcher.rank(case.narrative, region=case.region, top_k=20) for matcher in matchers)
        assert np.allclose(mine.scores, theirs.scores, atol=1e-4)
        apart = [n for n, (a, b) in enumerate(zip(mine.clauses, theirs.clauses, strict=True)) if a != b]
        assert all(min(abs(mine.scores[n] - other) for m, other in enumerate(theirs.scores) if m != n) < 1e-4 for n in apart)


@pytest.mark.model
def test_the_shipped_encoder_ranks_a_sample_alike(settings, address):
    from models.encoder import load_encoder

    encoder, segmenter, entries = load_encoder(), load_segmenter(), shipped_entries()
    indexes = [build(entries, encoder, segmenter, found) for found in (settings, in_milvus(settings, address["tcp"]))]
    matchers = [Matcher(index, encoder, segmenter, settings) for index in indexes]
    for case in DEV[::25]:
        mine, theirs = (matcher.rank(case.narrative, top_k=20).clauses for matcher in matchers)
        assert mine == theirs


def test_an_index_is_saved_opened_and_searched(plain, sent, encoder, settings, folder):
    version = save(sent, folder)
    names = {path.name for path in version.iterdir()}
    assert {"milvus.json", "milvus.npz", "bm25.json"} <= names and not {"dense.faiss", "bm25.npz"} & names
    opened = load(folder)
    assert opened.entries == plain.entries
    queries = encoder.encode_queries([case.narrative for case in DEV[:10]])
    same_top(*opened.store.search(queries, 20), *plain.store.search(queries, 20))


def test_an_approximate_collection_finds_nearly_all(address, monkeypatch):
    monkeypatch.setattr(milvus_link, "_FLAT_MOST", 100)
    draw = np.random.default_rng(3)
    vectors = draw.standard_normal((3000, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = Labels(("r",) * 3000, ("c",) * 3000)
    store = MilvusStore.build(vectors, sparse.csr_matrix((3000, 5), dtype=np.float32), labels, uri=address["tcp"])
    queries = vectors[:40] + 0.1 * draw.standard_normal((40, 32)).astype(np.float32)
    _, found = store.search(queries, 20)
    wanted = np.argsort(-(queries @ vectors.T), axis=1)[:, :20]
    assert np.mean([np.isin(a, b).mean() for a, b in zip(wanted, found, strict=True)]) >= 0.98


@pytest.mark.parametrize("odd", ['a"b', "a\\b", "a'b", "甲 乙\n", "%_"])
def test_names_may_hold_any_character(odd, address):
    vectors = np.eye(4, dtype=np.float32)
    labels = Labels((odd, odd, "other", "other"), ("c",) * 4)
    store = MilvusStore.build(vectors, sparse.csr_matrix((4, 2), dtype=np.float32), labels, uri=address["file"])
    assert store.search(vectors[:1], 1, np.array([0, 1]))[1].tolist() == [[0]]
    assert store.search(vectors[:1], 1, np.array([2, 3]))[0].tolist() == [[0.0]]


def test_nothing_to_search_and_nothing_to_ask(sent):
    none = np.zeros(0, np.int64)
    some = np.zeros((2, sent.store.dim), np.float32)
    assert [part.shape for part in sent.store.search(some, 5, none)] == [(2, 0), (2, 0)]
    assert [part.shape for part in sent.store.search(some[:0], 5)] == [(0, 0), (0, 0)]
    assert sent.store.vectors(none).shape == (0, sent.store.dim)


class Load:
    """Threads that search without a pause until they are told to stop; what failed is kept."""

    def __init__(self, *searches):
        self.stop = threading.Event()
        self.failed, self.done = [], 0
        self.threads = [threading.Thread(target=self._run, args=(search,)) for search in searches]

    def _run(self, search):
        while not self.stop.is_set():
            try:
                search()
                self.done += 1
            except Exception as error:
                self.failed.append(error)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def test_the_alias_changes_under_load_without_a_failed_query(sent, encoder, settings, folder, uri):
    save(sent, folder)
    first = load(folder)
    client, alias = connect(uri), _alias(folder)
    query = encoder.encode_queries(["老板把探头插进了矿泉水瓶里"])
    expected = first.store.search(query, 5)[1].tolist()

    def by_alias():
        found = client.search(alias, data=list(query), anns_field="dense", limit=5, output_fields=["row"])
        assert [hit["row"] for hit in found[0]] == expected[0]

    def by_version():
        assert first.store.search(query, 5)[1].tolist() == expected

    def by_folder():
        assert load(folder).store.search(query, 5)[1].tolist() == expected

    collections = {first.store.collection}
    with Load(by_alias, by_version, by_folder) as running:
        for _ in range(4):
            again = build(shipped_entries(), encoder, load_segmenter(), in_milvus(settings, uri))
            save(again, folder)
            collections.add(client.describe_alias(alias)["collection_name"])
            before = running.done
            while running.done < before + 3 and not running.failed:
                time.sleep(0.01)
    assert not running.failed and len(collections) == 5 and running.done >= 12


def _alias(folder):
    import json

    from retrieval.versions import current_version

    return json.loads((current_version(folder) / "milvus.json").read_text("utf-8"))["alias"]


def test_old_collections_go_and_those_in_use_stay(sent, encoder, settings, folder, uri, monkeypatch):
    client, names = connect(uri), []
    for _ in range(3):
        index = build(shipped_entries()[:5], encoder, load_segmenter(), in_milvus(settings, uri))
        save(index, folder)
        names.append(index.store.collection)
    assert set(names) <= set(client.list_collections()), "young ones stay, whoever they belong to"
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 7200)
    last = build(shipped_entries()[:5], encoder, load_segmenter(), in_milvus(settings, uri))
    save(last, folder)
    left = set(client.list_collections())
    assert last.store.collection in left and names[2] in left and not {names[0], names[1]} & left
    stale = build(shipped_entries()[:5], encoder, load_segmenter(), in_milvus(settings, uri)).store
    client.drop_collection(stale.collection)
    with pytest.raises(IndexBuildError, match="取代；请重新启动程序"):
        stale.search(np.ones((1, stale.dim), np.float32), 3)


def test_a_build_that_breaks_off_leaves_no_collection(encoder, settings, uri, monkeypatch):
    before = set(connect(uri).list_collections())

    def refuse(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("retrieval.backends.milvus_store.finish", refuse)
    with pytest.raises(KeyboardInterrupt):
        build(shipped_entries(), encoder, load_segmenter(), in_milvus(settings, uri))
    assert set(connect(uri).list_collections()) == before


def test_a_server_that_goes_away_and_comes_back(encoder, settings, tmp_path):
    port = free_port()
    data = tmp_path / "data"
    with milvus_server(data, port) as uri:
        index = build(shipped_entries(), encoder, load_segmenter(), in_milvus(settings, uri))
        save(index, tmp_path / "index")
        query = encoder.encode_queries(["突发事件"])
        expected = index.store.search(query, 5)[1].tolist()
    with pytest.raises(IndexBuildError, match="连不上或不能用.*RONGCUO_MILVUS_URI"):
        index.store.search(query, 5)
    with milvus_server(data, port):
        assert _patiently(lambda: index.store.search(query, 5)[1].tolist()) == expected, "without opening it again"
        assert load(tmp_path / "index").store.search(query, 5)[1].tolist() == expected


def _patiently(search):
    """The answer, as soon as there is one: gRPC waits some seconds before it tries an address again."""
    end = time.monotonic() + 60
    while True:
        try:
            return search()
        except IndexBuildError:
            assert time.monotonic() < end
            time.sleep(0.5)


def test_no_address_no_server_and_no_pymilvus_are_told(encoder, settings, monkeypatch):
    with pytest.raises(IndexBuildError, match="请先设置环境变量 RONGCUO_MILVUS_URI"):
        build(shipped_entries(), encoder, load_segmenter(), in_milvus(settings, ""))
    monkeypatch.setattr(milvus_link, "SECONDS", 1.0)
    with pytest.raises(IndexBuildError, match="连不上"):
        build(shipped_entries(), encoder, load_segmenter(), in_milvus(settings, f"http://127.0.0.1:{free_port()}"))
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(IndexBuildError, match='pip install "pymilvus>=3.0" "milvus-lite>=3.2"'):
        build(shipped_entries(), encoder, load_segmenter(), in_milvus(settings, "elsewhere.db"))


def test_a_file_that_another_program_holds(sent, address, tmp_path):
    program = f"from retrieval.backends.milvus_link import connect; connect({address['file']!r})"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode and "可能正被另一个程序使用" in done.stderr


@pytest.mark.model
def test_the_command_builds_and_searches_an_index_in_milvus(address, tmp_path, monkeypatch, capsys):
    from retrieval.settings import get_settings

    monkeypatch.setenv("RONGCUO_MILVUS_URI", address["tcp"])
    get_settings.cache_clear()
    clauses = tmp_path / "clauses.jsonl"
    clauses.write_text('{"id":"a/1","text":"容错"}\n{"id":"a/2","text":"因不可抗力造成损失的，免予问责。"}\n', "utf-8")
    folder = str(tmp_path / "index")
    assert main(["index", "build", "--backend", "milvus", "--clauses", str(clauses), "--out", folder]) == 0
    capsys.readouterr()
    assert main(["match", "山洪冲毁了监测站，损失不是我们能避免的", "--index", folder, "--top-k", "1", "--json"]) == 0
    assert '"clause_id": "a/2"' in capsys.readouterr().out
    get_settings.cache_clear()


def test_the_address_in_the_environment_wins(sent, folder, monkeypatch):
    save(sent, folder)
    monkeypatch.setenv("RONGCUO_MILVUS_URI", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr(milvus_link, "SECONDS", 1.0)
    with pytest.raises(IndexBuildError, match=os.environ["RONGCUO_MILVUS_URI"]):
        load(folder)
