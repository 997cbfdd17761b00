"""财联社: the captured row, and whole crawls against a server that speaks its dialect (synthetic texts)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from crawling import crawl, posts, query, window
from dialect import Dialect, speak

from newscrawler import cls
from newscrawler.answers import read_json
from newscrawler.errors import LayoutError, Refused

BEIJING = ZoneInfo("Asia/Shanghai")
END = datetime(2026, 3, 10, tzinfo=BEIJING)
HOST = "www.cls.cn/v1/roll/get_roll_list"


def row(number: int, at: datetime, **more: Any) -> dict[str, Any]:
    """A made-up row of the telegraph."""
    text = f"财联社3月9日电，样例公司{number}宣布虚构的第{number}项计划，金额{number * 7}元。"
    return {"id": 1_000_000 + number, "ctime": int(at.timestamp()), "title": "", "content": text, "is_ad": 0, **more}


def rows(count: int) -> list[dict[str, Any]]:
    """Rows newest first, four in every second: pages end in the middle of one."""
    made = [row(number, END - timedelta(minutes=30 * (number // 4))) for number in range(count)]
    made[3]["stock_list"] = [{"StockID": "sh605901", "name": "样例酒业"}, {"StockID": "usAAPL"}, {"StockID": "x"}]
    made[4]["title"] = "样例标题"
    made[5]["is_ad"] = 1
    made[6]["images"] = ["https://image.cls.cn/images/20260309/x.png"]
    made.append(row(90_000, END - timedelta(days=30)))
    return made


def telegraph(every: list[dict[str, Any]]) -> Any:
    """Answer as the list does: signature checked, `last_time` exclusive, more than 50 rows empty without an error."""

    def answer(path: str, asked: dict[str, str]) -> Any:
        if path != HOST:
            return None
        sign = asked.pop("sign", "")
        sha1 = hashlib.sha1(urlencode(sorted(asked.items())).encode(), usedforsecurity=False).hexdigest()
        if sign != hashlib.md5(sha1.encode(), usedforsecurity=False).hexdigest():
            return {"errno": 10012, "msg": "签名错误", "data": {}}
        count = int(asked["rn"])
        found = [one for one in every if one["ctime"] < int(asked["last_time"])][:count] if count <= 50 else []
        return {"errno": 0, "msg": "", "data": {"roll_data": found}}

    return answer


DAYS = window(END - timedelta(days=10), END + timedelta(hours=1))


def test_the_captured_row(captures: Path) -> None:
    """The captured row without a title takes its first sentence, its seconds are Beijing's night, its picture stays."""
    name = "cls_roll_with_image_20260918.json"
    listing = cls.read_list(read_json((captures / name).read_bytes(), name), "telegraph:all", name)
    (one,) = listing.rows
    assert listing.bad == []
    assert one.article_id == "2487578"
    assert one.url == "https://www.cls.cn/detail/2487578"
    assert one.published_raw == "1789741812"
    assert one.media == "财联社"
    assert one.title.startswith("财联社9月18日电，美国财政部2年期国债收益率升至4.743%")
    assert one.kind == "blog"
    assert "https://image.cls.cn/images/20260918/6ws9O4Q9UJ_798x1096.png" in cls.body(one.raw)
    assert listing.cursor == "1789741813"


def test_a_whole_crawl(tmp_path: Path) -> None:
    """Every row of the window is stored once, rows that share the second of a page's end included; advertisements are not."""
    every = rows(230)
    with speak(telegraph(every)) as source:
        run = crawl(tmp_path, source.address, spider="cls", **DAYS)
        assert run.status == 0, run.errors
        stored = {int(key) for (key,) in query(tmp_path, "SELECT article_id FROM articles")}
        assert stored == {one["id"] for one in every[:-1] if not one["is_ad"]}
        assert len(posts(tmp_path)) == len(stored)
        assert all("-cls-" in name for name in posts(tmp_path))
        asked = len(source.asked)
        again = crawl(tmp_path, source.address, spider="cls", **DAYS)
        assert again.status == 0
        assert len(source.asked) == asked
    ((at, media, category),) = query(
        tmp_path, "SELECT published_at, media, category FROM articles WHERE article_id = '1000000'"
    )
    assert (at[:19], media, category) == ("2026-03-09 16:00:00", "财联社", "cailianshe")
    assert query(tmp_path, "SELECT symbol, name, kind, origin FROM article_securities") == [
        ("605901.SH", "样例酒业", "share", "tag")
    ]
    ((body,),) = query(tmp_path, "SELECT body_html FROM articles WHERE article_id = '1000006'")
    assert '<img src="https://image.cls.cn/images/20260309/x.png"' in body
    ((title,),) = query(tmp_path, "SELECT title FROM articles WHERE article_id = '1000004'")
    assert title == "样例标题"


def test_a_crawl_that_was_cut_short(tmp_path: Path) -> None:
    """After a run that took a part, the same window again takes the rest, each row once, and then asks nothing."""
    every = rows(230)
    with speak(telegraph(every)) as source:
        first = crawl(tmp_path, source.address, spider="cls", limit=120, **DAYS)
        assert (first.status, first.counts["inserted"]) == (0, 120)
        rest = crawl(tmp_path, source.address, spider="cls", **DAYS)
        assert rest.status == 0, rest.errors
        assert rest.counts["inserted"] == 229 - 120  # 230 rows, one of them an advertisement
        source.asked.clear()
        assert crawl(tmp_path, source.address, spider="cls", **DAYS).status == 0
        assert source.asked == []


def test_a_run_that_continues(tmp_path: Path) -> None:
    """An everyday run after another asks for one page and stores what is new."""
    now = datetime.now(BEIJING)
    every = [row(number, now - timedelta(minutes=20 * number)) for number in range(100)]
    with speak(telegraph(every)) as source:
        assert crawl(tmp_path, source.address, spider="cls").status == 0
        source.asked.clear()
        every.insert(0, row(500, now))
        run = crawl(tmp_path, source.address, spider="cls")
        assert run.status == 0, run.errors
        assert run.counts["inserted"] == 1
        assert len(source.asked) == 1


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"errno": 10012, "msg": "签名错误", "data": {}}, 6),
        ({"errno": 0, "data": {}}, 6),
        ({"errno": 0, "data": {"roll_data": []}}, 3),
        ("<html><body>请完成安全验证</body></html>", 4),
        (None, 6),
    ],
)
def test_what_is_no_list(tmp_path: Path, said: Any, status: int) -> None:
    """An error, an answer without the array, an empty one and a verification page never read as no news."""
    with speak(lambda _path, _asked: said) as source:
        run = crawl(tmp_path, source.address, spider="cls", **DAYS)
        assert run.status == status, run.errors
        assert query(tmp_path, "SELECT * FROM coverage") == []


def test_bad_rows_and_arguments(tmp_path: Path) -> None:
    """A row without id, time or text is kept and named; an unknown channel is one line, exit 2."""
    listing = cls.read_list(
        {"errno": 0, "data": {"roll_data": [{}, {"id": 1}, {"id": 2, "content": "x"}, {"id": 3, "ctime": 5}, None]}},
        "telegraph:all",
        "x",
    )
    assert listing.rows == []
    assert len({bad.article_id for bad in listing.bad}) == 5
    with pytest.raises(LayoutError):
        cls.read_list([], "telegraph:all", "x")
    with pytest.raises(Refused):
        cls.read_list({"errno": 1, "msg": "访问过于频繁"}, "telegraph:all", "x")
    source = Dialect("http://127.0.0.1:9")
    run = crawl(tmp_path, source.address, spider="cls", channels="wire", settings={"LOG_LEVEL": "ERROR"})
    assert run.status == 2
    assert "telegraph" in run.errors
