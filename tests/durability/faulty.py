"""An extension for these tests only: lets a run fail, or die, at one exact step of the way of an article.

The setting FAULTS is a JSON list of `{"at": "before module:Class.method", "how": "kill", "code": "", "nth": 1}`: before
(or after) the nth call of that function that has to do with that article (no code: any call), the process kills itself,
or an error is raised.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, Self

from scrapy.crawler import Crawler

from newscrawler.settings import EXTENSIONS
from pipelines.errors import NewsDrop, StoreError

EXTENSIONS_FAULTY = {"faulty.Faults": 1, **EXTENSIONS}
"""Before everything else is built."""


class Faults:
    """Sets the faults before anything of the run is built."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Read the setting."""
        for fault in json.loads(crawler.settings["FAULTS"]):
            arm(**fault)
        return cls()


def arm(at: str, how: str, code: str = "", nth: int = 1) -> None:
    """Wrap a function so that it fails."""
    when, _, path = at.partition(" ")
    module, _, names = path.partition(":")
    *owners, name = names.split(".")
    owner: Any = import_module(module)
    for each in owners:
        owner = getattr(owner, each)
    original = getattr(owner, name)
    calls = 0

    def strike(arguments: tuple[Any, ...]) -> None:
        nonlocal calls
        if not code or mentions(arguments, code):
            calls += 1
            if calls == nth:
                fail(at, how)

    setattr(owner, name, (_before if when == "before" else _after)(original, strike))


def fail(at: str, how: str) -> None:
    """Die, or raise."""
    print(f"FAULT {how} {at}", file=sys.stderr, flush=True)
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise {"bug": RuntimeError, "store": StoreError, "drop": NewsDrop}[how](f"synthetic fault {at}")


def mentions(value: Any, code: str) -> bool:
    """Whether an argument has to do with an article."""
    if isinstance(value, (list, tuple, dict)):
        return any(mentions(part, code) for part in value)
    if getattr(value, "article_id", None) == code:
        return True
    return code in str(getattr(value, "url", value if isinstance(value, (str, os.PathLike)) else ""))


def _before(original: Callable[..., Any], strike: Callable[[tuple[Any, ...]], None]) -> Callable[..., Any]:
    @functools.wraps(original)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        strike(arguments)
        return original(*arguments, **options)

    return wrapped


def _after(original: Callable[..., Any], strike: Callable[[tuple[Any, ...]], None]) -> Callable[..., Any]:
    @functools.wraps(original)
    async def waits(*arguments: Any, **options: Any) -> Any:
        answer = await original(*arguments, **options)
        strike(arguments)
        return answer

    @functools.wraps(original)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        answer = original(*arguments, **options)
        strike(arguments)
        return answer

    return waits if inspect.iscoroutinefunction(original) else wrapped
