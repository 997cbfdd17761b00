"""A real Jekyll site of hostile posts: what it shows is what the articles say, and nothing of it was run."""

from __future__ import annotations

import html as html_lib
import os
import random
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import html

from pipelines.body import clean
from pipelines.html.safety import sanitise
from pipelines.posting.forms import render
from pipelines.posting.posts import post_name, write_posts
from pipelines.store.base import ArticleRow, SecurityRow

pytestmark = pytest.mark.jekyll

CONFIG = """\
strict_front_matter: true
timezone: Asia/Shanghai
permalink: /:categories/:year/:month/:day/:title.html
"""
LAYOUT = """\
<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{{ page.title | escape }}</title></head><body>
<h1>{{ page.title | escape }}</h1>
<aside>{{ page.excerpt }}</aside>
<main>{{ content }}</main>
</body></html>
"""
HOSTILE = [
    # Liquid
    "{{ 7 | times: 6 }}",
    "{{ site.time }} {{ page }}",
    "{% raw %}",
    "{% endraw %}{{ 7 | times: 6 }}{% raw %}",
    "{% include secret.html %}",
    "{% assign x = 42 %}{{ x }}",
    "{% for i in (1..3) %}x{% endfor %}",
    "{%- comment -%} gone {%- endcomment -%}",
    "{{",
    "{%",
    "}} %} {{{{ }}}}",
    "{% highlight ruby %}",
    "{{ '{' | append: '{' }}",
    # kramdown
    '{: onclick="alert(1)"}',
    "x {: #id .class onmouseover='alert(1)'}",
    '{::options parse_block_html="true" /}',
    "{::nomarkdown}<script>alert(1)</script>{:/}",
    "{:toc}",
    "* list {:.x}",
    "[x](javascript:alert(1))",
    "[x][y] and [y]: javascript:alert(1)",
    '[y]: javascript:alert(1) "t"',
    '![x](http://example.com/x.png" onerror="alert(1))',
    "<javascript:alert(1)>",
    "<http://example.com/auto>",
    "*[HTML]: javascript",
    "[^1] and [^1]: note",
    "$$\\alert$$ and \\(x\\)",
    "**strong** _em_ `code` ~~del~~ ==mark== ^sup^ ~sub~",
    "***bold*** __init__ snake_case_name",
    "``` ruby",
    "~~~",
    "    indented code",
    "# heading",
    "heading {#id}",
    "> quote",
    "- item",
    "+ item",
    "* item",
    "1. item",
    "1) item",
    "2022. 年",
    ": definition",
    "| a | b |",
    "a | b\n--|--\nc | d",
    "---",
    "***",
    "===",
    "^",
    "a  \nb",
    "back\\slash \\* \\[",
    "\"straight\" 'quotes' -- dashes --- and ... <<guillemets>>",
    "(c) (r) (tm) :smile: @someone #1 www.example.com someone@example.com http://example.com/x?a=1&b=2",
    "&lt;b&gt; &amp;amp; &#42; &copy; &nbsp; &",
    # HTML
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</div></main><script>alert(1)</script>",
    '<div markdown="1">*x*</div>',
    "<!-- comment -->",
    "<![CDATA[ x ]]>",
    "<?php echo 42 ?>",
    "</blockquote><svg onload=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "<style>*{display:none}</style>",
    # front matter
    "---\nlayout: evil\n---",
    ":sym",
    "!ruby/object:Gem::Installer {}",
    "&anchor *alias",
    "a: b",
    "a #b",
    '"',
    "'",
    "\\",
    '"\nlayout: evil',
    "yes",
    "null",
    "1,000",
    "2022-3-1",
    "0x1F",
    "12:30:45",
    "% percent",
    "@at",
    "`tick",
    "- dash",
    "? key",
    "[a, b]",
    "{a: b}",
    "tab\there",
    "中文：全角“引号”、《书名》与 ABC 混排，涨 3.5%（+12.30）",
    "😀 emoji 🇨🇳",
    "e\u0301 \u200b \ufeff x",
    "<<: *merge",
    "=",
    "~",
]
DRAWN = 80
"""Posts with drawn bodies, after those with the payloads."""
CONTROL = """\
---
layout: post
title: control
date: 2022-03-02 00:00:00 +0800
categories: meiti
---
{{ 7 | times: 6 }} {% include secret.html %} *markup*
"""
FORMS = [(template, body) for template in ("post", "finews") for body in ("html", "markdown")]


def row_for(number: int, payload: str) -> ArticleRow:
    """Return an article that has the payload in each place news can come from."""
    text = html_lib.escape(payload)
    body = sanitise(
        f"<h3>{text}</h3><p>{text}</p><p>甲<strong>{text}</strong>乙<em>{text}</em></p>"
        f"<p>换行<br>{text}<br>{text}</p><ul><li>{text}</li><li>乙</li></ul><blockquote><p>{text}</p></blockquote>"
        f"<table><tr><th>{text}</th><td>丙</td></tr><tr><td>{text}</td><td>丁</td></tr></table>"
        f'<p><a href="http://example.com/a?b={text}">{text}</a>'
        f'<img src="https://example.com/{number}.png?{text}" alt="{text}"></p><p>末</p>'
    )
    return ArticleRow(
        source="eastmoney",
        article_id=f"20220301{number:010d}",
        url=f"https://example.com/a/{number}.html?x={payload}",
        title=payload,
        summary=f"导语 {payload}",
        body_html=body,
        body_text="正文",
        media=f"媒体{payload}"[:60],
        author="",
        category="meiti",
        published_at=datetime(2022, 2, 28, 16, 30, tzinfo=UTC) + timedelta(seconds=number),
        fingerprint="0" * 64,
        body_from="api",
        seen_at=datetime(2022, 3, 1, tzinfo=UTC),
        securities=[SecurityRow("600519.SH", "1.600519", "合成", "share", "tag", 1)],
    )


PIECES = [
    *("甲", "乙文", "abc", "12", "3.5", "。", "：", "“引”", "1.", "- ", "* ", "+ ", ": ", "{%", "%}", "{{", "}}", "{:", "{::"),
    *("[x]", "](", "http://", "**", "__", "`", "~~", "$$", "==", "&lt;", "&#42;", "<b>", "--", "...", "^", "|", " #", "1)"),
    *("  ", "\n", "\t", "\u3000", "\\", "'", '"', "@", "!", "(", ")", "_", "=", ">", "&"),
]  # fmt: skip


class Drawn:
    """Bodies of any structure, made up from pieces that somebody could read as markup; always the same ones."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def text(self) -> str:
        """Return a few pieces, as HTML writes them."""
        return html_lib.escape("".join(self.chance.choices(PIECES, k=self.chance.randint(1, 7))))

    def inline(self, depth: int = 0) -> str:
        """Return text with links, pictures, line breaks and emphasis in each other."""
        parts = []
        for _ in range(self.chance.randint(1, 4)):
            kind = self.chance.choice(("text", "text", "text", "strong", "em", "a", "img", "br", "other"))
            if kind == "text" or depth > 2:
                parts.append(self.text())
            elif kind == "br":
                parts.append("<br>")
            elif kind == "img":
                parts.append(f'<img src="https://example.com/{self.text()}" alt="{self.text()}">')
            else:
                tag = self.chance.choice(("sub", "sup", "u", "s", "mark", "code")) if kind == "other" else kind
                address = f' href="http://example.com/{self.text()}"' if kind == "a" else ""
                parts.append(f"<{tag}{address}>{self.inline(depth + 1)}</{tag}>")
        return "".join(parts)

    def blocks(self, depth: int = 0) -> str:
        """Return paragraphs, headings, lists, quotations and tables in each other."""
        return "".join(self.block(depth) for _ in range(self.chance.randint(1, 3)))

    def block(self, depth: int) -> str:
        """Return one of them."""
        kind = self.chance.choice(("p", "p", "p", "h3", "ul", "ol", "blockquote", "table", "hr"))
        if kind in ("p", "h3") or depth > 2:
            return f"<{kind if kind == 'h3' else 'p'}>{self.inline()}</{kind if kind == 'h3' else 'p'}>"
        if kind == "hr":
            return "<hr>"
        if kind == "blockquote":
            return f"<blockquote>{self.blocks(depth + 1)}</blockquote>"
        if kind == "table":
            return f"<table>{''.join(self.row(depth) for _ in range(self.chance.randint(1, 3)))}</table>"
        return (
            f"<{kind}>{''.join(f'<li>{self.content(depth)}</li>' for _ in range(self.chance.randint(1, 3)))}</{kind}>"
        )

    def row(self, depth: int) -> str:
        """Return a table's row."""
        spans = ("", "", ' colspan="2"', ' rowspan="2"')
        cells = [
            f"<td{self.chance.choice(spans)}>{self.content(depth + 1)}</td>" for _ in range(self.chance.randint(1, 3))
        ]
        return f"<tr>{''.join(cells)}</tr>"

    def content(self, depth: int) -> str:
        """Return what an item or a cell holds."""
        return self.blocks(depth + 1) if self.chance.random() < 0.4 else self.inline()


def drawn_rows() -> list[ArticleRow]:
    """Return articles with drawn bodies, half of them as the body stage leaves them."""
    drawn = Drawn(20220301)
    bodies = [drawn.blocks() for _ in range(DRAWN)]
    return [
        replace(
            row_for(len(HOSTILE) + number, "合成"), body_html=clean(body) if number % 2 else sanitise(body), summary=""
        )
        for number, body in enumerate(bodies)
    ]


def shown(text: str) -> str:
    """Return text as a page shows it: white space folded, controls gone."""
    return re.sub(r"[\s\ufeff]+", " ", text).strip()


@pytest.fixture(
    scope="module",
    params=[pytest.param(form, id="-".join(form), marks=pytest.mark.xdist_group("-".join(form))) for form in FORMS],
)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, Path]:
    """A site built by Jekyll from one hostile post a payload, in one of the forms."""
    jekyll = shutil.which("jekyll")
    if not jekyll:
        pytest.skip("skipped: no Jekyll")
    template, post_body = request.param
    folder = tmp_path_factory.mktemp("site")
    for name, text in (("_config.yml", CONFIG), ("_layouts/post.html", LAYOUT), ("_includes/secret.html", "INCLUDED")):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    posts = folder / "_posts"
    posts.mkdir()
    (posts / "2022-03-02-control.md").write_text(CONTROL)
    rows = [row_for(number, payload) for number, payload in enumerate(HOSTILE)] + drawn_rows()
    write_posts(
        [
            (
                posts / post_name(row),
                render(row, template=template, post_body=post_body, site_url="//example.com").encode(),
            )
            for row in rows
        ]
    )
    built = subprocess.run(
        [jekyll, "build", "--strict_front_matter", "--future", "--source", folder, "--destination", folder / "_site"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LANG": "C.UTF-8", "JEKYLL_ENV": "production"},
        timeout=240,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return template, post_body, folder / "_site"


def page_of(site: Path, number: int) -> html.HtmlElement:
    """Return the parsed page of the post with this number, found at the address its front matter names."""
    path = site / "meiti" / "2022" / "03" / "01" / f"20220301{number:010d}.html"
    return html.fromstring(path.read_text("utf-8"))


def test_every_page_stands_at_its_address(site: tuple[str, str, Path]) -> None:
    """Each post has a page under its category and its Beijing day, though it is still yesterday in UTC."""
    pages = sorted(path.name for path in (site[2] / "meiti/2022/03/01").iterdir())
    assert pages == [f"20220301{number:010d}.html" for number in range(len(HOSTILE) + DRAWN)]


def test_the_site_does_run_what_it_is_given(site: tuple[str, str, Path]) -> None:
    """A post that is not ours, beside ours, is run by Liquid and read by kramdown: the other tests can fail."""
    control = html.fromstring((site[2] / "meiti/2022/03/02/control.html").read_text("utf-8"))
    assert shown(control.find(".//main").text_content()) == "42 INCLUDED markup"


def test_every_title_is_shown_as_it_is(site: tuple[str, str, Path]) -> None:
    """A layout that escapes shows the title that the article has, whatever signs are in it."""
    for number, payload in enumerate(HOSTILE):
        assert shown(page_of(site[2], number).findtext(".//h1")) == shown(payload), payload


def test_pages_show_the_text_and_nothing_else(site: tuple[str, str, Path]) -> None:
    """Every place of a page that news comes to shows the same text: nothing was run, read as markup or lost."""
    template, _, folder = site
    for number, payload in enumerate(HOSTILE):
        main = page_of(folder, number).find(".//main")
        text = shown(payload)
        assert shown(main.findtext(".//h3") or main.find(".//h3").text_content()) == text, payload
        shown_text = shown(main.text_content())
        for line in (f"甲{text}乙{text}", f"换行{text}{text}", text):
            assert line.replace(" ", "") in shown_text.replace(" ", ""), (payload, line, shown_text)
        cells = [shown(cell.text_content()) for cell in main.iter("td", "th")]
        assert cells == [text, "丙", text, "丁"], payload
        assert [shown(image.get("alt")) for image in main.iter("img")] == [text], payload
        assert [shown(item.text_content()) for item in main.iter("li")] == [text, "乙"], payload
        if template == "post":
            lead = main.find(".//blockquote")
            assert shown(lead.text_content()) == shown(f"导语 {payload}"), payload


def test_drawn_bodies_show_their_text(site: tuple[str, str, Path]) -> None:
    """Whatever the structure of a body, its page shows the same text in the same order, with its links and pictures."""
    for row in drawn_rows():
        main = page_of(site[2], int(row.article_id[8:])).find(".//main")
        body = html.fragment_fromstring(row.body_html, create_parent="div")
        told = re.sub(r"[\s\ufeff]", "", body.text_content())
        seen = re.sub(r"[\s\ufeff]", "", main.text_content())
        assert seen[: len(told)] == told, row.body_html
        assert "example.com/" not in seen[: len(told)]
        links = [link for link in body.iter("a") if link.text_content().strip() or link.find(".//img") is not None]
        assert len(list(main.iter("img"))) == len(list(body.iter("img")))
        tail = 1 if site[0] == "post" else 3
        assert len([link for link in main.iter("a") if len(link) or link.text]) >= len(links) + tail


def test_pages_hold_our_markup_alone(site: tuple[str, str, Path]) -> None:
    """No element, attribute or scheme stands in a page that our form did not put there."""
    allowed = {
        "main",
        "aside",
        "div",
        "h3",
        "p",
        "strong",
        "em",
        "br",
        "ul",
        "ol",
        "li",
        "blockquote",
        "a",
        "img",
        "hr",
    }
    allowed |= {"table", "thead", "tbody", "tr", "th", "td", "sub", "sup", "u", "s", "del", "mark", "code"}
    attributes = {"href", "src", "alt", "id", "class", "width", "height", "colspan", "rowspan"}
    for number in range(len(HOSTILE) + DRAWN):
        page = page_of(site[2], number)
        for element in [*page.find(".//main").iter(), *page.find(".//aside").iter()]:
            assert element.tag in allowed, (number, element.tag)
            assert set(element.attrib) <= attributes, (number, element.attrib)
            for name in ("href", "src"):
                address = element.get(name)
                assert address is None or re.match(r"(https?:)?//example\.com/", address), (number, address)
