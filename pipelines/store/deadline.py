"""A deadline that also ends a wait for a server that is frozen.

`statement_timeout` is kept by the server, and a stopped process keeps nothing: the driver would wait for ever. So a
timer of our own shuts the connection's socket down, which wakes the driver with an ordinary "connection lost".
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from weakref import WeakSet


class Deadline:
    """Knows the open connections of one engine and cuts them when time is up."""

    def __init__(self) -> None:
        self._connections: WeakSet[Any] = WeakSet()
        self._lock = threading.Lock()

    def watch(self, connection: Any) -> Any:
        """Remember a driver's connection; returns it."""
        with self._lock:
            self._connections.add(connection)
        return connection

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Cut every connection if the block is not left within so many seconds."""
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            with suppress(Exception):  # closed in this very moment, which is as good
                if not connection.closed:
                    with socket.socket(fileno=os.dup(connection.fileno())) as twin:
                        twin.shutdown(socket.SHUT_RDWR)
