"""新浪财经's answers, read: roll lists, pages, and the 7x24 feed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from parsel import Selector

from newscrawler.answers import Answer, count_of, first_text, refuse, text_of
from newscrawler.errors import LayoutError, NoArticle
from newscrawler.listing import Listing, Row
from pipelines.securities import from_exchange_codes
from pipelines.text import clean_line, headline

ROLL = "https://feed.mix.sina.com.cn/api/roll/get?"
LIVE = "https://zhibo.sina.com.cn/api/zhibo/feed?"
LIVE_PAGE = "https://finance.sina.com.cn/7x24/{}"
ROWS, LIVE_ROWS = 50, 100
_DOC = re.compile(r"https?://([a-z0-9-]+\.sina\.com\.cn)(/[\w/.-]*?doc-([a-z0-9]{8,40})\.s?html)")


def roll_url(number: str, page: int) -> str:
    """Return the address of a page of a roll list."""
    return ROLL + urlencode({"pageid": 153, "lid": number, "num": ROWS, "page": page})


def live_url(number: str, page: int) -> str:
    """Return the address of a page of the 7x24 feed."""
    query = {"zhibo_id": number, "page": page, "page_size": LIVE_ROWS, "tag_id": 0, "dire": "f", "dpc": 1}
    return LIVE + urlencode(query)


def read_roll(payload: Any, channel: str, where: str) -> Listing:
    """Read a page of a roll list; LayoutError where it is none."""
    result = _result(payload, where)
    rows = result.get("data")
    if not isinstance(rows, list):
        raise LayoutError(f"{where}: no array result.data")
    listing = Listing.of(rows, channel, read_row, key="docid")
    listing.total = count_of(result.get("total"))
    return listing


def read_live(payload: Any, channel: str, where: str) -> Listing:
    """Read a page of the 7x24 feed; LayoutError where it is none."""
    data = _result(payload, where).get("data")
    feed = data.get("feed") if isinstance(data, Mapping) else None
    rows = feed.get("list") if isinstance(feed, Mapping) else None
    if not isinstance(rows, list):
        raise LayoutError(f"{where}: no array result.data.feed.list")
    return Listing.of(rows, channel, read_row, key="id")


def _result(payload: Any, where: str) -> Mapping[str, Any]:
    result = payload.get("result") if isinstance(payload, Mapping) else None
    if not isinstance(result, Mapping):
        raise LayoutError(f"{where}: no object result")
    status = result.get("status")
    code = text_of(status.get("code")) if isinstance(status, Mapping) else "0"
    if code not in ("0", ""):
        message = text_of(status.get("msg")) if isinstance(status, Mapping) else ""
        refuse(message, where)
        raise LayoutError(f"{where}: error answer: code {code}, {message[:120]!r}")
    return result


def read_row(raw: Any, channel: str) -> Row:
    """Read one row of either list; ValueError says what is wrong with it."""
    if not isinstance(raw, Mapping):
        raise ValueError(f"row is no object but {str(raw)[:60]!r}")  # noqa: TRY004 - one error for every bad row
    return _live_row(raw, channel) if channel.startswith("live:") else _roll_row(raw, channel)


def _roll_row(raw: Mapping[str, Any], channel: str) -> Row:
    match = _DOC.fullmatch(text_of(raw.get("url")).split("?", 1)[0])
    if match is None:
        raise ValueError(f"no article address but {text_of(raw.get('url'))[:80]!r}")
    published = text_of(raw.get("ctime"))
    if not published.isdigit():
        raise ValueError(f"row {match[3]} has no time")
    title = text_of(raw.get("title"))
    if not clean_line(title):
        raise ValueError(f"row {match[3]} has no title")
    return Row(
        article_id=match[3],
        url=f"https://{match[1]}{match[2]}",
        title=title,
        summary=text_of(raw.get("intro")),
        media=text_of(raw.get("media_name")),
        published_raw=published,
        channel=channel,
        raw=dict(raw),
    )


def _live_row(raw: Mapping[str, Any], channel: str) -> Row:
    key = text_of(raw.get("id"))
    if not (key.isascii() and key.isdigit()):
        raise ValueError(f"no article id but {key[:60]!r}")
    text = text_of(raw.get("rich_text"))
    title, _ = headline(text)
    if not title:
        raise ValueError(f"row {key} has no text")
    published = text_of(raw.get("create_time"))
    if not published:
        raise ValueError(f"row {key} has no time")
    return Row(
        article_id=f"live-{key}",
        url=LIVE_PAGE.format(key),
        title=title,
        summary=text,
        media="新浪财经",
        published_raw=published,
        channel=channel,
        kind="blog",
        securities=tuple(from_exchange_codes(_stocks(raw.get("ext")), code="symbol", name="key")),
        raw=dict(raw),
    )


def _stocks(ext: Any) -> Any:
    """The `stocks` of a feed row's `ext`, which is JSON in a text."""
    try:
        read = json.loads(ext) if isinstance(ext, str) else ext
    except (ValueError, RecursionError):
        return None
    return read.get("stocks") if isinstance(read, Mapping) else None


def read_page(html: str, where: str) -> Answer:
    """Read an article's page.

    Raises:
        Refused: a verification page.
        NoArticle: no `#artibody`, or an empty one.
    """
    root = Selector(text=html)
    found = root.css("#artibody, #article")
    if not found:
        refuse(html, where)
        raise NoArticle("page without #artibody")
    if not found[0].xpath("normalize-space()").get() and not found[0].css("img, table"):
        raise NoArticle("page with an empty #artibody")
    return Answer(
        title=first_text(root, "h1.main-title", ".main-title", "h1"),
        media=first_text(root, ".date-source .source", ".date-source a", ".date-source span + span"),
        author="",
        summary="",
        body="".join(found[0].xpath("./node()").getall()),
        published=first_text(root, ".date-source .date", ".date-source span", ".date"),
    )
