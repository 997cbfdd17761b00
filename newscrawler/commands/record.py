"""scrapy record: save a source's answers as a fixture folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from scrapy.utils.conf import arglist_to_dict

from newscrawler.asking import Asker, AskingCommand
from newscrawler.errors import SourceArgumentError
from newscrawler.probing import exit_status
from newscrawler.recording import Recording
from newscrawler.sources import news_spiders
from pipelines.errors import SettingError

MOST = 1000


class Command(AskingCommand):
    """Save list pages and articles byte for byte, with what they are; nothing is stored."""

    operands = ("SPIDER",)
    patience = {"RETRY_TIMES": 1}  # noqa: RUF012 - Scrapy's commands are made once

    def syntax(self) -> str:
        """Name the options."""
        return "SPIDER --to FOLDER [--pages N] [--articles N] [-a NAME=VALUE]..."

    def short_desc(self) -> str:
        """Say what it is for."""
        return "Save a source's answers as a fixture folder"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument("--to", metavar="FOLDER", help="new folder for the answers")
        parser.add_argument("--pages", metavar="N", default="2", help="pages of each list (default: 2)")
        parser.add_argument("--articles", metavar="N", default="3", help="articles, at every place (default: 3)")
        parser.add_argument(
            "-a", dest="spargs", action="append", default=[], metavar="NAME=VALUE", help="an argument of the spider"
        )

    def act(self, args: list[str], opts: argparse.Namespace) -> int:
        """Record and say where it is."""
        known = {found.name: found for found in news_spiders(self.project) if getattr(found, "allowed_domains", None)}
        if args[0] not in known:
            raise SourceArgumentError(f"spider {args[0]!r} is unknown; there are {', '.join(known)}")
        if not opts.to:
            raise SettingError(f"--to is missing; right would be: scrapy record {args[0]} --to recorded")
        try:
            self.arguments = dict(arglist_to_dict(opts.spargs))
        except ValueError:
            raise SettingError("-a takes NAME=VALUE") from None
        self.spider = known[args[0]]
        folder = Path(opts.to).expanduser()
        self.recording = Recording(folder, _number("--pages", opts.pages, 1), _number("--articles", opts.articles, 0))
        self.recording.prepare()
        try:
            cut_off = self.ask()
        finally:
            mirror = self.project.get("NEWS_MIRROR") or ""
            self.recording.finish(self.spider.name, self.arguments, mirror)
        for found in self.recording.findings:
            self.say(f"{found.endpoint}: {found.verdict}, {found.detail}")
        print(f"{len(self.recording.saved)} answers in {folder}/" if self.recording.saved else "nothing was answered")
        return cut_off or exit_status(self.recording.findings)

    async def work(self, asker: Asker) -> None:
        """Ask."""
        await self.recording.record(asker, self.spider.from_crawler(asker.crawler, **self.arguments))


def _number(name: str, text: str, least: int) -> int:
    if not (text.isascii() and text.isdigit() and least <= int(text) <= MOST):
        raise SettingError(f"{name} {text} is no number from {least} to {MOST}")
    return int(text)
