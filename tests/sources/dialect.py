"""A loopback server for a source's dialect: a function answers paths, requests are kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Answer = Callable[[str, dict[str, str]], Any]
"""Takes `HOST/PATH` and the query; gives JSON, text, bytes, or None for a 404."""


@dataclass
class Dialect:
    """A running server and what was asked of it."""

    address: str
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def count(self, word: str) -> int:
        """How many requests' paths hold a word."""
        return sum(word in path for path, _ in self.asked)


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    """A crawl opens 16 connections at once; one for which there is no room is tried again a second later."""
    daemon_threads = True


@contextmanager
def speak(answer: Answer) -> Iterator[Dialect]:
    """Serve a dialect for as long as the block runs."""
    dialect = Dialect("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            path, query = parts.path.lstrip("/"), dict(parse_qsl(parts.query, keep_blank_values=True))
            if path.endswith("robots.txt"):
                said: Any = "User-agent: *\nAllow: /\n"
            else:
                dialect.asked.append((path, query))
                said = answer(path, query)
            body = said if isinstance(said, bytes) else said.encode() if isinstance(said, str) else b""
            if isinstance(said, (dict, list)):
                body = json.dumps(said, ensure_ascii=False).encode()
            self.send_response(404 if said is None else 200)
            kind = "text/html" if body.startswith(b"<") else "application/json"
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            return

    server = _Server(("127.0.0.1", 0), Handler)
    dialect.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield dialect
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
