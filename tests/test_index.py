import errno
import json
import os
import shutil
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.errors import IndexBuildError, reason
from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval import index as module
from retrieval import versions
from retrieval.index import build, check_model, load, open_or_build, save
from retrieval.matcher import Matcher
from tests.conftest import ROOT


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


@pytest.fixture
def smaller(entries, settings):
    return build(entries[:3], StubEncoder(), load_segmenter(), settings)


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_the_version_before_stays_for_its_readers_and_older_ones_go(built, smaller, tmp_path):
    first, second, third = save(built, tmp_path), save(smaller, tmp_path), save(built, tmp_path)
    assert not first.exists()
    assert names(tmp_path) == {"CURRENT", second.name, third.name}
    assert third.name.startswith(built.manifest.digest) and len(load(tmp_path).entries) == 6


def test_other_files_beside_an_index_are_left_alone(built, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "manifest.json").write_text("{}")
    for _ in range(3):
        save(built, tmp_path)
    assert (tmp_path / "mine" / "manifest.json").exists()


class Killed(BaseException):
    """The process ends here; nothing after it runs, cleaning up included."""


def kill_at(step, monkeypatch):
    """Let the process die before its `step`-th write; returns the list of writes that were reached."""
    reached = []

    def mortal(name, real):
        def write(*args, **kwargs):
            reached.append(name)
            if len(reached) > step:
                raise Killed(name)
            return real(*args, **kwargs)

        return write

    parts = [(part, "save") for part in (module.Bm25, module.TfIdf, module.Background)]
    for owner, name in [(Path, "mkdir"), (Path, "open"), (Path, "rename"), (Path, "replace"), (Path, "unlink"), (os, "fsync"),
                        (os, "open"), (shutil, "rmtree"), *parts]:  # fmt: skip
        monkeypatch.setattr(owner, name, mortal(name, getattr(owner, name)))
    return reached


def test_killed_at_any_step_a_save_leaves_the_old_or_the_new_index(built, smaller, entries, tmp_path, monkeypatch):
    save(smaller, tmp_path)
    save(built, tmp_path)
    seen = []
    for step in range(200):
        with monkeypatch.context() as patch:
            kill_at(step, patch)
            try:
                save(smaller, tmp_path)
                break
            except Killed:
                pass
        seen.append(len(load(tmp_path).entries))
        if seen[-1] == 3:  # from the switch on it is the new one
            save(built, tmp_path)
    assert seen.count(6) > 20 and 3 in seen and set(seen) == {3, 6}
    assert len(load(tmp_path).entries) == 3
    aged = time.time() - 7200
    for path in tmp_path.glob(".*"):
        os.utime(path, (aged, aged))
    save(built, tmp_path)
    save(built, tmp_path)
    assert len(names(tmp_path)) == 3 and load(tmp_path).manifest == built.manifest


def test_an_identical_rebuild_that_fails_leaves_the_index_and_no_rubbish(built, tmp_path, monkeypatch):
    version = save(built, tmp_path)

    def cut_off(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(versions, "_switch", cut_off)
    with pytest.raises(KeyboardInterrupt):
        save(built, tmp_path)
    assert names(tmp_path) == {"CURRENT", version.name} and load(tmp_path).manifest == built.manifest


def test_old_drafts_are_swept_and_fresh_ones_left(built, tmp_path):
    for name, age in (("old", 7200), ("fresh", 60)):
        draft = tmp_path / f".draft-{name}"
        draft.mkdir()
        os.utime(draft, (time.time() - age,) * 2)
    save(built, tmp_path)
    assert not (tmp_path / ".draft-old").exists() and (tmp_path / ".draft-fresh").exists()


@pytest.mark.skipif(os.name != "posix", reason="needs file modes")
def test_other_accounts_may_read_what_the_umask_lets_them(built, tmp_path):
    umask = os.umask(0o022)
    try:
        version = save(built, tmp_path)
    finally:
        os.umask(umask)
    assert stat.S_IMODE(version.stat().st_mode) == 0o755
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o644 for path in version.iterdir())


def test_a_reader_overtaken_by_two_writers_reads_again(built, smaller, tmp_path, monkeypatch):
    save(built, tmp_path)
    real, calls = module.read_manifest, []

    def overtaken(version):
        calls.append(version)
        if len(calls) == 1:
            save(smaller, tmp_path)
            save(smaller, tmp_path)
            assert not version.exists()
        return real(version)

    monkeypatch.setattr(module, "read_manifest", overtaken)
    assert len(load(tmp_path).entries) == 3 and len(calls) == 2


WRITER = """
import sys
from pathlib import Path
from retrieval.versions import add_version
for number in range(20):
    add_version(Path(sys.argv[1]), "0" * 16, lambda draft: (draft / "manifest.json").write_text("{}"))
"""


def test_two_writers_at_once_leave_a_current_version(tmp_path):
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], cwd=ROOT) for _ in range(2)]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert versions.current_version(tmp_path).is_dir() and len(names(tmp_path)) == 3


LINE_ENDS = "一\u2028二\u2029三\u0085四\x0b五\x1c六\r\n七"


def test_line_separators_within_a_clause_are_kept(entries, settings, tmp_path):
    odd = (replace(entries[0], clause=replace(entries[0].clause, text=LINE_ENDS)), *entries[1:])
    save(build(odd, StubEncoder(), load_segmenter(), settings), tmp_path)
    assert load(tmp_path).entries == odd


FILES = ["manifest.json", "entries.jsonl", "bm25.npz", "bm25.json", "tfidf.npz", "tfidf.json", "tfidf_idf.npy",
         "background.npz", "dense.faiss", "digests.json"]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_off_anywhere_is_refused(built, tmp_path, name):
    version = save(built, tmp_path)
    assert {path.name for path in version.iterdir()} == set(FILES)
    whole = (version / name).read_bytes()
    for cut in sorted({0, 1, 2, 4, 10, 40, *(len(whole) * n // 8 for n in range(8)), len(whole) - 3}):
        (version / name).write_bytes(whole[:cut])
        with pytest.raises(IndexBuildError, match="已损坏"):
            load(tmp_path)
    (version / name).unlink()
    with pytest.raises(IndexBuildError, match="已损坏"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["bm25.npz", "tfidf.npz", "background.npz"])
def test_an_archive_with_a_changed_byte_is_refused(built, tmp_path, name):
    version = save(built, tmp_path)
    whole = (version / name).read_bytes()
    for changed in (b"PK", b"PK\x03\x04" + b"\xff" * 60, whole[:90] + bytes([whole[90] ^ 255]) + whole[91:]):
        (version / name).write_bytes(changed)
        with pytest.raises(IndexBuildError, match="已损坏"):
            load(tmp_path)


@pytest.mark.parametrize("name", FILES[2:])
def test_a_part_of_another_index_is_refused(built, smaller, tmp_path, name):
    version, other = save(built, tmp_path / "a"), save(smaller, tmp_path / "b")
    shutil.copy(other / name, version / name)
    with pytest.raises(IndexBuildError, match="已损坏"):
        load(tmp_path / "a")


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_anywhere_is_refused(built, tmp_path, name):
    version = save(built, tmp_path)
    whole = bytearray((version / name).read_bytes())
    for place in sorted({len(whole) * n // 7 for n in range(7)} | {len(whole) - 1}):
        changed = bytearray(whole)
        changed[place] ^= 1
        (version / name).write_bytes(changed)
        with pytest.raises(IndexBuildError, match="已损坏|重建"):
            load(tmp_path)


def test_an_entry_changed_by_hand_is_refused(built, tmp_path):
    path = save(built, tmp_path) / "entries.jsonl"
    path.write_text(path.read_text("utf-8").replace("容错申请", "免责申请"), "utf-8")
    with pytest.raises(IndexBuildError, match="已损坏"):
        load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"../elsewhere", b"\xff\xfe"])
def test_a_broken_current_is_refused_and_mended_by_a_save(built, tmp_path, content):
    save(built, tmp_path)
    (tmp_path / "CURRENT").write_bytes(content)
    with pytest.raises(IndexBuildError, match="已损坏"):
        load(tmp_path)
    save(built, tmp_path)
    assert load(tmp_path).manifest == built.manifest


def test_why_a_disk_refuses_is_said_in_chinese(built, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexBuildError, match="同名文件已存在"):
        save(built, tmp_path / "file")
    with pytest.raises(IndexBuildError, match="不是文件夹"):
        load(tmp_path / "file")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(IndexBuildError, match="磁盘已满"):
        save(built, tmp_path / "new")
    assert names(tmp_path / "new") == set()
    assert (reason(OSError(9999, "odd")), reason(OSError("odd"))) == ("错误代码 9999", "原因不明")


def test_a_store_tells_how_many_rows_it_has(built):
    assert len(built.store) == 6
    assert len(type(built.store).build(np.zeros((0, 3), np.float32))) == 0


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
