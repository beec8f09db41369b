import numpy as np
import pytest

from data.schema import Case
from retrieval.analysis import (
    by_category,
    by_group,
    chance_curve,
    clause_categories,
    confusion,
    recall_curve,
    reliability,
    score_histogram,
    worst_cases,
    worst_measure,
)
from retrieval.evaluate import Evaluation, SystemResult
from retrieval.measures import bootstrap, per_case, targets

# A: two direct clauses at ranks 2 and 4; B: only an arguable one, at rank 2; C: no label; D: labelled, nothing was ranked
CASES = (
    Case("A", "x", "字" * 300, {"c1": 2, "c2": 1, "c3": 2}, "dev", "", style="口语"),
    Case("B", "y", "字" * 30, {"c5": 1}, "dev", ""),
    Case("C", "y", "字" * 30, {}, "dev", ""),
    Case("D", "y", "字" * 30, {"c1": 2}, "dev", "", style="口语"),
)
RUN = {
    "A": {"c2": 4.0, "c1": 3.0, "c4": 2.0, "c3": 1.0},
    "B": {"c4": 2.0, "c5": 1.0},
    "C": {"c4": 2.0, "c5": 1.5},
    "D": {},
}
CATEGORIES = {"c1": "fault_tolerance", "c4": "fault_tolerance", "c2": "condition", "c3": "condition", "c5": "disqualifying"}
PROBABILITIES = {"A": {"c1": 0.9, "c4": 0.1}, "B": {"c4": 0.6, "c5": 0.4}}


def evaluation(cases=CASES, run=RUN, measures=("R@1", "RR"), probabilities=None):
    values = per_case(cases, run, measures)
    means = {name: bootstrap(list(found.values())) for name, found in values.items()}
    system = SystemResult("hybrid", run, values, means, {key: not found for key, found in run.items()}, probabilities or {})
    return Evaluation(tuple(cases), tuple(measures), (system,), (), "cases", "index", "model")


def test_targets_are_the_direct_clauses_or_all_where_there_is_none():
    assert [targets(case) for case in CASES] == [{"c1", "c3"}, {"c5"}, set(), {"c1"}]


def test_recall_curve_by_hand():
    # A: 0 1/2 1/2 1, B: 0 1 1 1, D: 0 0 0 0
    assert recall_curve(CASES, RUN, depth=4) == pytest.approx([0, 0.5, 0.5, 2 / 3])
    assert recall_curve(CASES, RUN, depth=1) == pytest.approx([0])
    assert np.isnan(recall_curve(CASES[2:3], RUN, depth=2)).all()


def test_recall_curve_agrees_with_the_measures():
    found = recall_curve(CASES, RUN, depth=6)
    for k in range(1, 7):
        values = per_case(CASES, RUN, [f"R@{k}"])[f"R@{k}"]
        assert found[k - 1] == pytest.approx(np.mean(list(values.values())))


def test_chance_curve_by_hand():
    assert chance_curve([2, 4], depth=4) == pytest.approx([(1 / 2 + 1 / 4) / 2, (1 + 2 / 4) / 2, (1 + 3 / 4) / 2, 1])
    assert np.isnan(chance_curve([], depth=2)).all()
    assert chance_curve([0], depth=2) == pytest.approx([1, 1])


def test_groups_by_hand():
    measured = evaluation()
    found = by_group(measured, measured.systems[0], "RR")  # A 1/2, B 1/2, D 0
    means = {kind: {name: (value.mean, value.n) for name, value in groups.items()} for kind, groups in found.items()}
    assert means == {
        "region": {"x": (0.5, 1), "y": (0.25, 2)},
        "style": {"口语": (0.25, 2), "": (0.5, 1)},
        "length": {"60字以内": (0.25, 2), "201–600字": (0.5, 1)},
    }
    assert list(means["length"]) == ["60字以内", "201–600字"]  # though the longer one comes first


def test_categories_by_hand():
    measured = evaluation()
    found = by_category(measured, measured.systems[0], CATEGORIES)
    means = {category: {name: (value.mean, value.n) for name, value in row.items()} for category, row in found.items()}
    assert means == {
        "fault_tolerance": {"R@5": (0.5, 2), "RR": (0.25, 2)},  # c1: rank 2 in A, nowhere in D
        "condition": {"R@5": (1.0, 1), "RR": (0.25, 1)},  # of c2 and c3 the direct one counts, at rank 4
        "disqualifying": {"R@5": (1.0, 1), "RR": (0.5, 1)},
    }


def test_confusion_by_hand():
    measured = evaluation()
    names, counts = confusion(measured, measured.systems[0], CATEGORIES, depth=1)
    # A: c2 on top has a label; B: c4 stands where c5 should
    assert names == ("fault_tolerance", "disqualifying")
    assert counts.tolist() == [[0, 0], [1, 0]]
    names, counts = confusion(measured, measured.systems[0], CATEGORIES, depth=3)
    assert (names, counts.tolist()) == (("fault_tolerance", "condition"), [[0, 0], [1, 0]])  # A: c3 is missed, c4 is in
    names, counts = confusion(measured, measured.systems[0], CATEGORIES, depth=9)
    assert names == () and counts.shape == (0, 0)


def test_reliability_by_hand():
    measured = evaluation(probabilities=PROBABILITIES)
    found = reliability(measured, measured.systems[0], bins=2)  # 0.1 no, 0.4 yes | 0.6 no, 0.9 yes
    assert found.stated == pytest.approx([0.25, 0.75]) and found.observed == pytest.approx([0.5, 0.5])
    assert found.counts.tolist() == [2, 2]
    full = reliability(measured, measured.systems[0])
    gaps = np.average(abs(full.stated - full.observed), weights=full.counts)
    assert gaps == pytest.approx(measured.calibration(measured.systems[0]))


def test_no_probabilities_no_reliability():
    measured = evaluation()
    assert reliability(measured, measured.systems[0]) is None


def test_score_histogram_by_hand():
    measured = evaluation()
    found = score_histogram(measured, measured.systems[0], bins=3)  # labelled 4 3 1 1, others 2 2 2 1.5
    assert found.edges.tolist() == [1, 2, 3, 4]
    assert found.relevant.tolist() == [2, 0, 2] and found.other.tolist() == [1, 3, 0]


def test_nothing_scored_no_histogram():
    measured = evaluation(CASES[3:], {"D": {}})
    assert score_histogram(measured, measured.systems[0]) is None


def test_worst_cases_by_hand():
    found = worst_cases(evaluation(), k=2, depth=3)
    assert [(worst.case.id, worst.value) for worst in found] == [("D", 0.0), ("A", 0.5)]
    assert found[0].top == () and [(p.clause_id, p.grade, p.rank, p.score) for p in found[0].sought] == [("c1", 2, None, None)]
    assert [(p.clause_id, p.grade, p.rank, p.score) for p in found[1].sought] == [("c1", 2, 2, 3.0), ("c3", 2, 4, 1.0)]
    assert [(p.clause_id, p.grade, p.rank) for p in found[1].top] == [("c2", 1, 1), ("c1", 2, 2), ("c4", 0, 3)]


def test_among_equal_values_the_deeper_miss_is_worse():
    cases = [Case(name, "x", "字", {"c": 2}, "dev", "") for name in ("near", "far")]
    run = {"near": {"a": 2.0, "c": 1.0}, "far": {"a": 3.0, "b": 2.0, "c": 1.0}}
    found = worst_cases(evaluation(cases, run, ("R@1",)))
    assert [worst.case.id for worst in found] == ["far", "near"]


def test_the_worst_are_told_by_ndcg_where_it_was_measured():
    assert worst_measure(evaluation(measures=("nDCG@10", "RR"))) == "nDCG@10"
    assert worst_measure(evaluation(measures=("R@1", "RR"))) == "RR"
    assert worst_cases(evaluation(CASES[2:3], RUN)) == ()


def test_categories_come_in_their_own_order(entries):
    found = clause_categories(reversed(entries))
    assert list(dict.fromkeys(found.values())) == ["duty_fulfilled", "fault_tolerance", "disqualifying", "procedure"]
    assert found["beta/art2.p1"] == "procedure" and len(found) == len(entries)
