"""Posts of an existing site, read: those of finews in each of its forms, and our own. Pure functions.

What a post does not say is taken from where it can be known, and from nowhere else: the day from the file's name (never
from the id, whose day is that of the article's creation), a title from the `【…】` head of the lead, the publisher from
the body's last line, the brackets at the end of the lead, or the tag.

Source: the posts of finews as captured 2021-12 to 2022-05, the forms in `pipelines/templates`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from newscrawler.eastmoney import page_url
from pipelines.codes.symbols import secids
from pipelines.posting.escape import safe_url
from pipelines.posting.frontmatter import read_keys, read_scalar, read_stamp, stamp, take_apart
from pipelines.posting.reading import article_of
from pipelines.publishers import key, known
from pipelines.text import clean_line, headline

MAX_FILE_BYTES = 1_000_000
"""No article has as much; half of it is more than a body may have."""
FEEDS = ("东财滚动",)
"""Tags of finews that name a feed and no publisher."""

_NAME = re.compile(r"(?:(\d{4}-\d\d-\d\d)?-)?(?:NW)?(.+)\.(?:md|markdown)", re.IGNORECASE | re.DOTALL)
_CODE = re.compile(r"[0-9]{10,100}")
_TITLE = re.compile(r"^title:[ \t]*(.*?)[ \t\r\n]*(?=\n[A-Za-z_][\w-]*:|\Z)", re.MULTILINE | re.DOTALL)
_ESCAPED = re.compile(r'(?:[^"\\]|\\.)*', re.DOTALL)
_OFFSET = re.compile(r"[+-]\d\d:?\d\d\Z")
_FOOTER = re.compile(r"\[返回[^\n]*\]\([^\n]*\)")
_LINK = re.compile(r"<(https?://[^\s<>]*)?>|\[原文[^\n]*\]\((\S+)\)")
_QUOTED_LEAD = re.compile(r"\s*>[ \t]?(.*?)(?:\n[ \t]*\n|\n(?=[ \t]*<)|\Z)", re.DOTALL)
_OWN_LEAD = re.compile(r'\s*<blockquote markdown="0">([^\n]*)</blockquote>[ \t]*(?:\n|\Z)')
_SIGNED = re.compile(r"文章来源[：:]([^\n]{1,2000}?)）\s*(?:</[a-z]+>\s*)*\Z")
_BRACKETS = re.compile(r"[（(]([^（）()\n]{2,20})[）)]\s*\Z")
_PRESS = re.compile(r"[\w·]*[\u4e00-\u9fff](?:报|社|网|刊|新闻|财经|电视台|通讯)")
_ENTITY = re.compile(r"&#\d{1,7};")
_LISTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Unreadable(Exception):
    """A file that should be a post and cannot be read as one; the message says why."""


@dataclass(frozen=True, slots=True)
class Post:
    """What a post tells of its article; empty where it tells nothing."""

    source: str
    article_id: str
    url: str
    title: str
    published: str
    """As `parse_published` reads it; a day alone where only the file's name tells one."""
    media: str
    lead: str
    body: str
    """HTML, or plain text."""
    tags: tuple[str, ...] = ()
    stocks: tuple[str, ...] = ()
    """Symbols."""

    @property
    def missing(self) -> str:
        """Why the article cannot be stored; empty where it can."""
        lacks = []
        if not self.title:
            lacks.append("no title, neither in the front matter nor as the 【…】 head of the lead")
        if not self.published:
            lacks.append("no time, neither in the front matter nor as a day in the file's name")
        return "; ".join(lacks)

    def facts(self) -> dict[str, Any]:
        """Return all but lead and body, as JSON takes it; `with_facts` is the reverse."""
        return {name: value for name, value in asdict(self).items() if name not in ("lead", "body")}

    def with_facts(self, facts: Mapping[str, Any]) -> Post:
        """Return the post with what `facts` of it, or of one joined from it and others, said; ValueError for anything else."""
        texts: dict[str, Any] = {
            name: facts.get(name) for name in ("source", "article_id", "url", "title", "published", "media")
        }
        lists: dict[str, Any] = {name: tuple(facts.get(name) or ()) for name in ("tags", "stocks")}
        if not all(isinstance(each, str) for each in (*texts.values(), *lists["tags"], *lists["stocks"])):
            raise ValueError(f"no facts of a post but {str(facts)[:60]!r}")
        return replace(self, **texts, **lists)


EMPTY = Post("", "", "", "", "", "", "", "")
"""A post that says nothing."""


def named(name: str) -> tuple[str, str] | None:
    """Return day (or "") and the rest of a file name that a post may have; None for any other name."""
    match = _NAME.fullmatch(name)
    return (match[1] or "", match[2]) if match else None


def id_of(name: str) -> str:
    """Return the East Money code in a file's name; "" where there is none."""
    parts = named(name)
    return parts[1] if parts and _CODE.fullmatch(parts[1]) else ""


def read(name: str, data: bytes) -> Post | None:
    """Read a post.

    Args:
        name: the file's name.
        data: all of the file.

    Returns:
        The post; None for what is none of ours: another name, no front matter and no code in the name, or front matter
        and no article that it could be about.

    Raises:
        Unreadable: a post by its name, and not by what is in it.
    """
    parts = named(name)
    if parts is None:
        return None
    if not data.strip():
        raise Unreadable("the file is empty")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8 ({error.reason} at byte {error.start})") from None
    apart = take_apart(text.encode())
    if apart is None:
        if _CODE.fullmatch(parts[1]):
            raise Unreadable("no front matter, or one without end")
        return None
    head, rest = (each.decode() for each in apart)
    keys = read_keys(head)
    found = article_of(parts[1], keys, rest)
    return None if found is None else _post(found, parts[0], head, keys, rest)


def _post(found: tuple[str, str, str], day: str, head: str, keys: dict[str, str], rest: str) -> Post:
    source, article_id, link = found
    own = "article_id" in keys
    lead, body = _parted(rest, own=own)
    title = _title(head)
    if not clean_line(title):
        title = _headed(lead or body)
    tags = _tags(keys.get("tags", ""))
    media = _publisher(keys, tags, lead, body)
    return Post(
        source=source,
        article_id=article_id,
        url=safe_url(link) if own or source != "eastmoney" else page_url(link, article_id, _kind(link)),
        title=title,
        published=_published(keys.get("date", ""), day),
        media=media,
        lead=lead,
        body=body,
        tags=tuple(tag for tag in tags if tag != f"{media}新闻") if own else (),
        stocks=_listed(keys.get("stocks", "")) if own else (),
    )


def _kind(link: str) -> str:
    return "blog" if link.startswith(("https://caifuhao.", "http://caifuhao.")) else "article"


def _title(head: str) -> str:
    """Read the title: quotation marks that finews left as they were are part of it."""
    match = _TITLE.search(head)
    raw = re.sub(r"[ \t]*\n[ \t]*", " ", match[1]) if match else ""
    inner = raw[1:-1] if len(raw) > 1 and raw[0] == raw[-1] == '"' else None
    if inner is None:
        return read_scalar(raw)
    return (read_scalar(raw) if _ESCAPED.fullmatch(inner) else "") or inner


def _headed(text: str) -> str:
    """Return the `【…】` head of a lead, which is the article's title; "" where there is none."""
    text = clean_line(text[:2000])
    title = headline(text)[0]
    return title if title and text.startswith(f"【{title}】") else ""


def _published(raw: str, day: str) -> str:
    """Return the time as written, the day of the file's name where none is written, "" where neither is known."""
    raw = read_scalar(raw)
    moment = read_stamp(raw)
    if moment is not None:
        return stamp(moment)
    if _OFFSET.sub("", raw).strip():
        return raw  # there is something, and it is for the stage of dates to say what is wrong with it
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        return ""


def _parted(rest: str, *, own: bool) -> tuple[str, str]:
    """Return lead and body, without link and footer; a post with nothing but a lead has that as its body."""
    lines = rest.rstrip().split("\n")
    while lines and (not lines[-1].strip() or _FOOTER.fullmatch(lines[-1].strip())):
        lines.pop()
    if lines and _LINK.fullmatch(lines[-1].strip()):
        lines.pop()
    text = "\n".join(lines).strip()
    match = (_OWN_LEAD if own else _QUOTED_LEAD).match(text)
    lead = " ".join(re.sub(r"\n[ \t]*>?[ \t]?", "\n", match[1]).split()) if match else ""
    body = text[match.end() :].strip() if match else text
    if not body:
        return "", lead
    if _is_markdown(body, own=own):
        from newscrawler.from_markdown import to_html

        body = to_html(body)
    return lead, body


def _is_markdown(body: str, *, own: bool) -> bool:
    """Whether a body is Markdown: of ours all but HTML in its frame, of finews' what bears our signs; its own was plain text."""
    if body.startswith('<div class="article"') or (body.startswith("<") and not own):
        return False
    return own or _ENTITY.search(body) is not None or _SIGNED.search(body[-4000:]) is not None


def _publisher(keys: dict[str, str], tags: Sequence[str], lead: str, body: str) -> str:
    """Return the publisher as written, from the surest place that names one."""
    if read_scalar(keys.get("media", "")):
        return read_scalar(keys["media"])
    signed = _SIGNED.search(body[-4000:])
    if signed and clean_line(signed[1]):
        return clean_line(signed[1])
    for text in (lead, "" if body.startswith("<") else body):
        bracket = _BRACKETS.search(text)
        if bracket and (key(bracket[1]) in known() or _PRESS.fullmatch(bracket[1])):
            return bracket[1].strip()
    first = tags[0].removesuffix("新闻") if tags else ""
    return "" if first in FEEDS else first


def _tags(raw: str) -> tuple[str, ...]:
    return _listed(raw) if raw.startswith("[") else tuple(filter(None, (read_scalar(raw),)))


def _listed(raw: str) -> tuple[str, ...]:
    """Read a list of double-quoted strings on one line."""
    return tuple(filter(None, (read_scalar(match[0]) for match in _LISTED.finditer(raw))))


def securities(stocks: Sequence[str]) -> tuple[tuple[str, str, str], ...]:
    """Return symbols as what a source names beside the text; one that may be on several markets stands for itself."""
    found = []
    for symbol in stocks:
        ids = secids(symbol)
        if ids:
            found.append((ids[0] if len(ids) == 1 else symbol, "", "list"))
    return tuple(found)


def joined(posts: Sequence[Post]) -> tuple[int, Post]:
    """Make one post of several of the same article.

    Returns:
        Which of them has the fullest body, and that one with what it lacks from the others.
    """
    number = max(range(len(posts)), key=lambda at: (len(posts[at].body), not posts[at].missing, -at))
    best = posts[number]
    lacking: dict[str, Any] = {
        name: value
        for name in ("title", "media", "url")
        if not getattr(best, name) and (value := next(filter(None, (getattr(post, name) for post in posts)), ""))
    }
    times = [post.published for post in (best, *posts) if post.published]
    # a moment says more than a day
    published = next((time for time in times if len(time) > len("2022-03-01")), times[0] if times else "")
    return number, replace(best, published=published, **lacking)
