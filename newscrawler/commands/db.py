"""scrapy db: the database's schema."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from newscrawler.command import StoreCommand
from newscrawler.outcome import USAGE, WHOLE
from pipelines.errors import SettingError

if TYPE_CHECKING:
    from pipelines.store.versions import Version


class Command(StoreCommand):
    """Show which revision the schema stands at, or bring it up to date. Every run does the latter by itself."""

    operands = ("upgrade|current",)

    def syntax(self) -> str:
        """Name the words."""
        return "upgrade|current"

    def short_desc(self) -> str:
        """Say what it is for."""
        return "Show the revision of the database's schema, or bring it up to date"

    def act(self, args: list[str], opts: argparse.Namespace) -> int:
        """Show or migrate."""
        from pipelines.store import versions

        if args[0] not in ("upgrade", "current"):
            raise SettingError(f"{args[0]!r} is unknown; right would be: scrapy db upgrade, or: scrapy db current")
        before = versions.current(self.config)
        if args[0] == "current":
            print(describe(before))
            return USAGE if before.newer else WHOLE
        after = versions.upgrade(self.config)
        steps = "nothing to do" if before.standing == after.standing else f"from {before.standing or 'nothing'}"
        print(f"{after.database}: schema {after.standing} ({steps})")
        return WHOLE


def describe(version: Version) -> str:
    """Return one line on a database's schema."""
    if version.standing is None:
        state = f"no schema yet; a run, or scrapy db upgrade, makes it (newest: {version.newest})"
    elif version.newer:
        state = f"schema {version.standing}, newer than this newscrawler ({version.newest}): update newscrawler"
    elif version.standing == version.newest:
        state = f"schema {version.standing}, the newest"
    else:
        state = f"schema {version.standing}; the newest is {version.newest}: scrapy db upgrade"
    return f"{version.database}: {state}"
