"""What the commands share: printing, progress, and arguments that cannot be used said in one Chinese sentence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

__all__ = ["complain", "print_renderable", "printable", "progress_bar", "usage_sentence"]

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def print_renderable(renderable: Any) -> None:  # noqa: ANN401  (anything that rich can render)
    """Print to stdout, as wide as the terminal, or 120 columns into a pipe."""
    from rich.console import Console

    console = Console()
    # a pipe has no width: keep lines readable there instead of rich's 80 columns
    (console if console.is_terminal else Console(width=120)).print(renderable)


def printable(text: str) -> str:
    """Return `text` with control characters that a terminal would obey made visible as U+FFFD; line ends and tabs stay."""
    return _CONTROL.sub("\ufffd", text)


@contextmanager
def progress_bar(label: str) -> Iterator[Any]:
    """Yield a callback (done, total) that draws a bar on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def complain(message: str) -> int:
    """Print one line on stderr and return exit code 2."""
    click.echo(f"rongcuo：{message}", err=True)
    return 2


def usage_sentence(error: click.UsageError) -> str:
    """Say what is wrong with the arguments in one Chinese sentence."""
    command = error.ctx.command_path if error.ctx else "rongcuo"
    see = f"用法见 {command} --help。"
    if isinstance(error, click.NoSuchOption):
        close = error.possibilities or []
        return f"没有 {error.option_name} 这个选项{_maybe(close)}；{see}"
    if isinstance(error, click.MissingParameter):
        name = error.param.make_metavar(error.ctx) if error.param and error.ctx else ""
        return f"缺少 {name}，{see}"
    if isinstance(error, click.BadParameter):
        name = "/".join(error.param.opts) if error.param else "参数"
        return f"{name} 的值不能用（{_value_problem(error)}），{see}"
    if isinstance(error, click.BadOptionUsage):
        return f"{error.option_name} 后面需要一个值，{see}"
    word = str(error.message).partition("'")[2].partition("'")[0]
    if error.message.startswith("No such command"):
        names = sorted(error.ctx.command.commands) if error.ctx and isinstance(error.ctx.command, click.Group) else []
        return f"没有 {word} 这个命令{_maybe(difflib.get_close_matches(word, names, 1))}；可用：{'、'.join(names)}。"
    return f"多余或不能识别的参数{_quoted(error.message)}，叙述中有空格时请加引号，{see}"


def _value_problem(error: click.BadParameter) -> str:
    kind = error.param.type if error.param else None
    if isinstance(kind, click.Choice):
        return f"可选 {'、'.join(map(str, kind.choices))}"
    if isinstance(kind, click.IntRange):
        return f"应是 {kind.min} 到 {kind.max} 的整数"
    return "请核对"


def _maybe(close: Sequence[str]) -> str:
    return f"，是否想用 {close[0]}" if close else ""


def _quoted(message: str) -> str:
    inside = message.partition("(")[2].rpartition(")")[0]
    return f"「{inside}」" if inside else ""
