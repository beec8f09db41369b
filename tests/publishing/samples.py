"""Small regulations for the tests of publishing, and a matcher with the stub encoder that serves before the first publication."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from data.categories import categorise
from data.parser import parse
from data.schema import Regulation
from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval.index import build
from retrieval.matcher import Matcher
from retrieval.publish import Order
from retrieval.settings import Settings
from tests.conftest import make_entry

WHEN = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
FIRST = """某市生态环境系统容错纠错办法

第一章 总则
第一条 为了鼓励担当作为，制定本办法。
第二章 容错情形
第二条 有下列情形之一的，可以予以容错：
（一）在突发事件处置中临机决断，出现失误的；
（二）在解决历史遗留问题中，因政策不明确出现失误的。
第三章 不予容错
第三条 隐瞒事实、谋取私利的，不予容错。
第四条 本办法自发布之日起施行。
"""
SECOND = "\n".join(
    ("某县容错办法", "第一条 有下列情形之一的，可以容错：", "（一）因不可抗力未能完成整改的；", "（二）已按标准开展监测的。")
)


def regulation(identifier: str, text: str) -> Regulation:
    return categorise(parse(text, identifier, region="某市"), overrides=())


def first(text: str = FIRST) -> Regulation:
    return regulation("first-2024", text)


def second(text: str = SECOND) -> Regulation:
    return regulation("second-2024", text)


def base_matcher(cache: Path, *, encoder: StubEncoder | None = None) -> Matcher:
    encoder, segmenter = encoder or StubEncoder(), load_segmenter()
    settings = Settings(cache_dir=cache, background=2)
    entries = (make_entry("alpha/art1.p1.i1", "因行政相对人隐瞒、伪造证据，致使作出错误决定的；", "duty_fulfilled"),)
    return Matcher(build(entries, encoder, segmenter, settings), encoder, segmenter, settings)


def order(base: int, *, note: str = "试行", by: str = "管理员", restores: int | None = None) -> Order:
    return Order(by, WHEN, note, base, restores)
