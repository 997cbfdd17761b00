"""What tests of bodies share: a reader that judges cleaned HTML, made-up markup of the source, and broken soup."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from hypothesis import strategies as st

from pipelines.html.safety import ATTRIBUTES, SCHEMES, TAGS

VOID = {"br", "hr", "img"}
PARENTS = {
    "li": {"ul", "ol"},
    "tr": {"thead", "tbody"},
    "td": {"tr"},
    "th": {"tr"},
    "thead": {"table"},
    "tbody": {"table"},
    "p": {"", "blockquote"},
}
"""Where a tag may stand; "" is the body itself."""


class Judge(HTMLParser):
    """Read cleaned HTML with the standard library's parser, and list what should not be there."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.path: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.pictures: list[dict[str, str]] = []
        self.feed(html)
        self.close()
        if self.path:
            self.faults.append(f"left open: {self.path}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Judge a start tag."""
        self.tags.append(tag)
        if tag not in TAGS:
            self.faults.append(f"tag {tag}")
        if tag in PARENTS and (self.path[-1] if self.path else "") not in PARENTS[tag]:
            self.faults.append(f"{tag} in {self.path}")
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, ()):
                self.faults.append(f"attribute {name} of {tag}")
            if name in {"href", "src"} and (value or "").partition(":")[0].lower() not in SCHEMES:
                self.faults.append(f"address {value!r}")
        if tag == "a":
            self.links.append(dict(attrs).get("href") or "")
        if tag == "img":
            self.pictures.append({name: value or "" for name, value in attrs})
        if tag not in VOID:
            self.path.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Judge a tag closed in itself."""
        self.faults.append(f"self-closed {tag} {attrs}")

    def handle_endtag(self, tag: str) -> None:
        """Judge an end tag."""
        if not self.path or self.path.pop() != tag:
            self.faults.append(f"unbalanced {tag}")

    def handle_comment(self, data: str) -> None:
        """Judge a comment."""
        self.faults.append(f"comment {data!r}")

    def handle_decl(self, decl: str) -> None:
        """Judge a declaration."""
        self.faults.append(f"declaration {decl!r}")

    def handle_pi(self, data: str) -> None:
        """Judge a processing instruction."""
        self.faults.append(f"instruction {data!r}")

    def unknown_decl(self, data: str) -> None:
        """Judge any other declaration."""
        self.faults.append(f"declaration {data!r}")


def tagged(secid: str, name: str) -> str:
    """Write the first mention of a security the way East Money tags it; synthetic."""
    market, code = secid.split(".")
    return (
        f'<span id="stock_{secid}"><a target="_blank" href="http://quote.eastmoney.com/unify/r/{secid}" class="keytip" '
        f'data-code="{market},{code}">{name}</a></span><span id="quote_{secid}"></span>'
    )


def chart(secid: str, host: str = "webquotepic") -> str:
    """Write a quote chart the way East Money does; synthetic."""
    market, code = secid.split(".")
    return (
        f'<p style="text-align:center;"><a href="http://quote.eastmoney.com/unify/r/{secid}" data-code="{code}|{market}|1" '
        f'class="EmImageRemark" target="_blank"><img src="https://{host}.eastmoney.com/GetPic.aspx?nid={secid}&imageType=r" '
        f'border="0" alt="R图 {code}_0" data-code="R {code}|{market}|1" width="578" height="276" /></a></p>'
    )


_NAMES = (
    "p div span a b strong i em u sub table tbody thead tr td th caption ul ol li blockquote h1 h3 br hr "
    "img pre center font section dl dt dd script style title textarea svg select option iframe noscript "
    "template xmp plaintext form body html head frameset article figure math o:p x-y "
)
_TAGS = _NAMES.split()
_ATTRIBUTES = [
    "",
    " class=em_media",
    ' class="keytip"',
    ' class="em_xuangu x"',
    ' class="ad_context2"',
    " class=toplink",
    " class=EmImageRemark",
    ' style="display:none"',
    ' href="http://a.b/c?d=1&e=2"',
    " href=//q.r",
    ' href="javascript:alert(1)"',
    ' href="http://1.2.3.4.5/"',
    ' href="http://a b"',
    ' href="https://acttg.eastmoney.com/x"',
    ' href="http://xn--a.b/"',
    ' src="//i.j/k.png"',
    ' src="data:image/png;base64,xx"',
    ' src="http://[x"',
    ' src="https://webquotepic.eastmoney.com/GetPic.aspx?nid=1.2"',
    ' orginial_src="//o.p/q.jpg"',
    ' width=10 height="20px"',
    ' alt="<b> &amp; \n x"',
    ' rowspan="3"',
    " onclick=alert(1)",
    ' data-code="1,600000"',
    ' title="a>b"',
]
_WORDS = (
    '文字 a &nbsp; &lt; &amp; &#0; &#8203; < > & " <!--c--> <!-- --> <![CDATA[x]]> <?x?> </ <p ） （ 。 （责任编辑：张三） （文章来源：财联社） '
    "打开微信， 点击底部的“发现” 免责声明：本文基于AI生产 （原标题：旧题） 文章来源： 责任编辑： 本文由AI生成。"
)
_ODD = [" ", "\n", "\u3000\u3000", "\xa0", "\u200b", "\x00", "\x01", "\ud800"]
_TEXTS = [*_WORDS.split(" "), *_ODD, "在东方财富看资讯行情，一站式开户交易>>"]


def _tag(parts: tuple[str, list[str], str]) -> str:
    return f"<{parts[0]}{''.join(parts[1])}{parts[2]}"


SOUP: st.SearchStrategy[str] = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(_TAGS),
            st.lists(st.sampled_from(_ATTRIBUTES), max_size=2),
            st.sampled_from([">", ">", ">", "/>", " "]),
        ).map(_tag),
        st.sampled_from(_TAGS).map(lambda tag: f"</{tag}>"),
        st.sampled_from(_TEXTS),
        st.text(st.characters(), max_size=5),
    ),
    max_size=30,
).map("".join)
"""Tags opened and closed anyhow, with what the source's rules look for among them."""


def facts(html: str) -> dict[str, Any]:
    """Count what a cleaned body shows; fails where it holds what it must not."""
    judge = Judge(html)
    assert judge.faults == []
    return {"pictures": len(judge.pictures), "tables": judge.tags.count("table"), "links": len(judge.links)}
