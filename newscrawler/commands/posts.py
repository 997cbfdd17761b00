"""scrapy posts: write posts anew from the database."""

from __future__ import annotations

import argparse

from newscrawler.command import StoreCommand, add_times, read_times
from newscrawler.outcome import PARTLY, WHOLE
from newscrawler.printing import counting, shown
from newscrawler.sources import hold, news_spiders


class Command(StoreCommand):
    """Write the posts of stored articles again: after a change of template, or into an empty folder.

    Files that have the right bytes are not touched, and no file is ever deleted.
    """

    def syntax(self) -> str:
        """Name the options."""
        return "[--since WHEN] [--until WHEN]"

    def short_desc(self) -> str:
        """Say what it is for."""
        return "Write posts anew from the database"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add_times(parser)

    def act(self, args: list[str], opts: argparse.Namespace) -> int:
        """Write what differs, and say how much that was."""
        from newscrawler.rewriting import PostWriter, rewrite

        since, until = read_times(opts)
        writer = PostWriter(self.config)
        with self.store() as store, counting("posts") as seen:
            hold(store, news_spiders(self.project))
            told = rewrite(writer, store.articles(since=since, until=until), seen)
        print(f"{told.written} written, {told.unchanged} unchanged, {len(told.failed)} failed in {writer.folder}")
        for row, reason in told.failed:
            print(f"failed: {shown(f'{row.source}:{row.article_id}: {reason}')}")
        return PARTLY if told.failed else WHOLE
