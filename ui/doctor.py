"""Checks of an installation: what is right, what deserves attention, what is wrong and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from data.errors import RongcuoError

__all__ = ["BAD", "GOOD", "NOTE", "Check", "Finding", "Place", "examine"]

State = Literal["正常", "注意", "错误"]
GOOD: State = "正常"
NOTE: State = "注意"
BAD: State = "错误"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the result; `remedy` says what to do, "" where nothing is to be done."""

    about: str
    state: State
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the installation that is looked at keeps its things: the database ("" for the default), and the port it serves on."""

    database: str
    port: int
    folder: Path | None = None


Check = Callable[[Place], Iterable[Finding]]


def examine(checks: Sequence[tuple[str, Check]], place: Place) -> list[Finding]:
    """Return what each of the named `checks` finds; one that fails itself is a finding too, so that the others still run."""
    found: list[Finding] = []
    for name, check in checks:
        try:
            found += check(place)
        except RongcuoError as error:
            found.append(Finding(name, BAD, str(error)))
        except Exception as error:  # whatever is broken, the other checks may say why
            found.append(
                Finding(name, BAD, f"检查时出错（{type(error).__name__}）。", "请重新安装程序；仍不行请把这一行告诉维护人员。")
            )
    return found
