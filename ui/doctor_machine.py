"""Checks of the machine: Python and packages, memory, clock, folders, port."""

from __future__ import annotations

import errno
import os
import platform
import re
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, datetime
from importlib import metadata
from pathlib import Path

from data.errors import reason
from data.store.location import database_url, sqlite_path
from data.workdays import is_known
from retrieval.settings import get_settings
from ui.doctor import BAD, GOOD, NOTE, Finding, Place

__all__ = ["check_clock", "check_folders", "check_memory", "check_packages", "check_port", "check_python"]

_OLDEST = (3, 11)
_WRITTEN = datetime(2026, 11, 1)  # no clock that is right stands before this program was written
_ROOM, _LITTLE = 2 << 30, 200 << 20  # bytes of disk that work well; that are needed at all
_MEMORY = 1 << 30
_NUMBERS = re.compile(r"\d+")


def check_python(place: Place) -> Iterator[Finding]:
    """Tell whether the interpreter is new enough and has 64 bits."""
    version, bits = platform.python_version(), "64" if sys.maxsize > 2**32 else "32"
    text = f"Python {version}，{bits} 位，{platform.system()} {platform.machine()}。"
    if sys.version_info[:2] < _OLDEST or bits == "32":
        yield Finding("Python", BAD, text, "请安装 64 位的 Python 3.11 或更高版本，再重新安装程序。")
    else:
        yield Finding("Python", GOOD, text)


def check_packages(place: Place) -> Iterator[Finding]:
    """Compare what is installed with what this version of the program asks for."""
    wrong, count = [], 0
    for line in metadata.requires("rongcuo") or ():
        requirement, _, condition = line.partition(";")
        if "extra" in condition:
            continue
        count += 1
        name = re.split(r"[\s<>=!~\[(]", requirement.strip(), maxsplit=1)[0]
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{name} 没有安装（需要 {requirement.strip()}）")
            continue
        if not _fits(found, requirement):
            wrong.append(f"{name} 是 {found}（需要 {requirement.strip()}）")
    if wrong:
        yield Finding("软件包", BAD, "；".join(wrong) + "。", "请在程序目录运行 make setup，或 pip install -e . 重新安装。")
    else:
        yield Finding("软件包", GOOD, f"{count} 个软件包齐全，版本合适；导出文件不需要 Office 或 LibreOffice。")


def _fits(found: str, requirement: str) -> bool:
    """Tell whether a version satisfies bounds such as ``>=6.25,<7``; what is written in another way is taken for right."""
    own = _version(found)
    for sign, bound in re.findall(r"(>=|<=|==|!=|<|>)\s*([\d.]+)", requirement):
        wanted = _version(bound)
        low, high = own[: len(wanted)] < wanted, own[: len(wanted)] > wanted
        same = not low and not high
        right = {">=": not low, "<": low, "<=": not high, ">": high, "==": same, "!=": not same}
        if not right[sign]:
            return False
    return True


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in _NUMBERS.findall(text.partition("+")[0]))


def check_memory(place: Place) -> Iterator[Finding]:
    """Tell how much memory is free, where the system says it."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration, ValueError):
        return
    text = f"可用内存 {free / 2**30:.1f} GB，处理器 {os.cpu_count()} 核。"
    if free < _MEMORY:
        yield Finding("内存", NOTE, text, "程序约需 1 GB，请先关闭别的程序。")
    else:
        yield Finding("内存", GOOD, text)


def check_clock(place: Place) -> Iterator[Finding]:
    """Tell whether the clock can be right: time limits, sessions and the audit trail rest on it."""
    now = datetime.now()
    zone = time.strftime("%z")
    text = f"现在是 {now:%Y-%m-%d %H:%M}（时区 {zone[:3]}:{zone[3:]}）。"
    probe = Path(__file__)
    if now < _WRITTEN:
        yield Finding("时钟", BAD, text + "早于程序写成的时间。", "请校准系统时间，再使用程序：期限推算和留痕都依赖它。")
    elif datetime.fromtimestamp(probe.stat().st_mtime) > now:
        yield Finding("时钟", NOTE, text + "早于程序安装的时间，时钟可能被拨回过。", "请核对系统时间。")
    else:
        yield Finding("时钟", GOOD, text)
    if not is_known(date.today().year):
        yield Finding(
            "节假日",
            NOTE,
            f"没有 {now.year} 年的节假日安排，期限推算只按星期。",
            "请按 data/holidays.tsv 的格式补上，或升级 chinesecalendar。",
        )


def check_folders(place: Place) -> Iterator[Finding]:
    """Tell whether the folders that are written to can be, and have room."""
    folders = {"缓存目录": get_settings().cache_dir, "临时目录": Path(tempfile.gettempdir())}
    url = database_url(place.database or None)
    if url.get_backend_name() == "sqlite":
        folders["数据目录"] = sqlite_path(url).parent
    if place.folder is not None:
        folders["文件目录"] = place.folder
    for about, folder in folders.items():
        yield _folder(about, folder)


def _folder(about: str, folder: Path) -> Finding:
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        with tempfile.TemporaryFile(dir=there) as probe:
            probe.write(b"0" * 4096)
            probe.flush()
            os.fsync(probe.fileno())
        free = shutil.disk_usage(there).free
    except OSError as error:
        why = "磁盘已满" if error.errno in (errno.ENOSPC, errno.EDQUOT) else reason(error)
        return Finding(about, BAD, f"{folder} 不能写入（{why}）。", "请检查磁盘空间和写权限，或改用别的目录。")
    text = f"{folder} 可以写入，剩余 {free / 2**30:.1f} GB。"
    if free < _LITTLE:
        return Finding(about, BAD, text, "请先清理磁盘，至少留出 200 MB。")
    return Finding(about, NOTE, text, "请留意磁盘空间。") if free < _ROOM else Finding(about, GOOD, text)


def check_port(place: Place) -> Iterator[Finding]:
    """Tell whether the page can be served on its port of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", place.port))
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EPERM):
                remedy = "1024 以下的端口需要管理员权限，请用 rongcuo serve --port 换一个。"
                yield Finding("端口", BAD, f"端口 {place.port} 没有权限使用。", remedy)
            else:
                remedy = "如果不是本程序正在运行，请用 rongcuo serve --port 换一个。"
                yield Finding("端口", NOTE, f"端口 {place.port} 已被占用。", remedy)
            return
    yield Finding("端口", GOOD, f"端口 {place.port} 空闲。")
