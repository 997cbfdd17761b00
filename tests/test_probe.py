"""Each endpoint asked for one page: what the answer means, what it costs, and that nothing is got round."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from crawling import FAST, ROOT, command, crawl, environment
from scrapy.http import TextResponse
from scrapy.utils.test import get_crawler
from serve import Fault, Server, Site, serve
from stored import Said, ask
from waits import wait_until

from newscrawler.answers import read_json
from newscrawler.eastmoney_probes import API, COLUMN, FLASH, PROBES
from newscrawler.listing import Row
from newscrawler.probing import Finding, Verdict, exit_status
from newscrawler.sample import server as sample_server
from newscrawler.sample.tamper import TAMPERS
from newscrawler.shapes import Field, any_text, article_differs, code, differs, moment, text
from newscrawler.sources import news_spiders
from newscrawler.spiders.eastmoney import EastmoneySpider

ENDPOINTS = ["columns", "flash", "article API", "desktop page"]


@pytest.fixture
def server() -> Iterator[Server]:
    """The sample source."""
    with serve(Site()) as running:
        yield running


def probe(folder: Path, server: Server, *words: str, **settings: Any) -> Said:
    """Run `scrapy probe`, on loopback's pace and with its own patience."""
    pace = {name: value for name, value in FAST.items() if name != "RETRY_TIMES"}
    return ask(folder, "probe", *(words or ("eastmoney",)), NEWS_MIRROR=server.address, **{**pace, **settings})


def verdicts(said: Said) -> dict[str, str]:
    """What `--json` says of each endpoint."""
    return {found["endpoint"]: found["verdict"] for found in json.loads(said.out)["endpoints"]}


def test_all_is_as_it_was(tmp_path: Path, server: Server) -> None:
    """A source that answers as we know it: one page of each endpoint, exit 0, and nothing stored."""
    said = probe(tmp_path, server)
    assert (said.status, said.errors) == (0, "")
    assert said.lines[0].split() == ["spider", "endpoint", "verdict", "seconds", "reason"]
    assert [line[11:23].strip() for line in said.lines[1:]] == ENDPOINTS
    assert all(" ok " in line for line in said.lines[1:])
    assert "rows, newest 2026-03-10 21:30" in said.lines[1]
    assert server.counts == {"robots": 4, "list": 1, "flash": 1, "article": 1, "page": 1}
    assert not list(tmp_path.glob("_posts/*"))
    assert ask(tmp_path, "runs").out == "no run yet\n"


@pytest.mark.parametrize(
    ("faults", "changed", "status"),
    [
        (["403@list"], {"columns": "blocked"}, 4),
        (["captcha@flash"], {"flash": "blocked"}, 4),
        (["ban@page"], {"desktop page": "blocked"}, 4),
        (["429@article"], {"article API": "blocked"}, 4),
        (["no-array@list"], {"columns": "changed"}, 6),
        (["null@flash"], {"flash": "changed"}, 6),
        (["error@list"], {"columns": "blocked"}, 4),
        (["html@list"], {"columns": "changed"}, 6),
        (["404@list"], {"columns": "changed"}, 6),
        (["cut-unsized@flash"], {"flash": "unreachable"}, 3),
        (["empty-title@article"], {"article API": "changed"}, 6),
        (["empty-body@article"], {"article API": "changed"}, 6),
        (["missing@article"], {"article API": "changed"}, 6),
        (["no-body-element@page"], {"desktop page": "changed"}, 6),
        (["500@list"], {"columns": "unreachable"}, 3),
        (["reset@article"], {"article API": "unreachable"}, 3),
        (["redirect@page"], {"desktop page": "blocked"}, 4),
        (["403@list", "404@flash", "500@page"], {"columns": "blocked", "flash": "changed", "desktop page": "unreachable",
                                                 "article API": "not asked"}, 6),
        (["500@list", "reset@flash"], {"columns": "unreachable", "flash": "unreachable", "article API": "not asked",
                                       "desktop page": "not asked"}, 3),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else None,
)  # fmt: skip
def test_what_an_answer_means(
    tmp_path: Path, server: Server, faults: list[str], changed: dict[str, str], status: int
) -> None:
    """Each way to answer wrongly is named for what it is, the worst decides the exit status, and no other endpoint suffers."""
    for fault in faults:
        what, _, where = fault.partition("@")
        server.faults.add(what, where=where)
    said = probe(tmp_path, server, "--json", "eastmoney")
    expected = {name: changed.get(name, "ok") for name in ENDPOINTS}
    if "not asked" in changed.values():
        expected = {**expected, "article API": "not asked", "desktop page": "not asked"}
    assert verdicts(said) == expected
    assert said.status == status == json.loads(said.out)["exit_status"]


def test_the_field_that_changed_is_named(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A field that rows no longer have, and one that looks otherwise, are named with how many rows it concerns."""

    def rename(payload: Any, _code: str, _value: str) -> Any:
        for row in payload["data"]["list"]:
            row["media"] = row.pop("mediaName")
            row["showTime"] = "soon"
        return payload

    monkeypatch.setitem(TAMPERS, "rename", rename)
    server.faults.active.append(Fault("rename", where="list"))
    said = probe(tmp_path, server)
    assert said.status == 6
    assert "mediaName is missing in 29 of 29; showTime looks otherwise in 29 of 29: 'soon'" in said.lines[1]


def test_an_odd_row_is_no_change(tmp_path: Path, server: Server) -> None:
    """One row without its time is the site's everyday, and a withdrawn article is not the end of the API."""
    server.faults.add("no-time", where="list")
    server.faults.add("missing", where="article", times=1)
    server.faults.add("404", where="page", times=2)
    said = probe(tmp_path, server)
    assert (said.status, said.errors) == (0, "")
    assert (server.counts["article"], server.counts["page"]) == (2, 3)


def test_nobody_answers(tmp_path: Path, server: Server) -> None:
    """A source that cannot be reached is named so soon, endpoint by endpoint, with exit 3."""
    server.pause()
    began = time.monotonic()
    said = probe(tmp_path, server, "--json", "eastmoney")
    assert said.status == 3
    assert set(verdicts(said).values()) == {"unreachable", "not asked"}
    assert time.monotonic() - began < 30


def test_an_answer_that_does_not_come(tmp_path: Path, server: Server) -> None:
    """An endpoint that is too slow is unreachable; it is asked once and not again."""
    server.faults.add("slow", where="list", value="8")
    said = probe(tmp_path, server, "--json", "eastmoney", DOWNLOAD_TIMEOUT=1)
    assert (said.status, verdicts(said)["columns"]) == (3, "unreachable")
    assert server.counts["list"] == 1


def test_robots_are_obeyed(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """What robots.txt forbids is not asked for, and is called blocked."""
    monkeypatch.setattr(sample_server, "ROBOTS", b"User-agent: *\nDisallow: /\n")
    said = probe(tmp_path, server)
    assert said.status == 4
    assert "robots.txt" in said.lines[1]
    assert set(server.counts) == {"robots"}


def test_the_pace_is_kept(tmp_path: Path, server: Server) -> None:
    """Two requests to one host are as far apart as the settings say, robots.txt included."""
    probe(tmp_path, server, DOWNLOAD_DELAY=1.5, CONCURRENT_REQUESTS_PER_DOMAIN=1)
    at = [asked.at_s for asked in server.log if asked.host == "finance.eastmoney.com"]
    assert len(at) == 2
    assert at[1] - at[0] > 0.35  # a second at least, as noted by a server that others hold up


def test_a_refusal_is_remembered(tmp_path: Path, server: Server) -> None:
    """A host that refused a probe is left alone as it asked, by the next probe and by a run; an answer ends that."""
    server.faults.add("429", where="list", value="3600")
    assert probe(tmp_path, server).status == 4
    server.faults.clear()
    server.reset()
    assert probe(tmp_path, server).status == 4
    assert server.counts["list"] == 0
    assert crawl(tmp_path, server.address, channels="344").status == 4
    assert server.counts["list"] == 0

    other = tmp_path / "other"
    server.faults.add("403", where="list")
    assert probe(other, server).status == 4
    server.faults.clear()
    assert probe(other, server).status == 0
    assert probe(other, server).status == 0


def test_every_spider_is_probed(tmp_path: Path, server: Server) -> None:
    """Without a name every spider's endpoints are asked; one spider's end is not another's."""
    said = probe(tmp_path, server, "--json")
    found = json.loads(said.out)["endpoints"]
    settings = get_crawler(settings_dict={"SPIDER_MODULES": ["newscrawler.spiders"]}).settings
    asking = {spider.name for spider in news_spiders(settings) if getattr(spider, "allowed_domains", None)}
    assert {line["spider"] for line in found} == asking
    assert [line["verdict"] for line in found if line["spider"] == "eastmoney"] == ["ok"] * 4


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("nosuch",), "scrapy probe: spider 'nosuch' is unknown; there are"),
        (("--quick", "eastmoney"), "scrapy probe: '--quick' is unknown"),
        (("eastmoney", "cls"), "scrapy probe: 'eastmoney' is unknown; right would be"),
    ],
)
def test_mistakes(tmp_path: Path, server: Server, words: tuple[str, ...], line: str) -> None:
    """A mistake is one line and exit 2, before any request."""
    said = probe(tmp_path, server, *words)
    assert (said.status, said.out) == (2, "")
    assert said.errors.startswith(line)
    assert len(said.errors.splitlines()) == 1
    assert not server.counts


def test_an_interrupted_probe(tmp_path: Path, server: Server) -> None:
    """Ctrl-C ends a probe with 75, and what was found until then is shown."""
    server.faults.add("slow", where="flash", value="20")
    line = command("probe", "eastmoney", folder=tmp_path, NEWS_MIRROR=server.address, DOWNLOAD_DELAY=0)
    process = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env=environment(), text=True
    )
    try:
        wait_until(lambda: server.counts["flash"])
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 75
    assert "columns" in out
    assert errors == "scrapy probe: interrupted\n"


# --- shapes ---


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ([{"code": "20260310123", "title": "t"}] * 3, []),
        ([{"code": 20260310123, "title": "t"}] * 3, []),
        ([{"title": "t"}] * 3, ["code is missing in 3 of 3"]),
        ([{"code": "a b", "title": "t"}] * 2, ["code looks otherwise in 2 of 2: 'a b'"]),
        ([{"code": "20260310123", "title": " "}] * 2, ["title looks otherwise in 2 of 2: ' '"]),
        ([{"code": "20260310123", "name": "t"}] * 2, []),
        ([{"code": "20260310123", "title": "t"}] * 9 + [{}], []),
        ([{"code": "20260310123", "title": "t"}] * 8 + [{}] * 2,
         ["code is missing in 2 of 10", "title|name is missing in 2 of 10"]),
        (["x", {"code": "20260310123", "title": "t"}], ["1 of 2 rows are no objects"]),
        ([None], ["1 of 1 rows are no objects"]),
        ([{"code": ["x" * 100], "title": "t"}], [f"code looks otherwise in 1 of 1: ['{'x' * 55}..."]),
    ],
)  # fmt: skip
def test_rows_that_differ(rows: list[Any], lines: list[str]) -> None:
    """Fields that more than one row in ten lacks are named, each once, with what stands there instead."""
    said = differs(rows, [Field("code", code), Field("title|name", text)])
    assert [line.replace("title looks", "title|name looks") for line in lines] == said


@pytest.mark.parametrize(
    ("value", "is_moment"),
    [("2026-03-10 12:00:00", True), ("2026/03/10 12:00:00", True), ("2026年03月10日 12:00", True), ("soon", False),
     ("", False), (None, False), (0, False), ("2099-01-01 00:00:00", False)],
)  # fmt: skip
def test_moments(value: Any, is_moment: bool) -> None:
    """A time is one that the stages would read, and not ahead of us."""
    assert moment(value) is is_moment


@pytest.mark.parametrize(
    ("found", "status"),
    [([], 0), (["ok", "not asked"], 0), (["ok", "unreachable"], 3), (["unreachable", "blocked"], 4),
     (["blocked", "changed", "unreachable"], 6), (["changed", "bug"], 1)],
)  # fmt: skip
def test_the_worst_decides(found: list[str], status: int) -> None:
    """The exit status is that of the worst verdict, in the order of all exit statuses."""
    assert exit_status([Finding("s", "e", Verdict(verdict), "") for verdict in found]) == status


@pytest.mark.parametrize(
    ("file", "array", "fields"),
    [
        ("column_344_20260919.json", "list", COLUMN),
        ("fast_news_20260318_fragment.jsonp", "fastNewsList", FLASH),
        ("fast_news_20260616_fragment.json", "fastNewsList", FLASH),
    ],
)
def test_real_lists_have_the_shape(captures: Path, file: str, array: str, fields: tuple[Field, ...]) -> None:
    """Captured lists have every field as it is declared."""
    payload = read_json((captures / file).read_bytes(), file)
    cut = fields if "fragment" not in file else [field for field in fields if field.name != "stockList"]
    assert differs(payload["data"][array], cut) == []


def test_a_real_article_has_the_shape(captures: Path) -> None:
    """A captured article has every field by itself, with nothing filled in from a list."""
    body = (captures / "article_api_202609183878840472.json").read_bytes()
    spider = EastmoneySpider()
    row = Row(
        "202609183878840472", "https://finance.eastmoney.com/a/202609183878840472.html", "", "", "", "", "column:344"
    )
    item = spider.places[0].read(TextResponse("https://newsinfo.eastmoney.com/x", body=body, encoding="utf-8"), row)
    assert article_differs(item, API) == []
    item.media_raw, item.published_raw = "", "soon"
    assert article_differs(item, API) == ["Art_Media_Name is missing", "Art_ShowTime looks otherwise: 'soon'"]


def test_probes_name_real_things() -> None:
    """What a spider declares to be probed exists: its channel's kind, its place, the item's attributes."""
    spider = EastmoneySpider()
    for probe in PROBES:
        assert bool(probe.channel) != bool(probe.place)
        assert not probe.channel or spider.owns(probe.channel)
        assert not probe.place or probe.place in [place.name for place in spider.places]
        assert all(bool(field.attribute) == bool(probe.place) for field in probe.fields)
    assert any_text("")
