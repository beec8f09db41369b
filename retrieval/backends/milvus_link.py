"""The connection to Milvus, and what is done to its collections. The only module that imports pymilvus.

    rongcuo_<seconds>_<random>      a collection: the rows of one index version, never changed once it is filled
    rongcuo_<index folder>          alias of the version in use
    rongcuo_<index folder>_before   alias of the one before it, for processes that still search it

A collection without an alias that is older than an hour was left by a process that died, or belongs to a version before the last:
the next publication drops it.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any

from data.errors import IndexBuildError

__all__ = ["INSTALL", "NOT_LOADED", "SECONDS", "TOKEN", "connect", "create", "dropped_on_failure", "finish", "publish", "told"]

INSTALL = 'pip install "pymilvus>=3.0" "milvus-lite>=3.2"'
TOKEN = "RONGCUO_MILVUS_TOKEN"  # noqa: S105  (the name of a variable)
_FLAT_MOST = 100_000  # rows up to which the server compares all vectors
_STALE = 3600.0
_NAME = re.compile(r"rongcuo_(\d+)_[0-9a-f]{8}")
_HNSW = {"M": 32, "efConstruction": 200}
_TEXT = 65_535  # bytes, the longest that Milvus allows
SECONDS = 20.0
_GONE, NOT_LOADED = 100, 101  # error codes of the server


_clients: dict[str, Any] = {}
_connecting = Lock()


def connect(uri: str) -> Any:  # noqa: ANN401  (pymilvus is not typed for us)
    """Return the client of this process for ``http://host:port`` or a file of Milvus Lite; safe to share between threads.

    Raises IndexBuildError where pymilvus is not installed, or nobody answers.
    """
    with _connecting:
        if uri not in _clients:
            _clients[uri] = _new_client(uri)
        return _clients[uri]


def _new_client(uri: str) -> Any:  # noqa: ANN401
    try:
        from pymilvus import MilvusClient
    except ImportError as error:
        raise IndexBuildError(f"使用 Milvus 需要先安装：{INSTALL}。") from error
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it logs a traceback for each error that we say in one line
    with told(uri):
        return MilvusClient(uri, token=os.environ.get(TOKEN, ""), timeout=SECONDS)


@contextmanager
def told(uri: str) -> Iterator[None]:
    """Say in one Chinese line what Milvus refused; the cause stays behind it."""
    try:
        yield
    except IndexBuildError:
        raise
    except Exception as error:  # pymilvus, grpc and Milvus Lite each raise classes of their own
        if getattr(error, "code", None) not in (_GONE, NOT_LOADED):
            _forget(uri)
        raise IndexBuildError(_sentence(uri, error)) from error


def _forget(uri: str) -> None:
    """Let the next call connect anew: a client whose server was away does not always find it again."""
    client = _clients.pop(uri, None)
    if client is not None and "://" in uri:
        with suppress(Exception):
            client.close()


def _sentence(uri: str, error: Exception) -> str:
    code = getattr(error, "code", None)
    if code == _GONE:
        return f"向量库 {uri} 里没有这个索引版本，它可能已被更新的版本取代；请重新启动程序，仍不行就重建索引。"
    if "milvus_lite" in str(error) or "milvus-lite" in str(error):
        return f"打开向量库文件 {uri} 需要先安装：{INSTALL}。"
    if uri.startswith(("http://", "https://", "tcp://", "unix:")):
        return f"向量库 {uri} 连不上或不能用，请检查它是否在运行、RONGCUO_MILVUS_URI 和 {TOKEN} 是否正确、网络是否通畅。"
    return f"向量库文件 {uri} 打不开，可能正被另一个程序使用，或路径、权限有误；多个程序共用请启动 Milvus 服务。"


def create(client: Any, dim: int, count: int) -> str:  # noqa: ANN401
    """Make an empty collection for `count` rows and return its name."""
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("row", DataType.INT64, is_primary=True)
    schema.add_field("regulation", DataType.VARCHAR, max_length=_TEXT)
    schema.add_field("category", DataType.VARCHAR, max_length=_TEXT)
    schema.add_field("dense", DataType.FLOAT_VECTOR, dim=dim)
    schema.add_field("terms", DataType.SPARSE_FLOAT_VECTOR)
    index = MilvusClient.prepare_index_params()
    if count <= _FLAT_MOST:
        index.add_index("dense", index_type="FLAT", metric_type="IP")
    else:
        index.add_index("dense", index_type="HNSW", metric_type="IP", params=_HNSW)
    index.add_index("terms", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
    name = f"rongcuo_{int(time.time())}_{secrets.token_hex(4)}"
    # nothing is written once it is searched, so a reader has nothing to wait for
    client.create_collection(name, schema=schema, index_params=index, consistency_level="Eventually")
    return name


@contextmanager
def dropped_on_failure(client: Any, name: str) -> Iterator[None]:  # noqa: ANN401
    """Drop the collection when it could not be filled; one whose server is gone too is swept by a later publication."""
    try:
        yield
    except BaseException:
        with suppress(Exception):
            client.drop_collection(name)
        raise


def finish(client: Any, name: str, count: int) -> None:  # noqa: ANN401
    """Make the collection ready to be searched; raises IndexBuildError unless all rows arrived."""
    client.flush(name)
    client.load_collection(name)
    found = client.query(name, filter="", output_fields=["count(*)"], consistency_level="Strong")[0]["count(*)"]
    if found != count:
        raise IndexBuildError(f"向量库只收到 {found} 行，应有 {count} 行，请重新运行 rongcuo index build。")


def publish(client: Any, alias: str, name: str, *, in_use: str = "") -> None:  # noqa: ANN401
    """Let `alias` name the collection `name`, and ``<alias>_before`` the one `in_use` until now; drop what is old and unnamed.

    Without `in_use` that is the one which `alias` names so far.
    """
    before = in_use or _named(client, alias)
    if before and client.has_collection(before):
        _point(client, f"{alias}_before", before)
    _point(client, alias, name)
    oldest = time.time() - _STALE
    for other in client.list_collections():
        found = _NAME.fullmatch(other)
        if found and float(found[1]) < oldest and not client.list_aliases(collection_name=other)["aliases"]:
            client.drop_collection(other)


def _named(client: Any, alias: str) -> str:  # noqa: ANN401
    """Return the collection that `alias` names, "" where there is no such alias."""
    from pymilvus.exceptions import MilvusException

    try:
        return str(client.describe_alias(alias)["collection_name"])
    except MilvusException:
        return ""


def _point(client: Any, alias: str, name: str) -> None:  # noqa: ANN401
    """Create or alter the alias; the server does each in one step, so a search finds the old collection or the new one."""
    if _named(client, alias):
        client.alter_alias(collection_name=name, alias=alias)
    else:
        client.create_alias(collection_name=name, alias=alias)
