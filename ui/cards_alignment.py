"""Which sentence of the narrative speaks to which part of a clause, as a shaded table. All text is escaped here."""

from __future__ import annotations

from html import escape

from data.elements import Element
from data.schema import Span
from retrieval.alignment import Alignment
from ui.present_alignment import MEANING, element_text, quoted, weight

__all__ = ["alignment_html"]

_CAPTION = "叙述中的话（行）与本条各部分（列）用语相近的程度"


def alignment_html(alignment: Alignment | None, narrative: str, clause: str) -> str:
    """Return the alignment as a table to unfold; "" where nothing is worth showing.

    Roles are written out: on a narrow card the style lays the table out anew, and some browsers then forget that it is one.
    """
    if alignment is None or not alignment.sentences:
        return ""
    columns = "".join(_column(element, clause) for element in alignment.elements)
    lines = "".join(
        f'<tr role="row">{_quoted(sentence, narrative)}{"".join(_cell(float(value)) for value in values)}</tr>'
        for sentence, values in zip(alignment.sentences, alignment.strength, strict=True)
    )
    return (
        f'<details class="rc-alignment"><summary>逐句对照</summary><p class="rc-hint">{escape(MEANING)}</p>'
        f'<div class="rc-aligned-frame"><table class="rc-aligned" role="table" style="--rc-columns:{len(alignment.elements)}">'
        f"<caption>{_CAPTION}</caption>"
        f'<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">叙述中的话</th>{columns}</tr></thead>'
        f'<tbody role="rowgroup">{lines}</tbody></table></div></details>'
    )


def _column(element: Element, clause: str) -> str:
    return (
        f'<th scope="col" role="columnheader"><span class="rc-element">{element.label}</span> '
        f"{escape(element_text(element, clause))}</th>"
    )


def _quoted(sentence: Span, narrative: str) -> str:
    return f'<th scope="row" role="rowheader">{escape(quoted(sentence, narrative))}</th>'


def _cell(value: float) -> str:
    return f'<td role="cell" style="--rc-weight:{weight(value)}">{weight(value)}</td>'
