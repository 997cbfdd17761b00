"""Transactions that survive an outage: connections, deadlines, retries, and one kind of error for all that is left."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Concatenate, ParamSpec, TypeVar

import tenacity
from sqlalchemy import text
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError

from pipelines.errors import SettingError, StoreError
from pipelines.store.connect import postgresql_engine, sqlite_engine
from pipelines.store.deadline import Deadline
from pipelines.store.url import shown, without_secrets

P = ParamSpec("P")
T = TypeVar("T")

BUDGET_S = 60.0
"""How long one transaction is tried before the store counts as lost."""
ATTEMPT_S = 20.0
"""How long one try may take: a dead connection is given up while there is time for another."""
OPEN_BUDGET_S = 15.0
"""The budget of the very first connection: nothing is lost yet, and nobody wants to wait long for a mistyped port."""
MIGRATION_S = 3600.0
"""How long one try of a migration may take."""
LATER_BUDGET_S = 5.0
"""The budget after one ran out: a run that is ending must not wait a minute for each of its last words."""
REST_S = 5.0
"""How long nothing is tried after that one ran out too: what still waits in a run that is ending fails at once."""

SQLITE_PASSING = frozenset({5, 6, 15})
"""SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL (WAL's own lock race); anything else, a full disk first, is final."""
POSTGRES_PASSING = ("08", "40", "57P0", "57014", "53300", "55P03", "25006")
"""SQLSTATEs (beginnings): connection lost, serialization or deadlock, shutdown or restart, statement timeout, too many
connections, lock timeout, read-only (a standby that is being promoted)."""

SQLITE_USERS = frozenset({8, 14, 26})
"""SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_NOTADB: at the first connection, the wrong file."""
POSTGRES_USERS = re.compile(
    r'(?:database|role) ".*" does not exist|(?:password|[Pp]eer|Ident) authentication failed|no pg_hba\.conf entry'
    r"|no password supplied|invalid \S+ value|invalid connection option|not support SSL|certificate verify failed"
)
"""What a server, or the driver, says to a URL that is wrong: a connection that fails gives words only, no SQLSTATE."""


class Database:
    """An engine and the rules by which transactions run on it.

    Args:
        url: from `database_url`.
        budget_s: seconds one transaction is retried for before StoreError.
        attempt_s: seconds one try may take on PostgreSQL.
    """

    def __init__(self, url: URL, *, budget_s: float = BUDGET_S, attempt_s: float = ATTEMPT_S) -> None:
        self.url = url
        self.sqlite = url.drivername == "sqlite"
        self.budget_s = budget_s
        self.attempt_s = min(attempt_s, budget_s)
        self.name = shown(url)
        self.recovered: Callable[[], None] = lambda: None
        """Called after a transaction that succeeded only when tried again."""
        self._lost = False
        self._rests_until = 0.0
        self._deadline = Deadline()
        try:
            if self.sqlite:
                self.engine = sqlite_engine(url, wait_s=min(30.0, budget_s))
            else:
                self.engine = postgresql_engine(url, limit_s=self.attempt_s, watch=self._deadline.watch)
        except (SQLAlchemyError, ValueError, TypeError) as error:
            raise SettingError(f"NEWS_DATABASE_URL cannot be used: {self._line(error)}") from None
        self._writer = self.engine.execution_options(write=True)

    def read(self, call: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function with a connection inside a read transaction, tried again after passing failures."""
        return self._tried(lambda again: self._once(self.engine, again, lambda on: call(on, *args, **kwargs)))

    def write(self, call: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function with a connection inside a write transaction, and commit.

        The whole call is repeated after a passing failure. Where the commit itself may have been cut off nobody knows
        whether it was kept: the repeated call finds the execution option `again` set and must recognise its own work.
        """
        return self._tried(lambda again: self._once(self._writer, again, lambda on: call(on, *args, **kwargs)))

    def migrate(self, call: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Write with an hour's patience: a change of a big table takes its time."""

        def once(again: bool) -> T:
            return self._once(self._writer, again, lambda on: call(on, *args, **kwargs))

        return self._tried(once, limit_s=MIGRATION_S)

    def check(self) -> None:
        """Connect for the first time; SettingError where the URL is to blame, StoreError where the database is."""
        budget_s, self.budget_s = self.budget_s, min(self.budget_s, OPEN_BUDGET_S)
        try:
            self.read(lambda connection: connection.exec_driver_sql("SELECT 1"))
        except StoreError as error:
            if _users_fault(error.__cause__):
                raise SettingError(f"NEWS_DATABASE_URL cannot be used: {error}") from error
            raise
        except (ValueError, TypeError) as error:  # a driver that cannot even read its parameters
            raise SettingError(f"NEWS_DATABASE_URL cannot be used: {self._line(error)}") from None
        finally:
            self.budget_s = budget_s

    def write_ahead(self) -> None:
        """Put an SQLite database into WAL mode, which it keeps; a network file system may refuse, and works without."""
        self._tried(lambda _again: self._write_ahead())

    def session_lock(self, number: int) -> Connection | None:
        """Take a PostgreSQL advisory lock without waiting; the connection that holds it, or None."""
        return self._tried(lambda _again: self._session_lock(number))

    def alive(self, session: Connection) -> bool:
        """Say whether the connection of an advisory lock still stands."""
        try:
            with self._limit(self.attempt_s):
                session.exec_driver_sql("SELECT 1")
        except SQLAlchemyError:
            return False
        return True

    def end_session(self, session: Connection) -> None:
        """Close the connection of an advisory lock, which frees the lock."""
        with suppress(SQLAlchemyError), self._limit(self.attempt_s):
            session.close()

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()

    def error(self, error: BaseException) -> StoreError:
        """Turn any failure into one line that names the database."""
        return StoreError(f"{self.name}: {self._line(error)}")

    def _once(self, engine: Engine, again: bool, call: Callable[[Connection], T]) -> T:
        with engine.connect().execution_options(again=again) as connection, connection.begin():
            return call(connection)

    def _tried(self, once: Callable[[bool], T], *, limit_s: float = 0.0) -> T:
        """Do something until it works, fails for good, or the budget is spent.

        `limit_s`: how long one try may take, where that is not what it is for every other transaction.
        """
        if time.monotonic() < self._rests_until:
            raise StoreError(f"{self.name}: not tried, since it was away a moment ago")
        budget_s = min(self.budget_s, LATER_BUDGET_S) if self._lost else self.budget_s
        end = time.monotonic() + budget_s
        pause = tenacity.wait_random_exponential(multiplier=0.2, max=2)
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_delay(budget_s),
            wait=lambda state: max(0.0, min(pause(state), end - time.monotonic())),  # the last try falls on the end
            retry=tenacity.retry_if_exception(self._passing),
            reraise=True,
        )
        tries, unsure = 0, False
        try:
            for attempt in retrying:
                tries += 1
                with attempt, self._limit(limit_s or min(self.attempt_s, end - time.monotonic())):
                    try:
                        answer = once(unsure)
                    except DBAPIError as error:
                        unsure = unsure or self._unsure(error)
                        raise
        except DBAPIError as error:
            away = self._passing(error)
            self._rests_until = time.monotonic() + REST_S if away and self._lost else 0.0
            self._lost = away
            raise self.error(error) from error
        except StatementError as error:
            if isinstance(error.orig, ValueError | TypeError):  # a value of ours, not the database's fault
                raise error.orig from error
            raise self.error(error) from error
        except SQLAlchemyError as error:
            raise self.error(error) from error
        self._lost = False
        if tries > 1:
            self.recovered()
        return answer

    def _limit(self, seconds: float) -> AbstractContextManager[None]:
        return nullcontext() if self.sqlite else self._deadline.within(max(0.1, seconds))

    def _unsure(self, error: DBAPIError) -> bool:
        """Say whether a failure leaves open if the transaction was kept: the connection broke, perhaps at COMMIT."""
        state = getattr(error.orig, "sqlstate", None)
        return not self.sqlite and (state is None or state.startswith(("08", "57P")))

    def _write_ahead(self) -> None:
        connection = self.engine.raw_connection()  # outside of any transaction, where alone the mode can change
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except Exception as error:
            raise DBAPIError.instance("PRAGMA journal_mode=WAL", None, error, Exception) from error
        finally:
            connection.close()

    def _session_lock(self, number: int) -> Connection | None:
        connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            connection.detach()
            if connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), {"number": number}):
                return connection
        except BaseException:
            connection.close()
            raise
        connection.close()
        return None

    def _passing(self, error: BaseException) -> bool:
        if not isinstance(error, DBAPIError) or error.orig is None:
            return False
        if self.sqlite:
            return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in SQLITE_PASSING
        state = getattr(error.orig, "sqlstate", None)
        if state is None:  # no word from the server: connecting failed, or the connection broke
            broken = type(error.orig).__name__ in ("OperationalError", "InterfaceError", "ConnectionTimeout")
            return broken and POSTGRES_USERS.search(str(error.orig)) is None
        return str(state).startswith(POSTGRES_PASSING)

    def _line(self, error: BaseException) -> str:
        cause = error.orig if isinstance(error, StatementError) and error.orig is not None else error
        return without_secrets(str(cause) or type(cause).__name__, self.url)


def _users_fault(error: BaseException | None) -> bool:
    """Say whether a first connection failed because of what the URL says."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    return code in SQLITE_USERS or POSTGRES_USERS.search(str(cause)) is not None
