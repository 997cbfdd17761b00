"""Publication times: every form, every refusal, no guess."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from itemadapter import ItemAdapter
from scrapy.utils.test import get_crawler
from waits import costs_less

from newscrawler.items import Article
from pipelines.dates import NormalizeDate, parse_moment, parse_published
from pipelines.errors import InvalidDate

BEIJING = ZoneInfo("Asia/Shanghai")
# A Thursday.
NOW = datetime(2026, 11, 26, 15, 30, 45, 678900, tzinfo=BEIJING)
PROPERTY = settings(deadline=None, database=None, max_examples=400)


def beijing(text: str) -> datetime:
    """Read the table's right-hand side: ISO without zone, Beijing time."""
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


EXACT = [
    # what the source's own endpoints answer
    ("2026-09-19 01:09:08", "2026-09-19 01:09:08"),
    ("2026/09/19 01:09:08", "2026-09-19 01:09:08"),
    ("2026-04-14 17:39:18:800", "2026-04-14 17:39:18"),
    ("2026-09-30 00:00:00.000", "2026-09-30 00:00:00"),
    ("2026年08月19日 17:46", "2026-08-19 17:46:00"),
    ("1653919229000", "2022-05-30 22:00:29"),
    ("1789741812", "2026-09-18 22:30:12"),
    ("2021-12-08 12:41:23 +0800", "2021-12-08 12:41:23"),
    # ISO and its neighbours
    ("2022-03-01", "2022-03-01 00:00:00"),
    ("2022-03-01 12:19", "2022-03-01 12:19:00"),
    ("2022-03-01T12:19:03", "2022-03-01 12:19:03"),
    ("2022-03-01T12:19:03.999999", "2022-03-01 12:19:03"),
    ("2022-03-01 12:19:03,5", "2022-03-01 12:19:03"),
    ("2022-03-01T04:19:03Z", "2022-03-01 12:19:03"),
    ("2022-03-01T04:19:03.123Z", "2022-03-01 12:19:03"),
    ("2022-03-01T12:19:03+08:00", "2022-03-01 12:19:03"),
    ("2022-03-01T12:19:03+0800", "2022-03-01 12:19:03"),
    ("2022-03-01 04:19:03 Z", "2022-03-01 12:19:03"),
    ("2022-03-01 04:19:03 UTC", "2022-03-01 12:19:03"),
    ("2022-03-01 04:19:03 +00:00", "2022-03-01 12:19:03"),
    ("2022-03-01 12:19:03 UTC+8", "2022-03-01 12:19:03"),
    ("2022-03-01 12:19:03 GMT+08:00", "2022-03-01 12:19:03"),
    ("2022-02-28T23:19:03-05:00", "2022-03-01 12:19:03"),
    ("2022-03-01T12:19:03+08", "2022-03-01 12:19:03"),
    ("  2022-03-01 12:19:03\n", "2022-03-01 12:19:03"),
    # slashes, dots, other signs
    ("2022/3/1", "2022-03-01 00:00:00"),
    ("2022/3/1 9:05", "2022-03-01 09:05:00"),
    ("2022.03.01", "2022-03-01 00:00:00"),
    ("2022.3.1 12:19:03", "2022-03-01 12:19:03"),
    ("2022-3-1 12:19", "2022-03-01 12:19:00"),
    ("2022 03/01 12:19:03", "2022-03-01 12:19:03"),
    ("2022-03/01 12:19:03", "2022-03-01 12:19:03"),
    ("2022–03–01 12∶19", "2022-03-01 12:19:00"),
    # Chinese
    ("2022年3月1日", "2022-03-01 00:00:00"),
    ("2022年3月1号", "2022-03-01 00:00:00"),
    ("2022年03月01日 12:19:03", "2022-03-01 12:19:03"),
    ("2022年03月01日12:19", "2022-03-01 12:19:00"),
    ("2022年3月1日12时19分", "2022-03-01 12:19:00"),
    ("2022年3月1日 12时19分03秒", "2022-03-01 12:19:03"),
    ("2022年3月1日12時19分03秒", "2022-03-01 12:19:03"),
    ("2022年3月1日 12点", "2022-03-01 12:00:00"),
    ("2022年3月1日 12點半", "2022-03-01 12:30:00"),
    ("2022年3月1日 9点一刻", "2022-03-01 09:15:00"),
    ("2022 年 3 月 1 日 12 时 19 分", "2022-03-01 12:19:00"),
    ("2022年3月1日 星期二 12:19", "2022-03-01 12:19:00"),
    ("2022-03-01（周二）12:19", "2022-03-01 12:19:00"),
    ("22年3月1日 12:19", "2022-03-01 12:19:00"),
    ("98年3月1日", "1998-03-01 00:00:00"),
    ("二〇二二年三月一日 十二时十九分", "2022-03-01 12:19:00"),
    ("二○二二年三月一日", "2022-03-01 00:00:00"),
    ("二零二二年十一月二十三日二十时零五分", "2022-11-23 20:05:00"),
    ("二〇二二年十月廿三日", "2022-10-23 00:00:00"),
    ("二〇二二年十二月三十一日晚十一点半", "2022-12-31 23:30:00"),
    ("２０２２年０３月０１日　１２：１９：０３", "2022-03-01 12:19:03"),
    ("２０２２－０３－０１　１２：１９", "2022-03-01 12:19:00"),
    # parts of the day
    ("2022年3月1日上午9时", "2022-03-01 09:00:00"),
    ("2022-03-01 上午 12:19", "2022-03-01 00:19:00"),
    ("2022年3月1日下午3时30分", "2022-03-01 15:30:00"),
    ("2022年3月1日 下午 03:30:05", "2022-03-01 15:30:05"),
    ("2022-03-01 下午15:30", "2022-03-01 15:30:00"),
    ("2022-03-01 下午12:30", "2022-03-01 12:30:00"),
    ("2022年3月1日中午12点", "2022-03-01 12:00:00"),
    ("2022年3月1日中午1点", "2022-03-01 13:00:00"),
    ("2022年3月1日中午11点40分", "2022-03-01 11:40:00"),
    ("2022年3月1日晚上8点", "2022-03-01 20:00:00"),
    ("2022年3月1日晚上12点", "2022-03-02 00:00:00"),
    ("2022年3月1日晚上12:30", "2022-03-02 00:30:00"),
    ("2022年3月1日晚8时", "2022-03-01 20:00:00"),
    ("2022年3月1日晚间21:05", "2022-03-01 21:05:00"),
    ("2022年3月1日凌晨2点", "2022-03-01 02:00:00"),
    ("2022年3月1日凌晨12点15分", "2022-03-01 00:15:00"),
    ("2022年3月1日早上7:30", "2022-03-01 07:30:00"),
    ("2022年3月1日傍晚6点", "2022-03-01 18:00:00"),
    ("2022-03-01 12:19 PM", "2022-03-01 12:19:00"),
    ("2022-03-01 12:19 am", "2022-03-01 00:19:00"),
    ("2022-03-01 03:30:05 p.m.", "2022-03-01 15:30:05"),
    ("2022-03-01 PM 03:30", "2022-03-01 15:30:00"),
    ("2022-03-01 03:30:05 下午", "2022-03-01 15:30:05"),
    ("下午3:30 2022-03-01", "2022-03-01 15:30:00"),
    ("2022年3月1日上午12时", "2022-03-01 12:00:00"),
    # midnight
    ("2022-02-28 24:00:00", "2022-03-01 00:00:00"),
    ("2022年12月31日24时", "2023-01-01 00:00:00"),
    ("2022-03-01T24:00", "2022-03-02 00:00:00"),
    # numbers
    ("1646108343", "2022-03-01 12:19:03"),
    ("1646108343.75", "2022-03-01 12:19:03"),
    ("1646108343123", "2022-03-01 12:19:03"),
    ("1646108343123456", "2022-03-01 12:19:03"),
    ("946684800", "2000-01-01 08:00:00"),
    ("20261122", "2026-11-22 00:00:00"),
    ("202611221030", "2026-11-22 10:30:00"),
    ("20261122103005", "2026-11-22 10:30:05"),
    ("20261122 10:30:05", "2026-11-22 10:30:05"),
    ("20261122T103005Z", "2026-11-22 18:30:05"),
    ("20261122103005123", "2026-11-22 10:30:05"),
    # other parts of the world
    ("Tue, 01 Mar 2022 12:19:03 +0800", "2022-03-01 12:19:03"),
    ("Tue, 01 Mar 2022 04:19:03 GMT", "2022-03-01 12:19:03"),
    ("1 Mar 2022 04:19 UT", "2022-03-01 12:19:00"),
    ("Mon, 28 Feb 2022 23:19:03 EST", "2022-03-01 12:19:03"),
    ("Tue, 01 Mar 2022 04:19:03 -0000", "2022-03-01 12:19:03"),
    ("Tue Mar 01 12:19:03 CST 2022", "2022-03-01 12:19:03"),
    ("Tue Mar  1 12:19:03 2022", "2022-03-01 12:19:03"),
    ("March 1, 2022 12:19 PM", "2022-03-01 12:19:00"),
    ("Mar. 1st, 2022", "2022-03-01 00:00:00"),
    ("1-Mar-2022", "2022-03-01 00:00:00"),
    ("25/12/2022 08:00", "2022-12-25 08:00:00"),
    ("12/25/2022", "2022-12-25 00:00:00"),
    # words around
    ("发布时间：2022-03-01 12:19:03 来源：国际金融报", "2022-03-01 12:19:03"),
    ("發佈時間：2022年3月1日 12:19 來源：經濟日報", "2022-03-01 12:19:00"),
    ("时间：2022-03-01 12:19  阅读：1024", "2022-03-01 12:19:00"),
    ("来源：财联社 2022-03-01 12:19", "2022-03-01 12:19:00"),
    ("2022年03月01日 来源：证券时报网 12:19", "2022-03-01 12:19:00"),
    ("2022-03-01 21世纪经济报道", "2022-03-01 00:00:00"),
    ("2022-03-01+08:00", "2022-03-01 00:00:00"),
    ("2022-03-01 36氪", "2022-03-01 00:00:00"),
    ("[2022-03-01 12:19:03]", "2022-03-01 12:19:03"),
    ("（2022年3月1日）", "2022-03-01 00:00:00"),
    ("更新时间：2022-03-02 08:00 发布时间：2022-03-01 12:19", "2022-03-01 12:19:00"),
    ("发布于 2022-03-01 12:19 · 3天前更新", "2022-03-01 12:19:00"),
    ("张三 2022-03-01 12:19:03 发布", "2022-03-01 12:19:03"),
    ("12:19 2022-03-01", "2022-03-01 12:19:00"),
    ("2022-03-01 12:19 \ufeff\u200b", "2022-03-01 12:19:00"),
    ("2022-03-01 12:19:03\0", "2022-03-01 12:19:03"),
    # bounds
    ("1990-01-01", "1990-01-01 00:00:00"),
    ("2026-11-27 15:30:45", "2026-11-27 15:30:45"),
]

RELATIVE = [
    ("刚刚", "2026-11-26 15:30:45"),
    ("刚才", "2026-11-26 15:30:45"),
    ("剛剛", "2026-11-26 15:30:45"),
    ("几秒前", "2026-11-26 15:30:45"),
    ("just now", "2026-11-26 15:30:45"),
    ("30秒前", "2026-11-26 15:30:15"),
    ("30秒鐘前", "2026-11-26 15:30:15"),
    ("3分钟前", "2026-11-26 15:27:45"),
    ("3 分鐘前", "2026-11-26 15:27:45"),
    ("３分钟前", "2026-11-26 15:27:45"),
    ("三分钟前", "2026-11-26 15:27:45"),
    ("一刻钟前", "2026-11-26 15:15:45"),
    ("半小时前", "2026-11-26 15:00:45"),
    ("半個小時前", "2026-11-26 15:00:45"),
    ("1小时前", "2026-11-26 14:30:45"),
    ("2個小時前", "2026-11-26 13:30:45"),
    ("两小时前", "2026-11-26 13:30:45"),
    ("一个半小时前", "2026-11-26 14:00:45"),
    ("1.5小时前", "2026-11-26 14:00:45"),
    ("1小时30分钟前", "2026-11-26 14:00:45"),
    ("20小时之前", "2026-11-25 19:30:45"),
    ("3天前", "2026-11-23 15:30:45"),
    ("三日前", "2026-11-23 15:30:45"),
    ("十二天前", "2026-11-14 15:30:45"),
    ("3天前 09:30", "2026-11-23 09:30:00"),
    ("半天前", "2026-11-26 03:30:45"),
    ("1周前", "2026-11-19 15:30:45"),
    ("一週前", "2026-11-19 15:30:45"),
    ("2个星期前", "2026-11-12 15:30:45"),
    ("1个月前", "2026-10-26 15:30:45"),
    ("9個月前", "2026-02-26 15:30:45"),
    ("1年前", "2025-11-26 15:30:45"),
    ("5 minutes ago", "2026-11-26 15:25:45"),
    ("an hour ago", "2026-11-26 14:30:45"),
    ("3 days ago", "2026-11-23 15:30:45"),
    ("5m ago", "2026-11-26 15:25:45"),
    ("a few seconds ago", "2026-11-26 15:30:45"),
    ("the day before yesterday", "2026-11-24 00:00:00"),
    ("今日头条 2小时前", "2026-11-26 13:30:45"),
    ("发布于 3分钟前", "2026-11-26 15:27:45"),
    ("3分钟前发布", "2026-11-26 15:27:45"),
    ("3分钟前 来源：财联社", "2026-11-26 15:27:45"),
    ("今天 09:30", "2026-11-26 09:30:00"),
    ("今天09:30:05", "2026-11-26 09:30:05"),
    ("今日 9时30分", "2026-11-26 09:30:00"),
    ("今早8点", "2026-11-26 08:00:00"),
    ("今天", "2026-11-26 00:00:00"),
    ("昨天 22:15", "2026-11-25 22:15:00"),
    ("昨日 22:15", "2026-11-25 22:15:00"),
    ("昨天下午3时30分", "2026-11-25 15:30:00"),
    ("昨晚11:30", "2026-11-25 23:30:00"),
    ("昨天晚上12点", "2026-11-26 00:00:00"),
    ("昨天", "2026-11-25 00:00:00"),
    ("前天 08:00", "2026-11-24 08:00:00"),
    ("前日08:00", "2026-11-24 08:00:00"),
    ("大前天 08:00", "2026-11-23 08:00:00"),
    ("yesterday 22:15", "2026-11-25 22:15:00"),
    ("周一 09:30", "2026-11-23 09:30:00"),
    ("週一 09:30", "2026-11-23 09:30:00"),
    ("星期一09:30", "2026-11-23 09:30:00"),
    ("礼拜一 上午9点半", "2026-11-23 09:30:00"),
    ("周四 15:00", "2026-11-26 15:00:00"),
    ("周四 15:35", "2026-11-26 15:35:00"),
    ("周四 23:00", "2026-11-19 23:00:00"),
    ("周五 09:30", "2026-11-20 09:30:00"),
    ("星期日 10:00", "2026-11-22 10:00:00"),
    ("星期天", "2026-11-22 00:00:00"),
    ("上周五 09:30", "2026-11-20 09:30:00"),
    ("上周一 09:30", "2026-11-16 09:30:00"),
    ("本周一 09:30", "2026-11-23 09:30:00"),
    ("03月01日 12:19", "2026-03-01 12:19:00"),
    ("3月1日", "2026-03-01 00:00:00"),
    ("三月一日十二时十九分", "2026-03-01 12:19:00"),
    ("3-1 12:19", "2026-03-01 12:19:00"),
    ("03-01 12:19", "2026-03-01 12:19:00"),
    ("03-01 12:19:03", "2026-03-01 12:19:03"),
    ("3/1 12:19", "2026-03-01 12:19:00"),
    ("3.1 12:19", "2026-03-01 12:19:00"),
    ("03-01", "2026-03-01 00:00:00"),
    ("11月26日 16:00", "2026-11-26 16:00:00"),
    ("11-26 16:00", "2026-11-26 16:00:00"),
    ("11月27日 08:00", "2026-11-27 08:00:00"),
    ("11月28日 08:00", "2025-11-28 08:00:00"),
    ("12月31日 23:50", "2025-12-31 23:50:00"),
    ("12-31 23:50", "2025-12-31 23:50:00"),
    ("02月29日 12:19", "2024-02-29 12:19:00"),
    ("去年12月31日 23:50", "2025-12-31 23:50:00"),
    ("今年3月1日", "2026-03-01 00:00:00"),
    ("发布时间：03-01 12:19 来源：国际金融报", "2026-03-01 12:19:00"),
]

REFUSED = [
    ("", "nothing"),
    ("   \u3000\n", "nothing"),
    ("\u200b", "nothing"),
    ("2022年2月30日", "2022-2-30 is no day"),
    ("2022-02-30 10:00", "2022-2-30 is no day"),
    ("2月30日", "no day"),
    ("02-30 10:30", "no day"),
    ("13月1日", "no day"),
    ("2023年2月29日", "no day"),
    ("20221345", "no day"),
    ("2024年5月", "no day"),
    ("2024-05", "no day"),
    ("5月", "no day"),
    ("五月份", "no day"),
    ("2024年", "no day"),
    ("2024", "no day"),
    ("12:19", "no day"),
    ("上午9点", "no day"),
    ("3日 12:19", "no month"),
    ("0001-01-01", "before 1990"),
    ("0001-01-01 00:00:00", "before 1990"),
    ("0001-01-01T00:00:00+14:00", "before 1990"),
    ("9999-12-31T23:59:59-12:00", "no year of news"),
    ("1989-12-31 23:59:59", "before 1990"),
    ("1970-01-01 08:00:00", "before 1990"),
    ("0", "no known form"),
    ("2026-11-27 15:30:46", "more than a day after"),
    ("2027-03-01", "more than a day after"),
    ("4102444800", "more than a day after"),
    ("2022-03-01 25:00", "no time"),
    ("2022-03-01 12:60", "no time"),
    ("2022-03-01 24:01", "no time"),
    ("2022-03-01 12:", "no time"),
    ("2022/03/01 12", "no time"),
    ("2022-03-01 上午15:00", "no hour"),
    ("2022年3月1日晚上1点", "no hour"),
    ("2022-03-01T12:19:03+23:00", "from UTC"),
    ("2022-03-01 12:19:03 UTC+19", "from UTC"),
    ("03/01/2022", "which number is the month"),
    ("0001年3月1日", "before 1990"),
    ("111年3月1日", "no year of news"),
    ("999999年前", "before 1990"),
    ("999999天前", "before 1990"),
    ("几分钟前", "no known form"),
    ("财联社", "no known form"),
    ("-", "no known form"),
    ("[Null]", "no known form"),
    ("第一财经 南方周末", "no known form"),
    ("99.99%", "no known form"),
    ("2026", "no day"),
    ("2022-03-01-12-19-03", "no time"),
    ("2022-03-01 12h19", "no time"),
    ("2022-03-01 12.19", "no time"),
    ("22-03-01", "no known form"),
    ("5分钟", "no known form"),
    ("上周", "no known form"),
    ("去年", "no known form"),
    ("last week", "no known form"),
    ("今日头条 09:30", "names no day"),
    ("周二 3日", "no known form"),
    ("民国111年3月1日", "no year of news"),
    ("2022年第3期 3月1日", "names a year apart"),
    ("2022 Q1", "no known form"),
]


@pytest.mark.parametrize(("raw", "expected"), EXACT)
def test_exact_forms(raw: str, expected: str) -> None:
    """A text that holds the whole date is read as it stands, in Beijing's time, to the second."""
    found = parse_published(raw, crawled_at=NOW)
    assert found == beijing(expected)
    assert found.tzinfo == BEIJING
    assert found.microsecond == 0


@pytest.mark.parametrize(("raw", "expected"), RELATIVE)
def test_relative_forms(raw: str, expected: str) -> None:
    """A text without a whole date counts from the answer's moment, whatever zone that is given in."""
    assert parse_published(raw, crawled_at=NOW) == beijing(expected)
    assert parse_published(raw, crawled_at=NOW.astimezone(UTC)) == beijing(expected)


@pytest.mark.parametrize(("raw", "reason"), REFUSED)
def test_refused(raw: str, reason: str) -> None:
    """What names no day that can be trusted is refused, and the message says why."""
    with pytest.raises(ValueError, match=re.escape(reason)):
        parse_published(raw, crawled_at=NOW)


@pytest.mark.parametrize(
    ("raw", "now", "expected"),
    [
        ("12月31日 23:50", "2026-01-01 00:05:00", "2025-12-31 23:50:00"),
        ("12月31日 23:50", "2026-12-31 23:55:00", "2026-12-31 23:50:00"),
        ("1月1日 00:10", "2025-12-31 23:58:00", "2026-01-01 00:10:00"),
        ("01-02 08:00", "2025-12-31 23:58:00", "2025-01-02 08:00:00"),
        ("昨天 22:15", "2026-01-01 00:05:00", "2025-12-31 22:15:00"),
        ("半小时前", "2026-01-01 00:05:00", "2025-12-31 23:35:00"),
        ("1个月前", "2026-03-31 12:00:00", "2026-02-28 12:00:00"),
        ("1年前", "2024-02-29 12:00:00", "2023-02-28 12:00:00"),
        ("周一 09:30", "2026-11-23 09:25:00", "2026-11-23 09:30:00"),
        ("周一 09:30", "2026-11-23 08:00:00", "2026-11-16 09:30:00"),
        ("2月29日", "2028-02-28 12:00:00", "2028-02-29 00:00:00"),
        ("2月29日", "2028-02-27 12:00:00", "2024-02-29 00:00:00"),
    ],
)
def test_turns_of_day_and_year(raw: str, now: str, expected: str) -> None:
    """At the turn of a day, month, year or leap year the nearest fitting day is taken."""
    assert parse_published(raw, crawled_at=beijing(now)) == beijing(expected)


def test_relative_to_beijings_day() -> None:
    """今天 is Beijing's day even where the answer's moment is given in a zone that still has yesterday."""
    moment = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)
    assert parse_published("今天 01:30", crawled_at=moment) == beijing("2026-11-27 01:30:00")


def test_naive_moment_is_refused() -> None:
    """Nothing counts from a moment without zone."""
    with pytest.raises(ValueError, match="no zone"):
        parse_published("刚刚", crawled_at=datetime(2026, 11, 26))


def test_last_resort_is_dateparser() -> None:
    """A form no rule knows is read by dateparser, and counted as such."""
    crawler = get_crawler()
    stage = NormalizeDate.from_crawler(crawler)
    item = article("Tuesday 1 of March of 2022 12:19")
    stage.process_item(item)
    assert item.published_at == beijing("2022-03-01 12:19:00")
    assert crawler.stats.get_value("news/dates/fallback") == 1


MOMENTS = [
    ("2022-03-01", "2022-03-01 00:00:00", True),
    ("20220301", "2022-03-01 00:00:00", True),
    ("2022/3/1", "2022-03-01 00:00:00", True),
    ("2022年3月1日", "2022-03-01 00:00:00", True),
    ("3月1日", "2026-03-01 00:00:00", True),
    ("昨天", "2026-11-25 00:00:00", True),
    ("yesterday", "2026-11-25 00:00:00", True),
    ("today", "2026-11-26 00:00:00", True),
    ("Today", "2026-11-26 00:00:00", True),
    ("tomorrow", "2026-11-27 00:00:00", True),
    ("明天", "2026-11-27 00:00:00", True),
    ("3天前", "2026-11-23 00:00:00", True),
    ("三天前", "2026-11-23 00:00:00", True),
    ("3 days ago", "2026-11-23 00:00:00", True),
    ("a week ago", "2026-11-19 00:00:00", True),
    ("1个月前", "2026-10-26 00:00:00", True),
    ("周一", "2026-11-23 00:00:00", True),
    ("2022-03-01 12:19", "2022-03-01 12:19:00", False),
    ("2022-03-01T00:00", "2022-03-01 00:00:00", False),
    ("2022-03-01T04:00Z", "2022-03-01 12:00:00", False),
    ("3小时前", "2026-11-26 12:30:45", False),
    ("3 hours ago", "2026-11-26 12:30:45", False),
    ("半天前", "2026-11-26 03:30:45", False),
    ("3天2小时前", "2026-11-23 13:30:45", False),
    ("昨天 22:15", "2026-11-25 22:15:00", False),
    ("yesterday 22:15", "2026-11-25 22:15:00", False),
    ("now", "2026-11-26 15:30:45", False),
    ("刚刚", "2026-11-26 15:30:45", False),
    ("1646108343", "2022-03-01 12:19:03", False),
    ("last week", "2026-11-19 00:00:00", True),
    ("上周", "2026-11-19 00:00:00", True),
    ("2h", "2026-11-26 13:30:45", False),
    ("1h ago", "2026-11-26 14:30:45", False),
]


@pytest.mark.parametrize(("raw", "expected", "whole_day"), MOMENTS)
def test_moments_of_the_command_line(raw: str, expected: str, whole_day: bool) -> None:
    """A text that names a day gives that day's start and says so; a moment stays exact."""
    assert parse_moment(raw, now=NOW) == (beijing(expected), whole_day)


@pytest.mark.parametrize(
    "raw", ["", "2022-02-30", "2022-03", "3月", "nonsense", "1989-12-31", "2026-11-28", "3", "lately"]
)
def test_moments_refused(raw: str) -> None:
    """Nonsense, incomplete days, and what lies before 1990 or more than a day ahead are no moments."""
    with pytest.raises(ValueError):
        parse_moment(raw, now=NOW)


def article(published_raw: str) -> Article:
    """Return an item as a spider would hand it over."""
    return Article("eastmoney", "202609183878840472", "", (), NOW, published_raw=published_raw)


def test_stage_writes_and_counts() -> None:
    """The stage writes published_at, touches nothing else and counts the form."""
    crawler = get_crawler()
    stage = NormalizeDate.from_crawler(crawler)
    item = article("2026/09/19 01:09:08")
    before = ItemAdapter(item).asdict()
    assert stage.process_item(item) is item
    assert ItemAdapter(item).asdict() == before | {"published_at": beijing("2026-09-19 01:09:08")}
    stage.process_item(article("3分钟前"))
    assert crawler.stats.get_value("news/dates/exact") == 1
    assert crawler.stats.get_value("news/dates/relative") == 1


@pytest.mark.parametrize("raw", ["", "2月30日", "2099-01-01", None])
def test_stage_refuses(raw: str | None) -> None:
    """The stage refuses an unreadable time with source, id and value, and never takes the crawl's moment instead."""
    crawler = get_crawler()
    item = article(raw)  # type: ignore[arg-type]
    with pytest.raises(InvalidDate, match="eastmoney:202609183878840472"):
        NormalizeDate.from_crawler(crawler).process_item(item)
    assert item.published_at is None
    assert crawler.stats.get_value("news/dates/refused") == 1


def test_captures(captures: Path) -> None:
    """Every time that the captured answers show is read, and list and article agree where both show one."""
    shown = re.compile(
        r'"(?:showTime|showtime|Art_ShowTime|display_time|eiTime|notice_date|updateTime|showDateTime|ctime)"'
        r'\s*:\s*(?:"([^"]+)"|(\d+))'
    )
    texts = {
        text or number
        for path in captures.iterdir()
        for text, number in shown.findall(path.read_text(encoding="utf-8", errors="replace"))
    }
    assert len(texts) > 60
    for text in texts:
        parse_published(text, crawled_at=NOW)
    pair = [parse_published(text, crawled_at=NOW) for text in ("2026-09-19 01:09:08", "2026/09/19 01:09:08")]
    assert {"2026-09-19 01:09:08", "2026/09/19 01:09:08"} <= texts
    assert pair[0] == pair[1]


MOMENT = st.datetimes(datetime(1990, 1, 2), datetime(2099, 12, 31), timezones=st.just(BEIJING), allow_imaginary=False)
PIECES = st.sampled_from(
    [
        "年",
        "月",
        "日",
        "号",
        "时",
        "点",
        "分",
        "秒",
        ":",
        "：",
        "-",
        "/",
        ".",
        "T",
        "Z",
        "+",
        "0800",
        "UTC",
        "前",
        "刚刚",
        "昨天",
        "前天",
        "周一",
        "上周日",
        "上午",
        "下午",
        "晚上",
        "凌晨",
        "半",
        "刻",
        "个",
        "小时",
        "天",
        "ago",
        "days",
        "March",
        "am",
        "pm",
        "2022",
        "2",
        "30",
        "12",
        "19",
        "03",
        "3",
        "1",
        "0",
        "99999",
        "二〇二二",
        "十二",
        "廿",
        "发布时间",
        "来源",
        "星期",
        "去年",
        "\u3000",
        "�",
        "\x00",
        "１２",
        "٣",
        "²",
        "Ⅻ",
        "㋂",
        "㏡",
    ]
)


@PROPERTY
@given(
    raw=st.one_of(
        st.text(max_size=60), st.lists(PIECES, max_size=14).map("".join), st.lists(PIECES, max_size=12).map(" ".join)
    )
)
def test_any_text_gives_a_moment_or_a_reason(raw: str) -> None:
    """Any text gives a moment within the bounds, or ValueError; never another exception."""
    for read in (lambda: parse_published(raw, crawled_at=NOW), lambda: parse_moment(raw, now=NOW)[0]):
        try:
            found = read()
        except ValueError:
            continue
        assert beijing("1990-01-01") <= found <= NOW + timedelta(days=1)
        assert found.tzinfo == BEIJING
        assert found.microsecond == 0


@PROPERTY
@given(
    raw=st.sampled_from([raw for raw, _ in EXACT + RELATIVE] + ["1e5年前", "半年前", "99999个月前", "周日 24:00"]),
    now=st.datetimes(timezones=st.timezones()),
)
def test_any_moment_of_the_answer(raw: str, now: datetime) -> None:
    """Whatever moment an answer claims to have, a text gives a moment at most a day after it, or ValueError."""
    try:
        found = parse_published(raw, crawled_at=now)
    except ValueError:
        return
    assert beijing("1990-01-01") <= found <= now + timedelta(days=1)


@PROPERTY
@given(when=MOMENT, offset=st.integers(-12 * 60, 14 * 60))
def test_every_writing_of_a_moment_leads_back_to_it(when: datetime, offset: int) -> None:
    """A moment written in any exact form is read back to the second."""
    second = when.replace(microsecond=0)
    there = second.astimezone(timezone(timedelta(minutes=offset)))
    written = [
        f"{second:%Y-%m-%d %H:%M:%S}",
        f"{second:%Y/%m/%d %H:%M:%S}",
        f"{second:%Y.%m.%d %H:%M:%S}",
        f"{second:%Y-%m-%d %H:%M:%S}:123",
        f"{second:%Y年%m月%d日 %H时%M分%S秒}",
        f"发布时间：{second.year}年{second.month}月{second.day}日 {second:%H:%M:%S} 来源：国际金融报",
        f"{second:%Y%m%d%H%M%S}",
        f"{second:%b %d, %Y %I:%M:%S %p}",
    ]
    # A zoned text names the moment; a bare one the time of day, and only that can be compared at a change of the clocks.
    for raw in written:
        assert parse_published(raw, crawled_at=second + timedelta(hours=3)).replace(fold=0) == second.replace(fold=0), (
            raw
        )
    for raw in (there.isoformat(), format_datetime(there), str(int(second.timestamp()))):
        found = parse_published(raw, crawled_at=second + timedelta(hours=3))
        assert found.timestamp() == second.timestamp(), raw


@PROPERTY
@given(when=MOMENT, minutes=st.integers(0, 363 * 1440))
def test_yearless_days_find_their_year(when: datetime, minutes: int) -> None:
    """A month-day without year, shown within a year before the answer, finds its year."""
    second = when.replace(second=0, microsecond=0)
    now = second.replace(tzinfo=None) + timedelta(minutes=minutes)
    raw = f"{second:%m月%d日 %H:%M}"
    assert parse_published(raw, crawled_at=now.replace(tzinfo=BEIJING)).replace(fold=0) == second.replace(fold=0)


def cost(call: Callable[[], object], times: int) -> float:
    """Return the best cost of a call in seconds: the noise of a busy machine only adds."""
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(times):
            call()
        best = min(best, (time.perf_counter() - began) / times)
    return best


@pytest.mark.parametrize(
    "raw",
    ["2026-09-19 01:09:08", "2026/09/19 01:09:08", "2026年08月19日 17:46", "1653919229000", "2026-04-14 17:39:18:800"],
)
def test_exact_forms_are_cheap(raw: str) -> None:
    """An exact form costs less than 20 microseconds (100 on a busy machine)."""
    assert cost(lambda: parse_published(raw, crawled_at=NOW), 500) < 100e-6


@pytest.mark.parametrize("raw", ["3分钟前", "昨天 22:15", "周一 09:30", "03月01日 12:19", "刚刚"])
def test_relative_forms_are_cheap(raw: str) -> None:
    """A relative form costs less than 300 microseconds (1000 on a busy machine)."""
    assert cost(lambda: parse_published(raw, crawled_at=NOW), 200) < 1000e-6


@pytest.mark.parametrize(
    "raw",
    [
        "1" * 1_000_000,
        " " * 1_000_000,
        "1 " * 95,
        "1年" * 60,
        "上午" * 90,
        "1个半" * 60,
        "个半小时" * 50,
        "2022-" * 38,
        "a" * 190,
    ],
)
def test_hostile_lengths_are_refused_quickly(raw: str) -> None:
    """Long and repetitive texts are refused within milliseconds."""

    def refused() -> None:
        with pytest.raises(ValueError):
            parse_published(raw, crawled_at=NOW)

    assert costs_less(refused, 0.25)


def test_dateparser_is_imported_late() -> None:
    """Reading every known form imports no dateparser: a quiet run must not pay for it."""
    code = (
        "import sys\nfrom datetime import datetime, UTC\nfrom pipelines.dates import parse_published\n"
        "now = datetime(2026, 11, 26, tzinfo=UTC)\n"
        "[parse_published(raw, crawled_at=now) for raw in ('2022-03-01', '3分钟前', '2022年3月1日 12:19')]\n"
        "assert 'dateparser' not in sys.modules"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root, env=os.environ | {"PYTHONPATH": str(root)})
