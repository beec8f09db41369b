"""Reading the library: the regulations that serve now as a tree, a clause with what belongs to it, and finding clauses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from data.catalogue import as_shipped
from data.categories import CATEGORIES
from data.citation import citations
from data.equivalents import RELATION_LABELS, equivalents
from data.errors import InputError
from data.schema import Clause, Regulation, Span
from retrieval.releases import regulations_of
from ui.services.access import Person, check
from ui.services.desk import Desk
from ui.services.library_query import Query, parse_query

__all__ = [
    "MOST",
    "Article",
    "ClausePage",
    "Edition",
    "Found",
    "Hit",
    "Related",
    "Section",
    "clause_page",
    "edition",
    "library_folder",
    "search",
    "sections",
    "short_citation",
]

MOST = 100
"""So many clauses are shown on the page of what was found."""

_ARTICLE = re.compile(r"第[^条]+条(?:之[一二三四五六七八九十]+)?")


@dataclass(frozen=True, slots=True)
class Edition:
    """The regulations of one version, in their order; version 0 comes with the program."""

    number: int
    regulations: tuple[Regulation, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """The clauses of one article with their citations less the title; `label` is "" in a text without articles."""

    label: str
    clauses: tuple[tuple[Clause, str], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """What stands below the same headings, outermost first; () above the first heading."""

    headings: tuple[str, ...]
    articles: tuple[Article, ...]


@dataclass(frozen=True, slots=True)
class Related:
    """A clause of another regulation that states the same rule or nearly so; `relation` and `note` are in Chinese."""

    clause_id: str
    relation: str
    note: str
    citation: str
    text: str


@dataclass(frozen=True, slots=True)
class ClausePage:
    """A clause, its regulation, the other clauses of its article (itself among them), and its relations.

    `rewritten` tells that the text is no longer the one on which the relations were judged.
    """

    clause: Clause
    citation: str
    category: str
    regulation: Regulation
    article: Article
    related: tuple[Related, ...]
    rewritten: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A clause that was found; `spans` are the words of the query in its text."""

    clause: Clause
    citation: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The first hits in document order, and how many there are in all."""

    hits: tuple[Hit, ...]
    total: int


def library_folder(desk: Desk) -> Path:
    """Return where the library of the desk lies."""
    return desk.folder / "library"


def edition(desk: Desk, person: Person) -> Edition:
    """Return the regulations that serve now. Raises NotAllowed, and IndexBuildError where they cannot be read."""
    check(person, "library.read")
    number = desk.matcher().version
    return Edition(number, regulations_of(library_folder(desk), number))


def sections(regulation: Regulation) -> tuple[Section, ...]:
    """Return the tree of a regulation: its clauses by headings, and there by article."""
    cited = citations(regulation)
    rows = [(clause, short_citation(regulation, cited[clause.id])) for clause in regulation.clauses]
    found = []
    for headings, group in groupby(rows, key=lambda row: row[0].headings):
        articles = [Article(label, tuple(inner)) for label, inner in groupby(group, key=_article_label)]
        found.append(Section(headings, tuple(articles)))
    return tuple(found)


def short_citation(regulation: Regulation, citation: str) -> str:
    """Return the citation without the regulation's title; all of it where nothing else is in it."""
    title = f"《{regulation.title.translate(str.maketrans('《》', '〈〉'))}》"
    return citation.removeprefix(title) or citation


def clause_page(desk: Desk, person: Person, clause_id: str) -> ClausePage:
    """Return what is known of a clause. Raises NotAllowed, and InputError where the library has no such clause."""
    known = edition(desk, person)
    regulation = next((r for r in known.regulations if clause_id.startswith(f"{r.id}/")), None)
    clause = next((c for c in regulation.clauses if c.id == clause_id), None) if regulation else None
    if regulation is None or clause is None:
        raise InputError("现行条款库里没有这一条，它可能已被新版本改动；请刷新后重新查找。")
    article = next(
        article
        for section in sections(regulation)
        for article in section.articles
        if any(other.id == clause.id for other, _ in article.clauses)
    )
    citation = citations(regulation)[clause.id]
    label = CATEGORIES.get(clause.category, clause.category)
    related = _related(clause_id, known.regulations)
    return ClausePage(clause, citation, label, regulation, article, related, bool(related) and not as_shipped(clause))


def search(desk: Desk, person: Person, query: str, *, regulation: str = "", most: int | None = MOST) -> Found:
    """Return the clauses with these words or this number, in document order, the first `most` (None: all) of them.

    `regulation` is an id, "" for all. Every word has to stand in the text as it is written. A number such as 第十三条第(六)项 or
    13条 finds what lies below it too; words beside it may stand in the title. Raises NotAllowed, and InputError for an empty
    query or an unknown regulation.
    """
    known = edition(desk, person).regulations
    if regulation and all(other.id != regulation for other in known):
        raise InputError("现行条款库里没有所选的法规，请刷新后重新选择。")
    wanted = parse_query(query)
    hits: list[Hit] = []
    for one in known:
        if regulation in ("", one.id):
            hits += _hits(one, wanted)
    return Found(tuple(hits[:most]), len(hits))


def _hits(regulation: Regulation, wanted: Query) -> list[Hit]:
    cited = citations(regulation)
    title = f"{regulation.title}{regulation.region}{regulation.id}"
    found = []
    for clause in regulation.clauses:
        spans = wanted.find(clause, title, short_citation(regulation, cited[clause.id]))
        if spans is not None:
            found.append(Hit(clause, cited[clause.id], spans))
    return found


def _article_label(row: tuple[Clause, str]) -> str:
    found = _ARTICLE.match(row[1])
    return found[0] if found else ""


def _related(clause_id: str, regulations: Sequence[Regulation]) -> tuple[Related, ...]:
    clauses = {clause.id: (clause, regulation) for regulation in regulations for clause in regulation.clauses}
    found = []
    for other in equivalents(clause_id):
        if other.clause_id in clauses:
            clause, regulation = clauses[other.clause_id]
            citation = citations(regulation)[clause.id]
            found.append(Related(clause.id, RELATION_LABELS[other.relation], other.note, citation, clause.text))
    return tuple(found)
