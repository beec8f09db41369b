"""Another process that does batches in the tests: python -m tests.services.worker_child URL [PAUSE]; it says each row."""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from data.store.store import open_store
from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval.index import build
from retrieval.matcher import Matcher
from retrieval.settings import Settings
from tests.conftest import make_entry
from ui.services.desk import Desk
from ui.services.worker import Worker


class Slow(StubEncoder):
    """An encoder that takes its time and says so."""

    def __init__(self, pause: float) -> None:
        super().__init__()
        self.pause = pause

    def encode_queries(self, texts):
        print("row", flush=True)
        time.sleep(self.pause)
        return super().encode_queries(texts)


def main(url: str, pause: float) -> None:
    with tempfile.TemporaryDirectory() as folder, open_store(url) as store:
        settings, segmenter = Settings(cache_dir=folder), load_segmenter()
        entries = (make_entry("alpha/art1", "因行政相对人隐瞒、伪造证据，致使作出错误决定的；", "duty_fulfilled"),)
        index = build(entries, StubEncoder(), segmenter, settings)
        matcher = Matcher(index, Slow(pause), segmenter, settings)
        worker = Worker(Desk(store, lambda: matcher, Path(folder)), stale=timedelta(seconds=1), idle=0.05)
        print("ready", flush=True)
        worker.start()
        sys.stdin.readline()
        worker.stop()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
