"""Family names and the characters of given names: the table ``surnames.txt``, whose first lines explain its columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from data.errors import FileError
from data.jsonl import numbered_lines, read_lines_text

__all__ = ["TABLE", "Surname", "Surnames", "load_surnames"]

TABLE = Path(__file__).with_name("surnames.txt")
_COLUMNS = 5
_SECTIONS = ("[姓]", "[只在表格]", "[复姓]", "[名用字]")


@dataclass(frozen=True, slots=True)
class Surname:
    """A family name; `heads`, `things` and `tails` are the characters that make an ordinary word with it.

    `heads` stand behind it (高兴), `things` behind 老 or 小 and it (小高炉), `tails` before it (公安).
    """

    uses: str
    heads: frozenset[str] = frozenset()
    things: frozenset[str] = frozenset()
    tails: frozenset[str] = frozenset()

    @property
    def careful(self) -> bool:
        """Whether it is also an everyday word, so that what stands around it must make sure."""
        return "慎" in self.uses


@dataclass(frozen=True, slots=True)
class Surnames:
    """The table: `single` names of one character, `double` names of two, and the characters that given names are made of."""

    single: Mapping[str, Surname]
    double: frozenset[str]
    given: frozenset[str]

    def at(self, text: str, place: int) -> str:
        """Return the family name of two or else one character that begins at `place`, "" where none does."""
        two = text[place : place + 2]
        if two in self.double:
            return two
        return two[:1] if two[:1] in self.single else ""


@lru_cache(maxsize=2)
def load_surnames(path: Path = TABLE) -> Surnames:
    """Return the table in `path`.

    Raises:
        FileError: it cannot be read, lacks a section, or has a line that breaks the format; the message names the line.

    """
    single: dict[str, Surname] = {}
    words: dict[str, str] = dict.fromkeys(_SECTIONS[1:], "")
    section = ""
    for number, line in numbered_lines(read_lines_text(path, "姓氏表")):
        if line.startswith("#"):
            continue
        if line.strip() in _SECTIONS:
            section = line.strip()
        elif section == "[姓]":
            name, surname = _row(path, number, line.rstrip("\r").split("\t"))
            single[name] = surname
        elif section:
            words[section] += f" {line}"
        else:
            raise FileError(f"姓氏表 {path} 第{number}行之前应有小标题，如[姓]。")
    if not single or not all(words.values()):
        raise FileError(f"姓氏表 {path} 应有四节：{'、'.join(_SECTIONS)}，请补上。")
    single |= {name: Surname("") for name in "".join(words["[只在表格]"].split()) if name not in single}
    return Surnames(single, frozenset(words["[复姓]"].split()), frozenset("".join(words["[名用字]"].split())))


def _row(path: Path, number: int, cells: list[str]) -> tuple[str, Surname]:
    if len(cells) != _COLUMNS or len(cells[0]) != 1 or not set(cells[1]) <= set("老小职名慎"):
        raise FileError(
            f"姓氏表 {path} 第{number}行应有{_COLUMNS}列（以制表符分隔）：一个姓、用法、词首、名词、词尾，空的写“-”。"
        )
    heads, things, tails = (frozenset(cell.replace("-", "")) for cell in cells[2:])
    return cells[0], Surname(cells[1], heads, things, tails)
