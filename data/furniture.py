"""Page furniture: lines of a web page or a notice that are no part of the regulation itself."""

from __future__ import annotations

import re

__all__ = ["is_addressee", "is_adoption", "is_annex", "is_contents", "is_furniture", "is_signature", "looks_like_title"]

_YEAR = r"(?:[12][0-9]{3}|[一二][〇○零一二三四五六七八九]{3})"
_DAY = r"[0-9一二三四五六七八九十]{1,3}"
_DATE = rf"{_YEAR}\s*年\s*{_DAY}\s*月\s*{_DAY}\s*日"

_FURNITURE = re.compile(
    # a name and its value: 来源:…, 发布时间:…, 所在位置:首页 >> …
    r"(?:(?:信息|文章|稿件|新闻|内容)?来源|发布(?:时间|日期|人|机构|单位)|发文(?:机关|日期|字号)|成文日期|(?:责任)?编辑|审核|作者|录入"
    r"|(?:点击|浏览|阅读)(?:次数|量|数|率)?|访问量|索引号|主题(?:分类|词)|(?:公开|信息)(?:类别|分类)|有效性|字号|文号"
    r"|(?:所在|当前|您(?:现在|当前)?(?:所在)?的)位置)\s*[:：].*"
    # buttons and links of a page
    r"|【?\s*字体\s*(?:大小)?\s*[:：】\[].*|\[?字号.*|【.{0,12}】|(?:转载)?分享(?:到|至)?\s*[:：]?.{0,12}"
    r"|相关(?:文章|链接|阅读|附件|解读|信息|新闻)\s*[:：]?.{0,6}|[上下]一[篇条页]\s*[:：].*|[上下]一[篇页]|版权所有.*|扫[一码].{0,20}"
    r"|[【\[]?(?:[\s|【】\[\]]*(?:打印|关闭|收藏|返回|顶部|窗口|本页|此页))+[】\]]?|(?:首页|主页)\s*[>＞»].*|(?:https?://|www[.])\S+"
    # what an office or a printer puts on a page
    r"|[（(]?[此本]件(?:主动|依申请|不予)?公开(?:发布)?[）)]?|[-—－]\s*[0-9]{1,4}\s*[-—－]|[0-9]{1,4}\s*/\s*[0-9]{1,4}"
    r"|第\s*[0-9]{1,4}\s*页(?:\s*[/，,]?\s*共\s*[0-9]{1,4}\s*页)?|[0-9]{1,2}[.][0-9]{1,2}[.][0-9]{4}\s*[0-9:：]*|[|:：+\s-]{3,}"
)
_ADOPTION = re.compile(
    rf"[（(]?\s*(?:根据)?{_DATE}[^。]*[）)]?|[（(][^。]{{0,60}}{_DATE}[^。]*[）)]"
    r"|[（(].*(?:通过|公布|修正|修订|施行|废止|发布).*[）)]"
)
_ADDRESSEE = re.compile(r"[各全][^。；]{2,}[:：]|[^。，,；]{2,60}(?:局|厅|委|府|院|部|会|各单位|各部门)[:：]")
_ANNEX = re.compile(r"附\s*[件表录图]\s*(?:[一二三四五六七八九十0-9]{1,3})?\s*(?:[:：].*|[.．、]?\s*《.*)?|附\s*[:：].*")
_CONTENTS = re.compile(r"[【\[]?目\s*[录次][】\]]?")
_ORGAN = r"(?:委员会|政府|办公[室厅]|党组|委|厅|局|院|会|室|部|署)"
_SIGNATURE = re.compile(rf"[^。，,；;：:]{{2,40}}{_ORGAN}(?:\s*{_DATE})?|{_DATE}(?:\s*(?:印发|发布|公布))?")
_TITLE_TAIL = re.compile(
    r".+(?:办法|规定|条例|细则|意见|方案|规则|准则|法|法典|解释|决定|决议|通则|规范|制度|措施|要点|指南|标准|规程|清单|纲要|章程"
    r"|公约|安排|修正案|守则|通告|公告|批复)\s*(?:[（(][^（()）]{1,12}[）)]\s*)*"
)
_NOT_TITLE = re.compile(
    rf"{_DATE}|印发|转发|关于(?:印发|发布|公布)|.*的(?:通知|函|报告)$|.*(?:>>|＞＞|[:：。；;])|第.{{1,5}}[章节条编]"
)


def is_furniture(line: str) -> bool:
    """Tell whether the stripped `line` is page furniture wherever it stands (来源:…, 打印, 所在位置:…, page numbers)."""
    return len(line) <= 200 and _FURNITURE.fullmatch(line) is not None


def is_adoption(line: str) -> bool:
    """Tell whether the line under a title says when and by whom the text was adopted: （2019年…通过）."""
    return len(line) <= 300 and _ADOPTION.fullmatch(line) is not None


def is_addressee(line: str) -> bool:
    """Tell whether the line names those whom a notice is sent to: 各县(区)委、…:."""
    return _ADDRESSEE.fullmatch(line) is not None


def is_annex(line: str) -> bool:
    """Tell whether the line begins the annexes: 附件：…, 附件1, 附表."""
    return len(line) <= 200 and _ANNEX.fullmatch(line) is not None


def is_contents(line: str) -> bool:
    """Tell whether the line is the heading of a table of contents."""
    return _CONTENTS.fullmatch(line) is not None


def is_signature(line: str) -> bool:
    """Tell whether the line at the end of a text is the organ that signs or the date."""
    return len(line) <= 60 and _SIGNATURE.fullmatch(line) is not None


def looks_like_title(line: str) -> bool:
    """Tell whether the line reads like the title of a regulation: …办法(试行), …条例, …的实施意见."""
    return len(line) <= 150 and _TITLE_TAIL.fullmatch(line) is not None and _NOT_TITLE.match(line) is None
