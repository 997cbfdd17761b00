"""Answers of any source, read as far as every source needs: JSON in its wrappers, pages with their end, refusals."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from dataclasses import dataclass
from typing import Any

from parsel import Selector
from scrapy.http import Response, TextResponse

from newscrawler.errors import CutShort, LayoutError, Refused
from pipelines.text import clean_line

REFUSALS = (
    "页面未找到 - 东方财富网",
    "系统繁忙",
    "安全验证",
    "人机验证",
    "滑动验证",
    "访问过于频繁",
    "captcha",
    "verify.eastmoney",
)
"""Words of ban and verification pages, which come with HTTP 200."""
_JSONP = re.compile(r"^\s*(?:var\s+\w+\s*=|[\w.$]+\s*\()\s*(.*?)\s*\)?\s*;?\s*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an article's own answer says; empty where it says nothing."""

    title: str
    media: str
    author: str
    summary: str
    body: str
    published: str
    url: str = ""
    securities: tuple[tuple[str, str, str], ...] = ()


def refuse(text: str, where: str) -> None:
    """Raise Refused where a page is one of the refusals that are known."""
    for word in REFUSALS:
        if word in text:
            raise Refused(f"{where}: refused ({word})")


def read_json(body: bytes, where: str) -> Any:
    """Parse JSON, JSONP or a script variable.

    Args:
        body: the answer as received. Always UTF-8: what its headers claim is not believed.
        where: address, for the error.

    Raises:
        Refused: a ban or verification page.
        LayoutError: not UTF-8, not JSON.
        CutShort: JSON without its end.
    """
    try:
        text = body.removeprefix(BOM_UTF8).decode()  # the codec for this is written in Python
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            raise CutShort(f"{where}: the answer has no end") from error
        raise LayoutError(f"{where}: not UTF-8 ({error.reason} at byte {error.start})") from error
    bare = text.strip()
    if not bare.startswith(("{", "[")):
        refuse(text, where)
        match = _JSONP.match(bare)
        bare = match[1] if match else bare
    try:
        return json.loads(bare)
    except (ValueError, RecursionError) as error:
        if bare.startswith(("{", "[")) and not bare.endswith(("}", "]")):
            raise CutShort(f"{where}: the answer has no end") from error
        raise LayoutError(f"{where}: no JSON but {text[:60]!r}") from error


def page_text(response: Response) -> str:
    """Return a page's text: UTF-8 where its bytes are UTF-8, whatever the label says, else as labelled.

    Raises:
        LayoutError: no text, or text in neither charset.
        CutShort: a page without its end; nothing else says that it was cut.
    """
    where = response.url
    if not isinstance(response, TextResponse):
        raise LayoutError(f"{where}: no text but {response.headers.get('Content-Type')!r}")
    try:
        text = response.body.decode("utf-8")
    except UnicodeDecodeError:
        text = response.text
    if "\ufffd" in text:
        raise LayoutError(f"{where}: neither UTF-8 nor {response.encoding}")
    if "</html>" not in text[-2000:].lower():
        refuse(text, where)
        raise CutShort(f"{where}: the page has no end")
    return text


def count_of(value: Any) -> int | None:
    """Return a number of rows, as text or number; None for what is none, or no number that a list could have."""
    text = text_of(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def text_of(value: Any) -> str:
    """Return a JSON value as text; nothing is empty text."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def first_text(root: Selector, *rules: str) -> str:
    """Return the clean text of the first rule that matches something with text."""
    for rule in rules:
        text = clean_line(root.css(rule).get() or "")
        if text:
            return text
    return ""
