"""What a database driver refuses, said in one Chinese sentence.

SQLite errors are told apart by their name (https://www.sqlite.org/rescode.html), PostgreSQL errors by their SQLSTATE
(https://www.postgresql.org/docs/current/errcodes-appendix.html), failed connections by the words of libpq.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from data.store.errors import StoreError, StoreUnavailable

__all__ = ["translated"]

# by the beginning of the name or code; the first that fits counts
_UNAVAILABLE = (
    ("SQLITE_FULL", "磁盘已满，这次的改动没有保存，请腾出空间后再试"),
    ("SQLITE_READONLY", "数据库只能读不能写，请检查文件和所在文件夹的权限"),
    ("SQLITE_PERM", "没有权限使用数据库文件，请检查权限"),
    ("SQLITE_AUTH", "没有权限使用数据库文件，请检查权限"),
    ("SQLITE_CANTOPEN", "数据库文件打不开，请检查路径和权限"),
    ("SQLITE_BUSY", "数据库正被占用，请稍后再试"),
    ("SQLITE_LOCKED", "数据库正被占用，请稍后再试"),
    ("SQLITE_CORRUPT", "数据库文件已损坏，请从备份恢复"),
    ("SQLITE_NOTADB", "这个文件不是数据库，请检查路径"),
    ("SQLITE_IOERR", "磁盘读写出错，请检查磁盘后再试"),
    ("53100", "数据库服务器的磁盘已满，这次的改动没有保存，请腾出空间后再试"),
    ("53300", "数据库服务器的连接已用完，请稍后再试"),
    ("53", "数据库服务器资源不足，请稍后再试"),
    ("25006", "数据库只能读不能写，请联系数据库管理员"),
    ("55P03", "数据库正被占用，请稍后再试"),
    ("40P01", "数据库正被占用，请稍后再试"),
    ("40001", "数据库正被占用，请稍后再试"),
    ("25P03", "操作中途停顿太久，数据库已放弃这次改动，请重做"),
    ("57P", "数据库服务器已停止或正在重启，请稍后再试"),
    ("57", "数据库服务器中断了这次操作，请稍后再试"),
    ("08001", "连不上数据库服务器，请检查地址、网络，以及服务器是否开着"),
    ("08", "与数据库服务器的连接断开了，请稍后再试"),
    ("28", "数据库的用户名或密码不对，请检查 RONGCUO_DATABASE_URL"),
    ("3D000", "数据库服务器上没有这个数据库，请先建立或检查 RONGCUO_DATABASE_URL"),
    ("42501", "数据库用户的权限不够，请联系数据库管理员"),
)
# a connection that fails has no SQLSTATE; a server may speak Chinese
_CONNECTING = (
    (r"password authentication failed|no password supplied|认证失败", "28"),
    (r"(role|角色) .* (does not exist|不存在)|no pg_hba.conf entry", "28"),
    (r"(database|数据库) .* (does not exist|不存在)", "3D000"),
    (r"too many|太多", "53300"),
    (r"starting up|shutting down|启动中|关闭中", "57P"),
    (r"refused|failed to resolve|timeout|timed out|No such file|unreachable", "08001"),
    (r"connection|server closed", "08"),
)


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn errors of the driver into StoreError or StoreUnavailable; `place` is what the message calls the database."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreUnavailable(f"同时使用数据库 {place} 的人太多，请稍后再试。") from error
    except (IntegrityError, DataError) as error:
        # PostgreSQL's own message quotes the whole row, narrative included: it must not reach a log
        raise StoreError(_refused(error)) from None
    except (DBAPIError, sqlite3.Error) as error:
        orig = error.orig if isinstance(error, DBAPIError) else error
        raise _said(orig, place) from error


def _said(error: BaseException | None, place: str) -> StoreError:
    code = _code(error)
    for beginning, sentence in _UNAVAILABLE:
        if code.startswith(beginning):
            return StoreUnavailable(f"{sentence}（{place}）。")
    return StoreError(f"数据库 {place} 出错（{code or type(error).__name__}），改动没有保存，请联系管理员。")


def _code(error: BaseException | None) -> str:
    """Return SQLite's name of the error or PostgreSQL's SQLSTATE, "" where it is unknown."""
    name = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None)
    if name:
        return str(name)
    if isinstance(error, sqlite3.Error):
        return ""
    return next((code for words, code in _CONNECTING if re.search(words, str(error))), "")


def _refused(error: DBAPIError) -> str:
    detail = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    if detail is None and isinstance(error.orig, sqlite3.Error):
        detail = str(error.orig).rpartition(": ")[2]  # CHECK constraint failed: NAME, without any value
    return f"这次的改动与库中已有的记录不相容（{detail or _code(error.orig)}），没有保存，请刷新后再试。"
