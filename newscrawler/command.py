"""StoreCommand: what the commands share that read and tend the store."""

from __future__ import annotations

import argparse
import os
import sys
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar

from scrapy.commands import ScrapyCommand
from scrapy.settings import Settings
from scrapy.utils.log import configure_logging

from newscrawler.errors import RunLocked, SourceArgumentError
from newscrawler.outcome import LATER, STORE, USAGE
from newscrawler.window import read_window
from pipelines.config import Config
from pipelines.errors import SchemaTooNew, SettingError, StoreError
from pipelines.store import open_store
from pipelines.store.base import Store

Times = tuple[datetime | None, datetime | None]


class StoreCommand(ScrapyCommand):
    """A command on what is stored: no crawl, no log; a user's mistake is one line on standard error and exit 2.

    A subclass does its work in `act` and returns the exit status.
    """

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}
    operands: ClassVar[Sequence[str]] = ()
    """Names of the words the command takes beside its options, e.g. `ARTICLE_ID`."""

    @abstractmethod
    def act(self, args: list[str], opts: argparse.Namespace) -> int:
        """Do the work; returns the exit status."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Do the work and set the exit status."""
        configure_logging(self.project)
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="backslashreplace")  # a terminal without Chinese is no reason to fail
        try:
            self._check(args)
            self.exitcode = self.act(args, opts)
            sys.stdout.flush()
        except (SettingError, SourceArgumentError, SchemaTooNew) as error:
            self.exitcode = self.say(str(error), USAGE)
        except StoreError as error:
            self.exitcode = self.say(str(error), STORE)
        except RunLocked as error:
            self.exitcode = self.say(str(error), LATER)
        except KeyboardInterrupt:
            self.exitcode = self.say("interrupted", LATER)
        except BrokenPipeError:  # the reader, `head` for instance, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    @property
    def project(self) -> Settings:
        """The project's settings."""
        assert self.settings is not None  # noqa: S101 - set by Scrapy's cmdline before anything of ours runs
        return self.settings

    @property
    def name(self) -> str:
        """The word the command is called by: its module's name."""
        return type(self).__module__.rpartition(".")[2]

    @property
    def config(self) -> Config:
        """The NEWS_* settings; SettingError names the one that is wrong."""
        return Config.from_settings(self.project)

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Open the store for the length of a block."""
        store = open_store(self.config)
        try:
            yield store
        finally:
            store.close()

    def say(self, line: str, status: int = 0) -> int:
        """Print a line on standard error; returns `status`."""
        print(f"scrapy {self.name}: {' '.join(line.split())}", file=sys.stderr, flush=True)
        return status

    def _check(self, args: list[str]) -> None:
        """Refuse words that no option and no operand took; Scrapy passes unknown options on as words."""
        unknown = next((word for word in args if word.startswith("-")), None)
        if unknown is None and len(args) == len(self.operands):
            return
        if unknown is None and len(args) > len(self.operands):
            unknown = args[len(self.operands)]
        wrong = f"{self.operands[len(args)]} is missing" if unknown is None else f"{unknown!r} is unknown"
        raise SettingError(f"{wrong}; right would be: scrapy {self.name} {self.syntax()}")


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add --json."""
    parser.add_argument("--json", action="store_true", help="print JSON for scripts instead of a table")


def add_times(parser: argparse.ArgumentParser) -> None:
    """Add --since and --until."""
    parser.add_argument("--since", metavar="WHEN", help="only articles published from then on, e.g. 2022-03-01, 3天前")
    parser.add_argument("--until", metavar="WHEN", help="only articles published before then; a date includes its day")


def read_times(opts: argparse.Namespace) -> Times:
    """Read --since and --until as a crawl reads its arguments.

    Raises:
        SourceArgumentError: unreadable, reversed, in the future, or `--until` without `--since`.
    """
    window = read_window(opts.since, opts.until, now=datetime.now(UTC))
    if window is None:
        return None, None
    return window.since, window.until if opts.until else None
