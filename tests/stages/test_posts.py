"""Post files: names, whole writes, what is removed, and reading back which article a post is."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from row_made import WHEN, article
from waits import costs_less

from pipelines.errors import SettingError
from pipelines.posting.escape import safe_url
from pipelines.posting.forms import render
from pipelines.posting.frontmatter import BEIJING
from pipelines.posting.posts import check_folder, post_name, remove_stale, write_post, write_posts
from pipelines.posting.reading import read_post, scan_posts
from pipelines.store.base import ArticleRow

QUICK = settings(
    max_examples=200, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({}, "2022-03-01-202203010000000001.md"),
        ({"published_at": datetime(2022, 2, 28, 16, 0, tzinfo=UTC)}, "2022-03-01-202203010000000001.md"),
        ({"published_at": datetime(2022, 2, 28, 15, 59, 59, tzinfo=UTC)}, "2022-02-28-202203010000000001.md"),
        ({"source": "cls", "article_id": "1234567"}, "2022-03-01-cls-1234567.md"),
        ({"source": "cls", "article_id": "a.b-c_D"}, "2022-03-01-cls-a.b-c_D.md"),
    ],
)
def test_post_name(changed: dict[str, object], name: str) -> None:
    """A file is named by the Beijing day and the id; the source is named unless it is East Money."""
    assert post_name(article(**changed)) == name


@pytest.mark.parametrize(
    "changed",
    [
        *(
            {"article_id": bad}
            for bad in ("", ".", "..", "../x", "a/b", "a\\b", "a\x00", "a b", "中", "a\n", "１２", "x" * 101)
        ),
        *({"article_id": bad} for bad in (".x", "-x", "x.", "{{x}}", "a%2fb", "\ud800")),
        *({"source": bad} for bad in ("", "..", "a/b", "A", "a-b", "1a", "x" * 41)),
        {"published_at": None},
        {"published_at": datetime(2022, 3, 1)},
    ],
)
def test_post_name_refuses(changed: dict[str, object]) -> None:
    """An id or source that could lead out of the folder, and a time without a zone, are refused."""
    with pytest.raises(ValueError):
        post_name(article(**changed))


def test_write_post_writes_once(tmp_path: Path) -> None:
    """The same text a second time touches nothing; another text replaces the file as a whole."""
    path = tmp_path / "a.md"
    assert write_post(path, "一\n")
    before = path.stat()
    assert not write_post(path, "一\n")
    after = path.stat()
    assert (after.st_mtime_ns, after.st_ctime_ns, after.st_ino) == (
        before.st_mtime_ns,
        before.st_ctime_ns,
        before.st_ino,
    )
    assert write_post(path, "二\n")
    assert path.read_bytes() == "二\n".encode()
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.md"]


@pytest.mark.parametrize("there", ["", "post", "post\n\n", "post\nmore", "tsop\n"])
def test_a_file_that_begins_alike_is_another(tmp_path: Path, there: str) -> None:
    """A file is only left where it has the post's bytes, all of them and no more."""
    path = tmp_path / "a.md"
    path.write_text(there)
    assert write_post(path, "post\n")
    assert path.read_text() == "post\n"


def test_write_posts_answers_for_each(tmp_path: Path) -> None:
    """Several posts in one call are each answered by whether they were written."""
    write_post(tmp_path / "b.md", "b")
    assert write_posts([(tmp_path / f"{name}.md", name.encode()) for name in "abc"]) == [True, False, True]
    assert sorted(path.read_text() for path in tmp_path.iterdir()) == ["a", "b", "c"]


def test_a_new_post_can_be_read_by_others(tmp_path: Path) -> None:
    """A post gets the mode that the umask gives to any new file, not a temporary file's."""
    old = os.umask(0o022)
    try:
        write_post(tmp_path / "a.md", "a")
    finally:
        os.umask(old)
    assert (tmp_path / "a.md").stat().st_mode & 0o777 == 0o644


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Make every write beyond `size` bytes of a file fail, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_system_that_takes_less_than_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write may take only a part, as near the end of a disk: the rest is given again until the post is whole."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:7]))
    path = tmp_path / "a.md"
    assert write_post(path, "合成正文，分几次写。\n")
    assert path.read_text(encoding="utf-8") == "合成正文，分几次写。\n"


def test_a_full_disk_leaves_the_old_post_whole(tmp_path: Path) -> None:
    """When the disk is full the old post stands, nothing unfinished is left, and the error is the system's."""
    path = tmp_path / "a.md"
    write_post(path, "old " * 10)
    with no_file_larger_than(4096), pytest.raises(OSError, match="large"):
        write_post(path, "new " * 10_000)
    assert path.read_text() == "old " * 10
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.md"]


def test_posts_before_a_failure_stand(tmp_path: Path) -> None:
    """Of several posts, those before the one that failed are whole."""
    posts = [(tmp_path / "a.md", b"a"), (tmp_path / "b.md", b"b" * 10_000), (tmp_path / "c.md", b"c")]
    with no_file_larger_than(4096), pytest.raises(OSError, match="large"):
        write_posts(posts)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.md", "a")]


def test_a_vanished_folder_is_an_error(tmp_path: Path) -> None:
    """A folder that is gone is the system's error, not a silent loss."""
    with pytest.raises(FileNotFoundError):
        write_post(tmp_path / "gone" / "a.md", "a")


WRITER = """
import sys
from pathlib import Path
from pipelines.posting.posts import write_post
folder, size = Path(sys.argv[1]), int(sys.argv[2])
print("ready", flush=True)
n = 0
while True:
    for name in range(5):
        write_post(folder / f"{name}.md", f"{n} " + "x" * size + " end")
    n += 1
"""


def test_kill_leaves_whole_posts_and_stale_files_go(tmp_path: Path) -> None:
    """After kill -9 at any moment every post is whole, and what was unfinished is removed by the next run."""
    for pause in (0.01, 0.02, 0.035, 0.05):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, tmp_path, "300000"], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
        ) as writer:
            assert writer.stdout
            writer.stdout.readline()
            time.sleep(pause)
            writer.send_signal(signal.SIGKILL)
        for post in tmp_path.glob("*.md"):
            assert post.read_text().endswith(" end")
        remove_stale(tmp_path)
        assert not [entry.name for entry in tmp_path.iterdir() if entry.suffix != ".md"]


def test_remove_stale_counts_and_spares(tmp_path: Path) -> None:
    """Unfinished files of dead runs go; posts, links and what a living run is writing stay."""
    for name in (".tmp-1-0", ".tmp-99999-7", "a.md", "x.tmp-1"):
        (tmp_path / name).write_text("x")
    (tmp_path / ".tmp-folder").mkdir()
    (tmp_path / ".tmp-link").symlink_to(tmp_path / "a.md")
    living = tmp_path / ".tmp-2-0"
    held = subprocess.Popen(
        [sys.executable, "-c", f"import fcntl,sys; f=open({str(living)!r},'w'); fcntl.flock(f,fcntl.LOCK_SH); print(1,flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    with held:
        assert held.stdout
        held.stdout.readline()
        assert remove_stale(tmp_path) == 2
        left = {entry.name for entry in tmp_path.iterdir()}
        held.kill()
    assert left == {"a.md", "x.tmp-1", ".tmp-folder", ".tmp-link", ".tmp-2-0"}
    assert remove_stale(tmp_path) == 1
    assert remove_stale(tmp_path / "missing") == 0


def test_check_folder_makes_it(tmp_path: Path) -> None:
    """A folder that does not exist is made, and the check leaves nothing in it."""
    check_folder(tmp_path / "a" / "_posts")
    check_folder(tmp_path / "a" / "_posts")
    assert list((tmp_path / "a" / "_posts").iterdir()) == []


@pytest.mark.parametrize("below", ["file", "file/_posts"])
def test_check_folder_refuses_what_cannot_be_written(tmp_path: Path, below: str) -> None:
    """A file in the way is one line that names the setting, the path and the way out."""
    (tmp_path / "file").touch()
    with pytest.raises(SettingError, match=r"^NEWS_POSTS_DIR=\S+ cannot be written \(.+\); name a writable folder$"):
        check_folder(tmp_path / below)


def test_a_post_tells_its_article(tmp_path: Path) -> None:
    """What stands in a post's front matter is read back: key, time, fingerprint, revision, publisher."""
    row = article(title='合成 "标题" \\ : #', media="合成·报")
    path = tmp_path / post_name(row)
    write_post(path, render(row))
    post = read_post(path)
    assert post is not None
    assert (post.path, post.source, post.article_id) == (path, row.source, row.article_id)
    assert (post.title, post.link, post.media, post.category) == (row.title, row.url, row.media, row.category)
    assert (post.published_at, post.fingerprint, post.revision) == (WHEN, row.fingerprint, 3)


@pytest.mark.parametrize(
    "row",
    [article(), article(source="cls", article_id="1234567", url="https://example.com/detail/1234567?x=1")],
    ids=["eastmoney", "cls"],
)
def test_a_finews_post_tells_its_article(tmp_path: Path, row: ArticleRow) -> None:
    """A post without our keys is known by its name and link; it has no fingerprint and counts as first revision."""
    path = tmp_path / post_name(row)
    write_post(path, render(row, template="finews", site_url="//example.com"))
    post = read_post(path)
    assert post is not None
    assert (post.source, post.article_id, post.title, post.link) == (row.source, row.article_id, row.title, row.url)
    assert (post.media, post.category, post.published_at) == (row.media, row.category, WHEN)
    assert (post.fingerprint, post.revision) == ("", 1)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("2022-03-01-hello-world.md", b"---\ntitle: mine\n---\nhello <https://example.com/hello>\n"),
        ("2022-03-01-notes-1.md", b"---\ntitle: mine\n---\nno link line\n"),
        ("2022-03-01-2022.md", b"---\ntitle: mine\n---\n"),
        ("2022-03-01-202203010000000001.md", b""),
        ("2022-03-01-202203010000000001.md", b"no front matter\n---\n"),
        ("2022-03-01-202203010000000001.md", b"---\ntitle: cut short"),
        ("2022-03-01-202203010000000001.md", b"\xff\xfe\x00---\n---\n"),
        ("-202203010000000001.md", b"---\nlayout: post\n---\n"),
        ("202203010000000001.md", b"---\nsource: eastmoney\n---\n"),
        ("2022-03-01-202203010000000001.markdown", b"---\nsource: eastmoney\n---\n"),
        ("2022-03-01-x.md", b'---\nsource: "../x"\narticle_id: "a/b"\n---\n'),
    ],
)
def test_other_files_are_passed_over(tmp_path: Path, name: str, data: bytes) -> None:
    """Posts kept by hand, files cut short and files of other names are no articles."""
    (tmp_path / name).write_bytes(data)
    assert read_post(tmp_path / name) is None
    assert list(scan_posts(tmp_path)) == []


@pytest.mark.parametrize(
    ("data", "revision", "when"),
    [
        (b'---\r\nsource: "eastmoney"\r\narticle_id: "7"\r\nrevision: 2\r\n---\r\n', 2, None),
        (b"\xef\xbb\xbf---\nsource: eastmoney\narticle_id: '7'\nrevision: x\n---\n", 1, None),
        (b"---  \nsource: eastmoney\narticle_id: 7\nrevision: 99999999999999999999\n---\t\n", 1, None),
        (b"---\narticle_id: 7\nx: " + b"y" * 20_000 + b"\nsource: eastmoney\ndate: 2022-03-01\n---\n", 1, "2022-03-01"),
    ],
)
def test_edited_posts_are_read(tmp_path: Path, data: bytes, revision: int, when: str | None) -> None:
    """Other line ends, a byte order mark, other quotes and long heads, as editors leave them, are read all the same."""
    path = tmp_path / "2022-03-01-x.md"
    path.write_bytes(data)
    post = read_post(path)
    assert post is not None
    assert (post.source, post.article_id, post.revision) == ("eastmoney", "7", revision)
    assert post.published_at == (datetime.fromisoformat(when).replace(tzinfo=BEIJING) if when else None)


def test_a_folder_named_like_a_post_is_passed_over(tmp_path: Path) -> None:
    """What cannot be read as a file stops nothing."""
    (tmp_path / "2022-03-01-202203010000000001.md").mkdir()
    assert list(scan_posts(tmp_path)) == []
    assert list(scan_posts(tmp_path / "missing")) == []


def test_scan_finds_every_post_quickly(tmp_path: Path) -> None:
    """Two thousand posts are told from each other in well under two seconds."""
    text = render(article())
    for number in range(2000):
        key = f"2022030100{number:08d}"
        (tmp_path / f"2022-03-01-{key}.md").write_text(text.replace("202203010000000001", key), "utf-8")
    assert len({post.article_id for post in scan_posts(tmp_path)}) == 2000
    assert costs_less(lambda: list(scan_posts(tmp_path)), 2)


@QUICK
@given(st.binary(max_size=300), st.sampled_from([b"", b"---\n", b"---\nsource: eastmoney\narticle_id: "]))
def test_any_file_can_be_read(tmp_path: Path, data: bytes, head: bytes) -> None:
    """Whatever bytes a file holds, reading it gives a post or none."""
    path = tmp_path / "2022-03-01-202203010000000001.md"
    path.write_bytes(head + data + b"\n---\n")
    read_post(path)


def test_captured_finews_posts_are_known(captures: Path, tmp_path: Path) -> None:
    """Real posts of finews, under the names they have there, tell their id, title, publisher and time."""
    names = {
        "finews_202112082206928461.md": ("2021-12-08-202112082206928461.md", "202112082206928461", "东财滚动"),
        "finews_NW202205292395438077.md": ("2022-05-29-NW202205292395438077.md", "202205292395438077", "中国基金报"),
        "finews_202205302396671291.md": ("2022-05-30-202205302396671291.md", "202205302396671291", "东财滚动"),
        "finews_202205262391921712.md": ("-202205262391921712.md", None, ""),
    }
    for capture, (name, article_id, media) in names.items():
        (tmp_path / name).write_bytes((captures / capture).read_bytes())
        post = read_post(tmp_path / name)
        assert (post and post.article_id) == article_id
        if post:
            assert (post.source, post.media) == ("eastmoney", media)
            assert post.title
            assert post.published_at
            assert post.published_at.date().isoformat() == name[:10]
            assert post.article_id in post.link


@given(
    st.text("ahtps:/.-_~?&%;=[]{}@中 \n0", max_size=40),
    st.sampled_from(["", "http://", "https://", "https://a.example/"]),
)
@settings(deadline=None, database=None, max_examples=400)
def test_plain_addresses(end: str, begin: str) -> None:
    """An address that needs one look comes out as if it had been taken apart, which a blank before it makes sure of."""
    url = (begin + end).strip()
    assert safe_url(url) == safe_url(f" {url}")
