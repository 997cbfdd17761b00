"""scrapy coverage: which time of which channel is stored, and the gaps."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from newscrawler.command import StoreCommand, add_json
from newscrawler.coverage import Channel, survey
from newscrawler.outcome import WHOLE
from newscrawler.page import page_path, write_page
from newscrawler.printing import moment, print_json, print_table
from pipelines.store.base import Store


class Command(StoreCommand):
    """Show what is covered and what is missing, as a table or as a page with a calendar."""

    def syntax(self) -> str:
        """Name the options."""
        return "[--html FILE] [--json]"

    def short_desc(self) -> str:
        """Say what it is for."""
        return "Show which time of which channel is stored, and the gaps"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument(
            "--html", metavar="FILE", help="write a page: articles by day and channel, gaps marked; needs the database"
        )
        add_json(parser)

    def act(self, args: list[str], opts: argparse.Namespace) -> int:
        """Print or write the coverage."""
        now = datetime.now(UTC)
        with self.store() as store:
            channels = survey(store, now)
            if opts.html is not None:
                self._write_page(store, channels, now, opts.html)
        if opts.json:
            print_json([channel.facts() for channel in channels])
        elif opts.html is None:
            show(channels)
        return WHOLE

    def _write_page(self, store: Store, channels: Sequence[Channel], now: datetime, file: str) -> None:
        from newscrawler.coverage_page import page

        page_path(self.config.root, file)  # a mistake is said before the work
        counts = {source: store.days(source) for source in sorted({channel.source for channel in channels}) or [""]}
        path = write_page(self.config.root, file, page(channels, counts, now))
        self.say(f"wrote {path}")


def show(channels: Sequence[Channel]) -> None:
    """Print the coverage, one interval a line."""
    if not channels:
        print("nothing was asked for yet")
        return
    print_table(
        ("channel", "name", "state", "from", "until", "length>", "note"),
        [line for channel in channels for line in _lines(channel)],
    )


def _lines(channel: Channel) -> Iterator[Sequence[object]]:
    reach = channel.reach
    went = "" if reach is None else f"reached back to {moment(reach.reached)}"
    spans = [(since, until, "covered", "") for since, until in channel.covered]
    notes = {True: "the next run goes back for it", False: went}
    spans += [(gap.since, gap.until, "gap", notes[gap.listed]) for gap in channel.gaps]
    head = (f"{channel.source} {channel.channel}", channel.name)
    for since, until, state, note in sorted(spans):
        yield (*head, state, moment(since), moment(until), length(until - since), note)
    if reach is not None:
        asked = f"{went} when {moment(reach.asked)} was asked for, on {moment(reach.at)}"
        yield (*head, "reached", moment(reach.reached), "", "", asked)
    if not spans and reach is None:
        yield (*head, "nothing", "", "", "", "")


def length(time: timedelta) -> str:
    """Return a length of time in its two largest units."""
    minutes = int(time.total_seconds() // 60)
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
