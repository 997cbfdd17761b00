"""Start many `scrapy` processes without paying for the imports each time: imports once, then forks.

A process of its own, told by lines of JSON on standard input and answering on standard output. Each start is a fork that
runs Scrapy's command line in a process of its own: real signals, real exit status, real files. Settings are not
imported beforehand, so that each one reads its own environment.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import resource
import sys
import threading
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PRELOADED = (
    *("text", "body", "dates", "categories", "securities", "fingerprint", "dedupe", "stories", "markdown", "database"),
    *("posting.forms", "alike.linking", "store.sql", "store.schema"),
)
"""Modules of `pipelines`."""
OTHERS = (
    *("aiohttp", "alembic.command", "certifi", "jinja2.sandbox", "platformdirs", "protego", "queuelib", "rensa"),
    "pypinyin",  # two thirds of the time of a small run
    *("newscrawler.commands.crawl", "newscrawler.politeness", "newscrawler.progress", "newscrawler.spiders.eastmoney"),
    *("psycopg", "sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.dialects.sqlite.pysqlite", "tldextract"),
    *("scrapy.cmdline", "scrapy.extensions.corestats", "scrapy.extensions.memusage", "scrapy.utils._remote_control"),
    *("scrapy.downloadermiddlewares.cookies", "scrapy.downloadermiddlewares.robotstxt"),
)


def start(asked: dict[str, Any]) -> int | None:
    """Fork; in the child return None, with its command line, environment and files in place."""
    pid = os.fork()
    if pid:
        return pid
    os.environ.clear()
    os.environ.update(asked["env"])
    for path, number in ((asked["said"], 1), (asked["errors"], 2)):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(handle, number)
        os.close(handle)
    handle = os.open(os.devnull, os.O_RDONLY)
    os.dup2(handle, 0)
    os.close(handle)
    if asked.get("largest_bytes"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["largest_bytes"], asked["largest_bytes"]))
    sys.argv = ["scrapy", *asked["arguments"]]
    return None


def main() -> None:
    """Answer until standard input ends."""
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
    for name in (*OTHERS, *(f"pipelines.{stage}" for stage in PRELOADED)):
        import_module(name)
    gc.freeze()  # a collection in a fork would copy every page
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if "poll" in asked:
            pid, status = os.waitpid(asked["poll"], os.WNOHANG)
            answer = None if not pid else os.waitstatus_to_exitcode(status)
        else:
            answer = start(asked)
            if answer is None:
                break
        print(json.dumps(answer), flush=True)
    else:
        return
    from scrapy.cmdline import execute

    status: Any = 1
    try:
        execute()
    except SystemExit as end:
        status = end.code
    finally:
        leave(status if isinstance(status, int) else int(status is not None))


def leave(status: int) -> None:
    """End as an interpreter does, threads joined and exit functions called, but for freeing what all forks share."""
    if sys.exc_info()[0] is not None:
        traceback.print_exc()
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
