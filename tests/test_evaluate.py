from dataclasses import replace

import pytest

from data.errors import InputError
from data.schema import Case
from retrieval.evaluate import check_labels, evaluate, length_band

CASES = [
    Case("a", "alpha", "企业老板隐瞒了台账，证据是假的", {"alpha/art1.p1.i2": 2}, "dev", "自编", "p", "短消息"),
    Case("b", "alpha", "企业把台账如实交了，我们按年度计划做完了检查", {"alpha/art1.p1.i1": 2}, "dev", "自编", "p", "短消息"),
    Case("c", "beta", "突发事件里临机决断，关阀晚了十分钟", {"beta/art1.p1.i1": 2}, "dev", "自编"),
    Case("d", "beta", "下雨了", {}, "dev", "自编"),
]


@pytest.fixture(scope="module")
def result(matcher):
    calls = []
    found = evaluate(matcher, CASES, systems=["bm25", "hybrid"], measures=["R@1", "nDCG@10"], progress=lambda *x: calls.append(x))
    assert calls[-1] == (4, 4)
    return found


def test_means_come_with_n_and_interval(result):
    hybrid = result.systems[-1].means["R@1"]
    assert (hybrid.n, hybrid.mean) == (3, 1.0) and hybrid.low <= hybrid.mean <= hybrid.high


def test_groups_abstention_and_polarity(result):
    hybrid = result.systems[-1]
    assert {k: v.n for k, v in result.groups(hybrid, lambda c: c.region, "R@1").items()} == {"alpha": 2, "beta": 1}
    abstention = result.abstention(hybrid)
    assert (abstention["empty"].mean, abstention["labelled"].mean) == (1.0, 0.0)
    assert (result.polarity(hybrid).mean, result.polarity(hybrid).n) == (1.0, 2)


@pytest.mark.parametrize("calibrated", [("c",), ("a", "c"), ("b",)])
def test_a_pair_without_probabilities_for_both_texts_is_compared_by_score(result, calibrated):
    # a probability of one text alone says nothing: 0.0 would lose against the other's scores
    none = {"alpha/art1.p1.i1": 0.0, "alpha/art1.p1.i2": 0.0}
    some = replace(result.systems[-1], probabilities=dict.fromkeys(calibrated, none))
    assert (result.polarity(some).mean, result.polarity(some).n) == (1.0, 2)


def test_a_pair_with_probabilities_for_both_texts_is_compared_by_them(result):
    table = {"a": {"alpha/art1.p1.i1": 0.9, "alpha/art1.p1.i2": 0.1}, "b": {"alpha/art1.p1.i1": 0.2, "alpha/art1.p1.i2": 0.3}}
    assert result.polarity(replace(result.systems[-1], probabilities=table)).mean == 0.0


def test_the_last_system_is_compared_with_the_others(result):
    assert [(row["measure"], row["theirs"]) for row in result.comparisons] == [("R@1", "bm25"), ("nDCG@10", "bm25")]
    assert all(row["win"] + row["tie"] + row["loss"] == 3 for row in result.comparisons)


def test_wrong_systems_cases_and_labels_are_refused(matcher):
    with pytest.raises(InputError, match="没有案例"):
        evaluate(matcher, [], systems=["bm25"], measures=["R@1"])
    with pytest.raises(InputError, match="bm52"):
        evaluate(matcher, CASES, systems=["bm52"], measures=["R@1"])
    stray = Case("e", "alpha", "叙述", {"alpha/art99": 2}, "dev", "自编")
    with pytest.raises(InputError, match="alpha/art99"):
        evaluate(matcher, [stray], systems=["bm25"], measures=["R@1"])


@pytest.mark.parametrize(
    ("region", "label", "why"),
    [
        ("beta", "alpha/art1.p1.i2", "属于 alpha，而案例的地区是 beta"),
        ("beta", "beta/art2.p1", "「程序」类"),
        ("all", "beta/art2.p1", "「程序」类"),
        ("alpha", "alpha/art99", "不在索引里"),
    ],
)
def test_a_label_that_could_only_score_zero_is_refused(matcher, region, label, why):
    case = Case("e", region, "企业老板隐瞒了台账，证据是假的", {label: 2}, "dev", "自编")
    with pytest.raises(InputError, match=f"案例 e 标注的条款 {label} .*{why}"):
        evaluate(matcher, [*CASES, case], systems=["bm25"], measures=["R@1"])
    unknown = Case("f", "gamma", "企业老板隐瞒了台账", {}, "dev", "自编")
    with pytest.raises(InputError, match="案例 f：.*gamma"):
        evaluate(matcher, [unknown], systems=["bm25"], measures=["R@1"])


def test_the_candidates_are_looked_up_once_per_region(matcher, monkeypatch):
    asked = []
    real = matcher.scope
    monkeypatch.setattr(matcher, "scope", lambda region: asked.append(region) or real(region))
    check_labels(matcher, CASES * 50)
    assert asked == ["alpha", "beta"]


def test_systems_and_measures_named_twice_count_once(matcher):
    found = evaluate(matcher, CASES, systems=["bm25", "tfidf", "bm25"], measures=["R@1", "R@1"])
    assert ([s.name for s in found.systems], found.measures) == (["bm25", "tfidf"], ("R@1",))
    assert len(found.comparisons) == 1
    with pytest.raises(InputError, match="没有给出要评测的系统"):
        evaluate(matcher, CASES, systems=[], measures=["R@1"])
    with pytest.raises(InputError, match="R@0"):
        evaluate(matcher, CASES, systems=["bm25"], measures=["R@0"])


def test_length_bands():
    bands = [length_band(Case("x", "r", "字" * n, {}, "dev", "")) for n in (60, 61, 200, 600, 601)]
    assert bands == ["60字以内", "61–200字", "61–200字", "201–600字", "600字以上"]
