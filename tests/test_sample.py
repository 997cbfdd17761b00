"""The sample source answers as the real one does: shapes against the captures, lists and articles over real HTTP."""

from __future__ import annotations

import gc
import http.client
import json
import re
import socket
import urllib.error
import warnings
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from newscrawler.sample import Server, Site, content, serve
from newscrawler.sample.model import BEIJING
from tests.serve import COLUMN, FLASH, article, columns, flashes, get


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server of the sixty articles, shared by this file's tests."""
    with serve(Site()) as running:
        yield running


def test_column_list_has_the_captured_shape(server: Server, captures: Path) -> None:
    """Envelope, data and rows of a column list have the capture's keys and types, and are newest first."""
    real = json.loads((captures / "column_344_20260919.json").read_bytes())
    ours = columns(server, page_size=20)
    assert [*real] == [*ours]
    assert set(real["data"]) == set(ours["data"])
    assert (real["code"], type(real["data"]["totle_hits"])) == (ours["code"], type(ours["data"]["totle_hits"]))
    for row in ours["data"]["list"]:
        assert {key: type(value) for key, value in row.items()} == {
            key: type(value) for key, value in real["data"]["list"][0].items()
        }
    times = [row["showTime"] for row in ours["data"]["list"]]
    assert len(times) == 20
    assert times == sorted(times, reverse=True)


def test_missing_parameter_has_the_captured_shape(server: Server, captures: Path) -> None:
    """A list request without `req_trace` is answered with the captured error."""
    real = json.loads((captures / "column_missing_req_trace_202609.json").read_bytes())
    query = {key: value for key, value in COLUMN.items() if key != "req_trace"}
    assert json.loads(get(server, "/np-listapi.eastmoney.com/comm/web/getNewsByColumns", **query)) == real


@pytest.mark.parametrize("name", ["client", "biz", "fastColumn", "sortEnd", "req_trace"])
def test_flash_list_wants_every_parameter(server: Server, name: str) -> None:
    """A flash list request without one of its parameters is refused by name."""
    query = {key: value for key, value in FLASH.items() if key != name}
    answer = json.loads(get(server, "/np-weblist.eastmoney.com/comm/web/getFastNewsList", **query))
    assert answer == {"code": 0, "message": f"Required String parameter '{name}' is not present"}


def test_flash_list_has_the_captured_shape(server: Server, captures: Path) -> None:
    """Flash rows hold every key that captured rows hold, and cursors are made as the captured ones."""
    fragments = [(captures / "fast_news_20260616_fragment.json").read_text("utf-8")]
    jsonp = (captures / "fast_news_20260318_fragment.jsonp").read_text("utf-8")
    fragments.append(jsonp[jsonp.index("(") + 1 : jsonp.rindex(")")])
    ours = flashes(server)
    for text in fragments:
        real = json.loads(text)
        assert set(real) <= set(ours)
        assert set(real["data"]) <= set(ours["data"])
        for row in real["data"]["fastNewsList"]:
            for key, value in row.items():
                assert type(ours["data"]["fastNewsList"][0][key]) is type(value), key
            if "realSort" in row:
                shown = datetime.strptime(row["showTime"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
                assert row["realSort"] == f"{int(shown.timestamp())}0{row['code'][-5:]}"
    last = ours["data"]["fastNewsList"][-1]
    assert ours["data"]["sortEnd"] == last["realSort"]
    assert last["realSort"].endswith("0" + last["code"][-5:])


def test_end_of_flash_list_has_the_captured_shape(server: Server, captures: Path) -> None:
    """After the oldest flash row `data` is null."""
    real = json.loads((captures / "fast_news_empty.json").read_bytes())
    ours = flashes(server, sortEnd="1000000000000000")
    assert {key: ours[key] for key in real} == real


def test_old_flash_list_has_the_captured_shape(server: Server, captures: Path) -> None:
    """The older flash list is a script variable with the captured keys."""
    ours = get(server, "/newsapi.eastmoney.com/kuaixun/v1/getlist_102_ajaxResult_5_1_.html")
    for name in ("kuaixun_v1_20260531_fragment.txt", "kuaixun_v1_20260727_fragment.txt"):
        real = json.loads((captures / name).read_text("utf-8").removeprefix("var ajaxResult="))
        parsed = json.loads(ours.removeprefix("var ajaxResult="))
        assert set(real) <= set(parsed)
        assert all(set(row) <= set(parsed["LivesList"][0]) for row in real["LivesList"])


def test_old_flash_list_repeats_its_last_page(server: Server) -> None:
    """Past its last page the older flash list answers with that page again, and without a variable with plain JSON."""
    first = json.loads(get(server, "/newsapi.eastmoney.com/kuaixun/v1/getlist_102__5_1_.html"))
    last = get(server, f"/newsapi.eastmoney.com/kuaixun/v1/getlist_102__5_{first['PageCount']}_.html")
    assert get(server, "/newsapi.eastmoney.com/kuaixun/v1/getlist_102__5_99_.html") == last
    assert json.loads(last)["LivesList"] != first["LivesList"]


def test_article_has_the_captured_shape(server: Server, captures: Path) -> None:
    """The article API's answer has all captured fields, every one a string, and the same placeholders."""
    real = json.loads((captures / "article_api_202609183878840472.json").read_bytes())
    ours = article(server, content.entries()[-1].code)
    assert set(real) == set(ours)
    assert set(real["data"]) == set(ours["data"])
    assert {type(value) for value in ours["data"].values()} == {str}
    assert (real["success"], real["errorcode"]) == (ours["success"], ours["errorcode"])
    assert re.fullmatch(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d", ours["data"]["Art_ShowTime"])
    assert all(set(tip) == {"Type", "Code"} for tip in json.loads(real["data"]["Art_Tip_Info"]))
    tips = json.loads(article(server, Site().find("us-close").code)["data"]["Art_Tip_Info"])
    assert {(tip["Type"], tip["Code"]) for tip in tips} == {
        (1005, "105.SMPL,106.DEMO"),
        (1001, "90.BK0800"),
        (999, "0.300024"),
    }


def test_special_rows(server: Server) -> None:
    """The rows that programs stumble over are there: without article, without title, blog, page only, empty answer."""
    site = Site()
    assert article(server, site.find("flash-list-only").code) == {
        "data": None,
        "errorcode": 0,
        "id": "0",
        "message": "",
        "success": 0,
    }
    assert article(server, site.find("api-empty").code)["data"]["Art_Content"] == ""
    titles = {row["code"]: row["title"] for row in flashes(server, pageSize=200)["data"]["fastNewsList"]}
    assert titles[site.find("flash-no-title-head").code] == titles[site.find("flash-no-title-no-head").code] == ""
    rows = {row["code"]: row for row in columns(server, page_size=200)["data"]["list"]}
    blog = rows[site.find("blog").code]
    assert (blog["np_dst"], blog["uniqueUrl"], len(blog["code"])) == ("CFH", "", 20)
    assert "&lt;" in rows[site.find("title-angle").code]["title"]


def test_page_has_the_parts_of_the_site(server: Server) -> None:
    """The desktop page holds title, time without seconds, source, body, and other text that is no body."""
    entry = Site().find("api-lacks")
    page = get(server, f"/finance.eastmoney.com/a/{entry.code}.html")
    assert '<div id="topbox">' in page
    assert f"<title>{entry.title} _ 东方财富网</title>" in page
    assert '<div class="item">2026年03月09日 11:25</div>' in page
    assert '<div class="item">来源：央广网</div>' in page
    body = page[page.index('id="ContentBody"') : page.index("<!--文尾部其它信息-->")]
    assert "（文章来源：央广网）" in body
    assert "责任编辑" not in body
    assert page.index("责任编辑：样例二号") > page.index('class="zwothers"')
    assert get(server, f"/stock.eastmoney.com/news/1355,{entry.code}.html") == page


@pytest.mark.parametrize(
    "path",
    [
        "/finance.eastmoney.com/a/202603013661999999.html",
        "/finance.eastmoney.com/a/ccjdd.html",
        "/np-listapi.eastmoney.com/",
        "/elsewhere.invalid/a/202603013661000101.html",
        "/newsinfo.eastmoney.com/kuaixun/v2/api/article/",
        "/_sample/nothing",
        "/",
    ],
)
def test_unknown_addresses_are_not_found(server: Server, path: str) -> None:
    """What the source does not have is answered with 404."""
    with pytest.raises(urllib.error.HTTPError, match="404") as caught:
        get(server, path)
    caught.value.close()


def test_robots_allow_everything(server: Server) -> None:
    """Every host has a robots.txt that allows all."""
    assert get(server, "/np-listapi.eastmoney.com/robots.txt") == "User-agent: *\nAllow: /\n"


def test_callback_gives_jsonp(server: Server) -> None:
    """A callback wraps the same JSON; a callback that is no name is ignored."""
    path = "/np-listapi.eastmoney.com/comm/web/getNewsByColumns"
    plain = get(server, path, **COLUMN)
    assert get(server, path, **COLUMN, callback="jQuery18_1") == f"jQuery18_1({plain})"
    assert get(server, path, **COLUMN, callback="alert(1)") == plain


def test_pages_of_a_column_tile_it(server: Server) -> None:
    """Pages of any size hold every row once, an empty list follows, and `totle_hits` counts them."""
    whole = columns(server, page_size=200)["data"]
    pages = [columns(server, page_size=7, page_index=number)["data"]["list"] for number in range(1, 6)]
    assert [row for page in pages for row in page] == whole["list"]
    assert whole["totle_hits"] == len(whole["list"]) == 29
    assert columns(server, page_size=7, page_index=6)["data"]["list"] == []


def test_cursor_tiles_the_flash_list(server: Server) -> None:
    """Following the cursor gives every row once, rows of one second too, until `data` is null; comma lists are joined."""
    whole = [row["code"] for row in flashes(server, pageSize=200)["data"]["fastNewsList"]]
    seen: list[str] = []
    answer = flashes(server, pageSize=2)
    while answer["data"]:
        seen += [row["code"] for row in answer["data"]["fastNewsList"]]
        answer = flashes(server, pageSize=2, sortEnd=answer["data"]["sortEnd"])
    assert seen == whole
    assert len(set(seen)) == 23
    both = {row["code"] for row in flashes(server, fastColumn="103,106")["data"]["fastNewsList"]}
    single = [flashes(server, fastColumn=column)["data"]["fastNewsList"] for column in ("103", "106")]
    assert both == {row["code"] for rows in single for row in rows}


def test_reach_ends_every_list() -> None:
    """A source that reaches back three rows lists no more, while its articles stay."""
    with serve(Site(reach=3)) as server:
        assert len(columns(server, page_size=20)["data"]["list"]) == columns(server)["data"]["totle_hits"] == 3
        assert columns(server, page_size=3, page_index=2)["data"]["list"] == []
        first = flashes(server, pageSize=2)["data"]
        rest = flashes(server, pageSize=2, sortEnd=first["sortEnd"])["data"]
        assert len(first["fastNewsList"] + rest["fastNewsList"]) == 3
        assert article(server, Site().entries[-1].code)["success"] == 1


def test_requests_are_counted_and_logged(server: Server) -> None:
    """Counts by kind and the log with addresses and headers tell what was asked, until they are reset."""
    server.reset()
    columns(server)
    article(server, "202603013661000101")
    get(server, "/np-weblist.eastmoney.com/robots.txt")
    assert json.loads(get(server, "/_sample/counts")) == dict(server.counts) == {"list": 1, "article": 1, "robots": 1}
    kinds = [(asked.kind, asked.host, asked.code) for asked in server.log]
    assert kinds[1] == ("article", "newsinfo.eastmoney.com", "202603013661000101")
    assert server.log[0].headers["user-agent"].startswith("Python-urllib")
    server.reset()
    assert (dict(server.counts), server.log) == ({}, [])


def test_connection_is_kept_alive_and_pipelined(server: Server) -> None:
    """Many requests go over one connection, also when they arrive at once or in pieces."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.connect()
    sock = connection.sock
    for _ in range(3):
        connection.request("GET", "/a.eastmoney.com/robots.txt")
        assert connection.getresponse().read().startswith(b"User-agent")
        assert connection.sock is sock
    line = b"GET /a.eastmoney.com/robots.txt HTTP/1.1\r\nHost: x\r\n\r\n"
    for piece in (line + line[:20], line[20:]):
        sock.sendall(piece)
    received = b""
    while received.count(b"Allow: /\n") < 2:
        received += sock.recv(65536)
    assert received.count(b"HTTP/1.1 200 OK") == 2
    connection.close()


def test_pause_refuses_and_resume_serves(server: Server) -> None:
    """A paused server refuses connections; it comes back at the same address."""
    server.pause()
    with pytest.raises(urllib.error.URLError, match="refused"):
        get(server, "/a.eastmoney.com/robots.txt")
    server.resume()
    assert get(server, "/a.eastmoney.com/robots.txt")


def test_answers_are_the_same_in_every_run(server: Server) -> None:
    """Another site gives byte for byte the same list, article and page."""
    code = Site().find("us-close").code
    with serve(Site()) as other:
        for path in (f"/newsinfo.eastmoney.com/kuaixun/v2/api/article/{code}", f"/finance.eastmoney.com/a/{code}.html"):
            assert get(server, path) == get(other, path)
        assert columns(server) == columns(other)


def test_nothing_is_left_half_made() -> None:
    """A connection that comes in the moment in which the server stops is closed as well."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        for _ in range(25):
            with serve(Site()) as stopping:
                clients = [socket.create_connection(("127.0.0.1", stopping.port)) for _ in range(4)]
            for client in clients:
                client.close()
        gc.collect()
    assert [
        str(each.message) for each in told if "transport" in str(each.message) or "socket" in str(each.message)
    ] == []
