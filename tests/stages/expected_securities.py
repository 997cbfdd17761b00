"""What a person read in the captures: every security outside the publisher's line, once, in the order of its first mention.

Written by hand from the captures' markup, never by the code. (symbol, secid, name, kind, origin, mentions); a chart and
each tagged place of the text count one mention.
"""

Row = tuple[str, str | None, str, str, str, int]

BODIES: dict[str, list[Row]] = {
    # charts of six indices and three shares; three companies, the false tag 机器人, two boards (汽车 of 汽车协会 is false)
    "article_api_202609183878840472.json": [
        ("100.DJIA", "100.DJIA", "", "index", "chart", 1),
        ("100.NDX", "100.NDX", "", "index", "chart", 1),
        ("100.SPX", "100.SPX", "", "index", "chart", 1),
        ("100.FTSE", "100.FTSE", "", "index", "chart", 1),
        ("100.GDAXI", "100.GDAXI", "", "index", "chart", 1),
        ("100.FCHI", "100.FCHI", "", "index", "chart", 1),
        ("MSTR.US", "105.MSTR", "", "share", "chart", 1),
        ("COIN.US", "105.COIN", "", "share", "chart", 1),
        ("CRCL.US", "106.CRCL", "", "share", "chart", 1),
        ("BK1211", "90.BK1211", "汽车", "board", "tag", 1),
        ("NVDA.US", "105.NVDA", "英伟达", "share", "tag", 2),
        ("BK0800", "90.BK0800", "人工智能", "board", "tag", 2),
        ("TSLA.US", "105.TSLA", "特斯拉", "share", "tag", 2),
        ("300024.SZ", "0.300024", "机器人", "share", "tag", 2),
        ("AMZN.US", "105.AMZN", "亚马逊", "share", "tag", 3),
    ],
    # five brokers, each in a heading and in the text below it; twelve boards; 中国银河 and 证券 tagged in one name
    "article_body_202601_desktop.html": [
        ("600030.SH", "1.600030", "中信证券", "share", "tag", 2),
        ("BK1036", "90.BK1036", "半导体", "board", "tag", 1),
        ("BK0963", "90.BK0963", "商业航天", "board", "tag", 3),
        ("300024.SZ", "0.300024", "机器人", "share", "tag", 2),
        ("BK0739", "90.BK0739", "工程机械", "board", "tag", 1),
        ("BK0493", "90.BK0493", "新能源", "board", "tag", 1),
        ("601059.SH", "1.601059", "信达证券", "share", "tag", 2),
        ("BK0474", "90.BK0474", "保险", "board", "tag", 1),
        ("601788.SH", "1.601788", "光大证券", "share", "tag", 2),
        ("BK0478", "90.BK0478", "有色金属", "board", "tag", 3),
        ("BK0490", "90.BK0490", "军工", "board", "tag", 1),
        ("002670.SZ", "0.002670", "国盛证券", "share", "tag", 2),
        ("BK0989", "90.BK0989", "储能", "board", "tag", 1),
        ("BK1137", "90.BK1137", "存储芯片", "board", "tag", 1),
        ("BK1104", "90.BK1104", "信创", "board", "tag", 1),
        ("BK1037", "90.BK1037", "消费电子", "board", "tag", 1),
        ("601881.SH", "1.601881", "中国银河", "share", "tag", 2),
        ("BK0473", "90.BK0473", "证券", "board", "tag", 2),
    ],
    # stock_NASDAQ_INTC7; Info.385 is a glossary's
    "article_fragment_201906_old_span_ids.html": [("INTC.US", "105.INTC", "英特尔", "share", "tag", 1)],
    "finews_202112082206782366.md": [],
    "finews_202112082206928461.md": [],
    "finews_202112082207166919.md": [],
    # Info.3321 is a glossary's; 证券 inside the publisher's name is none
    "finews_202205262391921712.md": [
        ("NIO.US", "106.NIO", "蔚来", "share", "tag", 3),
        ("BK0493", "90.BK0493", "新能源", "board", "tag", 2),
        ("600160.SH", "1.600160", "巨化股份", "share", "tag", 3),
        ("300343.SZ", "0.300343", "联创股份", "share", "tag", 3),
        ("600636.SH", "1.600636", "国新文化", "share", "tag", 2),
        ("BK0839", "90.BK0839", "知识产权", "board", "tag", 1),
    ],
    # later mentions without a first one; 绿色经济 is a false tag; 证券 here stands in a company's name
    "finews_202205302396671291.md": [
        ("01315.HK", "116.01315", "绿色经济", "share", "tag", 3),
        ("BK0473", "90.BK0473", "证券", "board", "tag", 1),
        ("BK0493", "90.BK0493", "新能源", "board", "tag", 1),
    ],
    # PPI inside CPPIB and 基金 are a glossary's; 证券 inside the publisher's name is none
    "finews_202205302396671645.md": [
        ("00700.HK", "116.00700", "腾讯控股", "share", "tag", 2),
        ("000333.SZ", "0.000333", "美的集团", "share", "tag", 1),
        ("BABA.US", "106.BABA", "阿里巴巴", "share", "tag", 1),
        ("300750.SZ", "0.300750", "宁德时代", "share", "tag", 1),
        ("600519.SH", "1.600519", "贵州茅台", "share", "tag", 1),
        ("601318.SH", "1.601318", "中国平安", "share", "tag", 1),
        ("PDD.US", "105.PDD", "拼多多", "share", "tag", 1),
    ],
    # a chart without link, a chart with one, then four tags; 证券 inside the publisher's name is none
    "finews_202205312397987746.md": [
        ("600036.SH", "1.600036", "招商银行", "share", "tag", 2),
        ("600519.SH", "1.600519", "贵州茅台", "share", "tag", 2),
        ("300059.SZ", "0.300059", "东方财富", "share", "tag", 1),
        ("002594.SZ", "0.002594", "比亚迪", "share", "tag", 1),
    ],
    # names of New York's funds in plain capitals are no codes beyond doubt
    "finews_NW202205292395438077.md": [],
    "reduced_article_page_202606_ads.html": [("688668.SH", "1.688668", "鼎通科技", "share", "tag", 1)],
    "reduced_article_page_20260819.html": [("00700.HK", "116.00700", "腾讯控股", "share", "tag", 1)],
    "reduced_article_page_20260827_ai.html": [],
    "reduced_article_page_202609_tables.html": [],
    # data-code without a market beside an address with one; the table's plain code is no mention
    "reduced_article_page_table.html": [
        ("002353.SZ", "0.002353", "杰瑞股份", "share", "tag", 2),
        ("688376.SH", "1.688376", "美埃科技", "share", "tag", 1),
    ],
}

SEED: list[Row] = [("01024.HK", "116.01024", "", "share", "chart", 1)]

TIP_INFO = ["0.300024", "105.NVDA", "105.TSLA", "105.AMZN", "90.BK0800", "90.BK1211"]
FUND_INFO = ["0.159891", "1.513500"]

STOCK_LISTS: dict[str, list[list[str]]] = {
    "fast_news_20260318_fragment.jsonp": [["0.002230"], []],
    "fast_news_20260616_fragment.json": [["1.601068"], ["1.601068"]],
}

# secid, name and symbol of each row
ANNOUNCEMENTS: dict[str, list[list[tuple[str, str, str]]]] = {
    "ann_row_bse_20220426.json": [[("0.873169", "七丰精工", "873169.BJ")]],
    "ann_row_20260414.json": [[("0.000156", "华数传媒", "000156.SZ")]],
    # no market in these rows
    "ann_list_20260727_fragment.json": [
        [("0.002569", "*ST步森", "002569.SZ")],
        [("0.300866", "安克创新", "300866.SZ")],
    ],
}

LIST_TEXTS: dict[str, dict[str, list[str]]] = {
    # codes in brackets in titles and leads, by place: every other number of these lists is none
    "column_344_20260919.json": {"title": [], "summary": ["600301.SH", "601091.SH", "600301.SH"]},
    "pushlist_745_20220531.json": {"title": [], "digest": ["300023.SZ", "000613.SZ"]},
}
