"""Exact segmentations, offsets that rebuild the text, terms and the dictionary cache."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import ModelError
from models.dictionary import LEXICON, cache_path, load_table, prefix_table, read_lexicon, save_table
from models.segment import Segmenter, load_segmenter

CUTS = {
    "执法人员按照双随机、一公开要求检查了企业，未发现偷排": "执法人员/按照/双随机/、/一公开/要求/检查/了/企业/，/未/发现/偷排",
    "领导班子没上会就拍板，三重一大程序没走": "领导班子/没/上会/就/拍板/，/三重一大/程序/没/走",
    "违反民主集中制，已经给他谈话提醒了": "违反/民主集中制/，/已经/给/他/谈话提醒/了",
    "容缺受理后材料没补齐": "容缺/受理/后/材料/没/补齐",
    "在线监测的探头被人动过": "在线监测/的/探头/被/人动/过",
    "他们晚上偷偷把危废倒进河里": "他们/晚上/偷偷/把/危废/倒/进/河里",
    "环评批复里PM2.5超标3.5倍": "环评/批复/里/PM2.5/超标/3.5/倍",
    "ＣＯＤ超标１２．５％": "ＣＯＤ/超标/１２．５％",
    "已责令改正，属实名举报": "已/责令改正/，/属/实名举报",
    "  行政相对人\r\n隐瞒证据\u3000🙂": " / /行政相对人/\r\n/隐瞒/证据/\u3000/🙂",
}
COMMON = ("研究生命起源", "结婚的和尚未结婚的", "不作为执法错误认定", "晚上会上讨论", "河长满了草", "人民生活水平", "在整改期间")


@pytest.fixture(scope="module")
def segmenter():
    return load_segmenter()


@pytest.mark.parametrize("text", CUTS)
def test_exact_segmentation(segmenter, text):
    assert "/".join(token.text for token in segmenter.tokens(text)) == CUTS[text]


def test_every_lexicon_word_is_one_token(segmenter):
    assert [word for word, _ in read_lexicon() if len(segmenter.tokens(word)) != 1] == []


@pytest.mark.parametrize("text", COMMON)
def test_lexicon_leaves_common_words_alone(segmenter, text):
    lexicon = {word for word, _ in read_lexicon()}
    assert [token.text for token in segmenter.tokens(text) if token.text in lexicon] == []


@settings(max_examples=200, deadline=None)
@given(st.text(st.one_of(st.characters(), st.sampled_from("执法检查，。１Ａa5.%\r\n\u3000 🙂")), max_size=60))
def test_tokens_rebuild_the_text(text):
    tokens = load_segmenter().tokens(text)
    assert "".join(token.text for token in tokens) == text
    assert all(token.span.of(text) == token.text and token.text for token in tokens)
    assert [token.span.start for token in tokens[1:]] == [token.span.end for token in tokens[:-1]]


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("执法人员没有偷排的了，。１ＡbC5.% \n"), max_size=40))
def test_term_spans_point_at_their_words(text):
    found = load_segmenter().term_spans(text)
    assert [term for term, _ in found] == load_segmenter().terms(text)
    narrow = text.translate({0xFF11: "1", 0xFF21: "a"}).lower()
    assert all(span.of(narrow) == term.removeprefix("~") for term, span in found)


def test_terms_are_words_and_marked_bigrams(segmenter):
    # 受理 as a word and as characters; 的 ends the run, so no bigram holds it; ，and the space are no terms
    assert segmenter.terms("受理的材料， ＣＯＤ超标") == ["受理", "~受理", "材料", "~材料", "cod", "超标", "~超标"]


def test_a_word_inside_a_longer_one_still_meets_by_bigram(segmenter):
    inside, alone = set(segmenter.terms("民主集中制")), set(segmenter.terms("集中"))
    assert inside & alone == {"~集中"}


def test_negations_are_terms(segmenter):
    assert {"没", "未"} <= set(segmenter.terms("没检查，未处罚"))


def test_empty_text(segmenter):
    assert segmenter.tokens("") == []
    assert segmenter.terms("") == []
    assert segmenter.terms(" ，。\n") == []


def test_jieba_is_silent_and_its_global_dictionary_untouched():
    code = "from models.segment import Segmenter; Segmenter().tokens('双随机'); import jieba; assert not jieba.dt.initialized"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_lexicon_is_sorted_out():
    words = [word for word, _ in read_lexicon()]
    assert len(words) == len(set(words)) > 200


@pytest.mark.parametrize("raw", [b"\xef\xbb\xbfa 1\n", b"a 1\r\nb\n", b"a 0\n", b"a b\n", b"a 1 2\n"])
def test_a_broken_lexicon_is_named(tmp_path, raw):
    path = tmp_path / "words.txt"
    path.write_bytes(raw)
    with pytest.raises(ModelError, match=r"words\.txt"):
        read_lexicon(path)


def test_lexicon_with_comments_and_frequencies(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("# 说明\n\n甲乙 30\n丙丁\n", encoding="utf-8", newline="\n")
    assert read_lexicon(path) == [("甲乙", 30), ("丙丁", None)]


def test_own_lexicon_changes_the_cut(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = tmp_path / "words.txt"
    path.write_text("倒进河里\n", encoding="utf-8")
    assert [token.text for token in Segmenter(path).tokens("倒进河里")] == ["倒进河里"]
    assert cache_path("0.42.1", path) != cache_path("0.42.1", LEXICON)


def test_prefix_table_equals_jieba(segmenter):
    raw = "行政相对人 3 n\n行政 7 n\n相对 2\n".encode()
    assert prefix_table(raw) == ({"行政": 7, "行": 0, "行政相": 0, "行政相对": 0, "行政相对人": 3, "相": 0, "相对": 2}, 12)
    assert prefix_table(b"") == ({}, 0)


def test_cache_is_reused_and_survives_damage(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    Segmenter().tokens("双随机")
    (cached,) = (tmp_path / "rongcuo").iterdir()
    assert load_table(cached) is not None
    cached.write_bytes(cached.read_bytes()[:1000])
    assert load_table(cached) is None
    assert [token.text for token in Segmenter().tokens("双随机")] == ["双随机"]
    assert load_table(cached) is not None


def test_unwritable_cache_folder_is_no_obstacle(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert [token.text for token in Segmenter().tokens("双随机")] == ["双随机"]
    save_table(({}, 0), tmp_path / "file" / "below" / "cache")


def test_damaged_cache_content_is_not_taken(tmp_path):
    import marshal

    path = tmp_path / "cache"
    path.write_bytes(marshal.dumps(([], "x")))
    assert load_table(path) is None
