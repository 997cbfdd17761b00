"""scrapy probe: does what we know of a source still hold?"""

from __future__ import annotations

import argparse
from dataclasses import asdict

from newscrawler.asking import Asker, AskingCommand
from newscrawler.command import add_json
from newscrawler.errors import SourceArgumentError
from newscrawler.printing import print_json, print_table
from newscrawler.probing import Finding, Verdict, exit_status, probe
from newscrawler.sources import news_spiders

STYLES = {Verdict.OK: "green", Verdict.UNASKED: "dim"}


class Command(AskingCommand):
    """Ask each endpoint for one page. Nothing is stored but whether a host refused."""

    # Somebody waits: an endpoint that does not answer at once is named so, and can be asked again by hand.
    patience = {"RETRY_TIMES": 0, "DOWNLOAD_TIMEOUT": 10}  # noqa: RUF012 - Scrapy's commands are made once

    def syntax(self) -> str:
        """Name the options."""
        return "[--json] [SPIDER]"

    def short_desc(self) -> str:
        """Say what it is for."""
        return "Ask each endpoint for one page and say whether its shape still holds"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add_json(parser)

    def _check(self, args: list[str]) -> None:
        if len(args) != 1 or args[0].startswith("-"):
            super()._check(args)

    def act(self, args: list[str], opts: argparse.Namespace) -> int:
        """Probe and print."""
        # a spider without hosts reads what lies on this machine
        asking = [found for found in news_spiders(self.project) if getattr(found, "allowed_domains", None)]
        spiders = [found for found in asking if not args or found.name == args[0]]
        if not spiders:
            known = ", ".join(found.name for found in asking)
            raise SourceArgumentError(f"spider {args[0]!r} is unknown; there are {known}")
        self.spiders = spiders
        self.findings: list[Finding] = []
        cut_off = self.ask()
        status = exit_status(self.findings)
        if opts.json:
            print_json({"exit_status": cut_off or status, "endpoints": [asdict(found) for found in self.findings]})
        else:
            _print(self.findings)
        return cut_off or status

    async def work(self, asker: Asker) -> None:
        """Ask one source after the other."""
        for found in self.spiders:
            try:
                spider = found.from_crawler(asker.crawler, **found.probe_arguments)
            except SourceArgumentError as error:
                if len(self.spiders) == 1:
                    raise
                self.findings.append(Finding(found.name, "", Verdict.UNASKED, str(error)))
            else:
                await probe(asker, spider, self.findings)


def _print(findings: list[Finding]) -> None:
    from rich.text import Text

    print_table(
        ("spider", "endpoint", "verdict", "seconds>", "reason"),
        [
            (
                found.spider,
                found.endpoint,
                Text(found.verdict, style=STYLES.get(found.verdict, "bold red")),
                f"{found.seconds:.1f}",
                found.detail,
            )
            for found in findings
        ],
    )
