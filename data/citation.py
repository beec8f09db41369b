"""How a clause is cited in Chinese, such as 《……办法（试行）》第十三条第（二）项.

article  第X条, then 第X款 only where the article has several, then 第（X）项, then the label of a 目
outline  the labels one after the other: 二、(二)1.(8), and 第X段 for a paragraph without label
"""

from __future__ import annotations

from collections import Counter

from data.numerals import number_in_words
from data.schema import Clause, Regulation

__all__ = ["citations"]

_INNER_QUOTES = str.maketrans("《》", "〈〉")  # a title inside a title
_FULL_WIDTH = str.maketrans("()", "（）")


def citations(regulation: Regulation) -> dict[str, str]:
    """Return the citation of each clause of `regulation` by clause id."""
    labels = {piece.id: piece.label for piece in regulation.pieces}
    clauses = {clause.id: clause for clause in regulation.clauses}
    siblings = Counter(clause.parent_id for clause in regulation.clauses if clause.level == "paragraph")
    title = f"《{regulation.title.translate(_INNER_QUOTES)}》"
    return {clause.id: title + _path(clause, clauses, labels, siblings) for clause in regulation.clauses}


def _path(clause: Clause, clauses: dict[str, Clause], labels: dict[str, str], siblings: Counter[str | None]) -> str:
    above = clause.parent_id or ""
    step = _step(clause, alone=siblings[clause.parent_id] == 1)
    if above in clauses:
        return _path(clauses[above], clauses, labels, siblings) + step
    return _headings(above, labels) + step


def _step(clause: Clause, *, alone: bool) -> str:
    label = "".join(clause.label.split())
    if clause.level == "item":
        return f"第{label.translate(_FULL_WIDTH)}项"
    if clause.level == "subitem":
        return f"第{label}目"
    if clause.level != "paragraph":
        return label
    in_article = ".art" in f".{(clause.parent_id or '').rpartition('/')[2]}"
    if in_article and alone:
        return ""
    return f"第{number_in_words(int(clause.number.lstrip('p') or 1))}{'款' if in_article else '段'}"


def _headings(node: str, labels: dict[str, str]) -> str:
    """Return the labels of an article, or of an outline node and those above it (s2.2.1 gives 二、(二)1.)."""
    regulation, _, path = node.rpartition("/")
    parts = path.split(".")
    chain = (f"{regulation}/{'.'.join(parts[: end + 1])}" for end in range(len(parts)))
    return "".join("".join(labels.get(step, "").split()) for step in chain)
