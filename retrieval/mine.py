"""Finds hard negatives: what a lexical search ranks first for each question.

    python -m retrieval.mine CLAUSES QUESTIONS OUT [--depth 60]

Writes lines {"id", "documents": [clause ids, best first]}; answers are among them, training leaves them out.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from data.cases import read_cases
from data.entries import Entry, read_clause_file
from data.errors import RongcuoError
from data.schema import Case
from models.segment import load_segmenter
from retrieval.fusion import order
from retrieval.lexical import Bm25
from retrieval.settings import get_settings

__all__ = ["main", "mine"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code, 2 for an error that is told in one line."""
    parser = argparse.ArgumentParser(prog="python -m retrieval.mine", description="用 BM25 找难负例")
    parser.add_argument("clauses", type=Path, help="条款文件 .jsonl 或 .jsonl.gz")
    parser.add_argument("questions", type=Path, help="问题文件 .jsonl")
    parser.add_argument("out", type=Path, help="写到哪个 .jsonl")
    parser.add_argument("--depth", type=int, default=60, help="每个问题取前多少条")
    options = parser.parse_args(arguments)
    try:
        found = mine(read_clause_file(options.clauses), read_cases(options.questions), depth=options.depth)
        lines = [json.dumps({"id": key, "documents": documents}, ensure_ascii=False) for key, documents in found]
    except RongcuoError as error:
        sys.stderr.write(f"错误：{error}\n")
        return 2
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


def mine(entries: Sequence[Entry], questions: Sequence[Case], *, depth: int) -> Iterator[tuple[str, list[str]]]:
    """Yield for each question its id and the ids of the `depth` entries that BM25 ranks first, titles included."""
    settings, segmenter = get_settings(), load_segmenter()
    texts = [entry.document(lead=False, title=True) for entry in entries]
    bm25 = Bm25.build(texts, segmenter.terms, k1=settings.bm25_k1, b=settings.bm25_b)
    for question in questions:
        best = order(bm25.scores(segmenter.terms(question.narrative)))[:depth]
        yield question.id, [entries[int(row)].clause.id for row in best]


if __name__ == "__main__":
    sys.exit(main())
