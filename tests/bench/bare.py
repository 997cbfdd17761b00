"""The floor: a spider that fetches the same pages and yields the same raw fields, with no stage and no memory.

    scrapy runspider tests/bench/bare.py -a address=http://… -a channels=344 [-a look_up=news.db]

With `look_up` it reads the newest page of each list only, and asks an SQLite database once a page which rows are known,
by SQLAlchemy Core: the floor of a run that finds nothing new.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar
from urllib.parse import urlencode

from scrapy import Request, Spider
from scrapy.http import Response

LIST = "/np-listapi.eastmoney.com/comm/web/getNewsByColumns?"
ARTICLE = "/newsinfo.eastmoney.com/kuaixun/v2/api/article/"


class Bare(Spider):
    """Lists and articles, nothing else."""

    name = "bare"
    custom_settings: ClassVar[dict[str, Any]] = {
        "CONCURRENT_REQUESTS": 16,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
        "DOWNLOAD_DELAY": 0,
        "TELNETCONSOLE_ENABLED": False,
        "COOKIES_ENABLED": False,
        "LOG_LEVEL": "INFO",
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
    }

    def __init__(self, address: str, channels: str = "344", rows: str = "200", look_up: str = "") -> None:
        super().__init__()
        self.address, self.channels, self.rows = address, channels.split(","), int(rows)
        self.taken = 0
        self.known = _look_up(look_up) if look_up else None

    def closed(self, reason: str) -> None:
        """Say how many articles, or known rows, were taken."""
        print(f"took {self.taken} {reason}")

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the newest page of every list."""
        for channel in self.channels:
            yield self.ask(channel, 1)

    def ask(self, channel: str, page: int) -> Request:
        """Ask for a list page, after the articles of the one before."""
        query = {"client": "web", "biz": "web_news_col", "column": channel, "order": 1, "needInteractData": 0}
        query |= {"page_index": page, "page_size": self.rows, "req_trace": 1}
        url = f"{self.address}{LIST}{urlencode(query)}"
        return Request(url, self.parse, cb_kwargs={"channel": channel, "page": page}, priority=0 if page == 1 else -10)

    def parse(self, response: Response, channel: str, page: int) -> Iterator[Any]:
        """Read a list page."""
        rows = json.loads(response.body)["data"]["list"] or []
        if self.known is not None:
            self.taken += self.known([row["code"] for row in rows])
            return
        for row in rows:
            url = f"{self.address}{ARTICLE}{row['code']}?guid=1"
            yield Request(url, self.parse_article, cb_kwargs={"row": row, "channel": channel})
        if rows:
            yield self.ask(channel, page + 1)

    def parse_article(self, response: Response, row: dict[str, Any], channel: str) -> Iterator[Any]:
        """Yield the raw fields."""
        data = json.loads(response.body)["data"]
        self.taken += 1
        yield {
            "article_id": row["code"],
            "url": data["Art_UniqueUrl"] or row["uniqueUrl"],
            "channel": channel,
            "title": data["Art_Title"] or row["title"],
            "summary": row["summary"],
            "body": data["Art_Content"],
            "media": data["Art_Media_Name"],
            "published": row["showTime"],
            "answer": response.body,
        }


def _look_up(path: str) -> Any:
    from sqlalchemy import bindparam, column, create_engine, select, table

    articles = table("articles", column("source"), column("article_id"), column("fingerprint"), column("revision"))
    query = select(articles.c.article_id, articles.c.fingerprint, articles.c.revision).where(
        articles.c.source == "eastmoney", articles.c.article_id.in_(bindparam("ids", expanding=True))
    )
    engine = create_engine(f"sqlite:///{path}")

    def known(ids: list[str]) -> int:
        with engine.connect() as connection:
            return len(connection.execute(query, {"ids": ids}).fetchall())

    return known
