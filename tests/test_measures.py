import math

import numpy as np
import pytest

from data.errors import InputError
from data.schema import Case
from retrieval.measures import bootstrap, compare, expected_calibration_error, holm, parse_measures, per_case

NAMES = ("R@1", "R@3", "R@5", "RR", "nDCG@10")


def case(identifier, labels):
    return Case(identifier, "r", "叙述", labels, "dev", "test")


# Ten cases and their rankings; the expected values below were worked out by hand from the contract's definitions.
RANKING = ["c1", "c2", "c3", "c4", "c5", "c6"]
CASES = [
    case("k1", {"c1": 2}),
    case("k2", {"c2": 2}),
    case("k3", {"c1": 2, "c4": 2}),
    case("k4", {"c3": 1}),
    case("k5", {"c6": 2, "c1": 1}),
    case("k6", {"c9": 2}),
    case("k7", {"c1": 1, "c2": 1}),
    case("k8", {"c1": 2, "c2": 2, "c3": 2}),
    case("k9", {}),
    case("k10", {"c5": 2, "c6": 1}),
]
LOG = [math.log2(i + 1) for i in range(1, 11)]  # discount of rank i is LOG[i - 1]
BY_HAND = {
    "k1": (1, 1, 1, 1, 1),
    "k2": (0, 1, 1, 1 / 2, 1 / LOG[1]),
    "k3": (1 / 2, 1 / 2, 1, 1, (3 + 3 / LOG[3]) / (3 + 3 / LOG[1])),
    "k4": (0, 1, 1, 1 / 3, 1 / LOG[2]),
    # only c6 counts for R and RR; nDCG has gain 1 at rank 1 and gain 3 at rank 6
    "k5": (0, 0, 0, 1 / 6, (1 + 3 / LOG[5]) / (3 + 1 / LOG[1])),
    "k6": (0, 0, 0, 0, 0),
    "k7": (1 / 2, 1, 1, 1, 1),
    "k8": (1 / 3, 1, 1, 1, 1),
    "k10": (0, 0, 1, 1 / 5, (3 / LOG[4] + 1 / LOG[5]) / (3 + 1 / LOG[1])),
}


def test_ten_cases_by_hand():
    run = {c.id: {clause: 10.0 - place for place, clause in enumerate(RANKING)} for c in CASES}
    values = per_case(CASES, run, NAMES)
    for column, name in enumerate(NAMES):
        assert values[name] == pytest.approx({key: row[column] for key, row in BY_HAND.items()}), name


def test_the_runs_own_order_breaks_ties():
    tied = {"k1": {"c9": 0.5, "c1": 0.5}}
    assert per_case(CASES[:1], tied, ["RR"])["RR"] == {"k1": 0.5}
    assert per_case(CASES[:1], {"k1": {"c1": 0.5, "c9": 0.5}}, ["RR"])["RR"] == {"k1": 1.0}


def test_a_case_that_was_not_answered_scores_zero():
    assert per_case(CASES[:1], {}, ["R@5"])["R@5"] == {"k1": 0.0}


@pytest.mark.parametrize(
    "text",
    [
        "R@x",
        "nDGC@10",
        "",
        " , ",
        "Judged@10",
        "__import__('os')",
        "R@0",
        "R",
        "P",
        "R@-1",
        "R@01",
        "R@٣",
        "AP@5",
        "RR@",
        "nDCG@0",
        "r@5",
        "R@1001",
        "R@" + "9" * 30,
        "R(rel=2)@5",
        "R@5 RR",
    ],
)
def test_unknown_measures_are_refused(text):
    with pytest.raises(InputError, match="指标"):
        parse_measures(text)


def test_measures_are_named_once():
    assert parse_measures(" R@5,RR ,nDCG,R@5,P@3,AP,RR@10,nDCG@1000") == ("R@5", "RR", "nDCG", "P@3", "AP", "RR@10", "nDCG@1000")


def test_an_unknown_measure_never_reaches_the_library():
    with pytest.raises(InputError, match="R@0"):
        per_case(CASES[:1], {"k1": {"c1": 1.0}}, ["R@0"])


def test_bootstrap_repeats_and_contains_the_mean():
    values = [0, 1, 1, 1, 0, 1, 0.5, 0.5]
    first = bootstrap(values)
    assert first == bootstrap(values) and first.n == 8
    assert first.mean == pytest.approx(0.625) and 0 <= first.low < 0.625 < first.high <= 1
    assert bootstrap([]).n == 0 and math.isnan(bootstrap([]).mean)


def test_permutation_test_counts_all_sign_flips_when_few():
    # six cases, every difference +1: only the observed and the fully flipped of 2^6 flips are as extreme
    ours, theirs = {str(i): 1.0 for i in range(6)}, {str(i): 0.0 for i in range(6)}
    found = compare(ours, theirs)
    assert found == {"difference": 1.0, "p": pytest.approx(2 / 64), "win": 6, "tie": 0, "loss": 0}
    assert compare(ours, ours)["p"] == 1.0


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


def test_calibration_error_by_hand():
    probability = np.array([0.1, 0.1, 0.9, 0.9])
    relevant = np.array([False, False, True, False])
    # two bins: |0.1 - 0| and |0.9 - 0.5|
    assert expected_calibration_error(probability, relevant, bins=2) == pytest.approx((0.1 + 0.4) / 2)
    assert math.isnan(expected_calibration_error(np.array([]), np.array([], dtype=bool)))
