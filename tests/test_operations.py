"""The page of operations against the code: every exit status, gate, stat and file of deploy/ stands in it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from crawling import ROOT

from newscrawler.gates import GATES
from newscrawler.outcome import MEANINGS
from newscrawler.tally import COUNTS
from pipelines import errors

TEXT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
STATS = TEXT.partition("\n## Stats\n")[2]


def counted() -> set[str]:
    """Every stat that the code counts, as far as its name is written out: `news/run/bugs`, `news/dates/`."""
    found: set[str] = set()
    for path in [*ROOT.glob("pipelines/**/*.py"), *ROOT.glob("newscrawler/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, (ast.Attribute, ast.Name)):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
                if name in ("inc_value", "stat", "count", "inc") and node.args:
                    found.update(named(node.args[0], "news/" if name == "stat" else ""))
    return {name for name in found if name.startswith("news/")} - {"news/"}  # the method that adds the prefix


def named(node: ast.expr, prefix: str) -> set[str]:
    """The names that an expression may become, cut where a value is filled in."""
    if isinstance(node, ast.IfExp):
        return named(node.body, prefix) | named(node.orelse, prefix)
    if isinstance(node, ast.JoinedStr):
        node = node.values[0] if node.values else node
    return {prefix + node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def listed() -> set[str]:
    """Every stat of the table; `news/list/pages`, `rows` in one cell share what stands before the last slash."""
    found: set[str] = set()
    for line in STATS.splitlines():
        group = ""
        for name in re.findall(r"`([\w/…]+)`", line.split(" | ")[0]):
            group = name.rpartition("/")[0] if "/" in name else group
            found.add(name if "/" in name else f"{group}/{name}")
    return found


def test_every_stat_is_explained() -> None:
    """Every stat that the code counts stands in the table, one with a value in its name by its group."""
    known = listed()
    groups = {name.rpartition("/")[0] + "/" for name in known}
    names = counted()
    assert len(names) > 20
    missing = {name for name in names if name not in known and not (name.endswith("/") and name in groups)}
    whole = {group.removesuffix("…") for group in known if group.endswith("…")}
    assert {name for name in missing if not name.startswith(tuple(whole))} == set()


def test_every_count_is_explained() -> None:
    """The counts of the ledger stand in the table."""
    assert {f"news/run/{name}" for name in COUNTS} <= listed()


@pytest.mark.parametrize("status", MEANINGS)
def test_every_exit_status_has_an_advice(status: int) -> None:
    """Each exit status has a row that says what to do."""
    (row,) = re.findall(rf"^\| {status} \| ([^|]+) \| ([^|]+) \|$", TEXT, re.MULTILINE)
    assert all(row)


def test_every_gate_has_an_advice() -> None:
    """Each health gate stands among the reasons."""
    reasons = TEXT.partition("\n## Reasons\n")[2].partition("\n## ")[0]
    lines = "\n".join(line for line in reasons.splitlines() if line.startswith("| gate"))
    assert {gate.name for gate in GATES} == set(
        re.findall(r"`(\w+)`", "\n".join(x.split(" | ")[0] for x in lines.splitlines()))
    )


def test_every_stage_that_refuses_is_named() -> None:
    """The places where an article may stop are those of the stages' refusals."""
    stages = {
        kind.stage for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.NewsDrop)
    }
    assert {f"news/pending/{stage}" for stage in stages - {"dedupe"}} <= listed()


def test_every_file_of_deploy_is_walked_through() -> None:
    """No file lies in deploy/ that the page does not tell what to do with, and it names none that is not there."""
    files = [path for path in (ROOT / "deploy").rglob("*") if path.is_file()]
    told = TEXT.replace("`, `.service`", "`").replace("newscrawler*.service", "").replace("newscrawler*.timer", "")
    untold = {path.name for path in files if path.name not in told}
    # pairs of a table row, what the Containerfile brings with it
    assert untold <= {"newscrawler-gaps.service", "newscrawler.service", "every", "Containerfile.dockerignore"}
    for name in re.findall(r"deploy/[\w./@-]*\w(?![\w*])", TEXT):
        assert (ROOT / name).exists() or Path(name).parts[1] == "secrets", name


def test_what_was_not_run_is_said() -> None:
    """The page says plainly which of its ways nobody ran where it was written."""
    (line,) = re.findall(r"\*\*Not run where this was written: (.*?)\*\*", TEXT, re.DOTALL)
    assert all(word in line for word in ("systemd", "image", "compose", "Actions"))
