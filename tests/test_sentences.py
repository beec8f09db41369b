"""Exact sentence splits, windows, and the properties they keep on any text."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.sentences import split_sentences, windows

CHAT = (
    "那天晚上十点多我们接到举报说河里有股怪味 我和小李开车过去看了一圈没发现什么 第二天又有人打电话 "
    "我们再去的时候已经排完了 企业说是停电了 后来领导问怎么没抓到"
)
SPLITS = {
    "执法人员到场检查。当事人说：“我没有偷排。”随后离开；未作笔录……后来补了吗？！补了": (
        "执法人员到场检查。|当事人说：“我没有偷排。”|随后离开；|未作笔录……|后来补了吗？！|补了"
    ),
    "他说“今天不去。明天再说。”我没同意。": "他说“今天不去。|明天再说。”|我没同意。",
    '他说"没问题。"然后走了。': '他说"没问题。"|然后走了。',
    "超标了（见附件。）后来改了": "超标了（见附件。）|后来改了",
    "超标3.5吨，2023.5.1发现.第二天复查合格.没事了": "超标3.5吨，2023.5.1发现.|第二天复查合格.|没事了",
    "等等...然后就没了": "等等...|然后就没了",
    "你说呢?我不知道!对吧;行": "你说呢?|我不知道!|对吧;|行",
    "问：你什么时候到的？答：三点到的。我一个人。问：看见什么了 答: 看见废水": (
        "问：你什么时候到的？|答：三点到的。|我一个人。|问：看见什么了|答: 看见废水"
    ),
    "询问：有没有偷排 回答：没有": "询问：有没有偷排 回答：没有",
    "情况：1.查了；2.没整改，3、罚款 一、认错 二、改": "情况：|1.查了；|2.没整改，|3、罚款|一、认错|二、改",
    "存在问题，一是不到位，二是不全": "存在问题，|一是不到位，|二是不全",
    "要求，（一）马上改，（2）以后注意，①记录": "要求，|（一）马上改，|（2）以后注意，|①记录",
    "共1、2、3三个点位，一、二、三类水体": "共1、2、3三个点位，一、二、三类水体",
    "根据《谁来监管？谁来负责！》的通知，已经整改": "根据《谁来监管？谁来负责！》的通知，已经整改",
    "网址http://a.cn/x?y=1;z=2看不了": "网址http://a.cn/x?y=1;z=2看不了",
    "第一行\r\n第二行\n\n  第三行  ": "第一行|第二行|第三行",
    "好。 。 没事": "好。 。|没事",
    CHAT: (
        "那天晚上十点多我们接到举报说河里有股怪味 我和小李开车过去看了一圈没发现什么|"
        "第二天又有人打电话 我们再去的时候已经排完了 企业说是停电了 后来领导问怎么没抓到"
    ),
    "。。。": "。。。",
    "": "",
    " \n\u3000": "",
}
NARRATIVE = st.text(st.sampled_from("执法人员一二是问答：:，,。；！？…“”\"《》（）()1235.、 \n\r\u3000a;?①🙂"), max_size=250)


@pytest.mark.parametrize("text", SPLITS)
def test_exact_split(text):
    assert "|".join(span.of(text) for span in split_sentences(text)) == SPLITS[text]


def test_long_sentence_is_cut_at_commas():
    text = (
        "由于运维单位没有按照技术规范的要求对采样管路进行清洗，"
        "致使监测数据在连续两个多月里明显偏低，而执法人员只看平台数据没有到现场比对。"
    )
    assert [span.of(text)[-1] for span in split_sentences(text)] == ["，", "。"]


def test_text_without_any_mark_is_cut_at_twice_the_length_but_not_inside_a_number():
    assert [len(span) for span in split_sentences("好" * 300)] == [120, 120, 60]
    text = "好" * 118 + "2023.5.1" + "好" * 60
    assert split_sentences(text)[0].of(text) == "好" * 118


@settings(max_examples=400, deadline=None)
@given(st.one_of(NARRATIVE, st.text(max_size=80)))
def test_sentences_cover_all_but_white_space(text):
    spans = split_sentences(text)
    assert all(span.of(text) == span.of(text).strip() != "" for span in spans)
    assert all(before.end <= after.start for before, after in zip(spans, spans[1:], strict=False))
    kept = "".join(span.of(text) for span in spans)
    assert "".join(kept.split()) == "".join(text.split())


@settings(max_examples=200, deadline=None)
@given(NARRATIVE, st.integers(1, 4), st.integers(1, 4), st.integers(1, 100))
def test_windows_are_ordered_bounded_and_complete(text, sentences, stride, max_chars):
    found = windows(text, sentences=sentences, stride=min(stride, sentences), max_chars=max_chars)
    assert found == sorted(set(found))
    assert all(0 < len(window) <= max_chars for window in found)
    covered = {place for window in found for place in range(window.start, window.end)}
    assert covered >= {place for place, character in enumerate(text) if not character.isspace()}


def test_windows_overlap_and_long_sentences_stand_alone():
    long = "这一句一共写了超过二十五个字所以它自己也单独成为一个窗口。"
    text = f"甲。乙。{long}丙。"
    assert [window.of(text) for window in windows(text)] == ["甲。乙。", f"乙。{long}", long, f"{long}丙。"]
    assert [window.of(text) for window in windows(text, sentences=3, stride=3)] == [f"甲。乙。{long}", long, "丙。"]


def test_windows_shrink_to_max_chars_without_a_gap():
    text = "甲甲甲甲。乙乙乙乙。丙丙丙丙。"
    assert [window.of(text) for window in windows(text, max_chars=6)] == ["甲甲甲甲。", "乙乙乙乙。", "丙丙丙丙。"]
    assert [(w.start, w.end) for w in windows("甲乙丙丁戊", max_chars=2)] == [(0, 2), (2, 4), (4, 5)]


def test_windows_of_nothing():
    assert windows("") == [] == windows(" \n")


@pytest.mark.parametrize("wrong", [{"stride": 0}, {"stride": 3}, {"sentences": 0}, {"max_chars": 0}])
def test_windows_refuse_what_would_skip_sentences(wrong):
    with pytest.raises(ValueError, match="stride"):
        windows("甲。", **wrong)


@pytest.mark.parametrize("unit", [CHAT + "。", "好", "，", "《", "1.5", '"', "问：", "…", "？", " ", "好\n", "(1)", "“。"])
def test_a_hundred_thousand_characters_take_no_time(unit):
    text = (unit * 100_000)[:100_000]
    start = time.process_time()
    windows(text)
    assert time.process_time() - start < 5  # a quadratic step would take minutes
