"""scrapy newsource: begin a source."""

from __future__ import annotations

import argparse

from newscrawler.command import StoreCommand
from newscrawler.scaffold import begin
from newscrawler.sources import news_spiders


class Command(StoreCommand):
    """Write a spider, a fixture folder and a test that says what to fill in; nothing that exists is touched."""

    operands = ("NAME",)

    def syntax(self) -> str:
        """Name the operand."""
        return "NAME"

    def short_desc(self) -> str:
        """Say what it is for."""
        return "Begin a source: a spider, a fixture folder and a failing test"

    def act(self, args: list[str], opts: argparse.Namespace) -> int:
        """Write, and say what is next."""
        name = args[0]
        for path in begin(self.config.root, name, news_spiders(self.project)):
            print(path)
        print(f"next: fill in newscrawler/spiders/{name}.py; scrapy record {name} --to tests/fixtures/{name}")
        print(f"what is left to do says: pytest tests/sources/test_{name}.py")
        return 0
