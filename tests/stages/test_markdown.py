"""The stage that writes posts: which files it writes, when it does not, and how it fails."""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from scrapy.exceptions import NotConfigured
from scrapy.utils.test import get_crawler

from newscrawler.items import Article
from pipelines.errors import InvalidPost, SettingError, StoreError
from pipelines.markdown import WritePost
from pipelines.posting.forms import render
from pipelines.posting.reading import read_post
from pipelines.row import row_of

WHEN = datetime(2022, 3, 1, 4, 19, 3, tzinfo=UTC)


def item(number: int = 1, **changed: Any) -> Article:
    """Return a synthetic article as the stages before this one leave it."""
    fields: dict[str, Any] = {
        "source": "eastmoney",
        "article_id": f"2022030100{number:08d}",
        "url": f"https://finance.example.com/a/2022030100{number:08d}.html",
        "channels": ("column:344",),
        "crawled_at": WHEN,
        "title": f"合成标题{number}",
        "summary": "合成导语",
        "body_html": "<p>合成正文</p>",
        "body_text": "合成正文",
        "media": "合成报",
        "category": "hechengbao",
        "published_at": WHEN,
        "fingerprint": "ab" * 32,
        "outcome": "inserted",
    }
    return Article(**(fields | changed))


def stage(folder: Path, **named: Any) -> WritePost:
    """Return the stage as a crawler builds it, writing into a folder of the test's."""
    settings = {"NEWS_ROOT": str(folder), "NEWS_POSTS_DIR": "_posts", **named}
    return WritePost.from_crawler(get_crawler(settings_dict=settings))


def run(stage: WritePost, items: Sequence[Article]) -> list[Any]:
    """Push items through the stage all at once, as a crawl does; exceptions are answers."""

    async def crawl() -> list[Any]:
        stage.open_spider()
        answers = await asyncio.gather(*(stage.process_item(one) for one in items), return_exceptions=True)
        await stage.close_spider()
        return answers

    return asyncio.run(crawl())


def counts(stage: WritePost) -> tuple[int, int]:
    """Return how many posts were written and how many were the same."""
    return stage.stats.get_value("news/posts/written", 0), stage.stats.get_value("news/posts/same", 0)


def test_each_article_gets_its_post(tmp_path: Path) -> None:
    """Every item goes on unchanged and its post holds what the form makes of it."""
    writer = stage(tmp_path)
    items = [item(number) for number in range(300)]
    assert run(writer, items) == items
    assert counts(writer) == (300, 0)
    names = sorted(path.name for path in (tmp_path / "_posts").iterdir())
    assert names == [f"2022-03-01-2022030100{number:08d}.md" for number in range(300)]
    text = (tmp_path / "_posts" / names[7]).read_text("utf-8")
    assert text == render(row_of(vars_of(items[7])))


def vars_of(article: Article) -> dict[str, Any]:
    """Return an item's fields as a mapping."""
    return {name: getattr(article, name) for name in Article.__dataclass_fields__}


def test_a_second_run_touches_nothing(tmp_path: Path) -> None:
    """The same articles once more leave every file as it was, whatever dedupe expects of them."""
    run(stage(tmp_path), [item(1), item(2)])
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "_posts").iterdir()}
    writer = stage(tmp_path)
    run(writer, [item(1), item(2, outcome="unchanged")])
    assert counts(writer) == (0, 2)
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "_posts").iterdir()} == before


def test_an_unchanged_article_costs_one_look(tmp_path: Path) -> None:
    """An unchanged article's post stays as its keeper edited it; one that is gone is written again."""
    run(stage(tmp_path), [item(1), item(2)])
    edited, gone = (tmp_path / "_posts" / f"2022-03-01-2022030100{number:08d}.md" for number in (1, 2))
    edited.write_text("edited by hand")
    gone.unlink()
    writer = stage(tmp_path)
    run(writer, [item(1, outcome="unchanged"), item(2, outcome="unchanged")])
    assert counts(writer) == (1, 1)
    assert edited.read_text() == "edited by hand"
    assert read_post(gone)


def test_a_revision_rewrites_its_post(tmp_path: Path) -> None:
    """A revised article's post is written anew in the same file, with its new number."""
    run(stage(tmp_path), [item(1)])
    writer = stage(tmp_path)
    run(writer, [item(1, title="合成新题", revision=2, outcome="revised")])
    (path,) = (tmp_path / "_posts").iterdir()
    post = read_post(path)
    assert post
    assert (post.title, post.revision) == ("合成新题", 2)
    assert counts(writer) == (1, 0)


def test_a_post_under_the_choice_id_keeps_its_name(tmp_path: Path) -> None:
    """A post that finews named by the Choice id is rewritten where it is, not doubled."""
    (tmp_path / "_posts").mkdir()
    old = tmp_path / "_posts" / "2022-03-01-NW202203010000000001.md"
    old.write_text("---\nlayout: post\n---\n")
    run(stage(tmp_path, NEWS_POST_TEMPLATE="finews"), [item(1)])
    assert [path.name for path in (tmp_path / "_posts").iterdir()] == [old.name]
    assert "合成标题1" in old.read_text("utf-8")


def test_settings_reach_the_post(tmp_path: Path) -> None:
    """Form, body form and site address of the settings are those of the post."""
    run(
        stage(tmp_path, NEWS_POST_TEMPLATE="finews", NEWS_POST_BODY="markdown", NEWS_SITE_URL="//example.com"),
        [item(1)],
    )
    (path,) = (tmp_path / "_posts").iterdir()
    text = path.read_text("utf-8")
    assert "---\n合成正文\n\n（文章来源：合成报）\n\n<https://" in text
    assert text.endswith("｜[返回首页](//example.com/)")


def test_a_relative_template_counts_from_the_root(tmp_path: Path) -> None:
    """A template's relative path counts from the project's folder, as every path does."""
    (tmp_path / "own.j2").write_text("own {{ title }}\n")
    run(stage(tmp_path, NEWS_POST_TEMPLATE="own.j2"), [item(1)])
    (path,) = (tmp_path / "_posts").iterdir()
    assert path.read_text("utf-8") == "own 合成标题1\n"


@pytest.mark.parametrize(
    "changed",
    [{"article_id": "../../etc/passwd"}, {"article_id": ""}, {"source": "a/b"}, {"published_at": None}],
)
def test_an_article_that_cannot_be_a_post_is_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    """An id that leads elsewhere, or no time, refuses that article alone and names it."""
    good, bad = item(1), item(2, **changed)
    writer = stage(tmp_path)
    answers = run(writer, [good, bad])
    assert answers[0] is good
    assert isinstance(answers[1], InvalidPost)
    assert str(answers[1]).startswith(f"{bad.source}:{bad.article_id}: ")
    assert len(list((tmp_path / "_posts").iterdir())) == 1


def test_a_template_that_fails_refuses_the_article(tmp_path: Path) -> None:
    """A user's template that fails on one article leaves that one to pending."""
    (tmp_path / "own.j2").write_text("{{ 1 / (revision - 7) }}")
    answers = run(stage(tmp_path, NEWS_POST_TEMPLATE="own.j2"), [item(1, revision=7), item(2)])
    assert isinstance(answers[0], InvalidPost)
    assert "division by zero" in str(answers[0])
    assert answers[1].article_id == "202203010000000002"


def test_a_full_disk_ends_the_run(tmp_path: Path) -> None:
    """Posts that cannot be written are the store's failure, not the article's; old posts stay whole, no litter."""
    run(stage(tmp_path), [item(1)])
    (path,) = (tmp_path / "_posts").iterdir()
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        answers = run(stage(tmp_path), [item(1, body_html=f"<p>{'长' * 9000}</p>", outcome="revised")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert isinstance(answers[0], StoreError)
    assert "cannot be written" in str(answers[0])
    assert [entry.name for entry in (tmp_path / "_posts").iterdir()] == [path.name]
    assert path.read_bytes() == before


def test_litter_of_killed_runs_goes_at_the_start(tmp_path: Path) -> None:
    """What a killed run left unfinished is gone when the spider opens."""
    (tmp_path / "_posts").mkdir()
    (tmp_path / "_posts" / ".tmp-1-1").write_text("half")
    run(stage(tmp_path), [])
    assert list((tmp_path / "_posts").iterdir()) == []


def test_the_stage_is_off_without_markdown(tmp_path: Path) -> None:
    """With the database alone as output the stage is not there, and no folder is made."""
    with pytest.raises(NotConfigured):
        stage(tmp_path, NEWS_OUTPUTS="database")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("named", "value"),
    [
        ("NEWS_POST_TEMPLATE", "missing.j2"),
        ("NEWS_POST_TEMPLATE", "broken.j2"),
        ("NEWS_POST_BODY", "text"),
        ("NEWS_SITE_URL", "javascript:x"),
        ("NEWS_POSTS_DIR", "broken.j2/_posts"),
    ],
)
def test_wrong_settings_are_refused_at_once(tmp_path: Path, named: str, value: str) -> None:
    """A setting that cannot work is one line when the stage is built, before any request."""
    (tmp_path / "broken.j2").write_text("{{ nothing }}")
    with pytest.raises(SettingError) as refused:
        stage(tmp_path, **{named: value})
    assert named in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_quiet_run_loads_nothing_to_write_with(tmp_path: Path) -> None:
    """Building the stage with a form of ours imports neither template engine nor converter nor YAML."""
    program = (
        "import sys; from scrapy.utils.test import get_crawler; from pipelines.markdown import WritePost\n"
        f"WritePost.from_crawler(get_crawler(settings_dict={{'NEWS_ROOT': {str(tmp_path)!r}, 'NEWS_POST_BODY': 'markdown'}}))\n"
        "print([name for name in ('jinja2', 'yaml', 'html_to_markdown', 'nh3') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.strip() == "[]"
