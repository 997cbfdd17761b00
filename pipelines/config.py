"""The NEWS_* settings that stages and the store need, read and checked once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pipelines.errors import SettingError

SECRET_BYTES = 8192
"""More than any address needs; a file that is larger is another file."""


class Settings(Protocol):
    """What is asked of Scrapy's settings here."""

    def get(self, name: Any, default: Any = None) -> Any:
        """Return the setting's value, or `default`."""


def choice(settings: Settings, name: str, allowed: tuple[str, ...], default: str) -> str:
    """Return the setting `name`, which must be one of `allowed`; SettingError otherwise."""
    value = str(settings.get(name) or default).strip()
    if value not in allowed:
        raise SettingError(f"{name}={value!r} is not one of {', '.join(allowed)}")
    return value


def outputs(value: Any) -> frozenset[str]:
    """Read NEWS_OUTPUTS: `markdown`, `database` or both, comma separated or a list; SettingError otherwise."""
    words = value.split(",") if isinstance(value, str) else list(value or ())
    chosen = frozenset(word.strip() for word in words if word.strip())
    unknown = chosen - {"markdown", "database"}
    if unknown or not chosen:
        shown = ", ".join(sorted(unknown)) or "nothing"
        raise SettingError(f"NEWS_OUTPUTS names {shown}; it takes markdown, database, or markdown,database")
    return chosen


def seconds(settings: Settings, name: str, default: float) -> float:
    """Return the setting `name` as a number of seconds from 1 to 3600; SettingError otherwise."""
    raw = settings.get(name)
    try:
        value = default if raw in (None, "") else float(raw)
    except (TypeError, ValueError):
        value = -1.0
    if not 1 <= value <= 3600:
        raise SettingError(f"{name}={raw!r} is no number of seconds from 1 to 3600")
    return value


def secret(settings: Settings, name: str) -> str:
    """Return the setting `name`, or the text of the file that `name`_FILE names; empty where neither is given.

    Args:
        settings: the project's.
        name: a setting that holds a secret; nothing of its value is ever part of a message.

    Raises:
        SettingError: both are given, or the file cannot be read, is empty or holds more than one line.
    """
    value, named = (str(settings.get(key) or "").strip() for key in (name, f"{name}_FILE"))
    if not named:
        return value
    if value:
        raise SettingError(f"{name} and {name}_FILE are both given; one of them is right")
    path = Path(settings.get("NEWS_ROOT") or ".").resolve() / named
    try:
        with path.open("rb") as file:
            raw = file.read(SECRET_BYTES + 1)
        text = raw.decode("utf-8-sig").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no text"
        raise SettingError(f"{name}_FILE: {str(path)!r} cannot be read: {reason}") from None
    if not text or len(text.splitlines()) > 1 or len(raw) > SECRET_BYTES:
        raise SettingError(f"{name}_FILE: {str(path)!r} must hold one line and nothing else")
    return text


@dataclass(frozen=True, slots=True)
class Config:
    """Where and how to write.

    Relative paths count from `root`, the folder of scrapy.cfg (the setting NEWS_ROOT, set by the project).
    """

    outputs: frozenset[str]
    """`markdown`, `database` or both."""
    database_url: str = field(repr=False)
    """SQLAlchemy URL; a relative SQLite path counts from `root`. Never to be logged: it may hold a password."""
    data_dir: Path
    posts_dir: Path
    template: str
    """`post`, `finews` or a path."""
    charts: str
    """`drop` or `keep`."""
    post_body: str
    """`html` or `markdown`."""
    site_url: str
    root: Path
    budget_s: float = 60.0
    """How long a transaction is tried again before the store counts as lost."""

    @classmethod
    def from_settings(cls, settings: Settings) -> Config:
        """Read the settings; SettingError names the one that is wrong and what would be right."""
        root = Path(settings.get("NEWS_ROOT") or ".").resolve()
        data_dir = root / str(settings.get("NEWS_DATA_DIR") or "data")
        posts = settings.get("NEWS_POSTS_DIR")
        return cls(
            outputs=outputs(settings.get("NEWS_OUTPUTS", "markdown,database")),
            database_url=secret(settings, "NEWS_DATABASE_URL") or f"sqlite:///{data_dir / 'news.db'}",
            data_dir=data_dir,
            posts_dir=root / str(posts) if posts else data_dir / "_posts",
            template=str(settings.get("NEWS_POST_TEMPLATE") or "post"),
            charts=choice(settings, "NEWS_CHARTS", ("drop", "keep"), "drop"),
            post_body=choice(settings, "NEWS_POST_BODY", ("html", "markdown"), "html"),
            site_url=str(settings.get("NEWS_SITE_URL") or ""),
            root=root,
            budget_s=seconds(settings, "NEWS_STORE_BUDGET_S", 60.0),
        )
