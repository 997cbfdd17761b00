"""NEWS_LOG_FORMAT=json: every line of the log is one object, whatever happens."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from crawling import crawl, window
from scrapy.settings import Settings
from serve import Fault, Server, Site, serve

from newscrawler.logs import OURS, JsonFormatter, log_format, set_up
from newscrawler.sample.content import WINDOW
from newscrawler.settings import ITEM_PIPELINES
from pipelines.errors import SettingError

JSON = {"NEWS_LOG_FORMAT": "json"}
TEN_DAYS: dict[str, Any] = {"channels": "344", **window(*WINDOW)}


@pytest.fixture
def site() -> Iterator[Server]:
    """The sample source, freshly served."""
    with serve(Site()) as server:
        yield server


def records(text: str) -> list[dict[str, Any]]:
    """Every line as an object; fails where one is none."""
    return [json.loads(line) for line in text.splitlines()]


def made(message: Any, *arguments: Any, **more: Any) -> logging.LogRecord:
    """A record."""
    return logging.LogRecord(
        "newscrawler.x", logging.WARNING, __file__, 1, message, arguments, **{"exc_info": None, **more}
    )


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize(
    ("record", "message"),
    [
        (made("pending %s: %s", "中文", "理由"), "pending 中文: 理由"),
        (made('two\nlines "quoted" \\ \x00 \x1b[0m'), 'two\nlines "quoted" \\ \x00 \x1b[0m'),
        (made("\ud800 lone"), "\ud800 lone"),
        (made("%d wrong", "x"), "%d wrong (TypeError in its arguments)"),
        (made({"no": "text"}), "{'no': 'text'}"),
    ],
)
def test_any_message_is_one_line(record: logging.LogRecord, message: str, ascii_only: bool) -> None:
    """A message comes through as it is, in one line of JSON, also where the stream takes ASCII only."""
    line = JsonFormatter(ascii_only=ascii_only).format(record)
    line.encode("ascii" if ascii_only else "utf-8")
    assert "\n" not in line
    said = json.loads(line)
    assert said["message"] == message
    assert (said["level"], said["logger"]) == ("WARNING", "newscrawler.x")
    assert datetime.fromisoformat(said["time"]).tzinfo is not None


def test_an_exception_is_a_field() -> None:
    """A traceback stands in the record it belongs to."""
    try:
        _ = {}["中"]
    except KeyError:
        record = made("broke", exc_info=sys.exc_info())
    said = json.loads(JsonFormatter().format(record))
    assert said["message"] == "broke"
    assert said["exception"].startswith("Traceback")
    assert "KeyError: '中'" in said["exception"]


def test_the_format_is_text_or_json() -> None:
    """Another word is refused."""
    assert log_format(Settings()) == "text"
    assert log_format(Settings(JSON)) == "json"
    with pytest.raises(SettingError, match="NEWS_LOG_FORMAT='xml'"):
        log_format(Settings({"NEWS_LOG_FORMAT": "xml"}))


@pytest.mark.parametrize("settings", [{}, {**JSON, "LOG_ENABLED": False}])
def test_nothing_is_set_up_unasked(settings: dict[str, Any]) -> None:
    """Text, and no log at all, are left to Scrapy."""
    before = list(logging.root.handlers)
    set_up(Settings(settings))
    assert logging.root.handlers == before
    assert OURS not in [handler.get_name() for handler in before]


def test_a_run_logs_objects(site: Server, tmp_path: Path) -> None:
    """Every line on standard error is an object, warnings and retries at DEBUG included; standard output stays as it was."""
    site.faults.active[:] = [Fault("html", where="article", times=1)]
    run = crawl(tmp_path, site.address, settings={**JSON, "LOG_LEVEL": "DEBUG"}, **TEN_DAYS)
    assert run.status == 3
    assert run.outcome["exit_status"] == 3
    said = records(run.errors)
    (pending,) = [line for line in said if line["message"].startswith("pending ")]
    assert (pending["level"], pending["logger"]) == ("WARNING", "newscrawler.incremental")
    assert any(line.get("spider") == "eastmoney" for line in said)
    assert {line["level"] for line in said} >= {"DEBUG", "INFO", "WARNING"}


def test_the_level_and_the_file_are_scrapys(site: Server, tmp_path: Path) -> None:
    """LOG_LEVEL and LOG_FILE say what is logged and where to; each line stands there once."""
    file = tmp_path / "run.log"
    run = crawl(tmp_path, site.address, settings={**JSON, "LOG_FILE": str(file)}, **TEN_DAYS)
    assert run.errors == ""
    said = records(file.read_text(encoding="utf-8"))
    assert {line["level"] for line in said} == {"INFO"}
    assert len([line for line in said if "stopped after page" in line["message"]]) == 1


@pytest.mark.parametrize(
    ("settings", "arguments", "status", "words"),
    [
        ({}, {"channels": "nothing"}, 2, "nothing"),
        ({"NEWS_OUTPUTS": "paper"}, {}, 2, "NEWS_OUTPUTS"),
    ],
)
def test_a_refusal_is_an_object_too(
    site: Server, tmp_path: Path, settings: dict[str, str], arguments: dict[str, str], status: int, words: str
) -> None:
    """A run that does not start says why in a record."""
    run = crawl(tmp_path, site.address, settings={**JSON, **settings}, **arguments)
    assert run.status == status
    last = records(run.errors)[-1]
    assert last["level"] == "ERROR"
    assert words in last["message"]


def test_a_bug_is_an_object_too(site: Server, tmp_path: Path) -> None:
    """The traceback of a bug is in a record."""
    run = crawl(
        tmp_path,
        site.address,
        settings={**JSON, "ITEM_PIPELINES": json.dumps({**ITEM_PIPELINES, "tests.broken_stage.BrokenStage": 50})},
        **TEN_DAYS,
    )
    assert run.status == 1
    assert any("synthetic bug" in line.get("exception", "") for line in records(run.errors))


def test_a_wrong_format_ends_with_2(site: Server, tmp_path: Path) -> None:
    """A format that is none is the user's mistake."""
    run = crawl(tmp_path, site.address, settings={"NEWS_LOG_FORMAT": "xml"}, **TEN_DAYS)
    assert run.status == 2
    assert "NEWS_LOG_FORMAT='xml' is not one of text, json" in run.errors
    assert not site.log
