"""A publisher's name, cleaned of what pages put around it."""

from __future__ import annotations

import csv
import html
import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

VOCAB = Path(__file__).with_name("vocab")
MAX_RAW = 2000
MAX_NAME = 60
"""What is longer is a sentence, not a publisher."""

HIDDEN = re.compile(r"<(script|style)\b[^>]{0,500}>.*?(?:</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
TAG = re.compile(r"<[/!?a-zA-Z][^<>]*(?:>|$)")
LINK = re.compile(r"(?:https?://|www\.)[^\s\u2e80-\U0003ffff()]*", re.IGNORECASE)
SOURCE = re.compile(
    r"(?:(?:文章|信息|新闻|稿件|资料|内容|本文|图片|数据|消息)?(?:来源|來源|稿源)|来自|出处|(?:转载?|摘)自|\bsource)\s?[于自]?\s?:\s?"
    r"|^(?:文章)?(?:来自|转自|转载自|摘自|来源[于自\s])\s?",
    re.IGNORECASE,
)
ACCOUNT = re.compile(r"^(?:微信)?公众号\s?:?\s?(?=.)")
TAIL = re.compile(
    r"\s?(?:责任编辑|責任編輯|编辑|編輯|责编|作者|记者|記者|撰文|采写|校对|审核|监制|原标题|发布时间|发布日期|时间|日期|阅读|浏览|评论|点击"
    r"|微信号|文|图)\s?[:/].*$"
    r"|\s?(?:郑重声明|免责声明|特别声明).*$"
    r"|(?:\s|(?<=[社报网刊闻])|(?<=财经))(?:本报|见习|实习|特约)?(?:记者|記者|通讯员)\s?[\u4e00-\u9fff·、 ]{2,20}$"
    r"|\s(?:19|20)\d\d\s?[-/.年].*$"
    r"|\s?(?:\d{1,2}月)?\d{1,2}日(?:电|讯)$"
)
NOTE = re.compile(
    r"\s?\((?:id|微信|公众号|公號|記者|记者|作者|编辑|责编|责任编辑|实习|见习|文[/:]|图[/:]|摄|www\.|https?"
    r"|[^()]*:|[a-z0-9.-]+\.(?:com|cn|net|org)\b)[^()]*\)$",
    re.IGNORECASE,
)
PAIRS = {
    pair[0]: pair[1] for pair in ("()", "[]", "{}", "【】", "《》", "〈〉", "「」", "『』", "“”", "‘’", '""', "''")
}
SIGNS = str.maketrans("•・", "··", "<>")
CLOSING = {end: start for start, end in PAIRS.items()}
EDGES = " \t:;,.。、·|/\\-_—–~>*#"
# Placeholders of the source, and words that name the publisher only where they stand.
NO_NAME = {
    "0", "[]", "null", "none", "nan", "undefined", "unknown", "未知", "不详", "无", "暂无", "佚名", "来源", "文章来源",
    "本报", "本网", "本站", "本刊", "本社",
}  # fmt: skip
HAN = re.compile(r"[\u3400-\u9fff]")
HAN_SPACE = re.compile(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])")


def rows(name: str) -> list[dict[str, str]]:
    """Read a vocabulary of `vocab/`."""
    with (VOCAB / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def key(name: str) -> str:
    """Return what two writings of the same name share: width, case and spaces do not matter."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


@cache
def known() -> dict[str, tuple[str, str]]:
    """Return the publishers of the vocabulary, (name, slug) by `key`."""
    return {key(row["name"]): (row["name"], row["slug"]) for row in rows("categories.csv")}


def clean_media(raw: str) -> str:
    """Clean a publisher's name of labels, brackets, links, markup and trailing editors.

    Args:
        raw: what stands where the publisher should stand, e.g. `（文章来源：<a>证券</a>时报网 责任编辑：张三）`; of a longer
            text the first 2000 signs.

    Returns:
        The name, one line, half-width letters and digits, full-width brackets in a Chinese name; character references
        are undone once. Empty where nothing is named: nothing but signs, a placeholder (`[Null]`, `0`, `无`), or more
        than 60 signs, which is a sentence.
    """
    return _clean_media(raw[:MAX_RAW])


@lru_cache(maxsize=1024)
def _clean_media(raw: str) -> str:
    """Clean a name as `clean_media`; a run's articles are of few publishers."""
    text = TAG.sub("", HIDDEN.sub("", raw))
    text = TAG.sub("", html.unescape(text))
    # Categories C: controls, invisible signs, surrogates, private use; a space of any kind is one space.
    text = "".join(
        " " if sign.isspace() else sign for sign in text if sign.isspace() or unicodedata.category(sign)[0] != "C"
    )
    text = " ".join(unicodedata.normalize("NFKC", text).translate(SIGNS).split())
    # What follows so much further on is cut with the tail anyway, or makes a sentence of it.
    text = _after_label(_without_links(text))[: 5 * MAX_NAME]
    while (shorter := _peel(text)) != text:
        text = shorter
    text = _canonical(text)
    if text.casefold() in NO_NAME or len(text) > MAX_NAME or not any(sign.isalnum() for sign in text):
        return ""
    return text.replace("(", "（").replace(")", "）") if HAN.search(text) else text


def _without_links(text: str) -> str:
    """Drop addresses; where nothing else is there, the host is the name."""
    rest = " ".join(LINK.sub(" ", text).split())
    if any(sign.isalnum() for sign in rest):
        return rest
    link = LINK.search(text)
    return re.sub(r"^(?:https?://)?(?:www\.)?|[/?#].*$", "", link[0], flags=re.IGNORECASE) if link else text


def _canonical(text: str) -> str:
    """Write a known publisher as the vocabulary does, also where an author follows it; drop spaces between Han."""
    first = text.split(" ", 1)[0]
    found = known().get(key(text)) or (known().get(key(first)) if len(first) > 2 else None)  # 财经 begins many names
    if found:
        return found[0]
    return HAN_SPACE.sub("", text)


def _after_label(text: str) -> str:
    """Return what follows 来源：, or what stands before it where nothing follows."""
    label = SOURCE.search(text)
    if not label:
        return text
    after = text[label.end() :].strip(EDGES)
    return after if any(sign.isalnum() for sign in after) else text[: label.start()]


def _peel(text: str) -> str:
    """Take one layer off: edges, a pair of brackets around all, a note at the end, a half bracket, the tail."""
    text = ACCOUNT.sub("", text.strip(EDGES))
    text = TAIL.sub("", NOTE.sub("", text))
    first, _, rest = text.partition("|")
    if rest and first.strip():
        text = first
    if len(text) > 1 and PAIRS.get(text[0]) == text[-1] and text[0] not in text[1:-1]:
        return text[1:-1]
    if text and text[-1] in CLOSING and CLOSING[text[-1]] not in text[:-1]:
        return text[:-1]
    if text and text[0] in PAIRS and PAIRS[text[0]] not in text[1:]:
        return text[1:]
    if text and text[-1] in PAIRS:
        return text[:-1]
    return text.strip(EDGES)
