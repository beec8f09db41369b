"""Cutting a text at overlapping spans into disjoint stretches, and writing these as escaped HTML."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from data.schema import Span

__all__ = ["Stretch", "mark_stretches", "mark_words", "stretches"]


Ranked = Iterable[tuple[int, Span]]  # spans with the rank of the match that each belongs to


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters that lie in the same spans, with the ranks of the matches whose spans these are.

    `best` are the best evidence windows, `windows` all of them, `words` the words that stand in the clause too.
    """

    text: str
    best: tuple[int, ...] = ()
    windows: tuple[int, ...] = ()
    words: tuple[int, ...] = ()


def stretches(text: str, *, best: Ranked = (), windows: Ranked = (), words: Ranked = ()) -> list[Stretch]:
    """Return `text` cut wherever a span starts or ends; the stretches cover it in order, and empty text gives [].

    Spans may overlap in any way; what lies outside the text is cut off.
    """
    changes: dict[int, list[tuple[bool, str, int]]] = {0: [], len(text): []}
    for kind, spans in (("best", best), ("window", windows), ("word", words)):
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
        best_now, windows_now, words_now = (_ranks(open_now, kind) for kind in ("best", "window", "word"))
        found.append(Stretch(text[start:end], best_now, windows_now, words_now))
    return found


def mark_stretches(found: Sequence[Stretch], *, top: Collection[int]) -> str:
    """Return stretches of a narrative as HTML: for the ranks in `top` words and best windows are marked.

    All ranks stand in data attributes, by which the script of the page marks what belongs to one card.
    """
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
    data = "".join(_data(stretch))
    if not data:
        return escape(stretch.text)
    words, best = ([rank for rank in ranks if rank in top] for ranks in (stretch.words, stretch.best))
    kinds = [kind for kind in (("rc-word", words, "条款中也有"), ("rc-window", best, "条款的依据")) if kind[1]]
    if not kinds:
        return f"<span{data}>{escape(stretch.text)}</span>"
    names = " ".join(name for name, _, _ in kinds)
    title = "；".join(f"第 {'、'.join(map(str, ranks))} 名{what}" for _, ranks, what in kinds)
    return f'<mark class="{names}"{data} title="{title}">{escape(stretch.text)}</mark>'


def _data(stretch: Stretch) -> Iterator[str]:
    for name, ranks in (("best", stretch.best), ("windows", stretch.windows), ("words", stretch.words)):
        if ranks:
            yield f' data-{name}="{" ".join(map(str, ranks))}"'
