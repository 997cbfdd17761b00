"""One run per spider: a file lock on this machine, and with PostgreSQL an advisory lock for all machines."""

from __future__ import annotations

import hashlib
from pathlib import Path

from filelock import FileLock
from sqlalchemy import Connection

from pipelines.store.engine import Database
from pipelines.store.locks import take


class SpiderLocks:
    """The locks one store holds. The kernel, or the server, frees them when the process dies, however it dies."""

    def __init__(self, database: Database, data_dir: Path) -> None:
        self._database = database
        self._data_dir = data_dir
        self._files: dict[str, FileLock] = {}
        self._sessions: dict[str, Connection] = {}
        database.recovered = self._retake

    def holds(self, spider: str) -> bool:
        """Say whether this store took a spider's lock."""
        return spider in self._files

    def take(self, spider: str) -> bool:
        """Take a spider's lock without waiting; False: another run holds it."""
        if self.holds(spider):
            return True
        lock = take(self._data_dir, spider)
        if lock is None:
            return False
        if not self._database.sqlite:
            session = self._database.session_lock(lock_number(spider))
            if session is None:
                lock.release()
                return False
            self._sessions[spider] = session
        self._files[spider] = lock
        return True

    def release(self) -> None:
        """Give every lock back."""
        for session in self._sessions.values():
            self._database.end_session(session)
        self._sessions.clear()
        for lock in self._files.values():
            lock.release()
        self._files.clear()

    def _retake(self) -> None:
        """Take advisory locks anew after an outage: a server that restarted has forgotten them.

        Where another run has got in meanwhile both go on: upserts keep them from harming each other.
        """
        for spider, session in list(self._sessions.items()):
            if not self._database.alive(session):
                self._database.end_session(session)
                del self._sessions[spider]
                again = self._database.session_lock(lock_number(spider))
                if again is not None:
                    self._sessions[spider] = again


def lock_number(spider: str) -> int:
    """Return the number of a spider's advisory lock: 64 bits, signed."""
    digest = hashlib.blake2b(f"newscrawler:{spider}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
