"""The server's own endpoints, for tests whose server is another process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from newscrawler.sample.wire import Answer, Request

if TYPE_CHECKING:
    from newscrawler.sample.server import App


def control(app: App, request: Request) -> Answer:
    """Answer a request below `/_sample/`; what cannot be read is answered with 400 and the reason."""
    try:
        found = _control(app, request)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        return _json({"error": str(error)}, status=400)
    return _json(found) if found is not None else Answer(status=404)


def _control(app: App, request: Request) -> Any:
    match request.method, request.target.partition("?")[0].removeprefix("/_sample/"):
        case "GET", "counts":
            return dict(app.counts)
        case "GET", "requests":
            return [
                {
                    "kind": asked.kind,
                    "target": asked.target,
                    "code": asked.code,
                    "at_s": asked.at_s,
                    "headers": asked.headers,
                }
                for asked in app.log
            ]
        case (("POST" | "GET"), "reset"):
            app.reset()
            return {}
        case "GET", "faults":
            return app.faults.records()
        case "POST", "faults":
            app.faults.replace(json.loads(request.body))
            return app.faults.records()
        case "POST", "epoch":
            app.source.epoch = int(json.loads(request.body))
            return {"epoch": app.source.epoch}
    return None


def _json(found: Any, *, status: int = 200) -> Answer:
    text = json.dumps(found, ensure_ascii=False)
    return Answer(text.encode(), "application/json;charset=UTF-8", status)
