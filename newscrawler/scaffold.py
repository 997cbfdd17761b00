"""The beginning of a source: a spider, a fixture folder, and a test that fails until both are filled in."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from string import Template

from newscrawler.base import NewsSpider
from pipelines.errors import SettingError

NAME = re.compile(r"[a-z](?:[a-z0-9]|_(?=[a-z0-9])){1,39}")
SPIDER = Template('''"""$name: say in a few words what it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from parsel import Selector
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from newscrawler.answers import Answer, first_text, page_text, read_json, text_of
from newscrawler.base import NewsSpider
from newscrawler.channels import pick
from newscrawler.errors import LayoutError, NoArticle
from newscrawler.fetching import Place
from newscrawler.items import Article
from newscrawler.listing import BadRow, Listing, Row
from newscrawler.walk import Walk

LIST = "https://example.com/list?channel={}&page={}"
NAMED = {"news": "$kind:1"}
"""Lists by the names that the argument `channels` takes."""


class $spider(NewsSpider):
    """Crawl $name.

    **Source**: which endpoints, seen when, in whose data.
    **Caveats**: what they do not tell: how far back they list, what they leave out.
    """

    name = "$name"
    source = "$source"$shared
    kinds: ClassVar[frozenset[str]] = frozenset({"$kind"})
    allowed_domains: ClassVar[list[str]] = []  # the hosts that may be asked; while none is named, none is

    def __init__(self, name: str | None = None, **arguments: str) -> None:
        super().__init__(name, **arguments)
        self.places = (Place("page", lambda row: row.url, self.read_page),)

    def choose(self, crawler: Crawler) -> list[str]:
        """Return the lists of the argument `channels`, else all."""
        return pick(self.arguments.get("channels") or ",".join(NAMED), NAMED)

    def list_request(self, walk: Walk, page: int, cursor: str) -> Request:
        """Return the request for a page of a list."""
        return Request(LIST.format(walk.channel.partition(":")[2], page))

    def read_list(self, response: Response, channel: str) -> Listing:
        """Read a page of a list; one without rows is its end."""
        payload = read_json(response.body, response.url)
        rows = payload.get("data") if isinstance(payload, Mapping) else None
        if not isinstance(rows, list):
            raise LayoutError(f"{response.url}: no array data")
        listing = Listing([], [], last=not rows)
        for raw in rows:
            try:
                listing.rows.append(self.read_row(raw, channel))
            except ValueError as error:
                listing.bad.append(BadRow.of(raw, channel, str(error), key="id"))
        return listing

    def read_row(self, raw: Any, channel: str) -> Row:
        """Read one row; ValueError says what it lacks."""
        values = raw if isinstance(raw, Mapping) else {}
        told = {name: text_of(values.get(name)) for name in ("id", "url", "title", "time", "summary", "media")}
        if not all(told[name] for name in ("id", "url", "title", "time")):
            raise ValueError(f"row without id, url, title or time: {str(raw)[:60]!r}")
        return Row(
            article_id=told["id"],
            url=told["url"],
            title=told["title"],
            summary=told["summary"],
            media=told["media"],
            published_raw=told["time"],
            channel=channel,
            raw=dict(raw),
        )

    def read_page(self, response: Response, row: Row) -> Article:
        """Read an article's page."""
        root = Selector(text=page_text(response))
        body = root.css("article")
        if not body:
            raise NoArticle("page without article")
        answer = Answer(
            title=first_text(root, "h1"),
            media=first_text(root, ".source"),
            author=first_text(root, ".author"),
            summary="",
            body="".join(body[0].xpath("./node()").getall()),
            published=first_text(root, "time"),
        )
        return self.article(row, answer, "page")
''')
TEST = Template('''"""$name: its recorded answers, read field by field."""

from __future__ import annotations

from replay import as_json, expected, missing, replayed

NAME = "$name"


def test_nothing_is_left_to_fill_in() -> None:
    """Nothing that `scrapy newsource` wrote to be filled in is left."""
    left = missing(NAME)
    assert not left, "\\n".join(["fill in:", *left])


def test_recorded_answers() -> None:
    """Every recorded answer is read as a person reads it."""
    found = replayed(NAME)
    assert found == expected(NAME), f"what the spider reads now:\\n{as_json(found)}"
''')
SOURCE_MD = Template("""# Answers of $name

Say which answers these are, when and from which address each was saved, and what is odd about it; of one that is made up say
`synthetic`. `scrapy record $name --to tests/fixtures/$name` writes this page and `manifest.json` anew, beside the answers.
""")


def begin(root: Path, name: str, spiders: Sequence[type[NewsSpider]]) -> list[Path]:
    """Write the beginning of a source.

    Args:
        root: the project's folder.
        name: of the spider, e.g. `eastmoney_fund_news`; the name of a source that exists, and an underline, in front make
            it another spider of that source.
        spiders: those that exist.

    Returns:
        What was written, from `root` on.

    Raises:
        SettingError: the name cannot be used, something of that name exists, or a folder cannot be written.
    """
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise SettingError(f"{name[:60]!r} is no name of a spider; right would be eastmoney_fund_news")
    files = _files(name, spiders)
    places = [root / path for path in (*files, f"newscrawler/{name}.py", f"tests/fixtures/{name}")]
    standing = [path for path in (*places, *root.glob(f"tests/**/test_{name}.py")) if _stands(path)]
    if standing or any(found.name == name for found in spiders):
        where = f": {standing[0].relative_to(root)}" if standing else ""
        raise SettingError(f"{name!r} exists already{where}")
    if not (root / "newscrawler/spiders").is_dir() or not (root / "tests/sources").is_dir():
        raise SettingError(f"{root} is no project with newscrawler/spiders and tests/sources")
    written: list[Path] = []
    try:
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            with (root / path).open("x", encoding="utf-8") as file:
                written.append(Path(path))
                file.write(text)
    except OSError as error:
        for made in written:
            with suppress(OSError):
                (root / made).unlink()
        raise SettingError(f"{root} cannot be written to: {error.strerror or error}") from error
    return written


def _stands(path: Path) -> bool:
    """Whether something is there; an empty folder is nothing."""
    return path.is_symlink() or (any(path.iterdir()) if path.is_dir() else path.exists())


def _files(name: str, spiders: Sequence[type[NewsSpider]]) -> dict[str, str]:
    source = next((found.source for found in spiders if name.startswith(f"{found.source}_")), name)
    kind = "list" if source == name else name.removeprefix(f"{source}_")
    taken = {each for found in spiders if found.source == source for each in found.kinds}
    words = {
        "name": name,
        "source": source,
        "shared": "" if source == name else "  # its articles are those of the other spiders: an id is one article",
        "kind": name if kind in taken else kind,
        "spider": "".join(part.capitalize() for part in name.split("_")) + "Spider",
    }
    return {
        f"newscrawler/spiders/{name}.py": SPIDER.substitute(words),
        f"tests/fixtures/{name}/SOURCE.md": SOURCE_MD.substitute(words),
        f"tests/fixtures/{name}/manifest.json": json.dumps([]) + "\n",
        f"tests/sources/test_{name}.py": TEST.substitute(words),
    }
