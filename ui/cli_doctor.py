"""The command `rongcuo doctor`."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ui.console import print_renderable, printable
from ui.help import ChineseCommand

if TYPE_CHECKING:
    from ui.doctor import Finding

__all__ = ["doctor"]

_COLOURS = {"正常": "green", "注意": "yellow", "错误": "red"}


@click.command(cls=ChineseCommand)
@click.option("--port", type=click.IntRange(1, 65535), default=7860, show_default=True, help="网页要用的端口")
@click.option("--folder", type=click.Path(path_type=Path), envvar="RONGCUO_FOLDER", help="上传和条款库所在目录")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def doctor(port: int, folder: Path | None, as_json: bool) -> None:
    """检查安装：软件包、模型、索引、数据库、目录、时钟，并说明怎么处理；有错误时退出码为 1。"""
    from data.store.location import VARIABLE
    from ui.doctor import BAD, Place, examine
    from ui.doctor_checks import CHECKS

    found = examine(CHECKS, Place(os.environ.get(VARIABLE, ""), port, folder))
    bad = sum(finding.state == BAD for finding in found)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], ensure_ascii=False, indent=1))
    else:
        _show(found, bad)
    if bad:
        sys.exit(1)


def _show(found: list[Finding], bad: int) -> None:
    from rich.text import Text

    for finding in found:
        line = Text()
        line.append(finding.state, style=_COLOURS[finding.state])
        line.append(f"  {finding.about}：{printable(finding.text)}")
        if finding.remedy:
            line.append(f"\n      → {printable(finding.remedy)}")
        print_renderable(line)
    click.echo(f"共 {len(found)} 项，{bad} 项错误。" if bad else f"共 {len(found)} 项，没有错误。", err=True)
