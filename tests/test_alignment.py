"""Which sentence speaks to which element of a clause: by hand, with the shipped encoder, and on page, wire and terminal."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from data.cases import CASES, read_cases
from data.elements import Element, clause_elements
from data.schema import Span
from models.segment import load_segmenter
from models.sentences import split_sentences
from models.stub import StubEncoder
from retrieval.alignment import Aligner, Alignment
from retrieval.dossier import open_dossier
from retrieval.loading import open_matcher
from tests.test_cards import Reader
from ui.cards import result_html
from ui.cards_alignment import alignment_html
from ui.cli import main
from ui.present import report_json
from ui.present_alignment import MEANING, alignment_json

STORY = "今天下雨。企业老板隐瞒了台账，证据是前一晚补的。我们按计划做了检查，没有发现。"
CLAUSE = "因当事人转移查封的物品,导致重大损失的,可以免责"
# What a reader marked before seeing any result: case of dev.jsonl, clause, words of a sentence, words of the right element.
# What an alignment consists of was then chosen with these pairs.
PAIRS = """
d1-108 yangjiang-2017/s2.2.1.11 三次集体讨论 民主决策|请示报告|评估决策风险
d1-108 yangjiang-2017/s2.2.1.3 市委督办的雨污分流 决策部署
d1-108 yangjiang-2017/s2.2.1.3 为赶在国庆前通水 加快工作进度
d1-108 yangjiang-2017/s2.2.1.3 方法急了 方式方法不当
d1-107 yangjiang-2017/s2.2.1.2 凌晨五点他就电话 及时报告
d1-107 yangjiang-2017/s2.2.1.2 第二天他带人 弥补损失
d1-107 yangjiang-2017/s2.2.1.2 砸开一家企业仓库的锁 突破程序
d1-107 yangjiang-2017/s2.2.1.2 断缆漂向炼油码头 及时有效处置
d1-107 yangjiang-2017/s2.2.1.1 断缆漂向炼油码头 处置重大突发性
d1-047 banan-2022/art10.p1.i10 2月摇中的 已认真履行
d1-047 banan-2022/art10.p1.i10 新来的把管子改了 造成环境污染
d1-063 banan-2022/art10.p1.i10 规定完成时限为11月30日 规定时限|已认真履行
d1-063 banan-2022/art10.p1.i10 夜里把沉淀池底阀拧开 造成环境污染
d1-063 banan-2022/art10.p1.i10 按清单逐项检查 已认真履行
d2-019 shandong-2019/art14.p1.i7 三任领导未谈拢 历史遗留
d2-019 shandong-2019/art14.p1.i7 先撤牛、后评估 打破僵局
d2-019 shandong-2019/art14.p1.i7 按大牛价补了小牛 出现失误
d2-088 fuzhou-2019/art8.p1.i3 任务书只有一页 明令禁止|试点性
d2-088 fuzhou-2019/art8.p1.i3 哪一条说不能 明令禁止
d2-088 fuzhou-2019/art8.p1.i3 局里三次开会 集体研究
d2-088 fuzhou-2019/art8.p1.i3 约120亩菜地出现烧苗 一定失误
d2-117 yangjiang-2017/s2.2.2.4 5人死亡、43人住院 造成重特大
d2-117 yangjiang-2017/s2.2.2.4 三千多人堵在路口 群体性事件
d2-117 yangjiang-2017/s2.2.2.4 塞进抽屉 玩忽职守
d2-117 yangjiang-2017/s3.2.7 死亡人数两次改小 瞒报
d2-117 yangjiang-2017/s3.2.7 没有启动任何预案 应急预案
d2-117 yangjiang-2017/s3.2.7 自己则在家里开车往外跑 脱逃|畏缩
d1-113 yangjiang-2017/s2.2.1.8 没有配套的表 配套措施
d1-113 yangjiang-2017/s2.2.1.8 有三户折多了 尺度|出现失误
d1-113 yangjiang-2017/s2.2.1.8 里头二十来年了 切身利益
d1-113 yangjiang-2017/s2.2.1.8 别的村跟着学了两个 没有造成严重后果
d2-082 fuzhou-2019/art6.p1.i3 国内没有第二家 无先例|积极探索
d2-082 fuzhou-2019/art6.p1.i3 淹了两条巷子 造成一定损失
d2-082 fuzhou-2019/art8.p1.i3 两次请了专家 集体研究
d2-082 fuzhou-2019/art8.p1.i3 淹了两条巷子 一定失误
d2-018 shandong-2019/art14.p1.i5 三个中队长岗位 不拘一格|干部队伍建设
d2-018 shandong-2019/art14.p1.i5 三起案子超期撤销 出现失误
d1-103 yangjiang-2017/s2.2.1.10 头一回管冷库 缺乏经验
d1-103 yangjiang-2017/s2.2.1.10 附近村民没感觉 没有造成较大影响
d1-103 yangjiang-2017/s2.2.1.10 消防十一点关死总阀 有效处置|减少损失
d2-057 banan-2022/art10.p1.i2 听见车声就从后坡跑 逃避
d2-057 banan-2022/art10.p1.i2 一直挂着 不能及时
d1-048 banan-2022/art10.p1.i2 那根管子是假的 伪造
d1-048 banan-2022/art10.p1.i2 我们罚轻了 错误执法决定
"""
NOBODY = np.zeros((0, 0), np.float32)


def aligned(clause, story):
    encoder = StubEncoder()  # a text is the keywords in it: 查封 and 损失 here
    sentences = split_sentences(story)
    return Aligner(encoder).align([clause], sentences, encoder.encode_windows(story, sentences))[0]


def kinds(table):
    return [element.kind for element in table.elements]


# ── the alignment itself ──


def test_a_sentence_aligns_with_the_element_that_shares_its_words():
    story = "他转移了查封的设备。损失很大。"
    table = aligned(CLAUSE, story)
    assert kinds(table) == ["conduct", "result"]  # who is meant and what follows is nothing that a sentence tells
    # cosines (1, 0) and (0, 1): each stands out by the same in both parts, and nothing is left elsewhere
    assert table.strength.tolist() == [[1, 0], [0, 1]]
    first, second = split_sentences(story)
    assert table.element_of(first).span.of(CLAUSE) == "转移查封的物品," and table.element_of(second).kind == "result"
    assert table.element_of(Span(0, len(story))).kind == "conduct"  # of equals the first


def test_one_sentence_is_compared_among_the_elements():
    table = aligned(CLAUSE, "损失很大。")
    assert table.strength.tolist() == [[0, 1]]
    assert aligned("导致重大损失的", "损失很大。").strength.tolist() == [[0]]  # of one pair nothing can be said


def test_where_nothing_is_told_nothing_is_aligned():
    unlike = aligned(CLAUSE, "今天下雨。明天晴。")
    assert not unlike.strength.any() and unlike.element_of(Span(0, 4)) is None
    assert aligned("", "损失很大。今天下雨。").strength.shape == (2, 0)
    assert kinds(aligned("可以免责。", "损失很大。")) == ["outcome"]  # the clause has no other
    encoder = StubEncoder()
    (none,) = Aligner(encoder).align([CLAUSE], (), np.zeros((0, encoder.dim), np.float32))
    assert none.strength.shape == (0, 2) and none.element_of(Span(0, 3)) is None
    assert Aligner(encoder).align([], (), np.zeros((0, encoder.dim), np.float32)) == ()


class Counting(StubEncoder):
    asked = 0

    def encode_documents(self, texts):
        self.asked += len(texts)
        return super().encode_documents(texts)


def test_clauses_together_are_aligned_as_each_alone_and_encoded_once():
    story, encoder = "他转移了查封的设备。损失很大。", Counting()
    sentences = split_sentences(story)
    aligner, clauses = Aligner(encoder), [CLAUSE, "", "损失很大,查封错误的", CLAUSE]
    for _ in range(2):
        together = aligner.align(clauses, sentences, encoder.encode_windows(story, sentences))
        assert [table.strength.tolist() for table in together] == [aligned(c, story).strength.tolist() for c in clauses]
    assert encoder.asked == 4  # the elements of two clauses


def test_only_the_leading_pairs_are_worth_showing():
    sentences = tuple(Span(i, i + 1) for i in range(9))
    elements = tuple(Element(Span(i, i + 1), "conduct") for i in range(8))
    strength = np.zeros((9, 8), np.float32)
    strength[range(8), range(8)] = (0.31, 0.4, 1.0, 0.29, 0.5, 0.6, 0.7, 0.8)
    shown = Alignment(sentences, elements, strength).worth_showing()
    # six at most, the weakest of the seven left out, in the order of the texts
    assert (
        [sentence.start for sentence in shown.sentences]
        == [element.span.start for element in shown.elements]
        == [1, 2, 4, 5, 6, 7]
    )
    assert shown.strength.diagonal().tolist() == pytest.approx([0.4, 1.0, 0.5, 0.6, 0.7, 0.8])
    for empty in (Alignment(sentences, elements, strength * 0.2), Alignment((), (), NOBODY), Alignment(sentences, (), NOBODY)):
        assert empty.worth_showing().sentences == () == empty.worth_showing().elements


@pytest.fixture(scope="module")
def real():
    return open_matcher()


@pytest.mark.model
def test_sentences_of_real_narratives_point_to_the_element_that_a_reader_marked(real):
    cases = {case.id: case for case in read_cases(CASES / "dev.jsonl")}
    clauses = {entry.clause.id: entry.clause for entry in real.index.entries}
    right, first = [], []
    for case_id, clause_id, told, element in (line.split() for line in PAIRS.split("\n") if line):
        story, clause = cases[case_id].narrative, clauses[clause_id].text
        encoded = real.scores(story, "all", (), "hybrid").encoded
        away = encoded.sentence_vectors - real.index.background.center
        (table,) = real.scorer.aligner.align([clause], encoded.sentences, away, encoded.reading)
        place = Span(story.index(told), story.index(told) + len(told))
        found = table.element_of(place)
        right.append(found is not None and bool(re.search(element, found.span.of(clause))))
        columns = [i for i, one in enumerate(table.elements) if re.search(element, one.span.of(clause))]
        strongest = table.strength[:, columns].argmax(axis=0)
        first.append(any(table.sentences[line].overlaps(place) for line in strongest))
    assert len(right) == 44
    # measured 35 and 24; likeness within the clause alone gives 31 and 12
    assert sum(right) >= 33 and sum(first) >= 22


@pytest.mark.model
def test_a_real_report_has_a_table_for_what_it_suggests(real):
    story = next(case.narrative for case in read_cases(CASES / "dev.jsonl") if case.id == "d2-032")
    report = real.match(story, region="shandong", top_k=5)
    tables = open_dossier(real, report).alignments
    assert tables.keys() == {match.clause.id for match in report.matches}
    for match in report.matches:
        table, clause = tables[match.clause.id], match.clause.text
        assert set(table.sentences) <= set(split_sentences(story)) and 1 <= len(table.sentences) <= 6
        assert set(table.elements) <= set(clause_elements(clause)) and 1 <= len(table.elements) <= 6
        assert not {"who", "outcome"} & set(kinds(table))
        assert (
            table.strength.max() == 1 and (table.strength.max(axis=0) >= 0.3).all() and (table.strength.max(axis=1) >= 0.3).all()
        )
        # the words that are quoted as evidence speak to an element of the clause
        assert match.evidence[0].clause in {element.span for element in clause_elements(clause)}


# ── on the page ──


@pytest.fixture
def shown(matcher):
    report = matcher.match(STORY, top_k=10, per_headline=3)
    return report, open_dossier(matcher, report)


def test_a_card_has_a_closed_table_with_the_values_as_text(shown):
    report, dossier = shown
    html = result_html(report, load_segmenter(), scope="全部", dossier=dossier)
    first = report.matches[0]
    card = re.search(rf'<article[^>]*data-rank="{first.rank}".*?</article>', html, re.S).group()
    table = re.search(r'<details class="rc-alignment">.*?</details>', card, re.S).group()
    assert Reader(table).text.startswith(f"逐句对照{MEANING}") and "不是概率" in MEANING and " open" not in table
    alignment = dossier.alignments[first.clause.id]
    lines, columns = alignment.strength.shape
    assert table.count("<caption>") == 1 and table.count('<th scope="col"') == columns + 1
    assert table.count('<th scope="row"') == lines and table.count("<td ") == lines * columns
    values = re.findall(r'<td role="cell" style="--rc-weight:([\d.]+)">([\d.]+)</td>', table)
    assert [float(shade) for shade, _ in values] == pytest.approx(alignment.strength.ravel().tolist(), abs=0.006)
    assert all(shade == text for shade, text in values) and "1.00" in {text for _, text in values}
    told = [Reader(head).text for head in re.findall(r'<th scope="row".*?</th>', table)]
    assert told == [sentence.of(STORY) for sentence in alignment.sentences] and any("隐瞒" in words for words in told)
    for element, head in zip(alignment.elements, re.findall(r'<th scope="col".*?</th>', table)[1:], strict=True):
        assert Reader(head).text.startswith(element.label)


def test_what_is_told_and_what_a_clause_says_is_never_html():
    story, clause = "<script>alert(1)</script>损失 &amp;\n很大", "<img src=x onerror=alert(1)>损失"
    table = Alignment((Span(0, len(story)),), (Element(Span(0, len(clause)), "result"),), np.ones((1, 1), np.float32))
    page = Reader(alignment_html(table, story, clause))
    assert not {"script", "img"} & set(page.tags) and not [name for name, _ in page.attributes if name.startswith("on")]
    assert "<script>alert(1)</script>损失 &amp; 很大" in page.text and clause in page.text


def test_without_a_pair_there_is_no_table(shown):
    report, dossier = shown
    assert alignment_html(None, STORY, CLAUSE) == alignment_html(Alignment((), (), NOBODY), STORY, CLAUSE) == ""
    html = result_html(report, load_segmenter(), scope="全部", dossier=replace(dossier, alignments={}))
    assert "逐句对照" not in html


# ── for programs, and in the terminal ──


def test_the_json_has_an_alignment_for_each_match(shown):
    report, dossier = shown
    for match, row in zip(report.matches, json.loads(json.dumps(report_json(report, dossier=dossier)))["matches"], strict=True):
        got, table = row["alignment"], dossier.alignments[match.clause.id]
        assert list(got) == ["elements", "sentences", "weights"]
        for element in got["elements"]:
            assert list(element) == ["kind", "text", "start", "end"]
            assert row["text"][element["start"] : element["end"]] == element["text"]
        assert [STORY[s["start"] : s["end"]] for s in got["sentences"]] == [s.of(STORY) for s in table.sentences]
        assert got["weights"] == [[pytest.approx(value, abs=0.0005) for value in line] for line in table.strength.tolist()]
        assert all(value == round(value, 3) for line in got["weights"] for value in line)
    assert all("alignment" not in row for row in report_json(report, identifier="1")["matches"])
    assert alignment_json(None, CLAUSE) == {"elements": [], "sentences": [], "weights": []}


@pytest.mark.model
def test_the_terminal_shows_it_only_when_asked(capsys):
    story = "问：谁定的？答：我定的。我们按年初的抽查名单去的化工厂，台账整整齐齐。省里暗访才发现，老板把采样头插进了矿泉水瓶里。"
    assert main(["match", story, "--region", "shandong", "--top-k", "2", "--category", "duty_fulfilled"]) == 0
    assert "逐句对照" not in capsys.readouterr().out
    assert main(["match", story, "--region", "shandong", "--top-k", "2", "--category", "duty_fulfilled", "--align"]) == 0
    out = capsys.readouterr().out
    assert "━━ 逐句对照 ━━" in out and "".join(MEANING.split()) in "".join(out.split())
    assert out.count("第 1 名") == out.count("第 2 名") == 1 and "1.00 ███" in out and "抽查名单" in out.partition("逐句对照")[2]
    assert max(map(len, out.splitlines())) <= 120
