"""As many generated articles as asked for, computed from their number: nothing is held in memory.

Article 0 is the newest. Articles are evenly spaced over the days; article `i` is in channel `i % len(channels)`, and every tenth
one in the next channel too, as real articles are.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from math import lcm

from newscrawler.sample import content
from newscrawler.sample.markup import INDENT, Body, inline
from newscrawler.sample.model import Entry

FIRST_SERIAL = 1_000_000_000
"""Serial number of the oldest article: the ten digits after the code's day. The written articles' begin with 366."""
SHARED_EVERY = 10
_PUBLISHERS = ("证券时报", "上海证券报", "中国证券报", "财联社", "第一财经", "央广网", "重庆日报", "人民银行")
_PLACES = ("示例市", "样例省", "虚构县", "假想港", "演示区", "模拟镇", "样板岛")
_FIRMS = (
    "样例酒业",
    "示例电池",
    "虚构重工",
    "假想医疗",
    "演示食品",
    "模拟芯片",
    "样板物流",
    "虚设航空",
    "示范纺织",
    "拟真能源",
    "例举传媒",
)
_DEEDS = (
    "签订设备合同",
    "发布业绩预告",
    "回购部分股份",
    "开通新的航线",
    "投产第二条产线",
    "获得新的订单",
    "调整产品价格",
)
_JOINS = ("，", "，", "，", "；", "。")
STORY_EVERY = 50
"""Every so many articles one repeats its predecessor's text for another publisher, with another figure."""


@cache
def _words() -> list[str]:
    return (files("newscrawler.sample") / "words.txt").read_text("utf-8").split()


class BulkSite:
    """A source of generated articles."""

    def __init__(
        self,
        *,
        articles: int = 20_000,
        days: float = 30,
        body_bytes: int = 5000,
        channels: Sequence[str] = ("column:344", "flash:102"),
        until: datetime = content.WINDOW[1],
        reach: int | None = None,
    ) -> None:
        """Describe the articles.

        Args:
            articles: how many.
            days: spread over so many days before `until`; at least a second an article, else ValueError.
            body_bytes: about so many bytes of UTF-8 in each body.
            channels: `column:344`, `flash:102` …
            until: aware, Beijing; the end of the days.
            reach: how many rows back a list goes; None for all.
        """
        self.articles = articles
        self.channels = tuple(channels)
        self.until = until
        self.window = (until - timedelta(days=days), until)
        self.reach = reach
        self.body_bytes = body_bytes
        self.epoch = 0
        self.step_s = int(days * 86_400 / articles) if articles else 0
        if articles < 1 or self.step_s < 1:
            raise ValueError(f"{articles} articles over {days} days: there must be at least one, and a second for each")
        strange = [name for name in self.channels if not name.startswith(("column:", "flash:"))]
        if strange or not self.channels:
            raise ValueError(f"channels {', '.join(strange) or 'are missing'}: they look like column:344 or flash:102")
        self._period = lcm(len(self.channels), SHARED_EVERY)

    def entry(self, code: str) -> Entry | None:
        """Return the article with this code."""
        if len(code) != 18 or not code.isascii() or not code.isdigit():
            return None
        number = self.articles - 1 - (int(code[8:]) - FIRST_SERIAL)
        if not 0 <= number < self.articles:
            return None
        made = self.make(number)
        return made if made.code == code else None

    def total(self, channel: str) -> int:
        """Return how many entries a channel lists."""
        offsets = self._offsets([channel])
        rounds, rest = divmod(self.articles, self._period)
        return self._reached(rounds * len(offsets) + sum(offset < rest for offset in offsets))

    def listed(self, channel: str, start: int, count: int) -> Sequence[Entry]:
        """Return `count` entries of a channel from position `start`, newest first."""
        offsets = self._offsets([channel])
        end = min(start + count, self.total(channel))
        return [self.make(self._number(offsets, position), body=False) for position in range(start, end)]

    def flashes(self, columns: Sequence[str], before: str, count: int) -> Sequence[Entry]:
        """Return `count` flash entries of any of the columns whose cursor is below `before`, newest first."""
        offsets = self._offsets([f"flash:{column}" for column in columns])
        found: list[Entry] = []
        end = self.articles
        if self.reach is not None and offsets:
            end = min(end, self._number(offsets, self.reach))
        for number in self._numbers(offsets, self._first_below(before)):
            if number >= end or len(found) >= count:
                break
            entry = self.make(number, body=False)
            if not before or entry.cursor < before:
                found.append(entry)
        return found

    def make(self, number: int, *, body: bool = True) -> Entry:
        """Make article `number`, 0 being the newest; a list needs no body."""
        serial = self.articles - 1 - number
        at = self.until - timedelta(seconds=(number + 1) * self.step_s)
        place, firm = _PLACES[serial % len(_PLACES)], _FIRMS[serial % len(_FIRMS)]
        deed = _DEEDS[serial // 3 % len(_DEEDS)]
        media = _PUBLISHERS[serial % len(_PUBLISHERS)]
        title = f"{firm}在{place}{deed} 第{serial + 1}号样例"
        summary = f"【{title}】{firm}今日表示，{deed}，金额为虚构的{serial % 9973 / 100:.2f}亿元。"
        secid = f"1.60{5900 + serial % len(_FIRMS)}"
        return Entry(
            key=str(number),
            code=f"{at:%Y%m%d}{FIRST_SERIAL + serial:010d}",
            at=at,
            title=title,
            article_title=title,
            summary=summary,
            media=media,
            channels=self._channels(number),
            body=self._body(serial, firm, secid, media) if body else "",
            stocks=(secid,),
            tagged=(secid,),
        )

    def _body(self, serial: int, firm: str, secid: str, media: str) -> str:
        tag = inline(f"[[{secid} {firm}]]", Body())
        parts = [f"<p>{INDENT}{tag}今日表示，涉及金额{serial * 7919 % 1_000_003}万元。</p>"]
        told = serial - 1 if serial % STORY_EVERY == STORY_EVERY - 1 else serial
        # Drawn words, not fixed sentences: unrelated articles must share no long texts, else all would be one story.
        draw = random.Random(told)  # noqa: S311 - repeatable text, no secret
        size = len(parts[0].encode())
        while size < self.body_bytes:
            words = draw.choices(_words(), k=60)
            clauses = (
                "".join(words[start : start + 6]) + _JOINS[start // 6 % len(_JOINS)] for start in range(0, 60, 6)
            )
            part = f"<p>{INDENT}{''.join(clauses)}</p>"
            parts.append(part)
            size += len(part.encode())
        parts.append(f'<p class="em_media">（文章来源：{media}）</p>')
        return "".join(parts)

    def _channels(self, number: int) -> tuple[str, ...]:
        own = number % len(self.channels)
        names = [self.channels[own]]
        if number % SHARED_EVERY == 0 and len(self.channels) > 1:
            names.append(self.channels[(own + 1) % len(self.channels)])
        return tuple(names)

    def _offsets(self, channels: Sequence[str]) -> list[int]:
        """Return which numbers of each period any of the channels lists."""
        asked = set(channels)
        return [offset for offset in range(self._period) if asked.intersection(self._channels(offset))]

    def _number(self, offsets: Sequence[int], position: int) -> int:
        """Return the number of the article at a position of a list."""
        turn, place = divmod(position, len(offsets))
        return turn * self._period + offsets[place]

    def _numbers(self, offsets: Sequence[int], first: int) -> Iterator[int]:
        turn = first // self._period
        while offsets:
            for offset in offsets:
                number = turn * self._period + offset
                if number >= first:
                    yield number
            turn += 1

    def _first_below(self, before: str) -> int:
        """Return a number at or just above the first one whose cursor is below `before`."""
        if not (before.isascii() and before.isdigit()):
            return 0
        seconds = int(before) // 1_000_000
        return max(int((self.until.timestamp() - seconds) / self.step_s) - 2, 0)

    def _reached(self, count: int) -> int:
        return count if self.reach is None else min(count, self.reach)
