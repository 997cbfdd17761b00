"""Text and addresses of news made harmless for Markdown, Liquid and HTML at once.

A numeric entity means the same character to kramdown, CommonMark and a browser, and nothing to Liquid. One escape
therefore serves every place of a post, whoever reads it first.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, urlsplit

from markupsafe import Markup

URL_LIMIT = 2048
"""Longer addresses are dropped: no browser follows them and no article has one."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")
_SPACE = re.compile("[ \t\r\n\f\v\x85\u2028\u2029]+")
_MARKUP = re.compile(
    r"""[\\`*_{}\[\]<>&#|~"'$^=!@.:\-+)]"""  # all of them first: whatever else stands in a text is passed over at once
    r"(?:(?<![.:\-+)])"  # always, but for the five that follow
    r"|(?<=\.)(?:(?<![0-9].)|(?![0-9]))"  # `1.` opens a list, `www.` a link, `...` becomes an ellipsis; 3.5 stays
    r"|(?<=:)(?:(?<![0-9].)|(?![0-9]))"  # `: x` is a definition, `http:` a link; 12:19 stays
    r"|(?<=-)(?:(?<![0-9A-Za-z].)|(?![0-9A-Za-z]))"  # `- x` opens a list, `--` becomes a dash; 2022-03-01 stays
    r"|(?<=\+)(?![0-9A-Za-z])"  # `+ x` opens a list; +3.5 stays
    r"|(?<=\))(?:(?<=^.)|(?<=[0-9].)))"  # `1)` opens a list
)
_URL_PLAIN = re.compile(r"https?://[0-9a-z.-]*[0-9a-z](?:/[0-9A-Za-z\-._~/]*)?")
"""Addresses in which nothing can be wrong: nearly all."""
_URL_UNSAFE = re.compile(r"[^0-9A-Za-z\-._~:/?#@!$&*+,;=%]")
_ENTITY = re.compile(r"(&#?[0-9A-Za-z]+);")
_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def scrub(text: str) -> str:
    """Replace lone surrogates, which no UTF-8 file can hold, by U+FFFD."""
    try:
        text.encode()  # a third of what looking for them costs
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text


def drop_controls(text: str) -> str:
    """Drop control characters that neither HTML nor a reader knows, and replace lone surrogates."""
    return _CONTROL.sub("", scrub(text))


def as_safe(text: str) -> Markup:
    """Mark text as safe: nothing in it is news that has not been escaped."""
    return str.__new__(Markup, text)  # Markup() would first ask, in Python, whether the text knows its own HTML


def fold(text: str) -> str:
    """Fold every run of white space, line ends included, into one space; full-width spaces stay."""
    return _SPACE.sub(" ", text)


def one_line(text: str) -> str:
    """Bring a text into one line without control characters."""
    if text.isprintable() and "  " not in text:  # as nearly all are: no sign of it is a control or the end of a line
        return text
    return fold(drop_controls(text))


def mark(text: str, base: int = 0) -> str:
    """Replace every character that Markdown, Liquid or HTML could read.

    Args:
        text: one line.
        base: 0 for numeric entities; else the code point that stands for NUL in a private range, whose characters a
            converter takes for letters.
    """
    if base:
        return _MARKUP.sub(lambda m: chr(base + ord(m[0])), text)
    return _MARKUP.sub(lambda m: f"&#{ord(m[0])};", text)


def md_text(text: str) -> str:
    """Turn plain text into one line that Markdown, Liquid and a browser all show as it is.

    Figures, dates, times and words stay readable: a sign is only replaced where one of the three could read it.
    """
    return mark(one_line(text))


@lru_cache(maxsize=256)
def safe_url(url: str) -> str:
    """Return an http(s) address in which nothing can be read as markup, or `""` for anything else.

    What an address may not hold anyway (blanks, brackets, quotes, braces) is percent-encoded, so that it still leads to
    the same page; letters of other scripts stay.
    """
    if len(url) <= URL_LIMIT and _URL_PLAIN.fullmatch(url):
        return url
    url = scrub(url).strip()
    if len(url) > URL_LIMIT:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    url = _URL_UNSAFE.sub(lambda m: m[0] if ord(m[0]) > 127 and m[0].isalnum() else quote(m[0], safe=""), url)
    url = _BROKEN_PERCENT.sub("%25", url)
    # `&copy;` in an address would be read as ©
    return _ENTITY.sub(r"\1%3B", url)
