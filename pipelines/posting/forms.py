"""The forms of a post: Jinja2 templates, filled in so that no byte of news can be read as anything but text.

What a template may use (a template of your own: name its path in NEWS_POST_TEMPLATE; it may extend `post.md.j2`):

| Name | Is |
| --- | --- |
| `title` `lead` `media` `author` `category` `source` `article_id` `fingerprint` | text of the article; may be empty |
| `tag`, `tags` | `<media>新闻`, and that with what the source files the article under |
| `date` | `2022-03-01 12:19:03 +0800` |
| `published_at` | the same as a datetime, Beijing time |
| `stocks` | list of symbols of shares, funds and bonds, sorted |
| `revision` | number, 1 at first sight |
| `link` | http(s) address of the original, or empty |
| `body` | the article, safe, as NEWS_POST_BODY says |
| `signed_body` | `body`, closed by the line `（文章来源：<media>）` |
| `site_url` | NEWS_SITE_URL without its last slash |

Text that is put in without a filter has every sign that Markdown, Liquid or HTML could read replaced by a numeric
entity, so forgetting a filter is no hole. Filters: `yaml` (a string double-quoted, a list in brackets: for front
matter), `plain` (a string without quotes where YAML allows it), `url` (an address for `<…>`, `](…)` or an attribute).
`safe` switches the protection off and is for the template's own text only.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from pipelines.config import Config
from pipelines.errors import SettingError
from pipelines.posting.escape import as_safe, md_text, one_line, safe_url, scrub
from pipelines.posting.frontmatter import BEIJING, stamp
from pipelines.store.base import ArticleRow, SecurityRow

if TYPE_CHECKING:
    from jinja2 import Template

BUILT_IN = ("post", "finews")

_HEAD = 64
"""Characters of a body by which most differ from their lead."""
_BLANK_LINE = re.compile(r"\n\s*\n")
_SITE_URL = re.compile(r"(?:(?:https?:/)?/[0-9A-Za-z._~:/%-]*)?")


class Text(str):
    """A string of news; put into a template as it is, it comes out escaped for Markdown, Liquid and HTML."""

    __slots__ = ()

    def __html__(self) -> str:
        return md_text(self)


def _text(text: str) -> Text:
    # a filter that encodes, as `urlencode` does, must not fail on what no encoding can hold
    return Text(text if text.isascii() else scrub(text))


def html_block(safe_html: str) -> str:
    """Make lines of safe HTML that kramdown passes on unread inside of one block, and in which Liquid finds nothing.

    Args:
        safe_html: as the sanitiser left it.

    Returns:
        The same without a blank line, which would end the block for Markdown.
    """
    # kramdown takes a carriage return for a line end, too
    block = safe_html.replace("\r", "\n")
    if _BLANK_LINE.search(block):
        block = "\n".join([line for line in block.split("\n") if line and not line.isspace()])
    return block.strip().replace("{", "&#123;").replace("}", "&#125;")


def _wrapped(block: str) -> Markup:
    return as_safe(f'<div class="article" markdown="0">{block}</div>')


def bodies(row: ArticleRow, post_body: str) -> tuple[Markup, Markup]:
    """Return the body of a post without and with finews' closing line, as NEWS_POST_BODY says."""
    from pipelines.html.safety import sanitise

    try:
        safe_html = sanitise(row.body_html)  # the stage did it already, but a row may come from anybody's database
    except UnicodeEncodeError:
        safe_html = sanitise(scrub(row.body_html))
    source = f"（文章来源：{md_text(row.media)}）" if row.media else ""
    if post_body == "markdown":
        from pipelines.posting.to_markdown import to_markdown

        with suppress(ValueError):  # what cannot be said in Markdown is said in HTML, as safely
            body = to_markdown(safe_html)
            return as_safe(body), as_safe(f"{body}\n\n{source}".strip())
    block = html_block(safe_html)
    return _wrapped(block), _wrapped(f'{block}<p class="em_media">{source}</p>' if source else block)


def lead_of(row: ArticleRow) -> str:
    """Return the lead, unless it is all the article says anyway, as with a flash taken from its list."""
    lead = one_line(row.summary).strip()
    if row.body_from == "list":
        return ""
    if not lead.startswith(one_line(row.body_text[:_HEAD]).strip()):  # nor does the whole body, which may be long
        return lead
    return "" if lead == one_line(row.body_text).strip() else lead


def variables(row: ArticleRow, *, post_body: str, site_url: str) -> dict[str, Any]:
    """Gather what a template may use; see the table above."""
    body, signed_body = bodies(row, post_body)
    published_at = row.published_at.astimezone(BEIJING)
    return {
        "title": _text(row.title),
        "lead": _text(lead_of(row)),
        "media": _text(row.media),
        "author": _text(row.author),
        "tag": _text(f"{row.media}新闻"),
        "tags": list(dict.fromkeys(map(scrub, [f"{row.media}新闻", *row.tags]))),
        "category": _text(row.category),
        "source": _text(row.source),
        "article_id": _text(row.article_id),
        "link": _text(safe_url(row.url)),
        "date": as_safe(stamp(published_at)),
        "published_at": published_at,
        "stocks": sorted({s.symbol for s in row.securities if s.kind in ("share", "fund", "bond")}),
        "fingerprint": _text(row.fingerprint),
        "revision": row.revision,
        "body": body,
        "signed_body": signed_body,
        "site_url": as_safe(site_url.rstrip("/")),
    }


def _sample(**changed: Any) -> ArticleRow:
    """Return a made-up article, to try a template on."""
    moment = datetime(2022, 3, 1, 4, 19, 3, tzinfo=UTC)
    row = ArticleRow(
        source="eastmoney",
        article_id="202203010000000000",
        url="https://finance.eastmoney.com/a/202203010000000000.html",
        title="样例",
        summary="导语",
        body_html="<p>正文</p>",
        body_text="正文",
        media="样例报",
        author="作者",
        category="yanglibao",
        published_at=moment,
        fingerprint="0" * 64,
        body_from="api",
        seen_at=moment,
        securities=[SecurityRow("600519.SH", "1.600519", "样例", "share", "tag", 1)],
    )
    for name, value in changed.items():
        setattr(row, name, value)
    return row


def load_template(name: str, root: Path = Path()) -> Template:
    """Load a built-in form by name, or a template of the user's by path.

    Args:
        name: `post`, `finews`, or a path.
        root: the folder that a relative path counts from.

    Raises:
        SettingError: no such file, unreadable, not UTF-8, or a template that fails on an ordinary article.
    """
    from jinja2 import TemplateError, TemplateSyntaxError

    from pipelines.posting.templating import environment

    if name in BUILT_IN:
        return environment().get_template(f"{name}.md.j2")
    blame = f"NEWS_POST_TEMPLATE={name[:200]!r}"
    try:
        path = (root / name).resolve()
        template = environment(path.parent).from_string(path.read_text("utf-8"))
        for row in (_sample(), _sample(summary="", media="", author="", url="", securities=[])):
            template.render(variables(row, post_body="html", site_url=""))
    except OSError as error:
        reason = error.strerror or error
        raise SettingError(f"{blame} is neither post nor finews nor a file that can be read ({reason})") from error
    except TemplateSyntaxError as error:
        raise SettingError(f"{blame}, line {error.lineno}: {error.message}") from error
    except UnicodeDecodeError as error:
        raise SettingError(f"{blame} is not UTF-8") from error
    except (
        TemplateError,
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise SettingError(f"{blame} fails on an ordinary article: {one_line(str(error))[:200]}") from error
    return template


def check_site_url(site_url: str) -> str:
    """Return NEWS_SITE_URL, which must be an address or a path that Markdown takes as it is; SettingError otherwise."""
    if not _SITE_URL.fullmatch(site_url):
        raise SettingError(
            f"NEWS_SITE_URL={site_url!r} is no address such as https://example.com, //example.com or /news"
        )
    return site_url


@dataclass(frozen=True, slots=True)
class Form:
    """A form of posts, ready to be filled in."""

    template: Template
    post_body: str
    site_url: str

    @classmethod
    def from_config(cls, config: Config) -> Form:
        """Load what the settings name; SettingError says what is wrong with it."""
        return cls(load_template(config.template, config.root), config.post_body, check_site_url(config.site_url))

    def render(self, row: ArticleRow) -> bytes:
        """Return an article's post as its file is to hold it.

        Raises:
            ValueError: the article cannot be put into this form.
        """
        text = _filled(row, self.template, self.post_body, self.site_url)
        try:
            return text.encode()
        except UnicodeEncodeError:
            return scrub(text).encode()


def render(row: ArticleRow, *, template: Template | str = "post", post_body: str = "html", site_url: str = "") -> str:
    """Return the whole text of an article's post.

    Args:
        row: the article; its body is safe HTML.
        template: a loaded template, or the name of a built-in form.
        post_body: `html` or `markdown`.
        site_url: where the site lives; footer links begin with it.

    Raises:
        ValueError: the article cannot be put into this form.
    """
    if isinstance(template, str):
        template = load_template(template)
    return scrub(_filled(row, template, post_body, site_url))


def _filled(row: ArticleRow, template: Template, post_body: str, site_url: str) -> str:
    try:
        return template.render(variables(row, post_body=post_body, site_url=site_url))
    except ValueError:
        raise
    except Exception as error:  # a user's template may fail in any way on one article
        raise ValueError(f"template {template.name or 'of NEWS_POST_TEMPLATE'}: {error}") from error
