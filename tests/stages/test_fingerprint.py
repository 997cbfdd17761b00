"""What the fingerprint is made of, and that nothing can break it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.utils.test import get_crawler

from newscrawler.items import Article
from pipelines.fingerprint import Fingerprint, fingerprint


def test_is_the_documented_digest() -> None:
    """The fingerprint is SHA-256 in hex of the UTF-8 of title, newline and text."""
    assert fingerprint("标题", "正文") == hashlib.sha256("标题\n正文".encode()).hexdigest()
    assert fingerprint("a", "b") == "7e18f737311b2dc3b2f269dd78396b0351f14fb66efa879f768cb23181883c78"


def test_tells_title_from_text() -> None:
    """A line that moves from the text into the title is another fingerprint, and so is a changed figure."""
    assert fingerprint("甲", "乙\n丙") != fingerprint("甲\n乙", "丙丁")
    assert fingerprint("甲", "308.76元") != fingerprint("甲", "309.76元")


def test_takes_lone_surrogates_as_replaced() -> None:
    """Half a surrogate pair counts as the U+FFFD that every store would keep for it."""
    assert fingerprint("甲\ud800", "乙") == fingerprint("甲\ufffd", "乙")


@settings(max_examples=100, deadline=None, database=None)
@given(st.text(st.characters()), st.text(st.characters()))
def test_any_text_has_a_fingerprint(title: str, text: str) -> None:
    """Any text gives 64 hexadecimal digits, the same ones each time."""
    digest = fingerprint(title, text)
    assert len(digest) == 64
    assert set(digest) <= set("0123456789abcdef")
    assert digest == fingerprint(title, text)


def test_stage_writes_the_field() -> None:
    """The stage digests title and body_text, and nothing else of the item."""
    item = Article("eastmoney", "1", "https://example.com/1", (), datetime(2026, 1, 1, tzinfo=UTC))
    item.title, item.body_text = "标题", "正文"
    stage = Fingerprint.from_crawler(get_crawler())
    assert stage.process_item(item) is item
    assert item.fingerprint == fingerprint("标题", "正文")
    first = item.fingerprint
    item.body_html, item.summary, item.media = "<p>正文</p>", "导语", "媒体"
    stage.process_item(item)
    assert item.fingerprint == first
