import json
from dataclasses import replace

import pytest

from data.errors import IndexBuildError
from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval import index as module
from retrieval.index import build, check_model, load, open_or_build, save
from retrieval.matcher import Matcher


@pytest.fixture
def built(entries, settings):
    return build(entries, StubEncoder(), load_segmenter(), settings)


def test_rows_filter_by_regulation_and_category(built):
    assert built.rows(None, None).tolist() == [0, 1, 2, 3, 4, 5]
    assert built.rows(("beta",), None).tolist() == [4, 5]
    assert built.rows(None, ("fault_tolerance",)).tolist() == [2, 4]
    assert built.rows(("gamma",), None).tolist() == []


def test_saved_and_loaded_index_ranks_alike(built, settings, tmp_path):
    save(built, tmp_path)
    loaded = load(tmp_path)
    assert loaded.entries == built.entries and loaded.manifest == built.manifest
    reports = [
        Matcher(i, StubEncoder(), load_segmenter(), settings).match("企业隐瞒证据，检查没有发现问题") for i in (built, loaded)
    ]
    assert [(m.clause.id, m.score) for m in reports[0].matches] == [(m.clause.id, m.score) for m in reports[1].matches]


def test_saving_leaves_one_version_and_no_draft(built, entries, settings, tmp_path):
    save(built, tmp_path)
    smaller = build(entries[:3], StubEncoder(), load_segmenter(), settings)
    save(smaller, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["CURRENT", smaller.manifest.digest])
    assert len(load(tmp_path).entries) == 3


def test_a_save_cut_off_leaves_the_old_version(built, entries, settings, tmp_path, monkeypatch):
    save(built, tmp_path)
    smaller = build(entries[:3], StubEncoder(), load_segmenter(), settings)

    def cut_off(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_switch", cut_off)
    with pytest.raises(KeyboardInterrupt):
        save(smaller, tmp_path)
    assert len(load(tmp_path).entries) == len(entries)


def test_the_default_index_is_rebuilt_when_texts_settings_or_model_change(entries, settings, tmp_path):
    parts = (tmp_path, StubEncoder(), load_segmenter())
    first = open_or_build(entries, *parts, settings)
    assert open_or_build(entries, *parts, settings).manifest == first.manifest
    changed_text = (replace(entries[0], clause=replace(entries[0].clause, text="改过的条款")), *entries[1:])
    changed = [
        open_or_build(changed_text, *parts, settings),
        open_or_build(entries, *parts, settings.model_copy(update={"bm25_k1": 2.0})),
        open_or_build(entries, tmp_path, StubEncoder(["检查"]), load_segmenter(), settings),
    ]
    assert len({first.manifest.digest, *(i.manifest.digest for i in changed)}) == 4


def test_a_broken_index_is_refused_by_name_and_rebuilt_where_it_is_a_cache(built, entries, settings, tmp_path):
    version = save(built, tmp_path)
    (version / "bm25.npz").write_bytes(b"broken")
    with pytest.raises(IndexBuildError, match="已损坏"):
        load(tmp_path)
    assert open_or_build(entries, tmp_path, StubEncoder(), load_segmenter(), settings).manifest == built.manifest
    assert load(tmp_path).manifest == built.manifest


def test_missing_and_foreign_indexes_name_the_remedy(built, tmp_path):
    with pytest.raises(IndexBuildError, match="rongcuo index build"):
        load(tmp_path / "none")
    with pytest.raises(IndexBuildError, match="重建"):
        check_model(built, StubEncoder(["检查"]))
    version = save(built, tmp_path)
    manifest = json.loads((version / "manifest.json").read_text("utf-8"))
    (version / "manifest.json").write_text(json.dumps({**manifest, "format": 99}), "utf-8")
    with pytest.raises(IndexBuildError, match="99"):
        load(tmp_path)


def test_empty_and_repeated_clauses_are_refused(entries, settings):
    with pytest.raises(IndexBuildError, match="没有可以"):
        build((), StubEncoder(), load_segmenter(), settings)
    with pytest.raises(IndexBuildError, match="重复"):
        build((entries[0], entries[0]), StubEncoder(), load_segmenter(), settings)
