"""The error tree. Every message is one Chinese sentence that says what is wrong and what to do.

RongcuoError                anything the program says to a person
├── InputError              what was typed or pasted cannot be used
├── FileError               a file is missing, of an unknown kind, broken or without text
│   ├── ParseError          a regulation's structure cannot be read; names line and excerpt
│   └── CaseFileError       a case file or batch row breaks the format; names file and line
├── ModelError              model weights are missing, broken or of the wrong kind
├── IndexBuildError         an index is missing, broken or does not fit the model
└── StoreError              the store refused, data.store.errors: StoreConflict, StoreUnavailable
"""

from __future__ import annotations

import errno

__all__ = [
    "CaseFileError",
    "FileError",
    "IndexBuildError",
    "InputError",
    "ModelError",
    "ParseError",
    "RongcuoError",
    "reason",
    "repeated",
]

_REASONS = {
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "磁盘只读",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "超出磁盘配额",
    errno.EFBIG: "文件超过允许的大小",
    errno.ENOENT: "路径不存在",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.EISDIR: "是文件夹而不是文件",
    errno.EEXIST: "同名文件已存在",
    errno.ENOTEMPTY: "文件夹不是空的",
    errno.ENAMETOOLONG: "路径太长",
    errno.ELOOP: "符号链接循环",
    errno.EINVAL: "路径或参数无效",
    errno.EMFILE: "打开的文件太多",
    errno.ENFILE: "打开的文件太多",
    errno.EBUSY: "文件正被占用",
    errno.ETXTBSY: "文件正被占用",
    errno.EIO: "磁盘读写出错",
    errno.ENOMEM: "内存不足",
}


def reason(error: OSError) -> str:
    """Return in a few Chinese words why the system refused, for brackets in a message; an unknown code is given by number."""
    if error.errno is None:
        return "原因不明"
    return _REASONS.get(error.errno, f"错误代码 {error.errno}")


def repeated(typed: str) -> str:
    """Return what a person typed as a message repeats it: on one line, at most 40 characters, none that cannot be printed."""
    bare = "".join(ch if ch.isprintable() else "\ufffd" for ch in " ".join(typed.split()))
    return bare if len(bare) <= 40 else f"{bare[:39]}…"


class RongcuoError(Exception):
    """Anything the program says to a person; shown as one line with exit code 2."""


class InputError(RongcuoError):
    """What was typed or pasted cannot be used."""


class FileError(RongcuoError):
    """A file is missing, of an unknown kind, broken or without text."""


class ParseError(FileError):
    """A regulation's structure cannot be read; the message names line and excerpt."""


class CaseFileError(FileError):
    """A case file or a batch row breaks the format; the message names file and line."""


class ModelError(RongcuoError):
    """Model weights are missing, broken or of the wrong kind."""


class IndexBuildError(RongcuoError):
    """An index is missing, broken or does not fit the model."""
