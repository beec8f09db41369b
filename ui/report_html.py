"""Small pieces of HTML for the report. Everything that is not already `Html` is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from retrieval.measures import Interval
from ui.plots import Wording

__all__ = ["NO_VALUE", "Html", "details", "element", "figure", "interval", "number", "pairs", "table"]

NO_VALUE = "—"


class Html(str):
    """Text that is HTML already, so that it is not escaped again."""

    __slots__ = ()


def element(tag: str, *inside: str, **attributes: str) -> Html:
    """Return an element; plain strings are escaped, `class_` gives the class, a name's ``_`` becomes ``-``."""
    named = "".join(f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"' for name, value in attributes.items() if value)
    return Html(f"<{tag}{named}>{''.join(map(_safe, inside))}</{tag}>")


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str, words: bool = False) -> Html:
    """Return a table whose first column heads its rows, in a box of its own that scrolls sideways where it is too wide.

    Cells hold figures, which are set to the right and never broken, or `words`.
    """
    head = element("tr", *(element("th", name, scope="col") for name in headers))
    body = [element("tr", element("th", first, scope="row"), *(element("td", cell) for cell in rest)) for first, *rest in rows]
    parts = element("caption", caption), element("thead", head), element("tbody", *body)
    inside = element("table", *parts, class_="rc-words" if words else "")
    return element("div", inside, class_="rc-scroll", tabindex="0", role="region", aria_label=caption)


def details(summary: str, *inside: str) -> Html:
    """Return what is folded away under a summary."""
    return element("details", element("summary", summary), *inside)


def figure(words: Wording, svg: str, data: Html) -> Html:
    """Return a plot with title, description and, folded away, the numbers that it shows."""
    caption = element("figcaption", element("strong", words.title), element("span", words.description))
    return element("figure", caption, Html(svg), details("数据表", data))


def number(value: float, digits: int = 3) -> str:
    """Return a number as it is shown; NaN is a dash."""
    return NO_VALUE if value != value else f"{value:.{digits}f}"


def interval(value: Interval) -> Html:
    """Return a mean with its interval beneath; a dash where n is 0."""
    if value.n == 0:
        return Html(NO_VALUE)
    return Html(f"{number(value.mean)} <small>{value.low:.2f}–{value.high:.2f}</small>")


def pairs(facts: Mapping[str, str]) -> Html:
    """Return names and values as a description list."""
    return element("dl", *(element("div", element("dt", name), element("dd", value)) for name, value in facts.items()))


def _safe(text: str) -> str:
    return text if isinstance(text, Html) else escape(text)
