import numpy as np
import pytest

from data.errors import InputError, ModelError
from data.schema import Span
from models.attention import ClauseAttention
from models.reading import share_of_windows
from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval.index import build
from retrieval.scoring import Scorer

EYE = np.eye(3, dtype=np.float32)


def test_a_clause_weighs_the_tokens_that_are_like_it():
    # logits are ln 4 times the cosine: the token that is the clause's own counts 4, the other two 1
    attention = ClauseAttention(EYE, float(np.log(4)), 0.0)
    assert np.allclose(attention.weights(2 * EYE, EYE[:1]), [[4 / 6, 1 / 6, 1 / 6]])
    # the weighted mean is (4, 1, 1) / 6, its cosine with the first axis 4 / sqrt(18)
    assert attention.score(2 * EYE, EYE[:1]) == pytest.approx([4 / 18**0.5])


def test_the_plain_mean_counts_by_its_share():
    attention = ClauseAttention(EYE, float(np.log(4)), 0.25)
    assert attention.score(EYE, EYE[:1]) == pytest.approx([0.25 * 3**-0.5 + 0.75 * 4 / 18**0.5])
    assert attention.score(EYE, np.zeros((0, 3), np.float32)).shape == (0,)


def test_without_sharpness_it_is_the_mean():
    assert np.allclose(ClauseAttention(EYE, 0.0, 0.0).weights(EYE, EYE), 1 / 3)


def test_saved_and_loaded(tmp_path):
    assert ClauseAttention.load(tmp_path) is None
    ClauseAttention(EYE, 2.5, 0.5).save(tmp_path)
    loaded = ClauseAttention.load(tmp_path)
    assert (loaded.sharpness, loaded.whole) == (2.5, 0.5) and np.array_equal(loaded.view, EYE)
    (tmp_path / "attention.npz").write_bytes(b"broken")
    with pytest.raises(ModelError, match="已损坏"):
        ClauseAttention.load(tmp_path)


def test_a_windows_share_is_the_weight_of_its_tokens():
    weights = np.float32([[0.5, 0.1], [0.25, 0.2], [0.25, 0.7]])
    shares = share_of_windows(weights, [(0, 2), (2, 4), (4, 5)], [Span(0, 4), Span(4, 5), Span(9, 12)])
    assert np.allclose(shares, [[0.75, 0.3], [0.25, 0.7], [0, 0]])


def test_evidence_is_the_sentence_that_the_clause_looks_at(told_in_passing):
    dim = StubEncoder().dim
    scorer = told_in_passing(ClauseAttention(np.eye(dim, dtype=np.float32), 8.0, 0.0))
    story = "那天检查了三家。他隐瞒了台账。后来又检查一次，做了处罚。"
    rows = np.arange(len(scorer.index.entries))
    scores = scorer.score(story, rows)
    hidden = [row for row in rows if "隐瞒" in scorer.index.entries[row].clause.text]
    best = scorer.sentence_scores(scores, np.array(hidden)).argmax(axis=0)
    assert [scores.encoded.sentences[i].of(story) for i in best] == ["他隐瞒了台账。"]


@pytest.fixture
def told_in_passing(entries, settings):
    """Return a function that builds a scorer over the test clauses, its stub with or without attention."""

    def make(attention):
        encoder = StubEncoder(attention=attention)
        return Scorer(build(entries, encoder, load_segmenter(), settings), encoder, load_segmenter(), settings)

    return make


def test_what_is_told_in_passing_is_found_by_attention(told_in_passing):
    dim = StubEncoder().dim
    scorer = told_in_passing(ClauseAttention(np.eye(dim, dtype=np.float32), 8.0, 0.0))
    rows = np.arange(len(scorer.index.entries))
    # five keywords in one sentence: their mean has a cosine of 1 / sqrt(5) with each of them
    story = "检查、查封、处罚、整改时他隐瞒台账"
    scores = scorer.score(story, rows, system="attention")
    hidden = next(row for row in rows if "隐瞒" in scorer.index.entries[row].clause.text)
    assert scores.parts["dense"][hidden] < 0.75 < scores.parts["attention"][hidden]
    assert np.array_equal(scores.fused, scores.parts["attention"])
    assert {"attention", "dense", "bm25", "tfidf"} == set(scorer.score(story, rows).parts)


def test_an_encoder_without_attention_says_so(told_in_passing):
    scorer = told_in_passing(None)
    rows = np.arange(len(scorer.index.entries))
    assert "attention" not in scorer.score("隐瞒", rows).parts
    with pytest.raises(InputError, match="没有条款注意力"):
        scorer.score("隐瞒", rows, system="attention")
