"""Checks of what the program reads: weights, regulations, the fitted combination, the index, the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from data.catalogue import load_catalogue, matched_regulations
from data.errors import IndexBuildError, RongcuoError
from data.store.engine import READING, make_engine
from data.store.failures import translated
from data.store.location import database_url, place_of, sqlite_path
from data.store.migrate import head_revision, revision_of
from data.store.store import Store
from models.layout import BASE_NAME, DEFAULT_NAME, MANIFEST, WEIGHTS, file_digests, read_manifest, remedy
from retrieval.combination import Combination
from retrieval.digests import check_digests
from retrieval.index import load
from retrieval.loading import default_folder
from retrieval.settings import get_settings
from retrieval.versions import current_version
from ui.doctor import BAD, GOOD, NOTE, Finding, Place

__all__ = ["check_database", "check_index", "check_regulations", "check_weights"]

_AHEAD = timedelta(minutes=5)


def check_weights(place: Place) -> Iterator[Finding]:
    """Compare the files of the encoder with the digests in its manifest."""
    settings = get_settings()
    own = settings.encoder in (BASE_NAME, DEFAULT_NAME)
    folder = WEIGHTS / settings.encoder if own else Path(settings.encoder).expanduser()
    if not own and not (folder / MANIFEST).is_file():
        yield Finding("编码模型", NOTE, f"{settings.encoder} 不是本程序的模型，没有清单可以核对。")
        return
    manifest = read_manifest(folder)
    found = file_digests(folder)
    wrong = [name for name, digest in manifest.files.items() if found.get(name) != digest]
    if wrong:
        yield Finding("编码模型", BAD, f"{folder} 的 {'、'.join(wrong)} 与清单不符，可能已损坏。", f"{remedy(folder)}。")
        return
    yield Finding(
        "编码模型", GOOD, f"{manifest.name}（{manifest.precision}，{manifest.digest[:12]}），{len(manifest.files)} 个文件完好。"
    )
    combination = Combination.of(manifest.digest, settings.combination)
    if combination is None:
        yield Finding(
            "概率校准", NOTE, "没有为这个编码器拟合的组合，结果不带概率。", "请运行 python -m retrieval.combine 重新拟合。"
        )
    else:
        yield Finding("概率校准", GOOD, f"在 {combination.cases} 条案例上拟合。")


def check_regulations(place: Place) -> Iterator[Finding]:
    """Parse the documents that come with the program."""
    matched = matched_regulations()
    clauses = sum(len(regulation.clauses) for regulation in matched)
    yield Finding("内置规定", GOOD, f"{len(load_catalogue())} 份文件，其中 {len(matched)} 部参与匹配，共 {clauses} 条。")


def check_index(place: Place) -> Iterator[Finding]:
    """Open the index over the shipped regulations and compare all its files with their digests."""
    folder = default_folder(get_settings())
    if not (folder / "CURRENT").exists():
        yield Finding("索引", NOTE, f"{folder} 里还没有索引。", "第一次匹配时会自动建立，不必处理。")
        return
    try:
        version = current_version(folder)
        check_digests(version, most=None)
        index = load(folder)
    except (IndexBuildError, OSError, ValueError) as error:
        said = str(error) if isinstance(error, RongcuoError) else f"{folder} 里的索引与清单不符，可能已损坏。"
        yield Finding("索引", NOTE, said, "下次匹配时会自动重建；也可以现在运行 rongcuo index build。")
        return
    yield Finding("索引", GOOD, f"{version} 完好，{len(index.entries)} 条。")


def check_database(place: Place) -> Iterator[Finding]:
    """Reach the database without changing it, and tell whether its tables are those of this version of the program."""
    url = database_url(place.database or None)
    if url.get_backend_name() == "sqlite" and not sqlite_path(url).exists():
        yield Finding("数据库", NOTE, f"还没有数据库 {place_of(url)}。", "第一次打开网页或建立用户时会自动建立。")
        return
    engine = make_engine(url, wait=5)
    try:
        with translated(place_of(url)), engine.connect().execution_options(**READING) as connection:
            revision, newest = revision_of(connection), head_revision()
        if revision != newest:
            yield Finding(
                "数据库",
                NOTE,
                f"{place_of(url)} 的格式是 {revision or '空的'}，程序的是 {newest}。",
                "下次打开时会自动升级；之前请先备份。",
            )
            return
        yield Finding("数据库", GOOD, f"{place_of(url)} 可以使用，格式 {revision}。")
        yield from _trail(Store(engine))
    finally:
        engine.dispose()


def _trail(store: Store) -> Iterator[Finding]:
    """Compare the clock with the newest row of the audit trail, which cannot be younger than now."""
    with store.read() as work:
        newest = work.audit.entries(limit=1)
    if newest and newest[0].at > datetime.now(UTC) + _AHEAD:
        when = newest[0].at.astimezone().strftime("%Y-%m-%d %H:%M")
        yield Finding("时钟", BAD, f"最近一条留痕记在 {when}，在现在之后。", "请校准系统时间；几台机器共用数据库时请统一对时。")
