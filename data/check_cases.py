"""Checks the labelled cases and prints what they hold.

    python -m data.check_cases [FOLDER]

Schema, votes, label coverage, contrast pairs, echoes of the clauses, and that train, dev and test share no hand, pair or story.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from data.agreement import Agreement, measure_agreement, settle
from data.cases import read_cases
from data.catalogue import matched_regulations
from data.categories import CATEGORIES, MATCHED
from data.jsonl import numbered_lines, read_lines_text
from data.schema import Clause

__all__ = ["CATCH_ALL", "check", "echo", "matched_clauses", "summary"]

Row = dict[str, Any]
# "Other circumstances …": they name no fact of their own, so no narrative can be written for them.
CATCH_ALL = re.compile("^其他|其他情形。?$")
_FILES = ("train", "dev", "test")
_PUNCTUATION = re.compile(r"[\W_]+")
_RUN = 6  # characters in a row that count as an echo of a clause
_STORY_RUN = 20  # characters in a row that two splits never share by chance
# Names of institutions and fixed terms of the trade: a narrative cannot do without them.
_NAMES = (
    "各级生态环境部门", "生态环境部门及其工作人员", "区生态环境局党组", "市委、市政府", "省委、省政府", "纪检监察机关",
    "生态环境执法", "人民政府", "人民法院", "市人民政府", "双随机、一公开",
)  # fmt: skip


def matched_clauses() -> dict[str, Clause]:
    """Return the clauses that narratives are matched to, by id."""
    return {c.id: c for r in matched_regulations() for c in r.clauses if c.category in MATCHED}


def echo(narrative: str, clause: str) -> str:
    """Return a run of 6 or more characters that both texts share, punctuation and names of institutions apart; "" where none."""
    grams = set(_grams(clause, _RUN))
    return next((gram for gram in _grams(narrative, _RUN) if gram in grams), "")


def check(rows: Mapping[str, Sequence[Row]]) -> list[str]:
    """Return one Chinese line per problem in the rows of the splits ({split: rows}); [] where all is well."""
    clauses = matched_clauses()
    problems = [line for split, found in rows.items() for row in found for line in _row_problems(row, split, clauses)]
    return problems + _pair_problems(rows) + _shared_between_splits(rows) + _coverage_problems(rows, clauses)


def summary(rows: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """Return the counts of each split: cases, regions, styles, empty ones, pairs, clauses covered, agreement."""
    return {split: _split_summary(found) for split, found in rows.items()}


def _split_summary(rows: Sequence[Row]) -> dict[str, Any]:
    direct = Counter(c for row in rows for c, grade in row["labels"].items() if grade == 2)
    lengths = sorted(len(row["text"]) for row in rows)
    agreement = _agreement(rows)
    return {
        "cases": len(rows),
        "empty": sum(not row["labels"] for row in rows),
        "pairs": len({row["pair"] for row in rows if row["pair"]}),
        "regions": dict(Counter(row["region"] for row in rows)),
        "styles": dict(Counter(row["style"] for row in rows)),
        "hands": dict(Counter(row["hand"] for row in rows)),
        "labels_per_case": round(sum(len(row["labels"]) for row in rows) / max(len(rows), 1), 2),
        "clauses_with_grade_2": len(direct),
        "fewest_grade_2": min((direct[c] for c in _wanted(matched_clauses())), default=0),
        "length": [lengths[0], lengths[len(lengths) // 2], lengths[-1]] if lengths else [],
        "f1_any": round(agreement.f1_any, 3),
        "f1_grade_2": round(agreement.f1_direct, 3),
        "kappa": {CATEGORIES[k]: round(v, 3) for k, (v, _) in agreement.kappa.items()},
        "settled_by_third_look": agreement.settled,
    }


def _agreement(rows: Sequence[Row]) -> Agreement:
    categories = {key: (clause.regulation_id, clause.category) for key, clause in matched_clauses().items()}
    return measure_agreement({r["id"]: r["votes"] for r in rows}, {r["id"]: r["region"] for r in rows}, categories)


def _row_problems(row: Row, split: str, clauses: Mapping[str, Clause]) -> Iterator[str]:
    name = row["id"]
    missing = [key for key in ("style", "hand", "votes", "source", "split") if not row.get(key)]
    if missing:
        yield f"{name}：缺少 {'、'.join(missing)}"
        return
    if row["split"] != split:
        yield f"{name}：split 是 {row['split']}，却在 {split} 文件里"
    if len(row["text"]) < 20:
        yield f"{name}：不足 20 字"
    for clause in row["labels"]:
        if clause not in clauses or clauses[clause].regulation_id != row["region"]:
            yield f"{name}：{clause} 不是该地区的可匹配条款"
        elif run := echo(row["text"], clauses[clause].text):
            yield f"{name}：照抄了 {clause} 的“{run}”"
    try:
        if settle(row["votes"]) != dict(sorted(row["labels"].items())):
            yield f"{name}：labels 与 votes 得出的不一致"
    except ValueError as error:
        yield f"{name}：{error}"


def _pair_problems(rows: Mapping[str, Sequence[Row]]) -> list[str]:
    pairs: dict[str, list[Row]] = defaultdict(list)
    for found in rows.values():
        for row in found:
            if row["pair"]:
                pairs[row["pair"]].append(row)
    problems = [
        f"对比组 {key} 应有同地区的两条" for key, two in pairs.items() if len(two) != 2 or two[0]["region"] != two[1]["region"]
    ]
    return problems + [f"对比组 {key} 跨了两个文件" for key, two in pairs.items() if len({row["split"] for row in two}) > 1]


def _shared_between_splits(rows: Mapping[str, Sequence[Row]]) -> list[str]:
    hands = Counter(hand for found in rows.values() for hand in {row["hand"] for row in found})
    problems = [f"作者 {hand} 出现在多个文件里" for hand, count in hands.items() if count > 1]
    seen: dict[str, tuple[str, str]] = {}
    for split, found in rows.items():
        for row in found:
            for gram in _grams(row["text"], _STORY_RUN):
                owner = seen.setdefault(gram, (split, row["id"]))
                if owner[0] != split:
                    problems.append(f"{row['id']} 与 {owner[1]} 有相同的“{gram}”")
                    break
    return problems


def _coverage_problems(rows: Mapping[str, Sequence[Row]], clauses: Mapping[str, Clause]) -> list[str]:
    problems = []
    for split, found in rows.items():
        least = 8 if split == "train" else 1
        direct = Counter(c for row in found for c, grade in row["labels"].items() if grade == 2)
        problems += [f"{split}：{c} 只有 {direct[c]} 个直接案例，少于 {least}" for c in _wanted(clauses) if direct[c] < least]
    return problems


def _wanted(clauses: Mapping[str, Clause]) -> list[str]:
    return [key for key, clause in clauses.items() if not CATCH_ALL.search(clause.text)]


def _grams(text: str, size: int) -> Iterator[str]:
    for name in _NAMES:
        text = text.replace(name, "\n")
    for line in text.split("\n"):
        bare = _PUNCTUATION.sub("", line)
        yield from (bare[i : i + size] for i in range(len(bare) - size + 1))


def _rows(folder: Path) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for split in _FILES:
        path = folder / f"{split}.jsonl"
        if path.exists():
            read_cases(path)  # names file and line of what breaks the format
            text = read_lines_text(path, "案例文件")
            found[split] = [json.loads(line) for _, line in numbered_lines(text)]
    return found


def main() -> int:
    """Print the summary and the problems, a missing file among them; return 1 where there are any."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("cases")
    rows = _rows(folder)
    sys.stdout.write(json.dumps(summary(rows), ensure_ascii=False, indent=1) + "\n")
    problems = [f"没有 {split}.jsonl" for split in _FILES if split not in rows] + check(rows)
    sys.stdout.write("".join(line + "\n" for line in problems) + f"{len(problems)} 个问题\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
