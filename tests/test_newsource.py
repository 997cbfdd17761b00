"""`scrapy newsource`: what it writes is clean, fails until it is filled in, and passes then."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from crawling import ROOT, environment

from newscrawler.recording import Recording
from newscrawler.scaffold import begin
from newscrawler.spiders import archive, cls, eastmoney
from pipelines.errors import SettingError

SPIDERS = [archive.ArchiveSpider, cls.ClsSpider, eastmoney.EastmoneySpider]
"""As many as these tests need."""
LIST = {
    "data": [
        {
            "id": "n1",
            "url": "https://news.example.org/n1",
            "title": "样例一",
            "time": "2026-03-01 10:00",
            "media": "样例报",
        },
        {"id": "n2", "title": "synthetic: no address"},
    ]
}
PAGE = (
    "<html><body><h1>样例一</h1><p class='source'>样例日报</p><time>2026-03-01 10:00</time>"
    "<article><p>虚构的第一段。</p><p>虚构的最后一段。</p></article></body></html>"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project, as far as a new source needs it."""
    root = tmp_path / "project"
    for name in ("newscrawler", "pipelines"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "tests/sources").mkdir(parents=True)
    (root / "docs").mkdir()
    for name in ("scrapy.cfg", "pyproject.toml", "docs/sources.md", "tests/conftest.py", "tests/sources/replay.py"):
        shutil.copyfile(ROOT / name, root / name)
    return root


def run(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a module of Python in a project."""
    line = [sys.executable, "-W", "ignore", "-m", *words]
    return subprocess.run(line, cwd=root, env=environment(), capture_output=True, text=True, timeout=900, check=False)


def folder_of(tmp_path: Path) -> Path:
    """An empty project."""
    for name in ("newscrawler/spiders", "tests/sources"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


@pytest.mark.timeout(1200)
def test_what_is_written_passes_the_linters(project: Path) -> None:
    """Spiders of a new and of a known source, with short and long names, pass ruff and mypy; their tests say what to fill in."""
    names = ("eastmoney_fund_news", "cn", "n23456789_123456789_123456789_123456789")
    for name in names:
        told = run(project, "scrapy", "newsource", name)
        assert told.returncode == 0, told.stderr
        assert f"tests/sources/test_{name}.py" in told.stdout.splitlines()
        assert sorted(path.name for path in (project / "tests/fixtures" / name).iterdir()) == [
            "SOURCE.md",
            "manifest.json",
        ]
    assert set(names) <= set(run(project, "scrapy", "list").stdout.split())
    for words in (("check", "."), ("format", "--check", "newscrawler/spiders", "tests")):
        told = run(project, "ruff", *words)
        assert told.returncode == 0, told.stdout
    told = run(
        project, "mypy", "--cache-dir", str(project / "cache"), *(f"newscrawler/spiders/{name}.py" for name in names)
    )
    assert told.returncode == 0, told.stdout
    told = run(project, "pytest", "-q", "-p", "no:cacheprovider", "tests/sources")
    assert told.returncode == 1
    assert "6 failed" in told.stdout
    for what in (
        "allowed_domains",
        "SOURCE.md: which answers",
        "scrapy record cn --to",
        "expected.json",
        "docs/sources.md: a row",
    ):
        assert what in told.stdout
    assert 'source = "eastmoney"' in (project / "newscrawler/spiders/eastmoney_fund_news.py").read_text(
        encoding="utf-8"
    )
    assert 'source = "cn"' in (project / "newscrawler/spiders/cn.py").read_text(encoding="utf-8")


def fill_in(root: Path, name: str) -> Path:
    """Do what the failing test asks for; returns the fixture folder."""
    spider = root / f"newscrawler/spiders/{name}.py"
    text = spider.read_text(encoding="utf-8")
    for old, new in (
        ("say in a few words what it is", "made-up news"),
        ("which endpoints, seen when, in whose data", "a made-up list and its pages"),
        ("what they do not tell: how far back they list, what they leave out", "all of it is synthetic"),
        ("https://example.com/", "https://news.example.org/"),
        ("[]  # the hosts", '["example.org"]  # the hosts'),
    ):
        assert old in text
        text = text.replace(old, new)
    spider.write_text(text, encoding="utf-8")
    folder = root / "tests/fixtures" / name
    (folder / "SOURCE.md").write_text("synthetic", encoding="utf-8")
    (folder / "list.json").write_text(json.dumps(LIST), encoding="utf-8")
    (folder / "page.html").write_text(PAGE, encoding="utf-8")
    entries = [
        {"file": "page.html", "url": "https://news.example.org/n1", "article_id": "n1", "place": "page"},
        {"file": "list.json", "url": "https://news.example.org/list", "channel": "list:1", "page": 1},
    ]
    (folder / "manifest.json").write_text(json.dumps(entries), encoding="utf-8")
    with (root / "docs/sources.md").open("a", encoding="utf-8") as file:
        file.write(f"| synthetic | `{name}` |\n")
    return folder


def test_a_filled_in_source_passes(project: Path) -> None:
    """Once answers are recorded and a person has read them, the test passes; it fails where the spider reads otherwise."""
    assert run(project, "scrapy", "newsource", "made_up").returncode == 0
    folder = fill_in(project, "made_up")
    test = ("pytest", "-q", "-p", "no:cacheprovider", "tests/sources/test_made_up.py")
    told = run(project, *test)
    assert told.returncode == 1
    assert "reviewed" in told.stdout
    row = {"article_id": "n1", "url": "https://news.example.org/n1", "title": "样例一", "media": "样例报"}
    answers = {
        "list.json": {
            "rows": [{**row, "published_raw": "2026-03-01 10:00", "kind": "article"}],
            "bad": [f"row without id, url, title or time: {str(LIST['data'][1])[:60]!r}"],
            "last": False,
            "total": None,
        },
        "page.html": {
            "url": "https://news.example.org/n1",
            "title_raw": "样例一",
            "media_raw": "样例日报",
            "author_raw": "",
            "published_raw": "2026-03-01 10:00",
            "lines": 2,
            "begins": "虚构的第一段。",
            "ends": "虚构的最后一段。",
            "pictures": 0,
        },
    }
    reviewed = {"reviewed": {"on": "2026-03-02", "by": "synthetic"}, "answers": answers}
    (folder / "expected.json").write_text(json.dumps(reviewed), encoding="utf-8")
    told = run(project, *test)
    assert told.returncode == 0, told.stdout
    (folder / "page.html").write_text(PAGE.replace("最后", "另"), encoding="utf-8")
    assert run(project, *test).returncode == 1


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "Fund",
        "fund-news",
        "fund news",
        "9fund",
        "_fund",
        "fund_",
        "fund__news",
        "基金",
        "import",
        "../fund",
        "a" * 41,
    ],
)
def test_bad_names(tmp_path: Path, name: str) -> None:
    """A name that no module, folder and channel could have is refused, and nothing is written."""
    root = folder_of(tmp_path)
    with pytest.raises(SettingError, match="is no name of a spider"):
        begin(root, name, SPIDERS)
    assert [path for path in root.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "standing",
    [
        "newscrawler/spiders/fund.py",
        "newscrawler/fund.py",
        "tests/sources/test_fund.py",
        "tests/test_fund.py",
        "tests/fixtures/fund/page.html",
    ],
)
def test_nothing_is_overwritten(tmp_path: Path, standing: str) -> None:
    """Where something of that name exists, nothing is written."""
    root = folder_of(tmp_path)
    (root / standing).parent.mkdir(parents=True, exist_ok=True)
    (root / standing).write_text("synthetic", encoding="utf-8")
    with pytest.raises(SettingError, match="exists already"):
        begin(root, "fund", SPIDERS)
    assert [path for path in root.rglob("*") if path.is_file()] == [root / standing]


@pytest.mark.parametrize("name", ["eastmoney", "archive", "cls"])
def test_spiders_that_exist(tmp_path: Path, name: str) -> None:
    """The name of a spider is taken, wherever it is defined."""
    with pytest.raises(SettingError, match="exists already"):
        begin(folder_of(tmp_path), name, SPIDERS)


def test_a_list_of_a_known_source_has_a_name_of_its_own(tmp_path: Path) -> None:
    """Two spiders of a source share no kind of list, so that each retries what is its own."""
    root = folder_of(tmp_path)
    begin(root, "eastmoney_column", SPIDERS)
    text = (root / "newscrawler/spiders/eastmoney_column.py").read_text(encoding="utf-8")
    assert 'frozenset({"eastmoney_column"})' in text


def test_a_place_that_is_no_project(tmp_path: Path) -> None:
    """Outside a project nothing is written."""
    with pytest.raises(SettingError, match="is no project"):
        begin(tmp_path, "fund", SPIDERS)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_cannot_be_written(tmp_path: Path) -> None:
    """What was written before a failure is taken back."""
    root = folder_of(tmp_path)
    (root / "tests/fixtures").write_text("synthetic: a file where a folder should be", encoding="utf-8")
    with pytest.raises(SettingError, match="cannot be written to"):
        begin(root, "fund", SPIDERS)
    assert list((root / "newscrawler/spiders").iterdir()) == []


def test_answers_are_recorded_into_what_was_begun(tmp_path: Path) -> None:
    """`scrapy record` takes the folder as it was written; one with an answer in it, or a page beside, is refused."""
    root = folder_of(tmp_path)
    begin(root, "fund", SPIDERS)
    folder = root / "tests/fixtures/fund"
    recording = Recording(folder, 1, 1)
    recording.prepare()
    recording.finish("fund", {}, "")
    assert len(list(folder.iterdir())) == 2
    (folder / "manifest.json").write_text('[{"file": "list.json"}]', encoding="utf-8")
    with pytest.raises(SettingError, match="is not empty"):
        recording.prepare()
    (folder / "manifest.json").write_text("[]", encoding="utf-8")
    (folder / "list.json").write_text("{}", encoding="utf-8")
    with pytest.raises(SettingError, match="is not empty"):
        recording.prepare()


@pytest.mark.parametrize("words", [["Bad"], [], ["one", "two"], ["--force"]])
def test_one_line_and_2(project: Path, words: list[str]) -> None:
    """A name that cannot be used, or none, ends in one line and 2."""
    told = run(project, "scrapy", "newsource", *words)
    assert told.returncode == 2
    assert len(told.stderr.splitlines()) == 1
    assert told.stderr.startswith("scrapy newsource: ")
    assert told.stdout == ""
