"""Trains the encoder on lay questions and the statute articles that answer them.

    python -m models.training.statutes --corpus DIR --negatives FILE --out FOLDER [--without-fold 0]

DIR holds corpus.jsonl.gz and queries.train.jsonl (STARD). FILE holds lines {"id", "documents"}: what a lexical search ranks
first for a question, as `python -m retrieval.mine` writes it; one of them that is no answer is the question's hard negative.
Learning this first makes everyday words and official ones neighbours before the labelled narratives are few.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from data.cases import fold_of, read_cases
from data.entries import read_clause_file
from data.jsonl import numbered_lines, read_lines_text
from data.schema import Case
from models.attention import ClauseAttention
from models.layout import read_manifest
from models.training.command import add_options, open_tokenizer, recipe_of, run
from models.training.folder import write_folder
from models.training.progress import say, train
from models.training.tower import Tower, grouped_by_length, padded

__all__ = ["main"]

TEMPERATURE = 0.02
HARDEST = 30
"""From how many of the first documents of the lexical search a hard negative is drawn."""
_DOCUMENT_TOKENS = 160


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code, 2 for an error that is told in one line."""
    return run(_run, _parser().parse_args(arguments))


@dataclass(frozen=True, slots=True)
class _Task:
    """The questions, their hard negatives, and the loss of a batch of questions."""

    tower: Tower
    tokenizer: Tokenizer
    questions: Sequence[Case]
    documents: Mapping[str, str]
    hard: Mapping[str, Sequence[str]]
    chance: random.Random

    def loss(self, batch: Sequence[int]) -> Tensor:
        asked = [self.questions[i] for i in batch]
        right = [self.chance.choice(sorted(case.labels)) for case in asked]
        wrong = [self.chance.choice(self._negatives(case)) for case in asked]
        queries = self._encode([f"query: {case.narrative}" for case in asked])
        documents = self._encode([f"passage: {self.documents[key]}" for key in (*right, *wrong)])
        also = torch.tensor(
            [[key in case.labels and key != own for key in (*right, *wrong)] for case, own in zip(asked, right, strict=True)]
        )
        logits = (queries @ documents.T / TEMPERATURE).masked_fill(also, -1e9)
        return functional.cross_entropy(logits, torch.arange(len(batch)))

    def _negatives(self, case: Case) -> list[str]:
        return [key for key in self.hard[case.id] if key not in case.labels][:HARDEST]

    def _encode(self, texts: Sequence[str]) -> Tensor:
        ids = [encoding.ids[:_DOCUMENT_TOKENS] for encoding in self.tokenizer.encode_batch(list(texts))]
        found: list[Tensor] = [torch.empty(0)] * len(ids)
        for places in grouped_by_length(ids, max(8, len(ids) // 4)):
            rows, mask = padded([ids[i] for i in places])
            for vector, place in zip(self.tower.whole_pass(rows, mask), places, strict=True):
                found[place] = vector
        return torch.stack(found)


def _run(options: argparse.Namespace) -> None:
    questions = read_cases(options.corpus / "queries.train.jsonl")
    folds = fold_of([case.id for case in questions])
    asked = [case for case in questions if folds[case.id] != options.without_fold]
    entries = read_clause_file(options.corpus / "corpus.jsonl.gz")
    tokenizer = open_tokenizer(options.start)
    tower = Tower(options.start, frozen=options.frozen)
    documents = {entry.clause.id: entry.document(lead=False, title=True) for entry in entries}
    task = _Task(tower, tokenizer, asked, documents, _negatives(options.negatives), random.Random(options.seed))
    say(f"{len(asked)} 个问题，{len(entries)} 条法条")
    recipe = recipe_of(options)
    state = options.out.with_name(options.out.name + ".training")
    state.parent.mkdir(parents=True, exist_ok=True)
    train(
        tower,
        recipe,
        lambda chance: _batches(len(asked), recipe.batch, chance),
        task.loss,
        state=state,
    )
    source = f"{read_manifest(options.start).source}; STARD (MIT), {len(asked)} questions"
    head = ClauseAttention.load(options.start)  # these lessons leave it as it was
    write_folder(tower, options.start, options.out, head=head, source=source, max_tokens=512)
    state.unlink()


def _batches(count: int, size: int, chance: random.Random) -> list[list[int]]:
    order = chance.sample(range(count), count)
    return [order[start : start + size] for start in range(0, count, size)]


def _negatives(path: Path) -> dict[str, list[str]]:
    """Return the documents per question of a file written by `retrieval.mine`; FileError where it cannot be read."""
    rows = (json.loads(line) for _, line in numbered_lines(read_lines_text(path, "难负例文件")))
    return {row["id"]: row["documents"] for row in rows}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models.training.statutes", description="用百姓提问与法条训练编码模型")
    parser.add_argument("--corpus", type=Path, required=True, help="STARD 文件夹")
    parser.add_argument("--negatives", type=Path, required=True, help="难负例 .jsonl，由 python -m retrieval.mine 写出")
    parser.add_argument("--without-fold", type=int, default=-1, help="不参加训练的一折（0 到 4）")
    add_options(parser, frozen=4, epochs=3, rate=8e-5, batch=32)
    return parser


if __name__ == "__main__":
    sys.exit(main())
