"""NEWS_LOG_FORMAT=json: one JSON object a line, for machines that collect logs."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrapy.settings import BaseSettings

from pipelines.config import choice

FORMATS = ("text", "json")
OURS = "newscrawler.logs"


class JsonFormatter(logging.Formatter):
    """Write a record as one line: time (UTC), level, logger, message, and where there is one spider and exception."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.ascii_only = ascii_only

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, whatever the message holds."""
        try:
            message = record.getMessage()
        except Exception as error:  # noqa: BLE001 - a wrong format string of somebody's must not end the log
            message = f"{record.msg!s} ({type(error).__name__} in its arguments)"
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": message,
        }
        spider = getattr(record, "spider", None)
        if spider is not None:
            said["spider"] = str(getattr(spider, "name", spider))
        if record.exc_info and record.exc_info[0] is not None:
            said["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            said["stack"] = record.stack_info
        line = json.dumps(said, ensure_ascii=self.ascii_only)
        return line.encode("utf-8", "backslashreplace").decode()  # \ud800 is how JSON itself writes a lone surrogate


def log_format(settings: BaseSettings) -> str:
    """Return NEWS_LOG_FORMAT; SettingError where it is neither text nor json."""
    return choice(settings, "NEWS_LOG_FORMAT", FORMATS, "text")


def set_up(settings: BaseSettings) -> None:
    """Log as JSON, to where Scrapy's settings say, in place of Scrapy's own handler. To be called before it makes that.

    Reads LOG_ENABLED, LOG_LEVEL, LOG_FILE, LOG_FILE_APPEND, LOG_ENCODING.

    Raises:
        SettingError: NEWS_LOG_FORMAT is neither text nor json.
    """
    if log_format(settings) == "text" or not settings.getbool("LOG_ENABLED"):
        return
    file = settings.get("LOG_FILE")
    handler: logging.Handler
    if file:
        mode = "a" if settings.getbool("LOG_FILE_APPEND") else "w"
        handler = logging.FileHandler(Path(file), mode=mode, encoding=settings.get("LOG_ENCODING"))
        encoding = str(settings.get("LOG_ENCODING"))
    else:
        handler = logging.StreamHandler(sys.stderr)
        encoding = str(getattr(sys.stderr, "encoding", ""))
    handler.setFormatter(JsonFormatter(ascii_only=encoding.lower().replace("-", "") != "utf8"))
    handler.setLevel(settings.get("LOG_LEVEL"))
    handler.set_name(OURS)
    logging.root.addHandler(handler)
    for name in ("LOG_ENABLED", "LOG_FILE"):  # Scrapy would write every line a second time
        settings.set(name, None, priority="cmdline")


def as_json() -> bool:
    """Whether this process logs as JSON."""
    return any(handler.get_name() == OURS for handler in logging.root.handlers)
