"""A small HTTP/1.1 server on loopback: quick enough for bulk runs, and able to misbehave.

Written on asyncio's protocol, since the standard library's server cannot break off an answer, reset a connection or wait
without a thread of its own, and takes four times as long for a request.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

MOST_HEAD_BYTES = 64 * 1024
MOST_BODY_BYTES = 1024 * 1024


@dataclass(slots=True)
class Answer:
    """What is sent, and how it is spoilt."""

    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    """One of `http.HTTPStatus`."""
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0
    send: int | None = None
    """Break off after so many bytes of the body; None sends all."""
    sized: bool = True
    """Send Content-Length (of the whole body)."""
    close: bool = False
    """Close the connection afterwards."""
    silent: bool = False
    """Close without sending anything."""
    reset: bool = False
    """Reset the connection without sending anything."""

    def head(self) -> bytes:
        """Return the status line and headers."""
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}", f"Content-Type: {self.content_type}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.sized:
            lines.append(f"Content-Length: {len(self.body)}")
        if self.closes:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    @property
    def closes(self) -> bool:
        """Whether the connection ends with this answer."""
        return self.close or not self.sized or self.send is not None


@dataclass(frozen=True, slots=True)
class Request:
    """One request as received."""

    method: str
    target: str
    head: bytes
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers, names in lower case."""
        found = {}
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            name, colon, value = line.partition(":")
            if colon:
                found[name.strip().lower()] = value.strip()
        return found


Handler = Callable[[Request], Answer]


class Connection(asyncio.Protocol):
    """One client's connection: requests one after the other, kept alive."""

    def __init__(self, handler: Handler, open_connections: set[Connection]) -> None:
        self.handler = handler
        self.open_connections = open_connections
        self.transport: asyncio.Transport | None = None
        self.buffer = b""
        self.waiting: asyncio.TimerHandle | None = None
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP server has no other
        self.transport = transport
        self.open_connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the transport and what was to be sent."""
        self.transport = None
        self.open_connections.discard(self)
        if self.waiting:
            self.waiting.cancel()
        self.closed.set()

    async def abort(self) -> None:
        """Break the connection off and wait until it is gone."""
        if self.transport:
            self.transport.abort()
            await self.closed.wait()

    def data_received(self, data: bytes) -> None:
        """Answer every complete request that has come in."""
        self.buffer += data
        self._next()

    def _next(self) -> None:
        while self.transport and not self.waiting and (request := self._take()):
            answer = self.handler(request)
            if answer.delay_s:
                loop = asyncio.get_running_loop()
                self.waiting = loop.call_later(answer.delay_s, self._late, request.method, answer)
            else:
                self._send(request.method, answer)

    def _late(self, method: str, answer: Answer) -> None:
        self.waiting = None
        self._send(method, answer)
        self._next()

    def _take(self) -> Request | None:
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self.buffer) > MOST_HEAD_BYTES:
                self._refuse(431)
            return None
        head = self.buffer[:end]
        words = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
        if len(words) != 3:
            self._refuse(400)
            return None
        request = Request(words[0], words[1], head, b"")
        if words[0] == "POST":
            length = request.headers.get("content-length", "0")
            if not (length.isascii() and length.isdigit()) or int(length) > MOST_BODY_BYTES:
                self._refuse(413)
                return None
            if len(self.buffer) < end + 4 + int(length):
                return None
            request = Request(words[0], words[1], head, self.buffer[end + 4 : end + 4 + int(length)])
        self.buffer = self.buffer[end + 4 + len(request.body) :]
        return request

    def _refuse(self, status: int) -> None:
        self._send("GET", Answer(status=status, close=True))
        self.buffer = b""

    def _send(self, method: str, answer: Answer) -> None:
        if self.transport is None:
            return
        if answer.reset:
            reset(self.transport)
        elif answer.silent:
            self.transport.close()
        else:
            body = b"" if method == "HEAD" else answer.body[: answer.send]
            self.transport.write(answer.head() + body)
            if answer.closes:
                self.transport.close()


def reset(transport: asyncio.Transport) -> None:
    """Break a connection off with a TCP reset."""
    sock = transport.get_extra_info("socket")
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
