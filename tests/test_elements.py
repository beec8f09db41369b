import pytest

from data.catalogue import matched_regulations
from data.categories import MATCHED
from data.elements import ELEMENTS, clause_elements
from data.entries import entries_of


def told(clause):
    return [(element.kind, element.span.of(clause)) for element in clause_elements(clause)]


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        (
            "因当事人擅自隐匿、转移被查封的物品导致危害后果发生的;",
            [("who", "因当事人"), ("conduct", "擅自隐匿、转移被查封的物品"), ("result", "导致危害后果发生的;")],
        ),
        (
            "在处置突发事件任务中,临机决断,出现失误或者偏差的;",
            [("occasion", "在处置突发事件任务中,"), ("conduct", "临机决断,"), ("result", "出现失误或者偏差的;")],
        ),
        (
            "因缺乏经验而出现一般性问题,没有造成较大影响的,可以免责。",
            [
                ("cause", "因缺乏经验"),
                ("result", "而出现一般性问题,"),
                ("proviso", "没有造成较大影响的,"),
                ("outcome", "可以免责。"),
            ],
        ),
        (
            "出现错误或偏差但没有造成严重后果的",
            [("result", "出现错误或偏差"), ("proviso", "但没有造成严重后果的")],
        ),
        ("积极主动消除不良影响、挽回损失的。", [("conduct", "积极主动消除不良影响、挽回损失的。")]),
        # what is too short to say something stays with what stands before it
        ("先行先试,是,出现失误的", [("conduct", "先行先试,是,"), ("result", "出现失误的")]),
        ("", []),
    ],
)
def test_elements_by_hand(clause, expected):
    assert told(clause) == expected


def test_the_elements_of_every_clause_cover_it_and_most_clauses_have_several_kinds():
    clauses = [entry.clause for entry in entries_of(matched_regulations(), categories=frozenset(MATCHED))]
    kinds = []
    for clause in clauses:
        elements = clause_elements(clause.text)
        assert "".join(element.span.of(clause.text) for element in elements) == clause.text
        assert all(element.label == ELEMENTS[element.kind] for element in elements)
        kinds.append({element.kind for element in elements})
    assert sum(len(found) > 1 for found in kinds) > 0.7 * len(clauses)
    assert set().union(*kinds) == set(ELEMENTS)
