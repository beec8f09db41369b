"""The words by which a name is known: titles, forms of address, roles and labels of forms; and the words that end a name."""

from __future__ import annotations

import re
from types import MappingProxyType

from data.privacy_fold import HAN

__all__ = [
    "ADDRESS",
    "FOLLOWING",
    "LABEL",
    "LINKING",
    "NO_NAME_AFTER",
    "RANK",
    "ROLE",
    "SHORT",
    "SPEAKING",
    "STOPS",
    "TITLE",
    "TITLES",
    "title_before",
    "title_behind",
    "title_start",
]

RANK, ADDRESS, ROLE = "rank", "address", "role"
"""A rank stands before or behind a name, a form of address behind it, a role before it."""

_RANKS = """局长 处长 科长 股长 所长 站长 队长 组长 班长 厂长 村长 镇长 乡长 区长 县长 市长 省长 州长 厅长 部长 院长 校长
行长 社长 店长 场长 庭长 检察长 主任 书记 支书 委员 常委 主席 经理 总监 董事长 董事 监事 秘书 会计 出纳 工程师 教授 科员
办事员 调研员 巡视员 司机 驾驶员 警官 民警 法官 检察官 律师 记者 医生 护士 技术员 监测员 检测员 采样员 化验员 安全员 环保员
网格员 护林员 专员 代表 大夫 老板 师傅"""
_FORMS = """同志 先生 女士 小姐 老师 老总 大爷 大娘 大妈 大姐 大哥 大叔 大伯 大嫂 大婶 阿姨 老汉 老太太 老太 老爷子 奶奶 爷爷
阿公 阿婆 阿伯 阿叔"""
_ROLES = """当事人 法定代表人 法人代表 法人 负责人 实际控制人 经营者 投诉人 举报人 信访人 来访人 询问人 调查人 谈话人 记录人
见证人 申请人 代理人 联系人 经办人 承办人 责任人 报告人 填报人 审核人 受害人 证人 嫌疑人 被告人 被告 原告 执法人员 检查人员
监测人员 采样人员 工作人员 队员 村民 居民 业主 户主 职工 员工 工人 农户 养殖户 房东 厂主 窑主 船主 车主 场主 店主 妻子 丈夫
儿子 女儿 父亲 母亲 弟弟 哥哥 妹妹 姐姐 侄子 外甥 小舅子 我叫 他叫 她叫 名叫 曾用名 姓名"""

TITLES = MappingProxyType(
    dict.fromkeys(_RANKS.split(), RANK) | dict.fromkeys(_FORMS.split(), ADDRESS) | dict.fromkeys(_ROLES.split(), ROLE)
)
"""Each title and which of the three it is."""


def _either(*words: str) -> str:
    return "|".join(sorted(" ".join(words).split(), key=len, reverse=True))


TITLE = re.compile(_either(*TITLES))
"""A title, of which `TITLES` tells the kind."""

SHORT = re.compile(
    f"[总工队局处科董所哥姐叔婶嫂伯婆](?:(?<=[总工队局处科董])(?=[^{HAN}]|[说讲称问答让叫把带来去到在是也就都还又给打和跟与已]|\\Z)"
    f"|(?<=所)(?=[^{HAN}]|[说讲称问答]|\\Z)|(?<=[哥姐叔婶嫂伯婆])(?![姐妹弟家]))"
)
"""Short forms behind a family name (王队, 李工, 刘姐); those of an office only where no longer word can go on."""

LABEL = re.compile(
    "(?:(?P<name>姓 {0,4}名|户名|签名|签字)|(?:当事|代表|负责|联系|记录|见证|申请|代理|经办|承办|责任|报告|填报|填表|审核|审批"
    "|批准|询问|调查|谈话|检查|执法|采样|监测|受害|嫌疑|控制|投诉|举报|信访|来访|被告|证|持卡|收件|寄件|签收|签发|移交|接收|制作"
    "|核对|陪同|主持|参加|出席|列席|送达|法)人员?)"
    rf"(?:\([{HAN} ]{{1,8}}\)|签名|签字|姓名)? {{0,4}}[:|] {{0,4}}"
)
"""A label of a form with its colon; a name follows, however unusual."""

LINKING = re.compile(r" ?[:(“\"]?[是叫为系]? ?")
"""What may stand between a role and a name: 负责人是李强, 局长（李强）."""

STOPS = frozenset(
    "说称问答讲的了着过在是于因向被把将对从到和与及等未不没已也又就都还才却曾即便则若如让叫使给替比跟同由按据经为以并且或但而要会能"
    "可应须该其这那此某你我他她它男女系住驾带领坐站走跑去来回找看听打拿接收交签写报批查罚管送卖买吃喝开关用做办干搞挖填挨受承涉违"
    "擅私偷先后再只仅均共两几一有无之者们家处嫌辩解请求提拒认愿想怕急忙连赶边当自随哭"
)
"""Characters that go on after a name rather than belong to it, though some of them occur in names."""

SPEAKING = frozenset("说称问答讲的等家于在因被把将对从及未不没已也又都还曾系驾")
"""Those of the stops that hardly ever begin a word that may follow what only looks like a name."""

FOLLOWING = frozenset(
    """发现 立即 进行 开展 正在 安排 保证 得知 传达 继续 承认 交代 介绍 反映 组织 提出 表示 认为 明确 明知 明显 利用 成立 任职
主动 主持 主张 主要 先后 多次 如实 再次 立刻 志愿 生前 出生 出面 出具 年龄 平时 平日 日前 才能 常年 常常 正是 正式 正常
正好 全部 全程 全家 全力 早已 早晨 早上 长期 长达 广泛 安全 严重 严格 严肃 坚持 坚决 坚称 坚守 高度 高兴 强行 强调 强烈 积极
迅速 善后 乐意 光顾 清楚 清理 清晨 清点 起诉 起草 起身 启动 行使 行贿 重新 重点 重复 守在 守候 思想 思考 建议 建设 建成 支付
保管 保持 保护 保存 信访 信任 考虑 言行 求助 求情 作为 作出 作业 作证 参加 参与 参会 指出 指使 指挥 指派 指示 召开 召集 征求
证实 证明 执行 执法 始终 首先 首次 存在 定期 落实 履行 实施 实际 实名 实地 牵头 协助 配合 陪同 反复 凌晨 月底 月初 今年 去年
昨天 今天 晚上 中午 下午 上午 当天 当晚 二人 三人 四人 五人 两人 等人 本人 同志 亲自 亲属 亲戚 悄悄 默认 默许 致电 致使 知道
知情 知晓 理解 理应 根本 根据 国庆 春节 元旦 直接 直到 直至 永远 良好 伟大 玩忽 光天 真实 真正 心里 心中 心想 听说 望着
朝着 新建 新任 新增 原定 原任 原系 本来 本次 本是 金额 成了 成为 成员 平均 平整 化名 和平 东侧 南侧 西侧 北侧 东边 南边 西边
北边 树立 林地 山上 水塘 田里 石料""".split()
)
"""Words of two characters that follow a name, although their first character occurs in names."""

NO_NAME_AFTER = re.compile("[们方师权费]|人?员|(?<=长)江(?:[水流河海上中下]|大[桥道堤])|(?<=女儿)童")
"""Behind a title these make another word of it: 当事人们, 业主方, 会计师, 姓名权."""

_NOT_BEHIND = re.compile(
    "长[期远久效达时年短度江城安沙势假处]|委员会|书记员|会计[事师准制科年法核电账]|主席[台团]|经理[论解]|主任[医科]|董事[会局]|监事会"
    "|律师[事函]|代表[性团大了着]|秘书[处长]|司机动|先生[产成态]|护士长|教授[权课]"
)
_HIGHER = MappingProxyType({"总": ("队长", "经理", "工程师"), "大": ("队长",), "中": ("队长",), "支": ("队长",)})
_FULL_TITLE = re.compile(f"(?:常务)?副?([总大中支]?(?:{_either(_RANKS, _FORMS)}))")
_LONGEST = 7
_LONG = MappingProxyType({"队": "队长", "局": "局长", "处": "处长", "科": "科长", "所": "所长"})


def title_start(text: str, match: re.Match[str]) -> int:
    """Return where the title begins that ends with `match` (of TITLE, behind a name): with 副, 常务, 总, 大, 中 and 支.

    -1 where it is the beginning of another word (委员会).
    """
    end = match.end()
    if any(_NOT_BEHIND.match(text, at) for at in (end - 1, end - 2)):
        return -1
    start = match.start()
    if start and match[0] in _HIGHER.get(text[start - 1], ()):
        start -= 1
    if start and text[start - 1] == "副":
        start -= 1
    return start - 2 if text[max(0, start - 2) : start] == "常务" else start


def title_behind(text: str, end: int) -> str:
    """Return the title that stands right behind `end`, without 副 and 常务, "" for none; 王队 stands for 王队长."""
    match = _FULL_TITLE.match(text, end)
    if match:
        return match[1]
    short = SHORT.match(text, end)
    return _LONG.get(short[0], short[0]) if short else ""


def title_before(text: str, start: int) -> str:
    """Return the title that stands right before `start`, as `title_behind` does."""
    window = text[max(0, start - _LONGEST) : start]
    return next((match[1] for at in range(len(window)) if (match := _FULL_TITLE.fullmatch(window, at))), "")
