"""The results as tables for people, and as one picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any


def write(found: Mapping[str, Any], path: Path) -> None:
    """Write the tables and the picture beside `path`, with its name."""
    path.with_suffix(".md").write_text(text(found), "utf-8")
    if "peers" in found:
        picture(found["peers"], path.with_suffix(".svg"))


def text(found: Mapping[str, Any]) -> str:
    """Return the tables in Markdown; a part that was not run is left out."""
    lines = ["# Results", "", "Made by `python -m tests.benchmarks`; do not edit. Each part says on which machine it ran.", ""]
    for name, part in _PARTS.items():
        if name in found:
            lines += [*part(found[name]), "", _machine(found[name]["machine"]), ""]
    return "\n".join(lines)


def _machine(about: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    return (
        f"*{about['processor']} ({', '.join(about['instructions'])}), {about['cores']} cores, {about['memory_gb']} GB, "
        f"{about['system']}; load at the start {about['load'][0]}; {versions}*"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    return [f"| {' | '.join(head)} |", "|" + "---|" * len(head), *(f"| {' | '.join(map(str, row))} |" for row in rows)]


def _peers(part: Mapping[str, Any]) -> list[str]:
    head = ["system", "nDCG@10 (95%)", "p", "build s", "query ms", "p95", "times ours", "memory MB", "load s"]
    rows = []
    for name, row in part["systems"].items():
        low, high = row["interval"]
        quality = f"{row['nDCG@10']:.3f} ({low:.2f}–{high:.2f})"
        costs = [row["build_s"], row["query_ms"], row["query_p95_ms"], row["query_ratio"], row["memory_mb"], row["load_s"]]
        rows.append([f"{name} ({row['version']})", quality, row["p"], *costs])
    left = f" Not installed here: {', '.join(part['left_out'])}." if part["left_out"] else ""
    about = (
        f"{part['cases']} labelled cases of dev over {part['clauses']} clauses, ranked within the region of the case; the cases "
        f"on which our combination was fitted. p: paired permutation test against the first row.{left}"
    )
    return ["## Beside other tools", "", about, "", *_table(head, rows), "", "![quality against time](results.svg)"]


def _building(part: Mapping[str, Any]) -> list[str]:
    rows = []
    for name, seconds in part["seconds"].items():
        quality = part["quality, vectors alone"][name]
        rows.append(
            [
                name,
                seconds,
                part["articles_per_second"][name],
                *(f"{mean:.3f} ({a:.2f}–{b:.2f})" for mean, a, b in quality.values()),
            ]
        )
    about = (
        f"{part['articles']} articles of {part['characters']} characters, {part['questions']} questions; sentence-transformers "
        f"runs {part['model']} in full precision and only encodes, ours also segments and weighs terms. Speed ratio "
        f"{part['speed_ratio']}."
    )
    names = list(next(iter(part["quality, vectors alone"].values())))
    return ["## Building an index", "", about, "", *_table(["system", "s", "articles/s", *names], rows)]


def _cold(part: Mapping[str, Any]) -> list[str]:
    rows = [[name, seconds, part["memory_mb"][name]] for name, seconds in part["seconds"].items()]
    about = f"A new process to its first answer; ratio {part['ratio']}."
    return ["## Cold start", "", about, "", *_table(["command", "s", "memory MB"], rows)]


def _scale(part: Mapping[str, Any]) -> list[str]:
    names = [
        "kind", "whole_ms", "whole_p95_ms", "after_encoding_ms", "after_encoding_p95_ms", "search_ms", "recall@20", "vectors_mb",
        "lexical_mb", "load_s",
    ]  # fmt: skip
    rows = [[f"{int(size):,}", *(row[name] for name in names)] for size, row in part["rows"].items()]
    about = f"{part['questions']} lay questions, no filter; the second size takes {part['second / first']} times the first."
    return ["## With more clauses", "", about, "", *_table(["rows", *(name.replace("_", " ") for name in names)], rows)]


def _where(part: Mapping[str, Any]) -> list[str]:
    total = part["milliseconds"]["match"]
    rows = [[name, value, f"{value / total:.0%}"] for name, value in part["milliseconds"].items()]
    top, limit = part["peak"], part["limit_ms"]
    about = (
        f"Medians over {part['narratives']} narratives of {part['characters']} characters, {part['tokens']} tokens. The encoder "
        f"makes {part['encoder_gmac']} · 10⁹ multiply-adds; large products of 8-bit numbers reach {top['int8_gmacs']} · 10⁹ per "
        f"second here, of fp32 {top['fp32_gmacs']}: at least {limit['int8']} ms in 8 bits, {limit['fp32']} ms in fp32. The "
        f"encoder works at {part['share_of_peak']:.0%} of the 8-bit peak."
    )
    return ["## Where the time of one match goes", "", about, "", *_table(["stage", "ms", "share"], rows)]


def _runtimes(part: Mapping[str, Any]) -> list[str]:
    rows = []
    for name, row in part["runtimes"].items():
        if "failed" in row:
            rows.append([name, row["failed"], "", "", ""])
            continue
        mean, low, high = row.get("nDCG@10", (None, 0, 0))
        quality = "not measured, too slow" if mean is None else f"{mean:.3f} ({low:.2f}–{high:.2f})"
        rows.append([name, quality, row["milliseconds"], row["weights_mb"], row["packages_mb"]])
    about = (
        f"One pass over a narrative of {part['characters']} characters, median of {part['rounds']}, the runtimes in turn; "
        f"quality by clause attention alone on {part['cases']} labelled cases of dev."
    )
    return ["## Runtimes", "", about, "", *_table(["runtime", "nDCG@10 (95%)", "ms", "weights MB", "packages MB"], rows)]


_PARTS = {
    "peers": _peers,
    "building": _building,
    "cold": _cold,
    "scale": _scale,
    "where": _where,
    "runtimes": _runtimes,
}


def picture(part: Mapping[str, Any], path: Path) -> None:
    """Draw quality against time per query, one point per system."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "rongcuo", "svg.fonttype": "none"}):
        figure = Figure(figsize=(7.5, 4.5), layout="constrained")
        axes = figure.add_subplot()
        for name, row in part["systems"].items():
            own = name.startswith("rongcuo")
            low, high = row["interval"]
            error = [[row["nDCG@10"] - low], [high - row["nDCG@10"]]]
            axes.errorbar(row["query_ms"], row["nDCG@10"], yerr=error, fmt="o", color="#0a5" if own else "#555", capsize=2)
            axes.annotate(name, (row["query_ms"], row["nDCG@10"]), xytext=(5, 4), textcoords="offset points", fontsize=7)
        axes.set_xscale("log")
        axes.set_xlabel("ms per query (median)")
        axes.set_ylabel("nDCG@10, dev, within the region")
        axes.grid(alpha=0.3)
        figure.savefig(path, metadata={"Date": None})
