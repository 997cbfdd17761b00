"""East Money's answers, read: lists, articles, pages. Pure functions; the spiders of this source share them.

Source: the endpoints' fields as captured 2022 to 2026; a name with two spellings or types is read in both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from parsel import Selector

from newscrawler.answers import Answer, count_of, first_text, refuse, text_of
from newscrawler.errors import LayoutError, NoArticle
from newscrawler.listing import Listing, Row
from pipelines.securities import from_fund_info, from_stock_list, from_tip_info
from pipelines.text import clean_line, headline

FLASH_PAGE = "https://finance.eastmoney.com/a/{}.html"
BLOG_PAGE = "https://caifuhao.eastmoney.com/news/{}"
EMPTY = ("", "[]", "[Null]", "0")
"""Placeholders of the article API that mean nothing was filled in."""
_ID = re.compile(r"(?:NW)?([0-9A-Za-z_]{6,40})")


def _list_of(payload: Any, name: str, where: str) -> tuple[list[Any], Mapping[str, Any]]:
    """Return the rows under `data.<name>` and `data`; both empty at the end of a list."""
    if not isinstance(payload, Mapping):
        raise LayoutError(f"{where}: JSON is no object")
    code = str(payload.get("code", payload.get("rc", "")))
    if code != "1":
        message = payload.get("message") or payload.get("me") or payload.get("error") or ""
        refuse(str(message), where)
        raise LayoutError(f"{where}: error answer: code {code!r}, message {str(message)[:120]!r}")
    if "data" not in payload:
        raise LayoutError(f"{where}: no field data")
    data = payload["data"]
    if data is None:
        return [], {}
    if not isinstance(data, Mapping) or not isinstance(data.get(name), (list, type(None))) or name not in data:
        raise LayoutError(f"{where}: no array data.{name}")
    return data[name] or [], data


def read_columns(payload: Any, channel: str, where: str) -> Listing:
    """Read an answer of getNewsByColumns; an empty list is the end of it."""
    rows, data = _list_of(payload, "list", where)
    listing = read_rows(rows, channel, "")
    listing.total = count_of(data.get("totle_hits"))  # spelled so
    return listing


def read_flash(payload: Any, channel: str, where: str) -> Listing:
    """Read an answer of getFastNewsList; its cursor asks for the next page."""
    rows, data = _list_of(payload, "fastNewsList", where)
    return read_rows(rows, channel, str(data.get("sortEnd") or ""))


def read_rows(rows: list[Any], channel: str, cursor: str, *, key: str = "code") -> Listing:
    """Read the rows of a list page; those that cannot be read are kept beside the others, under their field `key`."""
    listing = Listing.of(rows, channel, read_row, key=key)
    listing.cursor = cursor
    return listing


def article_id(raw: Any) -> str:
    """Return the id of an article: `NW` is stripped, `NW2022…` and `2022…` are one article; ValueError for no id."""
    match = _ID.fullmatch(str(raw).strip()) if isinstance(raw, (str, int)) and not isinstance(raw, bool) else None
    if match is None:
        raise ValueError(f"no article id but {str(raw)[:60]!r}")
    return match[1]


def page_url(raw: Any, key: str, kind: str) -> str:
    """Return the canonical address: the one answered where it is one of East Money's, else made from the id."""
    if kind == "blog":
        return BLOG_PAGE.format(key)
    try:
        parts = urlsplit(str(raw or ""))
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if re.fullmatch(r"[a-z0-9-]+\.eastmoney\.com", host) and parts.path == f"/a/{key}.html":
        return f"https://{host}{parts.path}"
    return FLASH_PAGE.format(key)


def read_row(raw: Any, channel: str) -> Row:
    """Read one row of a column or of flash news, of the older list of those, too.

    Raises:
        ValueError: no object, no id, no time, or neither title nor text.
    """
    if not isinstance(raw, Mapping):
        raise ValueError(f"row is no object but {str(raw)[:60]!r}")  # noqa: TRY004 - one error for every bad row
    key = article_id(raw.get("code") or raw.get("newsid") or raw.get("id"))
    flash = channel.startswith("flash:")
    source = str(raw.get("np_dst") or raw.get("Np_dst") or raw.get("NP_dst") or "")
    kind = "blog" if source.upper() == "CFH" else "flash" if flash else "article"
    summary = text_of(raw.get("summary") or raw.get("digest"))
    title = text_of(raw.get("title"))
    if not clean_line(title):
        title, _ = headline(summary)
    if not title:
        raise ValueError(f"row {key} has neither title nor text")
    published = text_of(raw.get("showTime") or raw.get("showtime"))
    if not published:
        raise ValueError(f"row {key} has no time")
    return Row(
        article_id=key,
        url=page_url(raw.get("uniqueUrl") or raw.get("url_unique") or raw.get("url_w"), key, kind),
        title=title,
        summary=summary,
        media=text_of(raw.get("mediaName")),
        author=text_of(raw.get("Author")),
        published_raw=published,
        channel=channel,
        kind=kind,
        securities=tuple(from_stock_list(raw.get("stockList"))),
        raw=dict(raw),
    )


def read_answer(payload: Any, where: str) -> Answer:
    """Read an answer of the article API.

    Raises:
        NoArticle: the API has no such article, or an empty one.
        LayoutError: not the shape we know.
    """
    if not isinstance(payload, Mapping):
        raise LayoutError(f"{where}: JSON is no object")
    data = payload.get("data")
    if not data or str(payload.get("success", "1")) != "1":
        refuse(str(payload.get("message") or ""), where)
        raise NoArticle(f"no article: {str(payload.get('message') or 'empty answer')[:120]}")
    if not isinstance(data, Mapping):
        raise LayoutError(f"{where}: data is no object")

    def field(name: str) -> str:
        value = text_of(data.get(name))
        return "" if value in EMPTY else value

    if not field("Art_Content").strip():
        raise NoArticle("article without content")
    return Answer(
        title=field("Art_Title"),
        media=field("Art_Media_Name"),
        author=field("Art_Author_Name"),
        summary=field("Art_Digest") or field("Art_Description"),
        body=field("Art_Content"),
        published=field("Art_ShowTime"),
        url=field("Art_UniqueUrl"),
        securities=(*from_tip_info(field("Art_Tip_Info")), *from_fund_info(field("Art_Fund_Info"))),
    )


def read_page(html: str, where: str) -> Answer:
    """Read a desktop page in any of its known templates.

    Raises:
        Refused: a ban or verification page.
        NoArticle: no `#ContentBody`, or an empty one.
    """
    root = Selector(text=html)
    body = root.css("#ContentBody")
    if not body:
        refuse(html, where)
        raise NoArticle("page without #ContentBody")
    if not body.xpath("normalize-space()").get() and not body.css("img, table"):
        raise NoArticle("page with an empty #ContentBody")
    title = first_text(root, "#topbox .title", ".newsContent h1") or re.sub(
        r"\s*_\s*东方财富网\s*$", "", clean_line(root.css("title").get() or "")
    )
    infos = [clean_line(item) for item in root.css(".infos .item").getall()]
    source = first_text(root, "#topbox .source", ".source", ".sourcebox")
    source = re.sub(r"郑重声明.*$", "", source) or next((i for i in infos[1:] if i), "")
    return Answer(
        title=title,
        media=source,
        author="",
        summary=first_text(root, ".abstract", ".b-review"),
        body="".join(body[0].xpath("./node()").getall()),
        published=infos[0] if infos else first_text(root, ".time", ".time-source", ".Info"),
    )
