"""The captured column list and the captured article together, from HTTP to post and row; expected values written by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml
from crawling import crawl, posts, query

CODE = "202609183878840472"
OLDER = {
    "code": "202601010000000001",
    "showTime": "2026-01-01 08:00:00",
    "title": "synthetic: an older row, so that the walk sees its end",
    "summary": "",
    "np_dst": "CMS",
}


@pytest.fixture
def source(captures: Path) -> Iterator[str]:
    """The captures behind a server of their own; what was not captured is missing there."""
    first = (captures / "column_344_20260919.json").read_bytes()
    second = json.dumps({"code": "1", "data": {"list": [OLDER], "totle_hits": 21}}).encode()
    article = (captures / f"article_api_{CODE}.json").read_bytes()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if "getNewsByColumns" in self.path:
                body = first if "page_index=1" in self.path else second
            elif f"/article/{CODE}" in self.path:
                body = article
            else:
                body = b""
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_list_and_article(source: str, tmp_path: Path) -> None:
    """One article: title, publisher, moment, shares as symbols, indices and boards apart; no advertisement, chart, indent."""
    run = crawl(
        tmp_path,
        source,
        channels="344",
        since="2026-09-19 01:00",
        until="2026-09-19 02:00",
        settings={"LOG_LEVEL": "INFO"},
    )
    assert run.status == 0, run.errors
    ((title, media, category, published, body, text, origin, url),) = query(
        tmp_path,
        "SELECT title, media, category, published_at, body_html, body_text, body_from, url FROM articles",
    )
    assert title == "美股三大指数小幅走低 欧股三大指数均跌超1% 比特币回升至8万美元"
    assert media == "东方财富Choice数据"
    assert category == "dongfangcaifuchoiceshuju"
    assert published.startswith("2026-09-18 17:09:08")  # 2026-09-19 01:09:08 +08:00, in UTC
    assert origin == "api"
    assert url == f"https://finance.eastmoney.com/a/{CODE}.html"

    found: dict[str, set[str]] = {}
    for symbol, kind in query(tmp_path, "SELECT symbol, kind FROM article_securities"):
        found.setdefault(kind, set()).add(symbol)
    assert found["share"] == {
        "300024.SZ",  # 机器人: the site's own tag, false but given
        "NVDA.US",
        "TSLA.US",
        "AMZN.US",
        "MSTR.US",  # these three by their charts
        "COIN.US",
        "CRCL.US",
    }
    assert found["index"] == {"100.DJIA", "100.NDX", "100.SPX", "100.FTSE", "100.GDAXI", "100.FCHI"}
    assert found["board"] == {"BK0800", "BK1211"}
    assert found["fund"] == {"159891.SZ", "513500.SH"}
    assert set(found) == {"share", "index", "board", "fund"}

    for junk in (
        "GetPic.aspx",
        "acttg.eastmoney.com",
        "em_handle_adv",
        "<img",
        "keytip",
        "\u3000",
        "<!--",
        "display:none",
    ):
        assert junk not in body, junk
    assert "\u3000" not in text
    assert text.startswith("美东时间周五")
    assert text.count("\n") == 24  # three paragraphs, two headings, ten linked titles with a paragraph each
    assert "全球要闻\n" in text

    ((name, post),) = posts(tmp_path).items()
    assert name == f"2026-09-19-{CODE}.md"
    front = yaml.safe_load(post.decode().split("---\n")[1])
    assert front["title"] == title
    assert front["media"] == media
    assert "NVDA.US" in front["stocks"]
    assert "BK0800" not in front["stocks"]
    assert "100.DJIA" not in front["stocks"]
    assert b"+0800" in post
