"""新浪财经: whole crawls against a server that speaks its dialect (synthetic texts)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from crawling import crawl, query, window
from dialect import speak

from newscrawler import sina
from newscrawler.errors import LayoutError, NoArticle

BEIJING = ZoneInfo("Asia/Shanghai")
END = datetime(2026, 3, 10, tzinfo=BEIJING)
DAYS = window(END - timedelta(days=5), END + timedelta(hours=1))
FEED, LIVE, PAGES = "feed.mix.sina.com.cn", "zhibo.sina.com.cn", "finance.sina.com.cn"


def key(number: int) -> str:
    """The id of a made-up article."""
    return f"inabcdefg{number:07d}"


def roll_row(number: int, at: datetime) -> dict[str, Any]:
    """A made-up row of a roll list."""
    url = f"https://{PAGES}/roll/{at:%Y-%m-%d}/doc-{key(number)}.shtml"
    return {
        "docid": f"comos:{number}",
        "url": url,
        "title": f"样例第{number}条：虚构的消息",
        "ctime": str(int(at.timestamp())),
        "media_name": "证券时报" if number % 2 else "新浪财经",
        "intro": "虚构的摘要",
    }


def live_row(number: int, at: datetime) -> dict[str, Any]:
    """A made-up row of the 7x24 feed."""
    stocks = [{"market": "cn", "symbol": "sh605901", "key": "样例酒业"}] if number == 1 else []
    return {
        "id": 4_000_000 + number,
        "rich_text": f"【样例快讯{number}】虚构的第{number}条快讯，数值为{number * 3}。",
        "create_time": f"{at:%Y-%m-%d %H:%M:%S}",
        "docurl": "",
        "tag": [],
        "ext": json.dumps({"stocks": stocks}),
    }


def page(number: str) -> str:
    """A made-up article's page."""
    return f"""<html><head><title>t_新浪财经</title></head><body><h1 class="main-title">样例标题{number}</h1>
<div class="date-source"><span class="date">2026年03月09日 10:00</span> <a class="source">证券时报</a></div>
<div class="article" id="artibody"><p>　　虚构的正文{number}，第一段。</p><p>　　第二段提到样例酒业（605901.SH）。</p></div>
</body></html>"""


class Source:
    """The dialect: two lists and pages; `shift` new rows appear between two pages of the roll list."""

    def __init__(self, *, shift: int = 0) -> None:
        old = END - timedelta(days=40)
        self.roll = [roll_row(number, END - timedelta(hours=number)) for number in range(110)]
        self.roll.append(roll_row(9_999_999, old))
        self.live = [live_row(number, END - timedelta(minutes=45 * number)) for number in range(150)]
        self.live.append(live_row(999_999, old))
        self.shift = shift

    def __call__(self, path: str, asked: dict[str, str]) -> Any:
        """Answer one request."""
        if path == f"{FEED}/api/roll/get":
            number, size = int(asked["page"]), int(asked["num"])
            if number == 2 and self.shift:
                self.roll[:0] = [roll_row(800_000 + n, END + timedelta(minutes=n)) for n in range(self.shift)]
                self.shift = 0
            found = self.roll[(number - 1) * size : number * size]
            return {"result": {"status": {"code": 0, "msg": "succ"}, "total": len(self.roll), "data": found}}
        if path == f"{LIVE}/api/zhibo/feed":
            number, size = int(asked["page"]), int(asked["page_size"])
            found = self.live[(number - 1) * size : number * size]
            return {"result": {"status": {"code": 0}, "data": {"feed": {"list": found}}}}
        if path.startswith(PAGES):
            return page(path.rpartition("-")[2].removesuffix(".shtml"))
        return None


@pytest.mark.parametrize("shift", [0, 7])
def test_a_whole_crawl(tmp_path: Path, shift: int) -> None:
    """Both lists are stored whole, each article fetched once, also when rows slide to the next page; again asks nothing."""
    made = Source(shift=shift)
    inside = {key(number) for number in range(110)} | {f"live-{4_000_000 + number}" for number in range(150)}
    with speak(made) as source:
        run = crawl(tmp_path, source.address, spider="sina", channels="财经,7x24", **DAYS)
        assert run.status == 0, run.errors
        stored = {name for (name,) in query(tmp_path, "SELECT article_id FROM articles")}
        assert stored >= inside
        assert key(9_999_999) not in stored
        assert run.counts["listed"] == run.counts["inserted"] == len(stored)
        pages = [path for path, _ in source.asked if path.startswith(PAGES)]
        assert len(pages) == len(set(pages)) == len([name for name in stored if not name.startswith("live-")])
        source.asked.clear()
        again = crawl(tmp_path, source.address, spider="sina", channels="财经,7x24", **DAYS)
        assert again.status == 0
        assert source.count(PAGES) == 0
    ((title, media, body, at),) = query(
        tmp_path, "SELECT title, media, body_text, published_at FROM articles WHERE article_id = ?", key(1)
    )
    assert (title, media) == (f"样例标题{key(1)}", "证券时报")
    assert body.splitlines()[0].startswith("虚构的正文")
    assert at[:19] == "2026-03-09 15:00:00"  # the list's second, not the page's minute
    assert ("605901.SH", "tag") in query(
        tmp_path,
        "SELECT symbol, origin FROM article_securities s JOIN articles a ON a.id = s.article WHERE article_id = ?",
        "live-4000001",
    )
    assert query(tmp_path, "SELECT title FROM articles WHERE article_id = 'live-4000002'") == [("样例快讯2",)]


def test_a_crawl_that_was_cut_short(tmp_path: Path) -> None:
    """After a run that took a part, the same window again fetches only the rest, and then asks nothing."""
    with speak(Source()) as source:
        first = crawl(tmp_path, source.address, spider="sina", channels="财经", limit=70, **DAYS)
        assert (first.status, first.counts["inserted"]) == (0, 70)
        source.asked.clear()
        rest = crawl(tmp_path, source.address, spider="sina", channels="财经", **DAYS)
        assert rest.status == 0, rest.errors
        assert rest.counts["inserted"] == source.count(PAGES) == 110 - 70
        source.asked.clear()
        assert crawl(tmp_path, source.address, spider="sina", channels="财经", **DAYS).status == 0
        assert source.asked == []


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"result": {"status": {"code": 1, "msg": "error"}}}, 6),
        ({"result": {"status": {"code": 0}, "data": None}}, 6),
        ({}, 6),
        ("<html>访问过于频繁</html>", 4),
        ({"result": {"status": {"code": 0}, "total": 0, "data": []}}, 3),
    ],
)
def test_what_is_no_list(tmp_path: Path, said: Any, status: int) -> None:
    """An answer that is no list never reads as no news."""
    with speak(lambda _path, _asked: said) as source:
        run = crawl(tmp_path, source.address, spider="sina", channels="roll:2516", **DAYS)
    assert run.status == status, run.errors


def test_pages() -> None:
    """A page without its body, or with an empty one, holds no article; the known parts are read."""
    with pytest.raises(NoArticle):
        sina.read_page("<html><body>x</body></html>", "x")
    with pytest.raises(NoArticle):
        sina.read_page('<html><div id="artibody"> </div></html>', "x")
    answer = sina.read_page(page("1"), "x")
    assert (answer.title, answer.media, answer.published) == ("样例标题1", "证券时报", "2026年03月09日 10:00")


@pytest.mark.parametrize(
    "url", ["", "javascript:x", "https://evil.example/doc-inabcdefg0000001.shtml", "https://finance.sina.com.cn/x"]
)
def test_bad_rows(url: str) -> None:
    """A row whose address is not one of Sina's articles is kept and named."""
    listing = sina.read_roll({"result": {"data": [{**roll_row(1, END), "url": url}, None]}}, "roll:2516", "x")
    assert listing.rows == []
    assert len(listing.bad) == 2
    with pytest.raises(LayoutError):
        sina.read_live({"result": {"data": []}}, "live:152", "x")


def test_bad_arguments(tmp_path: Path) -> None:
    """An unknown list is one line, exit 2."""
    run = crawl(tmp_path, "http://127.0.0.1:9", spider="sina", channels="roll:x", settings={"LOG_LEVEL": "ERROR"})
    assert run.status == 2
    assert "7x24" in run.errors
