"""The commands beside matching: `rongcuo mask` and `rongcuo deadlines`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from ui.cli_input import read_story
from ui.console import printable
from ui.days import day_of
from ui.help import ChineseCommand

__all__ = ["deadlines", "mask", "read_day"]


@click.command(cls=ChineseCommand)
@click.argument("text", required=False)
@click.option("--file", "file", type=click.Path(path_type=Path), help="从文件读取（.txt .md .html .docx .pdf）")
def mask(text: str | None, file: Path | None) -> None:
    """遮盖一段文字里的个人信息；TEXT 为 - 时从标准输入读取。"""
    from data.privacy import KIND_LABELS, find_personal
    from data.privacy import mask as masked

    story = read_story(text, file)
    click.echo(masked(story)[0])
    kinds = [found.kind for found in find_personal(story)]
    counted = "、".join(f"{KIND_LABELS[kind]} {kinds.count(kind)} 处" for kind in dict.fromkeys(kinds))
    click.echo(f"遮盖了{counted}。" if counted else "没有发现个人信息。", err=True)
    click.echo("按写法识别，可能有遗漏，请再核对一遍。", err=True)


@click.command(cls=ChineseCommand)
@click.argument("region")
@click.option("--from", "start", default=None, help="起算日，例如 2026-03-02；默认今天")
def deadlines(region: str, start: str | None) -> None:
    """列出一部规定里申请、核实、答复等步骤和期限，并按起算日推算最后一天。"""
    from data.procedure import timetable

    for number, step in enumerate(timetable(region, read_day(start)), start=1):
        click.echo(f"{number}. {printable(step.line())}")
    click.echo("各步骤的起算事件不同，以上都按同一个起算日推算；以有关部门的书面通知为准。")


def read_day(text: str | None) -> date:
    """Return the day of the option --from, today where it is not given. Raises InputError for what is no date."""
    if text is None:
        return date.today()
    return day_of(text)
