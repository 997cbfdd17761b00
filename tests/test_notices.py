"""Notices: once for each new problem, once for its end, to a real receiver; a webhook that fails changes nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from crawling import crawl, posts, query, window
from receiver import SECRET, Receiver, receiving
from scrapy.statscollectors import StatsCollector
from scrapy.utils.test import get_crawler
from serve import Fault, Server, Site, serve

from newscrawler import webhook
from newscrawler.gates import Verdict
from newscrawler.notices import FILE, Findings, Notices, findings
from newscrawler.outcome import Outcome
from newscrawler.sample.content import WINDOW
from newscrawler.tally import Tally
from newscrawler.webhook import Webhook
from pipelines.config import Config
from pipelines.errors import SettingError
from pipelines.store import open_store
from pipelines.store.base import RunRow, Store

TEN_DAYS: dict[str, Any] = {"channels": "344", **window(*WINDOW)}
NOW = datetime(2026, 9, 16, 2, 40, tzinfo=UTC)
FACTS = {"project": "newscrawler", "exit_status": 4}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook that takes everything."""
    with receiving() as started:
        yield started


# --- the webhook ---


@pytest.mark.parametrize(
    ("url", "form", "expected"),
    [
        ("https://hooks.slack.com/services/A/B/C", "", "slack"),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/x", "", "feishu"),
        ("https://open.larksuite.com/open-apis/bot/v2/hook/x", "", "feishu"),
        ("https://oapi.dingtalk.com/robot/send?access_token=x", "", "dingtalk"),
        ("https://HOOKS.slack.com/services/A", "", "slack"),
        ("https://ops.example/hook", "", "json"),
        ("http://127.0.0.1:9/hook", "slack", "slack"),
        ("https://hooks.slack.com.evil.example/x", "", "json"),
    ],
)
def test_the_form_follows_the_host(url: str, form: str, expected: str) -> None:
    """The host of a bot says which form it takes, the setting overrides it, any other host takes JSON."""
    made = Webhook.from_settings({"NEWS_NOTIFY_URL": url, "NEWS_NOTIFY_FORM": form})
    assert made is not None
    assert made.form == expected
    assert url not in repr(made)


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("ftp://ops.example/T0KEN-c4n4ry", ""),
        ("file:///T0KEN-c4n4ry", ""),
        ("ops.example/T0KEN-c4n4ry", ""),
        ("https:///T0KEN-c4n4ry", ""),
        ("https://user:T0KEN-c4n4ry@ops.example/", ""),
        ("https://ops.example:99999/T0KEN-c4n4ry", ""),
        ("https://[ops.example/T0KEN-c4n4ry", ""),
        ("https://ops.example/T0KEN-c4n4ry\nHost: x", ""),
        ("https://ops.example/T0KEN-c4n4ry x", ""),
        ("https://例子.example/T0KEN-c4n4ry", ""),
        ("https://ops.example/T0KEN-c4n4ry", "teams"),
        ("", "teams"),
    ],
)
def test_a_wrong_setting_is_refused_without_being_quoted(url: str, form: str) -> None:
    """A setting that is no address of a webhook, or no form, is refused, and the message does not show the secret."""
    with pytest.raises(SettingError) as refused:
        Webhook.from_settings({"NEWS_NOTIFY_URL": url, "NEWS_NOTIFY_FORM": form})
    assert SECRET not in str(refused.value)
    assert "NEWS_NOTIFY_" in str(refused.value)


def test_nobody_is_told_by_default() -> None:
    """Without an address there is no webhook."""
    assert Webhook.from_settings({}) is None


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("json", {**FACTS, "text": 'a <b> & <at user_id="all">'}),
        ("slack", {"text": 'a &lt;b&gt; &amp; &lt;at user_id="all"&gt;'}),
        ("feishu", {"msg_type": "text", "content": {"text": 'a ＜b＞ & ＜at user_id="all"＞'}}),
        ("dingtalk", {"msgtype": "text", "text": {"content": 'a <b> & <at user_id="all">'}, "at": {"isAtAll": False}}),
    ],
)
def test_the_forms_bots_take(receiver: Receiver, form: str, expected: dict[str, Any]) -> None:
    """Each form arrives as its bot wants it, and no text of a message is markup there."""
    said = Webhook(receiver.url, form).send('a <b> & <at user_id="all">', FACTS)
    assert said == ""
    assert receiver.got == [expected]


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (200, b"ok", ""),
        (204, b"", ""),
        (200, b'{"code": 0, "msg": "success"}', ""),
        (200, b'{"StatusCode": 0, "code": 0}', ""),
        (200, b'{"errcode": 0, "errmsg": "ok"}', ""),
        (200, b'{"code": 19024, "msg": "Key Words Not Found"}', "the bot refused the message: code 19024"),
        (200, b'{"errcode": 310000, "errmsg": "keywords not in content"}', "the bot refused the message: code 310000"),
        (200, b"[" * 100_000, ""),
        (404, b"no_service", "HTTP 404"),
        (500, b"", "HTTP 500"),
    ],
)
def test_what_the_receiver_answers(receiver: Receiver, status: int, answer: bytes, expected: str) -> None:
    """An answer that refuses is a failure, also where a bot refuses with 200."""
    receiver.status, receiver.answer = status, answer
    assert Webhook(receiver.url, "json").send("text", {}) == expected


def test_redirects_are_not_followed(receiver: Receiver) -> None:
    """A message goes to the address of the setting and to no other."""
    receiver.status, receiver.location = 302, receiver.url + "/elsewhere"
    assert Webhook(receiver.url, "json").send("text", {}) == "HTTP 302"
    assert receiver.paths == [f"/services/{SECRET}"]


def test_a_receiver_that_hangs_is_left(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver that does not answer costs the end of a run a bounded time."""
    receiver.wait_s = 60
    monkeypatch.setattr(webhook, "TIMEOUT_S", 0.2)
    assert "imeout" in Webhook(receiver.url, "json").send("text", {})
    monkeypatch.setattr(webhook, "TIMEOUT_S", 5)
    monkeypatch.setattr(webhook, "DEADLINE_S", 0.2)
    assert Webhook(receiver.url, "json").send("text", {}).startswith("no answer within")


def test_nobody_listens() -> None:
    """An address where nobody listens is a failure in a word, and the word is not the address."""
    said = Webhook(f"http://127.0.0.1:9/{SECRET}", "json").send("text", {})
    assert said == "ConnectionRefusedError"


# --- what is new, what is over ---


def verdict(name: str, *, passed: bool) -> Verdict:
    """A verdict of a gate."""
    return Verdict(name, passed, f"{name} measured", 3, 0.5)


def tally(**said: Any) -> Tally:
    """The counts of a run."""
    return Tally(StatsCollector(get_crawler()), **said)


@pytest.mark.parametrize(
    ("said", "reason", "expected"),
    [
        ({}, "finished", []),
        ({"bugs": ["KeyError: 'a'", "second"]}, "finished", ["bug"]),
        ({"store_failed": "down"}, "store_failed", ["store"]),
        ({"layout": "no array", "refused": "403"}, "finished", ["layout", "refused"]),
        ({"gaps": ["a", "b"], "left_pending": 2}, "finished", ["not reached", "left pending"]),
        ({}, "shutdown", []),
        ({}, "memusage_exceeded", ["stopped"]),
        ({"gates": [verdict("media", passed=False), verdict("title", passed=True)]}, "finished", ["gate media"]),
    ],
)
def test_what_is_a_problem(said: dict[str, Any], reason: str, expected: list[str]) -> None:
    """Everything that makes a run less than whole is a problem with a name; a stop that was asked for is none."""
    assert list(findings(tally(**said), reason, waiting=False).problems) == expected


@pytest.mark.parametrize(
    ("found", "name", "over"),
    [
        (Findings({"refused": "403"}, complete=True), "refused", False),
        (Findings({}, complete=True), "refused", True),
        (Findings({}, complete=False), "refused", False),
        (Findings({}, complete=True, waiting=True), "left pending", False),
        (Findings({}, complete=True, waiting=False), "left pending", True),
        (Findings({}, complete=True), "gate volume", False),
        (Findings({}, complete=True, passed=frozenset({"gate volume"})), "gate volume", True),
    ],
)
def test_what_is_over(found: Findings, name: str, over: bool) -> None:
    """A problem is over where a whole run vouches for it: one that was cut off, or did not judge, does not."""
    assert found.over(name) is over


@pytest.fixture(params=["database", "markdown"])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A real store of either kind."""
    opened = open_store(Config.from_settings({"NEWS_DATA_DIR": str(tmp_path), "NEWS_OUTPUTS": request.param}))
    yield opened
    opened.close()


def after(notices: Notices, store: Store, number: int, found: Findings) -> None:
    """Tell of a run."""
    run = RunRow(number, "eastmoney", {}, NOW, NOW)
    asyncio.run(notices.after_run(store, run, Outcome(3, "synthetic"), found))


def test_each_problem_is_told_once(receiver: Receiver, store: Store, tmp_path: Path) -> None:
    """A problem is told when it is new and when it is over, whatever comes and goes beside it."""
    notices = Notices(Webhook(receiver.url, "json"), tmp_path)
    after(notices, store, 1, Findings({"refused": "403", "gate volume": "few"}, complete=True))
    after(notices, store, 2, Findings({"refused": "403 again"}, complete=True))
    after(notices, store, 3, Findings({"refused": "403", "bug": "KeyError"}, complete=False))
    after(notices, store, 4, Findings({}, complete=True, passed=frozenset({"gate volume"})))
    after(notices, store, 5, Findings({}, complete=True))
    assert receiver.problems("new") == [["refused", "gate volume"], ["bug"], []]
    assert receiver.problems("over") == [[], [], ["refused", "gate volume", "bug"]]
    assert [problem["problem"] for problem in receiver.got[1]["standing"]] == ["refused", "gate volume"]
    assert receiver.got[0]["text"].splitlines()[0] == "newscrawler eastmoney: exit 3, done, not whole, run 1"
    assert "2026-09-16 10:40" in receiver.got[0]["text"]


def test_what_did_not_arrive_is_told_again(receiver: Receiver, store: Store, tmp_path: Path) -> None:
    """Only what arrived counts as told: the beginning and the end of a problem alike."""
    notices = Notices(Webhook(receiver.url, "json"), tmp_path)
    receiver.status = 503
    after(notices, store, 1, Findings({"refused": "403"}, complete=True))
    receiver.status = 200
    after(notices, store, 2, Findings({"refused": "403"}, complete=True))
    receiver.status = 503
    after(notices, store, 3, Findings({}, complete=True))
    receiver.status = 200
    after(notices, store, 4, Findings({}, complete=True))
    after(notices, store, 5, Findings({}, complete=True))
    assert receiver.problems("new") == [["refused"], ["refused"], [], []]
    assert receiver.problems("over") == [[], [], ["refused"], ["refused"]]


def test_a_problem_that_ended_unheard_is_not_told(receiver: Receiver, store: Store, tmp_path: Path) -> None:
    """A problem whose beginning never arrived and that is gone needs no word."""
    notices = Notices(Webhook(receiver.url, "json"), tmp_path)
    receiver.status = 503
    after(notices, store, 1, Findings({"refused": "403"}, complete=True))
    receiver.status = 200
    after(notices, store, 2, Findings({}, complete=True))
    assert len(receiver.got) == 1


def test_a_store_that_is_down_is_told_once(receiver: Receiver, store: Store, tmp_path: Path) -> None:
    """What the store cannot remember stands in a file, until the store is back and the end is told."""
    notices = Notices(Webhook(receiver.url, "json"), tmp_path)
    after(notices, store, 1, Findings({"store": "down"}))
    notices.before_run("eastmoney", Outcome(5, "down"))
    notices.before_run("eastmoney", Outcome(5, "down"))
    notices.before_run("eastmoney", Outcome(2, "a user's mistake"))
    notices.before_run("eastmoney", Outcome(75, "locked"))
    assert receiver.problems("new") == [["store"]]
    assert (tmp_path / FILE).exists()
    after(notices, store, 2, Findings({}, complete=True))
    after(notices, store, 3, Findings({}, complete=True))
    assert receiver.problems("over") == [[], ["store"]]
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize(
    "kept", ["", "{", "[1]", '{"eastmoney": 3}', '{"eastmoney": {"store": 1}}', '{"x": {"y": {}}}']
)
def test_a_broken_file_counts_as_nothing(receiver: Receiver, store: Store, tmp_path: Path, kept: str) -> None:
    """A file that holds something else, or only part of it, does no harm."""
    (tmp_path / FILE).write_text(kept, encoding="utf-8")
    store.put("notices:eastmoney", [1, 2])
    notices = Notices(Webhook(receiver.url, "json"), tmp_path)
    after(notices, store, 1, Findings({"bug": "KeyError"}, complete=True))
    assert receiver.problems("new") == [["bug"]]


def test_hostile_text_stays_one_line(receiver: Receiver, store: Store, tmp_path: Path) -> None:
    """What a source wrote into a reason can neither break the message nor be of any length."""
    notices = Notices(Webhook(receiver.url, "json"), tmp_path)
    hostile = "a\x1b[31m\n\nNEW bug: none\x00\ud800" + "长" * 10_000
    found = {f"gate {number}": hostile for number in range(30)}
    after(notices, store, 1, Findings(found, complete=True))
    text = receiver.got[0]["text"]
    assert len(text.splitlines()) == 13
    assert text.splitlines()[11] == "NEW: 20 more"
    assert len(text) < 4001
    assert "\x1b" not in text


# --- runs ---


@pytest.fixture
def site() -> Iterator[Server]:
    """The sample source, freshly served."""
    with serve(Site()) as server:
        yield server


def test_runs_tell(site: Server, receiver: Receiver, tmp_path: Path) -> None:
    """A refusal is told after its first run, not after the second, and its end after the first good one."""
    settings = {"NEWS_NOTIFY_URL": receiver.url}
    site.faults.active[:] = [Fault("403", where="list")]
    for _ in range(2):
        run = crawl(tmp_path, site.address, settings=settings, **TEN_DAYS)
        assert run.status == 4, run.errors
    assert receiver.problems("new") == [["refused", "not reached"]]
    assert receiver.got[0]["exit_status"] == 4
    assert receiver.got[0]["run"] == 1
    site.faults.active[:] = []
    run = crawl(tmp_path, site.address, settings=settings, **TEN_DAYS)
    assert run.status == 0, run.errors
    assert receiver.problems("over") == [[], ["refused", "not reached"]]
    run = crawl(tmp_path, site.address, settings=settings, **TEN_DAYS)
    assert len(receiver.got) == 2
    assert SECRET not in run.said + run.errors


def test_a_failing_webhook_changes_nothing(site: Server, receiver: Receiver, tmp_path: Path) -> None:
    """A webhook that fails leaves exit status, posts and ledger as they are, and its secret is nowhere."""
    receiver.status = 500
    site.faults.active[:] = [Fault("html", where="article", times=1)]
    run = crawl(
        tmp_path, site.address, settings={"LOG_LEVEL": "DEBUG"}, env={"NEWS_NOTIFY_URL": receiver.url}, **TEN_DAYS
    )
    assert run.status == 3, run.errors
    assert len(receiver.got) == 1
    assert "could not be sent to http://127.0.0.1/…: HTTP 500" in run.errors
    assert SECRET not in run.said + run.errors
    assert SECRET.encode() not in b"".join([*posts(tmp_path).values(), (tmp_path / "news.db").read_bytes()])
    assert query(tmp_path, "SELECT exit_status FROM runs") == [(3,)]


def test_a_store_out_of_reach_is_told_before_the_run(site: Server, receiver: Receiver, tmp_path: Path) -> None:
    """A run whose store cannot be opened tells so, and the exit status says so too."""
    settings = {
        "NEWS_NOTIFY_URL": receiver.url,
        "NEWS_DATABASE_URL": f"postgresql+psycopg://u:{SECRET}@127.0.0.1:9/x?connect_timeout=2",
        "NEWS_STORE_BUDGET_S": "2",
    }
    run = crawl(tmp_path, site.address, settings=settings, **TEN_DAYS)
    assert run.status == 5, run.errors
    assert receiver.problems("new") == [["store"]]
    assert SECRET not in json.dumps(receiver.got) + run.said + run.errors


def test_a_wrong_address_ends_with_2(site: Server, tmp_path: Path) -> None:
    """An address that is none is the user's mistake: one line, before any request."""
    run = crawl(tmp_path, site.address, settings={"NEWS_NOTIFY_URL": f"ftp://ops.example/{SECRET}"}, **TEN_DAYS)
    assert run.status == 2
    assert "NEWS_NOTIFY_URL is no address of a webhook" in run.errors
    assert SECRET not in run.said + run.errors
    assert not site.log
