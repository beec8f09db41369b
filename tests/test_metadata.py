"""Metadata read from texts, the catalogue of shipped texts, and the names of regions."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from data.catalogue import FOLDER, load_catalogue, load_sources, matched_regulations, region_names, resolve_region
from data.errors import FileError, InputError
from data.metadata import read_metadata, region_of
from data.parser import parse
from data.schema import Regulation


def shipped(name: str) -> Regulation:
    return read_metadata(parse((FOLDER / f"{name}.txt").read_bytes().decode("utf-8"), name))


def read(text: str) -> Regulation:
    return read_metadata(parse(text, "x"))


BODY = "第一条 为了甲，制定本办法。\n第二条 乙。\n"


def test_fuzhou_is_signed_dated_and_replaces_an_earlier_one() -> None:
    regulation = shipped("fuzhou-2019")
    assert (regulation.issuer, regulation.issued) == ("中共抚州市委 抚州市人民政府", date(2019, 1, 22))
    assert regulation.effective == date(2019, 1, 22)
    assert regulation.supersedes == "2017年7月4日中共抚州市委、抚州市人民政府印发的《抚州市容错免责办法(试行)》"
    assert regulation.region == "抚州市"


def test_shandong_names_who_issued_it_and_its_citation_is_not_its_number() -> None:
    regulation = shipped("shandong-2019")
    assert "鲁纪发〔2018〕15号" in regulation.text
    assert (regulation.issuer, regulation.region, regulation.doc_number) == ("山东省生态环境厅党组", "山东省", "")
    assert (regulation.issued, regulation.effective) == (None, None)


def test_banan_says_little() -> None:
    regulation = shipped("banan-2022")
    assert (regulation.region, regulation.issuer, regulation.doc_number, regulation.issued) == ("重庆市巴南区", "", "", None)


def test_yangjiang_has_the_date_of_its_page() -> None:
    regulation = shipped("yangjiang-2017")
    assert (regulation.region, regulation.issued, regulation.issuer) == ("阳江市", date(2017, 5, 17), "中共阳江市委办公室")


def test_the_letter_is_signed_and_dated_at_its_end() -> None:
    regulation = shipped("shandong-reply-2019")
    assert (regulation.issuer, regulation.issued) == ("山东省生态环境厅", date(2019, 8, 29))


def test_what_stands_under_a_title() -> None:
    regulation = read("某省某条例\n2020年3月1日 某省第三届人民代表大会常务委员会第二次会议通过\n2021年4月2日 修正\n" + BODY)
    assert (regulation.issued, regulation.issuer) == (date(2020, 3, 1), "某省第三届人民代表大会常务委员会")


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("鲁环发〔2019〕15号", "鲁环发〔2019〕15号"),
        ("文号：渝环[2022]134号", "渝环[2022]134号"),
        ("2003年3月11日 中华人民共和国国务院令第373号公布", "中华人民共和国国务院令第373号"),
        ("根据《某通知》（渝环〔2022〕134号）制定", ""),
    ],
)
def test_document_numbers(line: str, number: str) -> None:
    assert read(f"某市委文件\n{line}\n某办法\n{line}\n{BODY}").doc_number == number


@pytest.mark.parametrize(
    ("sentence", "effective"),
    [
        ("本办法自2020年5月1日起施行。", date(2020, 5, 1)),
        ("本办法自二〇二〇年五月十一日起施行。", date(2020, 5, 11)),
        ("本办法自印发之日起施行。", date(2020, 1, 2)),
        ("本办法自2020年13月1日起施行。", None),
        ("本办法由某局解释。", None),
    ],
)
def test_when_it_takes_effect(sentence: str, effective: date | None) -> None:
    assert read(f"某办法\n某市人民政府\n2020年1月2日\n{BODY}第三条 {sentence}").effective == effective


def test_what_it_replaces() -> None:
    text = f"某办法\n{BODY}第三条 本办法施行后，2010年的《旧办法》同时废止。"
    assert read(text).supersedes == "2010年的《旧办法》"


def test_known_values_stay() -> None:
    regulation = read_metadata(parse(f"某市办法\n{BODY}", "x", region="某区"))
    assert regulation.region == "某区"


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("重庆市巴南区生态环境局", "重庆市巴南区"),
        ("中共抚州市委", "抚州市"),
        ("内蒙古自治区草原条例", "内蒙古自治区"),
        ("浙江省景宁畲族自治县自治条例", "浙江省景宁畲族自治县"),
        ("城市房地产开发经营管理条例", ""),
        ("青岛市崂山风景区条例", "青岛市"),
        ("上海市浦东新区若干规定", "上海市浦东新区"),
        ("关于市人民政府的规定", ""),
        ("社区矫正法", ""),
        ("", ""),
    ],
)
def test_regions(name: str, region: str) -> None:
    assert region_of(name) == region


# --- the catalogue


def test_the_catalogue_has_all_shipped_texts_with_what_the_table_knows() -> None:
    catalogue = {regulation.id: regulation for regulation in load_catalogue()}
    assert list(catalogue) == ["shandong-2019", "banan-2022", "fuzhou-2019", "yangjiang-2017", "shandong-reply-2019"]
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(catalogue)
    assert catalogue["shandong-2019"].issued == date(2019, 2, 9)
    assert "2019年2月9日" in catalogue["shandong-reply-2019"].text
    assert catalogue["shandong-reply-2019"].title.startswith("山东省生态环境厅关于《关于加强我省环境监察队伍建设的建议》")
    assert catalogue["fuzhou-2019"].supersedes.startswith("2017年7月4日")


def test_the_letter_is_no_regulation_to_match() -> None:
    assert [regulation.id for regulation in matched_regulations()] == [
        "shandong-2019", "banan-2022", "fuzhou-2019", "yangjiang-2017",
    ]  # fmt: skip
    assert {regulation.id: regulation.region for regulation in load_catalogue()}["shandong-reply-2019"] == ""


def test_what_the_table_says_does_not_contradict_the_texts() -> None:
    for source in load_sources():
        read_from_text = shipped(source.id)
        for key in ("issuer", "doc_number", "issued", "effective", "supersedes"):
            found, told = getattr(read_from_text, key), getattr(source, key)
            assert not found or not told or found == told, (source.id, key)


@pytest.mark.parametrize(
    ("name", "regulation"),
    [
        ("shandong-2019", "shandong-2019"),
        ("shandong", "shandong-2019"),
        (" Banan ", "banan-2022"),
        ("山东", "shandong-2019"),
        ("山东省", "shandong-2019"),
        ("巴南", "banan-2022"),
        ("巴南区", "banan-2022"),
        ("重庆市巴南区", "banan-2022"),
        ("抚州", "fuzhou-2019"),
        ("阳江市", "yangjiang-2017"),
        ("", None),
        ("all", None),
        ("ALL", None),
        ("全部", None),
    ],
)
def test_names_of_regions(name: str, regulation: str | None) -> None:
    assert resolve_region(name) == regulation


def test_every_name_is_a_word() -> None:
    assert all(len(name) >= 2 for name in region_names())


@pytest.mark.parametrize("name", ["山冬", "shandong-reply-2019", "北京", "shangdong", "省"])
def test_an_unknown_region_lists_the_choices(name: str) -> None:
    with pytest.raises(InputError, match=f"没有地区“{name}”.*shandong-2019（山东省）.*或 all（全部）"):
        resolve_region(name)


def test_an_unknown_region_names_the_nearest_one() -> None:
    with pytest.raises(InputError, match="您是否想用“shandong”"):
        resolve_region("shangdong")


HEADER = "id\tfile\ttitle\tregion\tissuer\tdoc_number\tissued\teffective\tsupersedes\tsource\tnote\n"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("id\tfile\n", "第1行应为表头"),
        (HEADER + "x\tx.txt\n", "第2行有2列，应为11列"),
        (HEADER + "x\tx.txt\t\t\t\t\t2019年\t\t\t\t\n", "第2行的日期应写成2019-02-09的样子"),
    ],
)
def test_a_broken_table_is_refused_with_its_line(tmp_path: Path, table: str, message: str) -> None:
    (tmp_path / "SOURCES.tsv").write_text(table, encoding="utf-8")
    with pytest.raises(FileError, match=message):
        load_sources(tmp_path)


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="读不到法规目录"):
        load_sources(tmp_path)
