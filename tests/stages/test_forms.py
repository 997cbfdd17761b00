"""The forms of a post: what stands in them, and that no byte of news can be read as anything but text."""

from __future__ import annotations

import itertools
import re
import string
from pathlib import Path

import pytest
import row_made
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import html

from pipelines.body import clean
from pipelines.errors import SettingError
from pipelines.posting.escape import md_text, scrub
from pipelines.posting.forms import Form, check_site_url, html_block, load_template, render
from pipelines.posting.frontmatter import read_stamp
from pipelines.store.base import ArticleRow, SecurityRow

QUICK = settings(max_examples=150, deadline=None, database=None)
KEYS = [
    *("layout", "title", "date", "categories", "tags", "source", "article_id", "link", "media", "stocks"),
    *("fingerprint", "revision", "render_with_liquid"),
]


SECURITIES = [
    SecurityRow("AAPL.US", "105.AAPL", "合成", "share", "text", 1),
    SecurityRow("510300.SH", "1.510300", "合成", "fund", "tag", 1),
    SecurityRow("600519.SH", "1.600519", "合成", "share", "tag", 1),
    SecurityRow("1.000001", "1.000001", "合成", "index", "tag", 1),
    SecurityRow("BK0493", "90.BK0493", "合成", "board", "tag", 4),
    SecurityRow("113050.SH", "1.113050", "合成", "bond", "tag", 1),
]


def article(**changed: object) -> ArticleRow:
    """Return a synthetic article of many securities with some of its columns changed."""
    return row_made.article(**{"revision": 2, "securities": SECURITIES} | changed)


def parts(post: str) -> tuple[dict[str, object], str]:
    """Split a post into its front matter, read, and what follows."""
    match = re.fullmatch(r"---\n(.*?)\n---\n(.*)", post, re.DOTALL)
    assert match
    return yaml.safe_load(match[1]), match[2]


def test_front_matter_has_the_keys_in_order() -> None:
    """The front matter has every key of the contract, in its order, with values of the right kind."""
    head, _ = parts(render(article()))
    assert list(head) == KEYS
    assert head == {
        "layout": "post",
        "title": "合成标题",
        "date": "2022-03-01 12:19:03 +0800",
        "categories": "hechengbao",
        "tags": ["合成报新闻"],
        "source": "eastmoney",
        "article_id": "202203010000000001",
        "link": "https://finance.example.com/a/202203010000000001.html",
        "media": "合成报",
        "stocks": ["113050.SH", "510300.SH", "600519.SH", "AAPL.US"],
        "fingerprint": "ab" * 32,
        "revision": 2,
        "render_with_liquid": False,
    }


@pytest.mark.parametrize("post_body", ["html", "markdown"])
def test_post_as_a_whole(post_body: str) -> None:
    """After the front matter come the lead, the body and the link to the original."""
    block = '<div class="article" markdown="0"><p>合成正文</p></div>' if post_body == "html" else "合成正文"
    _, rest = parts(render(article(), post_body=post_body))
    assert rest == (
        '<blockquote markdown="0">合成导语</blockquote>\n\n'
        f"{block}\n\n"
        "[原文：合成报](https://finance.example.com/a/202203010000000001.html)\n"
    )


@pytest.mark.parametrize("summary", ["", "合成正文", " 合成正文\n"])
def test_no_lead_where_there_is_none(summary: str) -> None:
    """Without a lead, or where the lead is the whole article, no block quote stands in the post."""
    assert "blockquote" not in render(article(summary=summary))
    assert "blockquote" not in render(article(summary="合成导语", body_from="list"))


def test_empty_columns_leave_no_trace() -> None:
    """An article without publisher, link and securities gives a post without empty brackets."""
    row = article(media="", url="", securities=[], summary="")
    head, rest = parts(render(row))
    assert (head["media"], head["link"], head["stocks"], head["tags"]) == ("", "", [], ["新闻"])
    assert rest == '<div class="article" markdown="0"><p>合成正文</p></div>\n'
    assert "文章来源" not in render(row, template="finews")
    assert "<>" not in render(row, template="finews")


@pytest.mark.parametrize("post_body", ["html", "markdown"])
def test_finews_form(post_body: str) -> None:
    """The finews form has five plain keys, the publisher's line, the link line and the footer, and no last line end."""
    line = "（文章来源：合成报）"
    block = f'<div class="article" markdown="0"><p>合成正文</p><p class="em_media">{line}</p></div>'
    assert render(article(), template="finews", post_body=post_body, site_url="//example.com/") == (
        '---\nlayout: post\ntitle: "合成标题"\ndate: 2022-03-01 12:19:03 +0800\n'
        "categories: hechengbao\ntags: 合成报新闻\n---\n"
        f"{block if post_body == 'html' else f'合成正文{chr(10) * 2}{line}'}\n\n"
        "<https://finance.example.com/a/202203010000000001.html>\n\n"
        "[返回合成报新闻](//example.com/category/hechengbao.html)｜[返回首页](//example.com/)"
    )  # fmt: skip


def test_the_seed_comes_out_as_it_was(captures: Path) -> None:
    """From a real post's own article the finews form gives its front matter, link and footer byte for byte."""
    (path,) = (captures.parent.parent / "seed").iterdir()
    seed = path.read_text("utf-8")
    head, body, link, footer = re.fullmatch(r"(---\n.*?\n---\n)(.*)\n\n<(.*)>\n\n(.*)", seed, re.DOTALL).groups()  # type: ignore[union-attr]
    values = dict(line.split(": ", 1) for line in head.split("\n") if ": " in line)
    published = read_stamp(values["date"])
    assert published
    row = article(
        title=values["title"].strip('"'),
        media=values["tags"].removesuffix("新闻"),
        category=values["categories"],
        published_at=published,
        url=link,
        summary="",
        body_html=clean(body, charts="keep"),
    )
    made = render(row, template="finews", site_url="//finews.withounder.com")
    made_head, made_body, made_link, made_footer = re.fullmatch(
        r"(---\n.*?\n---\n)(.*)\n\n<(.*)>\n\n(.*)", made, re.DOTALL
    ).groups()  # type: ignore[union-attr]
    assert (made_head, made_link, made_footer) == (head, link, footer)
    was, now = html.fromstring(f"<div>{body}</div>"), html.fromstring(made_body)
    assert "".join(now.text_content().split()) == "".join(was.text_content().split())
    assert now.xpath(".//a/@href") == was.xpath(".//a/@href")
    assert now.xpath(".//img/@src") == was.xpath(".//img/@src")
    assert now.xpath('string(.//p[@class="em_media"])') == f"（文章来源：{row.media}）"
    assert not now.xpath(".//@style | .//@onclick | .//@target")
    assert "{" not in made_body
    assert "\n\n" not in made_body


@pytest.mark.parametrize(
    "body",
    [
        "<p>a</p>\n\n<p>b</p>",
        "<p>a\r\rb</p>",
        "<p>a\n \t\x0b\x0c\n</p>",
        "\n\n<p>a</p>\n\n",
        '<p><img src="https://example.com/a\n\nb"></p>',
        "<p>" + " " * 200_000 + "</p>",
    ],
)
def test_no_blank_line_inside_the_block(body: str) -> None:
    """A blank line would end the block for Markdown: none is left, whatever counts as a line end."""
    block = render(article(body_html=body, summary="", url=""), template="post").split("---\n")[2]
    assert "\r" not in block
    assert not re.search(r"\n[ \t\r\f\v]*\n", block)
    assert block.startswith('<div class="article" markdown="0">')


def test_html_of_a_body_is_cleaned_again() -> None:
    """Whatever a row's body holds, no script, handler or stray end tag reaches the post."""
    body = '</div><script>alert(1)</script><p onclick="x()">a<a href="javascript:x">b</a></p></div>'
    for post_body in ("html", "markdown"):
        post = render(article(body_html=body), post_body=post_body)
        assert "script" not in post
        assert "onclick" not in post
        assert post.count("</div>") == (1 if post_body == "html" else 0)


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//example.com/a", ""),
        ("https:///a", ""),
        ("https://[bad/a", ""),
        ("https://example.com/" + "a" * 3000, ""),
        ("https://example.com/a b\n{{x}}>(y)", "https://example.com/a%20b%0A%7B%7Bx%7D%7D%3E%28y%29"),
        ("http://example.com/新闻?a=1&b=2#c", "http://example.com/新闻?a=1&b=2#c"),
        ("http://example.com/?a=1&copy;=2&#60;", "http://example.com/?a=1&copy%3B=2&#60%3B"),
        ("http://example.com/100%", "http://example.com/100%25"),
        ("http://example.com/%7Bx%7d", "http://example.com/%7Bx%7d"),
        ("http://example.com/\ud800", "http://example.com/%EF%BF%BD"),
    ],
)
def test_links(url: str, link: str) -> None:
    """Only http(s) addresses become links, and none holds a sign that YAML's reader, Liquid or Markdown could read."""
    head, rest = parts(render(article(url=url)))
    assert head["link"] == link
    assert (f"]({link})" in rest) == bool(link)
    assert (f"<{link}>" in render(article(url=url), template="finews")) == bool(link)


@QUICK
@example("\ud800", "finews", "html")
@given(
    st.text(st.characters(exclude_categories=()), max_size=60),
    st.sampled_from(["post", "finews"]),
    st.sampled_from(["html", "markdown"]),
)
def test_any_text_in_every_place(text: str, template: str, post_body: str) -> None:
    """Any text as title, lead, publisher, category and address leaves front matter readable and the rest inert."""
    row = article(title=text, summary=text, media=text, category=text, url=f"https://example.com/{text}")
    post = render(row, template=template, post_body=post_body)
    post.encode()
    head, rest = parts(post)
    assert head["title"] == scrub(text)
    assert head["categories"] == scrub(text)
    assert head["tags"] in ([f"{scrub(text)}新闻"], f"{scrub(text)}新闻")
    assert "{" not in rest
    assert "}" not in rest
    markup = re.sub(
        r'</?(?:div class="article" markdown="0"|div|p|p class="em_media"|blockquote markdown="0"|blockquote)>',
        "",
        rest,
    )
    assert "<" not in re.sub(r"^<https://\S+>$", "", markup, flags=re.MULTILINE)


def write(folder: Path, text: str) -> str:
    """Write a template and return its path."""
    path = folder / "own.md.j2"
    path.write_text(text, "utf-8")
    return str(path)


def test_a_template_of_ones_own(tmp_path: Path) -> None:
    """A path names a template: filters fit for front matter, and what is put in without a filter is harmless."""
    name = write(
        tmp_path,
        "---\ntitle: {{ title | yaml }}\nkind: {{ category | plain }}\n---\n"
        "{{ title }} {{ title | upper }} {{ 'x' ~ title }} {{ title ~ body }} {{ published_at.year }}\n{{ link | url }}\n",
    )
    form = Form(load_template(name), "html", "")
    made = form.render(article(title="<b>*{{ x }}*</b>")).decode()
    escaped = "&#60;b&#62;&#42;&#123;&#123; x &#125;&#125;&#42;&#60;/b&#62;"
    assert made == (
        '---\ntitle: "<b>*{{ x }}*</b>"\nkind: hechengbao\n---\n'
        f"{escaped} {escaped.upper().replace('&#60;b', '&#60;B')} x{escaped} {escaped}"
        '<div class="article" markdown="0"><p>合成正文</p></div> 2022\n'
        "https://finance.example.com/a/202203010000000001.html\n"
    )


def test_no_filter_fails_on_half_a_character(tmp_path: Path) -> None:
    """Half a character, which no encoding can hold, does not keep an article from a form that encodes."""
    name = write(tmp_path, "{{ title | urlencode }} {{ lead | urlencode }} {{ link | urlencode }} {{ tag | tojson }}")
    half = "\ud83d"
    row = article(title=half, summary=half, media=half, author=half, category=half, url=f"https://example.com/{half}")
    assert Form(load_template(name), "html", "").render(row).startswith(b"%EF%BF%BD %EF%BF%BD https")


@pytest.mark.parametrize(
    "way",
    [
        "{% macro said(what) %}{{ what }}{% endmacro %}{{ said(title) }}",
        "{% set kept %}{{ title }}{% endset %}{{ kept }}",
        "{% filter lower %}{{ title }}{% endfilter %}",
        "{% for one in [title] %}{{ one }}{% endfor %}",
        "{% autoescape false %}{{ title }}{% endautoescape %}",
        "{% set made = namespace(a=title) %}{{ made.a }}",
    ],
)
def test_whatever_way_text_takes_it_comes_out_harmless_once(tmp_path: Path, way: str) -> None:
    """However a template of one's own passes text on, each sign is replaced once: not twice, not never."""
    made = Form(load_template(write(tmp_path, way)), "html", "").render(article(title="<b>{{ x }}&")).decode()
    assert made == "&#60;b&#62;&#123;&#123; x &#125;&#125;&#38;"


def test_a_template_may_extend_ours(tmp_path: Path) -> None:
    """A template of one's own may take ours and change one block of it."""
    name = write(tmp_path, '{% extends "post.md.j2" %}{% block original %}\n（{{ media }}）\n{% endblock %}')
    made = Form(load_template("own.md.j2", tmp_path), "html", "").render(article()).decode()
    assert made == Form(load_template(name), "html", "").render(article()).decode()
    assert list(parts(made)[0]) == KEYS
    assert made.endswith("</div>\n（合成报）\n")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{ titel }}", "'titel' is undefined"),
        ("{% if %}", "line 1: "),
        ("a\n{{ title | nofilter }}", "line 2: "),
        ("{% include 'missing' %}", "missing"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ title + 1 }}", "fails on an ordinary article"),
        ("{% include 'own.md.j2' %}", "fails on an ordinary article"),
        ("{{ stocks.append('x') }}", "fails on an ordinary article"),
    ],
)
def test_a_template_that_cannot_work_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    """A template that would fail is one line at the start that names the setting and the fault."""
    with pytest.raises(SettingError, match=f"^NEWS_POST_TEMPLATE=.*{re.escape(reason)}") as refused:
        load_template(write(tmp_path, text))
    assert "\n" not in str(refused.value)


def test_a_template_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A missing file, a folder and a file that is no UTF-8 are one line that names the setting."""
    (tmp_path / "latin").write_bytes(b"\xe9")
    for name in (str(tmp_path / "missing"), str(tmp_path), str(tmp_path / "latin"), "Post", "x" * 5000):
        with pytest.raises(SettingError, match=r"^NEWS_POST_TEMPLATE=.* (is neither post nor finews|is not UTF-8)"):
            load_template(name)


def test_a_template_that_fails_on_one_article_is_that_articles_fault(tmp_path: Path) -> None:
    """A template that fails on one article only raises the documented error there."""
    form = Form(load_template(write(tmp_path, "{{ 1 / (revision - 7) }}")), "html", "")
    form.render(article())
    with pytest.raises(ValueError, match="division by zero"):
        form.render(article(revision=7))


@pytest.mark.parametrize(
    "url", ["", "/", "/news", "//example.com", "https://example.com/news/", "http://localhost:4000"]
)
def test_site_urls(url: str) -> None:
    """Addresses with or without scheme, and paths, are taken as they are."""
    assert check_site_url(url) == url


@pytest.mark.parametrize("url", ["javascript:x", "a b", "//x)(", "https://x/{{y}}", "ftp://x", "https://x\n", "<x>"])
def test_site_urls_that_are_none(url: str) -> None:
    """What could be read as markup, or leads to no site, is refused in one line."""
    with pytest.raises(SettingError, match=r"^NEWS_SITE_URL="):
        check_site_url(url)


def readable(text: str, at: int) -> bool:
    """Whether Markdown, Liquid or HTML could read the sign that stands at a place of a line, by the rules in words."""
    sign, before, after = text[at], text[:at][-1:], text[at + 1 : at + 2]
    digits, letters = set(string.digits), set(string.digits + string.ascii_letters)
    if sign in ".:":
        return not (before in digits and after in digits)
    if sign == "-":
        return not (before in letters and after in letters)
    if sign == "+":
        return after not in letters
    if sign == ")":
        return not before or before in digits
    return sign in "\\`*_{}[]<>&#|~\"'$^=!@"


def test_signs_are_replaced_where_they_could_be_read() -> None:
    """Every line of up to five signs, and every sign alone and between figures: what could be read is replaced, no more."""
    lines = ("".join(line) for length in range(6) for line in itertools.product("1a.:-+)中*", repeat=length))
    alone = (line for sign in map(chr, range(0x20, 0x3000)) for line in (sign, f"1{sign}1", f"中{sign}中"))
    for line in itertools.chain(lines, alone):
        if line.isprintable():
            wanted = "".join(f"&#{ord(sign)};" if readable(line, at) else sign for at, sign in enumerate(line))
            assert md_text(line) == wanted


def test_a_block_has_no_blank_line() -> None:
    """No blank line is left in a block, whatever kind of blank makes it, and only blank lines and edges are gone."""
    for length in range(8):
        for signs in itertools.product("a\n\r \u3000", repeat=length):
            raw = "".join(signs).replace("\r", "\n")
            lines = [line for line in raw.split("\n") if line.strip()]
            assert html_block("".join(signs)) == "\n".join(lines).strip()
