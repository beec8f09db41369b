"""Texts and files for the fuzz run, all drawn from one `random.Random`: the same seed gives the same input.

regulation    articles, items and outlines with levels missing, doubled, out of order or run together
mutated       a real text cut, joined, shuffled, with marks changed to other writings or to rubbish
damaged       bytes flipped, cut off, doubled
"""

from __future__ import annotations

import random
from functools import cache

from data.cases import CASES, read_cases
from data.catalogue import FOLDER

NUMERALS = "零〇一二三四五六七八九十百两廿"
SPACES = (" ", "\u3000", "\xa0", "\t", "\n", "\r\n", "\r", "\u2028", "\u200b", "\ufeff", "\x0b", "\x0c", "\x85", "")
MARKS = "，。；：、！？（）()【】《》“”‘’—…·,.;:-_#*|/\\\"'<>&%$@~^`{}[]0123456789"
ODD = "\x00\x07\x1b\ud83d\ude00\U0001f600\U00020000\u0301\u202e\uffff\ufffd１２①⑳㈠㊀⒈ⅣаÅ한カ"
WORDS = (
    "履职尽责", "容错", "免责", "不予容错", "从轻", "减轻", "行政相对人", "隐瞒", "检查", "第", "条", "款", "项", "目", "章",
    "节", "编", "有下列情形之一的", "的；", "依照", "规定", "本办法", "自发布之日起施行", "附则", "总则", "印发", "通知", "各",
    "局", "省", "市", "试行",
)  # fmt: skip


@cache
def regulations() -> tuple[str, ...]:
    return tuple(path.read_bytes().decode("utf-8") for path in sorted(FOLDER.glob("*.txt")))


@cache
def narratives() -> tuple[str, ...]:
    return tuple(case.narrative for case in read_cases(CASES / "dev.jsonl"))


@cache
def case_lines() -> tuple[bytes, ...]:
    return tuple((CASES / "dev.jsonl").read_bytes().splitlines()[:40])


def numeral(draw: random.Random) -> str:
    if draw.random() < 0.2:
        return str(draw.choice((0, 1, 2, 9, 10, 11, 99, 100, 101, 9999, 10**20)))
    return "".join(draw.choice(NUMERALS) for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 6))))


def label(draw: random.Random) -> str:
    number = numeral(draw)
    kind = draw.randrange(12)
    if kind < 4:
        unit = draw.choice("编章节条条条款项目")
        tail = f"之{numeral(draw)}" if draw.random() < 0.1 else ""
        inner = draw.choice(("", "", "", " ", "\u3000"))
        return f"第{inner}{number}{inner}{unit}{tail}"
    forms = ("{}、", "（{}）", "({})", "{}.", "{}．", "【{}】", "附件{}", "{}）", "①", "第{}类：", "第{}", "—{}—")
    return forms[kind].format(number)


def sentence(draw: random.Random) -> str:
    parts = [draw.choice(WORDS) for _ in range(draw.randrange(0, 9))]
    if draw.random() < 0.1:
        parts.insert(draw.randrange(len(parts) + 1), rubbish(draw, 6))
    if draw.random() < 0.1:
        parts.insert(draw.randrange(len(parts) + 1), label(draw))
    return "".join(parts) + draw.choice(("。", "；", "：", "", ";", "，"))


def rubbish(draw: random.Random, most: int) -> str:
    pool = (MARKS, ODD, "".join(SPACES), NUMERALS)
    return "".join(draw.choice(draw.choice(pool)) for _ in range(draw.randrange(most + 1)))


def regulation(draw: random.Random) -> str:
    """Lines of labels and sentences, with whatever level missing."""
    lines = []
    if draw.random() < 0.7:
        lines += [sentence(draw) for _ in range(draw.randrange(4))]
    count = 1
    for _ in range(draw.randrange(1, 30)):
        if draw.random() < 0.5:  # numbers in order, as they mostly are
            lines.append(f"第{_chinese(count)}条{draw.choice(SPACES)}{sentence(draw)}")
            count += draw.choice((1, 1, 1, 1, 0, 2, -1)) or 1
        else:
            lines.append(label(draw) + draw.choice(SPACES) + sentence(draw))
    joint = draw.choice(("\n", "\n", "\n\n", "\r\n", "", " ", "\u2028"))
    return joint.join(lines)


def _chinese(number: int) -> str:
    digits = "零一二三四五六七八九"
    number = max(1, number) % 100 or 1
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else digits[tens] + "十") + ("" if tens and not ones else digits[ones])


def piece(draw: random.Random, texts: tuple[str, ...], most: int = 4000) -> str:
    text = draw.choice(texts)
    start = draw.randrange(len(text))
    return text[start : start + draw.randrange(1, most)]


def mutated(draw: random.Random, texts: tuple[str, ...]) -> str:
    """One to three pieces of real texts run together, then changed in a few places."""
    text = "".join(piece(draw, texts) for _ in range(draw.randrange(1, 4)))
    for _ in range(draw.choice((0, 1, 3, 10))):
        text = _changed(draw, text)
    return text


def _changed(draw: random.Random, text: str) -> str:
    if not text:
        return rubbish(draw, 10)
    at = draw.randrange(len(text))
    end = min(len(text), at + draw.choice((0, 1, 1, 5, 80, 500)))
    kind = draw.randrange(8)
    if kind == 0:
        return text[:at] + text[end:]
    if kind == 1:
        return text[:at] + rubbish(draw, 8) + text[end:]
    if kind == 2:
        return text[:at] + label(draw) + text[end:]
    if kind == 3:
        return text[:end] + text[at:end] * draw.choice((1, 1, 3)) + text[end:]
    if kind == 4:
        return text.replace("\n", draw.choice(SPACES))
    if kind == 5:
        return text.replace(draw.choice("条（第、。；"), draw.choice(MARKS))
    if kind == 6:
        lines = text.split("\n")
        draw.shuffle(lines)
        return "\n".join(lines)
    return text.translate(str.maketrans("（）；：，", "();:,"))


def any_regulation(draw: random.Random) -> str:
    kind = draw.random()
    if kind < 0.45:
        return mutated(draw, regulations())
    return regulation(draw) if kind < 0.9 else rubbish(draw, 400)


def any_narrative(draw: random.Random) -> str:
    kind = draw.random()
    if kind < 0.6:
        return mutated(draw, narratives())[: draw.choice((10, 100, 1000, 3000))]
    if kind < 0.75:
        return mutated(draw, regulations())[:2000]
    return "".join(sentence(draw) for _ in range(draw.randrange(12))) if kind < 0.9 else rubbish(draw, 300)


def damaged(draw: random.Random, data: bytes) -> bytes:
    """Change, drop, insert or double bytes in up to a dozen places, or cut the rest off."""
    changed = bytearray(data)
    for _ in range(draw.choice((0, 1, 2, 12))):
        if not changed:
            break
        at = draw.randrange(len(changed))
        kind = draw.randrange(5)
        if kind == 0:
            changed[at] = draw.randrange(256)
        elif kind == 1:
            del changed[at : at + draw.choice((1, 4, 100, 4000))]
        elif kind == 2:
            changed[at:at] = draw.randbytes(draw.choice((1, 3, 40)))
        elif kind == 3:
            changed[at:at] = changed[at : at + draw.choice((1, 16, 500))]
        else:
            del changed[at:]
    return bytes(changed)


def encoded(draw: random.Random, text: str) -> bytes:
    name = draw.choice(("utf-8", "utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"))
    return text.encode(name, "replace")
