"""Broken exchanges: each function changes what is sent, or how."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable
from functools import cache, partial
from urllib.parse import urlencode

from newscrawler.sample.routes import HTML_TYPE, Question
from newscrawler.sample.wire import Answer

Spoil = Callable[[Answer, Question, str], None]
"""(answer to change, the question, the fault's value)."""

CAPTCHA = """<!DOCTYPE html><html><head><meta charset="utf-8" /><title>安全验证</title></head><body><div id="captcha" class="em-captcha">
<p>为了您的账号安全，请完成验证</p><div class="slider">请按住滑块，拖动到最右边</div><script>var captcha = "slide";</script></div></body></html>"""
BAN = """<!DOCTYPE html><html><head><meta charset="utf-8" /><title>页面未找到 - 东方财富网</title></head>
<body><div class="error404"><p>很抱歉，您访问的页面未找到</p><a href="http://www.eastmoney.com/">返回首页</a></div></body></html>"""
PLAIN = """<!DOCTYPE html><html><head><title>维护中</title></head><body><h1>样例：系统维护中，请稍后再试</h1></body></html>"""
STATUSES = (400, 401, 403, 404, 410, 418, 429, 500, 502, 503, 504)
_BODY = re.compile(rb'(id="ContentBody"[^>]*>).*?(</div>\s*<!--\xe6\x96\x87\xe5\xb0\xbe)', re.DOTALL)


def _html(text: str, answer: Answer, _question: Question, _value: str) -> None:
    answer.body, answer.content_type, answer.status = text.encode(), HTML_TYPE, 200


def _status(status: int, answer: Answer, _question: Question, value: str) -> None:
    """Answer with an error; `value` becomes Retry-After."""
    answer.status, answer.content_type = status, HTML_TYPE
    answer.body = f"<html><body><h1>{status}</h1></body></html>".encode()
    if value:
        answer.headers["Retry-After"] = value


def _reset(answer: Answer, _question: Question, _value: str) -> None:
    answer.reset = True


def _close(answer: Answer, _question: Question, _value: str) -> None:
    answer.silent = True


def _slow(answer: Answer, _question: Question, value: str) -> None:
    answer.delay_s = float(value or 5)


def _blank(answer: Answer, _question: Question, _value: str) -> None:
    answer.body = b""


def _redirect_loop(answer: Answer, question: Question, _value: str) -> None:
    turn = len(question.query.get("turn", "")) + 1
    answer.status, answer.body = 302, b""
    answer.headers["Location"] = (
        f"https://{question.host}{question.path}?{urlencode(question.query | {'turn': 'x' * turn})}"
    )


def _redirect(answer: Answer, _question: Question, value: str) -> None:
    answer.status, answer.body = 302, b""
    answer.headers["Location"] = value or "https://forbidden.invalid/"


def _cut(answer: Answer, _question: Question, value: str) -> None:
    """Break off within the body, Content-Length being that of the whole."""
    answer.send = int(value or len(answer.body) // 2)


def _cut_unsized(answer: Answer, _question: Question, value: str) -> None:
    """Break off within the body of an answer without Content-Length."""
    answer.send, answer.sized = int(value or len(answer.body) // 2), False


def _cut_unnoticed(answer: Answer, _question: Question, value: str) -> None:
    """Send half a body with a Content-Length that agrees."""
    answer.body = answer.body[: int(value or len(answer.body) // 2)]


def _gzip(answer: Answer, _question: Question, _value: str) -> None:
    answer.body = gzip.compress(answer.body)
    answer.headers["Content-Encoding"] = "gzip"


def _cut_gzip(answer: Answer, question: Question, value: str) -> None:
    """Send half a gzip stream with a Content-Length that agrees."""
    _gzip(answer, question, "")
    _cut_unnoticed(answer, question, value)


@cache
def _packed_blanks(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b" " * 1024 * 1024
    return b"".join(packer.compress(block) for _ in range(megabytes)) + packer.flush()


def _bomb(answer: Answer, _question: Question, value: str) -> None:
    """Send blanks that unpack to `value` megabytes (64)."""
    answer.body = _packed_blanks(int(value or 64))
    answer.headers["Content-Encoding"] = "gzip"


def _large(answer: Answer, _question: Question, value: str) -> None:
    """Send `value` megabytes (16), not packed."""
    answer.body = b" " * (int(value or 16) * 1024 * 1024)


def _mislabel(answer: Answer, _question: Question, value: str) -> None:
    """Name another charset than the body's."""
    answer.content_type = f"{answer.content_type.partition(';')[0]}; charset={value or 'gbk'}"


def _recode(answer: Answer, _question: Question, value: str) -> None:
    """Send the body in another charset, the label staying."""
    answer.body = answer.body.decode().encode(value or "gb18030")


def _no_body_element(answer: Answer, _question: Question, _value: str) -> None:
    """Send a page whose body has another id."""
    answer.body = answer.body.replace(b'id="ContentBody"', b'id="NewBody"')


def _empty_page(answer: Answer, _question: Question, _value: str) -> None:
    """Send a page without text in its body."""
    answer.body = _BODY.sub(rb"\1\2", answer.body)


SPOILS: dict[str, Spoil] = {
    "reset": _reset,
    "close": _close,
    "slow": _slow,
    "blank": _blank,
    "redirect-loop": _redirect_loop,
    "redirect": _redirect,
    "cut": _cut,
    "cut-unsized": _cut_unsized,
    "cut-unnoticed": _cut_unnoticed,
    "cut-gzip": _cut_gzip,
    "gzip": _gzip,
    "bomb": _bomb,
    "large": _large,
    "mislabel": _mislabel,
    "recode": _recode,
    "html": partial(_html, PLAIN),
    "captcha": partial(_html, CAPTCHA),
    "ban": partial(_html, BAN),
    "no-body-element": _no_body_element,
    "empty-page": _empty_page,
    **{str(status): partial(_status, status) for status in STATUSES},
}
