"""Answers saved as a fixture folder: byte for byte, with what each is, and read again by the spider that asked."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from crawling import FAST
from scrapy.http import TextResponse
from serve import Server, Site, serve
from stored import Said, ask

from newscrawler.spiders.eastmoney import EastmoneySpider


@pytest.fixture
def server() -> Iterator[Server]:
    """The sample source."""
    with serve(Site()) as running:
        yield running


def record(folder: Path, server: Server, *words: str, **settings: Any) -> Said:
    """Run `scrapy record eastmoney` into a folder."""
    line = ("eastmoney", "--to", str(folder / "recorded"), *words)
    return ask(folder / "data", "record", *line, NEWS_MIRROR=server.address, **{**FAST, **settings})


def manifest(folder: Path) -> list[dict[str, Any]]:
    """The lines of the manifest."""
    return list(json.loads((folder / "recorded" / "manifest.json").read_text(encoding="utf-8")))


def test_what_was_answered_is_saved(tmp_path: Path, server: Server) -> None:
    """Two pages of each list and three articles at both places are saved byte for byte, and nothing is stored."""
    said = record(tmp_path, server, "-a", "channels=102,344")
    assert (said.status, said.errors) == (0, "")
    assert said.out == f"10 answers in {tmp_path / 'recorded'}/\n"
    assert server.counts == {"robots": 4, "flash": 2, "list": 2, "article": 3, "page": 3}
    lines = manifest(tmp_path)
    assert [line.get("page") for line in lines if "channel" in line] == [1, 2, 1, 2]
    asked = {asked.target for asked in server.log if asked.kind != "robots"}
    assert {line["url"].removeprefix("https:/") for line in lines} == asked
    assert {path.name for path in (tmp_path / "recorded").iterdir()} == {
        "SOURCE.md",
        "manifest.json",
        *(line["file"] for line in lines),
    }
    assert ask(tmp_path / "data", "runs").out == "no run yet\n"
    assert not list((tmp_path / "data").glob("_posts/*"))


def test_a_recording_can_be_replayed(tmp_path: Path, server: Server) -> None:
    """The spider reads every list and article of the folder as it read them on the wire."""
    record(tmp_path, server, "-a", "channels=102,344", "--pages", "1")
    spider = EastmoneySpider()
    rows = {}
    for line in manifest(tmp_path):
        body = (tmp_path / "recorded" / line["file"]).read_bytes()
        assert (line["status"], bool(line["fetched_at"])) == (200, True)
        response = TextResponse(line["url"], body=body, headers={"Content-Type": line["content_type"]})
        if "channel" in line:
            listing = spider.read_list(response, line["channel"])
            assert len(listing.rows) > 10
            rows.update({row.article_id: row for row in listing.rows})
        else:
            (place,) = [place for place in spider.places if place.name == line["place"]]
            assert place.read(response, rows[line["article_id"]]).body_raw


def test_the_source_is_told(tmp_path: Path, server: Server) -> None:
    """SOURCE.md says what was recorded, when, from which addresses, and that a mirror was asked."""
    record(tmp_path, server, "-a", "channels=344", "--pages", "1", "--articles", "0")
    text = (tmp_path / "recorded" / "SOURCE.md").read_text(encoding="utf-8")
    assert text.startswith("# Answers of eastmoney\n\nRecorded by `scrapy record eastmoney -a channels=344` from 2")
    assert f"Asked through {server.address}, not of the site itself." in text
    (line,) = manifest(tmp_path)
    assert f"| {line['file']} | 200 | <{line['url']}> |" in text
    assert re.search(r"from \d{4}-\d\d-\d\d \d\d:\d\d:\d\d to \d\d:\d\d:\d\d Beijing time", text)


def test_articles_are_taken_in_turn(tmp_path: Path, server: Server) -> None:
    """Few articles come from as many lists as possible, each once."""
    record(tmp_path, server, "-a", "channels=102,344,355", "--pages", "1", "--articles", "3")
    lists = {
        line["channel"]: (tmp_path / "recorded" / line["file"]).read_text(encoding="utf-8")
        for line in manifest(tmp_path)
        if "channel" in line
    }
    ids = [line["article_id"] for line in manifest(tmp_path) if line.get("place") == "api"]
    assert len(set(ids)) == 3
    assert {channel for channel, text in lists.items() if any(key in text for key in ids)} == set(lists)


def test_packed_answers_are_unpacked(tmp_path: Path, server: Server) -> None:
    """What is saved is what a reader gets to see: unpacked, and no byte otherwise."""
    server.faults.add("gzip", where="list")
    record(tmp_path, server, "-a", "channels=344", "--pages", "1", "--articles", "0")
    packed = (tmp_path / "recorded" / manifest(tmp_path)[0]["file"]).read_bytes()
    assert not packed.startswith(gzip.compress(b"")[:2])
    assert json.loads(packed)["data"]["list"]


@pytest.mark.parametrize(
    ("what", "where", "status", "said", "saved"),
    [
        ("captcha", "list", 4, "blocked, refused", 1),
        ("403", "list", 4, "blocked", 0),
        ("no-array", "list", 6, "changed, no array data.list", 1),
        ("404", "page", 6, "changed, HTTP 404", 7),
        ("500", "article", 3, "unreachable, HTTP 500", 7),
        ("reset", "list", 3, "unreachable", 0),
    ],
)
def test_what_is_odd_is_saved_too(
    tmp_path: Path, server: Server, what: str, where: str, status: int, said: str, saved: int
) -> None:
    """A wrong answer is what a fixture is wanted for: it is saved and named, and the exit status says which kind it is."""
    server.faults.add(what, where=where)
    answer = record(tmp_path, server, "-a", "channels=344", "--pages", "1")
    assert answer.status == status
    assert said in answer.errors
    assert (tmp_path / "recorded").exists() == bool(saved)
    if saved:
        assert len(manifest(tmp_path)) == saved
        text = (tmp_path / "recorded" / "SOURCE.md").read_text(encoding="utf-8")
        assert said in text.partition("Not as it should be:")[2]
    else:
        assert answer.out == "nothing was answered\n"


def test_a_window_is_recorded(tmp_path: Path, server: Server) -> None:
    """The spider's own arguments hold, times included; a wrong one is one line, and no folder is left."""
    words = ("-a", "channels=344", "-a", "since=2026-03-01", "-a", "until=2026-03-02", "--articles", "0")
    assert record(tmp_path, server, *words).status == 0
    assert "page_size=200" in manifest(tmp_path)[0]["url"]
    said = record(tmp_path / "other", server, "-a", "channel=344")
    assert (said.status, len(said.errors.splitlines())) == (2, 1)
    assert "argument 'channel' is unknown" in said.errors
    assert not (tmp_path / "other" / "recorded").exists()


def test_nothing_is_overwritten(tmp_path: Path, server: Server) -> None:
    """A folder that holds something is refused before any request."""
    (tmp_path / "recorded").mkdir()
    (tmp_path / "recorded" / "expected.json").write_text("{}")
    said = record(tmp_path, server)
    assert said.status == 2
    assert "is not empty" in said.errors
    assert not server.counts


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("eastmoney",), "--to is missing"),
        ((), "SPIDER is missing"),
        (("nosuch", "--to", "x"), "spider 'nosuch' is unknown"),
        (("eastmoney", "--to", "x", "--pages", "0"), "--pages 0 is no number from 1 to 1000"),
        (("eastmoney", "--to", "x", "--articles", "many"), "--articles many is no number from 0 to 1000"),
        (("eastmoney", "--to", "x", "-a", "limit"), "-a takes NAME=VALUE"),
        (("eastmoney", "--to", "/dev/null/x"), "--to /dev/null/x cannot be used"),
    ],
)
def test_mistakes(tmp_path: Path, words: tuple[str, ...], line: str) -> None:
    """A mistake is one line and exit 2, and leaves no folder."""
    said = ask(tmp_path, "record", *words)
    assert (said.status, said.out) == (2, "")
    assert said.errors.startswith(f"scrapy record: {line}")
    assert len(said.errors.splitlines()) == 1
    assert not Path("x").exists()
