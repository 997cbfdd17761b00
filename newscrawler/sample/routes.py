"""Which question is answered how: the endpoints of the sample source."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from newscrawler.sample import answers
from newscrawler.sample.answers import Payload
from newscrawler.sample.model import Source

OLD_FLASH_HOST = "newsapi.eastmoney.com"
LIST_HOSTS = ("np-listapi.eastmoney.com", "np-weblist.eastmoney.com")
_ARTICLE = re.compile(r"/kuaixun/v2/api/article/(\w+)")
_PAGE = re.compile(r"/(?:a/|news/1\d+,)(\d{17,23})\.html")
_OLD_FLASH = re.compile(r"/kuaixun/v1/getlist_(\d+)_(\w*?)_(\d+)_(\d+)_\.html")
_CALLBACK = re.compile(r"[A-Za-z_$][\w$.]{0,60}")
_SURROGATE = re.compile("[\ud800-\udfff]")
JSON_TYPE = "application/json;charset=UTF-8"
HTML_TYPE = "text/html; charset=utf-8"
DEFAULT_COLUMN = "345"
"""What is answered where no column is named: the source ignores unknown parameters silently."""
MOST_ROWS = 200
"""A larger page size is answered with this many rows."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request, taken apart."""

    kind: str
    """`list`, `flash`, `article`, `page`, `robots` or `other`."""
    host: str
    path: str
    query: dict[str, str]
    code: str = ""
    """The article asked for."""
    channels: tuple[str, ...] = ()
    """The channels asked for: `column:344`, `flash:102` …"""
    page: int = 1
    """The list page asked for; of flash news: 1 without a cursor, else 2."""


def read(target: str) -> Question:
    """Take a request's target apart: `/HOST/PATH?QUERY`."""
    before, _, after = target.partition("?")
    host, _, rest = before.lstrip("/").partition("/")
    path = f"/{rest}"
    query = dict(parse_qsl(after, keep_blank_values=True))
    if path == "/robots.txt":
        return Question("robots", host, path, query)
    if host in LIST_HOSTS and path == "/comm/web/getNewsByColumns":
        column = query.get("column") or DEFAULT_COLUMN
        channels: tuple[str, ...] = (f"column:{column}",)
        return Question("list", host, path, query, channels=channels, page=_number(query.get("page_index"), 1))
    if host in LIST_HOSTS and path == "/comm/web/getFastNewsList":
        channels = tuple(f"flash:{column}" for column in query.get("fastColumn", "").split(","))
        return Question("flash", host, path, query, channels=channels, page=2 if query.get("sortEnd") else 1)
    if host == OLD_FLASH_HOST and (found := _OLD_FLASH.fullmatch(path)):
        return Question("flash", host, path, query, channels=(f"flash:{found[1]}",), page=int(found[4]))
    if host == "newsinfo.eastmoney.com" and (found := _ARTICLE.fullmatch(path)):
        return Question("article", host, path, query, code=found[1])
    if host.endswith(".eastmoney.com") and (found := _PAGE.fullmatch(path)):
        return Question("page", host, path, query, code=found[1])
    return Question("other", host, path, query)


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else default


def columns(source: Source, question: Question, *, hidden: int = 0) -> Payload:
    """Answer `getNewsByColumns`; `hidden` newest rows are not there."""
    query = question.query
    for name in ("client", "biz", "req_trace"):
        if name not in query:
            return answers.missing_parameter(name)
    channel = question.channels[0]
    index = max(question.page, 1)
    size = min(max(_number(query.get("page_size"), 20), 1), MOST_ROWS)
    found = source.listed(channel, hidden + (index - 1) * size, size)
    rows = [answers.column_row(entry) for entry in found]
    return answers.column_list(
        rows, trace=query["req_trace"], index=index, size=size, total=source.total(channel) - hidden
    )


def flashes(source: Source, question: Question) -> Payload:
    """Answer `getFastNewsList`."""
    query = question.query
    for name in ("client", "biz", "fastColumn", "sortEnd", "req_trace"):
        if name not in query:
            return answers.missing_parameter(name)
    wanted = query["fastColumn"].split(",")
    size = min(max(_number(query.get("pageSize"), 50), 1), MOST_ROWS)
    rows = [answers.flash_row(entry) for entry in source.flashes(wanted, query["sortEnd"], size)]
    return answers.flash_list(rows, trace=query["req_trace"], total=source.total(f"flash:{wanted[0]}"))


def old_flashes(source: Source, question: Question) -> str:
    """Answer `kuaixun/v1`: past the last page it repeats that page."""
    found = _OLD_FLASH.fullmatch(question.path)
    column, variable, size, page = found.groups() if found else ("102", "", "50", "1")
    channel, count = f"flash:{column}", min(max(int(size), 1), MOST_ROWS)
    pages = max(-(-source.total(channel) // count), 1)
    index = min(max(int(page), 1), pages)
    rows = [answers.old_flash_row(entry) for entry in source.listed(channel, (index - 1) * count, count)]
    text = dumps({"rc": 1, "me": "", "LivesList": rows, "PageCount": pages})
    return f"var {variable}={text}" if variable else text


def article(source: Source, question: Question) -> Payload:
    """Answer the article API."""
    entry = source.entry(question.code.removeprefix("NW"))
    return answers.no_article() if entry is None or entry.api == "none" else answers.article(entry)


def page(source: Source, question: Question) -> str | None:
    """Return the desktop page; None where there is none."""
    entry = source.entry(question.code)
    return answers.page(entry) if entry is not None and entry.page else None


def dumps(payload: Payload) -> str:
    """Write JSON as the source does: Chinese as it is, no blanks; a lone surrogate can only be sent escaped."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() or not _SURROGATE.search(text) else json.dumps(payload)


def wrap(text: str, question: Question) -> str:
    """Wrap an answer as JSONP where a callback was asked for."""
    callback = question.query.get("callback") or question.query.get("cb") or ""
    return f"{callback}({text})" if _CALLBACK.fullmatch(callback) else text
