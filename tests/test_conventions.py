"""The house rules that a machine can check."""

from __future__ import annotations

import ast
import re
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from newscrawler import settings

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted([*ROOT.glob("newscrawler/**/*.py"), *ROOT.glob("pipelines/**/*.py")])


def imports(path: Path) -> set[str]:
    """Every module that a file imports, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    """The pipelines import nothing of newscrawler, only the store imports SQLAlchemy, nothing imports a spider."""
    found = imports(path)
    name = str(path.relative_to(ROOT))
    if name.startswith("pipelines/"):
        assert not any(module.split(".")[0] == "newscrawler" for module in found)
    if not name.startswith("pipelines/store/"):
        assert not any(module.split(".")[0] in ("sqlalchemy", "alembic", "psycopg") for module in found)
    assert not any(module.startswith("newscrawler.spiders.") for module in found)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_stay_small(path: Path) -> None:
    """A module has at most 300 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def test_stage_table() -> None:
    """The architecture's table of stages names the stages of the settings, in their order."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `(pipelines\.\w+\.\w+)` \|", text, re.MULTILINE)
    assert named == sorted(settings.ITEM_PIPELINES, key=settings.ITEM_PIPELINES.__getitem__)


@pytest.mark.parametrize("stage", settings.ITEM_PIPELINES)
def test_stage_docstrings(stage: str) -> None:
    """Every stage says what it reads, writes, drops and counts."""
    module, _, name = stage.rpartition(".")
    doc = getattr(import_module(module), name).__doc__
    for word in ("**Reads**", "**Writes**", "**Drops**", "**Stats**"):
        assert word in doc, f"{stage} does not say {word}"


def test_every_setting_is_documented() -> None:
    """Every NEWS_* name that the code asks for stands in settings.py and in the table of settings."""
    asked: set[str] = set()
    for path in MODULES:
        asked.update(re.findall(r"\bNEWS_[A-Z_]+\b", path.read_text(encoding="utf-8")))
    asked -= {"NEWS_"}
    documented = set(
        re.findall(r"^\| `(NEWS_[A-Z_]+)`", (ROOT / "docs/settings.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    defined = {name for name in vars(settings) if name.startswith("NEWS_")}
    assert asked == defined
    assert documented == defined


def test_every_command_is_documented() -> None:
    """Every command of the project stands in the README."""
    commands = {path.stem for path in (ROOT / "newscrawler/commands").glob("*.py")} - {"__init__"}
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {name for name in commands if f"scrapy {name}" not in text} == set()


def test_every_library_has_a_reason() -> None:
    """Every dependency stands in the architecture's table of libraries."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = project.split("dependencies = [", 1)[1].split("\n]", 1)[0]
    names = re.findall(r'"([a-z0-9-]+)', block)
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8").split("## Libraries", 1)[1]
    assert [name for name in names if not re.search(rf"\b{name}\b", text)] == []


def test_the_lock_names_no_address() -> None:
    """The lock file holds versions and hashes, and no address of an index."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "--hash=sha256:" in text
    assert "://" not in text
    assert not re.search(r"^--(index|extra|find)", text, re.MULTILINE)


def test_every_test_says_what_it_shows() -> None:
    """Every test function has a sentence that names the behaviour."""
    silent: list[str] = []
    for path in ROOT.glob("tests/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
                doc = ast.get_docstring(node) or ""
                if not doc.endswith("."):
                    silent.append(f"{path.name}:{node.name}")
    assert silent == []


def test_helpers_of_tests_have_names_of_their_own() -> None:
    """Two helpers of one name, in two folders, would be one module to a run of all tests: the first that was imported."""
    paths = [path for path in ROOT.glob("tests/**/*.py") if path.name not in ("conftest.py", "__init__.py")]
    twice = [name for name, count in Counter(path.name for path in paths).items() if count > 1]
    assert twice == []
