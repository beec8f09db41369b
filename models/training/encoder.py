"""Trains the encoder on labelled narratives.

    python -m models.training.encoder --start FOLDER --out FOLDER [--cases FILE]... [--without REGULATION] [--share 0.5]

FOLDER (start) is a model folder such as the one that `models.training.statutes` writes, or the untrained one. Each narrative
is compared with every clause of every regulation for which its labels are known; where the words that speak to a clause are
marked, the clause learns to look at them, and they are learnt as short texts of their own. Written to --out: a folder that
`rongcuo` takes as RONGCUO_ENCODER. An interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from data.cases import CASES, read_cases, read_elsewhere, read_marks
from data.catalogue import matched_regulations
from data.categories import MATCHED
from data.entries import entries_of
from data.schema import Clause, Span
from models.layout import read_manifest
from models.training.command import add_options, open_tokenizer, recipe_of, run
from models.training.folder import write_folder
from models.training.losses import listwise, pointing, pointwise
from models.training.progress import say, train
from models.training.targets import UNKNOWN, Example, examples, passages, weight_of
from models.training.tower import Tower, grouped_by_length
from models.training.watch import mean_ndcg

__all__ = ["main"]

TEMPERATURE = 0.05
POINTWISE = 0.3
"""What the pointwise loss weighs beside the listwise one."""
POINTING = 0.15
"""What it weighs beside the listwise one that clauses look at the words marked for them."""
TOKENS = 256
"""Tokens of a narrative that are read while training; at work longer ones are read in pieces of this length."""
_CLAUSE_TOKENS = 160
_SORTED = 8  # batches among which narratives are sorted by length: little padding, and still a different order each epoch


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code, 2 for an error that is told in one line."""
    return run(_run, _parser().parse_args(arguments))


@dataclass(frozen=True, slots=True)
class _Texts:
    """Examples with the states of their narratives below the first trained layer, and where each token stands in the text."""

    found: Sequence[Example]
    lower: Sequence[Tensor]
    offsets: Sequence[Sequence[tuple[int, int]]]

    def grades(self, batch: Sequence[int]) -> Tensor:
        return torch.from_numpy(np.stack([self.found[i].grades for i in batch]))

    def marks(self, batch: Sequence[int], tokens: int) -> tuple[list[int], list[int], Tensor]:
        """Return line in the batch and row of the clause of each marked pair, and its marked tokens (pairs, tokens)."""
        lines, rows, marked = [], [], []
        for line, place in enumerate(batch):
            for row, spans in self.found[place].marks.items():
                lines.append(line)
                rows.append(row)
                marked.append(_marked(self.offsets[place], spans, tokens))
        return lines, rows, torch.from_numpy(np.array(marked, dtype=bool).reshape(len(lines), tokens))


@dataclass(frozen=True, slots=True)
class _Lessons:
    """Narratives, the passages marked in them, and which passages belong to each narrative."""

    narratives: _Texts
    passages: _Texts
    of: Sequence[Sequence[int]]


class _Task:
    """The clauses, and the loss of a batch of narratives against them."""

    def __init__(self, tower: Tower, clauses: Sequence[Clause], tokenizer: Tokenizer, prompts: tuple[str, str]) -> None:
        self.tower = tower
        self.clauses = clauses
        self._tokenizer = tokenizer
        self._query, self._document = prompts
        regulations = [clause.regulation_id for clause in clauses]
        self.columns = {name: torch.tensor([r == name for r in regulations]) for name in dict.fromkeys(regulations)}
        self._lower = tower.lower([self._ids(self._document + clause.text, _CLAUSE_TOKENS) for clause in clauses])

    def read(self, found: Sequence[Example]) -> _Texts:
        encoded = [self._tokenizer.encode(self._query + example.case.narrative) for example in found]
        start = len(self._query)
        offsets = [[(first - start, last - start) for first, last in text.offsets[:TOKENS]] for text in encoded]
        return _Texts(found, self.tower.lower([text.ids[:TOKENS] for text in encoded]), offsets)

    def lessons(self, found: Sequence[Example]) -> _Lessons:
        parts = [passages(example) for example in found]
        ends = np.cumsum([len(own) for own in parts])
        of = [range(end - len(own), end) for own, end in zip(parts, ends, strict=True)]
        return _Lessons(self.read(found), self.read([passage for own in parts for passage in own]), of)

    def loss(self, lessons: _Lessons, batch: Sequence[int]) -> Tensor:
        """Return the loss of these narratives and their passages: which clauses match, and at which words they look."""
        clauses = self.tower.documents(self._lower)
        texts = lessons.narratives
        scores, weights = self.tower.look(self.tower.upper([texts.lower[i] for i in batch]), clauses)
        grades = texts.grades(batch)
        lines, rows, marked = texts.marks(batch, weights.shape[-1])
        total = POINTING * pointing(weights[lines, rows], marked)
        short = [place for i in batch for place in lessons.of[i]]
        lower = [lessons.passages.lower[place] for place in short]
        for group in grouped_by_length(lower, 24):
            scores = torch.cat([scores, self.tower.score(self.tower.upper([lower[i] for i in group]), clauses)])
            grades = torch.cat([grades, lessons.passages.grades([short[i] for i in group])])
        return total + self._matching(scores, grades)

    def _matching(self, scores: Tensor, grades: Tensor) -> Tensor:
        weights, known = torch.from_numpy(weight_of(grades.numpy())), grades > UNKNOWN
        logits = self.tower.slope * scores / TEMPERATURE + self.tower.offset
        parts = [
            listwise(scores[:, c], weights[:, c], known[:, c], temperature=TEMPERATURE)
            + POINTWISE * pointwise(logits[:, c], weights[:, c], known[:, c])
            for c in self.columns.values()
        ]
        return torch.stack(parts).mean()

    @torch.no_grad()
    def scores(self, texts: _Texts) -> Tensor:
        clauses = self.tower.documents(self._lower)
        parts = [
            self.tower.score(self.tower.upper(texts.lower[start : start + 16]), clauses)
            for start in range(0, len(texts.lower), 16)
        ]
        return torch.cat(parts)

    def _ids(self, text: str, most: int) -> list[int]:
        return self._tokenizer.encode(text).ids[:most]


def _run(options: argparse.Namespace) -> None:
    paths = options.cases or [CASES / "train.jsonl"]
    cases = [case for path in paths for case in read_cases(path)]
    elsewhere = read_elsewhere(options.elsewhere)
    clauses = [e.clause for e in entries_of(matched_regulations(), categories=frozenset(MATCHED))]
    tower = Tower(options.start, frozen=options.frozen)
    task = _Task(tower, clauses, open_tokenizer(options.start), ("query: ", "passage: "))
    chosen = random.Random(options.seed).sample(cases, round(len(cases) * options.share))
    learnt = task.lessons(examples(chosen, clauses, elsewhere, marks=read_marks(options.marks), without=options.without))
    watched = task.read([e for e in examples(read_cases(options.dev), clauses, {}) if e.case.labels])
    count = len(learnt.of)
    say(f"{count} 条训练叙述、{len(learnt.passages.found)} 段，{len(clauses)} 条条款，开发集 {len(watched.found)} 条")
    lengths = [len(states) for states in learnt.narratives.lower]
    recipe = recipe_of(options)
    state = options.out.with_name(options.out.name + ".training")
    state.parent.mkdir(parents=True, exist_ok=True)
    train(
        tower,
        recipe,
        lambda chance: _batches(lengths, recipe.batch, chance),
        lambda batch: task.loss(learnt, batch),
        state=state,
        after=lambda epoch: say(f"开发集 nDCG@10 {mean_ndcg(task.scores(watched).numpy(), watched.found, clauses):.4f}"),
    )
    source = f"{read_manifest(options.start).source}; {', '.join(path.name for path in paths)}, {count} narratives"
    write_folder(tower, options.start, options.out, head=tower.attention(), source=source, max_tokens=TOKENS)
    state.unlink()


def _marked(offsets: Sequence[tuple[int, int]], spans: Sequence[Span], tokens: int) -> list[bool]:
    """Tell of each of `tokens` places whether its token overlaps a span; places beyond the text do not."""
    found = [any(first < span.end and span.start < last for span in spans) for first, last in offsets]
    return found + [False] * (tokens - len(found))


def _batches(lengths: Sequence[int], size: int, chance: random.Random) -> list[list[int]]:
    """Return the places of all narratives in random batches of like length."""
    order = chance.sample(range(len(lengths)), len(lengths))
    pools = [order[start : start + size * _SORTED] for start in range(0, len(order), size * _SORTED)]
    ordered = [place for pool in pools for place in sorted(pool, key=lambda i: lengths[i])]
    batches = [ordered[start : start + size] for start in range(0, len(ordered), size)]
    chance.shuffle(batches)
    return batches


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models.training.encoder", description="用标注叙述训练编码模型")
    parser.add_argument("--cases", type=Path, action="append", default=[], help="标注叙述 .jsonl，可多次；默认自带的训练集")
    parser.add_argument("--elsewhere", type=Path, default=CASES / "elsewhere.jsonl", help="对其他地区条款的标注")
    parser.add_argument("--marks", type=Path, default=CASES / "marks.jsonl", help="叙述里指向各条款的字句")
    parser.add_argument("--dev", type=Path, default=CASES / "dev.jsonl", help="每轮之后测一次的案例")
    parser.add_argument("--without", default="", help="不参加训练的规定（留一地区）")
    parser.add_argument("--share", type=float, default=1.0, help="用多少比例的训练叙述（学习曲线）")
    add_options(parser, frozen=6, epochs=5, rate=1.2e-4, batch=48)
    return parser


if __name__ == "__main__":
    sys.exit(main())
