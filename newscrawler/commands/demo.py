"""scrapy demo: the whole way of an article in half a minute, without the internet."""

from __future__ import annotations

import argparse
from pathlib import Path

from newscrawler.commands.crawl import Command as Crawl

SETTINGS = {
    "LOG_LEVEL": "WARNING",
    # Loopback needs no politeness.
    "DOWNLOAD_DELAY": 0,
    "CONCURRENT_REQUESTS": 16,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 8,
}
SHOWN = 3
LINES = 28


class Command(Crawl):
    """Crawl the made-up sample source over real HTTP on loopback into data/demo/."""

    def syntax(self) -> str:
        """Take no spider: the demo has its own."""
        return "[options]"

    def short_desc(self) -> str:
        """Say what it is for."""
        return "Crawl a made-up sample source into data/demo/ and show three posts"

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Set what the demo needs; -s still overrides it."""
        settings = self.settings
        assert settings is not None  # noqa: S101 - set by Scrapy's cmdline
        self.folder = Path(settings["NEWS_ROOT"]) / "data" / "demo"
        own = {
            **SETTINGS,
            "NEWS_OUTPUTS": "markdown,database",
            "NEWS_DATA_DIR": str(self.folder),
            "NEWS_POSTS_DIR": str(self.folder / "_posts"),
            "NEWS_DATABASE_URL_FILE": "",
            "NEWS_DATABASE_URL": f"sqlite:///{self.folder / 'news.db'}",
        }
        settings.setdict(own, priority="cmdline")
        super().process_options(args, opts)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl the sample, then show where everything is."""
        # here, since Scrapy imports every command whichever is called
        from newscrawler.sample.content import CHANNELS, WINDOW
        from newscrawler.sample.server import serve
        from newscrawler.sample.site import Site

        assert self.crawler_process is not None  # noqa: S101 - set by Scrapy's cmdline
        with serve(Site()) as server:
            self.crawler_process.settings.set("NEWS_MIRROR", server.address, priority="cmdline")
            since, until = WINDOW
            arguments = {
                "channels": ",".join(CHANNELS),
                "since": f"{since:%Y-%m-%d %H:%M}",
                "until": f"{until:%Y-%m-%d %H:%M}",
            }
            self.exitcode = self.crawl("eastmoney", {**arguments, **opts.spargs}, as_json_object=opts.json)
            asked = dict(server.counts)
        if not opts.json:
            show(self.folder, asked)


def show(folder: Path, asked: dict[str, int]) -> None:
    """Print what was asked, where posts and rows are, and three of the posts."""
    from rich.console import Console
    from rich.table import Table

    posts = sorted((folder / "_posts").glob("*.md"))
    console = Console()
    table = Table(title="the demo", title_justify="left")
    table.add_column("what")
    table.add_column("how many", justify="right")
    table.add_column("where")
    table.add_row("posts", str(len(posts)), f"{_near(folder / '_posts')}/")
    table.add_row("rows", str(_rows(folder / "news.db")), f"{_near(folder / 'news.db')}, table articles")
    for kind in ("list", "flash", "article", "page"):
        table.add_row(f"{kind} requests", str(asked.get(kind, 0)), "asked of the sample source in this run")
    console.print(table)
    for post in posts[:: max(1, len(posts) // SHOWN)][:SHOWN]:
        console.rule(_near(post), align="left")
        lines = post.read_text(encoding="utf-8").splitlines()
        for line in lines[:LINES]:
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        if len(lines) > LINES:
            console.print(f"… {len(lines) - LINES} lines more", style="dim")


def _near(path: Path) -> str:
    """The path as a person in this folder would type it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _rows(database: Path) -> int:
    import sqlite3

    if not database.exists():
        return 0
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        (count,) = connection.execute("SELECT count(*) FROM articles").fetchone()
    return int(count)
