"""A webhook on loopback that keeps what it is told, and answers as it is asked to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "T0KEN-c4n4ry"
"""Stands for the secret part of an address."""


@dataclass
class Receiver:
    """What was received, and how it is answered from now on."""

    url: str = ""
    status: int = 200
    answer: bytes = b"ok"
    location: str = ""
    wait_s: float = 0.0
    got: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def problems(self, kind: str) -> list[list[str]]:
        """Names of the `new` or `over` problems of each message."""
        return [[problem["problem"] for problem in message[kind]] for message in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Receive for as long as the block runs."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.paths.append(self.path)
            receiver.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            time.sleep(receiver.wait_s)
            self.send_response(receiver.status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", str(len(receiver.answer)))
            self.end_headers()
            self.wfile.write(receiver.answer)

        def do_GET(self) -> None:
            receiver.paths.append(self.path)
            self.send_error(404)

        def log_message(self, *said: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/services/{SECRET}"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
