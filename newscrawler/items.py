"""The one item type: what a spider fills in, and what the stages add.

A stage reads and writes these fields by name through `ItemAdapter`; which stage touches which field stands in
`docs/architecture.md`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, ClassVar

from itemadapter import ItemAdapter
from itemadapter.adapter import DataclassAdapter

from pipelines.research import Research


@dataclass(slots=True)
class Article:
    """One article in flight.

    The first group comes from a spider and is never changed afterwards; the second is what the stages make of it.
    """

    source: str
    """Publisher of the lists, e.g. `eastmoney`; with `article_id` the key."""
    article_id: str
    """The source's own id, e.g. `202609183878840472` (East Money: without `NW`)."""
    url: str
    """Canonical address of the article's page."""
    channels: tuple[str, ...]
    """The lists it was met in, e.g. `("column:344", "flash:102")`."""
    crawled_at: datetime
    """Aware; the moment of the answer, from which relative times count."""
    title_raw: str = ""
    """Title as answered; may hold markup."""
    summary_raw: str = ""
    """Lead as answered; may hold markup."""
    body_raw: str = ""
    """Body HTML as answered (or the list's text, see `body_from`)."""
    media_raw: str = ""
    """Publisher as answered; empty where only the body's last line names it."""
    author_raw: str = ""
    """Author as answered."""
    published_raw: str = ""
    """Publication time as shown; Beijing time unless it says otherwise."""
    official_on: date | None = None
    """Official day of an announcement; nothing else has one."""
    securities_raw: tuple[tuple[str, str, str], ...] = ()
    """What the source itself tagged: (secid, name or "", origin `tag` or `list`)."""
    tags: tuple[str, ...] = ()
    """What the source files it under, e.g. the kinds of an announcement; clean, each once."""
    attachments: tuple[str, ...] = ()
    """Addresses of its files, e.g. the PDF of an announcement."""
    research: Research | None = None
    """The fields of a research report; nothing else has them."""
    body_from: str = "api"
    """Where the body comes from: `api`, `page`, `list` or `archive`."""
    row: bytes = b""
    """The list's row as JSON, UTF-8; kept with the raw answer."""
    answer: bytes = b""
    """The article's answer as received; empty when it came from the list."""
    answer_url: str = ""
    """The address that was asked for `answer`."""
    answer_status: int = 0
    """HTTP status of `answer`; 0 where there was none."""
    fetched_at: datetime | None = None
    """Moment of a kept `answer` that is read anew at `crawled_at`; None: the two are one."""

    title: str = ""
    """Clean title: plain text, one line."""
    summary: str = ""
    """Clean lead: plain text, without the 【title】 head; empty where there is none."""
    media: str = ""
    """Clean publisher, e.g. `国际金融报`."""
    author: str = ""
    """Clean author."""
    editor: str = ""
    """责任编辑, where the body names one."""
    original_title: str = ""
    """原标题, where the body names one."""
    machine_written: bool = False
    """The body says that a machine wrote it."""
    body_html: str = ""
    """Safe HTML: no advertisement, spacer or chart."""
    body_text: str = ""
    """The body as a person would read it: one line a paragraph or table row."""
    mentions: list[Any] = field(default_factory=list)
    """`pipelines.securities.Mention` found in the body's markup; read by the securities stage."""
    published_at: datetime | None = None
    """Aware, Asia/Shanghai, to the second."""
    category: str = ""
    """Slug of the publisher."""
    securities: list[Any] = field(default_factory=list)
    """`pipelines.securities.Security`, each symbol once."""
    fingerprint: str = ""
    """SHA-256 (hex) of title, newline, body_text."""
    outcome: str = ""
    """`inserted`, `revised` or `unchanged`: expected by dedupe, confirmed by the store."""
    revision: int = 1
    """1 at first sight."""
    story_id: int | None = None
    """Shared by near-identical articles of several publishers."""
    bands: tuple[int, ...] = ()
    """MinHash band keys, by which the next articles of the same story find this one."""


class ArticleAdapter(DataclassAdapter):
    """How `ItemAdapter` meets an article: it looks up the fields once, not in every stage (13 µs each time)."""

    _names: ClassVar = {each.name: each for each in fields(Article)}

    def __init__(self, item: Article) -> None:
        self.item = item
        self._fields_dict = self._names

    @classmethod
    def is_item(cls, item: object) -> bool:
        """Tell articles from other items, other dataclasses among them."""
        return isinstance(item, Article)

    @classmethod
    def is_item_class(cls, item_class: type) -> bool:
        """Tell articles from other items."""
        return issubclass(item_class, Article)


ItemAdapter.ADAPTER_CLASSES = (ArticleAdapter, *ItemAdapter.ADAPTER_CLASSES)
