"""Bodies of the captures: nothing of an article lost, nothing of the site left, what they tell.

The expectations are hand-written from the captures; their texts stay where they are.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from bodies import Judge
from lxml import etree, html

from pipelines.body import Body, clean, parse_body, text


class Expected(NamedTuple):
    """What a person sees in a captured body."""

    media: str
    pictures: int
    tables: int
    paragraphs: int
    """Lines of the text: paragraphs, headings, rows of tables."""
    first: str
    """How the text begins."""
    last: str
    """How the text ends."""
    links: int = 0
    dropped: dict[str, int] | None = None
    editor: str = ""
    machine_written: bool = False


EXPECTED = {
    "article_api_202609183878840472.json": Expected(
        "", 0, 0, 25, "美东时间周五", "AI研发工作。", 10, {"chart": 9, "spacer": 7, "advertisement": 1}
    ),
    "article_body_202601_desktop.html": Expected("第一财经", 0, 0, 11, "沪指本周累计涨", "改善情况。", 0, {"media": 1}),
    "reduced_article_page_202606_ads.html": Expected(
        "财联社", 1, 0, 1, "多股异动", "快速拉升。", 0, {"spacer": 1, "advertisement": 2, "media": 1}
    ),
    "reduced_article_page_20260819.html": Expected(
        "界面新闻",
        0,
        0,
        2,
        "港交所文件显示",
        "第二段 内容。",
        0,
        {"advertisement": 1, "media": 1, "tail": 3},
        editor="张三",
    ),
    "reduced_article_page_20260827_ai.html": Expected(
        "", 0, 0, 2, "交易所2026年", "第二条正文内容。", 0, {"tail": 1, "advertisement": 1}, machine_written=True
    ),
    "reduced_article_page_202609_tables.html": Expected("证券时报网", 1, 2, 8, "截至收盘", "配图如下", 0, {"media": 1}),
    "reduced_article_page_table.html": Expected(
        "证券时报网", 0, 1, 5, "近5日机构合计", "002353\t杰瑞股份\t2", 0, {"advertisement": 1, "media": 1}
    ),
    "article_fragment_201906_old_span_ids.html": Expected(
        "中国经营报", 0, 0, 1, "引进了英特尔", "劳动力结合", 0, {"media": 1}
    ),
    "finews_202205262391921712.md": Expected(
        "上海证券报", 3, 0, 17, "国内首款使用", "空调领域。", 0, {"chart": 1, "spacer": 1, "media": 1}
    ),
    "finews_202205302396671291.md": Expected("财联社", 0, 0, 12, "周一央行研究局", "长期获益。", 1, {"media": 1}),
    "finews_202205302396671645.md": Expected("中国证券报", 0, 0, 1, "近日，加拿大", "人民币62亿元。", 0, {"media": 1}),
    "finews_202205312397987746.md": Expected(
        "证券时报", 2, 0, 1, "北向资金今日", "2.63亿元。", 0, {"chart": 2, "spacer": 2, "media": 1}
    ),
    "finews_NW202205292395438077.md": Expected("中国基金报", 5, 0, 28, "最近一段时间", "时机了。", 0, {"media": 1}),
    "seed": Expected(
        "国际金融报", 0, 0, 9, "快手将于3月1日起", "利益共享。”", 0, {"chart": 1, "spacer": 1, "media": 1}
    ),
}
NOT_THE_ARTICLE = (
    "//*[contains(@class, 'em_media') or contains(@class, 'toplink') or contains(@class, 'ad_context')]"
    "|//a[contains(@href, 'acttg.eastmoney.com')]|//script|//style"
)
SITE_LINES = re.compile(
    r"在东方财富看资讯行情.*|（责任编辑：张三）|打开微信，|点击底部的“发现”|免责声明：本文基于AI生产，仅供参考。|（文章来源：证券时报网）"
)
"""Hand-listed lines of the reduced pages that are the site's."""


def raw_body(captures: Path, name: str) -> str:
    """Cut the body out of a capture, as its spider or an archive's reader would."""
    if name.endswith(".json"):
        return str(json.loads((captures / name).read_text(encoding="utf-8"))["data"]["Art_Content"])
    if name.startswith("finews") or name == "seed":
        file = next((captures.parents[1] / "seed").iterdir()) if name == "seed" else captures / name
        lines = file.read_text(encoding="utf-8").split("---\n", 2)[2].split("\n")
        end = next(number for number, line in enumerate(lines) if re.fullmatch(r"<(?:https?://[^>]*)?>", line))
        return "\n".join(line for line in lines[:end] if not line.startswith("> "))
    page = (captures / name).read_text(encoding="utf-8")
    if "ContentBody" not in page:
        return page
    body = html.fromstring(page).get_element_by_id("ContentBody")
    inner = [etree.tostring(child, encoding="unicode", method="html") for child in body]
    return (body.text or "") + "".join(inner)


def words(lines: str) -> str:
    """Leave out all blanks."""
    return "".join(lines.split())


def independent_text(raw: str) -> str:
    """Read the article's text by lxml alone: everything but the hand-listed pieces."""
    root = html.fragment_fromstring(raw, create_parent="div")
    for element in root.xpath(NOT_THE_ARTICLE):
        element.drop_tree()
    for element in list(root.iter("p")):
        if SITE_LINES.fullmatch(words("".join(element.itertext()))):
            element.drop_tree()
    etree.strip_tags(root, etree.Comment)
    return words("".join(root.itertext()))


@pytest.mark.parametrize("name", EXPECTED)
def test_captured_body(captures: Path, name: str) -> None:
    """Publisher, pictures, tables, lines, first and last words and what was dropped are as a person sees them."""
    body = parse_body(raw_body(captures, name))
    judge = Judge(body.html)
    lines = body.text.split("\n")
    seen = Expected(
        media=body.media,
        pictures=len(judge.pictures),
        tables=judge.tags.count("table"),
        paragraphs=len(lines),
        first=body.text[: len(EXPECTED[name].first)],
        last=body.text[-len(EXPECTED[name].last) :],
        links=len(judge.links),
        dropped=body.dropped,
        editor=body.editor,
        machine_written=body.machine_written,
    )
    assert judge.faults == []
    assert seen == EXPECTED[name]
    assert (body.pictures, body.tables) == (seen.pictures, seen.tables)


@pytest.mark.parametrize("name", EXPECTED)
def test_nothing_of_a_captured_article_is_lost(captures: Path, name: str) -> None:
    """The text equals the one that lxml alone reads, but for blanks and the hand-listed pieces of the site."""
    raw = raw_body(captures, name)
    assert words(text(raw)) == independent_text(raw)
    assert words(text(clean(raw))) == independent_text(raw)


@pytest.mark.parametrize("name", EXPECTED)
def test_nothing_of_the_site_is_left(captures: Path, name: str) -> None:
    """No advertisement, chart, spacer, indent or tag of the source is left in a captured body."""
    body = parse_body(raw_body(captures, name))
    for sign in (
        "acttg",
        "GetPic",
        "K图",
        "R图",
        "class=",
        "data-code",
        "style=",
        "<span",
        "　",
        "\xa0",
        "一站式开户",
        "妙想",
        "EM_StockImg",
    ):
        assert sign not in body.html
    for line in body.text.split("\n"):
        assert line == line.strip()
        assert line
    assert clean(body.html) == body.html


@pytest.mark.parametrize("name", EXPECTED)
def test_charts_of_a_capture_are_kept_on_demand(captures: Path, name: str) -> None:
    """With charts kept every chart's picture and link are there, and the text is the same."""
    raw = raw_body(captures, name)
    charts = EXPECTED[name].dropped.get("chart", 0)
    body = parse_body(raw, "keep")
    judge = Judge(body.html)
    assert judge.faults == []
    assert (
        sum("GetPic.aspx" in picture["src"] for picture in judge.pictures) == charts == len(re.findall("GetPic", raw))
    )
    assert body.text == text(raw)
    assert clean(body.html, charts="keep") == body.html


def test_seed_shows_what_it_showed(captures: Path) -> None:
    """With charts and publisher's line kept, the seed's body has the text, links and pictures of the original."""
    raw = raw_body(captures, "seed")
    made = clean(raw, charts="keep", keep_media=True)
    before, after = html.fromstring(f"<div>{raw}</div>"), html.fromstring(f"<div>{made}</div>")
    assert words(after.text_content()) == words(before.text_content())
    for path in ("//a/@href", "//img/@src", "//img/@alt", "//img/@width", "//img/@height", "//a/img/@src"):
        assert after.xpath(path) == before.xpath(path)
    assert len(after.xpath("//img")) == 1
    assert [words(p.text_content()) for p in after.xpath("//p[not(img)][string()]")] == [
        words(p.text_content()) for p in before.xpath("//p[not(img)][normalize-space()]") if words(p.text_content())
    ]


def test_seed_names_its_security(captures: Path) -> None:
    """The seed's only security is the one of its chart."""
    body = parse_body(raw_body(captures, "seed"))
    assert {mention.secid for mention in body.mentions} == {"116.01024"}


def test_the_larger_picture_is_taken(captures: Path) -> None:
    """Where the source names an original picture, that one is shown, in the size of the smaller."""
    body = parse_body(raw_body(captures, "finews_202205312397987746.md"))
    larger = Judge(body.html).pictures[1]
    assert larger["src"].endswith("_o.jpg")
    assert larger["width"] == "555"


def test_angle_brackets_are_read_once(captures: Path) -> None:
    """Brackets that stand in the text as references are brackets in the text and references in the HTML."""
    body = parse_body(raw_body(captures, "finews_202205262391921712.md"))
    assert "《<蒙特利尔" in body.text
    assert "《&lt;蒙特利尔" in body.html


def every_list_text(value: Any) -> list[str]:
    """Collect every text of a captured list."""
    if isinstance(value, dict):
        return [found for each in value.values() for found in every_list_text(each)]
    if isinstance(value, list):
        return [found for each in value for found in every_list_text(each)]
    return [value] if isinstance(value, str) else []


def test_captured_list_texts_are_bodies(captures: Path) -> None:
    """Every text of the captured lists, taken as a body, keeps all its words: flashes are stored so."""
    count = 0
    for file in sorted(captures.glob("*.json")):
        for raw in every_list_text(json.loads(file.read_text(encoding="utf-8"))):
            if "<" not in raw and len(raw) < 5_000:
                body: Body = parse_body(raw)
                assert words(body.text) == words(raw.replace("\xa0", " ")), raw[:40]
                count += 1
    assert count > 500
