"""Flash news by other ways: a cursor made from the window's end, and the older list where the newer is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from crawling import crawl, query, window
from dialect import speak
from serve import BulkSite, Server, serve

from newscrawler import eastmoney_flash as flash
from newscrawler.answers import read_json
from newscrawler.eastmoney import read_flash
from newscrawler.errors import LayoutError, ListGone, Refused
from newscrawler.sample.content import WINDOW
from newscrawler.sample.model import BEIJING

NEWER, OLDER = "np-weblist.eastmoney.com", "newsapi.eastmoney.com"
UNTIL = WINDOW[1] - timedelta(days=7)
TWO_DAYS: dict[str, Any] = {"channels": "102", **window(UNTIL - timedelta(days=2), UNTIL)}


@pytest.fixture
def site() -> Iterator[Server]:
    """Ten days with some 200 rows of flash news each."""
    with serve(BulkSite(articles=2000, days=10, body_bytes=300, channels=("flash:102",))) as server:
        yield server


def expected(server: Server) -> set[str]:
    """The ids of the two days, as the source has them."""
    source = server.app.source
    since = UNTIL - timedelta(days=2)
    return {one.code for one in source.listed("flash:102", 0, 2000) if since <= one.at < UNTIL}


def stored(folder: Path) -> set[str]:
    """The ids that were stored."""
    return {key for (key,) in query(folder, "SELECT article_id FROM articles")}


def cursors(server: Server) -> list[str]:
    """The cursors that were sent."""
    return [found[1] for line in server.log if (found := re.search(r"sortEnd=(\d*)", line.target))]


@pytest.mark.parametrize(
    "name",
    ["kuaixun_v1_20260727_fragment.txt", "fast_news_20260616_fragment.json", "fast_news_20260318_fragment.jsonp"],
)
def test_captured_cursors(captures: Path, name: str) -> None:
    """A captured row's cursor is below the one made for its own second, and above that for the second before."""
    payload = read_json((captures / name).read_bytes(), name)
    read = flash.read_old if "LivesList" in payload else read_flash
    for row in read(payload, "flash:102", name).rows:
        shown = datetime.strptime(row.published_raw, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
        cursor = row.raw.get("realSort") or row.raw.get("sort") or f"{int(shown.timestamp())}0{row.article_id[-5:]}"
        assert flash.jump_cursor(shown - timedelta(seconds=1)) < cursor <= flash.jump_cursor(shown)


def test_the_captured_older_list(captures: Path) -> None:
    """The script's rows are read as flash rows: id, title, text, time, the desktop page."""
    name = "kuaixun_v1_20260727_fragment.txt"
    listing = flash.read_old(read_json((captures / name).read_bytes(), name), "flash:102", name)
    first, second = listing.rows
    assert (first.article_id, first.kind, first.title) == (
        "202607273821610750",
        "flash",
        "CPO概念快速拉升 汇绿生态涨停",
    )
    assert first.url == "https://finance.eastmoney.com/a/202607273821610750.html"
    assert first.published_raw == "2026-07-27 10:00:57"
    assert second.summary.startswith("【创业板指涨逾2%")
    assert listing.bad == []
    older = "kuaixun_v1_20260531_fragment.txt"
    cut = flash.read_old(read_json((captures / older).read_bytes(), older), "flash:102", older)
    assert [(bad.article_id, bad.reason) for bad in cut.bad] == [
        ("202605313755182388", "row 202605313755182388 has no time")
    ]


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ([], LayoutError),
        ({"rc": 0, "me": "系统繁忙"}, Refused),
        ({"rc": 1}, LayoutError),
        ({"rc": 0, "LivesList": []}, LayoutError),
    ],
)
def test_what_is_no_older_list(payload: Any, error: type[Exception]) -> None:
    """Errors and refusals are no empty list."""
    with pytest.raises(error):
        flash.read_old(payload, "flash:102", "x")


@pytest.mark.parametrize(
    ("payload", "gone"),
    [
        ({"status": 404, "error": "Not Found", "path": "/comm/web/getFastNewsList"}, True),
        ({"code": "404", "message": "no such interface"}, True),
        ({"code": 0, "message": "Not Found"}, True),
        ({"code": 0, "message": "系统繁忙"}, False),
        ({"code": 0, "message": "Required String parameter 'req_trace' is not present"}, False),
        ({"code": "1", "data": None, "message": "404"}, False),
        ([], False),
    ],
)
def test_no_such_endpoint(payload: Any, gone: bool) -> None:
    """Only an answer that says so is a list that is gone: neither a refusal nor another error."""
    if gone:
        with pytest.raises(ListGone):
            flash.check_gone(payload, "x")
    else:
        flash.check_gone(payload, "x")


def test_a_jump(site: Server, tmp_path: Path) -> None:
    """With jump=1 the first page is the one at the window's end: the same articles with less than half of the list pages."""
    run = crawl(tmp_path, site.address, jump=1, **TWO_DAYS)
    assert run.status == 0, run.errors
    assert stored(tmp_path) == expected(site)
    assert cursors(site)[0] == f"{int(UNTIL.timestamp())}099999"
    jumped = site.counts["flash"]
    assert any("began at 2026-03-04 00:00" in note for note in run.outcome["notes"])
    ((since, until),) = query(tmp_path, "SELECT since, until FROM coverage")
    assert (since[:16], until[:16]) == ("2026-03-01 16:00", "2026-03-03 16:00")
    site.reset()
    plain = crawl(tmp_path / "plain", site.address, **TWO_DAYS)
    assert (plain.status, cursors(site)[0]) == (0, "")
    assert stored(tmp_path / "plain") == expected(site)
    assert jumped * 2 < site.counts["flash"]


def test_a_jumped_window_again(site: Server, tmp_path: Path) -> None:
    """The same window again asks for nothing; a part that a limit left out is jumped to again."""
    first = crawl(tmp_path, site.address, jump=1, limit=150, **TWO_DAYS)
    assert (first.status, first.counts["inserted"]) == (0, 150)
    second = crawl(tmp_path, site.address, jump=1, **TWO_DAYS)
    assert (second.status, stored(tmp_path)) == (0, expected(site))
    articles = [line.code for line in site.log if line.kind == "article"]
    assert len(articles) == len(set(articles))
    site.reset()
    third = crawl(tmp_path, site.address, jump=1, **TWO_DAYS)
    assert (third.status, dict(site.counts)) == (0, {})


def flashes(server: Server, *, cursor: str) -> Any:
    """Answer as the sample does, but treat a cursor that is no row's in another way."""
    import urllib.parse
    import urllib.request

    def answer(path: str, asked: dict[str, str]) -> Any:
        made_up = asked.get("sortEnd", "").endswith("099999")
        if made_up and cursor == "error":
            return {"code": 0, "message": "bad sortEnd"}
        if made_up:
            asked = {**asked, "sortEnd": cursor}
        try:
            with urllib.request.urlopen(f"{server.address}/{path}?{urllib.parse.urlencode(asked)}", timeout=10) as said:
                return said.read()
        except urllib.error.HTTPError:
            return None

    return answer


@pytest.mark.parametrize(
    ("cursor", "why"),
    [
        ("", "which is later"),
        ("error", "bad sortEnd"),
        ("0000000000000000", "no row"),
        (f"{int((UNTIL - timedelta(days=1)).timestamp())}000000", "the newest row is of"),
    ],
)
def test_a_jump_that_does_not_work(site: Server, tmp_path: Path, cursor: str, why: str) -> None:
    """A cursor that the source ignores, refuses as wrong, or reads otherwise is not trusted: the list is paged, and it is noted."""
    with speak(flashes(site, cursor=cursor)) as between:
        run = crawl(tmp_path, between.address, jump=1, **TWO_DAYS)
    assert run.status == 0, run.errors
    assert stored(tmp_path) == expected(site)
    (note,) = [note for note in run.outcome["notes"] if "did not work" in note]
    assert why in note


def test_the_older_list_where_the_newer_is_gone(site: Server, tmp_path: Path) -> None:
    """A list that is gone is read in its older form: the same articles, whole, and the summary says so."""
    site.faults.add("404", where="flash", host=NEWER)
    run = crawl(tmp_path, site.address, **TWO_DAYS)
    assert run.status == 0, run.errors
    assert stored(tmp_path) == expected(site)
    assert any("read by the older list" in note for note in run.outcome["notes"])
    hosts = [line.host for line in site.log if line.kind == "flash"]
    assert hosts.count(NEWER) == 1
    assert len(query(tmp_path, "SELECT * FROM coverage")) == 1
    site.reset()
    assert crawl(tmp_path, site.address, **TWO_DAYS).status == 0
    assert dict(site.counts) == {}


def test_the_older_list_in_spite_of_a_jump(site: Server, tmp_path: Path) -> None:
    """The older list has no cursor, and is paged down."""
    site.faults.add("404", where="flash", host=NEWER)
    run = crawl(tmp_path, site.address, jump=1, **TWO_DAYS)
    assert (run.status, stored(tmp_path)) == (0, expected(site))


def test_a_list_that_goes_while_it_is_paged(site: Server, tmp_path: Path) -> None:
    """A list that is gone in the middle is read in its older form from the top; no article is fetched twice."""
    site.faults.add("404", where="flash", host=NEWER, after=5)
    run = crawl(tmp_path, site.address, **TWO_DAYS)
    assert (run.status, stored(tmp_path)) == (0, expected(site))
    articles = [line.code for line in site.log if line.kind == "article"]
    assert len(articles) == len(set(articles))


@pytest.mark.parametrize(("what", "status"), [("403", 4), ("captcha", 4), ("500", 3), ("no-array", 6)])
def test_never_where_it_refuses(site: Server, tmp_path: Path, what: str, status: int) -> None:
    """A refusal, an error of the server and another shape are no list that is gone: the older one is not asked."""
    site.faults.add(what, where="flash", host=NEWER)
    run = crawl(tmp_path, site.address, settings={"RETRY_TIMES": 0}, **TWO_DAYS)
    assert run.status == status
    assert not any(line.host == OLDER for line in site.log)


def test_both_lists_gone(site: Server, tmp_path: Path) -> None:
    """Where the older list is gone, too, the shape has changed: exit 6, nothing covered."""
    site.faults.add("404", where="flash")
    run = crawl(tmp_path, site.address, **TWO_DAYS)
    assert run.status == 6
    assert query(tmp_path, "SELECT * FROM coverage") == []


def test_a_column_that_is_gone(site: Server, tmp_path: Path) -> None:
    """Columns have no older form."""
    site.faults.add("404", where="list")
    run = crawl(tmp_path, site.address, channels="344", **window(UNTIL - timedelta(days=1), UNTIL))
    assert run.status == 6
    assert not any(line.host == OLDER for line in site.log)


def test_a_bad_argument(tmp_path: Path) -> None:
    """The argument is 0 or 1."""
    run = crawl(tmp_path, "http://127.0.0.1:9", jump="yes")
    assert run.status == 2
    assert "jump=yes" in run.errors
