"""The library over a shelf: a Word file becomes a draft, is corrected, published, matched, compared and withdrawn."""

import io

import pytest

from data.catalogue import matched_regulations
from data.errors import FileError, InputError
from data.store.errors import StoreConflict
from models.encoder import load_encoder
from models.segment import load_segmenter
from retrieval.index import build
from retrieval.matcher import Matcher
from retrieval.settings import Settings
from retrieval.shelf import Shelf
from tests.conftest import make_entry
from tests.publishing.samples import FIRST, base_matcher
from tests.test_readers_docx import python_docx_file
from ui.services import library, library_drafts, library_versions, uploads
from ui.services.access import NotAllowed
from ui.services.desk import Desk
from ui.services.library_check import rows_of
from ui.services.library_file import read_draft

ALL_SHIPPED = tuple(regulation.id for regulation in matched_regulations())
DEVICE = "第三方运维单位擅自改动监测设备参数，执法人员已按规程检查仍未能发现的；"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return base_matcher(tmp_path_factory.mktemp("base"))


@pytest.fixture
def desk(store, base, tmp_path):
    return Desk(store, Shelf(tmp_path / "files" / "library", base), tmp_path / "files")


def word_file():
    texts = [
        ("某县生态环境系统容错纠错办法", None), ("为了鼓励担当作为，制定本办法。", 0), ("有下列情形之一的，可以予以容错：", 0),
        (DEVICE, 1), ("在突发事件处置中临机决断，出现失误的。", 1), ("隐瞒事实、谋取私利的，不予容错。", 0),
        ("本办法自发布之日起施行。", 0),
    ]  # fmt: skip
    return python_docx_file(texts)


def add(desk, person, text=FIRST, name="moushi-2024.txt"):
    (draft,) = library_drafts.add_file(desk, person, name, text.encode())
    return draft


def ready(desk, person, **more):
    draft = add(desk, person, **more)
    return library_drafts.correct_facts(desk, person, draft.id, draft.version, {"region": "某市"})


def publish(desk, person, *drafts, base=0, remove=(), note="第一次发布"):
    chosen = {draft.id: draft.version for draft in drafts}
    return library_versions.publish(desk, person, base=base, drafts=chosen, remove=remove, note=note)


# Browsing


def test_the_tree_holds_every_clause_once(desk, people):
    known = library.edition(desk, people["inspector"])
    assert known.number == 0 and [one.id for one in known.regulations] == list(ALL_SHIPPED)
    for regulation in known.regulations:
        found = [c.id for s in library.sections(regulation) for a in s.articles for c, _ in a.clauses]
        assert found == [clause.id for clause in regulation.clauses]


def test_a_clause_with_its_article_and_the_same_rule_elsewhere(desk, people):
    page = library.clause_page(desk, people["inspector"], "shandong-2019/art13.p1.i6")
    assert page.citation.endswith("第十三条第（六）项") and page.category == "履职尽责" and page.article.label == "第十三条"
    assert any(clause.id == page.clause.id for clause, _ in page.article.clauses) and len(page.article.clauses) > 5
    assert page.related and all(other.clause_id.partition("/")[0] != "shandong-2019" for other in page.related)
    assert not page.rewritten
    for unknown in ("shandong-2019/art99", "nowhere/art1", "", "../../etc/passwd"):
        with pytest.raises(InputError, match="没有这一条"):
            library.clause_page(desk, people["inspector"], unknown)


@pytest.mark.parametrize("query", ["第十三条第(六)项", "第13条第（六）项", "山东 第十三条第六项", "13条第６项 山东省"])
def test_a_number_finds_its_clause(desk, people, query):
    found = library.search(desk, people["inspector"], query, regulation="shandong-2019")
    assert [hit.clause.id for hit in found.hits] == ["shandong-2019/art13.p1.i6"]


def test_a_number_finds_what_lies_below_it_in_every_regulation(desk, people):
    found = library.search(desk, people["inspector"], "第十三条")
    assert found.total == len(found.hits) > 10
    assert {hit.clause.id.partition("/")[0] for hit in found.hits} > {"shandong-2019"}
    assert all(hit.clause.id.partition("/")[2].startswith("art13.") for hit in found.hits)


def test_words_are_found_as_they_are_written(desk, people):
    found = library.search(desk, people["inspector"], "隐瞒 伪造")
    assert found.total and all("隐瞒" in hit.clause.text and "伪造" in hit.clause.text for hit in found.hits)
    assert {span.of(hit.clause.text) for hit in found.hits for span in hit.spans} == {"隐瞒", "伪造"}
    assert library.search(desk, people["inspector"], "量子纠缠").total == 0


@pytest.mark.parametrize(("query", "regulation", "told"), [
    (" ", "", "请写下要查的"), ("一" * 201, "", "超过 200 字"), ("检查", "nowhere", "没有所选的法规")])  # fmt: skip
def test_what_cannot_be_looked_for(desk, people, query, regulation, told):
    with pytest.raises(InputError, match=told):
        library.search(desk, people["inspector"], query, regulation=regulation)


# Drafts


def test_every_character_of_a_draft_stands_in_one_row_beside_its_reading(desk, people):
    draft = add(desk, people["reviewer"])
    page = library_drafts.page(desk, people["reviewer"], draft.id)
    assert "".join(row.source for row in page.rows) == FIRST == draft.text
    assert [row.clause.id for row in page.rows if row.clause] == [clause.id for clause in page.regulation.clauses]
    item = next(row for row in page.rows if row.clause and row.clause.id.endswith("/art2.p1.i1"))
    assert item.source == "（一）在突发事件处置中临机决断，出现失误的；\n" and item.clause.category == "fault_tolerance"
    assert page.replaces == "" and draft.facts.regulation_id == "moushi-2024"


@pytest.mark.parametrize("regulation", matched_regulations(), ids=lambda regulation: regulation.id)
def test_rows_of_the_shipped_regulations_give_their_text_back(regulation):
    assert "".join(row.source for row in rows_of(regulation)) == regulation.text


def test_what_is_missing_is_told_and_blocks(desk, people):
    draft = add(desk, people["reviewer"], FIRST.replace("第三条", "第五条"))
    problems = library_drafts.page(desk, people["reviewer"], draft.id).problems
    assert problems[0].blocking or draft.facts.region
    assert any("条号不连续" in problem.text for problem in problems)
    cleared = library_drafts.correct_facts(desk, people["reviewer"], draft.id, draft.version, {"title": "", "region": ""})
    first = library_drafts.page(desk, people["reviewer"], cleared.id).problems[0]
    assert first.blocking and first.text == "还没有填写标题、地区。"
    with pytest.raises(InputError, match="还不能发布：.*还没有填写"):
        publish(desk, people["administrator"], cleared)


@pytest.mark.parametrize(("facts", "told"), [
    ({"issued": "2024年1月1日"}, "印发日期应写成"), ({"effective": "2024-13-01"}, "施行日期应写成"),
    ({"regulation_id": "../x"}, "编号应为"), ({"regulation_id": "Ａ"}, "编号应为"), ({"title": "长" * 201}, "标题超过"),
    ({"text": "x"}, "没有这一项资料"),
])  # fmt: skip
def test_facts_that_cannot_be_used(desk, people, facts, told):
    draft = add(desk, people["reviewer"])
    with pytest.raises(InputError, match=told):
        library_drafts.correct_facts(desk, people["reviewer"], draft.id, draft.version, facts)


def test_facts_and_categories_are_corrected_and_come_back(desk, people):
    reviewer = people["reviewer"]
    draft = add(desk, reviewer)
    facts = {
        "title": "  某市 办法 ",
        "region": "某市",
        "issued": "2024-01-02",
        "effective": "2024-03-01",
        "regulation_id": "ms-2024",
    }
    draft = library_drafts.correct_facts(desk, reviewer, draft.id, draft.version, facts)
    clause_id = "ms-2024/art3.p1"
    draft = library_drafts.correct_categories(
        desk, reviewer, draft.id, draft.version, categories={clause_id: "inaction"}, why="该条讲的是不作为"
    )
    regulation = read_draft(draft)
    assert (regulation.title, str(regulation.issued), str(regulation.effective)) == ("某市 办法", "2024-01-02", "2024-03-01")
    clause = next(clause for clause in regulation.clauses if clause.id == clause_id)
    assert (clause.category, clause.reason) == ("inaction", "人工指定：该条讲的是不作为")
    # a correction belongs to the place in the text: another id for the regulation keeps it
    draft = library_drafts.correct_facts(desk, reviewer, draft.id, draft.version, {"regulation_id": "other-2024"})
    assert next(c.category for c in read_draft(draft).clauses if c.id == "other-2024/art3.p1") == "inaction"
    draft = library_drafts.correct_categories(
        desk, reviewer, draft.id, draft.version, categories={"other-2024/art3.p1": ""}, why="按规则即可"
    )
    assert draft.corrections == {}


@pytest.mark.parametrize(("categories", "why", "told"), [
    ({}, "x", "没有改动"), ({"moushi-2024/art3.p1": "duty"}, " ", "理由"), ({"moushi-2024/art9": "duty"}, "x", "没有所选"),
    ({"moushi-2024/art3.p1": "invented"}, "x", "没有所选"), ({"shandong-2019/art13.p1.i6": "duty"}, "x", "没有所选"),
])  # fmt: skip
def test_categories_that_cannot_be_corrected(desk, people, categories, why, told):
    draft = add(desk, people["reviewer"])
    with pytest.raises(InputError, match=told):
        library_drafts.correct_categories(desk, people["reviewer"], draft.id, draft.version, categories=categories, why=why)


def test_two_people_on_one_draft_never_overwrite_each_other(desk, people):
    draft = add(desk, people["reviewer"])
    library_drafts.correct_facts(desk, people["reviewer"], draft.id, draft.version, {"region": "某市"})
    with pytest.raises(StoreConflict, match="刚被别人改过"):
        library_drafts.correct_facts(desk, people["reviewer2"], draft.id, draft.version, {"region": "另一市"})
    with pytest.raises(StoreConflict, match="刚被别人改过"):
        library_drafts.discard(desk, people["reviewer2"], draft.id, draft.version)
    (kept,) = library_drafts.drafts(desk, people["reviewer2"])
    assert kept.facts.region == "某市"
    library_drafts.discard(desk, people["reviewer2"], kept.id, kept.version)
    assert library_drafts.drafts(desk, people["reviewer"]) == ()


@pytest.mark.parametrize("draft_id", ["", "../../store", "0123456789abcdef", "x" * 500])
def test_a_draft_that_is_not_there(desk, people, draft_id):
    with pytest.raises(InputError, match="没有这份草稿"):
        library_drafts.page(desk, people["reviewer"], draft_id)


def test_files_that_are_no_regulation(desk, people):
    with pytest.raises(FileError, match="类型"):
        library_drafts.add_file(desk, people["reviewer"], "a.exe", b"MZ")
    with pytest.raises(FileError):
        library_drafts.add_file(desk, people["reviewer"], "a.docx", b"PK\x03\x04 broken")
    assert library_drafts.drafts(desk, people["reviewer"]) == ()


def test_an_upload_is_its_owners(desk, people):
    kept = uploads.save(desk, people["reviewer"], "办法.docx", io.BytesIO(word_file()))
    with pytest.raises(InputError, match="没有这个上传的文件"):
        library_drafts.upload(desk, people["reviewer2"], kept.id)
    (draft,) = library_drafts.upload(desk, people["reviewer"], kept.id)
    assert list((desk.folder / "uploads").iterdir()) == []
    assert draft.source == "办法.docx" and draft.facts.title == "某县生态环境系统容错纠错办法"


def test_a_file_of_two_regulations_becomes_two_drafts(desk, people):
    drafts = library_drafts.add_file(
        desk, people["reviewer"], "two-2024.txt", f"{FIRST}\n{FIRST.replace('某市', '某县')}".encode()
    )
    assert [draft.facts.regulation_id for draft in drafts] == ["two-2024", "two-2024-2"]
    assert "某县" in drafts[1].facts.title


# Roles


def test_who_may_what(desk, people):
    draft = ready(desk, people["administrator"])
    for role in ("inspector", "evaluator"):
        me = people[role]
        library.edition(desk, me), library_versions.versions(desk, me)
        for forbidden in (
            lambda me=me: library_drafts.drafts(desk, me),
            lambda me=me: library_drafts.page(desk, me, draft.id),
            lambda me=me: library_drafts.add_file(desk, me, "a.txt", FIRST.encode()),
            lambda me=me: library_drafts.upload(desk, me, "0" * 32),
            lambda me=me: library_drafts.start_from(desk, me, "shandong-2019"),
            lambda me=me: library_drafts.correct_facts(desk, me, draft.id, draft.version, {"region": "x"}),
            lambda me=me: library_drafts.correct_categories(desk, me, draft.id, draft.version, categories={}, why=""),
            lambda me=me: library_drafts.discard(desk, me, draft.id, draft.version),
            lambda me=me: library_versions.plan(desk, me, drafts=[draft.id]),
        ):
            with pytest.raises(NotAllowed):
                forbidden()
    for role in ("inspector", "evaluator", "reviewer"):
        with pytest.raises(NotAllowed):
            publish(desk, people[role], draft)
        with pytest.raises(NotAllowed):
            library_versions.withdraw(desk, people[role], base=0, number=0, note="x")


# Publishing


def test_from_a_word_file_with_automatic_numbers_to_a_match_with_the_real_encoder(store, people, tmp_path):
    settings, segmenter = Settings(cache_dir=tmp_path, background=0), load_segmenter()
    encoder = load_encoder(settings.encoder)
    index = build([make_entry("alpha/art1.p1", "历史遗留问题。", "condition")], encoder, segmenter, settings)
    base = Matcher(index, encoder, segmenter, settings)
    desk = Desk(store, Shelf(tmp_path / "files" / "library", base), tmp_path / "files")
    reviewer, administrator = people["reviewer"], people["administrator"]
    kept = uploads.save(desk, reviewer, "mouxian-2024.docx", io.BytesIO(word_file()))
    (draft,) = library_drafts.upload(desk, reviewer, kept.id)
    item = "mouxian-2024/art2.p1.i1"
    page = library_drafts.page(desk, reviewer, draft.id)
    assert next(row for row in page.rows if row.clause and row.clause.id == item).source.startswith("(一)第三方运维")
    draft = library_drafts.correct_facts(desk, reviewer, draft.id, draft.version, {"region": "某县"})
    draft = library_drafts.correct_categories(
        desk, reviewer, draft.id, draft.version, categories={item: "duty_fulfilled"}, why="讲的是已尽责"
    )
    release = publish(desk, administrator, draft, remove=ALL_SHIPPED, note="某县办法")
    assert release.clauses == len(page.regulation.clauses) and release.encoded == release.clauses
    story = "污染源自动监测的第三方运维人员私自改了设备参数，我们按规程做了现场检查，当时没有看出问题，后来才被发现数据失真。"
    report = desk.matcher().match(story, region="mouxian-2024")
    best = report.matches[0]
    assert (best.clause.id, best.clause.category) == (item, "duty_fulfilled")
    assert best.citation == "《某县生态环境系统容错纠错办法》第二条第（一）项"
    assert best.similarity is not None and best.probability is None  # nobody has calibrated on this regulation


def test_publish_compare_and_withdraw(desk, people, store):
    reviewer, administrator = people["reviewer"], people["administrator"]
    draft = ready(desk, reviewer)
    planned = library_versions.plan(desk, reviewer, drafts=[draft.id])
    assert planned.base == 0 and {change.kind for change in planned.changes} == {"added"} and planned.blocking == ()
    assert publish(desk, administrator, draft).number == 1
    assert library_drafts.drafts(desk, reviewer) == ()  # what was published is no draft any more
    found = library_versions.versions(desk, reviewer)
    assert (found.current, found.serving, len(found.releases)) == (1, 1, 1)
    assert library.edition(desk, reviewer).regulations[-1].id == "moushi-2024"
    assert (
        desk.matcher().match("突发事件里临机决断，关阀晚了", region="moushi-2024").matches[0].clause.id
        == "moushi-2024/art2.p1.i1"
    )

    # a new text under the same id replaces the old one, and only what changed is encoded
    second = ready(desk, reviewer, text=FIRST.replace("临机决断", "果断处置"))
    assert library_drafts.page(desk, reviewer, second.id).replaces == "某市生态环境系统容错纠错办法"
    release = publish(desk, administrator, second, base=1, note="改一处措辞")
    assert release.number == 2 and release.encoded == 1
    (change,) = library_versions.differences(desk, reviewer, 1, 2)
    assert change.kind == "changed" and [span.of(change.after.text) for span in change.spans_after] == ["果断处置"]

    back = library_versions.withdraw(desk, administrator, base=2, number=1, note="改错了")
    assert (back.number, back.restores, back.encoded) == (3, 1, 0)
    assert library_versions.differences(desk, reviewer, 1, 3) == ()
    shipped = library_versions.withdraw(desk, administrator, base=3, number=0, note="只用附带的")
    assert shipped.number == 4 and library.edition(desk, reviewer).regulations == matched_regulations()
    with store.read() as work:
        done = [entry.action for entry in work.audit.entries() if entry.action.startswith("library.publish")]
    assert done == ["library.publish", "library.publish.begin"] * 4
    assert store.verify().ok


def test_what_is_not_published(desk, people):
    administrator = people["administrator"]
    draft = ready(desk, people["reviewer"])
    for arguments, error, told in (
        ({"note": " "}, InputError, "请写一句这次改了什么"),
        ({"remove": ["nowhere"]}, InputError, "没有编号为 nowhere"),
        ({"base": 7}, StoreConflict, "您看到的是第 7 版"),
    ):
        with pytest.raises(error, match=told):
            publish(desk, administrator, draft, **{"base": 0, **arguments})
    with pytest.raises(InputError, match="没有任何差别"):
        publish(desk, administrator)
    with pytest.raises(InputError, match="至少保留一部"):
        publish(desk, administrator, remove=ALL_SHIPPED)
    twin = ready(desk, people["reviewer"])
    with pytest.raises(InputError, match="编号都是 moushi-2024"):
        publish(desk, administrator, draft, twin)
    later = library_drafts.correct_facts(desk, people["reviewer"], draft.id, draft.version, {"region": "某县"})
    with pytest.raises(StoreConflict, match="刚被改过"):
        publish(desk, administrator, draft)
    assert library_versions.versions(desk, administrator).current == 0
    assert publish(desk, administrator, later).number == 1
    with pytest.raises(StoreConflict, match="已发布第 1 版，您看到的是第 0 版"):
        publish(desk, administrator, twin, base=0)
    with pytest.raises(InputError, match="没有第 9 版"):
        library_versions.differences(desk, administrator, 9, 1)
    with pytest.raises(InputError, match="现行的版本"):
        library_versions.withdraw(desk, administrator, base=1, number=1, note="x")


def test_a_draft_from_a_regulation_in_use_keeps_what_people_decided(desk, people):
    reviewer = people["reviewer"]
    draft = library_drafts.start_from(desk, reviewer, "shandong-2019")
    shipped = next(regulation for regulation in matched_regulations() if regulation.id == "shandong-2019")
    assert read_draft(draft) == shipped
    assert library_versions.plan(desk, reviewer, drafts=[draft.id]).changes == ()
    draft = library_drafts.correct_categories(
        desk, reviewer, draft.id, draft.version, categories={"shandong-2019/art13.p1.i6": "condition"}, why="试改"
    )
    (change,) = library_versions.plan(desk, reviewer, drafts=[draft.id]).changes
    assert (change.kind, change.before.category, change.after.category) == ("category", "duty_fulfilled", "condition")
    with pytest.raises(InputError, match="没有这部法规"):
        library_drafts.start_from(desk, reviewer, "nowhere")


def test_a_corrupt_version_is_shown_and_the_old_one_is_browsed(desk, people, base):
    publish(desk, people["administrator"], ready(desk, people["reviewer"]), remove=ALL_SHIPPED)
    second = ready(desk, people["reviewer"], name="zweite-2024.txt")
    publish(desk, people["administrator"], second, base=1)
    folder = library.library_folder(desk) / "versions" / "2"
    (folder / "regulations.jsonl").write_text("{}")
    restarted = Desk(desk.store, Shelf(library.library_folder(desk), base), desk.folder)
    found = library_versions.versions(restarted, people["inspector"])
    assert (found.current, found.serving) == (2, 1)
    assert [one.id for one in library.edition(restarted, people["inspector"]).regulations] == ["moushi-2024"]
