"""An existing site as rows: what a post tells, and whole imports of archives with every defect that is known."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from crawling import ROOT, command, environment, posts, query
from hypothesis import given, settings
from hypothesis import strategies as st
from serve import Site, serve, serve_process
from stored import TEN_DAYS, Said, ask, crawl

from newscrawler.archive import EMPTY, MAX_FILE_BYTES, Post, Unreadable, id_of, joined, named, read, securities
from newscrawler.from_markdown import to_html
from newscrawler.settings import ITEM_PIPELINES
from pipelines.body import parse_body
from pipelines.config import Config
from pipelines.store import open_store

PAGE = "https://finance.eastmoney.com/a/{}.html"
CODE = "202203012292000001"
OTHER = "202203022293000002"


class Expected(NamedTuple):
    """What a person reads in a captured post."""

    path: str
    """Where it stood in its repository."""
    title: str
    """How it begins."""
    published: str
    media: str
    lead: str
    """How it begins; empty: there is none."""
    body: tuple[str, str]
    """How it begins and ends, blanks and markup apart."""
    symbols: tuple[str, ...] = ()
    pictures: int = 0


CAPTURED = {
    "finews_202112082206928461.md": Expected(
        "_posts/2021-12-08-202112082206928461.md", "“股王”茅台", "2021-12-08 12:41:23", "", "", ("“股王”", "要来？")
    ),
    "finews_202112082206782366.md": Expected(
        "old_post/2021-12-08-202112082206782366.md", "隔夜shibor报", "2021-12-08 11:02:27", "", "", ("隔夜", "个基点。")
    ),
    "finews_202112082207166919.md": Expected(
        "old_post/2021-12-08-202112082207166919.md",
        "新力金融：",
        "2021-12-08 15:44:18",
        "财联社",
        "",
        ("新力金融", "（财联社）"),
    ),
    "finews_NW202205292395438077.md": Expected(
        "_posts/2022-05-29-NW202205292395438077.md",
        "什么信号？",
        "2022-05-29 21:00:08",
        "中国基金报",
        "",
        ("最近一段时间", "时机了。"),
        pictures=5,
    ),
    "finews_202205302396671291.md": Expected(
        "_posts/2022-05-30-202205302396671291.md",
        "央行研究报告",
        "2022-05-30 21:59:45",
        "财联社",
        "周一央行研究局",
        ("周一央行研究局", "长期获益。"),
        ("01315.HK", "BK0473", "BK0493"),
    ),
    "finews_202205302396671645.md": Expected(
        "_posts/2022-05-30-202205302396671645.md",
        "加拿大年金计划",
        "2022-05-30 22:00:29",
        "中国证券报",
        "近日，加拿大",
        ("近日，加拿大", "人民币62亿元。"),
        ("000333.SZ", "00700.HK", "300750.SZ", "600519.SH", "601318.SH", "BABA.US", "PDD.US"),
    ),
    "finews_202205312397987746.md": Expected(
        "_posts/2022-05-31-202205312397987746.md",
        "北向资金今日",
        "2022-05-31 17:30:46",
        "证券时报",
        "北向资金今日大幅",
        ("北向资金今日大幅", "2.63亿元。"),
        ("002594.SZ", "300059.SZ", "600036.SH", "600519.SH"),
        pictures=2,
    ),
    "seed": Expected(
        "_posts/2022-03-01-NW202203012292585297.md",
        "快手将切断",
        "2022-03-01 12:19:03",
        "国际金融报",
        "",
        ("快手将于3月1日", "利益共享。”"),
    ),
}
DEFECT = "_posts/-202205262391921712.md"


def source_of(captures: Path, name: str) -> Path:
    """The file of a captured post."""
    return next((captures.parents[1] / "seed").iterdir()) if name == "seed" else captures / name


@pytest.fixture
def site(captures: Path, tmp_path: Path) -> Path:
    """The captured posts where they stood, one of them twice with another footer."""
    folder = tmp_path / "finews"
    for name, told in CAPTURED.items():
        (folder / told.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source_of(captures, name), folder / told.path)
    shutil.copyfile(captures / "finews_202205262391921712.md", folder / DEFECT)
    text = (folder / "_posts/2022-05-31-202205312397987746.md").read_text(encoding="utf-8")
    twin = folder / "old_post/2022-05-31-202205312397987746.md"
    twin.write_text(text.rpartition("\n")[0] + "\n[返回首页](../)\n", encoding="utf-8")
    (folder / "index.html").write_text("synthetic", encoding="utf-8")
    (folder / ".git").mkdir()
    (folder / ".git/2022-05-31-202205319999999999.md").write_text("synthetic", encoding="utf-8")
    return folder


def post(code: str = CODE, **changed: str) -> str:
    """A synthetic post of finews."""
    told = {
        "title": '"样例公司公告"',
        "date": "2022-03-01 12:19:03 +0800",
        "tags": "样例日报新闻",
        "lead": "> 样例公司今日公告。\n\n",
        "body": "<p>样例公司今日公告，虚构的计划已经完成。</p>",
        "link": f"http://finance.eastmoney.com/news/1345,{code}.html",
        **changed,
    }
    return (
        f"---\nlayout: post\ntitle: {told['title']}\ndate: {told['date']}\ncategories: emnews\ntags: {told['tags']}\n---\n"
        f"{told['lead']}{told['body']}\n\n<{told['link']}>\n\n[返回样例](//a.example/x/)｜[返回首页](//a.example/)"
    )


def archive_of(folder: Path, **files: str | bytes) -> Path:
    """Write an archive: names as `d20220301_<rest>` stand for `2022-03-01-<rest>.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        day, _, rest = name.partition("_")
        path = folder / f"{day[1:5]}-{day[5:7]}-{day[7:]}-{rest}.md"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


class Run(NamedTuple):
    """An import that has ended."""

    status: int
    counts: dict[str, int]
    said: Said
    outcome: dict[str, Any]


def take(data: Path, folder: Path | str, *more: str, **settings: Any) -> Run:
    """Import an archive, check that nothing was asked and that every article ended somewhere."""
    words = [part for word in more for part in ("-a", word)]
    said = ask(data, "crawl", "archive", "--json", "-a", f"path={folder}", *words, **settings)
    lines = [line for line in said.lines if line.startswith("{")]
    outcome = json.loads(lines[-1]) if lines else {}
    counts = outcome.get("counts", {})
    if counts:
        assert outcome["requests"] == {"list": 0, "all": 0}
        ends = sum(counts[name] for name in ("known", "inserted", "revised", "unchanged", "pending"))
        assert counts["listed"] == ends, said.errors
        assert counts["fetched"] == 0
        assert outcome["bugs"] == []
        assert query(data, "SELECT * FROM coverage WHERE channel LIKE 'archive%'") == []
    return Run(said.status, counts, said, outcome)


def rows(data: Path) -> list[str]:
    """Everything in the database but the ledger of runs."""
    with sqlite3.connect(data / "news.db") as connection:
        return [
            line
            for line in connection.iterdump()
            if not line.startswith(('INSERT INTO "runs"', 'INSERT INTO "sqlite_'))
        ]


def states(folder: Path) -> dict[str, tuple[int, bytes]]:
    """When each post was written, and what is in it."""
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in (folder / "_posts").glob("*")}


# --- captures ---


@pytest.mark.parametrize("name", CAPTURED)
def test_captured_post(captures: Path, name: str) -> None:
    """A captured post tells what a person reads in it, whatever its form; link and footer are no part of the body."""
    told = CAPTURED[name]
    data = source_of(captures, name).read_bytes()
    found = read(Path(told.path).name, data)
    assert found is not None
    code = id_of(Path(told.path).name)
    assert (found.source, found.article_id, found.url) == ("eastmoney", code, PAGE.format(code))
    assert found.title.startswith(told.title)
    assert found.title in data.decode().split("\n")[2]
    assert found.published == f"{told.published} +0800"
    assert found.media == told.media
    assert found.lead.startswith(told.lead)
    assert bool(found.lead) == bool(told.lead)
    assert "返回" not in found.body
    assert "infoCode" not in found.body
    assert f",{code}.html" not in found.body
    assert found.missing == ""


def test_the_captured_defect(captures: Path) -> None:
    """A post without title, time and address says so, and still tells publisher, lead and body."""
    data = (captures / "finews_202205262391921712.md").read_bytes()
    (lead,) = [line[2:] for line in data.decode().splitlines() if line.startswith("> ")]
    found = read(Path(DEFECT).name, data)
    assert found is not None
    assert (found.title, found.published) == ("", "")
    assert (found.article_id, found.media) == ("202205262391921712", "上海证券报")
    assert found.url == PAGE.format("202205262391921712")
    assert found.lead
    assert lead.startswith(found.lead)  # less the publisher in brackets at its end
    assert "no title" in found.missing
    assert "no time" in found.missing


def test_the_captured_archive(site: Path, tmp_path: Path) -> None:
    """The captured posts become rows and posts, the same article in two folders one of each; the defect waits."""
    data = tmp_path / "data"
    run = take(data, site)
    assert run.status == 3, run.said.errors
    assert (run.counts["listed"], run.counts["inserted"], run.counts["pending"]) == (9, 8, 1)
    for told in CAPTURED.values():
        code = id_of(Path(told.path).name)
        ((title, published, media, lead, text, html, url, origin),) = query(
            data,
            "SELECT title, published_at, media, summary, body_text, body_html, url, body_from"
            " FROM articles WHERE source = 'eastmoney' AND article_id = ?",
            code,
        )
        assert title.startswith(told.title)
        hour = int(told.published[11:13]) - 8
        assert published.startswith(f"{told.published[:10]} {hour:02d}{told.published[13:]}")
        assert (media, url, origin) == (told.media, PAGE.format(code), "archive")
        assert lead.startswith(told.lead)
        assert bool(lead) == bool(told.lead)
        assert text.startswith(told.body[0])
        assert text.endswith(told.body[1])
        assert html.count("<img") == told.pictures
        symbols = query(
            data,
            "SELECT symbol FROM article_securities JOIN articles ON articles.id = article WHERE article_id = ? ORDER BY 1",
            code,
        )
        assert set(told.symbols) <= {symbol for (symbol,) in symbols}
        assert f"{told.published[:10]}-{code}.md" in posts(data)
    assert query(data, "SELECT DISTINCT channel FROM article_channels") == [("archive:finews",)]
    ((code, channel, stage, reason),) = query(data, "SELECT article_id, channel, stage, reason FROM pending")
    assert (code, channel, stage) == ("202205262391921712", "archive:finews", "archive")
    assert reason.startswith(DEFECT)
    assert len(posts(data)) == 8
    assert "10 of 10 files read, 1 passed over" in run.outcome["notes"][0]


def test_a_second_import_changes_nothing(site: Path, tmp_path: Path) -> None:
    """The same archive again writes no row and no file, and is whole."""
    data = tmp_path / "data"
    take(data, site)
    before = rows(data), states(data)
    again = take(data, site)
    assert again.status == 0, again.said.errors
    assert (again.counts["known"], again.counts["pending"]) == (8, 1)
    assert (rows(data), states(data)) == before


def test_kept_posts_are_read_again(site: Path, tmp_path: Path) -> None:
    """`scrapy reparse` reads what is kept of an archive's posts, and finds nothing changed."""
    data = tmp_path / "data"
    take(data, site)
    said = ask(data, "reparse")
    assert said.status == 0, said.out
    assert "8 unchanged, 0 failed" in said.out


# --- what a post tells ---


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("2022-03-01-202203012292000001.md", ("2022-03-01", CODE)),
        ("2022-03-01-NW202203012292000001.md", ("2022-03-01", CODE)),
        ("-202203012292000001.md", ("", CODE)),
        ("202203012292000001.markdown", ("", CODE)),
        ("2022-03-01-cls-1000001.MD", ("2022-03-01", "")),
        ("2022-03-01-样例.md", ("2022-03-01", "")),
        ("README.md", ("", "")),
    ],
)
def test_names(name: str, found: tuple[str, str]) -> None:
    """Day and code come from the name; the code's own day is no date."""
    parts = named(name)
    assert parts is not None
    assert (parts[0], id_of(name)) == found


@pytest.mark.parametrize("name", ["index.html", "2022-03-01-202203012292000001.md~", ".tmp-1-2", "2022.txt", ""])
def test_other_names(name: str) -> None:
    """Only Markdown files are looked at."""
    assert named(name) is None
    assert read(name, post().encode()) is None


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ('"样例公司公告"', "样例公司公告"),
        ('"他说"好"的样例"', '他说"好"的样例'),
        ('""好"的样例"', '"好"的样例'),
        ('"他说\\"好\\"的样例"', '他说"好"的样例'),
        ('"C:\\样例"', "C:\\样例"),
        ("'样例''公告'", "样例'公告"),
        ("样例: 公告", "样例: 公告"),
        ('"样例\n公告"', "样例 公告"),
        ('""', ""),
        ("", ""),
        ('"<br>"', ""),
    ],
)
def test_titles(raw: str, title: str) -> None:
    """A title is read as it was meant, also where finews' straight quotes break the YAML."""
    found = read(f"2022-03-01-{CODE}.md", post(title=raw).encode())
    assert found is not None
    assert found.title == title


@pytest.mark.parametrize(
    ("lead", "title"),
    [
        ("> 【样例公司完成虚构计划】样例公司公告。\n\n", "样例公司完成虚构计划"),
        ("> 【数据】样例公司公告。\n\n", ""),
        ("> 样例公司公告。\n\n", ""),
        ("", ""),
    ],
)
def test_a_title_from_the_head_of_the_lead(lead: str, title: str) -> None:
    """A missing title is the lead's 【…】 head; a sentence of the lead, or a label, is no title."""
    found = read(f"2022-03-01-{CODE}.md", post(title='""', lead=lead).encode())
    assert found is not None
    assert found.title == title
    assert ("no title" in found.missing) == (not title)


@pytest.mark.parametrize(
    ("name", "date", "published"),
    [
        (f"2022-03-01-{CODE}.md", "2022-03-01 12:19:03", "2022-03-01 12:19:03 +0800"),
        (f"2022-03-01-{CODE}.md", "2022-03-01 04:19:03 +0000", "2022-03-01 12:19:03 +0800"),
        (f"2022-03-01-{CODE}.md", '"2022-03-01 12:19:03 +0800"', "2022-03-01 12:19:03 +0800"),
        (f"2022-03-02-{CODE}.md", " +0800", "2022-03-02"),
        (f"2022-03-02-{CODE}.md", "", "2022-03-02"),
        (f"-{CODE}.md", " +0800", ""),
        (f"{CODE}.md", "", ""),
        (f"2022-02-30-{CODE}.md", "", ""),
        (f"2022-03-02-{CODE}.md", "2022-13-45 10:00:00 +0800", "2022-13-45 10:00:00 +0800"),
    ],
)
def test_times(name: str, date: str, published: str) -> None:
    """The time is the front matter's, else the day of the file's name, never the day of the id."""
    found = read(name, post(date=date).encode())
    assert found is not None
    assert found.published == published


@pytest.mark.parametrize(
    ("changed", "media"),
    [
        ({}, "样例日报"),
        ({"tags": "东财滚动新闻"}, ""),
        ({"tags": "新闻"}, ""),
        ({"tags": ""}, ""),
        ({"tags": '["样例日报新闻"]'}, "样例日报"),
        (
            {"body": '<p>一</p><p class="em_media">（文章来源：上海<span><a href="x">证券</a></span>报）</p>'},
            "上海证券报",
        ),
        ({"tags": "东财滚动新闻", "lead": "> 样例。（上海证券报）\n\n"}, "上海证券报"),
        ({"tags": "东财滚动新闻", "lead": "> 样例（更新）\n\n"}, ""),
        ({"tags": "东财滚动新闻", "lead": "", "body": "样例公司公告。（财联社）"}, "财联社"),
        ({"lead": "> 样例。（上海证券报）\n\n", "body": "<p>（文章来源：财联社）</p>"}, "财联社"),
    ],
)
def test_publishers(changed: dict[str, str], media: str) -> None:
    """The publisher is the body's, else that in brackets after the lead, else the tag's; a feed is no publisher."""
    found = read(f"2022-03-01-{CODE}.md", post(**changed).encode())
    assert found is not None
    assert found.media == media


@pytest.mark.parametrize(
    "footer",
    [
        "\n\n<>\n\n[返回样例](../x/)\n[返回首页](../)",
        "\n\n<http://finance.eastmoney.com/news/1345,1.html>\n\n[返回样例](//a.example/x/)｜[返回首页](//a.example/)",
        "\n\n<http://a.example/NewsShare.html?infoCode=NW1>\n",
        "\r\n\r\n[返回样例](../x/)\r\n",
        "",
    ],
)
@pytest.mark.parametrize("lead", ["> 导语一\n> 导语二\n\n", "> 导语一\n导语二\n\n", ">导语一\n  导语二\n", ""])
def test_what_stands_around_a_body(lead: str, footer: str) -> None:
    """Lead, link and footer are told from the body in every form they had."""
    head = post().partition("> ")[0]
    found = read(f"2022-03-01-{CODE}.md", f"{head}{lead}<p>正文</p>{footer}".encode())
    assert found is not None
    assert (found.lead, found.body) == ("导语一 导语二" if lead else "", "<p>正文</p>")


@pytest.mark.parametrize(
    ("own", "body", "text"),
    [
        (True, "<u>虚构</u>的*计划*\n\n第二段", "虚构的计划\n第二段"),
        (True, '<div class="article" markdown="0"><p>虚构的*计划*</p></div>', "虚构的*计划*"),
        (False, "*ST样例、*ST虚构涨停", "*ST样例、*ST虚构涨停"),
        (False, "&#42;ST样例、**虚构**涨停\n\n（文章来源：样例日报）", "*ST样例、虚构涨停"),
        (False, "<p>*ST样例、*ST虚构涨停</p>", "*ST样例、*ST虚构涨停"),
    ],
)
def test_bodies(own: bool, body: str, text: str) -> None:
    """A body is read in the form it was written in: HTML, our Markdown, or finews' plain text with its asterisks."""
    name, link = ("2022-03-01-cls-1000001.md", "https://a.example/1000001") if own else (f"2022-03-01-{CODE}.md", "x")
    made = post(lead="", body=body, link=link)
    if own:
        made = made.replace("layout: post", 'layout: post\nsource: "cls"\narticle_id: "1000001"')
    found = read(name, made.encode())
    assert found is not None
    assert parse_body(found.body).text == text


def test_a_lead_alone_is_the_body() -> None:
    """A post of nothing but a lead has it as its text."""
    found = read(f"2022-03-01-{CODE}.md", post(body="").encode())
    assert found is not None
    assert (found.lead, found.body) == ("", "样例公司今日公告。")


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        (f"2022-03-01-{CODE}.md", b"", "empty"),
        (f"2022-03-01-{CODE}.md", post().encode("gb18030"), "not UTF-8"),
        (f"2022-03-01-{CODE}.md", post().encode("utf-16"), "not UTF-8"),
        (f"2022-03-01-{CODE}.md", b"<p>no front matter</p>", "no front matter"),
        (f"2022-03-01-{CODE}.md", b"---\ntitle: cut off", "no front matter"),
        ("2022-03-01-cls-1000001.md", b" \n", "empty"),
    ],
)
def test_unreadable(name: str, data: bytes, reason: str) -> None:
    """A file that should be a post and is none says why."""
    with pytest.raises(Unreadable, match=reason):
        read(name, data)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("2022-03-01-my-notes.md", b"---\ntitle: synthetic\n---\nnotes"),
        ("2022-03-01-my-notes.md", b"notes"),
        ("README.md", post().encode()),
    ],
)
def test_posts_kept_by_hand(name: str, data: bytes) -> None:
    """What somebody wrote himself is passed over."""
    assert read(name, data) is None


def test_joined() -> None:
    """Of several posts of an article the fullest body is taken, and what it lacks from the others."""
    whole = EMPTY.with_facts(
        {**EMPTY.facts(), "title": "样例", "published": "2022-03-01 12:00:00 +0800", "media": "报"}
    )
    full = read(f"2022-03-02-{CODE}.md", post(title='""', date="", tags="东财滚动新闻").encode())
    assert full is not None
    number, made = joined([whole, full])
    assert number == 1
    assert (made.title, made.published, made.media) == ("样例", "2022-03-01 12:00:00 +0800", "报")
    assert (made.body, made.url) == (full.body, full.url)


def test_symbols_of_a_post() -> None:
    """A symbol is a secid again where only one can be meant; one of the United States stands for itself."""
    assert securities(["600519.SH", "AAPL.US", "nonsense", "00700.HK"]) == (
        ("1.600519", "", "list"),
        ("AAPL.US", "", "list"),
        ("116.00700", "", "list"),
    )


@given(st.builds(Post, *[st.text()] * 8, tags=st.lists(st.text()).map(tuple), stocks=st.lists(st.text()).map(tuple)))
@settings(max_examples=50, deadline=None, database=None)
def test_facts_come_back(made: Post) -> None:
    """What is kept of a post gives the same post again, through JSON."""
    facts = json.loads(json.dumps(made.facts()))
    assert EMPTY.with_facts(facts) == EMPTY.with_facts(made.facts())
    assert made.with_facts(facts) == made


@pytest.mark.parametrize("facts", [{}, {"title": 1}, {**EMPTY.facts(), "tags": [1]}, {**EMPTY.facts(), "url": None}])
def test_facts_of_something_else(facts: dict[str, Any]) -> None:
    """Anything else that is kept is refused."""
    with pytest.raises(ValueError, match="no facts"):
        EMPTY.with_facts(facts)


HOSTILE = st.one_of(
    st.binary(max_size=300),
    st.lists(
        st.sampled_from(
            ["---\n", 'title: "', "title: '", "date:", "tags: [", "> ", "【", "】", "<>", "<http://", 'article_id: "a"\n',
             "source: cls\n", '"\n', "\\", "\x00", "\ud800", "[返回", "](", ")", "｜", "（文章来源：", "）", "&#42;", "|", "\r\n", "*"]
        ),
        max_size=40,
    ).map(lambda parts: "".join(parts).encode("utf-8", "surrogatepass")),
    st.lists(st.sampled_from(["title: x\n", "> a\n", "---\n", "|a|b|\n", "<p>", "[返回](x)\n"]), max_size=30).map(
        lambda parts: f"---\narticle_id: a\nsource: cls\n---\n{''.join(parts)}".encode()
    ),
)  # fmt: skip


@given(HOSTILE, st.sampled_from([f"2022-03-01-{CODE}.md", f"-NW{CODE}.md", "2022-03-01-cls-1000001.md"]))
@settings(max_examples=300, deadline=None, database=None)
def test_hostile_files(data: bytes, name: str) -> None:
    """Whatever is in a file, it is a post, none of ours, or unreadable; nothing else is raised."""
    try:
        found = read(name, data)
    except Unreadable:
        return
    if found is not None:
        assert found.source
        assert found.article_id
        json.dumps(found.facts())


def test_a_hostile_file_costs_little() -> None:
    """Texts made to be slow to read are read in no time."""
    began = time.process_time()
    head = f'---\ntitle: "{"a" * 200_000}\ndate: x\n'
    for text in (
        head,
        f"---\n{head}\n---\n" + "> " * 100_000,
        post(body="\n" * 300_000),
        post(body="[返回" * 100_000),
        post(body="（文章来源：" * 50_000),
        post(title="【" * 100_000, lead="> " + "【" * 100_000 + "\n\n"),
    ):
        try:
            read(f"2022-03-01-{CODE}.md", text.encode())
        except Unreadable:
            continue
    assert time.process_time() - began < 5


def test_markdown_back_into_html() -> None:
    """Markdown is read with tables and struck text; what is too long is left as it is."""
    assert "<td>" in to_html("| a | b |\n| --- | --- |\n| 1 | 2 |")
    assert "<s>" in to_html("~~a~~")
    assert to_html("*" * 500_000) == "*" * 500_000


# --- whole imports ---


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "needs path="),
        (["path=/nowhere/at/all"], "No such file"),
        (["path=setup.cfg", "since=2022-03-01"], "path=setup.cfg"),
        (["path=.", "channels=344"], "'channels' is unknown"),
        (["path=.", "limit=0"], "limit=0"),
        (["path=.", "since=2022-03-02", "until=2022-03-01"], "since="),
        (["path=docs", "refetch=1"], "'refetch' is unknown"),
    ],
)
def test_refused_arguments(tmp_path: Path, words: list[str], said: str) -> None:
    """A missing folder, a file, or an unknown argument ends in one line and 2, and nothing is made."""
    told = ask(tmp_path / "data", "crawl", "archive", *(part for word in words for part in ("-a", word)))
    assert told.status == 2
    lines = [line for line in told.errors.splitlines() if line.startswith("scrapy crawl:")]
    assert len(lines) == 1
    assert said in lines[0]
    assert not (tmp_path / "data/news.db").exists()


@pytest.mark.parametrize("inner", [".", "_posts", "_posts/2022"])
def test_posts_are_not_written_where_they_are_read(tmp_path: Path, inner: str) -> None:
    """An archive that holds NEWS_POSTS_DIR, or lies in it, is refused; as rows alone it is taken and left as it was."""
    data = tmp_path / "data"
    archive_of(data / "_posts/2022", d20220301_202203012292000001=post())
    told = ask(data, "crawl", "archive", "-a", f"path={data / inner}")
    assert told.status == 2
    assert "NEWS_OUTPUTS=database" in told.errors
    before = {path: path.read_bytes() for path in (data / "_posts").rglob("*.md")}
    run = take(data, data / inner, NEWS_OUTPUTS="database")
    assert (run.status, run.counts["inserted"]) == (0, 1)
    assert {path: path.read_bytes() for path in (data / "_posts").rglob("*.md")} == before


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Each of them is one pending row with the reason, and the rest of the archive is stored."""
    folder = archive_of(
        tmp_path / "old",
        d20220301_202203012292000001=post(),
        d20220302_202203022293000002=post().encode("gb18030"),
        d20220303_202203032294000003=b"",
        d20220304_202203042295000004=b"x" * (MAX_FILE_BYTES + 1),
        d20220306_cls_1=b"",
        d20220307_202203072298000007=post(body="<p>x</p>" * 20_000),
    )
    (folder / "2022-03-05-202203052296000005.md").mkdir()
    (folder / "2022-03-06-202203062297000006.md").symlink_to(tmp_path / "nothing")
    os.mkfifo(folder / "2022-03-08-202203082299000008.md")
    (folder / "2022-03-06-cls_1.md").rename(folder / "2022-03-06-cls-1000001.md")
    (folder / "2022-03-09-some.md").write_bytes(b"")
    run = take(tmp_path / "data", folder)
    assert run.status == 3, run.said.errors
    assert run.counts["inserted"] == 1
    waiting = {
        (source, code): (stage, reason)
        for source, code, stage, reason in query(
            tmp_path / "data", "SELECT source, article_id, stage, reason FROM pending"
        )
    }
    assert len(waiting) == run.counts["pending"] == 9
    reasons = {code[-1]: reason for (_, code), (stage, reason) in waiting.items() if stage == "archive"}
    assert "not UTF-8" in reasons["2"]
    assert "empty" in reasons["3"]
    assert f"{MAX_FILE_BYTES + 1} bytes" in reasons["4"]
    assert "no regular file" in reasons["5"] or "directory" in reasons["5"]
    assert "No such file" in reasons["6"]
    assert "no regular file" in reasons["8"]
    assert "empty" in waiting["cls", "1000001"][1]
    assert waiting["eastmoney", "202203072298000007"][0] == "body"
    (stand_in,) = (code for source, code in waiting if code.startswith("file-"))
    assert "2022-03-09-some.md" in waiting["eastmoney", stand_in][1]
    before = rows(tmp_path / "data")
    again = take(tmp_path / "data", folder)
    assert (again.status, again.counts["known"], again.counts["pending"]) == (0, 1, 9)
    assert rows(tmp_path / "data") == before


def test_odd_file_names(tmp_path: Path) -> None:
    """A name that is no text, or would colour a terminal, is told harmlessly, and again as the same in the next run."""
    folder = tmp_path / "old"
    folder.mkdir()
    for name in (b"2022-03-01-\xff\xfe.md", b"2022-03-01-a\nb\x1b[31m.md", b"2022-03-02-" + b"x" * 200 + b".md"):
        (Path(os.fsdecode(os.path.join(os.fsencode(folder), name)))).write_bytes(b"")  # noqa: PTH118 - names as bytes
    data = tmp_path / "data"
    run = take(data, folder)
    assert (run.status, run.counts["pending"]) == (3, 3)
    assert "\x1b" not in run.said.errors
    before = rows(data)
    assert take(data, folder).status == 0
    assert rows(data) == before


def test_a_site_without_a_database(tmp_path: Path) -> None:
    """Posts become posts where there is no database; a second import changes nothing."""
    folder = many(tmp_path / "old", 5)
    (folder / f"-{OTHER}.md").write_text(post(OTHER, title='""', date=" +0800"), encoding="utf-8")
    data = tmp_path / "data"
    words = ("crawl", "archive", "--json", "-a", f"path={folder}")
    first = ask(data, *words, NEWS_OUTPUTS="markdown")
    counts = json.loads(first.lines[-1])["counts"]
    assert (first.status, counts["inserted"], counts["pending"]) == (3, 5, 1)
    before = states(data)
    assert len(before) == 5
    second = ask(data, *words, NEWS_OUTPUTS="markdown")
    counts = json.loads(second.lines[-1])["counts"]
    assert (second.status, counts["known"], counts["pending"]) == (0, 5, 1)
    assert states(data) == before


@pytest.mark.parametrize("words", [("record", "archive", "--to", "x"), ("probe", "archive")])
def test_nobody_is_asked_about_an_archive(tmp_path: Path, words: tuple[str, ...]) -> None:
    """What asks a site knows no archive."""
    told = ask(tmp_path / "data", *words)
    assert told.status == 2
    assert "'archive' is unknown" in told.errors


def test_a_mended_file_is_taken_at_once(tmp_path: Path) -> None:
    """A post that waited is stored when its file has been put right, and waits no more; one still broken says so anew."""
    data = tmp_path / "data"
    folder = archive_of(
        tmp_path / "old", d20220301_202203012292000001=post(title='""'), d20220302_202203022293000002=b""
    )
    assert take(data, folder).counts["pending"] == 2
    archive_of(folder, d20220301_202203012292000001=post(), d20220302_202203022293000002=post(OTHER, title='""'))
    run = take(data, folder)
    assert (run.status, run.counts["inserted"], run.counts["pending"]) == (3, 1, 1)
    ((code, reason, attempts),) = query(data, "SELECT article_id, reason, attempts FROM pending")
    assert (code, attempts) == (OTHER, 2)
    assert "no title" in reason


def test_a_refused_post_is_tried_again_when_it_is_due(tmp_path: Path) -> None:
    """A post that a stage refused is left alone until its next try has come; a given up one for good."""
    data = tmp_path / "data"
    folder = archive_of(tmp_path / "old", d20220301_202203012292000001=post(date="2222-03-01 00:00:00 +0800"))
    assert take(data, folder).status == 3
    assert take(data, folder).status == 0
    for attempts in range(2, 6):
        with sqlite3.connect(data / "news.db") as connection:
            connection.execute("UPDATE pending SET next_at = '2020-01-01 00:00:00.000000'")
        assert take(data, folder).status == 3
        assert query(data, "SELECT stage, attempts FROM pending") == [("dates", attempts)]
    assert query(data, "SELECT state FROM pending") == [("given up",)]
    assert take(data, folder).status == 0


def test_window_and_limit(tmp_path: Path) -> None:
    """A window takes its own days and what has no time; a limit stops, and the next run goes on."""
    files = {
        f"d202203{day:02d}_2022030122920000{day:02d}": post(date=f"2022-03-{day:02d} 10:00:00") for day in range(1, 9)
    }
    folder = archive_of(tmp_path / "old", **files)
    (folder / "-202203012292000099.md").write_text(post(date=" +0800"), encoding="utf-8")
    first = take(tmp_path / "a", folder, "since=2022-03-02", "until=2022-03-03")
    assert (first.status, first.counts["inserted"], first.counts["pending"]) == (3, 2, 1)
    for done in (3, 6):
        part = take(tmp_path / "b", folder, "limit=3")
        assert (part.status, part.counts["inserted"], part.counts["known"]) == (0, 3, done - 3)
    assert take(tmp_path / "b", folder).counts["inserted"] == 2


def test_posts_of_other_sources(tmp_path: Path) -> None:
    """A post of ours keeps its source, also where another source has the same id; what a post does not tell stays empty."""
    own = (
        '---\nlayout: post\ntitle: "样例"\ndate: 2022-03-01 12:00:00 +0800\ncategories: "cailianshe"\n'
        'tags: ["财联社新闻", "虚构"]\nsource: "{source}"\narticle_id: "1000001234"\nlink: "https://{source}.example/1000001234"\n'
        'media: "财联社"\nstocks: ["600519.SH", "AAPL.US"]\nfingerprint: ""\nrevision: 3\nrender_with_liquid: false\n---\n'
        '<blockquote markdown="0">导语&#42;</blockquote>\n\n<div class="article" markdown="0"><p>正文{source}</p></div>\n\n'
        "[原文：财联社](https://{source}.example/1000001234)\n"
    )
    folder = tmp_path / "old"
    folder.mkdir()
    for source in ("cls", "sina", "gone"):
        (folder / f"2022-03-01-{source}-1000001234.md").write_text(own.replace("{source}", source), encoding="utf-8")
    archive_of(folder, d20220301_1000001234=post("1000001234"))
    data = tmp_path / "data"
    run = take(data, folder)
    assert (run.status, run.counts["inserted"]) == (0, 4), run.said.errors
    assert query(
        data, "SELECT source, body_text, summary, url FROM articles WHERE source != 'eastmoney' ORDER BY 1"
    ) == [
        (source, f"正文{source}", "导语*", f"https://{source}.example/1000001234") for source in ("cls", "gone", "sina")
    ]
    assert query(data, "SELECT DISTINCT symbol, secid FROM article_securities ORDER BY 1") == [
        ("600519.SH", "1.600519"),
        ("AAPL.US", None),
    ]
    assert query(data, "SELECT DISTINCT tag FROM article_tags") == [("虚构",)]
    assert take(data, folder).counts["known"] == 4
    said = ask(data, "reparse")
    assert "4 unchanged, 0 failed" in said.out, said.out
    assert "1 unchanged, 0 failed" in ask(data, "reparse", "--source", "eastmoney").out


def test_twins_make_one_whole(tmp_path: Path) -> None:
    """What the fuller of two posts lacks is taken from the other; what is kept of it is read again as the same."""
    folder = tmp_path / "old"
    archive_of(folder / "old_post", d20220301_202203012292000001=post(lead="", body="样例公司今日公告。"))
    archive_of(folder / "_posts")
    text = post(title='""', date=" +0800", body="<p>样例公司今日公告，虚构的计划已经完成，细节随后公布。</p>")
    (folder / f"_posts/-{CODE}.md").write_text(text, encoding="utf-8")
    data = tmp_path / "data"
    run = take(data, folder)
    assert (run.status, run.counts["inserted"], run.counts["listed"]) == (0, 1, 1)
    ((title, published, body),) = query(data, "SELECT title, published_at, body_text FROM articles")
    assert (title, published[:16]) == ("样例公司公告", "2022-03-01 04:19")
    assert body.endswith("细节随后公布。")
    assert "1 unchanged, 0 failed" in ask(data, "reparse").out


@pytest.mark.parametrize("source", ["eastmoney", "cls", "archive"])
def test_no_crawl_runs_meanwhile(tmp_path: Path, source: str) -> None:
    """While a crawl is under way no archive is read, so that nothing it just stored is overwritten."""
    folder = archive_of(tmp_path / "old", d20220301_202203012292000001=post())
    data = tmp_path / "data"
    store = open_store(Config.from_settings({"NEWS_DATA_DIR": str(data)}))
    try:
        assert store.lock(source)
        run = take(data, folder)
    finally:
        store.close()
    assert run.status == 75
    assert f"another run of {source} is under way" in run.said.errors


def many(folder: Path, count: int) -> Path:
    """An archive of so many posts."""
    folder.mkdir()
    for number in range(count):
        code = f"20220301{2292000000 + number}"
        body = f"<p>虚构的第{number}项计划。</p>" * (1 + number % 90)
        (folder / f"2022-03-01-{code}.md").write_text(post(code, body=body), encoding="utf-8")
    return folder


def test_a_lost_store_ends_the_import(tmp_path: Path) -> None:
    """A store that fails in the middle ends the run with 5, soon; the next run has all of it."""
    folder = many(tmp_path / "old", 700)
    stages = json.dumps({**ITEM_PIPELINES, "tests.broken_stage.LostStore": 650})
    take(tmp_path / "warm", many(tmp_path / "one", 1))  # what starts the runs of this process is started
    began = time.monotonic()
    run = take(tmp_path / "data", folder, ITEM_PIPELINES=stages)
    assert run.status == 5, run.said.errors
    assert run.outcome["reason"] == "synthetic: the store is lost"
    assert time.monotonic() - began < run.outcome["seconds"] + 8
    assert run.counts["listed"] < 700
    again = take(tmp_path / "data", folder)
    assert (again.status, again.counts["known"] + again.counts["inserted"]) == (0, 700)


def stored(data: Path) -> int:
    """The number of rows, which come after their posts, a group at a time."""
    ((count,),) = query(data, "SELECT count(*) FROM articles")
    return int(count)


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGKILL])
def test_an_import_that_is_ended(tmp_path: Path, told: signal.Signals) -> None:
    """An import that is told to end does so in seconds with 75; after a kill, too, the next one has all of it."""
    folder = many(tmp_path / "old", 2500)
    data = tmp_path / "data"
    line = command("crawl", "archive", "--json", "-a", f"path={folder}", folder=data)
    process = subprocess.Popen(
        line, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        while not any((data / "_posts").glob("*.md")) or stored(data) < 50:
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        process.send_signal(told)
        out, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == (75 if told == signal.SIGTERM else -signal.SIGKILL), errors
    assert "Traceback" not in errors
    if out:
        counts = json.loads(out.splitlines()[-1])["counts"]
        assert counts["listed"] == counts["inserted"]
        assert stored(data) == counts["inserted"]
    again = take(data, folder)
    assert (again.status, again.counts["known"] + again.counts["inserted"]) == (0, 2500)
    assert again.counts["known"] >= 50
    assert len(posts(data)) == 2500


# --- beside a crawl ---


@pytest.fixture(scope="module", params=["html", "markdown"])
def own_site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crawl of the sample source, its bodies in one of the two forms."""
    folder = tmp_path_factory.mktemp(request.param)
    with serve(Site()) as server:
        run = crawl(folder, server.address, settings={"NEWS_POST_BODY": request.param}, **TEN_DAYS)
    assert run.status == 0, run.errors
    return folder


def test_our_own_posts_come_back(own_site: Path, tmp_path: Path) -> None:
    """Our own posts give rows with the same text, and from these the same posts byte for byte."""
    body = own_site.name.rstrip("0123456789")
    run = take(tmp_path, own_site / "_posts", NEWS_POST_BODY=body)
    assert run.status == 0, run.said.errors
    told = "SELECT source, article_id, url, title, body_text, fingerprint, media, category, published_at FROM articles ORDER BY 2"
    assert query(tmp_path, told) == query(own_site, told)
    assert posts(tmp_path) == posts(own_site)


def test_a_crawled_article_is_left_alone(own_site: Path, tmp_path: Path) -> None:
    """What a crawl stored stands, whatever an archive says of it."""
    data = tmp_path / "data"
    shutil.copytree(own_site, data)
    folder = tmp_path / "old"
    folder.mkdir()
    for path in (data / "_posts").glob("*.md"):
        code = path.stem[11:]
        (folder / path.name).write_text(post(code, title='"another"'), encoding="utf-8")
    before = rows(data), states(data)
    run = take(data, folder)
    assert (run.status, run.counts["known"]) == (0, len(posts(data)))
    assert (rows(data), states(data)) == before


@pytest.mark.slow
def test_a_post_costs_no_more_than_a_crawled_article(tmp_path: Path) -> None:
    """The processor's time for a post, start-up included, is at most that for an article that is crawled.

    What else goes on can only add to either, so the least of three counts.
    """

    def cost(work: Callable[[], Any]) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert work().counts["inserted"] == 400
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    reading: list[float] = []
    crawling: list[float] = []
    with serve_process("--articles", "400", "--days", "10", "--channels", "column:344") as site:
        for turn in range(3):
            a, b = tmp_path / f"a{turn}", tmp_path / f"b{turn}"
            crawling.append(
                cost(partial(crawl, a, site.address, channels="344", since="2026-03-01", until="2026-03-10"))
            )
            reading.append(cost(partial(crawl, b, "", spider="archive", path=a / "_posts")))
    assert min(reading) <= min(crawling), (reading, crawling)


def test_a_pending_post_holds_up_no_crawl(tmp_path: Path) -> None:
    """An article whose post cannot be used is fetched when a list has it, and waits no more."""
    entry = next(e for e in Site().entries if "column:344" in e.channels and e.api == "full" and not e.cfh)
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / f"-{entry.code}.md").write_text(post(entry.code, title='""', date=" +0800"), encoding="utf-8")
    data = tmp_path / "data"
    assert take(data, folder).counts["pending"] == 1
    with serve(Site()) as server:
        run = crawl(data, server.address, channels="344", since="2026-03-01", until="2026-03-10")
    assert run.status == 0, run.errors
    assert query(data, "SELECT body_from FROM articles WHERE article_id = ?", entry.code) == [("api",)]
    assert query(data, "SELECT * FROM pending") == []
    assert take(data, folder).counts["known"] == 1
