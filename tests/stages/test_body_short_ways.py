"""The short ways of the body stage say what its long ways say."""

from __future__ import annotations

import pytest

from pipelines.body import parse_body
from pipelines.html.links import address


@pytest.mark.parametrize(
    ("rows", "html", "text"),
    [
        ("<tr><td> 甲 </td><td>1</td></tr>", "<tr><td>甲</td><td>1</td></tr>", "甲\t1"),
        ("<tbody><tr><th>甲</th><td>a&amp;lt;&lt;b</td></tr></tbody>",
         "<tr><th>甲</th><td>a&amp;lt;&lt;b</td></tr>", "甲\ta&lt;<b"),
        ("<tr><td></td><td>乙　丙</td></tr>\n<tr><td> </td><th></th></tr><tr></tr>",
         "<tr><td></td><td>乙 丙</td></tr>", "乙 丙"),
        ("<tr><td>th&gt; 1</td><td>&lt;td></td></tr>", "<tr><td>th&gt; 1</td><td>&lt;td&gt;</td></tr>", "th> 1\t<td>"),
        ("<tr><td>甲<br>乙</td></tr>", "<tr><td>甲<br>乙</td></tr>", "甲 乙"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("start", ["<table>", '<table title="a><td>">'])
def test_plain_table(start: str, rows: str, html: str, text: str) -> None:
    """A table of plain cells keeps its rows, blanks collapsed, signs escaped, empty rows left out."""
    body = parse_body(f"{start}{rows}</table>")
    assert body.html == f"<table>\n<tbody>\n{html}\n</tbody>\n</table>"
    assert body.text == text


def test_empty_table() -> None:
    """A table without content is left out."""
    assert parse_body("<p>甲</p><table><tr><td> </td></tr></table>").html == "<p>甲</p>"


@pytest.mark.parametrize(
    "html",
    [
        '<table><tr><td data-code="1,600519">甲</td></tr></table>',
        '<p>data-code <b DATA-CODE = "1,600519">甲</b></p>',
        '<p><a href="http://quote.eastmoney.com/unify/r/1.600519" data-code="1,600519">甲</a><i data-code="1,600519">乙</i></p>',
    ],
)
def test_code_on_any_element(html: str) -> None:
    """A security is found on whatever element carries its code, however the attribute is written."""
    mentions = parse_body(html).mentions
    assert {mention.symbol for mention in mentions} == {"600519.SH"}
    assert len(mentions) == html.lower().count("1,600519")


@pytest.mark.parametrize(
    ("raw", "made"),
    [
        ("https://a-b.example/x?y=1&z=%20#t", "https://a-b.example/x?y=1&z=%20#t"),
        ("https://a.example/中 文", "https://a.example/中%20文"),
        ('https://a.example/"<>', "https://a.example/%22%3C%3E"),
        ("HTTP://A.example/x", "HTTP://A.example/x"),
        ("https://a.example\n", "https://a.example"),
        ("https://a..example/", None),
        ("https:///x", None),
    ],
)
def test_address(raw: str, made: str | None) -> None:
    """An address is taken as it is only where no sign of it needs a second look."""
    assert address(raw) == made
