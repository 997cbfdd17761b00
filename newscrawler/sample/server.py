"""The sample source over real HTTP on loopback.

`with serve(Site()) as server:` runs it in a thread and gives `server.address` for NEWS_MIRROR; `python -m newscrawler.sample`
runs it in a process of its own. A request for `https://HOST/PATH` is asked as `/HOST/PATH`.

Beside the source's own endpoints there are, for tests whose server is another process: `GET /_sample/counts`,
`GET /_sample/requests`, `POST /_sample/reset`, `POST /_sample/faults`, `POST /_sample/epoch`.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, deque
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from newscrawler.sample import faults as misbehaviour
from newscrawler.sample import routes
from newscrawler.sample.control import control
from newscrawler.sample.faults import Fault, Faults
from newscrawler.sample.model import Source
from newscrawler.sample.routes import HTML_TYPE, JSON_TYPE, Question
from newscrawler.sample.wire import Answer, Connection, Handler, Request

LOG_LENGTH = 5000
ROBOTS = b"User-agent: *\nAllow: /\n"
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of the request log."""

    kind: str
    """`list`, `flash`, `article`, `page`, `robots` or `other`."""
    host: str
    target: str
    """What was asked, `/HOST/PATH?QUERY`."""
    code: str
    """The article asked for, else empty."""
    at_s: float
    """`time.monotonic()` at arrival."""
    headers: dict[str, str]
    """Names in lower case."""


class App:
    """Answers requests from a source, counts them, and spoils the answers that a fault is set for."""

    def __init__(self, source: Source, faults: Faults | None = None) -> None:
        self.source = source
        self.faults = faults or Faults()
        self.counts: Counter[str] = Counter()
        self.log: deque[Asked] = deque(maxlen=LOG_LENGTH)

    def reset(self) -> None:
        """Forget counts and log."""
        self.counts.clear()
        self.log.clear()

    def __call__(self, request: Request) -> Answer:
        """Answer one request."""
        if request.target.startswith("/_sample/"):
            return control(self, request)
        question = routes.read(request.target)
        self.counts[question.kind] += 1
        now = time.monotonic()
        self.log.append(Asked(question.kind, question.host, request.target, question.code, now, request.headers))
        if request.method not in {"GET", "HEAD"}:
            return Answer(status=405)
        active = self.faults.take(question)
        return misbehaviour.spoil(active, question, self._answer(question, active))

    def _answer(self, question: Question, active: Sequence[Fault]) -> Answer:
        if question.kind == "robots":
            return Answer(ROBOTS, "text/plain; charset=utf-8")
        if question.kind == "page":
            page = routes.page(self.source, question)
            return Answer(page.encode(), HTML_TYPE) if page is not None else _not_found()
        if question.kind == "list":
            payload = routes.columns(self.source, question, hidden=misbehaviour.hidden(active))
        elif question.kind == "flash":
            if question.host == routes.OLD_FLASH_HOST:
                return Answer(routes.old_flashes(self.source, question).encode(), HTML_TYPE)
            payload = routes.flashes(self.source, question)
        elif question.kind == "article":
            payload = routes.article(self.source, question)
        else:
            return _not_found()
        payload = misbehaviour.tamper(active, question, payload)
        return Answer(routes.wrap(routes.dumps(payload), question).encode(), JSON_TYPE)


def _not_found() -> Answer:
    return Answer(b"<html><head><title>404</title></head><body>404</body></html>", HTML_TYPE, 404)


class Server:
    """A server in a thread of this process: `start`, `stop`, and `pause` (connections are refused) and `resume`."""

    def __init__(self, app: App, port: int = 0) -> None:
        self.app = app
        self.port = port
        self._connections: set[Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._listening: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="sample-server", daemon=True)

    @property
    def address(self) -> str:
        """Return the address for NEWS_MIRROR."""
        return f"http://{HOST}:{self.port}"

    @property
    def faults(self) -> Faults:
        """Return the faults in force."""
        return self.app.faults

    @property
    def counts(self) -> Counter[str]:
        """Return how many requests of each kind there were."""
        return self.app.counts

    @property
    def log(self) -> list[Asked]:
        """Return the latest requests, oldest first."""
        return list(self.app.log)

    def reset(self) -> None:
        """Forget counts and log."""
        self.app.reset()

    def start(self) -> None:
        """Listen, and answer in a thread."""
        self._thread.start()
        self.resume()

    def stop(self) -> None:
        """Stop listening and end the thread; connections are broken off."""
        self.pause()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def pause(self) -> None:
        """Stop listening and break every connection off: from now on they are refused."""
        self._run(self._pause())

    def resume(self) -> None:
        """Listen at the same port again."""
        self._run(self._resume())

    def _run(self, work: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _resume(self) -> None:
        self._listening = await listen(self.app, self.port, self._connections)
        self.port = self._listening.sockets[0].getsockname()[1]

    async def _pause(self) -> None:
        if self._listening:
            # A connection that was taken on, but not handed over before the close, would never be closed; the handing over
            # takes the loop two turns.
            for listening in self._listening.sockets:
                self._loop.remove_reader(listening.fileno())
            for _ in range(3):
                await asyncio.sleep(0)
            self._listening.close()
            self._listening = None
        await asyncio.gather(*(connection.abort() for connection in list(self._connections)))


async def listen(handler: Handler, port: int, connections: set[Connection]) -> asyncio.Server:
    """Listen on loopback; port 0 takes a free one. `connections` holds the open ones."""
    return await asyncio.get_running_loop().create_server(lambda: Connection(handler, connections), HOST, port)


@contextmanager
def serve(source: Source, *, faults: Faults | None = None, port: int = 0) -> Iterator[Server]:
    """Serve a source on loopback, in a thread, for as long as the block runs."""
    server = Server(App(source, faults), port)
    server.start()
    try:
        yield server
    finally:
        server.stop()
