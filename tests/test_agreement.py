import math

import pytest

from data.agreement import cohen_kappa, f1, measure_agreement, settle


def test_f1_by_hand():
    assert f1([("k", "a"), ("k", "b")], [("k", "b")]) == pytest.approx(2 / 3)
    assert f1([], []) == 1.0


def test_kappa_by_hand():
    # 10 judgements: both yes 4, both no 3, three differ; yes rates 0.6 and 0.5
    pairs = [(True, True)] * 4 + [(False, False)] * 3 + [(True, False)] * 2 + [(False, True)]
    expected = 0.6 * 0.5 + 0.4 * 0.5
    assert cohen_kappa(pairs) == pytest.approx((0.7 - expected) / (1 - expected))
    assert math.isnan(cohen_kappa([])) and cohen_kappa([(False, False)]) == 1.0


def test_the_third_look_decides_only_what_differs():
    votes = {"A": {"x": 2, "y": 1, "z": 1}, "B": {"x": 2, "y": 2}, "C": {"y": 2}}
    assert settle(votes) == {"x": 2, "y": 2}
    with pytest.raises(ValueError, match="第三遍"):
        settle({"A": {"x": 2}, "B": {}})


def test_agreement_counts_every_clause_of_the_region():
    votes = {"k1": {"A": {"r/1": 2}, "B": {"r/1": 1}, "C": {"r/1": 2}}, "k2": {"A": {}, "B": {}}}
    found = measure_agreement(votes, {"k1": "r", "k2": "r"}, {"r/1": ("r", "duty"), "r/2": ("r", "duty"), "s/1": ("s", "duty")})
    assert (found.cases, found.f1_any, found.f1_direct, found.settled) == (2, 1.0, 0.0, 1)
    assert found.kappa == {"duty": (1.0, 4)}
