"""Entries in the source's own words: list rows, the article API's answer, the desktop page.

**Source**: shapes of the captured answers of 2026-03 to 2026-09; what the article API says of a missing article is not known, the
shape here is a guess.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from newscrawler.sample.markup import INDENT
from newscrawler.sample.model import Entry

Payload = dict[str, Any]
"""A JSON answer."""
_TIP_TYPES = {"0": 999, "1": 999, "105": 1005, "106": 1005, "107": 1005, "90": 1001}
_FUND_PREFIXES = ("1.5", "0.15", "0.16")


@cache
def _read(name: str) -> str:
    return (files("newscrawler.sample") / name).read_text("utf-8")


@cache
def _defaults() -> Payload:
    fields: Payload = json.loads(_read("article_fields.json"))
    return fields


@cache
def _page() -> Template:
    return Template(_read("page.html"))


def numbers(entry: Entry) -> list[str]:
    """Return the column ids of an entry, the main one first; flash ids where it is in no column."""
    columns = [name.partition(":")[2] for name in entry.channels if name.startswith("column:")]
    return columns or [name.partition(":")[2] for name in entry.channels]


def legacy_url(entry: Entry) -> str:
    """Return the older address, whose number is 1000 and the main column."""
    return f"http://{entry.host}.eastmoney.com/news/{1000 + int(numbers(entry)[0])},{entry.code}.html"


def column_row(entry: Entry) -> Payload:
    """Return an entry as a row of `getNewsByColumns`."""
    return {
        "summary": entry.summary,
        "image": entry.image,
        "code": entry.code,
        "np_dst": "CFH" if entry.cfh else "CMS",
        "showTime": f"{entry.at:%Y-%m-%d %H:%M:%S}",
        "uniqueUrl": "" if entry.cfh else entry.url,
        "title": entry.title,
        "mediaName": entry.media,
        "url": entry.url if entry.cfh else legacy_url(entry),
    }


def flash_row(entry: Entry) -> Payload:
    """Return an entry as a row of `getFastNewsList`."""
    return {
        "summary": entry.summary,
        "code": entry.code,
        "titleColor": 3 if entry.important else 0,
        "realSort": entry.cursor,
        "showTime": f"{entry.at:%Y-%m-%d %H:%M:%S}",
        "title": entry.title,
        "share": 0,
        "pinglun_Num": 0,
        "stockList": list(entry.stocks),
        "image": [entry.image] if entry.image else [],
    }


def old_flash_row(entry: Entry) -> Payload:
    """Return an entry as a row of the older `kuaixun/v1` list."""
    shown = f"{entry.at:%Y-%m-%d %H:%M:%S}"
    return {
        "sort": entry.cursor,
        "id": entry.code,
        "newsid": entry.code,
        "url_w": entry.url,
        "url_m": f"https://wap.eastmoney.com/a/{entry.code}.html",
        "url_unique": entry.url,
        "title": entry.title,
        "simtitle": entry.title,
        "digest": entry.summary,
        "simdigest": entry.summary,
        "titlestyle": "3" if entry.important else "0",
        "type": "1",
        "showtime": shown,
        "ordertime": shown,
        "commentnum": "0",
        "image": entry.image,
    }


def column_list(rows: Sequence[Payload], *, trace: str, index: int, size: int, total: int) -> Payload:
    """Wrap rows as `getNewsByColumns` does."""
    data = {"page_index": index, "totle_hits": total, "page_size": size, "list": list(rows)}
    return {"req_trace": trace, "code": "1", "message": "success", "data": data}


def flash_list(rows: Sequence[Payload], *, trace: str, total: int) -> Payload:
    """Wrap rows as `getFastNewsList` does; without rows `data` is null."""
    envelope: Payload = {"req_trace": trace, "code": "1", "message": "success", "data": None}
    if rows:
        envelope["data"] = {"sortEnd": rows[-1]["realSort"], "index": 0, "total": total, "fastNewsList": list(rows)}
    return envelope


def missing_parameter(name: str) -> Payload:
    """Return what the list hosts say when a parameter is missing."""
    return {"code": 0, "message": f"Required String parameter '{name}' is not present"}


def article(entry: Entry) -> Payload:
    """Return the article API's answer; every field is a string."""
    groups: dict[int, list[str]] = {}
    for secid in entry.tagged:
        number = _TIP_TYPES.get(secid.partition(".")[0])
        if number and not secid.startswith(_FUND_PREFIXES):
            groups.setdefault(number, []).append(secid)
    funds = [secid.partition(".")[2] for secid in entry.tagged if secid.startswith(_FUND_PREFIXES)]
    tips = [{"Type": number, "Code": ",".join(secids)} for number, secids in groups.items()]
    shown = f"{entry.at:%Y/%m/%d %H:%M:%S}"
    fields = _defaults() | {
        "Art_Code": entry.code,
        "Art_Title": entry.article_title,
        "Art_OriginalTitle": entry.original_title,
        "Art_ShowTime": shown,
        # An editorial sort key: hours off in both directions, never a date.
        "Art_OrderTime": f"{entry.at:%Y/%m/%d} {(entry.at.hour + 20) % 24:02d}:00:37",
        "Art_Media_Name": entry.media,
        "Art_Author_Name": entry.author,
        "Art_Digest": entry.summary,
        "Art_Description": entry.summary,
        "Art_Guidance": entry.summary,
        "Art_Docu_Reader": entry.summary,
        "Art_Content": "" if entry.api == "empty" else entry.body,
        "Art_Column_List": ",".join(numbers(entry)),
        "Art_Tip_Info": json.dumps(tips, separators=(",", ":")),
        "Art_Fund_Info": ";".join(funds),
        "Art_Fund_InfoV2": json.dumps(funds),
        "Art_Image": entry.image,
        "Art_UniqueUrl": entry.url,
        "Art_Url": legacy_url(entry),
    }
    return {"data": fields, "errorcode": 0, "id": "0", "message": "", "success": 1}


def no_article() -> Payload:
    """Return the article API's answer for an article that it lacks."""
    return {"data": None, "errorcode": 0, "id": "0", "message": "", "success": 0}


def page(entry: Entry) -> str:
    """Return the desktop page: its time has no seconds, and its body always ends with the publisher."""
    body = entry.body
    if entry.media and "文章来源：" not in body:
        body += f'<p class="em_media">（文章来源：{escape(entry.media)}）</p>'
    others = [f"原标题：{escape(entry.original_title)}"] if entry.original_title else []
    others += [f"责任编辑：{escape(entry.editor)}"] if entry.editor else []
    return _page().substitute(
        title=escape(entry.article_title),
        summary=escape(entry.summary),
        shown=f"{entry.at:%Y年%m月%d日 %H:%M}",
        source=f"来源：{escape(entry.media)}" if entry.media else "",
        media=escape(entry.media),
        author=escape(f"作者：{entry.author}") if entry.author else "",
        body=body or f"<p>{INDENT}</p>",
        others="".join(f'<p class="res-edit">{line}</p>' for line in others),
    )
