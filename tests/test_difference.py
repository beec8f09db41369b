from dataclasses import replace

from data.catalogue import matched_regulations
from data.categories import categorise
from data.difference import difference
from data.parser import parse

TEXT = """某市容错办法
第一条 为了鼓励担当，制定本办法。
第二条 有下列情形之一的，可以容错：
（一）因突发事件临机决断的；
（二）因不可抗力未能完成的。
第三条 本办法自发布之日起施行。"""


def read(text, identifier="a"):
    return categorise(parse(text, identifier), overrides=())


def kinds(changes):
    return [(change.kind, (change.after or change.before).id) for change in changes]


def test_no_difference():
    shipped = matched_regulations()
    assert difference(shipped, shipped) == () == difference((), ())


def test_changed_words_are_marked_on_both_sides():
    (change,) = difference([read(TEXT)], [read(TEXT.replace("临机决断", "果断处置"))])
    assert change.kind == "changed" and change.citation_after == "《某市容错办法》第二条第（一）项"
    assert [span.of(change.before.text) for span in change.spans_before] == ["临机决断"]
    assert [span.of(change.after.text) for span in change.spans_after] == ["果断处置"]


def test_only_punctuation_marks_nothing_but_is_told():
    (change,) = difference([read(TEXT)], [read(TEXT.replace("鼓励担当，", "鼓励担当；"))])
    assert change.kind == "changed" and change.spans_before == change.spans_after == ()


def test_an_inserted_article_does_not_make_the_later_ones_differ():
    new = TEXT.replace("第三条 本", "第三条 隐瞒事实的，不予容错。\n第四条 本")
    assert kinds(difference([read(TEXT)], [read(new)])) == [("added", "a/art3.p1"), ("renumbered", "a/art4.p1")]


def test_a_removed_item_stands_where_it_stood():
    new = TEXT.replace("（一）因突发事件临机决断的；\n", "").replace("（二）", "（一）")
    changes = difference([read(TEXT)], [read(new)])
    assert kinds(changes) == [("removed", "a/art2.p1.i1"), ("renumbered", "a/art2.p1.i1")]
    assert changes[0].after is None and changes[0].citation_before.endswith("第二条第（一）项")


def test_a_rewritten_clause_under_another_number_is_found_again():
    new = TEXT.replace("第三条 本办法自发布之日起施行。", "第三条 全新的一条，写明如何申请。\n第四条 本办法自印发之日起施行。")
    assert kinds(difference([read(TEXT)], [read(new)])) == [("added", "a/art3.p1"), ("changed", "a/art4.p1")]


def test_another_category():
    old = read(TEXT)
    clauses = tuple(replace(c, category="condition") if c.id == "a/art2.p1.i2" else c for c in old.clauses)
    (change,) = difference([old], [replace(old, clauses=clauses)])
    assert (change.kind, change.before.category, change.after.category) == ("category", "fault_tolerance", "condition")


def test_regulations_that_come_and_go():
    old, new = read(TEXT), read(TEXT, "b")
    changes = difference([old], [new])
    assert {(change.kind, (change.after or change.before).regulation_id) for change in changes} == {
        ("added", "b"),
        ("removed", "a"),
    }
    assert len(changes) == 2 * len(old.clauses)
