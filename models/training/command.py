"""What the training commands share: their common options, errors told in one line, the tokenizer of a model folder."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from tokenizers import Tokenizer

from data.errors import RongcuoError
from models.layout import BASE_NAME, TOKENIZER, WEIGHTS
from models.training.progress import Recipe, say, set_up

__all__ = ["add_options", "open_tokenizer", "recipe_of", "run"]


def add_options(parser: argparse.ArgumentParser, *, frozen: int, epochs: int, rate: float, batch: int) -> None:
    """Add the options that every training has, with these defaults."""
    parser.add_argument("--start", type=Path, default=WEIGHTS / BASE_NAME, help="起点模型文件夹")
    parser.add_argument("--out", type=Path, required=True, help="写到哪个文件夹")
    parser.add_argument("--frozen", type=int, default=frozen, help="不动的底层层数")
    parser.add_argument("--epochs", type=int, default=epochs, help="轮数")
    parser.add_argument("--rate", type=float, default=rate, help="学习率")
    parser.add_argument("--batch", type=int, default=batch, help="每步条数")
    parser.add_argument("--threads", type=int, default=2, help="线程数")
    parser.add_argument("--seed", type=int, default=0, help="随机种子")


def recipe_of(options: argparse.Namespace) -> Recipe:
    """Return what the common options say."""
    return Recipe(epochs=options.epochs, rate=options.rate, batch=options.batch, seed=options.seed)


def run(job: Callable[[argparse.Namespace], None], options: argparse.Namespace) -> int:
    """Do the job; return the exit code, 2 for an error that is told in one line."""
    set_up(threads=options.threads, seed=options.seed)
    try:
        job(options)
    except RongcuoError as error:
        say(f"错误：{error}")
        return 2
    return 0


def open_tokenizer(folder: Path) -> Tokenizer:
    """Return the tokenizer of a model folder, without padding and truncation."""
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
