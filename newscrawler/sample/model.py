"""One entry of a sample source: a list row, and the article behind it where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Literal, Protocol

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Entry:
    """Everything that the answers are made of."""

    key: str
    """A short English name, by which tests find it; it is in no answer."""
    code: str
    """18 digits; a 财富号 row has 20."""
    at: datetime
    """Shown time, aware, Beijing."""
    title: str
    """As the lists show it: may be empty, may hold entities."""
    summary: str
    media: str
    channels: tuple[str, ...]
    """`column:344`, `flash:102` …, the main column first."""
    body: str = ""
    """The article's HTML."""
    api: Literal["full", "empty", "none"] = "full"
    """Whether the article API has it, has it without text, or lacks it."""
    page: bool = True
    """Whether the desktop page exists."""
    cfh: bool = False
    """A 财富号 row."""
    host: str = "finance"
    image: str = ""
    stocks: tuple[str, ...] = ()
    """A flash row's `stockList`, as secids."""
    tagged: tuple[str, ...] = ()
    """Securities of the article API's own tags, as secids."""
    important: bool = False
    article_title: str = ""
    """As the article itself shows it."""
    author: str = ""
    editor: str = ""
    original_title: str = ""

    @property
    def url(self) -> str:
        """Return the canonical address of the article's page."""
        if self.cfh:
            return f"https://caifuhao.eastmoney.com/news/{self.code}"
        return f"http://{self.host}.eastmoney.com/a/{self.code}.html"

    @property
    def cursor(self) -> str:
        """Return the flash list's `realSort`: seconds of the shown time, `0`, the code's last five digits."""
        return f"{int(self.at.timestamp()):010d}0{self.code[-5:]}"


class Source(Protocol):
    """What the server asks of a sample source. Lists are newest first."""

    epoch: int
    """0 at first; 1 after late rows appeared and an article was revised."""

    def total(self, channel: str) -> int:
        """Return how many entries a channel lists."""

    def listed(self, channel: str, start: int, count: int) -> Sequence[Entry]:
        """Return `count` entries of a channel from position `start`."""

    def flashes(self, columns: Sequence[str], before: str, count: int) -> Sequence[Entry]:
        """Return `count` flash entries of any of the columns whose cursor is below `before` (empty: from the newest)."""

    def entry(self, code: str) -> Entry | None:
        """Return the entry with this code."""
