"""NEWS_NOTIFY_URL: send one message to a webhook, in the form it takes, within a few seconds, whatever happens.

**Source**: Slack "Sending messages using incoming webhooks"; Feishu "Custom bot usage guide"; DingTalk "Custom robot access"
(all seen 2026). The bots of Feishu and DingTalk answer 200 with a code in the body where they refuse.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any, Self
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from pipelines.config import Settings, secret
from pipelines.errors import SettingError

FORMS = ("json", "slack", "feishu", "dingtalk")
HOSTS = {
    "hooks.slack.com": "slack",
    "open.feishu.cn": "feishu",
    "open.larksuite.com": "feishu",
    "oapi.dingtalk.com": "dingtalk",
}
TIMEOUT_S = 5.0
"""Of each step of the exchange."""
DEADLINE_S = 12.0
"""Of the whole: looking up a name has no timeout of its own."""
ANSWER_BYTES = 64 * 1024
TEXT_CHARS = 4000
"""Bots refuse messages of some 20 KB; nobody reads one of 4 KB."""
CODES = ("code", "StatusCode", "errcode")
"""Where a bot's answer says that it refused: not 0."""


class _NoRedirect(HTTPRedirectHandler):
    """A webhook that moved is a mistake in the setting: the message goes to nobody but whom it names."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        """Follow nothing."""
        return None


@dataclass(frozen=True, slots=True, repr=False)
class Webhook:
    """Where notices go. The address is a secret: whoever has it can write there. It has no `repr`."""

    url: str
    form: str

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """Read NEWS_NOTIFY_URL and NEWS_NOTIFY_FORM; None where no notices are wanted.

        Raises:
            SettingError: one of them cannot be used; the message does not quote the address.
        """
        form = str(settings.get("NEWS_NOTIFY_FORM") or "").strip()
        if form and form not in FORMS:
            raise SettingError(f"NEWS_NOTIFY_FORM={form!r} is not one of {', '.join(FORMS)}")
        url = secret(settings, "NEWS_NOTIFY_URL")
        if not url:
            return None
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            parts, host = urlsplit(""), None
        if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or not _plain(url):
            raise SettingError(
                "NEWS_NOTIFY_URL is no address of a webhook; right would be https://HOST/PATH, without user and password"
            )
        return cls(url, form or HOSTS.get(host, "json"))

    @property
    def shown(self) -> str:
        """The address as it may be logged: its host only."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}/…"

    def body(self, text: str, facts: Mapping[str, Any]) -> bytes:
        """Return what is sent: the text in the bot's form, or all facts with the text among them."""
        text = text[:TEXT_CHARS]
        forms: dict[str, dict[str, Any]] = {
            "json": {**facts, "text": text},
            "slack": {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")},
            # no tag in it is ours: <at user_id="all"> would call everybody
            "feishu": {"msg_type": "text", "content": {"text": text.replace("<", "＜").replace(">", "＞")}},
            "dingtalk": {"msgtype": "text", "text": {"content": text}, "at": {"isAtAll": False}},
        }
        return json.dumps(forms[self.form], ensure_ascii=True).encode("ascii")

    def send(self, text: str, facts: Mapping[str, Any]) -> str:
        """Send a message; returns what went wrong, without the address, or nothing. Takes some seconds at most."""
        said: list[str] = []
        body = self.body(text, facts)
        # a daemon thread: neither a name server nor a receiver that hangs can hold up the end of a run
        thread = threading.Thread(target=lambda: said.append(_post(self.url, body)), daemon=True)
        thread.start()
        thread.join(DEADLINE_S)
        return said[0] if said else f"no answer within {DEADLINE_S:.0f} s"


def _plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url


def _post(url: str, body: bytes) -> str:
    request = Request(url, body, {"Content-Type": "application/json; charset=utf-8", "User-Agent": "newscrawler"})  # noqa: S310 - http(s) only, checked
    try:
        with build_opener(_NoRedirect).open(request, timeout=TIMEOUT_S) as answer:
            return _refused(answer.read(ANSWER_BYTES))
    except HTTPError as error:
        with error:
            return f"HTTP {error.code}"
    except URLError as error:
        return type(error.reason).__name__ if isinstance(error.reason, BaseException) else "URLError"
    except Exception as error:  # noqa: BLE001 - whatever it is, a notice changes nothing; its text may hold the address
        return type(error).__name__


def _refused(answer: bytes) -> str:
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        return ""  # Slack says `ok`
    codes = [said.get(name) for name in CODES] if isinstance(said, dict) else []
    code = next((code for code in codes if isinstance(code, int) and code), 0)
    return f"the bot refused the message: code {code}" if code else ""
