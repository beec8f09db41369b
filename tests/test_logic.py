"""The logic of the four regulations: every clause has one place, the table agrees with the texts, and states follow the rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from data.catalogue import matched_regulations
from data.categories import MATCHED
from data.citation import citations
from data.errors import FileError, InputError
from data.logic import STATE_LABELS, TABLE, Group, GroupSummary, Logic, Status, load_logic, place_of, summarise
from data.schema import Clause

REGULATIONS = {regulation.id: regulation for regulation in matched_regulations()}
CLAUSES = {clause.id: clause for regulation in REGULATIONS.values() for clause in regulation.clauses}
LOGICS = {name: load_logic(name) for name in REGULATIONS}
GROUPS = [pytest.param(name, group, id=f"{name}:{group.id}") for name, logic in LOGICS.items() for group in logic.groups]
PARTS = {
    "duty_fulfilled": "duty",
    "fault_tolerance": "tolerance",
    "condition": "tolerance",
    "mitigation": "mitigation",
    "disqualifying": "against",
    "inaction": "inaction",
}


def matched(regulation: str) -> list[Clause]:
    return [clause for clause in REGULATIONS[regulation].clauses if clause.category in MATCHED]


def group(regulation: str, name: str) -> Group:
    return next(group for group in LOGICS[regulation].groups if group.id == name)


def look(regulation: str, statuses: dict[str, Status]) -> dict[str, GroupSummary]:
    return {summary.group.id: summary for summary in summarise(LOGICS[regulation], statuses)}


# ── the table and the texts ──


@pytest.mark.parametrize("regulation", REGULATIONS)
def test_every_matched_clause_has_exactly_one_place_of_its_kind(regulation: str) -> None:
    places = [clause for group in LOGICS[regulation].groups for clause in group.clauses]
    assert len(places) == len(set(places))
    for clause in matched(regulation):
        place = place_of(clause.id)
        assert place is not None, clause.id
        assert place.part == PARTS[clause.category], clause.id
        assert place in LOGICS[regulation].groups


@pytest.mark.parametrize(("regulation", "group"), GROUPS)
def test_a_group_takes_clauses_of_its_regulation_in_document_order(regulation: str, group: Group) -> None:
    order = [clause.id for clause in REGULATIONS[regulation].clauses]
    assert [order.index(clause) for clause in group.clauses] == sorted(order.index(clause) for clause in group.clauses)


@pytest.mark.parametrize(("regulation", "group"), GROUPS)
def test_the_title_ends_with_the_place_in_the_text(regulation: str, group: Group) -> None:
    title = f"《{REGULATIONS[regulation].title}》"
    paths = [citations(REGULATIONS[regulation])[clause].removeprefix(title) for clause in group.clauses]
    found = re.search(r"（(.+)）$", group.title)
    assert found
    cited = [place.partition("第(")[0] or place for place in found[1].split("，")]
    assert all(any(path.startswith(place) for place in cited) for path in paths)
    assert all(any(path.startswith(place) for path in paths) for place in cited)
    numbers = re.findall(r"\((\d+)\)", found[1])
    if numbers:
        assert [paths[0], paths[-1]] == [f"{cited[0]}({numbers[0]})", f"{cited[0]}({numbers[-1]})"]


LEADS = [
    ("shandong-2019", "duty", "符合下列情形的,应当认定为履职尽责"),
    ("shandong-2019", "tolerance", "符合下列情形之一的,应当从轻、减轻处理或者予以免责"),
    ("shandong-2019", "conditions", "具有上述情形之一同时符合下列条件的,可以免除相关单位及当事人的责任"),
    ("shandong-2019", "mitigation", "符合下列情形之一的,可以从轻或者减轻责任"),
    ("banan-2022", "duty", "符合下列情形的，应当认定为履职尽责"),
    ("banan-2022", "tolerance", "在满足履职尽责的基础上，具有以下情形之一的，可进行容错"),
    ("banan-2022", "conditions", "具有第十二条规定情形之一，同时符合下列条件的，可以免除执法人员的责任"),
    ("banan-2022", "mitigation", "符合下列情形之一的，可以从轻或者减轻责任"),
    ("fuzhou-2019", "conditions", "容错免责必须符合以下条件"),
    ("fuzhou-2019", "decisions", "在落实重大决策部署过程中,有下列情形之一的,可以容错免责"),
    ("fuzhou-2019", "projects", "在推进重大项目建设过程中,有下列情形之一的,可以容错免责"),
    ("fuzhou-2019", "emergencies", "在处置重大突发事件过程中,有下列情形之一的,可以容错免责"),
    ("fuzhou-2019", "reforms", "在推动重大改革创新过程中,有下列情形之一的,可以容错免责"),
    ("fuzhou-2019", "exclusions", "九种不予容错免责的情形"),
]


@pytest.mark.parametrize(("regulation", "name", "words"), LEADS)
def test_the_rule_is_the_one_of_the_sentence_that_leads_the_list(regulation: str, name: str, words: str) -> None:
    found = group(regulation, name)
    assert all(words in CLAUSES[clause].lead for clause in found.clauses)
    expected = "all" if "条件" in words else "none" if "不予" in words else "any"
    assert found.rule == expected


REQUIRES = {
    "shandong-2019": {"tolerance": ("exclusions",), "conditions": ("tolerance",)},
    "banan-2022": {"tolerance": ("duty", "exclusions"), "conditions": ("tolerance",)},
    "fuzhou-2019": dict.fromkeys(("decisions", "projects", "emergencies", "reforms"), ("conditions", "exclusions")),
    "yangjiang-2017": {
        **dict.fromkeys(("public-spirit", "no-intent", "best-effort", "beyond-control"), ("premise", "exclusions")),
        **dict.fromkeys(("good-effect", "answerable", "other"), ("premise", "exclusions")),
        "inaction": ("inaction-meaning",),
    },
}


@pytest.mark.parametrize("regulation", REGULATIONS)
def test_what_has_to_hold_first(regulation: str) -> None:
    assert {group.id: group.requires for group in LOGICS[regulation].groups if group.requires} == REQUIRES[regulation]


def test_only_banan_puts_duty_before_tolerance() -> None:
    for name, logic in LOGICS.items():
        waits = {group.id for group in logic.groups if "duty" in group.requires}
        assert waits == ({"tolerance"} if name == "banan-2022" else set())
        assert not any(group.requires for group in logic.groups if group.part == "duty")


@pytest.mark.parametrize(("regulation", "group"), GROUPS)
def test_sides_follow_parts(regulation: str, group: Group) -> None:
    sides = {"looks": "both", "against": "against", "inaction": "against"}
    assert group.side == sides.get(group.part, "for")
    assert (group.rule == "questions") == (group.part == "looks")


def test_the_six_classes_of_yangjiang_are_its_headings() -> None:
    classes = [group for group in LOGICS["yangjiang-2017"].groups if group.title.startswith("第")]
    for found in classes:
        heading = found.title.split("（")[0].split("，")[0].replace("：", ":")
        assert {CLAUSES[clause].headings[-1] for clause in found.clauses} == {heading}
    numbers = [int(clause.rpartition(".")[2]) for found in classes for clause in found.clauses]
    assert numbers == list(range(1, 21))  # 六大类共20种情形
    assert len({found.title.split("：")[0] for found in classes}) == 6


def test_each_look_of_fuzhou_asks_by_its_name_and_points_to_a_principle() -> None:
    looks = group("fuzhou-2019", "looks")
    assert len(looks.clauses) == 7
    for clause in looks.clauses:
        assert CLAUSES[clause].category == "principle"
        assert looks.questions[clause].split("：")[0] == CLAUSES[clause].text.split(",")[0]


def test_the_six_things_to_weigh_in_shandong_are_all_asked() -> None:
    clause = "shandong-2019/art16.p2"
    words = ("动机", "态度", "客观条件", "程序方法", "性质", "程度", "后果影响", "挽回损失")
    assert all(word in CLAUSES[clause].text and word in group("shandong-2019", "looks").questions[clause] for word in words)


# ── the questions ──


@pytest.mark.parametrize(("regulation", "group"), GROUPS)
def test_every_question_is_a_short_question(regulation: str, group: Group) -> None:
    for question in group.questions.values():
        assert re.fullmatch(r"(?:[^？?！!。；]+？)+", question), question
        assert len(question) <= 60, question


@pytest.mark.parametrize("regulation", REGULATIONS)
def test_conditions_and_exclusions_have_a_question(regulation: str) -> None:
    for clause in matched(regulation):
        place = place_of(clause.id)
        if place is not None and clause.category in ("condition", "disqualifying", "inaction"):
            assert clause.id in place.questions


FURTHER = re.compile(  # what one of several grounds demands besides, or leaves to another source
    r"且|前提下|事后|(?:没有|未)造成|无过失|不能克服|集体研究|不相冲突|能够挽回"
    r"|已(?:经)?(?:依法|按|履行|被|采取|接受|认真)|被依法|事发当时|^其他"
)


@pytest.mark.parametrize("regulation", REGULATIONS)
def test_a_ground_that_demands_more_than_its_story_has_a_question(regulation: str) -> None:
    demanding = {c.id for c in matched(regulation) if place_of(c.id).rule == "any" and FURTHER.search(c.text)}  # type: ignore[union-attr]
    asked = {clause for group in LOGICS[regulation].groups for clause in group.questions}
    assert demanding - asked == set()


def test_no_text_of_the_table_states_a_verdict() -> None:
    texts = [text for logic in LOGICS.values() for group in logic.groups for text in (group.title, *group.questions.values())]
    texts += STATE_LABELS.values()
    assert len(texts) > 100
    assert [text for text in texts if re.search("认定|决定|构成|成立|属于|应予", text)] == []


# ── the states ──

A13, A14, C14, M15 = "shandong-2019/art13.p1", "shandong-2019/art14.p1", "shandong-2019/art14.p2", "shandong-2019/art15.p1"
X17 = "shandong-2019/art17.p1"


def test_without_statuses_all_is_open_and_nothing_stands_behind() -> None:
    for logic in LOGICS.values():
        for summary in summarise(logic, {}):
            assert (summary.state, summary.clauses) == ("open", ())
            asked = {} if summary.group.rule == "any" else summary.group.questions
            assert summary.questions == asked


def test_one_ground_is_enough_and_brings_the_question_of_its_own_demand() -> None:
    found = look("shandong-2019", {f"{A13}.i6": "supported", f"{A13}.i5": "supported", f"{A13}.i1": "contradicted"})["duty"]
    assert (found.state, found.clauses, found.waiting) == ("met", (f"{A13}.i5", f"{A13}.i6"), ())
    assert list(found.questions) == [f"{A13}.i6"]
    denied = look("shandong-2019", {f"{A13}.i6": "contradicted", f"{A13}.i1": "not_stated"})["duty"]
    assert (denied.state, denied.clauses, denied.questions) == ("open", (), {})


def test_duty_and_tolerance_stay_apart() -> None:
    found = look("shandong-2019", {f"{A13}.i6": "supported"})
    assert (found["duty"].state, found["tolerance"].state) == ("met", "open")
    found = look("shandong-2019", {f"{A14}.i6": "supported"})
    assert (found["duty"].state, found["tolerance"].state) == ("open", "met")


def test_all_conditions_are_needed_and_one_denied_is_enough_against() -> None:
    some: dict[str, Status] = {f"{C14}.i1": "supported", f"{C14}.i3": "supported", f"{C14}.i4": "supported"}
    found = look("shandong-2019", some)["conditions"]
    assert (found.state, found.clauses, list(found.questions)) == ("open", (), [f"{C14}.i2"])
    every: dict[str, Status] = {**some, f"{C14}.i2": "supported"}
    found = look("shandong-2019", every)["conditions"]
    assert (found.state, found.clauses, found.questions) == ("met", tuple(f"{C14}.i{n}" for n in range(1, 5)), {})
    found = look("shandong-2019", {f"{C14}.i1": "supported", f"{C14}.i3": "contradicted"})["conditions"]
    assert (found.state, found.clauses) == ("not met", (f"{C14}.i3",))
    assert list(found.questions) == [f"{C14}.i2", f"{C14}.i4"]


def test_exclusions_are_raised_by_one_and_clear_only_when_all_are_denied() -> None:
    nine = group("fuzhou-2019", "exclusions").clauses
    found = look("fuzhou-2019", {nine[4]: "supported", nine[0]: "contradicted"})["exclusions"]
    assert (found.state, found.clauses, len(found.questions)) == ("raised", (nine[4],), 7)
    found = look("fuzhou-2019", dict.fromkeys(nine[:8], "contradicted"))["exclusions"]
    assert (found.state, found.clauses, list(found.questions)) == ("open", (), [nine[8]])
    found = look("fuzhou-2019", dict.fromkeys(nine, "contradicted"))["exclusions"]
    assert (found.state, found.clauses, found.questions) == ("clear", nine, {})


def test_looks_stay_open_questions_whatever_is_said() -> None:
    looks = group("fuzhou-2019", "looks")
    found = look("fuzhou-2019", dict.fromkeys(looks.clauses, "supported"))["looks"]
    assert (found.state, found.clauses, found.questions) == ("open", (), looks.questions)


def test_what_comes_first_is_named_until_it_holds() -> None:
    said: dict[str, Status] = {"banan-2022/art12.p1.i4": "supported"}
    found = look("banan-2022", said)
    assert found["tolerance"].waiting == ("duty", "exclusions")
    assert found["conditions"].waiting == ("duty", "exclusions")  # through the ground, which itself is met
    said["banan-2022/art10.p1.i1"] = "supported"
    assert look("banan-2022", said)["tolerance"].waiting == ("exclusions",)
    said |= {"banan-2022/art15.p1": "contradicted", "banan-2022/art16.p1": "contradicted"}
    assert look("banan-2022", said)["conditions"].waiting == ()
    said["banan-2022/art16.p1"] = "supported"
    found = look("banan-2022", said)
    assert (found["exclusions"].state, found["tolerance"].waiting) == ("raised", ("exclusions",))
    assert look("banan-2022", {})["conditions"].waiting == ("duty", "tolerance", "exclusions")


def test_a_case_of_all_regulations_moves_only_its_own_groups() -> None:
    said: dict[str, Status] = {"fuzhou-2019/art9.p1.i1": "supported", f"{M15}.i2": "supported", X17: "not_stated"}
    moved = [name for name, summary in look("shandong-2019", said).items() if summary.state != "open"]
    assert moved == ["mitigation"]


def test_the_labels_are_neutral() -> None:
    assert STATE_LABELS["met"] == STATE_LABELS["raised"] == "有支持"
    assert STATE_LABELS["not met"] == STATE_LABELS["clear"] == "有相反情形"
    assert STATE_LABELS["open"] == "待查明"


def test_an_unknown_status_is_refused() -> None:
    with pytest.raises(InputError, match=r"“shandong-2019/art17\.p1”的状态“yes”不存在，可用：supported、"):
        summarise(LOGICS["shandong-2019"], {X17: "yes"})  # type: ignore[dict-item]


# ── finding, and broken tables ──


@pytest.mark.parametrize("clause", ["shandong-2019/art18.p1", "shandong-2019/art13.p1", "banan-2022/art99.p1", "x/art1.p1", ""])
def test_a_clause_without_a_place(clause: str) -> None:
    assert place_of(clause) is None


def test_an_unknown_regulation_is_refused_with_the_choices() -> None:
    with pytest.raises(InputError, match="没有法规“shandong-reply-2019”，可选：shandong-2019、banan-2022、"):
        load_logic("shandong-reply-2019")


GOOD = """[[banan-2022]]
id = "exclusions"
title = "不予容错（第十五条）"
part = "against"
rule = "none"
side = "against"
clauses = ["banan-2022/art15.p1"]
questions = {"banan-2022/art15.p1" = "违反了没有？"}

[[banan-2022]]
id = "tolerance"
title = "容错（第十二条）"
part = "tolerance"
rule = "any"
side = "for"
clauses = ["banan-2022/art12"]
requires = ["exclusions"]
"""


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "logic.toml"
    path.write_text(GOOD, encoding="utf-8")
    logic = load_logic("banan-2022", path)
    assert isinstance(logic, Logic)
    assert logic.groups[1].clauses == tuple(f"banan-2022/art12.p1.i{number}" for number in range(1, 12))


BROKEN = [
    ('rule = "any"', "rule = any", "第14行不合 TOML 格式"),
    ('requires = ["exclusions"]', 'requires = ["exclusions"', "末尾不合 TOML 格式"),
    ("[[banan-2022]]", "[[banan-2021]]", "banan-2021 应为 .*可用的法规编号：shandong-2019、banan-2022、"),
    ('side = "for"', "", "banan-2022 第2组的键“side”多余或者缺少"),
    ('side = "for"', 'side = "for"\nwhy = "x"', "banan-2022 第2组的键“why”多余或者缺少"),
    ('side = "for"', 'side = "officer"', "banan-2022 第2组的 side “officer”不存在，可用：for、against、both"),
    ('rule = "any"', 'rule = "some"', "banan-2022 第2组的 rule “some”不存在，可用：any、all、none、questions"),
    ('part = "tolerance"', 'part = "容错"', "banan-2022 第2组的 part “容错”不存在，可用：duty、"),
    ('title = "容错（第十二条）"', "title = 12", "banan-2022 第2组的 title 应为一段文字"),
    ('clauses = ["banan-2022/art12"]', "clauses = []", "banan-2022 第2组的 clauses 应为方括号"),
    ('clauses = ["banan-2022/art12"]', 'clauses = "banan-2022/art12"', "banan-2022 第2组的 clauses 应为方括号"),
    ('["banan-2022/art12"]', '["banan-2022/art92"]', "banan-2022 第2组的 clauses 里的“banan-2022/art92”不在该法规中"),
    ('["banan-2022/art12"]', '["banan-2022/art15"]', "“banan-2022/art15.p1”在 exclusions、tolerance 两处重复"),
    ('id = "tolerance"', 'id = "exclusions"', "“exclusions”在 exclusions、exclusions 两处重复"),
    ('art15.p1" = "违反了没有？"', 'art16.p1" = "违反了没有？"', "第1组的 questions 里“banan-2022/art16.p1”不是本组的条款"),
    ('"banan-2022/art15.p1" = "违反了没有？"', "", "第1组的 questions 里“banan-2022/art15.p1”还没有问题"),
    ('"违反了没有？"', '""', "第1组的 questions 里“banan-2022/art15.p1” 应为一段文字"),
    ('{"banan-2022/art15.p1" = "违反了没有？"}', '"违反了没有？"', "第1组的 questions 应为“条款编号 = 问题”的表"),
    ('requires = ["exclusions"]', 'requires = ["duty"]', "tolerance 组的 requires 应为同一法规"),
    ('requires = ["exclusions"]', 'requires = ["tolerance"]', "tolerance 组的 requires .*不能绕回自身"),
    ('rule = "none"', 'rule = "questions"', "tolerance 组的 requires 应为同一法规中 any、all 或 none 的组"),
]


@pytest.mark.parametrize(("good", "bad", "message"), BROKEN)
def test_a_broken_table_is_refused_with_line_or_key(tmp_path: Path, good: str, bad: str, message: str) -> None:
    assert good in GOOD
    path = tmp_path / "logic.toml"
    path.write_text(GOOD.replace(good, bad), encoding="utf-8")
    with pytest.raises(FileError, match=message):
        load_logic("banan-2022", path)


def test_a_missing_table_and_one_in_another_encoding_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="读不到逻辑表 .*路径不存在"):
        load_logic("banan-2022", tmp_path / "none.toml")
    path = tmp_path / "logic.toml"
    path.write_bytes(TABLE.read_text("utf-8").encode("gb18030"))
    with pytest.raises(FileError, match="不是 UTF-8 编码"):
        load_logic("banan-2022", path)
