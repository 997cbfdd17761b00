"""Publishers and their categories: clean names, slugs as a person reads them, never an empty one."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from itemadapter import ItemAdapter
from scrapy.utils.test import get_crawler
from waits import costs_less

from newscrawler.items import Article
from pipelines.categories import NormalizeCategory, aliases, clean_media, slug
from pipelines.publishers import key, known
from pipelines.store import close_store

PROPERTY = settings(deadline=None, database=None, max_examples=400)
SLUG = re.compile(r"[a-z0-9]{1,60}")

SLUGS = [
    # finews' own addresses, and what its library misread
    ("国际金融报", "guojijinrongbao"),
    ("中国基金报", "zhongguojijinbao"),
    ("人民银行", "renminyinhang"),
    ("央行网站", "yanghangwangzhan"),
    ("重庆日报", "chongqingribao"),
    ("厦门日报", "xiamenribao"),
    ("银行家杂志", "yinhangjiazazhi"),
    ("行业资讯", "hangyezixun"),
    # Latin letters, digits, signs
    ("东方财富Choice数据", "dongfangcaifuchoiceshuju"),
    ("东方财富choice数据", "dongfangcaifuchoiceshuju"),
    ("21世纪经济报道", "21shijijingjibaodao"),
    ("２１世纪经济报道", "21shijijingjibaodao"),
    ("证券时报·e公司", "zhengquanshibaoegongsi"),
    ("证券时报・ｅ公司", "zhengquanshibaoegongsi"),
    ("36氪", "36ke"),
    (" 36 氪 ", "36ke"),
    ("《财经》杂志", "caijingzazhi"),
    ("Bloomberg News", "bloombergnews"),
    ("Les Échos", "lesechos"),
    ("AT&T", "att"),
    # ü
    ("绿色财经网", "lvsecaijingwang"),
    ("女性金融报", "nvxingjinrongbao"),
    ("吕梁日报", "lvliangribao"),
    ("旅游导报", "lvyoudaobao"),
    ("汇率观察", "huilvguancha"),
    # 行
    ("中国银行", "zhongguoyinhang"),
    ("央行观察", "yanghangguancha"),
    ("投行圈", "touhangquan"),
    ("行长论坛", "hangzhangluntan"),
    ("中国旅行报", "zhongguolvxingbao"),
    ("行政管理改革", "xingzhengguanligaige"),
    ("半导体行业观察", "bandaotihangyeguancha"),
    ("发行监管部", "faxingjianguanbu"),
    # 重
    ("重庆商报", "chongqingshangbao"),
    ("重阳投资", "chongyangtouzi"),
    ("三一重工", "sanyizhonggong"),
    ("重组观察", "chongzuguancha"),
    ("重磅财经", "zhongbangcaijing"),
    # 长
    ("长江日报", "changjiangribao"),
    ("长城网", "changchengwang"),
    ("长沙晚报", "changshawanbao"),
    ("长春日报", "changchunribao"),
    ("长三角日报", "changsanjiaoribao"),
    ("长安街知事", "changanjiezhishi"),
    ("成长股研究", "chengzhangguyanjiu"),
    ("校长传媒", "xiaozhangchuanmei"),
    # 厦
    ("厦门晚报", "xiamenwanbao"),
    ("厦大金融", "xiadajinrong"),
    ("大厦周刊", "dashazhoukan"),
    # 乐
    ("音乐财经", "yinyuecaijing"),
    ("乐居财经", "lejucaijing"),
    ("乐山日报", "leshanribao"),
    ("乐清日报", "yueqingribao"),
    ("娱乐资本论", "yulezibenlun"),
    # 参
    ("参考消息", "cankaoxiaoxi"),
    ("经济参考报", "jingjicankaobao"),
    ("人参经济", "renshenjingji"),
    # 都
    ("成都商报", "chengdushangbao"),
    ("南方都市报", "nanfangdushibao"),
    ("首都之窗", "shouduzhichuang"),
    # 朝
    ("朝阳日报", "chaoyangribao"),
    ("北京朝阳", "beijingchaoyang"),
    ("朝鲜日报", "chaoxianribao"),
    ("朝日新闻", "zhaorixinwen"),
    ("朝闻天下", "chaowentianxia"),
    # 曾 单 覃
    ("曾都新闻", "zengduxinwen"),
    ("曾国平", "zengguoping"),
    ("曾经财经", "cengjingcaijing"),
    ("单县融媒", "shanxianrongmei"),
    ("单仁资讯", "shanrenzixun"),
    ("订单财经", "dingdancaijing"),
    ("单车日报", "dancheribao"),
    ("覃塘新闻", "qintangxinwen"),
    ("覃彪喜", "qinbiaoxi"),
    # others
    ("中国会计报", "zhongguokuaijibao"),
    ("六安日报", "luanribao"),
    ("台州日报", "taizhouribao"),
    ("番禺日报", "panyuribao"),
    ("解放日报", "jiefangribao"),
    ("西藏日报", "xizangribao"),
    ("人力资源和社会保障部", "renliziyuanheshehuibaozhangbu"),
    ("經濟日報", "jingjiribao"),
    # nothing to read
    ("", "weizhimeiti"),
    ("  \u3000", "weizhimeiti"),
    ("——·——", "weizhimeiti"),
    ("😀📈", "weizhimeiti"),
    ("\ud800\0", "weizhimeiti"),
    ("未知媒体", "weizhimeiti"),
    ("日経ニュース", "rijing"),
]


@pytest.mark.parametrize(("name", "expected"), SLUGS)
def test_slugs(name: str, expected: str) -> None:
    """A publisher's slug is its name as a person reads it, in letters and digits only."""
    assert slug(name) == expected


@pytest.mark.parametrize("name", ["ニュース", "한국경제", "Ведомости", "𱁬", "ก"])
def test_names_in_other_scripts_have_slugs_of_their_own(name: str) -> None:
    """A name that has no pinyin gets a stable slug that no other such name has."""
    assert re.fullmatch(r"meiti[0-9a-f]{8}", slug(name))
    assert slug(name) == slug(f" {name} ")
    assert slug(name) != slug(name + name)


def test_long_names_are_cut_and_stay_apart() -> None:
    """A slug never grows past sixty signs, and two long names with one beginning keep two slugs."""
    first, second = slug("东方财富" * 20 + "甲"), slug("东方财富" * 20 + "乙")
    assert len(first) == len(second) == 60
    assert first != second
    assert first.startswith("dongfangcaifudongfangcaifu")


MEDIA = [
    ("财联社", "财联社"),
    ("来源：财联社", "财联社"),
    ("来源: 财联社", "财联社"),
    ("来源 财联社", "财联社"),
    ("来源于：财联社", "财联社"),
    ("文章来源：财联社", "财联社"),
    ("（文章来源：财联社）", "财联社"),
    ("(文章来源：财联社)", "财联社"),
    ("【来源：财联社】", "财联社"),
    ("來源：經濟日報", "經濟日報"),
    ("稿源：中国新闻网", "中国新闻网"),
    ("转自：澎湃新闻", "澎湃新闻"),
    ("Source: Bloomberg News", "Bloomberg News"),
    ("财联社 来源：", "财联社"),
    # links and markup, also inside the name
    ('（文章来源：上海<span id="bk_90.BK0473"><a href="http://q.test">证券</a></span>报）', "上海证券报"),
    ('来源：<a href="http://www.stcn.com/" target="_blank">证券时报网</a>', "证券时报网"),
    ("上海 证券 报", "上海证券报"),
    ("财联社<br />", "财联社"),
    ("财联社<!-- x -->", "财联社"),
    ("<script>alert(1)</script>财联社", "财联社"),
    ("财联社<a href=", "财联社"),
    ("&lt;b&gt;财联社&lt;/b&gt;", "财联社"),
    ("AT&amp;T News", "AT&T News"),
    ("&nbsp;财联社&nbsp;", "财联社"),
    ("财联社 https://www.cls.cn/detail/1", "财联社"),
    ("https://www.cls.cn/detail/1", "cls.cn"),
    # trailing editors, authors, notices, times
    ("财联社 责任编辑：张三", "财联社"),
    ("财联社（责任编辑：张三）", "财联社"),
    ("财联社 作者：张三", "财联社"),
    ("作者：张三 来源：财联社", "财联社"),
    ("新华社记者张三", "新华社"),
    ("新华社 记者 张三、李四", "新华社"),
    ("每日经济新闻（记者 张三）", "每日经济新闻"),
    ("财联社 张三", "财联社"),
    ("财联社|张三", "财联社"),
    ("财联社 2022-03-01 12:19", "财联社"),
    ("财联社9月18日电", "财联社"),
    ("来源：微信公众号：中国基金报", "中国基金报"),
    ("转载自微信公众号“中国基金报”", "中国基金报"),
    ("财经 天下", "财经天下"),
    ("文章来源：东方财富Choice数据 郑重声明：", "东方财富Choice数据"),
    ("中国基金报（ID：chinafundnews）", "中国基金报"),
    ("证券时报网（stcn.com）", "证券时报网"),
    # brackets, width, spelling
    ("《国际金融报》", "国际金融报"),
    ("“财联社”", "财联社"),
    ("证券时报》", "证券时报"),
    ("人民日报(海外版)", "人民日报（海外版）"),
    ("人民日报（海外版）", "人民日报（海外版）"),
    ("《财经》杂志", "《财经》杂志"),
    ("证券时报・ｅ公司", "证券时报·e公司"),
    ("东方财富ＣＨＯＩＣＥ数据", "东方财富Choice数据"),
    ("央视新闻 客户端", "央视新闻客户端"),
    ("21世纪经济报道", "21世纪经济报道"),
    ("\ufeff财联社\u200b\0", "财联社"),
    # nothing
    ("", ""),
    ("来源：", ""),
    ("（文章来源：）", ""),
    ("责任编辑：张三", ""),
    ("作者：张三", ""),
    ("本报记者 张三", ""),
    ("[Null]", ""),
    ("[]", ""),
    ("0", ""),
    ("None", ""),
    ("未知", ""),
    ("——", ""),
    ("😀", ""),
    ("\ud800", ""),
    ("很长的一句话，" * 20, ""),
]


@pytest.mark.parametrize(("raw", "expected"), MEDIA)
def test_clean_media(raw: str, expected: str) -> None:
    """A publisher's name is cleaned of labels, brackets, links, markup and trailing editors."""
    assert clean_media(raw) == expected


@pytest.mark.parametrize(
    ("today", "old"),
    [
        ("renminyinhang", "renminyinxing"),
        ("yanghangwangzhan", "yangxingwangzhan"),
        ("chongqingribao", "zhongqingribao"),
        ("xiamenribao", "shamenribao"),
        ("yinhangjiazazhi", "yinxingjiazazhi"),
        ("hangyezixun", "xingyezixun"),
        ("dongcaigundong", "emnews"),
    ],
)
def test_old_addresses_lead_somewhere(today: str, old: str) -> None:
    """A slug that finews misread, or its own word, is an alias of today's."""
    assert old in aliases(today)


def test_no_aliases() -> None:
    """A slug that never was another has no alias."""
    assert aliases("guojijinrongbao") == ()


class Shelf:
    """The part of a store that this stage asks: a table of slugs."""

    def __init__(self, taken: dict[str, str] | None = None) -> None:
        self.names = taken or {}
        self.asked: list[str] = []

    async def run(self, call: Callable[..., Any], *args: Any) -> Any:
        """Run the call like a store does: not at once."""
        await asyncio.sleep(0)
        return call(*args)

    def slug(self, name: str, slug: str) -> str:
        """Keep two names apart by a suffix."""
        self.asked.append(name)
        given, number = slug, 1
        while self.names.setdefault(given, name) != name:
            number += 1
            given = f"{slug}{number}"
        return given


def article(media: str, media_raw: str = "") -> Article:
    """Return an item as the stages before hand it over."""
    return Article("eastmoney", "1", "", (), datetime(2026, 11, 26, tzinfo=UTC), media=media, media_raw=media_raw)


def test_stage_writes_media_and_category() -> None:
    """The stage writes the clean name and its slug, touches nothing else, and asks the store once a name."""
    shelf = Shelf()
    crawler = get_crawler()
    stage = NormalizeCategory(crawler.stats, shelf)
    item = article("（文章来源：国际金融报）")
    before = ItemAdapter(item).asdict()
    assert asyncio.run(stage.process_item(item)) is item
    assert ItemAdapter(item).asdict() == before | {"media": "国际金融报", "category": "guojijinrongbao"}
    again = article("国际金融报")
    asyncio.run(stage.process_item(again))
    assert again.category == "guojijinrongbao"
    assert shelf.asked == ["国际金融报"]
    assert crawler.stats.get_stats() == {}


def test_stage_falls_back() -> None:
    """An article whose publisher is not named keeps an empty media and goes to a category of its own, counted."""
    crawler = get_crawler()
    stage = NormalizeCategory(crawler.stats, Shelf())
    for raw in ("", "[Null]", "来源：", "😀"):
        item = article(raw)
        asyncio.run(stage.process_item(item))
        assert (item.media, item.category) == ("", "weizhimeiti")
    assert crawler.stats.get_value("news/categories/fallback") == 4
    item = article("", media_raw="来源：财联社")
    asyncio.run(stage.process_item(item))
    assert (item.media, item.category) == ("财联社", "cailianshe")


def test_stage_keeps_two_names_apart() -> None:
    """Two names that meet in one slug get two categories; the meeting is counted once a name, also side by side."""
    crawler = get_crawler()
    stage = NormalizeCategory(crawler.stats, Shelf({"shanxiwanbao": "山西晚报"}))
    items = [article("陕西晚报") for _ in range(5)] + [article("山西晚报")]

    async def together() -> None:
        await asyncio.gather(*(stage.process_item(item) for item in items))

    asyncio.run(together())
    assert [item.category for item in items] == ["shanxiwanbao2"] * 5 + ["shanxiwanbao"]
    assert crawler.stats.get_value("news/categories/collision") == 1


def test_stage_asks_the_crawlers_store(tmp_path: Path) -> None:
    """Built from a crawler, the stage keeps names apart in that crawler's database, for the next run as well."""
    url = {"NEWS_ROOT": str(tmp_path), "NEWS_DATABASE_URL": f"sqlite:///{tmp_path}/news.db"}

    async def run(media: str) -> tuple[str, Any]:
        crawler = get_crawler(settings_dict=url)
        stage = NormalizeCategory.from_crawler(crawler)
        try:
            item = await stage.process_item(article(media))
        finally:
            close_store(crawler)
        return item.category, crawler.stats.get_value("news/categories/collision")

    assert asyncio.run(run("山西晚报")) == ("shanxiwanbao", None)
    assert asyncio.run(run("陕西晚报")) == ("shanxiwanbao2", 1)
    assert asyncio.run(run("山西晚报")) == ("shanxiwanbao", None)


PUBLISHER_FIELDS = {"mediaName", "source", "Art_Media_Name", "Art_MediaName"}


def named(answer: Any) -> Iterator[str]:
    """Walk an answer and yield what stands in its fields of publishers."""
    if isinstance(answer, dict):
        for field, value in answer.items():
            if (field in PUBLISHER_FIELDS and isinstance(value, str)) or (
                field == "Author" and answer.get("Np_dst") == "CFH"
            ):
                yield value
            yield from named(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from named(value)


def publishers(text: str) -> Iterator[str]:
    """Yield everything in a capture that names a publisher, as it stands there."""
    try:
        yield from named(json.loads(text))
    except ValueError:
        yield from re.findall(
            r"<p class=\"em_media\">.*?</p|[（(]文章来源：.*?[）)]|<div class=\"sourcebox\">[^\n]*", text
        )
        yield from re.findall(r"^tags: (.*)新闻$", text, re.MULTILINE)
        yield from re.findall(r"。（(\w+)）$", text, re.MULTILINE)
        yield from re.findall(r"<div class=\"item\">(\w+)</div>", text)


def test_captures(captures: Path) -> None:
    """Every publisher that a capture or the seed names is in the vocabulary, with that capture as where it was seen."""
    files = {path.name: path for path in captures.iterdir() if path.suffix != ".md" or path.name.startswith("finews")}
    files["seed"] = next((captures / "../../seed").glob("*.txt"))
    seen = {row["name"]: row["seen"].split() for row in vocabulary("categories.csv")}
    found = 0
    for name, path in files.items():
        for raw in publishers(path.read_text(encoding="utf-8", errors="replace")):
            media = clean_media(raw)
            if media:
                found += 1
                assert name in seen.get(media, ()), f"{media} of {name}"
                assert slug(media) == known()[key(media)][1]
    assert found > 80


def vocabulary(name: str) -> list[dict[str, str]]:
    """Read a vocabulary as a person would."""
    with (Path(__file__).parents[2] / "pipelines" / "vocab" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


PIECES = st.sampled_from(
    [
        "来源",
        "：",
        ":",
        "（",
        "）",
        "(",
        ")",
        "【",
        "】",
        "<",
        ">",
        "<a",
        "</a>",
        "<script>",
        "&lt;",
        "&amp;",
        "&#x0;",
        "责任编辑",
        "记者",
        "作者",
        "财联社",
        "证券",
        "|",
        "·",
        "《",
        "》",
        "�",
        "\x00",
        "https://",
        "www.",
        "😀",
        "ニ",
        "囍",
        "ü",
        "É",
        "文章来源",
        "郑重声明",
        "\u3000",
        "'",
    ]
)


@PROPERTY
@given(
    raw=st.one_of(
        st.text(max_size=80), st.lists(PIECES, max_size=14).map("".join), st.lists(PIECES, max_size=14).map(" ".join)
    )
)
def test_any_text_gives_a_name_and_a_slug(raw: str) -> None:
    """Any text gives a clean one-line name without markup, and a slug fit for an address and a file name."""
    media = clean_media(raw)
    assert len(media) <= 60
    assert not re.search(r"[<>\x00-\x1f\ud800-\udfff]|\s\s", media)
    assert media == media.strip()
    for name in (raw, media):
        assert SLUG.fullmatch(slug(name))
        assert slug(name) == slug(name)
    assert slug(media) != "weizhimeiti" or not media or key(media) == "未知媒体"


@pytest.mark.parametrize(
    "piece", ["(", "<", "<a ", "来源：", "&lt;", "（记者", " 记者", "编辑", "东", "[", "|", " ", "www."]
)
def test_hostile_lengths_cost_little(piece: str) -> None:
    """Long and repetitive texts cost milliseconds."""
    assert costs_less(lambda: (slug(clean_media(piece * 100_000)), slug(piece * 100_000)), 0.5)


def test_known_publishers_need_no_pypinyin() -> None:
    """Slugs of all publishers of the vocabulary come without importing pypinyin: a quiet run must not pay for it."""
    code = (
        "import sys\nfrom pipelines.categories import slug\nfrom pipelines.publishers import known\n"
        "assert all(slug(name) == wanted for name, wanted in known().values())\n"
        "assert 'pypinyin' not in sys.modules"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root, env=os.environ | {"PYTHONPATH": str(root)})
