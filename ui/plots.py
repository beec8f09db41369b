"""Plots as SVG for a web page or a notebook. The only module that imports matplotlib, when the first plot is drawn.

Chinese is written by the reader's own fonts, so the machine that draws needs none: matplotlib lays the plot out with wide
Latin letters in place of each label, and these are exchanged afterwards. Colours become CSS variables with the light
colour as what is used where no style sheet sets them; colour is never the only difference between two series.
"""

from __future__ import annotations

import io
import itertools
import logging
import math
import re
import threading
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from retrieval.analysis import Histogram, Reliability
from retrieval.measures import Interval

__all__ = ["FONTS", "Wording", "bars", "curves", "heatmap", "histogram", "reliability_diagram", "score_series"]

FONTS = (
    "system-ui, 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Source Han Sans SC', "
    "'WenQuanYi Micro Hei', sans-serif"
)
"""Fonts that systems bring along, for CSS."""

_INK, _GRID, _CARD, _PLAIN = "#24303e", "#d9e0e8", "#ffffff", "#67727f"
_SERIES = ("#1d5fa8", "#b04a00", "#00745c", "#8a3c8f", "#8b6b00", "#a3161f")
_TINTS = ("#b9d2ec", "#f3cdae", "#aedbd0", "#dfc1e1", "#e5d7a8", "#efbdc0")
_VARIABLES = {_INK: "ink", _GRID: "grid", _CARD: "card", _PLAIN: "plain"}
_VARIABLES |= {colour: str(number) for number, colour in enumerate(_SERIES, 1)}
_VARIABLES |= {colour: f"tint-{number}" for number, colour in enumerate(_TINTS, 1)}
_DASHES: tuple[Any, ...] = ("solid", (0, (6, 2)), (0, (2, 1.5)), (0, (7, 2, 1.5, 2)), (0, (10, 1.5)))
_MARKERS = ("o", "s", "^", "D", "v", "P")
_HATCHES = ("", "////", "....", "xxxx")
_MEASURED_WITH = "DejaVu Sans"  # comes with matplotlib
_WIDE = "Wm@"  # letters about as wide there as a Chinese character is anywhere
_LONGEST = 7.5  # of a label beside an axis, in Chinese characters; the data table has it in full
# read through rcParams only, which belong to the whole process: one plot at a time
_OPTIONS = {"svg.fonttype": "none", "svg.hashsalt": "rongcuo", "font.family": _MEASURED_WITH, "font.size": 10.5}
_LOCK = threading.Lock()
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Wording:
    """What a plot says in Chinese: a `key` that is unique in its page, title and description (not drawn), names of the axes."""

    key: str
    title: str
    description: str
    x: str = ""
    y: str = ""


class _Labels:
    """Stands a unique string of wide letters in for each label, and puts the labels back into the finished drawing."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        if not text:
            return ""
        longer = itertools.count(max(3, math.ceil(_width(text))))
        codes = ("".join(letters) for length in longer for letters in itertools.product(_WIDE, repeat=length))
        found = next(code for code in codes if code not in self._known)
        self._known[found] = text
        return found

    def restore(self, svg: str) -> str:
        return re.sub(rf">([{_WIDE}]+)</text>", lambda m: f">{escape(_UNPRINTABLE.sub('', self._known[m[1]]))}</text>", svg)


Paint = Callable[[Any, _Labels], None]


def curves(words: Wording, series: Mapping[str, Floats], *, chance: Floats | None = None) -> str:
    """Return one line per named series, each (depth,), over the ranks 1 to depth; `chance` is drawn thin and plain."""

    def paint(axes: Any, say: _Labels) -> None:  # noqa: ANN401
        for number, (name, values) in enumerate(series.items()):
            look = {"color": _pick(_SERIES, number), "linestyle": _pick(_DASHES, number), "marker": _pick(_MARKERS, number)}
            axes.plot(np.arange(1, len(values) + 1), values, label=say(name), markevery=(number, 5), markersize=4.5, **look)
        if chance is not None:
            axes.plot(np.arange(1, len(chance) + 1), chance, label=say("随机排列"), color=_PLAIN, linewidth=1)
        axes.set(ylim=(0, 1), xlim=(0, max(map(len, series.values()))), xlabel=say(words.x), ylabel=say(words.y))
        axes.legend(loc="lower right", frameon=False, labelcolor=_INK, handlelength=3.2)

    return _draw(words, 3.6, paint)


def bars(words: Wording, series: Mapping[str, Mapping[str, Interval]]) -> str:
    """Return level bars from 0 to 1 with their intervals, {series: {label: interval}}; labels and n are those of the first."""
    labels = list(next(iter(series.values())))
    thick = 0.76 / len(series)

    def paint(axes: Any, say: _Labels) -> None:  # noqa: ANN401
        for number, (name, found) in enumerate(series.items()):
            at = np.arange(len(labels)) + (number - (len(series) - 1) / 2) * thick
            means, low, high = (np.array([getattr(found[label], part) for label in labels]) for part in ("mean", "low", "high"))
            look = {"facecolor": _pick(_TINTS, number), "edgecolor": _pick(_SERIES, number), "hatch": _pick(_HATCHES, number)}
            axes.barh(at, means, thick * 0.86, label=say(name), **look)
            axes.errorbar(means, at, xerr=(means - low, high - means), fmt="none", color=_INK, elinewidth=1.2, capsize=2)
            for place, mean in zip(at, means, strict=True):
                axes.text(1.02, place, f"{mean:.2f}", va="center", color=_INK, fontsize=9.5)
        axes.set_yticks(range(len(labels)), [say(f"{_short(k)} n={v.n}") for k, v in next(iter(series.values())).items()])
        axes.set(xlim=(0, 1), xlabel=say(words.x))
        axes.invert_yaxis()
        if len(series) > 1:
            axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(series), frameon=False, labelcolor=_INK)

    return _draw(words, 0.9 + 0.3 * len(labels) * max(1.0, 0.7 * len(series)), paint, grid="x")


def reliability_diagram(words: Wording, found: Reliability) -> str:
    """Return observed share over stated probability, one point per bin; on the diagonal the statements are true."""

    def paint(axes: Any, say: _Labels) -> None:  # noqa: ANN401
        axes.plot([0, 1], [0, 1], color=_PLAIN, linewidth=1, linestyle=_DASHES[1], label=say("完全可靠"))
        axes.plot(found.stated, found.observed, color=_SERIES[0], marker="o", label=say("各组"))
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel=say(words.x), ylabel=say(words.y))
        axes.legend(loc="upper left", frameon=False, labelcolor=_INK)

    return _draw(words, 4.2, paint)


def histogram(words: Wording, edges: Floats, series: Mapping[str, NDArray[np.int64]]) -> str:
    """Return counts (bins,) over common `edges` (bins + 1,), each series as percent of its own sum."""

    def paint(axes: Any, say: _Labels) -> None:  # noqa: ANN401
        for number, (name, counts) in enumerate(series.items()):
            share, colour = 100 * counts / max(int(counts.sum()), 1), _pick(_SERIES, number)
            axes.stairs(share, edges, fill=True, color=colour, alpha=0.22)
            axes.stairs(share, edges, color=colour, linewidth=1.6, linestyle=_pick(_DASHES, number), label=say(name))
        axes.set(ylim=(0, None), xlabel=say(words.x), ylabel=say(words.y))
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(series), frameon=False, labelcolor=_INK)

    return _draw(words, 3.4, paint)


def score_series(found: Histogram) -> dict[str, NDArray[np.int64]]:
    """Return the two series of a score histogram under their Chinese names, with n."""
    return {f"有标注 n={found.relevant.sum()}": found.relevant, f"其余候选 n={found.other.sum()}": found.other}


def heatmap(words: Wording, rows: Sequence[str], columns: Sequence[str], values: NDArray[Any], *, form: str = "{:.0f}") -> str:
    """Return a table (rows, columns) whose cells are the darker the larger their value; NaN stays empty."""
    most = max(float(np.nanmax(values, initial=0)), 1e-9)

    def paint(axes: Any, say: _Labels) -> None:  # noqa: ANN401
        for (i, j), value in np.ndenumerate(values):
            if not np.isnan(value):
                alpha = 0.6 * max(float(value), 0) / most
                corners = [j - 0.5, j + 0.5, j + 0.5, j - 0.5], [i - 0.5, i - 0.5, i + 0.5, i + 0.5]
                axes.fill(*corners, color=_SERIES[0], alpha=alpha, linewidth=0)
                axes.text(j, i, form.format(value), ha="center", va="center", color=_INK, fontsize=9.5)
        axes.set_yticks(range(len(rows)), [say(_short(name)) for name in rows])
        turned = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
        axes.set_xticks(range(len(columns)), [say(_short(name)) for name in columns], **turned)
        axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5), xlabel=say(words.x), ylabel=say(words.y))

    return _draw(words, 1.6 + 0.3 * len(rows), paint, grid="")


def _pick(choices: Sequence[Any], number: int) -> Any:  # noqa: ANN401
    return choices[number % len(choices)]


def _width(text: str) -> float:
    """Return about how wide a text is, in Chinese characters."""
    return sum(1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.8 for letter in text)


def _short(text: str) -> str:
    if _width(text) <= _LONGEST:
        return text
    return next(text[:end] for end in range(len(text), -1, -1) if _width(text[:end]) <= _LONGEST - 1) + "…"


def _draw(words: Wording, height: float, paint: Paint, *, grid: Literal["both", "x", ""] = "both") -> str:
    """Draw on axes 5 inches wide, which a telephone shows without shrinking the letters much, and return the SVG."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it tells the console, in English, about its font cache
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    say, out = _Labels(), io.StringIO()
    with _LOCK, rc_context(_OPTIONS):
        figure = Figure(figsize=(5.0, height), layout="constrained", facecolor=_CARD)
        axes = figure.add_subplot(facecolor=_CARD)
        paint(axes, say)
        axes.tick_params(colors=_INK, length=0)
        for text in (axes.xaxis.label, axes.yaxis.label):
            text.set_color(_INK)
        for side, spine in axes.spines.items():
            spine.set(visible=bool(grid) and side in ("left", "bottom"), color=_PLAIN)
        if grid:
            axes.grid(axis=grid, color=_GRID, linewidth=0.8)
            axes.set_axisbelow(True)
        figure.savefig(out, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    return say.restore(_for_page(out.getvalue(), words))


def _for_page(svg: str, words: Wording) -> str:
    """Make matplotlib's file a part of a page: a name for readers, ids of its own, colours and fonts by style sheet."""
    view = re.search(r'viewBox="[^"]*"', svg)
    body = svg[svg.index("</style>") :].partition("</defs>")[2]  # its rule for * would hold for the whole page
    used = set(re.findall(r'(?:url\(#|xlink:href="#)([^")]+)', body))
    body = re.sub(r' id="([^"]*)"', lambda m: f' id="{words.key}-{m[1]}"' if m[1] in used else "", body)
    body = re.sub(r'(url\(#|)xlink:href="#', r'\1href="#', body).replace('href="#', f'href="#{words.key}-')
    body = body.replace("url(#", f"url(#{words.key}-").replace(f" font-family: '{_MEASURED_WITH}';", "")
    body = re.sub(r' transform="rotate\(-0 [^"]*"', "", re.sub(r"\s*\n\s*", " ", body))
    for colour, name in _VARIABLES.items():
        # an attribute such as fill="#…" takes no variable, a style does
        body = body.replace(f": {colour}", f": var(--plot-{name}, {colour})")
        body = re.sub(rf'fill="{colour}"', f'style="fill: var(--plot-{name}, {colour})"', body)
    names = f"{words.key}-title", f"{words.key}-desc"
    return (
        f'<svg class="rc-plot" role="img" aria-labelledby="{" ".join(names)}" {view[0] if view else ""} '
        f'style="font-family: {FONTS}" stroke-linejoin="round" xmlns="http://www.w3.org/2000/svg">'
        f'<title id="{names[0]}">{escape(words.title)}</title><desc id="{names[1]}">{escape(words.description)}</desc>{body}'
    )
