"""Every spider's probes: they name real things, hold for captured rows, and see a source that answers as it did, or not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from crawling import FAST
from dialect import speak
from em_notices import Notice, Notices
from em_reports import Report, Reports
from em_security import News, Securities
from scrapy.utils.test import get_crawler
from stored import ask

from newscrawler.base import NewsSpider
from newscrawler.eastmoney_probes import NOTICES, SECURITY
from newscrawler.probing import probes_of
from newscrawler.shapes import Probe, differs
from newscrawler.sources import news_spiders
from newscrawler.spiders.cls import ClsSpider

NOW = datetime.now(ZoneInfo("Asia/Shanghai")).replace(microsecond=0)
RECENT = [NOW - timedelta(hours=3 * number) for number in range(1, 13)]
SETTINGS = get_crawler(settings_dict={"SPIDER_MODULES": ["newscrawler.spiders"]}).settings
SPIDERS = [spider for spider in news_spiders(SETTINGS) if getattr(spider, "allowed_domains", None)]
Rename = dict[str, str]


def telegraph(path: str, _query: dict[str, str]) -> Any:
    """财联社's list."""
    rows = [
        {
            "id": 1_000_000 + n,
            "ctime": int(at.timestamp()),
            "title": "",
            "content": f"样例电，虚构的第{n}件事。",
            "is_ad": 0,
        }
        for n, at in enumerate(RECENT)
    ]
    return {"errno": 0, "msg": "", "data": {"roll_data": rows}} if path.startswith("www.cls.cn/") else None


def sina(path: str, _query: dict[str, str]) -> Any:
    """新浪's two lists and its pages."""
    if path.startswith("feed."):
        rows = [
            {"url": f"https://finance.sina.com.cn/roll/2026-03-09/doc-inabcdefg{n:07}.shtml", "title": f"样例{n}",
             "ctime": str(int(at.timestamp())), "media_name": "样例日报", "intro": ""}
            for n, at in enumerate(RECENT)
        ]  # fmt: skip
        return {"result": {"status": {"code": 0, "msg": "succ"}, "total": len(rows), "data": rows}}
    if path.startswith("zhibo."):
        rows = [
            {"id": 4_000_000 + n, "rich_text": f"【样例{n}】虚构。", "create_time": f"{at:%Y-%m-%d %H:%M:%S}"}
            for n, at in enumerate(RECENT)
        ]
        return {"result": {"status": {"code": 0}, "data": {"feed": {"list": rows}}}}
    return """<html><head><title>t_新浪财经</title></head><body><h1 class="main-title">样例标题</h1>
<div class="date-source"><span class="date">2026年03月09日 10:00</span> <a class="source">样例日报</a></div>
<div class="article" id="artibody"><p>　　虚构的正文。</p></div></body></html>"""


def ifnews(path: str, _query: dict[str, str]) -> Any:
    """国际金融报's list and articles."""
    if path.endswith("getArticles"):
        rows = [
            {"title": f"样例{n}", "createUser": "记者甲", "fileID": 700 + n, "publishTime": f"{at:%Y-%m-%d %H:%M}"}
            for n, at in enumerate(RECENT)
        ]
        return {"list": rows, "column": {"columnName": "样例"}}
    return {"content": "<p>虚构的正文。</p>"}


SOURCES: dict[str, tuple[Callable[[str, dict[str, str]], Any], Rename]] = {
    "cls": (telegraph, {"content": "telegraph"}),
    "sina": (sina, {"media_name": "roll", "rich_text": "7x24"}),
    "ifnews": (ifnews, {"publishTime": "column", "content": "article API"}),
    "eastmoney_notices": (Notices([Notice(n, at) for n, at in enumerate(RECENT)]), {"codes": "announcements", "notice_content": "text"}),
    "eastmoney_reports": (Reports([Report(n, at.date()) for n, at in enumerate(RECENT)]), {"infoCode": "reports"}),
    "eastmoney_stock": (Securities({"1.600519": [News(n, at) for n, at in enumerate(RECENT)]}), {"Art_Title": "news of a security"}),
}  # fmt: skip
"""A source that answers as it did, and fields that it may lose, with the endpoint where that shows."""


def test_every_source_is_here() -> None:
    """Each spider that asks a site is probed here, East Money's columns and flash news elsewhere."""
    assert {spider.name for spider in SPIDERS} == {*SOURCES, "eastmoney"}


@pytest.mark.parametrize("spider", SPIDERS, ids=lambda spider: spider.name)
def test_probes_name_real_things(spider: type[NewsSpider]) -> None:
    """What a spider declares to be probed exists: its channel's kind, its place; names are told apart."""
    made = spider(**spider.probe_arguments)
    assert made.probes
    assert len({probe.name for probe in made.probes}) == len(made.probes)
    assert probes_of(made) == made.probes
    for probe in made.probes:
        assert bool(probe.channel) != bool(probe.place)
        assert probe.fields
        assert not probe.channel or made.owns(probe.channel)
        assert not probe.place or probe.place in [place.name for place in made.places]
        assert all(bool(field.attribute) == bool(probe.place) for field in probe.fields)


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_as_it_was(tmp_path: Path, name: str) -> None:
    """A source that answers as we know it is ok at every endpoint, with no more requests than endpoints."""
    answer, _ = SOURCES[name]
    with speak(answer) as served:
        said = ask(tmp_path, "probe", "--json", name, NEWS_MIRROR=served.address, **FAST)
    found = json.loads(said.out)["endpoints"]
    assert [line["verdict"] for line in found] == ["ok"] * len(found), found
    assert said.status == 0
    assert len(served.asked) == len(found)


@pytest.mark.parametrize(("name", "lost"), [(name, lost) for name, (_, fields) in SOURCES.items() for lost in fields])
def test_a_source_that_lost_a_field(tmp_path: Path, name: str, lost: str) -> None:
    """A field that every row lost is named at its endpoint, with exit 6."""
    answer, fields = SOURCES[name]

    def changed(path: str, query: dict[str, str]) -> Any:
        said = answer(path, query)
        return json.loads(json.dumps(said).replace(f'"{lost}"', '"renamed"')) if isinstance(said, dict) else said

    with speak(changed) as served:
        said = ask(tmp_path, "probe", "--json", name, NEWS_MIRROR=served.address, **FAST)
    (line,) = [line for line in json.loads(said.out)["endpoints"] if line["endpoint"] == fields[lost]]
    assert (said.status, line["verdict"]) == (6, "changed")


@pytest.mark.parametrize("name", ["eastmoney_notices", "eastmoney_reports"])
def test_a_weekend_is_no_change(tmp_path: Path, name: str) -> None:
    """A list that takes days is asked for a week of them: days without news are no change."""
    old = NOW - timedelta(days=4)
    source = Notices([Notice(1, old)]) if name == "eastmoney_notices" else Reports([Report(1, old.date())])
    with speak(source) as served:
        assert ask(tmp_path, "probe", name, NEWS_MIRROR=served.address, **FAST).status == 0


def only_list(probes: tuple[Probe, ...]) -> Probe:
    """The probe of a list."""
    (found,) = [probe for probe in probes if probe.channel]
    return found


@pytest.mark.parametrize(
    ("file", "path", "probes"),
    [
        ("cls_roll_with_image_20260918.json", ("data", "roll_data"), ClsSpider.probes),
        ("ann_row_20260414.json", (), NOTICES),
        ("ann_row_bse_20220426.json", (), NOTICES),
        ("ann_list_20260727_fragment.json", ("data", "list"), NOTICES),
        ("listinfo_web_20260702.json", ("data", "list"), SECURITY),
        ("listinfo_wap_item_20220209.json", (), SECURITY),
    ],
)
def test_captured_rows_have_the_shape(
    captures: Path, file: str, path: tuple[str, ...], probes: tuple[Probe, ...]
) -> None:
    """Captured rows have every field as it is declared."""
    found = json.loads((captures / file).read_text(encoding="utf-8"))
    for step in path:
        found = found[step]
    assert differs(found if isinstance(found, list) else [found], only_list(probes).fields) == []
