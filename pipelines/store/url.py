"""NEWS_DATABASE_URL: read, checked, made absolute; and named in messages without its password."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from pipelines.errors import SettingError

FORMS = "use sqlite:///path/news.db or postgresql+psycopg://user:password@host/database"
DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def database_url(text: str, root: Path) -> URL:
    """Read the setting NEWS_DATABASE_URL.

    Args:
        text: as the user wrote it.
        root: the folder that a relative SQLite path counts from.

    Returns:
        A URL of one of the two supported databases, an SQLite path made absolute.

    Raises:
        SettingError: it cannot be read, or names another database or driver; one line, and no part of the text that
            may hold a password.
    """
    try:
        url = make_url(text.strip())
        driver = DRIVERS.get(url.drivername)
        port = url.port
    except (ArgumentError, ValueError):
        raise SettingError(f"NEWS_DATABASE_URL cannot be read as a database URL; {FORMS}") from None
    if driver is None:
        raise SettingError(
            f"NEWS_DATABASE_URL names the database {url.drivername[:40]!r}, which is not supported; {FORMS}"
        )
    if driver == "sqlite":
        return _sqlite(url, root)
    if port is not None and not 0 < port < 65536:
        raise SettingError(f"NEWS_DATABASE_URL has the port {port}; ports are 1 to 65535")
    if not url.database:
        raise SettingError(f"NEWS_DATABASE_URL names no database; {FORMS}")
    return url.set(drivername=driver)


def _sqlite(url: URL, root: Path) -> URL:
    """Make the path absolute and see that a database can be made there."""
    if url.host or url.username:
        raise SettingError(f"NEWS_DATABASE_URL: an SQLite URL has three slashes before the path; {FORMS}")
    if url.query:
        raise SettingError(f"NEWS_DATABASE_URL: an SQLite URL takes no options; {FORMS}")
    name = url.database or ""
    if name in ("", ":memory:") or name.startswith("file:") or "\0" in name:
        raise SettingError(f"NEWS_DATABASE_URL names no file that would last; {FORMS}")
    path = root / Path(name).expanduser()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        usable = not path.is_dir() and os.access(path.parent, os.W_OK | os.X_OK)
        usable = usable and (not path.exists() or os.access(path, os.R_OK | os.W_OK))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SettingError(f"NEWS_DATABASE_URL: {str(path)!r} cannot be used: {reason}") from error
    if path.is_dir():
        raise SettingError(f"NEWS_DATABASE_URL: {str(path)!r} is a folder; name a file in it")
    if not usable:
        raise SettingError(f"NEWS_DATABASE_URL: {str(path)!r} cannot be written to")
    return url.set(drivername="sqlite", database=str(path))


def shown(url: URL) -> str:
    """Name a database in a message: what and where, never user or password."""
    if url.drivername == "sqlite":
        return f"SQLite database {url.database}"
    host = url.host or url.query.get("host") or "local socket"
    return f"PostgreSQL database {url.database} on {host if isinstance(host, str) else host[0]}"


def without_secrets(text: str, url: URL) -> str:
    """Make a driver's message one line and blot out the password, should it repeat it."""
    line = " ".join(text.split())
    secrets = [url.password] if url.password else []
    secrets += [value for name, value in url.query.items() if "password" in name and isinstance(value, str)]
    for secret in secrets:
        line = line.replace(secret, "***")
    return line[:300]
