"""What goes with a report once the library holds another version of a shipped regulation: nothing of words that changed."""

from dataclasses import replace
from datetime import date

import pytest

from data.catalogue import FOLDER, as_shipped, matched_regulations
from data.categories import categorise
from data.entries import entries_of
from data.parser import parse
from models.encoder import load_encoder
from models.segment import load_segmenter
from retrieval.dossier import open_dossier, outdated, parallels
from retrieval.index import build
from retrieval.matcher import Matcher
from retrieval.publish import publish
from retrieval.settings import Settings
from retrieval.shelf import Shelf
from tests.publishing.samples import base_matcher, order
from ui.cards_picture import picture_html
from ui.present_dossier import dossier_json, dossier_lines
from ui.reports.picture import deadlines_of, questions_of

SHIPPED = {regulation.id: regulation for regulation in matched_regulations()}
ENTRIES = {entry.clause.id: entry for entry in entries_of(SHIPPED.values())}
SHANDONG = (FOLDER / "shandong-2019.txt").read_text("utf-8")
TOLD = "山东省生态环境系统干部履职尽责容错纠错实施办法"
STORY = "我们按年度计划和双随机要求做了检查，行政相对人隐瞒、伪造证据，致使我们作出错误的处罚决定。"
DAY = date(2026, 3, 2)


def shandong(*changes):
    """The regulation of Shandong with words exchanged."""
    text = SHANDONG
    for before, after in changes:
        assert text.count(before) == 1
        text = text.replace(before, after)
    parsed = categorise(parse(text, "shandong-2019", region="山东省"), overrides=())
    return replace(parsed, title=f"{TOLD}（修订）")


@pytest.fixture
def served(tmp_path):
    """A function that publishes a Shandong of other words beside the other regulations, and returns what serves then."""
    base = base_matcher(tmp_path / "cache")

    def serve(*changes):
        others = [regulation for regulation in SHIPPED.values() if regulation.id != "shandong-2019"]
        publish(tmp_path / "library", [shandong(*changes), *others], base, order(0))
        return Shelf(tmp_path / "library", base)()

    return serve


def dossier_of(matcher):
    report = matcher.match(STORY, region="shandong", top_k=5)
    return report, open_dossier(matcher, report, start=DAY)


def test_the_same_words_published_again_lose_nothing(served):
    report, dossier = dossier_of(served())
    assert dossier.outdated == "" and dossier.title == f"{TOLD}（修订）"
    assert len(dossier.steps) == len(deadlines_of("shandong-2019", ENTRIES)) > 10
    assert all(step.citation.startswith(f"《{TOLD}（修订）》") for step in dossier.steps)
    assert all(dossier.parallels[clause_id] for clause_id in ("shandong-2019/art13.p1.i1", "shandong-2019/art13.p1.i2"))
    assert dossier_json(dossier)["outdated"] == "" and "不同（改动" not in picture_html(dossier, STORY)
    assert "不同（改动" not in "\n".join(dossier_lines(dossier, report, full=True))


def test_what_speaks_of_changed_words_is_left_out_and_a_sentence_says_so(served):
    matcher = served(("应当于7日内告知", "应当于30日内告知"), ("毁灭证据或者提供虚假材料", "毁灭证据、拒绝提供或者提供虚假材料"))
    report, dossier = dossier_of(matcher)
    steps = {step.deadline.clause_id for step in dossier.steps}
    assert "shandong-2019/art16.p2" not in steps and "shandong-2019/art16.p3" in steps
    assert not any("7日内" in step.paragraph for step in dossier.steps)
    assert dossier.parallels["shandong-2019/art13.p1.i2"] == () and dossier.parallels["shandong-2019/art13.p1.i1"]
    assert "有 2 条不同" in dossier.outdated and dossier.outdated.count("。") == 1
    assert dossier.outdated in picture_html(dossier, STORY)
    assert dossier_json(dossier)["outdated"] == dossier.outdated
    assert next(iter(dossier_lines(dossier, report, full=False))) == dossier.outdated
    serving = {entry.clause.id: entry for entry in matcher.index.entries}
    rows = deadlines_of("shandong-2019", serving)
    assert "另有 4 个步骤" in rows[-1].what and not any("7日" in row.quote for row in rows)


def test_no_relation_to_a_clause_of_another_regulation_that_changed_or_went():
    own, other = ENTRIES["shandong-2019/art13.p1.i2"].clause, "banan-2022/art10.p1.i2"
    assert other in [one.clause.id for one in parallels(own, ENTRIES)]
    changed = replace(ENTRIES[other], clause=replace(ENTRIES[other].clause, text="已失效。"))
    for serving in ({**ENTRIES, other: changed}, {key: entry for key, entry in ENTRIES.items() if key != other}):
        assert other not in [one.clause.id for one in parallels(own, serving)]


def test_words_added_or_taken_away_count_as_changes():
    new = replace(ENTRIES["shandong-2019/art13.p1.i1"].clause, id="shandong-2019/art99")
    assert "有 1 条不同" in outdated("shandong-2019", {**ENTRIES, new.id: replace(next(iter(ENTRIES.values())), clause=new)})
    fewer = {key: entry for key, entry in ENTRIES.items() if key != "shandong-2019/art22.p1"}
    assert "有 1 条不同" in outdated("shandong-2019", fewer) and outdated("fuzhou-2019", fewer) == ""
    assert outdated("mine", ENTRIES) == "" and not as_shipped(new)


@pytest.mark.model
def test_a_picture_leaves_out_the_clauses_that_changed(tmp_path):
    changed, gone = "fuzhou-2019/art4.p1.i4", "fuzhou-2019/art9.p1.i7"
    entries = [entry for entry in ENTRIES.values() if entry.clause.regulation_id == "fuzhou-2019" and entry.clause.id != gone]
    at = next(row for row, entry in enumerate(entries) if entry.clause.id == changed)
    entries[at] = replace(entries[at], clause=replace(entries[at].clause, text="经上级书面同意的；"))
    encoder, segmenter, settings = load_encoder(), load_segmenter(), Settings(cache_dir=tmp_path)
    matcher = Matcher(build(entries, encoder, segmenter, settings), encoder, segmenter, settings)
    story = "方案党组两次开会讨论、一致同意。拆的时候带倒了老乡一间柴房，当天就赔礼道歉，逐户赔清，没有人受伤，没收过一分钱。"
    report = matcher.match(story, region="fuzhou")
    dossier = open_dossier(matcher, report, start=DAY)
    groups = {group.id: group for group in dossier.picture.groups}
    told = {clause.clause_id for group in groups.values() for clause in group.clauses}
    asked = {clause_id for group in groups.values() for clause_id, _ in group.questions}
    assert told and asked and not {changed, gone} & (told | asked)
    assert groups["conditions"].state in ("open", "not met") and "有 2 条不同" in dossier.outdated
    assert "经上级书面同意" not in picture_html(dossier, story)
    serving = {entry.clause.id: entry for entry in entries}
    assert questions_of(dossier.picture, serving)[-1] == dossier.outdated
