"""Five articles that were captured twice, as a list's row and as a text: title, publisher and moment agree."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from newscrawler import eastmoney
from newscrawler.answers import read_json
from pipelines.body import parse_body
from pipelines.dates import parse_published
from pipelines.publishers import clean_media
from pipelines.text import clean_line

BEIJING = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 9, 20, tzinfo=UTC)
Said = tuple[str, str, datetime | None]
"""Title, publisher, moment."""


def moment(raw: Any) -> datetime:
    """A time of any form, placed."""
    return parse_published(str(raw), crawled_at=NOW)


def rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a captured list, whatever wraps them."""
    read = json.loads(path.read_bytes())
    if isinstance(read, list):
        return read
    return list(read["data"]["list"]) if "data" in read else [read]


def listed(captures: Path, name: str, code: str) -> Said:
    """What a captured list says of an article; an empty publisher where it names none."""
    for row in rows(captures / name):
        key = str(row.get("code") or row.get("infoCode"))
        if eastmoney.article_id(key) == eastmoney.article_id(code):
            at = next(row[field] for field in ("showTime", "showtime", "showDateTime", "updateTime") if field in row)
            media = str(row.get("mediaName") or row.get("source") or "")
            return clean_line(row["title"]), clean_media(media), moment(at)
    raise AssertionError(f"{code} is not in {name}")


def post(captures: Path, code: str) -> Said:
    """What a finews post says of its article."""
    _, front, body = (captures / f"finews_{code}.md").read_text(encoding="utf-8").split("---\n", 2)
    fields = yaml.safe_load(front.replace("date: ", "date: '").replace("+0800", "+0800'"))
    return clean_line(fields["title"]), clean_media(parse_body(body).media), moment(fields["date"])


@pytest.mark.parametrize(
    ("code", "lists", "title", "media", "at"),
    [
        (
            "202205312397987746",
            ["pushlist_745_20220531.json"],
            "北向资金今日大幅净买入138.65亿 抢筹招行、茅台",
            "证券时报",
            datetime(2022, 5, 31, 17, 30, 46, tzinfo=BEIJING),
        ),
        (
            "202205302396671291",
            ["pushlist_745_20220531.json", "pc_fastnews_items_20220530.json"],
            "央行研究报告提出促进消费投资增长 哪些领域将受到货币政策重点支持？",
            "财联社",
            datetime(2022, 5, 30, 21, 59, 45, tzinfo=BEIJING),
        ),
        (
            "202205302396671645",
            ["pc_fastnews_items_20220530.json"],
            "加拿大年金计划委员会手握190只中国股票 市值超500亿元",
            "中国证券报",
            datetime(2022, 5, 30, 22, 0, 29, tzinfo=BEIJING),
        ),
        (
            "NW202205292395438077",
            ["pc_newslist_item_20220529.json"],
            "什么信号？海外中国ETF重现强劲流入 机构发话：增持时机已到！",
            "中国基金报",
            datetime(2022, 5, 29, 21, 0, 8, tzinfo=BEIJING),
        ),
    ],
)
def test_row_and_post(captures: Path, code: str, lists: list[str], title: str, media: str, at: datetime) -> None:
    """The row and the post of one article say the same, publishers put together from linked pieces included."""
    assert post(captures, code) == (title, media, at)
    for name in lists:
        said_title, said_media, said_at = listed(captures, name, code)
        assert (said_title, said_at) == (title, at)
        assert said_media in ("", media)  # the fast list names none


def test_row_and_answer(captures: Path) -> None:
    """The column's row and the article's answer, with their two forms of time, say the same."""
    name = "article_api_202609183878840472.json"
    answer = eastmoney.read_answer(read_json((captures / name).read_bytes(), name), name)
    said = (clean_line(answer.title), clean_media(answer.media), moment(answer.published))
    assert said == listed(captures, "column_344_20260919.json", "202609183878840472")
    assert said[2] == datetime(2026, 9, 19, 1, 9, 8, tzinfo=BEIJING)
    assert said[1] == "东方财富Choice数据"
