"""The sample source in bulk: thousands of generated articles, none of them held, served from a process of their own."""

from __future__ import annotations

import json
import re
import tracemalloc
import urllib.error
import urllib.request
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

import pytest

from newscrawler.sample import BulkSite, Site
from tests.serve import COLUMN, Remote, serve_process

BULK = ("column:344", "column:350", "flash:102", "flash:103")


@pytest.mark.parametrize("channel", BULK)
def test_bulk_list_is_every_article_of_the_channel(channel: str) -> None:
    """A channel's positions hold exactly its articles, newest first, some of them shared with another channel."""
    site = BulkSite(articles=1234, days=3, channels=BULK)
    expected = [number for number in range(1234) if channel in site.make(number, body=False).channels]
    listed = [entry for start in range(0, 1400, 200) for entry in site.listed(channel, start, 200)]
    assert [int(entry.key) for entry in listed] == expected
    assert site.total(channel) == len(expected)
    assert [entry.at for entry in listed] == sorted((entry.at for entry in listed), reverse=True)
    assert any(len(entry.channels) == 2 for entry in listed)
    assert all(site.window[0] <= entry.at < site.window[1] for entry in listed)


@pytest.mark.parametrize(("columns_asked", "reach"), [(["102"], None), (["102", "103"], None), (["102"], 50)])
def test_bulk_cursor_tiles_the_flash_list(columns_asked: list[str], reach: int | None) -> None:
    """Following the cursor through generated flash news gives every row once, as far as the list reaches."""
    site = BulkSite(articles=1000, days=2, channels=BULK, reach=reach)
    asked = {f"flash:{column}" for column in columns_asked}
    expected = [number for number in range(1000) if asked & set(site.make(number, body=False).channels)][:reach]
    seen: list[int] = []
    cursor = ""
    while rows := site.flashes(columns_asked, cursor, 33):
        seen += [int(entry.key) for entry in rows]
        cursor = rows[-1].cursor
    assert seen == expected


def trigrams(text: str) -> set[str]:
    """Return the trigrams of a body's text."""
    text = re.sub(r"<[^>]+>", "", text)
    return {text[start : start + 3] for start in range(len(text) - 2)}


def test_bulk_articles_are_real_ones() -> None:
    """A code leads back to its article; bodies have the size asked for, share little, but for the stories' second tellings."""
    site = BulkSite(articles=5000, days=30, body_bytes=5000)
    made = [site.make(4999 - serial) for serial in range(40, 60)]
    assert all(site.entry(entry.code) == entry for entry in made)
    assert site.entry("202603013661000101") is site.entry("nonsense") is None
    assert all(5000 <= len(entry.body.encode()) < 7000 for entry in made)
    sets = [trigrams(entry.body) for entry in made]
    likeness = [len(one & two) / len(one | two) for one, two in pairwise(sets)]
    assert [number + 41 for number, value in enumerate(likeness) if value > 0.8] == [49]
    assert sorted(likeness)[-2] < 0.2
    assert len({entry.title for entry in made}) == len({entry.body for entry in made}) == len(made)


def test_bulk_holds_nothing_in_memory() -> None:
    """Paging through 100,000 articles takes no memory that grows with them."""
    site = BulkSite(articles=100_000, days=300)
    site.listed("column:344", 0, 200)
    tracemalloc.start()
    for start in range(0, 50_000, 5_000):
        assert len(site.listed("column:344", start, 200)) == 200
        assert site.make(start).body
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.parametrize(
    "arguments",
    [{"articles": 0}, {"articles": 100_000, "days": 1}, {"channels": ["344"]}, {"channels": []}],
)
def test_bulk_refuses_nonsense(arguments: dict[str, Any]) -> None:
    """A bulk site that cannot be is refused with the reason."""
    with pytest.raises(ValueError, match=r"articles over|channels"):
        BulkSite(**arguments)


def test_server_in_a_process_of_its_own() -> None:
    """`python -m newscrawler.sample` prints its address, serves, can be told to misbehave, and ends when told to."""
    path = "/np-listapi.eastmoney.com/comm/web/getNewsByColumns"
    with serve_process("--articles", "5000", "--channels", "column:344") as remote:
        with urllib.request.urlopen(
            f"{remote.address}{path}?{urlencode(COLUMN | {'page_size': 500})}", timeout=10
        ) as answer:
            data = json.load(answer)["data"]
        assert (data["totle_hits"], data["page_size"], len(data["list"])) == (5000, 200, 200)
        remote.faults({"what": "403", "where": "list", "times": 1})
        with pytest.raises(urllib.error.HTTPError, match="403") as caught:
            urllib.request.urlopen(f"{remote.address}{path}?{urlencode(COLUMN)}", timeout=10)
        caught.value.close()
        assert remote.counts() == {"list": 2}
        assert [asked["kind"] for asked in remote.requests()] == ["list", "list"]
        with pytest.raises(urllib.error.HTTPError, match="400") as caught:
            remote.faults({"what": "no such fault"})
        assert "no fault is called" in caught.value.read().decode()
        caught.value.close()
        remote.reset()
        assert remote.counts() == {}


def test_epoch_of_a_server_in_another_process() -> None:
    """The source in another process moves to its second epoch when told to."""
    code = Site().find("revised").code
    with serve_process() as remote:
        before = ask_title(remote, code)
        remote.epoch(1)
        assert ask_title(remote, code) == Site(epoch=1).find("revised").title != before


def ask_title(remote: Remote, code: str) -> str:
    """Ask the article API for a title."""
    with urllib.request.urlopen(f"{remote.address}/newsinfo.eastmoney.com/kuaixun/v2/api/article/{code}") as answer:
        return str(json.load(answer)["data"]["Art_Title"])
