"""Shared pieces: a small regulation-like corpus, a matcher over it with the stub encoder, and where real things are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

from data.entries import Entry
from data.schema import Clause, Span
from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval.index import build
from retrieval.matcher import Matcher
from retrieval.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
WEIGHTS = ROOT / "models" / "weights" / "e5-small-zh" / "manifest.json"


def make_entry(identifier: str, text: str, category: str) -> Entry:
    regulation = identifier.partition("/")[0]
    clause = Clause(identifier, regulation, "item", "i1", "(一)", text, Span(0, len(text)), category=category)
    return Entry(clause, f"《{regulation}》{identifier}", regulation)


@pytest.fixture(scope="session")
def entries() -> tuple[Entry, ...]:
    """Six clauses in two regulations; each text holds keywords of the stub encoder."""
    return (
        make_entry("alpha/art1.p1.i1", "按照年度计划和双随机要求，已履行检查职责的；", "duty_fulfilled"),
        make_entry("alpha/art1.p1.i2", "因行政相对人隐瞒、伪造证据，致使作出错误决定的；", "duty_fulfilled"),
        make_entry("alpha/art2.p1.i1", "在解决历史遗留问题中出现失误的；", "fault_tolerance"),
        make_entry("alpha/art3.p1", "谋取私利、明令禁止仍我行我素的，不予容错。", "disqualifying"),
        make_entry("beta/art1.p1.i1", "在突发事件处置中临机决断，出现失误的；", "fault_tolerance"),
        make_entry("beta/art2.p1", "容错申请应当在五个工作日内提出。", "procedure"),
    )


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(cache_dir=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def matcher(entries: tuple[Entry, ...], settings: Settings) -> Matcher:
    encoder, segmenter = StubEncoder(), load_segmenter()
    return Matcher(build(entries, encoder, segmenter, settings), encoder, segmenter, settings)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not WEIGHTS.exists():
        skip = pytest.mark.skip(reason="the encoder is not built: run python -m models.build_encoder")
        for item in items:
            if "model" in item.keywords:
                item.add_marker(skip)
