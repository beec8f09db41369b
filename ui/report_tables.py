"""The tables of the report: what was measured, the systems side by side, and the comparisons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import PurePath

from data.catalogue import load_sources
from data.schema import Case
from retrieval.evaluate import Evaluation
from retrieval.measures import Interval
from retrieval.settings import Settings
from ui.report_html import Html, details, element, interval, number, pairs, table

__all__ = [
    "comparisons_table",
    "facts",
    "honest_note",
    "meaning",
    "region_name",
    "settings_table",
    "system_name",
    "systems_table",
]

_SYSTEMS = {
    "bm25": "BM25", "tfidf": "TF-IDF", "dense": "向量检索", "centred": "居中向量",
    "attention": "条款注意力", "hybrid": "融合检索",
}  # fmt: skip
_SPLITS = {"train": "训练", "dev": "开发", "test": "测试"}
_OWN = "项目自编"
_MEANING = (
    "R@k：应列条款（标注为 2 级的；没有 2 级时为全部标注）排进前 k 名的比例。RR：第一条应列条款名次的倒数。nDCG@10：前 10 名"
    "按标注等级加权的排序质量。向量检索即 dense；居中向量即 centred，先减去任何叙述在该条上的平均得分；条款注意力即 attention，"
    "由每条条款自己衡量叙述中哪些字词与它有关，再比较这些字词；融合检索即 hybrid，合并以上各路。"
    "候选是案例所在地区规定中供匹配的各类条款。均值下方的小字是按案例重抽样的 95% 区间（自助法）。"
)


def system_name(name: str) -> str:
    """Return how a system is called in the report."""
    return _SYSTEMS.get(name, name)


def region_name(region: str) -> str:
    """Return the Chinese name of a shipped regulation's region, else `region` as it is."""
    names = {source.id: source.region for source in load_sources()}
    return names.get(region) or region or "（未注明）"


def facts(evaluation: Evaluation) -> Html:
    """Return what was measured: cases, digests, and today's date."""
    labelled = sum(bool(case.labels) for case in evaluation.cases)
    return pairs(
        {
            "案例": f"{len(evaluation.cases)} 个，其中 {labelled} 个有标注",
            "划分": _counted(_SPLITS[case.split] for case in evaluation.cases),
            "地区": _counted(region_name(case.region) for case in evaluation.cases),
            "案例指纹": evaluation.cases_digest,
            "索引指纹": evaluation.index_digest,
            "编码器指纹": evaluation.model_digest[:16],
            "日期": date.today().isoformat(),
        }
    )


def systems_table(evaluation: Evaluation) -> Html:
    """Return measures down, systems across; the best mean of a measure is bold."""
    rows = [_row(name, [system.means[name] for system in evaluation.systems], best=True) for name in evaluation.measures]
    abstained = [evaluation.abstention(system) for system in evaluation.systems]
    rows.append(_row("对比案例", [evaluation.polarity(system) for system in evaluation.systems]))
    rows.append(_row("空案例不给建议", [found["empty"] for found in abstained]))
    rows.append(_row("有标注却不给建议", [found["labelled"] for found in abstained]))
    rows.append(["ECE", *(number(evaluation.calibration(system)) for system in evaluation.systems)])
    caption = f"各系统在 {sum(bool(case.labels) for case in evaluation.cases)} 个有标注案例上的均值"
    return table(["指标", *(system_name(system.name) for system in evaluation.systems)], rows, caption=caption)


def meaning(evaluation: Evaluation) -> Html:
    """Return what the measures mean, with the n of those that do not rest on the labelled cases."""
    last = evaluation.systems[-1]
    n = evaluation.polarity(last).n, evaluation.abstention(last)["empty"].n
    others = (
        f"对比案例：只改一个关键事实的两段叙述，由该事实决定的条款在支持它的那段里得分更高的比例（{n[0]} 次判断）。"
        f"空案例不给建议：{n[1]} 个没有可适用条款的案例中系统不给建议的比例。ECE：概率的校准误差，没有给出概率时为“—”。"
    )
    return details("指标的含义", element("p", _MEANING), element("p", others))


def comparisons_table(evaluation: Evaluation) -> Html:
    """Return the paired tests of the last system against the others; one system alone gives a sentence."""
    if not evaluation.comparisons:
        return element("p", "只评测了一个系统，没有可比较的对手。")
    rows = [
        (
            f"{row['measure']} 对 {system_name(str(row['theirs']))}",
            f"{float(row['difference']):+.3f}",
            f"{row['win']} / {row['tie']} / {row['loss']}",
            f"{float(row['p']):.4f}",
            f"{float(row['p_holm']):.4f}",
        )
        for row in evaluation.comparisons
    ]
    ours = system_name(evaluation.systems[-1].name)
    return table(["指标与对手", "差", "胜 / 平 / 负", "p", "p（Holm）"], rows, caption=f"{ours}与其他系统逐案比较")


def settings_table(settings: Settings) -> Html:
    """Return all settings but the cache folder; of an encoder in a folder only the folder's name, paths belong to one machine."""
    rows = []
    for name, field in type(settings).model_fields.items():
        value = str(getattr(settings, name))
        if name != "cache_dir":
            shown = PurePath(value).name if name == "encoder" and ("\\" in value or value.startswith(("/", "."))) else value
            rows.append((name, shown, field.description or ""))
    return details("运行参数", table(["参数", "值", "含义"], rows, caption="运行参数", words=True))


def honest_note(cases: Iterable[Case]) -> Html:
    """Return what these cases can show and what they cannot."""
    cases = tuple(cases)
    own = sum(case.source == _OWN for case in cases)
    if own == len(cases):
        origin = "案例全部由本项目自己编写，标注分两遍独立进行、不一致处再裁定，都由项目自己完成，不是执法或纪检机关的认定。"
    elif own:
        origin = f"案例中 {own} 个由本项目自己编写并分两遍独立标注，其余来自使用者的文件，怎样标注以其提供者的说明为准。"
    else:
        origin = "案例来自使用者的文件，怎样编写和标注以其提供者的说明为准。"
    tuned = any(case.split != "test" for case in cases)
    dev = "其中有训练或开发案例，参数在这类案例上挑选过，数字偏乐观。" if tuned else ""
    shows = (
        "能说明的：在同一批叙述上各系统孰先孰后，哪些类别、文体和长度容易漏掉应列的条款。不能说明的：在真实卷宗上的命中率，"
        "更不能说明某人应否容错。案例数少，区间宽，区间大幅重叠的差别不宜当作结论；同一指标对各对手的 p 值已作 Holm 校正，"
        "不同指标之间没有。"
    )
    return element("p", origin, dev, shows, class_="rc-honest")


def _row(name: str, values: list[Interval], *, best: bool = False) -> list[str]:
    top = max((value.mean for value in values if value.n), default=0.0)
    cells = [element("b", interval(v)) if best and len(values) > 1 and v.n and v.mean == top else interval(v) for v in values]
    return [name, *cells]


def _counted(values: Iterable[str]) -> str:
    counts: Mapping[str, int] = Counter(values)
    return "，".join(f"{name} {count}" for name, count in counts.items())
