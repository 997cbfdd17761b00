"""East Money's research reports, read: report/list, and the text on a report's page. Pure functions.

Source: the fields that captures of 2026-09 and maintained public code of 2026 name; no whole answer was at hand, so every
field but id, title and day may be missing or of another type.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from html import escape
from typing import Any
from urllib.parse import urlencode

from parsel import Selector

from newscrawler.answers import Answer, count_of, refuse, text_of
from newscrawler.eastmoney_filings import words
from newscrawler.errors import LayoutError, NoArticle, SourceArgumentError
from newscrawler.listing import Listing, Row
from pipelines.research import Research
from pipelines.securities import from_report
from pipelines.text import clean_line

LIST = "https://reportapi.eastmoney.com/report/list?"
PAGE = "https://data.eastmoney.com/report/{}.jshtml?infocode={}"
PDF = "https://pdf.dfcfw.com/pdf/H3_{}_1.pdf"
ROWS = 100
KINDS = {
    "0": ("stock", "个股", "zw_stock"),
    "1": ("industry", "行业", "zw_industry"),
    "2": ("macro", "宏观", "zw_macresearch"),
}
"""Kinds of reports by `qType`: our name, the site's, and the page of such a report."""
_ID = re.compile(r"AP[0-9]{10,30}")
_AUTHOR = re.compile(r"[0-9]+\.")
FORECASTS = {
    "eps_this_year": "predictThisYearEps",
    "eps_next_year": "predictNextYearEps",
    "eps_after_next": "predictNextTwoYearEps",
    "pe_this_year": "predictThisYearPe",
    "pe_next_year": "predictNextYearPe",
    "pe_after_next": "predictNextTwoYearPe",
}


def read_kinds(text: str) -> list[str]:
    """Turn numbers and names of kinds into channels, each once.

    Raises:
        SourceArgumentError: an unknown word, or none at all.
    """
    numbers = {word: number for number, names in KINDS.items() for word in (number, *names[:2])}
    asked = words(text)
    unknown = [word for word in asked if word not in numbers]
    if unknown or not asked:
        named = f"kind {unknown[0]!r} is unknown" if unknown else "kinds= names no kind"
        there = ", ".join(f"{number} {names[0]} {names[1]}" for number, names in KINDS.items())
        raise SourceArgumentError(f"{named}; there are {there}")
    return list(dict.fromkeys(f"reports:{numbers[word]}" for word in asked))


def list_url(channel: str, days: tuple[date, date], page: int) -> str:
    """Return the address of a page of the reports of some days; the site itself repeats the page's number."""
    query = {
        "industryCode": "*",
        "pageSize": ROWS,
        "industry": "*",
        "rating": "*",
        "ratingChange": "*",
        "beginTime": days[0],
        "endTime": days[1],
        "pageNo": page,
        "fields": "",
        "qType": channel.partition(":")[2],
        "orgCode": "",
        "code": "*",
        "rcode": "",
        "p": page,
        "pageNum": page,
        "pageNumber": page,
    }
    return LIST + urlencode(query, safe="*")


def read_list(payload: Any, channel: str, where: str) -> Listing:
    """Read a page of the list; its `hits` prove whether all reports were read.

    Raises:
        LayoutError: an error answer, or no array.
        Refused: a refusal.
    """
    if not isinstance(payload, Mapping):
        raise LayoutError(f"{where}: JSON is no object")
    rows = payload.get("data")
    if not isinstance(rows, list):
        message = text_of(payload.get("message") or payload.get("msg") or payload.get("error"))
        refuse(message, where)
        raise LayoutError(f"{where}: no array data, message {message[:120]!r}")
    listing = Listing.of(rows, channel, read_row, key="infoCode")
    listing.total = count_of(payload.get("hits"))
    return listing


def read_row(raw: Any, channel: str) -> Row:
    """Read one row. A report whose page has no text is still news: who rates what how.

    Raises:
        ValueError: no object, no id, no title, no day, or an unknown kind of report.
    """
    if not isinstance(raw, Mapping):
        raise ValueError(f"row is no object but {str(raw)[:60]!r}")  # noqa: TRY004 - one error for every bad row
    key = text_of(raw.get("infoCode")).strip()
    if not _ID.fullmatch(key):
        raise ValueError(f"no report's id but {key[:60]!r}")
    title = text_of(raw.get("title"))
    if not clean_line(title):
        raise ValueError(f"row {key} has no title")
    published = text_of(raw.get("publishDate"))
    if not published:
        raise ValueError(f"row {key} has no day")
    number = channel.partition(":")[2]
    if number not in KINDS:
        raise ValueError(f"{channel!r} is no kind of reports")
    research = research_of(raw, channel)
    return Row(
        article_id=key,
        url=PAGE.format(KINDS[number][2], key),
        title=title,
        summary="",
        media=research.organisation,
        author="、".join(research.authors),
        published_raw=published,
        channel=channel,
        kind="flash",
        securities=tuple(from_report(raw)),
        raw=dict(raw),
    )


def research_of(raw: Mapping[str, Any], channel: str) -> Research:
    """Return the fields of a report; what is missing or no number stays empty."""

    def field(*names: str) -> str:
        return next((text for name in names if (text := clean_line(text_of(raw.get(name))))), "")

    pages = field("attachPages")
    return Research(
        kind=KINDS.get(channel.partition(":")[2], ("",))[0],
        organisation=field("orgSName", "orgName"),
        organisation_code=field("orgCode"),
        rating=field("emRatingName", "sRatingName"),
        rating_change=field("ratingChange"),
        industry=field("indvInduName", "industryName"),
        authors=_authors(raw),
        pages=int(pages) if pages.isascii() and pages.isdigit() and len(pages) < 6 else None,
        **{name: _number(raw.get(said)) for name, said in FORECASTS.items()},
    )


def _authors(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the authors' names: `author` is a list of `number.name`, `researcher` the names in one text."""
    given = raw.get("author")
    entries = given if isinstance(given, list) else re.split(r"[,，、;；]", text_of(given))
    names = [
        _AUTHOR.sub("", clean_line(text_of(entry)), count=1) for entry in entries if not isinstance(entry, (list, dict))
    ]
    names = (
        names if any(names) else [clean_line(name) for name in re.split(r"[,，、;；]", text_of(raw.get("researcher")))]
    )
    return tuple(dict.fromkeys(name for name in names if name))


def _number(value: Any) -> float | None:
    try:
        number = float(text_of(value).strip() or "nan")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def read_page(html: str, where: str) -> Answer:
    """Read a report's text from its page.

    Raises:
        NoArticle: the place of the text is empty.
        LayoutError: there is no such place.
        Refused: a ban or verification page.
    """
    root = Selector(text=html)
    place = root.css("div.ctx-content")
    if not place:
        refuse(html, where)
        raise LayoutError(f"{where}: page without div.ctx-content")
    texts = (line.strip() for each in place.css("p") for line in "".join(each.xpath(".//text()").getall()).splitlines())
    paragraphs = [f"<p>{escape(text, quote=False)}</p>" for text in texts if text]
    if not paragraphs:
        raise NoArticle("page without text")
    return Answer(title="", media="", author="", summary="", body="\n".join(paragraphs), published="")
