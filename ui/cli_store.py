"""The commands of the store: `rongcuo store verify | backup | restore | status | user add | password | list | disable`."""

from __future__ import annotations

import getpass
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from data.errors import InputError
from ui.console import print_renderable, printable
from ui.help import ChineseGroup

if TYPE_CHECKING:
    from data.store.manifest import Manifest
    from data.store.records import Head, Role

__all__ = ["store"]

_TABLES = {
    "users": "用户",
    "cases": "案件",
    "reports": "匹配结果",
    "reviews": "复核意见",
    "assignments": "分派",
    "jobs": "任务",
    "job_items": "任务行",
    "audit": "审计记录",
}

_folder = click.option(
    "--folder",
    type=click.Path(path_type=Path),
    envvar="RONGCUO_FOLDER",
    help="条款库所在目录，与 serve 的 --folder 相同，默认在数据库旁",
)


@click.group(cls=ChineseGroup)
def store() -> None:
    """案件库：核验、备份、恢复、用户；数据库由环境变量 RONGCUO_DATABASE_URL 指定，不设则是本机的一个文件。"""


@store.command()
@click.option("--head", "known", default=None, help="先前记下的链尾（行数:校验值），核对此前的记录没有被整体改写")
def verify(known: str | None) -> None:
    """核验审计链，并核对各条记录与审计链一致；有问题时说明是哪一行。"""
    from data.store.errors import StoreError
    from data.store.store import open_store

    wanted = _head(known)
    with open_store(create=False) as opened:
        found = opened.verify(wanted)
    if found.problem:
        raise StoreError(printable(found.problem))
    click.echo(f"审计链完好，共 {found.head.count} 行；链尾 {found.head.count}:{found.head.hash}（请抄存，下次用 --head 核对）")


@store.command()
@click.argument("file", type=click.Path(path_type=Path))
@_folder
def backup(file: Path, folder: Path | None) -> None:
    """把案件库和条款库备份到 FILE，使用中也可以；文件名以 .jsonl 结尾的是逐行文本。"""
    from data.store.backup import backup as run
    from data.store.library_archive import library_path
    from data.store.location import files_folder
    from data.store.manifest import manifest_path
    from data.store.store import open_store

    with open_store(create=False) as opened:
        files = folder or files_folder(opened.engine.url)
        manifest = run(opened, file, actor=_actor(), files=files)
    if manifest.problem:
        click.echo(f"注意：{printable(manifest.problem)}备份照原样保存。", err=True)
    beside = f"清单 {manifest_path(file).name}"
    if manifest.library is None:
        other = "serve 用 --folder 指定过文件夹的，这里也要写上"
        click.echo(f"注意：文件夹 {files} 里没有条款库，只备份了案件库；{other}。", err=True)
    else:
        beside += f"、条款库 {library_path(file).name}"
    click.echo(f"已备份到 {file}（{_amount(manifest)}）；同一文件夹里还有{beside}，请一起保存", err=True)


@store.command()
@click.argument("file", type=click.Path(path_type=Path))
@_folder
def restore(file: Path, folder: Path | None) -> None:
    """从备份 FILE 恢复到一个空的数据库，清单和条款库要在它旁边；恢复后自动核验，有问题则不恢复。"""
    from data.store.backup import restore as run
    from data.store.location import database_url, files_folder

    files = folder or files_folder(database_url())
    manifest = run(file, actor=_actor(), files=files)
    if manifest.problem:
        click.echo(f"注意：备份时审计链已有问题：{printable(manifest.problem)}", err=True)
    library = "这份备份里没有条款库" if manifest.library is None else f"条款库在文件夹 {files}"
    click.echo(f"已恢复（{_amount(manifest)}）；{library}", err=True)


@store.command()
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def status(as_json: bool) -> None:
    """案件库在哪里、多大、有多少记录。"""
    from data.store.status import status_of
    from data.store.store import open_store

    with open_store(create=False) as opened:
        found = status_of(opened)
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False))
        return
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[found.kind]
    click.echo(f"{kind}  {found.place}")
    click.echo(f"格式版本 {found.revision}，{found.bytes / 1_000_000:.1f} MB，链尾 {found.head.count}:{found.head.hash}")
    click.echo("　".join(f"{name} {found.counts[table]}" for table, name in _TABLES.items()))


@store.group()
def user() -> None:
    """用户的新建、查看和停用。"""


@user.command("add")
@click.argument("name")
@click.option("--role", required=True, help="inspector、reviewer、evaluator 或 administrator")
@click.option("--display-name", default=None, help="姓名，默认与用户名相同")
@click.option("--password-stdin", is_flag=True, help="从标准输入读取口令，而不是在终端上输入")
@click.option("--password-hash-stdin", is_flag=True, help="从标准输入读取口令的 argon2 散列值")
def user_add(name: str, role: Role, display_name: str | None, password_stdin: bool, password_hash_stdin: bool) -> None:
    """新建用户 NAME，在终端上输入口令；数据库还没有时先建立。没有口令的用户不能登录。"""
    from data.store.store import open_store
    from data.store.users import user_name
    from ui.services.access import LOCAL

    if user_name(name) == LOCAL:
        raise InputError(f"用户名“{LOCAL}”留给单人模式使用，请换一个用户名。")
    password_hash = sys.stdin.readline().strip() if password_hash_stdin else _password_hash(name, stdin=password_stdin)
    with open_store() as opened, opened.begin(_actor()) as work:
        made = work.users.add(name, display_name=display_name or name, role=role, password_hash=password_hash)
    note = "" if made.password_hash else "，还没有口令，不能登录"
    click.echo(f"已新建用户 {made.name}（{made.display_name}）{note}", err=True)


@user.command("password")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="从标准输入读取口令，而不是在终端上输入")
def user_password(name: str, password_stdin: bool) -> None:
    """给用户 NAME 设新口令，并结束其登录。"""
    from data.store.store import open_store
    from ui.services.access import LOCAL

    with open_store(create=False) as opened:
        with opened.read() as work:
            known = work.users.get(name).name
        if known == LOCAL:
            raise InputError("单人模式的用户没有口令。")
        password_hash = _password_hash(known, stdin=password_stdin)
        if not password_hash:
            raise InputError("没有读到口令，请在终端上运行，或加 --password-stdin。")
        with opened.begin(_actor()) as work:
            work.users.change(known, password_hash=password_hash)
    click.echo(f"已给用户 {known} 设了新口令", err=True)


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def user_list(as_json: bool) -> None:
    """列出所有用户。"""
    from data.store.records import ROLES
    from data.store.store import open_store

    with open_store(create=False) as opened, opened.read() as work:
        users = work.users.listing()
    if as_json:
        shown = ("name", "display_name", "role", "disabled")
        click.echo(json.dumps([{key: getattr(one, key) for key in shown} for one in users], ensure_ascii=False))
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("用户名", "姓名", "角色", "状态")
    for one in users:
        state = "已停用" if one.disabled else "可登录" if one.password_hash else "没有口令"
        table.add_row(one.name, Text(printable(one.display_name)), ROLES[one.role], state)  # [ ] in a name is no markup
    print_renderable(table)


@user.command("disable")
@click.argument("name")
def user_disable(name: str) -> None:
    """停用用户 NAME，并结束其登录；其办理过的案件和意见都保留。"""
    from data.store.store import open_store

    with open_store(create=False) as opened, opened.begin(_actor()) as work:
        work.users.change(name, disabled=True)
    click.echo(f"已停用用户 {name}", err=True)


def _password_hash(name: str, *, stdin: bool) -> str:
    """Return the hash of a password that is typed twice, or read; "" where there is no terminal to type it on.

    Raises InputError where it is too weak.
    """
    if stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = click.prompt("口令", hide_input=True, confirmation_prompt="再输一次口令", prompt_suffix="：")
    else:
        return ""
    from data.store.users import user_name
    from ui.services.passwords import hash_password

    return hash_password(password, name=user_name(name))


def _actor() -> str:
    """Return what the audit trail calls whoever sits at the command line."""
    try:
        return f"命令行:{getpass.getuser()}"
    except (ImportError, KeyError, OSError):  # a container's user has no name
        return "命令行"


def _amount(manifest: Manifest) -> str:
    return f"案件 {manifest.counts.get('cases', 0)} 件，审计记录 {manifest.head.count} 行，链尾 {manifest.head.hash}"


def _head(written: str | None) -> Head | None:
    if written is None:
        return None
    from data.store.records import Head

    count, _, found = written.partition(":")
    if not (count.isdecimal() and len(found) == 64):
        raise InputError("--head 应写成“行数:校验值”，照先前核验时打印的抄写。")
    return Head(int(count), found)
