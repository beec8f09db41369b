"""What the killed processes of these tests do: python -m tests.faults.child ACTION ARGUMENT..."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from scipy import sparse

from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval.index import build, save
from retrieval.settings import Settings
from tests.conftest import make_entry


def indexes(folder: Path):
    """Two indexes, of 40 and of 80 clauses."""
    settings = Settings(cache_dir=folder, background=0)
    entries = tuple(make_entry(f"a/{n}", f"第{n}次检查时企业隐瞒了监测数据，按程序移送。", "duty_fulfilled") for n in range(80))
    return [build(entries[:count], StubEncoder(), load_segmenter(), settings) for count in (40, 80)]


def save_again_and_again(folder: str) -> None:
    made = indexes(Path(folder))
    print("ready", flush=True)
    while True:
        for index in made:
            save(index, Path(folder) / "index")


def send_slowly(uri: str) -> None:
    """Build a collection and stop for good in the middle."""
    from retrieval.backends.milvus_store import MilvusStore
    from retrieval.backends.store import Labels

    def pause(done: int, total: int) -> None:
        print("half", flush=True)
        time.sleep(600)

    vectors = np.eye(4, dtype=np.float32)[np.arange(3000) % 4]
    labels = Labels(("r",) * 3000, ("c",) * 3000)
    MilvusStore.build(vectors, sparse.csr_matrix((3000, 2), dtype=np.float32), labels, uri=uri, progress=pause)


if __name__ == "__main__":
    {action.__name__: action for action in (save_again_and_again, send_slowly)}[sys.argv[1]](*sys.argv[2:])
