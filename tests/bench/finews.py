"""finews' way, rebuilt: a thread a feed, `requests` one after the other, every listed article fetched in every round."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

LIST = "/np-listapi.eastmoney.com/comm/web/getNewsByColumns?"
ARTICLE = "/newsinfo.eastmoney.com/kuaixun/v2/api/article/"


def feed(address: str, channel: str, folder: Path) -> int:
    """Take a feed: its list of a hundred, then each article into a file; returns how many."""
    import requests

    query = {"client": "web", "biz": "web_news_col", "column": channel, "order": 1, "page_index": 1, "page_size": 100}
    listed = requests.get(f"{address}{LIST}{urlencode(query | {'req_trace': 1})}", timeout=30).json()["data"]["list"]
    for row in listed:
        data = requests.get(f"{address}{ARTICLE}{row['code']}?guid=1", timeout=30).json()["data"]
        text = f'---\ntitle: "{data["Art_Title"]}"\ndate: {row["showTime"]}\n---\n{data["Art_Content"]}\n'
        (folder / f"{row['showTime'][:10]}-{row['code']}.md").write_text(text, encoding="utf-8")
    return len(listed)


def round_of(address: str, channels: list[str], folder: Path) -> int:
    """Take every feed once, each in its own thread; returns how many articles were fetched."""
    folder.mkdir()
    with ThreadPoolExecutor(len(channels)) as threads:
        return sum(threads.map(lambda channel: feed(address, channel, folder), channels))
