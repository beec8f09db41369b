"""Processes that are killed with signal 9 at moments that nobody chose."""

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from retrieval.index import load, save
from tests.backends.servers import free_port, milvus_server
from tests.conftest import ROOT
from tests.faults.child import indexes
from tests.faults.conftest import hidden

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signal 9")


def child(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.child", *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    process.stdout.close()


def test_a_save_that_is_killed_leaves_the_old_or_the_new_index(tmp_path):
    draw = random.Random(11)
    folder = tmp_path / "index"
    small, large = indexes(tmp_path)
    save(small, folder)
    for _ in range(4):
        process = child("save_again_and_again", tmp_path)
        assert process.stdout.readline() == "ready\n"
        time.sleep(draw.uniform(0.0, 0.15))
        kill(process)
        assert load(folder).manifest in (small.manifest, large.manifest)
    aged = time.time() - 7200
    for name in hidden(folder):
        os.utime(folder / name, (aged, aged))
    save(large, folder)
    save(small, folder)
    assert not hidden(folder) and load(folder).manifest == small.manifest


def test_a_collection_whose_builder_was_killed_is_dropped_by_the_next_publication(tmp_path, monkeypatch):
    pytest.importorskip("pymilvus")
    from scipy import sparse

    from retrieval.backends.milvus_link import connect
    from retrieval.backends.milvus_store import MilvusStore
    from retrieval.backends.store import Labels

    with milvus_server(tmp_path / "data", free_port()) as uri:
        process = child("send_slowly", uri)
        assert process.stdout.readline() == "half\n"
        kill(process)
        client = connect(uri)
        (orphan,) = client.list_collections()
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + 7200)
        made = MilvusStore.build(
            np.eye(4, dtype=np.float32), sparse.csr_matrix((4, 2), dtype=np.float32), Labels(("r",) * 4, ("c",) * 4), uri=uri
        )
        draft = tmp_path / "index" / ".draft"
        draft.mkdir(parents=True)
        made.save(draft)
        assert client.list_collections() == [made.collection] and made.collection != orphan
