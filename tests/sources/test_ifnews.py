"""国际金融报: whole crawls against a server that speaks its dialect (synthetic texts)."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from crawling import crawl, query
from dialect import speak

from newscrawler import ifnews
from newscrawler.errors import LayoutError, NoArticle

BEIJING = ZoneInfo("Asia/Shanghai")


def listed(times: list[str]) -> dict[str, Any]:
    """A column's list with rows of these times."""
    rows = [
        {"title": f"样例专栏{number}", "createUser": "记者甲", "fileID": 700 + number, "publishTime": time}
        for number, time in enumerate(times)
    ]
    return {"list": rows, "column": {"columnName": "样例"}}


def source(times: list[str], missing: str = "") -> Any:
    """Answer as the API does; one article may be missing."""

    def answer(path: str, asked: dict[str, str]) -> Any:
        if path == "api.ifnews.com/api/getArticles":
            return listed(times) if asked.get("cid") == "48" else {"list": []}
        if path == "api.ifnews.com/api/getArticle":
            return {"content": ""} if asked["aid"] == missing else {"content": f"<p>　　虚构的正文{asked['aid']}。</p>"}
        return None

    return answer


def test_a_whole_crawl(tmp_path: Path) -> None:
    """Relative and absolute times are placed by the answer's moment, texts are stored, a second run fetches none again."""
    now = datetime.now(BEIJING)
    times = [
        "5分钟前",
        "3小时前",
        f"{now - timedelta(hours=20):%Y-%m-%d %H:%M}",
        f"{now - timedelta(days=9):%Y-%m-%d %H:%M}",
    ]
    with speak(source(times)) as made:
        run = crawl(tmp_path, made.address, spider="ifnews")
        assert run.status == 0, run.errors
        rows = query(
            tmp_path, "SELECT article_id, media, author, category, body_text, published_at FROM articles ORDER BY id"
        )
        assert {row[0] for row in rows} == {"700", "701", "702", "703"}
        assert {row[1:4] for row in rows} == {("国际金融报", "记者甲", "guojijinrongbao")}
        stored = {row[0]: datetime.fromisoformat(row[5]).replace(tzinfo=ZoneInfo("UTC")) for row in rows}
        assert abs(stored["700"] - (now - timedelta(minutes=5))) < timedelta(minutes=2)
        assert abs(stored["701"] - (now - timedelta(hours=3))) < timedelta(minutes=2)
        made.asked.clear()
        again = crawl(tmp_path, made.address, spider="ifnews")
        assert again.status == 0, again.errors
        assert made.count("getArticles") == 1
        assert again.counts["inserted"] == 0
        assert made.count("getArticle") == made.count("getArticles")  # no text was asked for


def test_a_window(tmp_path: Path) -> None:
    """A window takes what lies in it, cut short or not, names how far the one page reaches, and fetches nothing twice."""
    times = [f"2026-03-{day:02d} 10:00" for day in range(20, 4, -1)]
    days = {"since": "2026-03-08", "until": "2026-03-12"}
    with speak(source(times)) as made:
        first = crawl(tmp_path, made.address, spider="ifnews", limit=2, **days)
        assert (first.status, first.counts["inserted"]) == (0, 2)
        rest = crawl(tmp_path, made.address, spider="ifnews", **days)
        assert (rest.status, rest.counts["inserted"], rest.counts["known"]) == (0, 3, 2)
        made.asked.clear()
        again = crawl(tmp_path, made.address, spider="ifnews", **days)
        assert again.status == 0
        assert made.asked == []
        older = crawl(tmp_path, made.address, spider="ifnews", since="2026-03-01", until="2026-03-06")
        assert older.status == 3
        assert "reached back to 2026-03-05 10:00" in older.outcome["reason"]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"error": "x"}, 6),
        ({"list": []}, 3),
        ("<html><body>请完成安全验证</body></html>", 4),
        (None, 6),
    ],
)
def test_what_is_no_list(tmp_path: Path, said: Any, status: int) -> None:
    """An answer that is no list never reads as no news."""
    with speak(lambda _path, _asked: said) as made:
        assert crawl(tmp_path, made.address, spider="ifnews", since="2026-03-08").status == status


def test_a_pending_row_keeps_its_moment(tmp_path: Path) -> None:
    """An article without text is pending, and its relative time is kept as it was when listed."""
    with speak(source(["3小时前", "2026-01-01 08:00"], missing="700")) as made:
        run = crawl(tmp_path, made.address, spider="ifnews")
    assert run.status == 3, run.errors
    ((reason, row),) = query(tmp_path, "SELECT reason, row FROM pending")
    assert "no content" in reason
    assert row


def test_rows() -> None:
    """A relative time read again later stays where it was; rows without id, title or time are named."""
    seen_at = datetime(2026, 3, 9, 12, tzinfo=BEIJING)
    listing = ifnews.read_list(listed(["3小时前"]), "cid:48", "x", seen_at=seen_at)
    (row,) = listing.rows
    assert row.published_raw == "2026-03-09T09:00:00+08:00"
    assert ifnews.read_row(row.raw, "cid:48").published_raw == row.published_raw
    bad = {"list": [{"fileID": 1}, {"title": "x"}, {"fileID": 2, "title": "x", "publishTime": "soon"}, 5]}
    assert len(ifnews.read_list(bad, "cid:48", "x", seen_at=seen_at).bad) == 4
    with pytest.raises(LayoutError):
        ifnews.read_list({"error": 1}, "cid:48", "x", seen_at=seen_at)
    with pytest.raises(NoArticle):
        ifnews.read_content({"content": None}, "x")


def test_bad_arguments(tmp_path: Path) -> None:
    """A column that is no number is one line, exit 2."""
    run = crawl(tmp_path, "http://127.0.0.1:9", spider="ifnews", channels="x", settings={"LOG_LEVEL": "ERROR"})
    assert run.status == 2
    assert "channels=48" in run.errors
