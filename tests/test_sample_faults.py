"""The sample source misbehaves as told: each fault, seen by a client, and the rules of which request it hits."""

from __future__ import annotations

import gzip
import http.client
import json
import time
import urllib.error
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest

from newscrawler.sample import Fault, Faults, Server, Site, serve
from newscrawler.sample.faults import SHIFT, WITHDRAW
from newscrawler.sample.spoil import SPOILS, STATUSES
from newscrawler.sample.tamper import TAMPERS
from tests.serve import COLUMN, article, columns, flashes, get

LIST = "/np-listapi.eastmoney.com/comm/web/getNewsByColumns?" + urlencode(COLUMN)
ARTICLE = "/newsinfo.eastmoney.com/kuaixun/v2/api/article/"
NEWEST = Site().find("evening-digest")


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    """One server for all tests of this file."""
    with serve(Site()) as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    """The server, behaving well."""
    running.faults.clear()
    running.reset()
    return running


@dataclass
class Raw:
    """An answer as it came over the wire; `error` names what went wrong with it."""

    status: int = 0
    body: bytes = b""
    headers: dict[str, str] | None = None
    error: str = ""
    took_s: float = 0

    def header(self, name: str) -> str:
        """Return a header's value, or nothing."""
        return (self.headers or {}).get(name, "")


def fetch(server: Server, path: str) -> Raw:
    """Fetch a path without following redirects or unpacking anything."""
    raw = Raw()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    start = time.monotonic()
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        raw.status, raw.headers = answer.status, dict(answer.getheaders())
        raw.body = answer.read()
    except http.client.IncompleteRead as error:
        raw.error, raw.body = "IncompleteRead", error.partial
    except (http.client.HTTPException, OSError) as error:
        raw.error = type(error).__name__
    finally:
        connection.close()
    raw.took_s = time.monotonic() - start
    return raw


def rows(raw: Raw) -> list[Any]:
    """Return the rows of a column list."""
    return list(json.loads(raw.body)["data"]["list"])


SPOILT: dict[str, tuple[str, Callable[[Raw, bytes], bool]]] = {
    "reset": ("", lambda raw, _: raw.error == "ConnectionResetError"),
    "close": ("", lambda raw, _: raw.error == "RemoteDisconnected"),
    "slow": ("0.3", lambda raw, good: 0.3 <= raw.took_s < 5 and raw.body == good),
    "blank": ("", lambda raw, _: (raw.status, raw.body) == (200, b"")),
    "redirect-loop": ("", lambda raw, _: raw.status == 302 and "turn=x" in raw.header("Location")),
    "redirect": ("http://127.0.0.1:9/x", lambda raw, _: raw.header("Location") == "http://127.0.0.1:9/x"),
    "cut": ("", lambda raw, good: raw.error == "IncompleteRead" and raw.body == good[: len(good) // 2]),
    "cut-unsized": (
        "99",
        lambda raw, good: not raw.header("Content-Length") and raw.body == good[:99] and not raw.error,
    ),
    "cut-unnoticed": ("99", lambda raw, good: raw.header("Content-Length") == "99" and raw.body == good[:99]),
    "gzip": ("", lambda raw, good: gzip.decompress(raw.body) == good),
    "cut-gzip": (
        "",
        lambda raw, good: raw.header("Content-Encoding") == "gzip" and len(raw.body) < len(gzip.compress(good)),
    ),
    "bomb": ("16", lambda raw, _: len(raw.body) < 100_000 and len(gzip.decompress(raw.body)) == 16 << 20),
    "large": ("2", lambda raw, _: len(raw.body) == 2 << 20),
    "mislabel": ("", lambda raw, good: raw.header("Content-Type").endswith("charset=gbk") and raw.body == good),
    "recode": (
        "",
        lambda raw, good: raw.body.decode("gb18030") == good.decode() and "UTF-8" in raw.header("Content-Type"),
    ),
    "html": ("", lambda raw, _: raw.status == 200 and raw.body.startswith(b"<!DOCTYPE html>")),
    "captcha": ("", lambda raw, _: raw.status == 200 and "安全验证" in raw.body.decode()),
    "ban": ("", lambda raw, _: raw.status == 200 and "<title>页面未找到 - 东方财富网</title>" in raw.body.decode()),
    **{
        str(status): ("7", lambda raw, _, status=status: raw.status == status and raw.header("Retry-After") == "7")
        for status in STATUSES
    },
}


@pytest.mark.parametrize("what", SPOILT)
def test_spoilt_exchange(server: Server, what: str) -> None:
    """A client sees the fault once, and a good answer before and after."""
    value, seen = SPOILT[what]
    good = fetch(server, LIST).body
    server.faults.add(what, where="list", times=1, value=value)
    assert seen(fetch(server, LIST), good)
    assert fetch(server, LIST).body == good
    assert server.counts["list"] == 3


TAMPERED: dict[str, tuple[str, str, Callable[[Raw, Raw], bool]]] = {
    "no-array": ("", LIST, lambda raw, _: "list" not in json.loads(raw.body)["data"]),
    "null": ("", LIST, lambda raw, _: json.loads(raw.body)["data"] is None),
    "empty": ("", LIST, lambda raw, _: rows(raw) == []),
    "error": ("busy", LIST, lambda raw, _: json.loads(raw.body) == {"code": 0, "message": "busy"}),
    "number-code": ("", LIST, lambda raw, good: json.loads(raw.body)["code"] == 1 and rows(raw) == rows(good)),
    "capital-dst": ("", LIST, lambda raw, _: all("Np_dst" in row and "np_dst" not in row for row in rows(raw))),
    "duplicate": (
        "",
        LIST,
        lambda raw, good: rows(raw)[:-1] == rows(good) and rows(raw)[-1]["code"] == rows(good)[0]["code"],
    ),
    "disorder": ("", LIST, lambda raw, good: rows(raw) != rows(good) and sorted_rows(raw) == sorted_rows(good)),
    "future": ("", LIST, lambda raw, _: rows(raw)[0]["showTime"] == "2099-01-01 08:00:00"),
    "broken-time": ("", LIST, lambda raw, _: rows(raw)[0]["showTime"] == "2026-13-45 99:99:99"),
    "no-time": ("", LIST, lambda raw, good: "showTime" not in rows(raw)[0] and rows(raw)[1:] == rows(good)[1:]),
    "no-code": ("", LIST, lambda raw, good: "code" not in rows(raw)[0] and rows(raw)[1:] == rows(good)[1:]),
    "no-row": ("", LIST, lambda raw, good: rows(raw) == [None, *rows(good)]),
    "missing": ("", ARTICLE + NEWEST.code, lambda raw, _: json.loads(raw.body)["data"] is None),
    "empty-body": ("", ARTICLE + NEWEST.code, lambda raw, _: json.loads(raw.body)["data"]["Art_Content"] == ""),
    "empty-title": ("", ARTICLE + NEWEST.code, lambda raw, _: json.loads(raw.body)["data"]["Art_Title"] == ""),
    "huge-body": ("300000", ARTICLE + NEWEST.code, lambda raw, _: 300_000 < len(raw.body) < 400_000),
    "hostile": ("", ARTICLE + NEWEST.code, lambda raw, _: rb"\ud800" in raw.body and rb"\u0000" in raw.body),
}


def sorted_rows(raw: Raw) -> list[str]:
    """Return the rows' codes, sorted."""
    return sorted(row["code"] for row in rows(raw))


@pytest.mark.parametrize("what", TAMPERED)
def test_tampered_answer(server: Server, what: str) -> None:
    """The answer stays JSON with status 200 and is wrong in just the way asked for, once."""
    value, path, seen = TAMPERED[what]
    good = fetch(server, path)
    server.faults.add(what, times=1, value=value)
    raw = fetch(server, path)
    assert raw.status == 200
    assert seen(raw, good)
    assert fetch(server, path).body == good.body


def test_every_fault_is_tried() -> None:
    """The tables above and the tests below try every fault that there is."""
    assert set(SPOILT) == set(SPOILS) - {"no-body-element", "empty-page"}
    assert set(TAMPERED) == set(TAMPERS)


def test_page_without_its_body(server: Server) -> None:
    """A desktop page can lack its body element, or the text in it."""
    path = f"/finance.eastmoney.com/a/{NEWEST.code}.html"
    server.faults.add("no-body-element", where="page", times=1)
    assert "ContentBody" not in get(server, path)
    server.faults.add("empty-page", where="page", times=1)
    page = get(server, path)
    assert 'id="ContentBody" style="margin-top:0;"></div>' in page
    assert "虚构航空" not in page.partition('class="txtinfos"')[2]
    assert "虚构航空" in get(server, path).partition('class="txtinfos"')[2]


def test_fault_hits_what_it_is_meant_for(server: Server) -> None:
    """A fault of one endpoint, host, channel, page or article leaves all other requests alone."""
    server.faults.add("500", where="list", channel="column:350", page=2, host="np-listapi.eastmoney.com")
    server.faults.add("missing", where="article", code=NEWEST.code)
    assert columns(server, column="350", page_size=2)["code"] == "1"
    assert columns(server, column="344", page_size=2, page_index=2)["code"] == "1"
    with pytest.raises(urllib.error.HTTPError, match="500") as caught:
        columns(server, column="350", page_size=2, page_index=2)
    caught.value.close()
    assert flashes(server)["code"] == "1"
    assert article(server, NEWEST.code)["success"] == 0
    assert article(server, Site().find("us-close").code)["success"] == 1
    assert [fault.done for fault in server.faults.active] == [1, 1]


def test_fault_of_a_row(server: Server) -> None:
    """A fault with a code tampers with that row, wherever it stands in the list."""
    code = columns(server)["data"]["list"][4]["code"]
    server.faults.add("future", where="list", code=code)
    assert [row["code"] for row in columns(server)["data"]["list"] if row["showTime"].startswith("2099")] == [code]
    assert not [row for row in columns(server, page_index=2)["data"]["list"] if row["showTime"].startswith("2099")]


def test_after_and_times(server: Server) -> None:
    """A fault can let requests pass first, and end after so many."""
    server.faults.add("503", where="list", after=1, times=2)
    assert [fetch(server, LIST).status for _ in range(5)] == [200, 503, 503, 200, 200]


def test_rows_slide_while_paging(server: Server) -> None:
    """New rows between two page requests push a row to the next page, so that it is met twice."""
    server.faults.add(SHIFT, where="list", value="2")
    first = columns(server, page_size=5)["data"]["list"]
    second = columns(server, page_size=5, page_index=2)["data"]["list"]
    third = columns(server, page_size=5, page_index=3)["data"]["list"]
    assert first[-1] == second[0]
    assert second[-1] == third[0]
    server.faults.clear()
    whole = columns(server, page_size=200)["data"]["list"]
    assert first == whole[2:7]
    assert third == whole[10:15]


def test_rows_slide_past_the_reader(server: Server) -> None:
    """A row withdrawn between two page requests pulls one up to the page that was read before; the total tells it."""
    server.faults.add(WITHDRAW, where="list", value="1")
    first, second, third = [columns(server, page_size=5, page_index=page)["data"] for page in (1, 2, 3)]
    server.faults.clear()
    whole = columns(server, page_size=200)["data"]
    assert first["list"] == whole["list"][:5]
    assert second["list"] == whole["list"][6:11]
    assert third["list"] == whole["list"][11:16]
    assert [page["totle_hits"] - whole["totle_hits"] for page in (first, second, third)] == [0, -1, -1]


def test_redirects_never_end(server: Server) -> None:
    """Every turn of an endless redirect leads to an address of its own, at the same host and path."""
    server.faults.add("redirect-loop", where="list")
    path, seen = LIST, set()
    for _ in range(4):
        location = fetch(server, path).header("Location")
        assert location.startswith("https://np-listapi.eastmoney.com/comm/web/getNewsByColumns?")
        assert location not in seen
        seen.add(location)
        path = "/" + location.removeprefix("https://")


def test_slow_answers_do_not_hold_others_up(server: Server) -> None:
    """While one client waits for a slow answer another one is served; a client that leaves is forgotten."""
    server.faults.add("slow", where="list", value="30")
    waiting = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    waiting.request("GET", LIST)
    start = time.monotonic()
    assert article(server, NEWEST.code)["success"] == 1
    assert time.monotonic() - start < 5
    waiting.close()


def test_faults_are_set_as_json() -> None:
    """Faults come from JSON objects and go back to them; a wrong one changes nothing and says what would be right."""
    faults = Faults()
    faults.replace([{"what": "429", "where": "list", "value": 3}])
    assert faults.active == [Fault("429", where="list", value="3")]
    assert faults.records()[0] | {"what": "429", "value": "3"} == faults.records()[0]
    for wrong in ({"what": "gremlins"}, {"where": "list"}, {"what": "429", "whence": 1}):
        with pytest.raises(ValueError, match=r"no fault"):
            faults.replace([wrong])
    assert len(faults.active) == 1
