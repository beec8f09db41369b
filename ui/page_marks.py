"""Cutting a text at overlapping spans into disjoint stretches, and writing these as escaped HTML."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from data.schema import Span

__all__ = ["Stretch", "mark_stretches", "mark_words", "stretches"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters that lie in the same spans; `windows` and `words` are the ranks of the matches whose spans these are."""

    text: str
    windows: tuple[int, ...] = ()
    words: tuple[int, ...] = ()


def stretches(text: str, *, windows: Iterable[tuple[int, Span]] = (), words: Iterable[tuple[int, Span]] = ()) -> list[Stretch]:
    """Return `text` cut wherever a span starts or ends; the stretches cover it in order, and empty text gives [].

    Spans may overlap in any way; what lies outside the text is cut off.
    """
    changes: dict[int, list[tuple[bool, str, int]]] = {0: [], len(text): []}
    for kind, spans in (("window", windows), ("word", words)):
        for rank, span in spans:
            if span.start < min(span.end, len(text)):
                changes.setdefault(span.start, []).append((True, kind, rank))
                changes.setdefault(min(span.end, len(text)), []).append((False, kind, rank))
    found: list[Stretch] = []
    open_now: set[tuple[str, int]] = set()
    places = sorted(changes)
    for start, end in zip(places, places[1:], strict=False):
        for opens, kind, rank in sorted(changes[start]):  # False first: a span that ends here is left before the next one
            (open_now.add if opens else open_now.discard)((kind, rank))
        found.append(Stretch(text[start:end], _ranks(open_now, "window"), _ranks(open_now, "word")))
    return found


def mark_stretches(found: Sequence[Stretch], *, top: Collection[int]) -> str:
    """Return stretches of a narrative as HTML: marked for the ranks in `top`, prepared for the script for all others."""
    return "".join(_stretch(stretch, top) for stretch in found)


def mark_words(text: str, spans: Iterable[Span]) -> str:
    """Return `text` as HTML in which the words at `spans` are marked."""
    found = stretches(text, words=((1, span) for span in spans))
    return "".join(
        f'<mark class="rc-word" title="叙述中也有">{escape(s.text)}</mark>' if s.words else escape(s.text) for s in found
    )


def _ranks(open_now: set[tuple[str, int]], wanted: str) -> tuple[int, ...]:
    return tuple(sorted(rank for kind, rank in open_now if kind == wanted))


def _stretch(stretch: Stretch, top: Collection[int]) -> str:
    if not stretch.windows and not stretch.words:
        return escape(stretch.text)
    word, window = (tuple(r for r in ranks if r in top) for ranks in (stretch.words, stretch.windows))
    data = "".join(_data(stretch))
    if not word and not window:
        return f"<span{data}>{escape(stretch.text)}</span>"
    names = " ".join(name for name, ranks in (("rc-word", word), ("rc-window", window)) if ranks)
    title = "；".join(
        f"{_list(ranks)}{what}" for ranks, what in ((word, "条款中也有"), (window, "条款的依据")) if ranks
    )
    return f'<mark class="{names}"{data} title="{title}">{escape(stretch.text)}</mark>'


def _data(stretch: Stretch) -> Iterator[str]:
    for name, ranks in (("windows", stretch.windows), ("words", stretch.words)):
        if ranks:
            yield f' data-{name}="{" ".join(map(str, ranks))}"'


def _list(ranks: Sequence[int]) -> str:
    return f"第 {'、'.join(map(str, ranks))} 名"
