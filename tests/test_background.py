import numpy as np
import pytest

from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval.background import Background, digest
from retrieval.index import build
from retrieval.lexical import Bm25, TfIdf
from retrieval.matcher import Matcher

# 检查 is told in every one of these: the clause that holds it is a hub
SAMPLE = ["上午检查了两家厂，下午检查一家", "检查时下雨", "检查完写了记录"]


def parts(texts):
    terms = load_segmenter().terms
    return Bm25.build(texts, terms, k1=1.2, b=0.75), TfIdf.build(texts, min_n=1, max_n=2)


def test_means_by_hand():
    bm25, tfidf = parts(["检查职责", "隐瞒证据"])
    background = Background.build(SAMPLE, StubEncoder(), load_segmenter(), bm25, tfidf)
    encoder = StubEncoder()
    assert background.center == pytest.approx(encoder.encode_queries(SAMPLE).mean(axis=0))
    assert background.bm25 == pytest.approx(np.mean([bm25.scores(load_segmenter().terms(t)) for t in SAMPLE], axis=0))
    assert background.tfidf[0] > background.tfidf[1] == 0


def test_no_sample_changes_nothing(entries, settings):
    bm25, tfidf = parts(["检查职责"])
    background = Background.build((), StubEncoder(), load_segmenter(), bm25, tfidf)
    assert not background.center.any() and not background.bm25.any() and not background.tfidf.any()
    encoder, segmenter = StubEncoder(), load_segmenter()
    matcher = Matcher(build(entries, encoder, segmenter, settings), encoder, segmenter, settings)
    plain, centred = (matcher.rank("隐瞒了台账，检查没看出来", system=s, top_k=9) for s in ("dense", "centred"))
    assert plain.clauses == centred.clauses


def test_a_hub_steps_back(entries, settings):
    encoder, segmenter = StubEncoder(), load_segmenter()
    matcher = Matcher(build(entries, encoder, segmenter, settings, background=SAMPLE), encoder, segmenter, settings)
    story = "检查的时候，老板隐瞒了"
    # 检查 and 隐瞒 are told; both clauses hold one of them besides another keyword or none
    plain = matcher.rank(story, system="dense", top_k=9)
    centred = matcher.rank(story, system="centred", top_k=9)
    hub = "alpha/art1.p1.i1"
    assert centred.clauses.index(hub) >= plain.clauses.index(hub)
    gap = {s: r.scores[r.clauses.index("alpha/art1.p1.i2")] - r.scores[r.clauses.index(hub)] for s, r in
           (("plain", plain), ("centred", centred))}  # fmt: skip
    assert gap["centred"] > gap["plain"]


def test_the_similarity_shown_stays_the_plain_cosine(entries, settings):
    encoder, segmenter = StubEncoder(), load_segmenter()
    matcher = Matcher(build(entries, encoder, segmenter, settings, background=SAMPLE), encoder, segmenter, settings)
    first = next(m for m in matcher.match("老板隐瞒了台账的内容").matches if m.clause.id == "alpha/art1.p1.i2")
    assert first.similarity == pytest.approx(1.0)


def test_saved_and_loaded(tmp_path):
    bm25, tfidf = parts(["检查职责", "隐瞒证据"])
    background = Background.build(SAMPLE, StubEncoder(), load_segmenter(), bm25, tfidf)
    background.save(tmp_path)
    loaded = Background.load(tmp_path)
    assert all(np.array_equal(getattr(loaded, n), getattr(background, n)) for n in ("center", "bm25", "tfidf"))
    assert digest(SAMPLE) != digest(SAMPLE[:2])
