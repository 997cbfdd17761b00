"""Engines, set up so that a write survives: WAL's partners on SQLite, time limits on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Connection, Engine

from pipelines.store.types import dumps


def sqlite_engine(url: URL, *, wait_s: float) -> Engine:
    """Make an engine for SQLite.

    Args:
        url: with an absolute path.
        wait_s: how long a transaction waits for another's to end.

    Returns:
        An engine whose connections check foreign keys and synchronise fully, and whose write transactions (execution
        option `write`) hold the write lock from their beginning.
    """
    engine = create_engine(url, json_serializer=dumps, connect_args={"timeout": wait_s}, pool_size=2)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # sqlite3 would open its own deferred transactions otherwise
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # a deferred transaction that reads first and writes then fails where another wrote in between
        write = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def postgresql_engine(url: URL, *, limit_s: float, watch: Callable[[Any], Any]) -> Engine:
    """Make an engine for PostgreSQL.

    Args:
        url: its own options win over those set here.
        limit_s: how long a statement may take, and how long sent bytes may go unanswered.
        watch: is given every new driver connection, and returns it.

    Returns:
        An engine that tries a pooled connection before it is used.
    """
    limit_ms = int(limit_s * 1000)
    settings = {"timezone": "UTC", "statement_timeout": limit_ms, "idle_in_transaction_session_timeout": 120_000}
    timing = {
        "connect_timeout": max(2, min(10, int(limit_s))),
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": limit_ms,
    }
    own = url.query.get("options", "")
    options = [
        *(f"-c {name}={value}" for name, value in settings.items()),
        own if isinstance(own, str) else " ".join(own),
    ]
    engine = create_engine(
        url.difference_update_query(["options"]),
        json_serializer=dumps,
        pool_size=2,
        pool_pre_ping=True,
        connect_args={
            "options": " ".join(options).strip(),
            **{name: value for name, value in timing.items() if name not in url.query},
        },
    )

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, _record: Any, args: Any, options: Any) -> Any:
        # before SQLAlchemy's own first questions to the server, which could hang as well
        return watch(dialect.connect(*args, **options))

    return engine
