"""Recorded answers of a source, read by its spider: what a fixture folder is for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse
from scrapy.settings import Settings

from newscrawler.base import NewsSpider
from newscrawler.listing import Listing, Row
from newscrawler.scaffold import SOURCE_MD, SPIDER
from newscrawler.sources import news_spiders
from pipelines.body import parse_body

ROOT = Path(__file__).resolve().parents[2]
ROW = ("article_id", "url", "title", "media", "published_raw", "kind")
ARTICLE = ("url", "title_raw", "media_raw", "author_raw", "published_raw")
_MARKS = ("which endpoints, seen when", "what they do not tell", "say in a few words", "example.com")
"""Words of the scaffold that are to be replaced."""


def missing(name: str) -> list[str]:
    """Say, a line each, what of a new source is not filled in yet."""
    file, folder = ROOT / f"newscrawler/spiders/{name}.py", _folder(name)
    assert all(mark in SPIDER.template for mark in _MARKS)
    text = file.read_text(encoding="utf-8")
    left = [f"{_shown(file)}: replace {mark!r}" for mark in _MARKS if mark in text]
    if not _class(name).allowed_domains:  # type: ignore[attr-defined]  # every spider has them
        left.append(f"{_shown(file)}: allowed_domains: the hosts that may be asked")
    about = folder / "SOURCE.md"
    if not about.is_file() or SOURCE_MD.substitute(name=name) == about.read_text(encoding="utf-8"):
        left.append(f"{_shown(about)}: which answers these are, from when and where, and what is odd about them")
    manifest = _manifest(name)
    for what, how in (("channel", "a page of a list"), ("place", "an article")):
        if not any(entry.get(what) for entry in manifest):
            left.append(f"{_shown(folder / 'manifest.json')}: {how}: scrapy record {name} --to {_shown(folder)}")
    left += [
        f"{_shown(folder / entry['file'])} is missing" for entry in manifest if not (folder / entry["file"]).is_file()
    ]
    reviewed = _expected(name).get("reviewed", {})
    if not (reviewed.get("on") and reviewed.get("by")):
        left.append(
            f"{_shown(folder / 'expected.json')}: what the spider reads, compared with the answers field by field, "
            'and then "reviewed": {"on": "<day>", "by": "<name>"}'
        )
    if f"`{name}`" not in (ROOT / "docs/sources.md").read_text(encoding="utf-8"):
        left.append(f"docs/sources.md: a row for `{name}`")
    return left


def replayed(name: str) -> dict[str, Any]:
    """Read every recorded answer with today's spider."""
    found = _class(name)
    spider = found.from_crawler(Crawler(found, _settings()))
    rows: dict[str, Row] = {}
    answers: dict[str, Any] = {}
    for entry in sorted(_manifest(name), key=lambda entry: "place" in entry):  # rows before their articles
        body = (_folder(name) / entry["file"]).read_bytes()
        headers = {"Content-Type": entry.get("content_type", "")}
        response = HtmlResponse(entry["url"], status=entry.get("status", 200), headers=headers, body=body)
        if "channel" in entry:
            listing = spider.read_list(response, entry["channel"])
            rows |= {row.article_id: row for row in listing.rows}
            answers[entry["file"]] = _listed(listing)
        else:
            place = next(one for one in spider.places if one.name == entry["place"])
            answers[entry["file"]] = _article(place.read(response, rows[entry["article_id"]]))
    return answers


def _listed(listing: Listing) -> dict[str, Any]:
    rows = [{field: getattr(row, field) for field in ROW} for row in listing.rows]
    return {"rows": rows, "bad": [bad.reason for bad in listing.bad], "last": listing.last, "total": listing.total}


def _article(item: Any) -> dict[str, Any]:
    body = parse_body(item.body_raw)
    lines = body.text.split("\n")
    told = {field: getattr(item, field) for field in ARTICLE}
    return {**told, "lines": len(lines), "begins": lines[0][:12], "ends": lines[-1][-12:], "pictures": body.pictures}


def expected(name: str) -> Any:
    """Return what a person read in the answers; None where nobody did yet."""
    return _expected(name).get("answers")


def as_json(found: dict[str, Any]) -> str:
    """Write `expected.json`, to be compared with the answers field by field."""
    return json.dumps({"reviewed": {"on": "", "by": ""}, "answers": found}, ensure_ascii=False, indent=2)


def _folder(name: str) -> Path:
    return ROOT / "tests/fixtures" / name


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _class(name: str) -> type[NewsSpider]:
    return next(found for found in news_spiders(_settings()) if found.name == name)


def _settings() -> Settings:
    settings = Settings()
    settings.setmodule("newscrawler.settings")
    return settings


def _manifest(name: str) -> list[dict[str, Any]]:
    return list(json.loads((_folder(name) / "manifest.json").read_text(encoding="utf-8")))


def _expected(name: str) -> dict[str, Any]:
    path = _folder(name) / "expected.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
