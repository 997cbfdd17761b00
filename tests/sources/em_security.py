"""East Money's getListInfo and article API, as far as the news of one security needs them (synthetic texts)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")
LIST = "np-listapi.eastmoney.com/comm/wap/getListInfo"
ARTICLE = re.compile(r"newsinfo\.eastmoney\.com/kuaixun/v2/api/article/(\w+)")


@dataclass(frozen=True)
class News:
    """A made-up article, or a blog post."""

    number: int
    at: datetime
    blog: bool = False

    @property
    def code(self) -> str:
        """The id: 18 digits, of a blog post 20."""
        if self.blog:
            return f"{self.at:%Y%m%d%H%M%S}{self.number:06}"
        return f"{self.at:%Y%m%d}{self.number:010}"

    def row(self) -> dict[str, Any]:
        """As the wap list has it."""
        host = f"caifuhao.eastmoney.com/news/{self.code}" if self.blog else f"finance.eastmoney.com/a/{self.code}.html"
        row = {
            "Art_Code": self.code,
            "Art_Title": f"样例消息第{self.number}号",
            "Art_ShowTime": f"{self.at:%Y-%m-%d %H:%M:%S}",
            "Art_Url": f"http://{host}",
            "Art_SortStart": f"{int(self.at.timestamp())}0{self.code[-5:]}",
            "Art_Image": "",
            "Art_VideoCount": 0,
        }
        if self.blog:
            return row | {"Np_dst": "CFH", "Author": "样例博主", "RelatedUid": "1000"}
        legacy = f"http://finance.eastmoney.com/news/1354,{self.code}.html"
        return row | {"Art_MediaName": "样例日报", "Art_OriginUrl": legacy}

    def article(self) -> dict[str, Any]:
        """As the article API has it."""
        return {
            "Art_Code": self.code,
            "Art_Title": f"样例消息第{self.number}号",
            "Art_ShowTime": f"{self.at:%Y/%m/%d %H:%M:%S}",
            "Art_Media_Name": "样例日报",
            "Art_Content": f"<p>　　虚构的第{self.number}件事，与任何公司无关，金额{self.number * 3}元。</p>",
            "Art_Tip_Info": "[Null]",
        }


@dataclass
class Securities:
    """News by secid, newest first; answers as the source does."""

    news: dict[str, list[News]]
    missing: Sequence[str] = ()
    """Articles that the API lacks."""
    arrives: dict[int, News] = field(default_factory=dict)
    """What comes in before the list page of that number is answered, so that rows shift."""
    most: int = 200

    def __call__(self, path: str, query: dict[str, str]) -> Any:
        """Answer a request; None is a 404."""
        if path == LIST:
            return self._list(query)
        found = ARTICLE.fullmatch(path)
        if found is None:
            return None
        for each in (one for news in tuple(self.news.values()) for one in tuple(news)):
            if each.code == found[1] and each.code not in self.missing:
                return {"data": each.article(), "errorcode": 0, "success": 1, "message": ""}
        return {"data": None, "errorcode": 1, "success": 0, "message": "not found"}

    def _list(self, query: dict[str, str]) -> Any:
        if "mTypeAndCode" not in query or query.get("client") not in ("wap", "web"):
            return {"code": 0, "message": "Required String parameter 'mTypeAndCode' is not present", "data": None}
        page, size = int(query.get("pageIndex", "1")), min(int(query.get("pageSize", "20")), self.most)
        news = self.news.get(query["mTypeAndCode"])
        if news is None:
            return {"code": 1, "message": "success", "data": None}
        if page in self.arrives:
            news.insert(0, self.arrives.pop(page))
        listed = [one for one in news if query.get("cfh") == "1" or not one.blog]
        rows = [one.row() for one in listed[(page - 1) * size : page * size]]
        data = {"page_index": page, "page_size": size, "totle_hits": len(listed)}
        return {"code": 1, "message": "success", "data": data | ({"list": rows} if rows else {})}


def days_of(last: datetime, count: int, *, every: timedelta, start: int = 1) -> list[News]:
    """Make news, newest first, every fifth a blog post."""
    return [News(start + n, last - n * every, blog=n % 5 == 4) for n in range(count)]
