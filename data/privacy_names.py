"""Names of persons, found by what stands around them; no model is needed, and none that stands alone is found.

behind a label    姓名：刘洋, 法定代表人（签名）：陈　刚, a list 参加人员：张三、李四
beside a title    李建国科长, 王队长, 李工; 局长李建国, 当事人刘洋, 负责人为陈刚
before a number   刘洋，男, 刘洋（13800138000）
老X, 小X          老周, 小李, but not 小高炉, 老顾客; 阿强, 王老五, 姓刘的
again             a full name that was found once is found wherever it stands in the text

How far a name goes is decided in ``data/privacy_reader.py``. What is found is the name itself: 队长 stays. The names of a few
public persons that stand in official formulas do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.privacy_fold import HAN, NUMBER, Found, disjoint
from data.privacy_reader import NameReader
from data.privacy_surnames import load_surnames
from data.privacy_titles import ADDRESS, LABEL, LINKING, NO_NAME_AFTER, ROLE, SHORT, TITLE, TITLES, title_start

__all__ = ["find_names"]

_Span = tuple[int, int]

_PUBLIC = frozenset("习近平 毛泽东 周恩来 邓小平 江泽民 胡锦涛 雷锋 焦裕禄 孔繁森".split())
_TOKEN = re.compile(f"[{HAN}]{{1,12}}(?:·[{HAN}]{{1,12}}){{0,3}}")
_SPACED = re.compile(f"[{HAN}] {{1,4}}[{HAN}](?![{HAN}])")
_NO_NAME = frozenset("某厂局站队公司无未不详待有限月日省市县区镇乡村号室部处科所会组时间单位")
_LISTED = re.compile("[、,;/ ]{1,3}|[和与及]")
_INTRODUCING = frozenset("我叫 名叫 曾用名 姓名".split())
_INTRODUCED = re.compile(
    f"(?<![{HAN}])([{HAN}]{{2,4}})(?: ?[,(、] ?| {{1,4}}|(?=[家现]住))"
    "(?:[男女](?=[ ,、。;)]|性|族)|性别|身份证|(?:联系)?电话|手机|[家现]住)"
    f"|(?<![{HAN}])([{HAN}]{{2,4}})[ (:,]{{0,2}}(?={NUMBER})"
)
_ADDRESSED = re.compile("[老小]")
_NOT_ADDRESSED = {"老": frozenset("古敬养衰苍父元"), "小": frozenset("大缩较最变细弱微胆窄幼极更太很不略从偏狭渺短减中一")}
_ANONYMOUS = frozenset("某×")
_PLACE = re.compile("家?[村庄屯沟湾岭坝堡寨营埠镇乡集洼垭坪坳冲岗湖坡]")
_TALL = re.compile("(?<=[得堆垒涨举飞冒扬升窜抬])老高|老高[了的]|(?<=[花赚挣贪捞])小钱")
_NICKNAMED = re.compile(
    f"阿(?P<given>[{HAN}])|(?<![百同贵复改异外随])姓(?P<family>[{HAN}])(?![氏名])"
    f"|(?P<ranked>[{HAN}])老[大二三四五六七八九十幺](?![爷哥姐妈娘叔伯嫂婶汉])"
)
_NO_NICKNAME = frozenset(
    "拉里尔克勒富坝斯波昌姨婆公爷妈爸伯姑叔哥姐妹弟嫂婶嬷片胶门根荣图城基莫美瓦维摩伦米布联西奇济萨比利塞苏非佳普"
)
_WITHHELD = re.compile("某(?:某|[甲乙丙丁戊己庚辛壬癸])?|[×*○]{1,2}|X{1,2}(?![0-9A-Z])")
_WITHHELD_THING = frozenset("县市区镇乡村厂企公单部局日月年地处个些种一天次项人品类")


def find_names(text: str, *, anonymised: bool = False) -> list[Found]:
    """Return the names in a folded text, disjoint and in order; [] for an empty one.

    `anonymised` also finds what is withheld already: 张某, 王某某, 李×.
    """
    reader = NameReader(text, load_surnames())
    named = [*_labelled(reader), *_titled(reader), *_introduced(reader)]
    named = [span for span in named if text[slice(*span)] not in _PUBLIC]
    found = {*named, *_again(reader, named), *_addressed(reader), *_nicknamed(reader)}
    if anonymised:
        found.update(_withheld(reader))
    return disjoint((start, end, "") for start, end in found)


def _labelled(reader: NameReader) -> Iterator[_Span]:
    """Yield the names behind labels, with those listed after the first."""
    for label in LABEL.finditer(reader.text):
        span = _in_form(reader, label.end(), any_family=label["name"] is not None)
        while span is not None:
            yield span
            gap = _LISTED.match(reader.text, span[1])
            token = _TOKEN.match(reader.text, gap.end()) if gap else None
            span = token.span() if token and reader.is_full(token[0], words=False) else None


def _in_form(reader: NameReader, at: int, *, any_family: bool) -> _Span | None:
    """Return the name that fills a form at `at`: all of what is written there, with any given name."""
    spaced = _SPACED.match(reader.text, at)
    if spaced and spaced[0][0] in reader.table.single:
        return spaced.span()
    token = _TOKEN.match(reader.text, at)
    if token is None:
        return None
    word, family = token[0], reader.table.at(reader.text, at)
    if "·" in word:
        return token.span() if len(word) <= 16 and not _NO_NAME & set(word) else None
    short = 2 <= len(word) <= 4 and not _NO_NAME & set(word)
    if short and family and len(word) <= len(family) + 2 and not reader.is_word(word):
        return token.span()
    end = reader.full_name(at)
    if end:
        return at, end
    return token.span() if short and any_family else None


def _titled(reader: NameReader) -> Iterator[_Span]:
    """Yield the names before and behind titles and roles."""
    for match in TITLE.finditer(reader.text):
        kind = TITLES[match[0]]
        end = title_start(reader.text, match) if kind != ROLE else -1
        start = reader.name_before(end)
        if start >= 0:
            yield start, end
        if kind != ADDRESS and not NO_NAME_AFTER.match(reader.text, match.end()):
            yield from _named_after(reader, match.end(), surely=match[0] in _INTRODUCING)
    for match in SHORT.finditer(reader.text):
        start = reader.name_before(match.start(), match[0])
        if start >= 0:
            yield start, match.start()


def _named_after(reader: NameReader, at: int, *, surely: bool) -> Iterator[_Span]:
    """Yield the full name that a title or role at its end `at` introduces, with those listed after it.

    `surely` takes an unusual given name too, if nothing else can follow.
    """
    link = LINKING.match(reader.text, at)
    start = link.end() if link else at
    end = reader.full_name(start)
    if not end and surely:
        form = _in_form(reader, start, any_family=False)
        end = form[1] if form else 0
    while end:
        yield start, end
        gap = _LISTED.match(reader.text, end)
        start = gap.end() if gap and gap[0].strip() else -1
        end = reader.full_name(start) if start >= 0 else 0
        end = end if end and reader.ends(end) else 0


def _introduced(reader: NameReader) -> Iterator[_Span]:
    """Yield the names that are followed by a gender, a home or a number of the person."""
    for match in _INTRODUCED.finditer(reader.text):
        group = match.lastindex or 0
        if reader.is_full(match[group], words=group == 1):
            yield match.span(group)


def _again(reader: NameReader, named: list[_Span]) -> Iterator[_Span]:
    """Yield every mention of the full names in `named`."""
    full = {reader.text[start:end].replace(" ", "") for start, end in named if end - start > 1}
    names = {name for name in full if len(name) > 2 or not reader.is_word(name)}
    sizes = sorted({len(name) for name in names}, reverse=True)
    first = "".join(sorted({name[0] for name in names}))
    for match in re.finditer(f"[{first}]", reader.text) if names else ():
        at = match.start()
        size = next((n for n in sizes if at + n <= len(reader.text) and reader.text[at : at + n] in names), 0)
        if size:
            yield at, at + size


def _addressed(reader: NameReader) -> Iterator[_Span]:
    """Yield 老周, 小李."""
    text = reader.text
    for match in _ADDRESSED.finditer(text):
        at, how = match.start(), match[0]
        family = reader.table.at(text, at + 1)
        end = at + 1 + len(family)
        if not family or text[max(0, at - 1) : at] in _NOT_ADDRESSED[how] or _TALL.match(text, at):
            continue
        known, after = reader.known(family), text[end : end + 1]
        if how in known.uses and after not in known.things and after not in _ANONYMOUS and not _PLACE.match(text, end):
            yield at, end


def _nicknamed(reader: NameReader) -> Iterator[_Span]:
    """Yield 阿强, 王老五, and the 刘 of 姓刘的."""
    for match in _NICKNAMED.finditer(reader.text):
        if match["given"]:
            known = match["given"] in reader.table.given and match["given"] not in _NO_NICKNAME
            start, end = match.span()
        else:
            start = match.start() if match["ranked"] else match.start("family")
            family = reader.table.at(reader.text, start)
            named = reader.known(family)
            known = bool(family) and "名" in named.uses and not (match["ranked"] and named.careful)
            end = match.end() if match["ranked"] else start + len(family)
        if known:
            yield start, end


def _withheld(reader: NameReader) -> Iterator[_Span]:
    """Yield 张某, 王某某, 张某甲, 李×."""
    text = reader.text
    for match in _WITHHELD.finditer(text):
        at, end = match.span()
        double = text[max(0, at - 2) : at] in reader.table.double
        known = reader.known(text[at - 2 : at]) if double else reader.table.single.get(text[max(0, at - 1) : at])
        if known is None or not known.uses or not double and text[max(0, at - 2) : at - 1] in known.tails:
            continue
        if not (known.careful and text[end : end + 1] in _WITHHELD_THING):
            yield at - (2 if double else 1), end
