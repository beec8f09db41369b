"""The `rongcuo` command. Bad input gets one clear Chinese line on stderr and exit code 2."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from data.errors import InputError, RongcuoError
from ui.cli_doctor import doctor
from ui.cli_evaluate import compare, evaluate
from ui.cli_input import read_story
from ui.cli_store import store
from ui.cli_tools import deadlines, mask, read_day
from ui.console import complain, print_renderable, progress_bar, usage_sentence
from ui.help import ChineseGroup
from ui.web.settings import THIS_MACHINE

__all__ = ["cli", "main"]

_HELP = {"help_option_names": ["-h", "--help"]}


@click.group(cls=ChineseGroup, context_settings=_HELP, no_args_is_help=True)
@click.version_option(package_name="rongcuo", message="rongcuo %(version)s", help="显示版本")
def cli() -> None:
    """容错条款匹配助手：把一段事情经过与容错纠错规定的条款相匹配。只给建议，由人审核认定。"""


@cli.command()
@click.argument("text", required=False)
@click.option("--file", "file", type=click.Path(path_type=Path), help="从文件读取叙述（.txt .md .html .docx .pdf）")
@click.option("--region", default="", help="规定编号或地区名；all 或不填表示全部")
@click.option("--category", "categories", multiple=True, help="只看某类条款，可重复")
@click.option("--top-k", type=click.IntRange(1, 1000), default=None, help="返回条款数")
@click.option("--index", type=click.Path(path_type=Path), help="使用这个目录里的索引")
@click.option("--from", "start", default=None, help="办理期限的起算日，例如 2026-03-02；默认今天")
@click.option("--full", is_flag=True, help="连同各地对应条款、相近案例、办理步骤和全部问题一起列出")
@click.option("--align", is_flag=True, help="逐句对照：叙述的哪句话与条款的哪一部分用语相近")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，内容总是完整的")
def match(
    text: str | None,
    file: Path | None,
    region: str,
    categories: tuple[str, ...],
    top_k: int | None,
    index: Path | None,
    start: str | None,
    full: bool,
    align: bool,
    as_json: bool,
) -> None:
    """为一段叙述找出最相近的条款；TEXT 为 - 时从标准输入读取。"""
    narrative, day = read_story(text, file), read_day(start)
    from retrieval.dossier import open_dossier
    from retrieval.loading import open_matcher

    matcher = open_matcher(index=index)
    # people see at least one clause of each headline group, for and against, whatever its rank
    headline = 0 if as_json or categories else 1
    report = matcher.match(narrative, region=region, categories=categories, top_k=top_k, per_headline=headline)
    dossier = open_dossier(matcher, report, start=day)
    from ui.present import report_json, report_text, rest_text
    from ui.present_alignment import alignment_tables

    if as_json:
        click.echo(json.dumps(report_json(report, dossier=dossier), ensure_ascii=False))
    else:
        aligned = alignment_tables(dossier, report) if align else ()
        rest = [*aligned, *(() if categories else rest_text(dossier, report, full=full))]
        print_renderable(report_text(report, headlines=not categories, rest=rest))


@cli.command()
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--top-k", type=click.IntRange(1, 1000), default=None, help="每条叙述返回的条款数")
@click.option("--index", type=click.Path(path_type=Path), help="使用这个目录里的索引")
def batch(source: Path, target: Path, top_k: int | None, index: Path | None) -> None:
    """批量匹配：IN、OUT 为 .jsonl、.csv 或 .xlsx；中断后重新运行会接着做完。"""
    from retrieval.loading import open_matcher
    from ui.batch import open_batch, run_batch

    table = open_batch(source, target)  # a wrong path is told before the model is loaded
    matcher = open_matcher(index=index)
    wish = top_k or matcher.settings.top_k
    try:
        with progress_bar("匹配") as progress:
            result = run_batch(matcher, source, target, top_k=wish, progress=progress, table=table)
    except KeyboardInterrupt as error:
        raise click.Abort("已中断；再运行一次会接着做完。") from error
    resumed = f"，其中 {result.resumed} 行是上次已完成的" if result.resumed else ""
    notes = "".join(f"；{note}" for note in result.notes)
    click.echo(f"共 {result.rows} 行{resumed}；{result.failed} 行有误（见 error 一栏）；结果在 {target}{notes}", err=True)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--id", "identifier", help="规定编号，默认用文件名")
@click.option("--json", "as_json", is_flag=True, help="每个片段输出一行 JSON")
def parse(file: Path, identifier: str | None, as_json: bool) -> None:
    """把一份规定拆成章、条、款、项，并标出类别；位置按去掉文件头标记、换行统一为一个字符后的字数计。"""
    from data.library import parse_regulation_file
    from data.numbering_report import numbering_report
    from ui.present_parse import outline_text, pieces_json, quotes_text

    start = 0
    for regulation in parse_regulation_file(file, identifier=identifier):
        if as_json:
            for line in pieces_json(regulation, start=start):
                click.echo(json.dumps(line, ensure_ascii=False))
        else:
            print_renderable(outline_text(regulation))
            for quote in quotes_text(regulation):
                click.echo(quote)
        for problem in numbering_report(regulation):
            click.echo(f"注意：{problem}", err=True)
        start += len(regulation.text)


@cli.group()
def index() -> None:
    """索引的建立。"""


@index.command("build")
@click.option(
    "--regulations", multiple=True, type=click.Path(path_type=Path), help="自己的规定文件，可重复（.txt .md .html .docx .pdf）"
)
@click.option("--clauses", type=click.Path(path_type=Path), help="条款文件（.jsonl 或 .jsonl.gz，含 id、text）")
@click.option("--out", type=click.Path(path_type=Path), help="索引目录，默认是程序自己的缓存目录")
@click.option("--backend", type=click.Choice(["faiss", "milvus"]), help="向量存储；milvus 的地址由 RONGCUO_MILVUS_URI 指定")
def index_build(regulations: tuple[Path, ...], clauses: Path | None, out: Path | None, backend: str | None) -> None:
    """建立索引：内置规定，或自己的规定文件，或任意条款文件。"""
    if regulations and clauses:
        raise InputError("--regulations 与 --clauses 只能用一个。")
    if (regulations or clauses) and out is None:
        raise InputError("用自己的文件建索引时请用 --out 指定目录，之后用 --index 使用它。")
    from data.categories import MATCHED
    from retrieval.loading import build_index
    from retrieval.settings import get_settings

    settings = get_settings() if backend is None else get_settings().model_copy(update={"backend": backend})
    with progress_bar("编码") as progress:
        built, folder = build_index(regulations=regulations, clauses=clauses, out=out, settings=settings, progress=progress)
    matched = sum(entry.clause.category in MATCHED for entry in built.entries)
    note = f"，其中 {matched} 条属于默认参与匹配的类别" if matched else ""
    click.echo(f"已编入 {len(built.entries)} 条{note}，索引 {built.manifest.digest} 在 {folder}", err=True)


cli.add_command(evaluate)
cli.add_command(store)
cli.add_command(mask)
cli.add_command(deadlines)
cli.add_command(compare)
cli.add_command(doctor)


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址")
@click.option("--port", type=click.IntRange(1, 65535), default=7860, show_default=True, help="监听端口")
@click.option("--single", is_flag=True, help="单人模式：不登录，只在本机地址上；没有任何用户时不必写")
@click.option(
    "--folder", type=click.Path(path_type=Path), envvar="RONGCUO_FOLDER", help="上传、备份和条款库所在目录，默认在数据库旁"
)
@click.option(
    "--trusted-proxies",
    "proxies",
    envvar="RONGCUO_TRUSTED_PROXIES",
    default=THIS_MACHINE,
    show_default=True,
    help="前面的反向代理的地址或网段，逗号隔开；只相信它们转告的来访地址",
)
def serve(host: str, port: int, single: bool, folder: Path | None, proxies: str) -> None:
    """打开网页界面；有用户或用 --host 让别人也能打开时需要登录。"""
    from ui.app import serve as run

    run(host=host, port=port, single=single, folder=folder, proxies=proxies)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 2 after one Chinese line on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal of another code page shows what it can
            stream.reconfigure(errors="replace")
    try:
        cli.main(args=arguments, prog_name="rongcuo", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
    except click.UsageError as error:
        return complain(usage_sentence(error))
    except click.Abort as error:
        return complain(str(error) or "已中断。")
    except RongcuoError as error:
        return complain(str(error))
    except BrokenPipeError:
        sys.stderr.close()  # the reader (head, less) has gone; there is nobody to tell
    return 0


if __name__ == "__main__":
    sys.exit(main())
