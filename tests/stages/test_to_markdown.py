"""Bodies as Markdown: what comes out for each kind of markup, and that nothing but ours can be read in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.body import clean
from pipelines.html.safety import sanitise
from pipelines.posting.to_markdown import to_markdown

QUICK = settings(max_examples=100, deadline=None, database=None)
TEXT = st.text(
    st.sampled_from("甲乙 ab12\\`*_{}[]()#+-.!|<>&\"'~^$=:;@/%?，。\n\t\u3000\xa0\U000f002a\U000f2001\U000f3000")
)
TAGS = [
    "p",
    "h2",
    "strong",
    "em",
    "a",
    "u",
    "code",
    "sup",
    "ul",
    "ol",
    "li",
    "table",
    "tr",
    "td",
    "th",
    "blockquote",
    "b",
]


@pytest.mark.parametrize(
    ("body", "markdown"),
    [
        ("", ""),
        ("<p></p><p> <br> </p><ul><li></li></ul><table><tr><td></td></tr></table><h2><b> </b></h2>", ""),
        ("<p>甲</p><p>乙</p>", "甲\n\n乙"),
        ("甲<p>乙</p>丙<hr>", "甲\n\n乙\n\n丙\n\n* * *"),
        ("<p>甲<br>乙<br><br>丙<br></p>", "甲  \n乙  \n丙"),
        ("<h2>甲</h2><h3>乙<br>丙</h3><p>丁</p>", "## 甲\n\n### 乙<br>丙\n\n丁"),
        ('<h3><img src="https://x.example/a.png">甲</h3>', "![](https://x.example/a.png)甲"),
        ("<p>甲<strong>乙</strong>丙<em>丁</em></p>", "甲**乙**丙*丁*"),
        ("<p><b>甲</b><i>乙</i> <b> 丙 </b>丁</p>", "<strong>甲</strong>*乙* **丙** 丁"),
        ("<p><strong>甲：</strong>乙</p>", "<strong>甲：</strong>乙"),
        ("<p><strong>甲：</strong></p>", "**甲：**"),
        ("<p><strong>甲<em>乙</em></strong></p>", "**甲<em>乙</em>**"),
        ("<p>H<sub>2</sub>O m<sup>2</sup> <s>旧</s><u>线</u><mark>亮</mark><code>a*b</code></p>",
         "H<sub>2</sub>O m<sup>2</sup> <del>旧</del><u>线</u><mark>亮</mark><code>a&#42;b</code>"),
        ('<p><u>甲<a href="http://x.example/">乙</a></u></p>', "甲[乙](http://x.example/)"),
        ('<p><a href="http://x.example/a_(b)*c?d=1&amp;e={f}">甲]</a></p>',
         "[甲&#93;](http://x.example/a_%28b%29*c?d=1&e=%7Bf%7D)"),
        ('<p><a href="javascript:x">甲</a><a href="http://x.example/"></a><img src="data:x" alt="乙">丙</p>', "甲丙"),
        ('<p><a href="http://x.example/"><img src="https://x.example/1.png" alt="图[1]"></a></p>',
         "[![图&#91;1&#93;](https://x.example/1.png)](http://x.example/)"),
        ("<ul><li>甲</li><li>乙<ul><li>丙</li></ul></li></ul>", "- 甲\n- 乙\n  - 丙"),
        ("<ol start='3'><li>甲</li><li>乙</li></ol>", "1. 甲\n2. 乙"),
        ("<ul><li><p>甲</p><p>乙</p></li><li></li><li><ul><li>丙</li></ul></li></ul>", "- 甲<br>乙\n- 丙"),
        ("<ul><li>甲<ul><li>乙</li></ul>丙</li></ul>", "- 甲\n  - 乙\n- 丙"),
        ("<p>甲</p><blockquote><p>乙</p><p>丙</p></blockquote><p>丁</p>", "甲\n\n> 乙\n>\n> 丙\n\n丁"),
        ("<blockquote>甲<blockquote>乙</blockquote></blockquote>", "> 甲\n>\n> > 乙"),
        ("<table><thead><tr><th>甲</th><th>乙</th></tr></thead><tbody><tr><td>1</td><td>2.5</td></tr></tbody></table>",
         "| 甲 | 乙 |\n| --- | --- |\n| 1 | 2.5 |"),
        ("<table><tr><td>甲</td><td>乙</td></tr></table>", "|  |  |\n| --- | --- |\n| 甲 | 乙 |"),
        ('<table><tr><td colspan="2">甲</td></tr><tr><td rowspan="2">1</td><td>2</td></tr><tr><td>3</td></tr></table>',
         "| 甲 |  |\n| --- | --- |\n| 1 | 2 |\n|  | 3 |"),
        ("<table><tr><td>a|b<p>c</p></td><td><ul><li>d</li><li>e</li></ul></td></tr><tr><td>f</td></tr></table>",
         "| a&#124;b<br>c | d<br>e |\n| --- | --- |\n| f |  |"),
        ("<table><caption>题</caption><tr><td>甲</td></tr><tr><td>乙</td></tr></table>", "题\n\n| 甲 |\n| --- |\n| 乙 |"),
        ("<p>甲</p><table><tr><td>乙</td></tr><tr><td><table><tr><td>丙</td><td>丁</td></tr></table></td></tr></table>",
         "甲\n\n| 乙 |\n| --- |\n| 丙 丁 |"),
    ],
)  # fmt: skip
def test_markup(body: str, markdown: str) -> None:
    """Each kind of markup has one form, blocks stand apart, and what says nothing leaves nothing."""
    assert to_markdown(sanitise(body)) == markdown


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("涨3.5%（+12.30），报 1,234.5 元；2022-03-01 12:19，H-shares (CPPIB)/Q1?", None),
        ("1. 甲", "1&#46; 甲"),
        ("1) 甲", "1&#41; 甲"),
        ("- 甲 + 乙 * 丙", "&#45; 甲 &#43; 乙 &#42; 丙"),
        ("# 甲 ## 乙", "&#35; 甲 &#35;&#35; 乙"),
        ("a | b", "a &#124; b"),
        ("www.example.com http://example.com a@example.com",
         "www&#46;example&#46;com http&#58;//example&#46;com a&#64;example&#46;com"),
        ("{{ 7 | times: 6 }}{% raw %}", "&#123;&#123; 7 &#124; times&#58; 6 &#125;&#125;&#123;% raw %&#125;"),
        ("-- ... \"甲\" '乙' <<", "&#45;&#45; &#46;&#46;&#46; &#34;甲&#34; &#39;乙&#39; &#60;&#60;"),
        ("&lt;b&gt; &amp;copy;", "&#60;b&#62; &#38;copy;"),
        ("\u3000\u3000甲\u3000乙\xa0丙", "\u3000\u3000甲\u3000乙\xa0丙"),
        ("甲\n\n乙\t 丙", "甲 乙 丙"),
        ("甲\U000f002a乙\U000f2002丙\U000f3000丁", "甲\ufffd乙\ufffd丙\ufffd丁"),
    ],
)  # fmt: skip
def test_text(text: str, markdown: str | None) -> None:
    """Signs that could be read are entities; figures, dates and words stay as a person writes them."""
    assert to_markdown(sanitise(f"<p>{text}</p>")) == (markdown or text)


@st.composite
def bodies(draw: st.DrawFn, depth: int = 0) -> str:
    """Draw HTML in which tags nest in any way."""
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        text = draw(TEXT)
        if depth > 3 or draw(st.booleans()):
            parts.append(text.replace("<", "&lt;") if draw(st.booleans()) else text)
        else:
            tag = draw(st.sampled_from(TAGS))
            parts.append(f'<{tag} href="http://x.example/{text}" colspan="{text}">{draw(bodies(depth + 1))}</{tag}>')
        if draw(st.integers(0, 5)) == 0:
            parts.append(draw(st.sampled_from(["<br>", "<hr>", f'<img src="https://x.example/{text}" alt="{text}">'])))
    return "".join(parts)


def letters(text: str) -> str:
    """Return the letters and digits of a text."""
    return re.sub(r"[^甲乙ab0-9，。]", "", text)


@QUICK
@given(bodies())
def test_any_body(body: str) -> None:
    """Whatever a body holds, only our own tags and addresses are left to read, and no letter of its text is lost."""
    safe = sanitise(body)
    markdown = to_markdown(safe)
    assert not re.search(r"[{}]|<(?!/?(?:br|strong|em|sub|sup|del|ins|u|mark|code)>)", markdown)
    assert all(
        url.startswith(("http://x.example/", "https://x.example/")) for url in re.findall(r"\]\(([^)\s]*)\)", markdown)
    )
    assert not re.search("[\U000f0000-\U000f3000]", markdown)
    assert markdown == markdown.strip("\n")
    shown = re.sub(
        r"!?\[|\]\([^)\s]*\)|&#\d+;|</?\w+>|^[> ]*\d+\. ",
        "",
        re.sub(r"!\[[^]]*\]\([^)\s]*\)", "", markdown),
        flags=re.MULTILINE,
    )
    told = re.sub(r"&\w+;|<[^>]*>", "", safe)
    assert letters(shown) == letters(told)


def test_captured_bodies_keep_their_text(captures: Path) -> None:
    """Real bodies come out as Markdown with every letter of their text, in its order."""
    for name in ("finews_NW202205292395438077.md", "finews_202205302396671291.md", "article_body_202601_desktop.html"):
        safe = clean((captures / name).read_text("utf-8").split("---\n", 2)[-1])
        markdown = to_markdown(safe)
        pictures = re.sub(r"!\[[^]]*\]\([^)\s]*\)", "", markdown)
        shown = re.sub(r"\]\([^)\s]*\)|&#\d+;|</?\w+>", "", pictures)
        assert re.findall(r"\w+", re.sub(r"<[^>]*>|&\w+;", "", safe)) != []
        assert "".join(re.findall(r"[^\W_]", shown)) == "".join(
            re.findall(r"[^\W_]", re.sub(r"<[^>]*>|&\w+;", "", safe))
        )
