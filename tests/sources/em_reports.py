"""East Money's research reports (report/list and their pages), as far as a crawl needs them (synthetic texts)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

LIST = "reportapi.eastmoney.com/report/list"
PAGE = re.compile(r"data\.eastmoney\.com/report/(zw_\w+)\.jshtml")
PAGES = {"0": "zw_stock", "1": "zw_industry", "2": "zw_macresearch"}


@dataclass(frozen=True)
class Report:
    """A made-up report."""

    number: int
    day: date
    kind: str = "0"
    text: bool = True

    @property
    def code(self) -> str:
        """The id."""
        return f"AP{self.day:%Y%m%d}{self.number:010}"

    def row(self) -> dict[str, Any]:
        """As the list has it; only reports on shares have a share and forecasts."""
        row = {
            "title": f"第{self.number}份样例研报",
            "orgCode": f"8000{self.number % 4}",
            "orgName": f"样例{self.number % 4}证券股份有限公司",
            "orgSName": f"样例{self.number % 4}证券",
            "publishDate": f"{self.day} 00:00:00.000",
            "infoCode": self.code,
            "industryName": "样例行业" if self.kind == "1" else "",
            "author": [f"1100{self.number}.张样", "110999.李例"],
            "researcher": "张样,李例",
            "attachPages": 12,
            "attachSize": 800,
            "encodeUrl": "x",
        }
        if self.kind != "0":
            return row | {"emRatingName": "强于大市" if self.kind == "1" else "", "market": "", "stockCode": ""}
        return row | {
            "stockName": "样例酒业",
            "stockCode": "605901",
            "market": "SHANGHAI",
            "indvInduName": "白酒",
            "emRatingName": "买入",
            "ratingChange": 3,
            "predictThisYearEps": "1.25",
            "predictThisYearPe": "20.5",
            "predictNextYearEps": "-0.3",
            "predictNextYearPe": "",
            "predictNextTwoYearEps": "",
        }

    def page(self) -> str:
        """The report's page."""
        text = (
            f"<p>虚构的第{self.number}份研报。</p><p>　　评级 &lt;买入&gt;，<b>目标价</b>{self.number}元。</p>"
            if self.text
            else ""
        )
        head = f"<html><head><title>第{self.number}份样例研报</title></head><body>"
        return f'{head}<div class="ctx-box"><div class="ctx-content">{text}</div></div><p>页脚</p></body></html>'


@dataclass
class Reports:
    """Reports; answers as the source does."""

    reports: list[Report]
    lost: int = 0
    """Rows that `hits` counts and the list lacks."""
    lists: int = 0

    def __call__(self, path: str, query: dict[str, str]) -> Any:
        """Answer a request; None is a 404."""
        if path == LIST:
            return self._list(query)
        match = PAGE.fullmatch(path)
        for each in tuple(self.reports):
            if match and each.code == query.get("infocode") and PAGES[each.kind] == match[1]:
                return each.page()
        return None

    def _list(self, query: dict[str, str]) -> Any:
        self.lists += 1
        page, size = int(query["pageNo"]), int(query["pageSize"])
        first, last = date.fromisoformat(query["beginTime"]), date.fromisoformat(query["endTime"])
        found = [one for one in tuple(self.reports) if first <= one.day <= last and one.kind == query["qType"]]
        rows = [one.row() for one in found[(page - 1) * size : page * size]]
        hits = len(found) + (self.lost if found else 0)
        pages = -(-hits // size)
        return {"hits": hits, "size": len(rows), "data": rows, "TotalPage": pages, "pageNo": page, "currentYear": 2026}
