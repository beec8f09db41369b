import pytest

from data.catalogue import load_catalogue
from data.citation import citations
from data.parser import parse

EXPECTED = {
    "shandong-2019/art13.p1.i2": "第十三条第（二）项",
    "shandong-2019/art14.p2.i3": "第十四条第二款第（三）项",
    "shandong-2019/art17.p1": "第十七条",
    "banan-2022/art10.p1.i11": "第十条第（十一）项",
    "fuzhou-2019/art14.p2": "第十四条第二款",
    "yangjiang-2017/s2.2.1.8": "二、(二)1.(8)",
    "yangjiang-2017/s2.3.2.p2": "二、(三)2.第二段",
    "yangjiang-2017/s3.2.1": "三、(二)1.",
}


@pytest.fixture(scope="module")
def shipped():
    return {key: (r, value) for r in load_catalogue() for key, value in citations(r).items()}


@pytest.mark.parametrize(("clause", "path"), EXPECTED.items())
def test_shipped_clauses_are_cited_as_people_write_them(shipped, clause, path):
    regulation, citation = shipped[clause]
    assert citation == f"《{regulation.title}》{path}"


def test_citations_are_unique_and_quote_titles_inside_titles(shipped):
    cited = [citation for _, citation in shipped.values()]
    assert len(set(cited)) == len(cited)
    assert all(citation.count("《") == 1 for citation in cited)


def test_an_inserted_article_and_a_text_without_structure():
    inserted = citations(parse("第一条 甲。\n第一条之一 有下列情形的：\n（一）乙；\n（二）丙。", "x"))
    assert inserted["x/art1-1.p1.i2"].endswith("第一条之一第（二）项")
    assert citations(parse("只有一段话。", "x"))["x/p1"].endswith("第一段")
