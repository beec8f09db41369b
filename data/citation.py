"""How a clause is cited in Chinese, such as 《……办法（试行）》第十三条第（二）项."""

from __future__ import annotations

from data.schema import Clause, Regulation

__all__ = ["cite", "citations"]


def citations(regulation: Regulation) -> dict[str, str]:
    """Return the citation of each clause of `regulation` by clause id."""
    several = _articles_with_several_paragraphs(regulation)
    parents = {c.id: c for c in regulation.clauses}
    labels = {p.id: p.label for p in regulation.pieces}
    return {c.id: cite(c, title=regulation.title, parents=parents, labels=labels, several=several) for c in regulation.clauses}


def cite(
    clause: Clause,
    *,
    title: str,
    parents: dict[str, Clause],
    labels: dict[str, str],
    several: frozenset[str] = frozenset(),
) -> str:
    """Return 《title》 and the path of `clause`; 第X款 is named only where its article has several paragraphs (`several`)."""
    path: list[str] = []
    node: str | None = clause.id
    while node is not None:
        above = parents.get(node)
        path.append(_step(node, above, labels, several))
        node = above.parent_id if above else None if node not in labels else _above(node)
    return f"《{title}》" + "".join(reversed(path))


def _step(node: str, clause: Clause | None, labels: dict[str, str], several: frozenset[str]) -> str:
    last = node.rpartition("/")[2].rpartition(".")[2]
    if clause is not None and clause.level == "paragraph":
        article = clause.parent_id or ""
        if not last.startswith("p"):
            return ""
        if article.rpartition("/")[2].startswith("art"):
            return f"第{_CHINESE(int(last[1:]))}款" if article in several else ""
        return f"第{_CHINESE(int(last[1:]))}段"
    label = (clause.label if clause else labels.get(node, "")).strip()
    if clause is not None and clause.level == "item":
        return f"第{label.replace('(', '（').replace(')', '）')}项"
    if clause is not None and clause.level == "subitem":
        return f"第{label}目"
    return label.replace(" ", "").replace("　", "")


def _above(node: str) -> str | None:
    """Return the id one level up inside an outline (s2.2.1 to s2.2); articles end the path."""
    regulation, _, path = node.rpartition("/")
    if not path.startswith("s") or "." not in path:
        return None
    return f"{regulation}/{path.rpartition('.')[0]}"


def _articles_with_several_paragraphs(regulation: Regulation) -> frozenset[str]:
    seen: set[str] = set()
    several: set[str] = set()
    for clause in regulation.clauses:
        if clause.level == "paragraph" and clause.parent_id is not None:
            (several if clause.parent_id in seen else seen).add(clause.parent_id)
    return frozenset(several)


def _CHINESE(number: int) -> str:  # noqa: N802
    import cn2an

    return str(cn2an.an2cn(number))
