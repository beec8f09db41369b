"""A disk that fills up or may only be read: nothing half-written, a clear sentence, and all is well once there is room again."""

import errno
import json
import os
import subprocess
import sys

import pytest

from data.errors import FileError, IndexBuildError, RongcuoError
from data.store.errors import StoreUnavailable
from data.store.store import open_store
from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval.index import load, open_or_build, save
from tests.conftest import ROOT
from tests.faults.conftest import hidden
from tests.fuzz.targets import said
from ui.batch import run_batch
from ui.doctor import BAD
from ui.doctor_machine import _folder


@pytest.mark.parametrize("leave", [0, 20_000, 100_000, 200_000])
def test_an_index_on_a_full_disk_stays_the_old_one(disk, small, large, leave):
    folder = disk.folder / "index"
    save(small, folder)
    disk.fill(leave)
    with pytest.raises(IndexBuildError, match="磁盘已满") as error:
        save(large, folder)
    said(error.value)
    assert load(folder).manifest == small.manifest and not hidden(folder)
    disk.empty()
    save(large, folder)
    assert load(folder).manifest == large.manifest


def test_the_default_index_serves_from_memory_where_the_cache_is_full(disk, small, entries, settings):
    disk.fill(0)
    folder = disk.folder / "index"
    for _ in range(2):
        index = open_or_build(entries, folder, StubEncoder(), load_segmenter(), settings)
        assert index.manifest == small.manifest
    disk.empty()
    open_or_build(entries, folder, StubEncoder(), load_segmenter(), settings)
    assert load(folder).manifest == small.manifest


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".xlsx"])
def test_a_batch_on_a_full_disk_goes_on_where_it_stopped(disk, matcher, tmp_path, suffix):
    source, target = tmp_path / "in.jsonl", disk.folder / f"out{suffix}"
    rows = [{"id": n, "text": f"第{n}次检查时企业隐瞒了监测数据，我们按程序移送了。" * 20} for n in range(60)]
    source.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    disk.fill(60_000)
    with pytest.raises(RongcuoError, match="磁盘已满") as error:
        run_batch(matcher, source, target, top_k=3)
    said(error.value)
    assert not target.exists()
    disk.empty()
    result = run_batch(matcher, source, target, top_k=3)
    assert result.rows == 60 and result.resumed > 0 and target.exists()


def test_a_database_on_a_full_disk_keeps_what_it_said_it_kept(disk):
    url = f"sqlite:///{disk.folder}/store.sqlite3"
    with open_store(url) as store:
        with store.begin("安装程序") as work:
            work.users.add("li", display_name="李", role="inspector")
        disk.fill(100_000)
        kept = []
        with pytest.raises(StoreUnavailable, match="磁盘已满") as error:
            for n in range(1000):
                with store.begin("li") as work:
                    kept.append(work.cases.add(region="r", narrative=f"{n}" + "字" * 3000).id)
        said(error.value)
        kept.pop()
        with store.read() as work:
            assert {case.id for case in work.cases.listing(limit=1000)} == set(kept)
        assert store.verify().ok
        disk.empty()
        with store.begin("li") as work:
            work.cases.add(region="r", narrative="又能写了")
        assert store.verify().ok


def test_a_read_only_disk(disk, small, large, entries, settings, matcher, tmp_path):
    folder, url = disk.folder / "index", f"sqlite:///{disk.folder}/store.sqlite3"
    save(small, folder)
    with open_store(url) as store, store.begin("安装程序") as work:
        work.users.add("li", display_name="李", role="inspector")
    disk.read_only()
    with pytest.raises(IndexBuildError, match="磁盘只读") as error:
        save(large, folder)
    said(error.value)
    assert load(folder).manifest == small.manifest
    assert open_or_build(entries, folder, StubEncoder(), load_segmenter(), settings).manifest == small.manifest
    source = tmp_path / "in.jsonl"
    source.write_text('{"id": 1, "text": "企业隐瞒证据"}\n', "utf-8")
    with pytest.raises(RongcuoError) as error:
        run_batch(matcher, source, disk.folder / "out.jsonl", top_k=1)
    said(error.value)
    with pytest.raises(StoreUnavailable) as error, open_store(url) as store, store.begin("li") as work:
        work.cases.add(region="r", narrative="写不进去")
    said(error.value)
    found = _folder("缓存目录", disk.folder)
    assert found.state == BAD and "磁盘只读" in found.text


LIMITED = """
import resource, signal, sys
from pathlib import Path
from data.errors import RongcuoError
from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval.index import build, save
from retrieval.settings import Settings
from tests.conftest import make_entry
texts = [f"第{n}次检查时企业隐瞒了监测数据，按程序移送。{n * 7919}" for n in range(900)]
entries = tuple(make_entry(f"a/{n}", text, "duty_fulfilled") for n, text in enumerate(texts))
index = build(entries, StubEncoder(), load_segmenter(), Settings(cache_dir=Path(sys.argv[1]), background=0))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
try:
    save(index, Path(sys.argv[1]) / "index")
except RongcuoError as error:
    print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs limits of the process")
def test_a_limit_on_the_size_of_files(tmp_path):
    done = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert "文件超过允许的大小" in done.stdout, done.stderr
    assert not hidden(tmp_path / "index") and not (tmp_path / "index" / "CURRENT").exists()


def test_a_file_that_vanishes_while_it_is_read(tmp_path, monkeypatch):
    from data import readers

    path = tmp_path / "规定.txt"
    path.write_text("第一条 甲。", "utf-8")
    real = type(path).open

    def gone(self, *args, **kwargs):
        if self == path:
            raise OSError(errno.EIO, "Input/output error")
        return real(self, *args, **kwargs)

    monkeypatch.setattr(type(path), "open", gone)
    with pytest.raises(FileError, match="无法读取") as error:
        readers.read_text(path)
    said(error.value)
