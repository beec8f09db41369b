"""The error tree. Every message is one Chinese sentence that says what is wrong and what to do.

RongcuoError                anything the program says to a person
├── InputError              what was typed or pasted cannot be used
├── FileError               a file is missing, of an unknown kind, broken or without text
│   ├── ParseError          a regulation's structure cannot be read; names line and excerpt
│   └── CaseFileError       a case file or batch row breaks the format; names file and line
├── ModelError              model weights are missing, broken or of the wrong kind
└── IndexBuildError         an index is missing, broken or does not fit the model
"""

from __future__ import annotations

__all__ = ["CaseFileError", "FileError", "IndexBuildError", "InputError", "ModelError", "ParseError", "RongcuoError"]


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
