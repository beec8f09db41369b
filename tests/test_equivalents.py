import unicodedata
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import equivalents as module
from data.catalogue import matched_regulations
from data.categories import AGAINST, MATCHED
from data.equivalents import RELATION_LABELS, Equivalent, differing, equivalents
from data.errors import FileError

HEADER = "clause_a\tclause_b\trelation\tnote\n"
STRENGTH = {"same": 0, "overlap": 1, "related": 2}
NAMES = {"shandong-2019": "山东", "banan-2022": "巴南", "fuzhou-2019": "抚州", "yangjiang-2017": "阳江"}

SD, BN, FZ, YJ = "shandong-2019/", "banan-2022/", "fuzhou-2019/", "yangjiang-2017/"

# clause, clause of another regulation, relation, words that the note must have; judged by hand from the two texts
PAIRS = [
    (SD + "art13.p1.i2", BN + "art10.p1.i2", "same", "虚假证明材料"),
    (SD + "art13.p1.i4", BN + "art10.p1.i3", "overlap", "造成污染"),
    (SD + "art13.p1.i6", BN + "art10.p1.i5", "overlap", "不能预见、不能避免并不能克服"),
    (SD + "art13.p1.i6", BN + "art12.p1.i7", "overlap", "容错情形"),
    (SD + "art13.p1.i6", YJ + "s2.2.1.12", "related", "不可控"),
    (SD + "art13.p1.i7", BN + "art10.p1.i8", "overlap", "错误或者不当"),
    (SD + "art13.p1.i8", BN + "art10.p1.i6", "overlap", "无法定性"),
    (SD + "art13.p1.i9", BN + "art10.p1.i7", "overlap", "不执行整改要求"),
    (SD + "art13.p1.i11", YJ + "s2.2.1.7", "overlap", "当时被允许"),
    (SD + "art14.p1.i4", FZ + "art8.p1.i2", "overlap", "精简监管环节"),
    (SD + "art14.p1.i6", BN + "art12.p1.i4", "overlap", "环境事件"),
    (SD + "art14.p1.i7", BN + "art12.p1.i6", "same", "人民群众利益"),
    (SD + "art14.p2.i1", FZ + "art4.p1.i1", "same", "纪律"),
    (SD + "art14.p2.i2", FZ + "art4.p1.i4", "overlap", "三重一大"),
    (SD + "art14.p2.i3", BN + "art13.p1.i2", "same", ""),
    (SD + "art15.p1.i2", YJ + "s2.2.1.19", "same", "组织调查"),
    (BN + "art12.p1.i3", FZ + "art5.p1.i4", "overlap", "客观原因"),
    (BN + "art16.p1", FZ + "art9.p1.i9", "overlap", "同一问题"),
    (FZ + "art9.p1.i1", YJ + "s2.2.2.1", "same", "明知故犯"),
    (FZ + "art9.p1.i2", YJ + "s2.2.2.4", "overlap", "玩忽职守"),
]

# the subject is the same and the clauses are no pair
NO_PAIRS = [
    (SD + "art14.p2.i1", YJ + "s2.2.2.1"),  # not forbidden, and forbidden: one speaks for the officer, one against
    (FZ + "art4.p1.i5", YJ + "s2.2.2.2"),  # without private gain, and with it
    (SD + "art14.p2.i3", FZ + "art6.p1.i2"),  # no great loss is this clause's own rule there, a side condition here
    (SD + "art14.p2.i4", BN + "art13.p1.i2"),  # making good a loss, and no great loss
    (SD + "art13.p1.i11", BN + "art10.p1.i12"),  # the law of the day, and the catch-all
    (YJ + "s2.2.1.1", FZ + "art9.p1.i3"),  # an emergency handled with mistakes, and one made worse
]

# nothing like it in the other regulations: work with cadres, powers and duties that do not match, dissent from a wrong decision,
# an honest report, and three kinds of inaction of organs and leaders
WITHOUT = [
    SD + "art14.p1.i5",
    *(YJ + tail for tail in ("s2.2.1.6", "s2.2.1.13", "s2.2.1.17", "s3.2.2", "s3.2.3", "s3.2.4")),
]


def clauses():
    return {c.id: c for regulation in matched_regulations() for c in regulation.clauses if c.category in MATCHED}


def rows():
    """Each pair once, in the order of the catalogue."""
    order = {key: at for at, key in enumerate(clauses())}
    return [(key, other) for key in order for other in equivalents(key) if order[key] < order[other.clause_id]]


def plain(text):
    return "".join(char for char in text if unicodedata.category(char)[0] not in "PZC")


def words(a, b):
    return tuple([span.of(text) for span in spans] for text, spans in zip((a, b), differing(a, b), strict=True))


def text_of(clause_id):
    return clauses()[clause_id].text


def test_the_relation_is_the_same_from_both_sides():
    found = {(key, other.clause_id): other for key in clauses() for other in equivalents(key)}
    assert len(found) == 2 * len(rows()) > 400
    for (key, other_id), other in found.items():
        assert found[other_id, key] == Equivalent(key, other.relation, other.note)


def test_pairs_are_matched_clauses_of_different_regulations_on_one_side():
    known = clauses()
    for key, other in rows():
        one, two = known[key], known[other.clause_id]  # KeyError: no matched clause
        assert one.regulation_id != two.regulation_id
        assert (one.category in AGAINST) == (two.category in AGAINST), (key, other)


def test_the_strongest_come_first_then_by_id():
    for key in clauses():
        keys = [(STRENGTH[other.relation], other.clause_id) for other in equivalents(key)]
        assert keys == sorted(keys)
    assert [other.relation for other in equivalents(SD + "art15.p1.i1")] == ["same", "overlap", "overlap", "overlap", "related"]


def test_every_relation_is_used_and_has_a_name():
    assert {other.relation for _, other in rows()} == set(STRENGTH) == set(RELATION_LABELS)
    assert list(RELATION_LABELS) == sorted(RELATION_LABELS, key=STRENGTH.__getitem__)


@pytest.mark.parametrize(("a", "b", "relation", "said"), PAIRS)
def test_pairs_checked_by_hand(a, b, relation, said):
    (found,) = (other for other in equivalents(a) if other.clause_id == b)
    assert found.relation == relation
    assert said in found.note
    assert bool(said) == bool(found.note)


@pytest.mark.parametrize(("a", "b"), NO_PAIRS)
def test_what_only_looks_alike_is_no_pair(a, b):
    assert {a, b} <= set(clauses())
    assert b not in {other.clause_id for other in equivalents(a)}


def test_clauses_without_equivalents():
    assert [key for key in clauses() if not equivalents(key)] == WITHOUT


@pytest.mark.parametrize("clause_id", ["", "shandong-2019/art1.p1", "own-2024/art3.p1.i1"])
def test_a_clause_that_is_not_in_the_table_has_none(clause_id):
    assert equivalents(clause_id) == ()


def test_the_same_words_are_the_same_rule_and_need_no_note():
    identical = {
        (one.id, two.id)
        for one, two in combinations(clauses().values(), 2)
        if one.regulation_id != two.regulation_id and plain(one.text) == plain(two.text)
    }
    assert len(identical) == 9
    assert {(key, other.clause_id) for key, other in rows() if not other.note} == identical
    for a, b in identical:
        assert differing(text_of(a), text_of(b)) == ((), ())


def test_notes_are_short_and_name_both_regions_and_no_other():
    for key, other in rows():
        if other.note:
            named = {region for region, name in NAMES.items() if name in other.note}
            assert named == {key.partition("/")[0], other.clause_id.partition("/")[0]}, (key, other)
            assert len(other.note) <= 50 and not other.note.endswith(("。", "；"))
            assert not any(verdict in other.note for verdict in ("认定", "决定", "构成", "成立"))


def test_words_in_quotation_marks_are_quoted():
    for key, other in rows():
        both = text_of(key) + text_of(other.clause_id)
        for part in other.note.split("“")[1:]:
            quoted = part.partition("”")[0]
            assert quoted in both or plain(quoted) in plain(both), (key, other)


BROKEN = [
    ("{a}\t{b}\tequal\t区别\n", "第2行的关系“equal”不存在，可用的关系：same、overlap、related"),
    ("{a}\t{b}\toverlap\t\n", "第2行没有写明两个条款的区别"),
    ("{a}\t{b}\trelated\t  \n", "第2行没有写明两个条款的区别"),
    ("{a}\t{b}9\tsame\t\n", "第2行的条款“banan-2022/art10.p1.i59”在随附的法规中不存在"),
    ("{b}\t{a}\tsame\t\n", "第2行的两个条款次序颠倒，请把shandong-2019/art13.p1.i6写在banan-2022/art10.p1.i5之前"),
    ("{a}\tshandong-2019/art13.p1.i7\tsame\t\n", "属于同一部法规"),
    ("{a}\t{a}\tsame\t\n", "属于同一部法规"),
    ("{a}\t{b}\tsame\t\n# 说明\n\n{a}\t{b}\toverlap\t区别\n", "第5行的一对条款"),
    ("{a}\t{b}\tsame\n", "第2行有3列，应为4列"),
]


@pytest.mark.parametrize(("body", "message"), BROKEN)
def test_a_broken_row_is_refused_with_its_line(tmp_path, body, message):
    table = tmp_path / "equivalents.tsv"
    table.write_text(HEADER + body.format(a=SD + "art13.p1.i6", b=BN + "art10.p1.i5"), encoding="utf-8")
    with pytest.raises(FileError, match=message) as caught:
        equivalents("", path=table)
    assert str(table) in str(caught.value) and str(caught.value).endswith("。")


def test_a_table_that_is_missing_or_has_another_header_is_refused(tmp_path):
    with pytest.raises(FileError, match="没有找到对应条款表"):
        equivalents("", path=tmp_path / "none.tsv")
    (tmp_path / "other.tsv").write_text("a\tb\n", encoding="utf-8")
    with pytest.raises(FileError, match="第一行应为表头：clause_a、clause_b、relation、note"):
        equivalents("", path=tmp_path / "other.tsv")


def test_another_table_can_be_read(tmp_path):
    table = tmp_path / "own.tsv"
    a, b, c = SD + "art13.p1.i6", BN + "art10.p1.i5", YJ + "s2.2.1.12"
    table.write_text(f"{HEADER}{a}\t{c}\trelated\t不可控\n{a}\t{b}\tsame\t\n", encoding="utf-8")
    assert equivalents(a, path=table) == (Equivalent(b, "same", ""), Equivalent(c, "related", "不可控"))
    assert equivalents(c, path=table) == (Equivalent(a, "related", "不可控"),)
    table = tmp_path / "empty.tsv"
    table.write_text(HEADER, encoding="utf-8")
    assert equivalents(a, path=table) == ()


def test_table_rows_stand_in_catalogue_order():
    order = {key: at for at, key in enumerate(clauses())}
    lines = [line.split("\t")[:2] for line in module.TABLE.read_text("utf-8").splitlines() if not line.startswith("#")]
    places = [(order[a], order[b]) for a, b in lines[1:]]
    assert places == sorted(places)


def test_force_majeure_marks_what_only_shandong_demands():
    a, b = text_of(SD + "art13.p1.i6"), text_of(BN + "art10.p1.i5")
    assert words(a, b) == (["不能预见、不能避免并不能克服等", "生态环境部门及其工作"], ["执法"])
    (first, second), (only,) = differing(a, b)
    assert (first.start, first.end) == (1, 16)  # 因[不能预见、…克服等]不可抗力: 4 + 1 + 4 + 1 + 4 + 1 characters
    assert a[: first.start] + a[first.end : second.start] == "因不可抗力因素,导致"
    assert b[only.end :] == "人员未能依法履行职责的；"


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (SD + "art13.p1.i5", BN + "art10.p1.i4", ([], ["或擅自启用设施设备"])),
        (SD + "art13.p1.i7", BN + "art10.p1.i8", (["有关", "错误或者不当"], [])),
        (SD + "art13.p1.i8", BN + "art10.p1.i6", (["无法定性"], ["未及时发现"])),
        (SD + "art14.p1.i7", BN + "art12.p1.i6", (["全局"], ["社会", "人民群众"])),
        (SD + "art15.p1.i2", YJ + "s2.2.1.19", (["问责", "并"], ["组织", "可以减轻或从轻问责"])),
        # 拒不执行行政处罚、行政命令等决定 stands in both, at another place
        (SD + "art13.p1.i4", BN + "art10.p1.i3", ([], ["造成污染"])),
        # not 事[故或者事]件
        (SD + "art13.p1.i9", BN + "art10.p1.i7", (["不执行整改要求导致", "事故或者"], [])),
        # not [调整、法律法规]调整
        (SD + "art14.p1.i8", BN + "art12.p1.i5", (["在创造性开展工作中", "者"], ["法律法规调整"])),
        # not 监[督检查] beside [执法]监[管], nor 法[律法规…] beside [责任清单、执]法[事项清单]
        (
            SD + "art13.p1.i1",
            BN + "art10.p1.i1",
            (
                ["法律法规、事权划分规定、年度监督检查计划、“双随机”抽查要求等,已", "监督检查"],
                ["已经", "责任清单、执法事项清单", "执法监管"],
            ),
        ),
    ],
)
def test_differences_of_clauses(a, b, expected):
    assert words(text_of(a), text_of(b)) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("", "", ([], [])),
        ("", "，。 ", ([], [])),
        ("", "没有损失。", ([], ["没有损失"])),
        ("损失,影响 (重大)；", "损失，影响（重大）。", ([], [])),
        ("甲乙", "丙丁", (["甲乙"], ["丙丁"])),
        ("超标10%的", "超标10‰的", (["%"], ["‰"])),
        ("报告并整改", "报告、整改", (["并"], [])),
        ("甲乙丙丁戊己庚辛", "戊己庚辛甲乙丙丁", ([], [])),
        ("甲乙丙丁戊己庚", "戊己庚甲乙丙丁", (["戊己庚"], ["戊己庚"])),  # three moved characters may be chance
        ("限期整改", "限期", (["整改"], [])),
        ("故或事故", "故", (["故或事"], [])),
        ("调整、法规调整，完毕", "调整完毕", (["法规调整"], [])),
    ],
)
def test_differences_of_small_texts(a, b, expected):
    assert words(a, b) == expected


def test_spans_are_disjoint_and_ordered_and_begin_and_end_with_words():
    for key, other in rows():
        a, b = text_of(key), text_of(other.clause_id)
        for text, spans in zip((a, b), differing(a, b), strict=True):
            for span in spans:
                assert len(span) and span.end <= len(text)
                assert plain(text[span.start]) and plain(text[span.end - 1])
            for one, two in zip(spans, spans[1:], strict=False):
                assert plain(text[one.end : two.start]), "two spans that touch are one"


def test_what_is_not_marked_stands_in_the_other_text():
    for key, other in rows():
        a, b = text_of(key), text_of(other.clause_id)
        for (text, beside), spans in zip(((a, b), (b, a)), differing(a, b), strict=True):
            marked = {at for span in spans for at in range(span.start, span.end)}
            assert {char for at, char in enumerate(text) if at not in marked and plain(char)} <= set(beside)


@given(st.text("甲乙丙丁，、 "), st.text("甲乙丙丁，、 "))
def test_from_the_other_side_the_same_parts_are_marked(a, b):
    assert differing(b, a) == differing(a, b)[::-1]


@given(st.text("甲乙丙丁"), st.text("子丑寅卯", min_size=1), st.text("甲乙丙丁"))
def test_what_is_put_in_is_what_is_marked(before, added, after):
    assert words(before + after, before + added + after) == ([], [added])
