"""Who is who among the names found in a text: names that belong to one person get one key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from data.privacy_fold import fold
from data.privacy_surnames import load_surnames
from data.privacy_titles import title_before, title_behind
from data.schema import Span

__all__ = ["person_keys"]


def person_keys(text: str, names: Sequence[Span]) -> tuple[str, ...]:
    """Return a key for each name, the same for the same person; () for no names.

    The same writing (blanks left out) is the same person. A family name with its title (李科长) is whoever bears that title by
    full name in the text (李建国科长, 副科长李建国), if that is one person only, else a person of its own; 老李 and 小李 are
    never taken for somebody else.
    """
    plain = fold(text)
    titled: dict[tuple[str, str], set[str]] = defaultdict(set)
    for span in names:
        name = _written(plain, span)
        if not _is_family(name):
            for title in (title_before(plain, span.start), title_behind(plain, span.end)):
                titled[load_surnames().at(name, 0), title].add(name)
    return tuple(_key(plain, span, titled) for span in names)


def _key(text: str, span: Span, titled: dict[tuple[str, str], set[str]]) -> str:
    name = _written(text, span)
    if not _is_family(name):
        return name
    title = title_behind(text, span.end)
    bearers = titled.get((name, title), set()) if title else set()
    return next(iter(bearers)) if len(bearers) == 1 else name + title


def _written(text: str, span: Span) -> str:
    return span.of(text).replace(" ", "")


def _is_family(name: str) -> bool:
    return len(name) == 1 or name in load_surnames().double
