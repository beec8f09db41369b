import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.fusion import _hopeful, fuse_scores, leaders, order


def floats(*values):
    return np.array(values, dtype=np.float32)


def test_equal_scores_keep_document_order():
    assert order(floats(1, 3, 1, 3)).tolist() == [1, 3, 0, 2]
    assert order(floats()).tolist() == []


def test_scores_by_hand():
    # z-scores of (1, 3) are (-1, 1); weights 3 and 1
    fused = fuse_scores({"a": floats(1, 3), "b": floats(30, 10)}, {"a": 3.0, "b": 1.0})
    assert fused == pytest.approx([-0.75 + 0.25, 0.75 - 0.25])


def test_a_system_without_opinion_adds_nothing():
    fused = fuse_scores({"a": floats(1, 3), "b": floats(5, 5)}, {"a": 1.0, "b": 1.0})
    assert fused == pytest.approx([-0.5, 0.5])
    assert fuse_scores({}, {}).tolist() == []


def test_no_candidates_give_no_scores():
    # warnings are errors here: numpy warns of the mean of nothing
    fused = fuse_scores({"a": floats(), "b": floats()}, {"a": 1.0, "b": 1.0})
    assert fused.shape == (0,) and fused.dtype == np.float32


@given(
    st.integers(1, 40).flatmap(
        lambda count: st.tuples(st.just(count), st.lists(st.integers(0, 9), min_size=1, max_size=60 * count))
    )
)
def test_a_cut_keeps_the_first_of_the_whole_order(drawn):
    count, values = drawn
    scores = floats(*values)
    assert leaders(scores, count).tolist() == sorted(order(scores)[:count].tolist())


def test_a_cut_of_many_scores_passes_few_rows_on():
    scores = np.random.default_rng(0).random(100_000, np.float32)
    assert leaders(scores, 50).tolist() == sorted(order(scores)[:50].tolist())
    passed = _hopeful(scores, 50)
    assert 50 <= len(passed) < 500 and set(leaders(scores, 50)) <= set(passed)
