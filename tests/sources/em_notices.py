"""East Money's announcements (security/ann, content/ann), as far as a crawl needs them (synthetic texts)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")
LIST = "np-anotice-stock.eastmoney.com/api/security/ann"
TEXT = "np-cnotice-stock.eastmoney.com/api/content/ann"


@dataclass(frozen=True)
class Notice:
    """A made-up announcement; its official day is the next one where it appeared in the evening."""

    number: int
    at: datetime
    stock: str = "605901"
    ann_type: str = "A,SHA"
    node: int = 1
    pages: int = 1
    attached: bool = True

    @property
    def code(self) -> str:
        """The id."""
        return f"AN{self.at:%Y%m%d}{self.number:010}"

    @property
    def official(self) -> date:
        """The official day."""
        return (self.at + timedelta(hours=8)).date()

    def row(self) -> dict[str, Any]:
        """As the list has it."""
        market = "1" if self.ann_type.endswith(("SHA", "KCB", "SHB")) else "0"
        code = {"ann_type": self.ann_type, "inner_code": "1", "market_code": market}
        return {
            "art_code": self.code,
            "codes": [code | {"short_name": "样例股份", "stock_code": self.stock}],
            "columns": [{"column_code": "001", "column_name": f"样例栏目{self.node}"}] if self.node else [],
            "display_time": f"{self.at:%Y-%m-%d %H:%M:%S}:800",
            "eiTime": f"{self.at + timedelta(minutes=1):%Y-%m-%d %H:%M:%S}:000",
            "notice_date": f"{self.official} 00:00:00",
            "title": f"样例股份:第{self.number}号公告",
        }

    def text(self, page: int) -> dict[str, Any]:
        """One page of the text."""
        pdf = f"https://pdf.dfcfw.com/pdf/H2_{self.code}_1.pdf"
        return {
            "art_code": self.code,
            "notice_title": f"样例股份:第{self.number}号公告",
            "notice_date": f"{self.official} 00:00:00",
            "notice_content": f"虚构的第{self.number}号公告，第{page}页，共{self.pages}页。\r\n\r\n　　数额 <{page}> & 无。\n",
            "page_size": self.pages,
            "attach_url": f"{pdf}?1700000000",
            "attach_url_web": pdf if self.attached else "",
            "attach_list": [],
            "eitime": f"{self.at:%Y-%m-%d %H:%M:%S}",
        }


@dataclass
class Notices:
    """Announcements, newest first; answers as the source does."""

    notices: list[Notice]
    arrives: dict[int, Notice] = field(default_factory=dict)
    """What appears before the so manieth list request is answered, so that rows shift."""
    goes: dict[int, Notice] = field(default_factory=dict)
    """What is withdrawn then."""
    lost: int = 0
    """Rows that `total_hits` counts and the list lacks."""
    lists: int = 0
    most: int = 100

    def __call__(self, path: str, query: dict[str, str]) -> Any:
        """Answer a request; None is a 404."""
        if path == LIST:
            return self._list(query)
        if path != TEXT:
            return None
        for each in tuple(self.notices):  # other threads change it
            if each.code == query.get("art_code"):
                page = int(query.get("page_index", "1"))
                return {"data": each.text(page) if page <= each.pages else {}, "success": 1}
        return {"data": {}, "success": 1}

    def _list(self, query: dict[str, str]) -> Any:
        if "ann_type" not in query:
            return {"data": None, "error": "ann_type is required", "success": 0}
        self.lists += 1
        if self.lists in self.arrives:
            self.notices.append(self.arrives[self.lists])
        if self.lists in self.goes:
            self.notices.remove(self.goes[self.lists])
        page, size = int(query["page_index"]), min(int(query["page_size"]), self.most)
        first, last = date.fromisoformat(query["begin_time"]), date.fromisoformat(query["end_time"])
        found = [
            one
            for one in tuple(self.notices)
            if first <= one.official <= last
            and query.get("f_node", "0") in ("0", str(one.node))
            and query.get("stock_list", one.stock) == one.stock
        ]
        found.sort(key=lambda one: (one.at, one.code), reverse=True)
        rows = [one.row() for one in found[(page - 1) * size : page * size]]
        hits = len(found) + (self.lost if found else 0)
        data = {"list": rows, "page_index": page, "page_size": size, "total_hits": hits}
        return {"data": data, "error": "", "success": 1}


def at(day: int, hour: int = 17, minute: int = 0, second: int = 0) -> datetime:
    """A moment of March 2026 in Beijing."""
    return datetime(2026, 3, day, hour, minute, second, tzinfo=BEIJING)
