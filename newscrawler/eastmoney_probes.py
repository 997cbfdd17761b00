"""What `scrapy probe` asks of East Money, and how the answers look that we know.

**Source**: answers captured in 2026-09 (columns, article API), 2026-03 and 2026-06 (flash news), 2026-01 to 2026-09 (pages).
"""

from __future__ import annotations

import re
from typing import Any

from newscrawler.shapes import Field, Probe, any_text, array, code, moment, text

_LINK = re.compile(r"<p><a .*?</a></p>", re.DOTALL)


def prose(value: Any) -> bool:
    """Whether a body has more than links to files."""
    return text(value) and bool(_LINK.sub("", value).strip())


COLUMN = (
    Field("code", code),
    Field("title", text),
    Field("summary", any_text),
    Field("mediaName", text),
    Field("showTime", moment),
    Field("uniqueUrl", any_text),
    Field("np_dst|Np_dst|NP_dst", text),
)
FLASH = (
    Field("code", code),
    Field("title", any_text),  # often empty: the text's head serves
    Field("summary", text),
    Field("showTime", moment),
    Field("stockList", array),
)
API = (
    Field("Art_Title", text, "title_raw"),
    Field("Art_Content", text, "body_raw"),
    Field("Art_Media_Name", text, "media_raw"),
    Field("Art_ShowTime", moment, "published_raw"),
)
PAGE = (
    Field("title", text, "title_raw"),
    Field("#ContentBody", text, "body_raw"),
    Field("publisher", text, "media_raw"),
    Field("time", moment, "published_raw"),
)
NOTICES = (
    Probe(
        "announcements",
        channel="notices:0",
        fields=(
            Field("art_code", code),
            Field("title", text),
            Field("codes", array),
            Field("display_time|eiTime|notice_date", text),
        ),
    ),
    Probe(
        "text",
        place="api",
        fields=(Field("notice_title", text, "title_raw"), Field("notice_content", prose, "body_raw")),
    ),
)
REPORTS = (
    Probe(
        "reports",
        channel="reports:0",
        fields=(
            Field("infoCode", code),
            Field("title", text),
            Field("publishDate", text),
            Field("orgSName|orgName", text),
        ),
    ),
    Probe("report page", place="page", fields=(Field("text", prose, "body_raw"),)),
)
SECURITY = (
    Probe(
        "news of a security",
        channel="stock:1.600519",
        fields=(
            Field("Art_Code", code),
            Field("Art_Title", text),
            Field("Art_ShowTime", moment),
            Field("Art_Url", text),
        ),
    ),
)
PROBES = (
    Probe("columns", channel="column:344", fields=COLUMN),
    Probe("flash", channel="flash:102", fields=FLASH),
    Probe("article API", place="api", fields=API),
    Probe("desktop page", place="page", fields=PAGE),
)
