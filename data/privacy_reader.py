"""Reading one name where it begins or ends in running text: how far it goes, and whether it is one at all.

A name is a family name of ``surnames.txt`` with one or two characters that given names are made of. Chinese puts no gap
behind it, so that the last character may as well begin the next word (刘洋开…, 刘建国…). Then this decides, in turn: a word that
often follows names begins there; the text has the shorter name elsewhere with something behind it that cannot go on; the
character is one that goes on after names. Otherwise the longer name is taken, so that rather too much is masked.
"""

from __future__ import annotations

import re
from collections.abc import Set
from functools import cached_property

from data.privacy_fold import HAN
from data.privacy_surnames import Surname, Surnames
from data.privacy_titles import FOLLOWING, SPEAKING, STOPS, TITLE

__all__ = ["NameReader"]

_HAN = re.compile(f"[{HAN}]")
_CONNECTING = frozenset("老小到了和跟找问请给让把被对与及由向叫派是经为")
_DOUBLE = Surname("老小职名")
"""How a family name of two characters is used."""


class NameReader:
    """A folded text with the table of family names; a place past its end has no name."""

    def __init__(self, text: str, table: Surnames) -> None:
        self.text = text
        self.table = table

    @cached_property
    def _closed(self) -> frozenset[str]:
        """The pairs of family name and character behind which, somewhere in the text, no name can go on."""
        stops = "".join(sorted(STOPS - self.table.given))
        pairs = re.finditer(f"(?=([{HAN}][{HAN}])(?:[^{HAN}]|[{stops}]|\\Z))", self.text)
        return frozenset(match[1] for match in pairs if match[1][0] in self.table.single)

    def known(self, family: str) -> Surname:
        """Return what the table says of a family name that it has."""
        return self.table.single.get(family, _DOUBLE)

    def full_name(self, at: int) -> int:
        """Return where the full name that begins at `at` ends, 0 where none does."""
        family = self.table.at(self.text, at)
        known = self.known(family)
        first = at + len(family)
        if not family or "名" not in known.uses or self.text[first : first + 1] not in self.table.given:
            return 0
        long = self._goes_on(at, first + 1)
        end = first + 2 if long else first + 1
        sure = self.ends(end, SPEAKING)
        if self.text[first] in known.heads:
            return end if long and sure else 0
        return end if not known.careful or sure or long and self.ends(end) else 0

    def ends(self, at: int, stops: Set[str] = STOPS) -> bool:
        """Tell whether what stands at `at` is no part of a name: no Chinese character, one of `stops`, or a word or title."""
        after = self.text[at : at + 1]
        free = not _HAN.match(after)
        return free or after in stops or self.text[at : at + 2] in FOLLOWING or TITLE.match(self.text, at) is not None

    def name_before(self, end: int, short: str = "") -> int:
        """Return where the name begins that ends at `end`, before a title or its short form `short`: the longest that is sure.

        A family name alone will do; -1 where there is none.
        """
        return next((start for start in range(max(0, end - 4), end) if self._is_before(start, end, short)), -1)

    def is_full(self, word: str, *, words: bool) -> bool:
        """Tell whether `word` is a full name and nothing else; `words` allows those that are ordinary words too (高原)."""
        family = self.table.at(word, 0)
        given = word[len(family) :]
        named = bool(family) and 1 <= len(given) <= 2 and set(given) <= self.table.given
        return named and (words or not self.is_word(word))

    def is_word(self, word: str) -> bool:
        """Tell whether `word` begins with an ordinary word rather than with a family name."""
        known = self.table.single.get(word[:1])
        return known is not None and word[1:2] in known.heads

    def _goes_on(self, at: int, last: int) -> bool:
        """Tell whether the character at `last` still belongs to the given name that began before it."""
        char = self.text[last : last + 1]
        if char not in self.table.given or self.text[last : last + 2] in FOLLOWING:
            return False
        if char in STOPS or self.text[at:last] in self._closed:
            return not _HAN.match(self.text, last + 1)
        return True

    def _is_before(self, start: int, end: int, short: str) -> bool:
        name = self.text[start:end]
        family = self.table.at(name, 0)
        given, known = name[len(family) :], self.known(family)
        before = self.text[max(0, start - 1) : start]
        free = not _HAN.match(before)
        if not family or len(given) > 2 or short and given or not set(given) <= self.table.given:
            return False
        if known.careful and not free and before not in _CONNECTING or before in known.tails:
            return False
        if given:
            long = len(given) == 2
            surely = free and (long or not known.careful) or long and before in _CONNECTING
            return "名" in known.uses and (surely or given[0] not in known.heads)
        return "职" in known.uses and short not in known.heads
