"""scrapy history: what changed in an article."""

from __future__ import annotations

import argparse
from itertools import groupby, pairwise
from typing import Any

from newscrawler.command import StoreCommand
from newscrawler.differences import compare
from newscrawler.outcome import WHOLE
from newscrawler.printing import console, moment, shown
from pipelines.errors import SettingError


class Command(StoreCommand):
    """Show the revisions of an article, each compared with the one before, the newest last."""

    operands = ("ARTICLE_ID",)

    def syntax(self) -> str:
        """Name the operand."""
        return "ARTICLE_ID"

    def short_desc(self) -> str:
        """Say what it is for."""
        return "Show what changed in an article from revision to revision"

    def act(self, args: list[str], opts: argparse.Namespace) -> int:
        """Print the revisions."""
        asked = args[0].strip()
        with self.store() as store:
            found = store.revisions(asked) or store.revisions(asked.removeprefix("NW"))
        if not found:
            raise SettingError(f"no article {asked!r} is stored; an id is what stands in its post under article_id")
        for _, revisions in groupby(found, key=lambda revision: revision["source"]):
            show(list(revisions))
        return WHOLE


def show(revisions: list[dict[str, Any]]) -> None:
    """Print one article's revisions."""
    out = console()
    last = revisions[-1]
    amount = "1 revision" if len(revisions) == 1 else f"{len(revisions)} revisions"
    out.print(
        f"{last['source']}:{last['article_id']}, published {moment(last['published_at'])}, {amount}", style="bold"
    )
    out.print(shown(last["url"]))
    first = revisions[0]
    out.print(f"revision {first['revision']}, seen {moment(first['seen_at'])}: {shown(first['title'])}")
    for old, new in pairwise(revisions):
        out.print()
        out.print(f"revision {new['revision']}, seen {moment(new['seen_at'])}", style="bold")
        names = f"revision {old['revision']}", f"revision {new['revision']}"
        for line in compare(lines(old), lines(new), *names, marks=out.is_terminal):
            out.print(line, soft_wrap=True)


def lines(revision: dict[str, Any]) -> list[str]:
    """Return an article as lines: title, then the text's paragraphs."""
    return [shown(revision["title"]), *(shown(line) for line in revision["body_text"].splitlines())]
