"""The Chinese words for what a narrative tells and what reviewers say of it, the same in terminal, page and exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from data.categories import AGAINST, CATEGORIES, FOR, HEADLINES
from data.entries import Entry
from data.schema import CasePicture, DecidedBy, GroupPicture, Match, Polarity, Status, Told
from data.store.records import VERDICTS, Review
from retrieval.told import denied_exclusion

__all__ = [
    "DECIDED", "GRADES", "POLARITY", "RULES", "STATUS", "TOLD",
    "grade_words", "label_words", "open_questions", "sides", "verdict_words",
]  # fmt: skip

DECIDED: Mapping[DecidedBy, str] = MappingProxyType({"rule": "按用语规则", "model": "按模型", "none": "未判断"})
POLARITY: Mapping[Polarity, str] = MappingProxyType({"supports": "与条款一致", "contradicts": "与条款相反", "unclear": "看不出"})
TOLD: Mapping[Told, str] = MappingProxyType(
    {"asserted": "直接陈述", "denied": "否认", "alleged": "转述或指称", "hypothetical": "打算、假设或规定", "unclear": "看不出"}
)
STATUS: Mapping[Status, str] = MappingProxyType({"supported": "叙述支持", "contradicted": "叙述相反", "not_stated": "未说明"})
RULES: Mapping[str, str] = MappingProxyType(
    {"any": "有一项即可", "all": "须全部具备", "none": "一项都不能有", "questions": "综合权衡"}
)
GRADES: Mapping[int, str] = MappingProxyType({2: "直接成立", 1: "可争议"})
"""Grade 2: the facts told directly establish the clause, or directly raise it; 1: arguable, partial, by implication."""
_DENIED = "叙述否认的不利情形"

Groups = list[tuple[str, list[Match]]]


def sides(matches: Sequence[Match]) -> tuple[Groups, Groups]:
    """Return the matches for and against the officer, each under their Chinese category labels.

    The headline categories are there also when empty. What the narrative denies of the excluding clauses stands on the side for
    the officer; categories of someone's own clause file stand there too, under their own names.
    """
    denied = [match for match in matches if denied_exclusion(match)]
    rest = [match for match in matches if not denied_exclusion(match)]
    keys = dict.fromkeys([*FOR, *CATEGORIES, *(match.clause.category for match in rest)])
    found = {key: [match for match in rest if match.clause.category == key] for key in keys}
    shown = [(key, group) for key, group in found.items() if group or key in HEADLINES]
    good = [(CATEGORIES.get(key, key), group) for key, group in shown if key not in AGAINST]
    bad = [(CATEGORIES.get(key, key), group) for key, group in shown if key in AGAINST]
    return [*good, *([(_DENIED, denied)] if denied else [])], bad


def open_questions(picture: CasePicture) -> tuple[list[tuple[GroupPicture, str, str]], list[tuple[GroupPicture, str, str]]]:
    """Return the facts to establish as (group, clause id, question): of grounds and conditions, and of everything else."""
    first: list[tuple[GroupPicture, str, str]] = []
    others: list[tuple[GroupPicture, str, str]] = []
    for group in picture.groups:
        wanted = first if group.part in ("duty", "tolerance", "mitigation") else others
        wanted += [(group, clause_id, question) for clause_id, question in group.questions]
    return first, others


def grade_words(grade: int) -> str:
    """Return a grade as it is written beside a clause: 2 级，直接成立."""
    return f"{grade} 级，{GRADES[grade]}"


def verdict_words(review: Review) -> str:
    """Return a reviewer's decision, with its grade where it has one: 改等级（1 级，可争议）."""
    return VERDICTS[review.verdict] + ("" if review.grade is None else f"（{grade_words(review.grade)}）")


def label_words(labels: Mapping[str, int], clauses: Mapping[str, Entry]) -> str:
    """Return the labels of a like case as places in its regulation with their grades, 无 for none.

    `clauses` are clauses with their citations by id; a label that is not among them is left out.
    """
    cited = ((clauses[name].citation, GRADES[grade]) for name, grade in labels.items() if name in clauses)
    return "、".join(f"{citation.partition('》')[2] or citation}（{words}）" for citation, words in cited) or "无"
