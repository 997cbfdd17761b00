"""The made-up articles: whole, in the site's own markup, and the same wherever the ten days end."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from newscrawler.sample import CHANNELS, WINDOW, Site, content
from newscrawler.sample.model import BEIJING


def test_bodies_use_only_markup_that_was_captured(captures: Path) -> None:
    """Every class, id prefix and comment of the sample's bodies occurs in captured bodies or in the dossier beside them."""
    known = "".join(path.read_text("utf-8") for path in captures.iterdir() if path.suffix in {".html", ".md", ".json"})
    known += (captures.parent / "eastmoney.md").read_text("utf-8")
    known = known.replace('\\"', '"').replace("\\u003c", "<")
    bodies = "".join(entry.body for entry in content.entries())
    for css in set(re.findall(r'class="([^"]+)"', bodies)):
        assert css in known, css
    for prefix in set(re.findall(r'id="([A-Za-z]+[._])', bodies)):
        assert f'id="{prefix}' in known, prefix
    for comment in set(re.findall(r"<!--.*?-->", bodies)):
        assert comment in known, comment


KINDS = {
    "nested chart comments": r"<!-- EM_StockImg_Start --><p[^>]*><br /></p><!-- EM_StockImg_Start -->",
    "chart comment inside a paragraph": r"。<!-- EM_StockImg_Start --></p>",
    "chart without link": r'center;"><img src="https://webquotepic',
    "first mention": r'<span id="stock_1\.\d+"><a [^>]*class="keytip"[^>]*>[^<]+</a></span><span id="quote_',
    "later mention": r'<span web="1" [^>]*class="em_stock_key_common"',
    "board": r'<span id="bk_90\.BK\d+">',
    "Hong Kong": r'<span id="Info\.116\.\d{5}"><a [^>]*data-code="116,\d{5}"',
    "United States": r'<span id="stock_10[56]\.[A-Z]+">',
    "form of 2019": r'<span id="stock_NASDAQ_',
    "glossary": r'class="infokey"',
    "table": r'<table border="0" class="cms_autoformat_table">',
    "table in a paragraph": r"<p>[^<]+<table",
    "empty table row": r"<tr><td></td><td></td>",
    "picture": r'<center><img src="https://np-newspic[^"]+_w\d+h\d+\.jpg"',
    "larger picture": r' orginial_src="',
    "picture without scheme": r'<img src="//img\.',
    "advertisement picture": r"em_handle_adv_close",
    "advertisement on top": r"toplink",
    "advertisement block": r"ad_context3",
    "share picker": r"em_xuangu",
    "advertisement for accounts": r"一站式开户交易&gt;&gt;",
    "advertisement for an app": r"打开微信",
    "linked publisher": r'<p class="em_media">（文章来源：[^）]*<span[^）]*</span>[^）]*）</p>',
    "machine-written": r"本文基于AI生产",
    "editor": r"（责任编辑：",
    "spacer": r'<p style="display:none;',
    "heading": r'<h3 class="emh3">',
    "angle brackets": r"&lt;尖括号&gt;",
}


@pytest.mark.parametrize("pattern", KINDS.values(), ids=KINDS.keys())
def test_every_kind_of_markup_occurs(pattern: str) -> None:
    """The sample's bodies show this kind of the site's markup."""
    assert any(re.search(pattern, entry.body) for entry in content.entries())


def test_content_is_whole() -> None:
    """Some sixty entries with keys and codes of their own lie in the window, and the named channels list them all."""
    entries = content.entries()
    assert 58 <= len(entries) <= 75
    assert len({entry.code for entry in entries}) == len({entry.key for entry in entries}) == len(entries)
    assert {entry.at.date() for entry in entries} == {(WINDOW[0] + timedelta(days=day)).date() for day in range(10)}
    assert all(WINDOW[0] <= entry.at < WINDOW[1] for entry in entries)
    named = {f"column:{number}" for number in CHANNELS} | {f"flash:{number}" for number in CHANNELS}
    assert all(named & set(entry.channels) for entry in entries)
    assert any(f"{entry.at:%Y%m%d}" != entry.code[:8] for entry in entries)


def test_second_epoch_revises_one_and_shows_late_rows() -> None:
    """In the second epoch one article has other text, late rows stand below newer ones, and all else is the same."""
    site = Site()
    before = {entry.code: entry for entry in site.entries}
    site.epoch = 1
    after = {entry.code: entry for entry in site.entries}
    late = {after[code].key for code in after.keys() - before.keys()}
    assert late == {"late-row", "late-flash"}
    assert {after[code].key for code in before if after[code] != before[code]} == {"revised"}
    assert site.find("late-row").at < max(entry.at for entry in before.values())


def test_moved_site_keeps_its_distances() -> None:
    """A site moved to another end shows the same articles at the same distance from it, with codes of the new days."""
    now = datetime(2026, 9, 20, 12, 30, tzinfo=BEIJING)
    moved, usual = Site(now=now), Site()
    assert moved.window == (now - timedelta(days=10), now)
    for ours, theirs in zip(moved.entries, usual.entries, strict=True):
        assert now - ours.at == WINDOW[1] - theirs.at
        assert (ours.key, ours.code[8:]) == (theirs.key, theirs.code[8:])
    assert len({entry.code for entry in moved.entries}) == len(moved.entries)
