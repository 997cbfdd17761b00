"""What the tests of durability crawl: two hundred articles, and what one undisturbed run leaves of them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from crawling import window
from places import Place
from processes import Running
from serve import BulkSite, Remote, serve_process

STEP_S = 4320
"""Seconds between two articles."""
OLDER = 4
"""Articles older than what is asked for, so that the lists reach back far enough."""


class Scene:
    """So many generated articles, and the arguments of a run over all of them."""

    def __init__(self, articles: int, body_bytes: int = 1500) -> None:
        total = articles + OLDER
        self.options = {"articles": total, "days": total * STEP_S / 86_400, "body_bytes": body_bytes}
        self.site = BulkSite(**self.options)
        since = self.site.until - timedelta(seconds=articles * STEP_S)
        self.all: dict[str, Any] = {"channels": "344,102", **window(since, self.site.until)}
        self.codes = [self.site.make(number).code for number in range(articles)]
        """Newest first."""

    def serve(self) -> AbstractContextManager[Remote]:
        """Serve the articles in a process of their own."""
        options = [part for name, value in self.options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
        return serve_process(*options)


ARTICLES = 200
SCENE = Scene(ARTICLES)
ALL = SCENE.all


@dataclass(frozen=True)
class Whole:
    """What one run that nothing befell leaves."""

    posts: dict[str, bytes]
    facts: dict[str, Any]

    def check(self, place: Place) -> None:
        """Check that a place holds all of it, and nothing else."""
        assert place.posts() == self.posts, "posts lost, half-written or changed"
        facts = place.facts()
        for name, expected in self.facts.items():
            assert facts[name] == expected, name
        assert place.litter() == []
        assert place.intact()


def asked_for(source: Remote) -> list[str]:
    """Every article that was asked for, in order, repeats included."""
    return [line["code"] for line in source.requests() if line["kind"] == "article"]


def begun(source: Remote, run: Running, articles: int = 1) -> bool:
    """Whether a run has asked for so many articles since the last reset, or has ended."""
    return source.counts().get("article", 0) >= articles or run.poll() is not None
