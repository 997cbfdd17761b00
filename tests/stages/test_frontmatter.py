"""Front matter: what is written is read back to the identical strings, by Python and by Ruby."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from datetime import UTC, datetime, timedelta, timezone

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.posting.escape import scrub
from pipelines.posting.frontmatter import BEIJING, listed, plain, quoted, read_keys, read_scalar, read_stamp, stamp

QUICK = settings(max_examples=300, deadline=None, database=None)
ANY_TEXT = st.text(st.characters(exclude_categories=()))

NASTY = [
    *('"', "'", "\\", '\\"', "''", '""', '"quoted"', "it's", "a: b", "a #b", "#", ":", "- a", "? a", ": a", "%TAG", "@a"),
    *("`a", "!a", "!!str a", "&a", "*a", "|", ">", "|-\n a", "{a: b}", "[a]", "{", "[", "]", "}", ",", "a, b", "---"),
    *("...", "--- a", "yes", "No", "on", "OFF", "true", "~", "null", "Null", "", " ", " a", "a ", "\ta", "a\tb", "a\nb"),
    *("a\r\nb", "\n", "\n---\n", "a\n---\nlayout: evil", "a\n...\n", "1", "01", "0o17", "0x1F", "1,000", "1_000", "1e3"),
    *("1.5", ".5", "1.", "-1", "+1", ".inf", "-.inf", ".nan", "1:30", "12:30:45", "190:20:30", "2022-3-1", "2022-03-01"),
    *("2022-03-01 12:19:03", "2022-03-01T12:19:03Z", "0001-01-01", ":sym", ":", "::", ':"sym"', ":sym: a", "<<", "<<: *a"),
    *("=", "!ruby/object:Object {}", "!ruby/sym x", "\x00", "\x07", "\x1b[0m", "\x7f", "\x85", "\xa0", "\xad", "\u2028"),
    *("\u2029", "\ufeff", "\ufffe", "\uffff", "\ufffd", "\u200b", "\u202e", "\u3000", "\ud7ff", "\ue000", "\U0001f600"),
    *("\U0010ffff", "\U000e0001", "e\u0301", "中文：标题", "“引号”", "《书名》", "涨3.5%", "*ST 康美", "快讯 | 要闻", "{{ page.title }}"),
    *("{% raw %}", "<b>", "&amp;", "\\n", "\\x41", "\\u4e2d", "C:\\new", "a" * 5000, "长" * 3000, "a b " * 800, "\\" * 50),
]  # fmt: skip


def hostile_titles(count: int) -> list[str]:
    """Return the nasty ones, and combinations of them with random signs, always the same."""
    chance = random.Random(20220301)
    pool = [text for text in NASTY if len(text) < 40]
    titles = list(NASTY)
    while len(titles) < count:
        parts = chance.choices(pool, k=chance.randint(1, 4))
        parts.append("".join(chr(chance.choice((chance.randrange(0xD800), chance.randrange(128)))) for _ in range(5)))
        chance.shuffle(parts)
        titles.append("".join(parts))
    return titles


def head(title: str) -> str:
    """Return front matter that has the title in each of its forms."""
    when = datetime(2022, 3, 1, 4, 19, 3, tzinfo=UTC)
    return (
        f"title: {quoted(title)}\ndate: {stamp(when)}\ntags: {listed([title, title])}\nplain: {plain(title)}\nend: 1\n"
    )


@pytest.mark.parametrize("title", NASTY, ids=lambda title: ascii(title)[:30])
def test_python_reads_back_the_identical_string(title: str) -> None:
    """Each nasty title comes back from PyYAML as it was, in every form."""
    assert yaml.safe_load(head(title)) == {
        "title": title,
        "date": "2022-03-01 12:19:03 +0800",
        "tags": [title, title],
        "plain": title,
        "end": 1,
    }


@pytest.mark.jekyll
def test_ruby_reads_back_the_identical_strings() -> None:
    """A thousand hostile titles come back from Ruby's YAML as they were, with the moment as a time."""
    ruby = shutil.which("ruby")
    if not ruby:
        pytest.skip("skipped: no Ruby")
    titles = hostile_titles(1000)
    program = """
        require 'yaml'
        require 'json'
        require 'date'
        heads = JSON.parse(STDIN.read)
        read = heads.map do |text|
          data = YAML.safe_load(text, permitted_classes: [Time, Date])
          [data['title'], data['tags'], data['plain'], data['end'], data['date'].is_a?(Time) && data['date'].to_i]
        end
        puts JSON.generate(read)
    """
    heads = json.dumps([head(title) for title in titles])
    done = subprocess.run(
        [ruby, "-Ku", "-e", program], input=heads, capture_output=True, encoding="utf-8", check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    moment = int(datetime(2022, 3, 1, 4, 19, 3, tzinfo=UTC).timestamp())
    for title, read in zip(titles, json.loads(done.stdout), strict=True):
        assert read == [title, [title, title], title, 1, moment], ascii(title)


def test_python_reads_back_a_thousand_hostile_titles() -> None:
    """The same thousand titles come back from Python's YAML as they were."""
    for title in hostile_titles(1000):
        read = yaml.load(head(title), Loader=yaml.CSafeLoader)
        assert (read["title"], read["plain"], read["end"]) == (title, title, 1), ascii(title)


@QUICK
@given(ANY_TEXT)
def test_any_text_survives(text: str) -> None:
    """Any text, lone surrogates apart, is read back the same by YAML and by our own quick reader."""
    clean = scrub(text)
    assert yaml.safe_load(quoted(text)) == clean
    assert yaml.safe_load(f"a: {plain(text)}") == {"a": clean}
    assert "\n" not in quoted(text)
    assert read_scalar(quoted(text)) == clean
    assert read_scalar(plain(text)) == clean


@QUICK
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_the_quick_way_writes_what_pyyaml_writes(text: str) -> None:
    """Titles that need no escape are written without PyYAML, to the same bytes."""
    dumped = yaml.dump(text, Dumper=yaml.CSafeDumper, default_style='"', width=2**31 - 1, allow_unicode=True)
    assert quoted(text) == dumped.rstrip("\n")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("guojijinrongbao", "guojijinrongbao"),
        ("国际金融报新闻", "国际金融报新闻"),
        ("21shijijingjibaodao", "21shijijingjibaodao"),
        ("21世纪经济报道新闻", "21世纪经济报道新闻"),
        ("36ke", "36ke"),
        ("证券时报·e公司新闻", "证券时报·e公司新闻"),
        ("东方财富 Choice数据新闻", '"东方财富 Choice数据新闻"'),
        ("12", '"12"'),
        ("1e3", '"1e3"'),
        ("0x1f", '"0x1f"'),
        ("no", '"no"'),
        ("Null", '"Null"'),
        ("", '""'),
        ("a: b", '"a: b"'),
        ("-x", '"-x"'),
    ],
)
def test_plain_scalars(text: str, written: str) -> None:
    """Words stay plain as finews wrote them; what YAML would read as something else is quoted."""
    assert plain(text) == written


@pytest.mark.parametrize(
    ("when", "written"),
    [
        (datetime(2022, 3, 1, 12, 19, 3, tzinfo=BEIJING), "2022-03-01 12:19:03 +0800"),
        (datetime(2022, 2, 28, 16, 0, tzinfo=UTC), "2022-03-01 00:00:00 +0800"),
        (datetime(2022, 3, 1, 0, 0, 0, 999, tzinfo=timezone(timedelta(hours=-5))), "2022-03-01 13:00:00 +0800"),
    ],
)
def test_stamp(when: datetime, written: str) -> None:
    """A moment is written in Beijing time with its offset, and read back to the second."""
    assert stamp(when) == written
    assert read_stamp(written) == when.replace(microsecond=0)


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2021-12-08 12:41:23", datetime(2021, 12, 8, 12, 41, 23, tzinfo=BEIJING)),
        ("2021-12-08", datetime(2021, 12, 8, tzinfo=BEIJING)),
        ("2022-03-01 12:19:03 +08:00", datetime(2022, 3, 1, 12, 19, 3, tzinfo=BEIJING)),
        ("2022-03-01 04:19:03 +0000", datetime(2022, 3, 1, 12, 19, 3, tzinfo=BEIJING)),
        ("2022-03-01T04:19:03Z", datetime(2022, 3, 1, 12, 19, 3, tzinfo=BEIJING)),
        ("+0800", None),
        ("", None),
        ("gestern", None),
        ("2022-13-01", None),
        ("0001-01-01 00:00:00 +0800", None),
        ("9999-12-31 23:59:59 -0800", None),
    ],
)
def test_read_stamp(text: str, when: datetime | None) -> None:
    """Dates of posts are read with or without offset; what is no date is none."""
    assert read_stamp(text) == when


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a"', "a"),
        ('"a\\"b"', 'a"b'),
        ('"\\u4e2d\\x41\\_"', "中A\xa0"),
        ("'it''s'", "it's"),
        ("plain text", "plain text"),
        ('"open', ""),
        ('"a" b"', ""),
        ('"', ""),
        ("", ""),
    ],
)
def test_read_scalar(text: str, value: str) -> None:
    """One-line scalars of any style are read; broken ones are nothing."""
    assert read_scalar(text) == value


def test_read_keys_takes_top_level_lines_only() -> None:
    """Nested lines, comments and list items are no keys, the first of two equal keys counts, line ends do not matter."""
    head = "title: a: b\r\n  nested: x\n# note: y\n- item: z\ntags:\ntitle: second\nkey:\tvalue  \nno colon\n"
    assert read_keys(head) == {"title": "a: b", "tags": "", "key": "value"}


@QUICK
@given(ANY_TEXT)
def test_reading_never_fails(text: str) -> None:
    """Whatever stands in a file, reading it gives a value."""
    read_scalar(text)
    read_scalar(f'"{text}"')
    read_stamp(text)
    read_keys(text)
