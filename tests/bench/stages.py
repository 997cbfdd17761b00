"""Cost of the stages before the writers, for one article, beside nh3 and one lxml parse of the same body.

    python tests/bench/stages.py [--rounds 400] [--body FILE]

The body is made up (synthetic): 5 KB of UTF-8 with quote charts, tagged securities, a table, pictures, an advertisement and
a publisher's line, as East Money's are. Every round runs all stages and both yardsticks in turn; the medians are printed, in
microseconds and as parts of the two yardsticks together, which the stages may take twice.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import nh3  # noqa: E402 - what follows is found by the line above
from lxml import html  # noqa: E402
from scrapy.utils.test import get_crawler  # noqa: E402

from newscrawler.items import Article  # noqa: E402
from newscrawler.settings import STATS_CLASS  # noqa: E402
from pipelines.body import CleanBody  # noqa: E402
from pipelines.categories import NormalizeCategory  # noqa: E402
from pipelines.dates import NormalizeDate  # noqa: E402
from pipelines.fingerprint import Fingerprint  # noqa: E402
from pipelines.securities import NormalizeSecurities  # noqa: E402
from pipelines.store import close_store  # noqa: E402
from pipelines.text import CleanText  # noqa: E402

STAGES = (CleanText, CleanBody, NormalizeDate, NormalizeCategory, NormalizeSecurities, Fingerprint)
LIMIT = 2.0
YARDSTICKS = ("nh3.clean", "lxml.html parse")

SPACER = '<p style="display:none;height:1px;overflow:hidden;"><br /></p>'
CHART = (
    SPACER
    + '<!-- EM_StockImg_Start --><p style="text-align:center;"><a href="http://quote.eastmoney.com/unify/r/{secid}" '
    'data-code="{code}|{market}|1" data-code2="{code}|{market}|2|" class="EmImageRemark" target="_blank"><img '
    'src="https://webquoteklinepic.eastmoney.com/GetPic.aspx?nid={secid}&imageType=k&token=0123456789abcdef" border="0" '
    'alt="K图 {code}_0" data-code="K {code}|{market}|1" style="border:#d1d1d1 1px solid;" width="578" height="276" /></a></p>'
    "<!-- EM_StockImg_End -->"
)
FIRST = (
    '<span id="stock_{secid}"><a target="_blank" href="http://quote.eastmoney.com/unify/r/{secid}" class="keytip" '
    'data-code="{market},{code}">{name}</a></span><span id="quote_{secid}"></span>'
)
LATER = (
    '<span web="1" target="_blank" href="http://quote.eastmoney.com/unify/r/{secid}" class="em_stock_key_common" '
    'data-code="{market},{code}">{name}</span>'
)


def tagged(form: str, secid: str, name: str = "") -> str:
    """Write a security the way the source tags it."""
    market, code = secid.split(".")
    return form.format(secid=secid, market=market, code=code, name=name)


def made_up() -> str:
    """Write the body; synthetic."""
    cell = "<td>{}</td>" * 4
    rows = "".join(f"<tr>{cell.format(f'第{n}组', n * 3, f'{n}.5%', f'{n * 7}万元')}</tr>" for n in range(1, 6))
    return (
        tagged(CHART, "1.600519")
        + tagged(CHART, "0.300750")
        + f"<p>　　合成正文第一段：{tagged(FIRST, '1.600519', '贵州茅台')}、{tagged(FIRST, '0.300750', '宁德时代')}同日披露虚构的经营数据，"
        "本段文字专为测量而写，与任何真实事件无关。<br /></p>"
        f"<p>　　第二段补充说明：{tagged(LATER, '1.600519', '贵州茅台')}一项编造的指标上升12.5%，{tagged(LATER, '0.300750', '宁德时代')}"
        f"相应指标下降3.2%；{tagged(FIRST, '116.00700', '腾讯控股')}（00700.HK）没有变化。</p>"
        '<h3 class="emh3">　　小标题一</h3>'
        "<p>　　<strong>加粗的导语自成一段</strong></p>"
        "<p>　　" + "这里是没有标记的普通段落，句子连着句子，用来占据真实报道里大部分的篇幅。" * 6 + "</p>"
        '<center><img src="https://np-newspic.dfcfw.com/download/D00000000000000000001_w690h389.jpg" width="580" '
        'style="border:#d1d1d1 1px solid;padding:3px;margin:5px 0;" /></center>'
        '<p>　　<a href="http://finance.eastmoney.com/a/202601010000000001.html"><strong>相关阅读：一条虚构的链接</strong></a></p>'
        f'<table class="cms_autoformat_table"><tr><th>名称</th><th>数量</th><th>变化</th><th>金额</th></tr>{rows}</table>'
        "<p>　　"
        + "表格之后还有一段文字，交代来龙去脉，并且提到2026年1月1日和电话010-12345678，都不是证券。"
        * 3
        + "</p>"
        '<p style="text-align:center;"><a href="https://acttg.eastmoney.com/pub/synthetic"><img '
        'src="https://np-newspic.dfcfw.com/download/ad.jpg" class="em_handle_adv_close" /></a></p>'
        f'<p class="em_media">（文章来源：上海{tagged(FIRST, "90.BK0473", "证券")}报）</p>'
    )


def article(body: str) -> Article:
    """Make the item; synthetic."""
    return Article(
        source="eastmoney",
        article_id="202601010000000002",
        url="https://finance.eastmoney.com/a/202601010000000002.html",
        channels=("column:344",),
        crawled_at=datetime(2026, 1, 1, 12, 30, tzinfo=ZoneInfo("Asia/Shanghai")),
        title_raw="合成标题：两家公司同日披露虚构数据 市场反应平淡",
        summary_raw="【合成标题：两家公司同日披露虚构数据 市场反应平淡】合成导语，第一句。第二句略长一些，说明它只为测量而写。",
        body_raw=body,
        media_raw="上海证券报",
        published_raw="2026-01-01 12:19:03",
        securities_raw=(("1.600519", "", "tag"), ("0.300750", "", "tag")),
    )


def finished(outcome: Any) -> None:
    """Drive a coroutine that waits for nothing."""
    if hasattr(outcome, "send"):
        try:
            outcome.send(None)
        except StopIteration:
            return
        raise RuntimeError("a stage waited for something")


def timed(call: Callable[[], Any]) -> float:
    """Measure one call, in microseconds."""
    start = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - start) / 1000


def measure(body: str, rounds: int, folder: str) -> dict[str, float]:
    """Return the median cost of each yardstick and stage."""
    places = {"NEWS_DATA_DIR": folder, "NEWS_ROOT": folder}
    crawler = get_crawler(settings_dict={"NEWS_OUTPUTS": "markdown", "STATS_CLASS": STATS_CLASS, **places})
    stages = [stage.from_crawler(crawler) for stage in STAGES]  # type: ignore[attr-defined]

    async def warm() -> None:
        item = article(body)
        for stage in stages:
            outcome = stage.process_item(item)
            if hasattr(outcome, "send"):
                await outcome

    asyncio.run(warm())
    costs: dict[str, list[float]] = {}
    fresh = article(body)
    for _ in range(rounds):
        item = deepcopy(fresh)
        costs.setdefault("nh3.clean", []).append(timed(lambda: nh3.clean(body)))
        costs.setdefault("lxml.html parse", []).append(timed(lambda: html.fromstring(body)))
        for stage in stages:
            name = type(stage).__name__
            costs.setdefault(name, []).append(timed(lambda stage=stage, item=item: finished(stage.process_item(item))))
    close_store(crawler)
    return {name: statistics.median(values) for name, values in costs.items()}


def main() -> int:
    """Print the table; 1 where the stages take more than twice the yardsticks."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=400)
    parser.add_argument("--body", type=Path, help="measure this body instead of the made-up one")
    options = parser.parse_args()
    body = options.body.read_text(encoding="utf-8") if options.body else made_up()
    with tempfile.TemporaryDirectory() as folder:
        costs = measure(body, options.rounds, folder)
    yardstick = costs["nh3.clean"] + costs["lxml.html parse"]
    print(f"body of {len(body.encode())} bytes, {len(body)} characters; medians of {options.rounds} rounds")
    for name, cost in costs.items():
        print(f"{name:20} {cost:8.1f} µs {cost / yardstick:6.2f}")
    total = sum(costs.values()) - yardstick
    print(f"{'all stages':20} {total:8.1f} µs {total / yardstick:6.2f} (at most {LIMIT:.2f})")
    return 0 if total <= LIMIT * yardstick else 1


if __name__ == "__main__":
    sys.exit(main())
