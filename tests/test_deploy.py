"""The files of deploy/, held against the programs that will read them, and run where that needs no server."""

from __future__ import annotations

import configparser
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from crawling import FAST, ROOT, environment
from serve import Fault, Server, Site, serve
from waits import wait_until

from newscrawler import settings
from newscrawler.base import NewsSpider
from newscrawler.sample.content import WINDOW
from newscrawler.window import read_window

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
RUNS = [unit for unit in UNITS if "@" not in unit.name]
TIMERS = sorted((DEPLOY / "systemd").glob("*.timer"))
BIN = Path(sys.executable).parent
LIVES_IN = "/opt/newscrawler"
"""Where the files expect the project."""
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="skipped: no systemd-analyze")
needs_cron = pytest.mark.skipif(not shutil.which("crontab"), reason="skipped: no crontab")


def call(*line: Any, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and keep what it says."""
    words = [str(word) for word in line]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, **options)


def directives(unit: Path) -> dict[str, list[str]]:
    """Every directive of a unit with its values, in order."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and name.isalpha():
            found.setdefault(name, []).append(value)
    return found


def seconds(text: str) -> float:
    """Read a time span of systemd: `120`, `6h`, `10min`."""
    number, unit = re.fullmatch(r"(\d+)(h|min|s|)", text).groups()  # type: ignore[union-attr]
    return int(number) * {"h": 3600, "min": 60}.get(unit, 1)


# --- systemd ---


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units as they would be installed, but for a project that lies where it lies here."""
    folder = tmp_path / "units"
    shutil.copytree(DEPLOY / "systemd", folder)
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "scrapy"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for unit in RUNS:
        dropins = folder / f"{unit.name}.d"
        shutil.copytree(DEPLOY / "systemd" / "newscrawler.service.d", dropins, dirs_exist_ok=True)
        text = unit.read_text(encoding="utf-8").replace(f"{LIVES_IN}/.venv/bin/scrapy", str(program))
        (folder / unit.name).write_text(text.replace(f"WorkingDirectory={LIVES_IN}", f"WorkingDirectory={tmp_path}"))
    return folder


@needs_systemd
def test_units_are_accepted(units: Path) -> None:
    """Systemd reads every unit, with both drop-ins, and finds nothing to say."""
    names = [units / unit.name.replace("@", "@some") for unit in [*UNITS, *TIMERS]]
    for unit in UNITS:
        if "@" in unit.name:
            shutil.copy(unit, units / unit.name.replace("@", "@some"))
    said = call("systemd-analyze", "verify", "--man=no", *names)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_are_confined(unit: Path) -> None:
    """What a unit may do to the machine is small: an exposure of at most 2.5 of 10, as systemd counts."""
    said = call("systemd-analyze", "security", "--offline=yes", "--threshold=25", "--no-pager", unit)
    level = re.search(r"exposure level for \S+: ([\d.]+)", said.stdout)
    assert level, said.stderr
    assert float(level[1]) <= 2.5
    assert said.returncode == 0


@pytest.mark.parametrize("unit", RUNS, ids=lambda unit: unit.name)
def test_https_survives_the_confinement(unit: Path) -> None:
    """Memory that is both writable and executable is left to the runs: HTTPS needs it."""
    assert "MemoryDenyWriteExecute" not in directives(unit)
    assert "AF_INET6" in directives(unit)["RestrictAddressFamilies"][0]


@pytest.mark.parametrize("unit", RUNS, ids=lambda unit: unit.name)
def test_a_stop_has_time_to_end(unit: Path) -> None:
    """Systemd kills no run that is still ending: requests under way, an answer, a database that is away."""
    longest = settings.CONCURRENT_REQUESTS * settings.DOWNLOAD_DELAY
    longest += settings.DOWNLOAD_TIMEOUT + float(settings.NEWS_STORE_BUDGET_S)
    assert seconds(directives(unit)["TimeoutStopSec"][0]) > longest
    grace = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["x-crawler"]["stop_grace_period"]
    assert seconds(grace.replace("m", "min")) > longest


@pytest.mark.parametrize("unit", RUNS, ids=lambda unit: unit.name)
def test_memory_limits_agree(unit: Path) -> None:
    """The run's own limit ends it with a reason before the kernel does without one."""
    (limit,) = directives(unit)["MemoryMax"]
    assert int(limit.removesuffix("M")) > settings.MEMUSAGE_LIMIT_MB


def test_both_runs_are_confined_alike() -> None:
    """The nightly run differs from the everyday one in what it asks and when, in nothing else."""
    everyday, nightly = (
        directives(DEPLOY / "systemd" / f"{name}.service") for name in ("newscrawler", "newscrawler-gaps")
    )
    other = {name for name in everyday | nightly if everyday.get(name) != nightly.get(name)}
    assert other == {"Description", "After", "ExecStart"}
    assert nightly["ExecStart"] == [f"{everyday['ExecStart'][0]} -a since=7天前"]
    assert "newscrawler.service" in nightly["After"][0]


def test_a_lock_is_no_failure() -> None:
    """A run that another one kept from running is not reported, and every other end but 0 is."""
    for unit in RUNS:
        said = directives(unit)
        assert said["SuccessExitStatus"] == ["75"]
        assert said["OnFailure"] == ["newscrawler-failed@%N.service"]


@needs_systemd
@pytest.mark.parametrize(("timer", "every_s"), [("newscrawler", 300), ("newscrawler-gaps", 86_400)])
def test_timers_come_when_they_should(timer: str, every_s: int) -> None:
    """The calendar of a timer comes round at the interval that the docs promise, and after the machine was off."""
    said = directives(DEPLOY / "systemd" / f"{timer}.timer")
    assert said["Persistent"] == ["yes"] or said["Persistent"] == ["true"]
    assert seconds(said["RandomizedDelaySec"][0]) < every_s
    shown = call("systemd-analyze", "calendar", "--iterations=3", *said["OnCalendar"], env={**os.environ, "TZ": "UTC"})
    moments = [
        datetime.strptime(found, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        for found in re.findall(r"(?:elapse|Iteration #\d+|Iter\. #\d+): \w+ (\S+ \S+) UTC", shown.stdout)
    ]
    assert len(moments) == 3, shown.stdout + shown.stderr
    assert {(later - sooner).total_seconds() for sooner, later in itertools.pairwise(moments)} == {every_s}


# --- cron ---


def jobs() -> list[tuple[list[str], str]]:
    """The lines of the crontab: five fields and a command."""
    lines = (DEPLOY / "cron" / "crontab").read_text(encoding="utf-8").splitlines()
    found = [line.split(None, 5) for line in lines if re.match(r"[\d*]", line)]
    return [(fields[:5], fields[5]) for fields in found]


@needs_cron
def test_cron_reads_its_lines() -> None:
    """The crontab on this machine finds no fault with the lines."""
    file = DEPLOY / "cron" / "crontab"
    said = call("crontab", "-T", file)
    if "usage" in said.stderr:  # older ones call the same -n
        said = call("crontab", "-n", file)
    assert said.returncode == 0, said.stderr


def test_cron_lines_say_what_the_units_say() -> None:
    """Cron runs the same two commands, every five minutes and every night, and no sign in them is cron's own."""
    (everyday, first), (nightly, second) = jobs()
    assert everyday == ["2-57/5", "*", "*", "*", "*"]
    assert nightly[2:] == ["*", "*", "*"]
    for command, unit in ((first, "newscrawler"), (second, "newscrawler-gaps")):
        (line,) = directives(DEPLOY / "systemd" / f"{unit}.service")["ExecStart"]
        assert command.endswith(line.removeprefix(f"{LIVES_IN}/"))
        assert "%" not in command  # cron would read a line break


@pytest.mark.parametrize(("status", "heard"), [(0, ""), (75, ""), (3, "words\n"), (5, "words\n")])
def test_cron_mails_failures_only(status: int, heard: str) -> None:
    """`quietly` passes the exit status on, and what was said only where something is wrong."""
    said = call(DEPLOY / "cron" / "quietly", "sh", "-c", f"echo words >&2; exit {status}")
    assert (said.returncode, said.stdout, said.stderr) == (status, heard, "")


def test_cron_waits_for_a_run_under_way(tmp_path: Path) -> None:
    """With -w a command that finds another run under way is tried again, so often and no oftener."""
    script = f"echo x >>{tmp_path}/tries; test $(wc -l <{tmp_path}/tries) -ge 3 || exit 75"
    pause = {**os.environ, "QUIETLY_PAUSE": "0"}
    assert call(DEPLOY / "cron" / "quietly", "-w", "1", "sh", "-c", script, env=pause).returncode == 75
    assert call(DEPLOY / "cron" / "quietly", "-w", "5", "sh", "-c", script, env=pause).returncode == 0
    assert (tmp_path / "tries").read_text() == "x\n" * 3


def test_the_nightly_window_is_read() -> None:
    """The window of the nightly runs is one that a crawl takes: seven days up to now."""
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    window = read_window("7天前", None, now=now)
    assert window is not None
    assert 7 <= (window.until - window.since).total_seconds() / 86_400 <= 8


# --- containers ---


def test_the_containerfile_is_clean() -> None:
    """Hadolint has nothing to say about the Containerfile."""
    said = call(BIN / "hadolint", "--failure-threshold=info", DEPLOY / "Containerfile")
    assert (said.returncode, said.stdout) == (0, "")


def test_the_image_gets_what_it_copies() -> None:
    """Every path that the Containerfile copies exists and is let through by its ignore file; tests and data are not."""
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    copied = [path for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE) for path in line.split()[:-1]]
    copied = [path for path in copied if not path.startswith("--")]
    ignore = (DEPLOY / "Containerfile.dockerignore").read_text(encoding="utf-8").split()
    assert ignore[0] == "*"
    assert {path for path in ignore if path.startswith("!")} == {f"!{path}" for path in copied}
    assert all((ROOT / path).exists() for path in copied)
    assert "USER 10001\n" in text


@pytest.mark.parametrize("held_up", [False, True])
def test_the_loop_of_the_container(tmp_path: Path, held_up: bool) -> None:
    """`every` runs a command again and again whatever its end, and hands a signal on to the run under way.

    Also where the loop itself is held up after a start, and does not know the run's number yet.
    """
    every = DEPLOY / "container" / "every"
    if held_up:
        every = tmp_path / "every"
        text = (DEPLOY / "container" / "every").read_text(encoding="utf-8")
        assert text.count("    child=$!\n") == 1
        every.write_text(text.replace("    child=$!\n", "    sleep 0.3\n    child=$!\n"), encoding="utf-8")
    # "wait" is said by the run that waits, after its trap is set: a count of the runs could not tell which of them saw the file
    script = f"trap 'echo told >>{tmp_path}/log; exit 75' TERM; echo run >>{tmp_path}/log; [ -e {tmp_path}/hold ] || exit 3; "
    script += f"sleep 30 & echo wait >>{tmp_path}/log; wait"
    loop = subprocess.Popen(["sh", str(every), "0", "sh", "-c", script])
    log = tmp_path / "log"
    try:
        wait_until(lambda: log.exists() and log.read_text().count("run") >= 3)
        (tmp_path / "hold").touch()
        wait_until(lambda: "wait" in log.read_text())
        loop.send_signal(signal.SIGTERM)
        loop.wait(20)
    finally:
        loop.kill()
    assert log.read_text().splitlines()[-1] == "told"
    assert log.read_text().count("told") == 1


@pytest.mark.parametrize(
    ("schema", "file"), [("vendor.compose-spec", "compose.yaml"), ("vendor.github-workflows", "github/news.yml")]
)
def test_schemas_hold(schema: str, file: str) -> None:
    """The compose file and the workflow are what their schemas (brought by check-jsonschema) allow."""
    said = call(BIN / "check-jsonschema", "--builtin-schema", schema, DEPLOY / file)
    assert said.returncode == 0, said.stdout


def test_compose_keeps_the_password_in_files() -> None:
    """No service is given a password by its environment, and no port of the database is published."""
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    services = yaml.safe_load(text)["services"]
    assert not re.search(r"^\s*\w*PASSWORD:", text, re.MULTILINE)
    assert services["database"]["environment"]["POSTGRES_PASSWORD_FILE"].startswith("/run/secrets/")
    assert services["crawler"]["environment"]["NEWS_DATABASE_URL_FILE"].startswith("/run/secrets/")
    assert "ports" not in services["database"]
    nightly = services["gaps"]
    assert nightly["command"][-1] == "since=7天前"
    assert nightly["environment"] == services["crawler"]["environment"]


# --- GitHub Actions ---


class Actions:
    """A runner for the `run` steps of the workflow: the site's repository with a bare remote, the project beside it."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder = folder
        self.site = folder / "site"
        self.mirror = server.address
        text = (DEPLOY / "github" / "news.yml").read_text(encoding="utf-8")
        self.steps = {step["name"]: step for step in yaml.safe_load(text)["jobs"]["crawl"]["steps"]}
        (folder / "newscrawler").symlink_to(ROOT)
        self.git("init", "--quiet", "--bare", "--initial-branch=main", "remote.git", cwd=folder)
        self.git("clone", "--quiet", "remote.git", "site", cwd=folder)
        (self.site / "_config.yml").write_text("timezone: Asia/Shanghai\n")
        self.git("add", "_config.yml")
        self.git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "-m", "a site")
        self.git("push", "--quiet", "origin", "HEAD:main")

    def git(self, *words: str, cwd: Path | None = None) -> str:
        """Ask git; it must succeed."""
        said = call("git", *words, cwd=cwd or self.site, env=self._environment())
        assert said.returncode == 0, said.stderr
        return said.stdout

    def _environment(self, **more: str) -> dict[str, str]:
        quiet = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "HOME": str(self.folder)}
        return environment(**quiet, **more)

    def step(self, name: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a step as the runner does: bash -e, its environment, its folder."""
        step = self.steps[name]
        given = {key: str(value) for key, value in step.get("env", {}).items()}
        given = {key: value.replace("${{ github.workspace }}", str(self.folder)) for key, value in given.items()}
        given = {**given, **more, "GITHUB_OUTPUT": str(self.folder / "output")}
        assert not any("${{" in value for value in given.values()), given
        assert "${{" not in step["run"]
        return call(
            "bash", "-e", "-c", step["run"], cwd=self.folder / step.get("working-directory", "."),
            env=self._environment(**given),
        )  # fmt: skip

    def run(self) -> tuple[str, int]:
        """Run the workflow's own steps; the crawl's status and how the job ended."""
        output = self.folder / "output"
        output.write_text("")
        pace = {"SINCE": f"{WINDOW[0]:%Y-%m-%d}", "UNTIL": f"{WINDOW[1]:%Y-%m-%d}", "NEWS_MIRROR": self.mirror}
        crawled = self.step("Crawl", **pace, PYTHONPATH=str(self.folder), SCRAPY_SETTINGS_MODULE="fast")
        assert crawled.returncode == 0, crawled.stderr
        status = output.read_text().strip().removeprefix("status=")
        committed = self.step("Commit what is new", STATUS=status)
        assert committed.returncode == 0, committed.stderr
        return status, self.step("Say how the run ended", STATUS=status).returncode

    @property
    def commits(self) -> list[str]:
        """What the remote has, newest first."""
        return self.git("log", "--format=%s", "main", cwd=self.folder / "remote.git").splitlines()


@pytest.fixture
def served() -> Any:
    """The sample source."""
    with serve(Site()) as server:
        yield server


def test_the_workflow_commits_only_what_changed(tmp_path: Path, served: Server) -> None:
    """The first run commits posts and state, a second one nothing, a revision one post; a fresh clone goes on."""
    fast = "\n".join(f"{name} = {value}" for name, value in FAST.items())
    (tmp_path / "fast.py").write_text(f"from newscrawler.settings import *\n{fast}\n")
    actions = Actions(tmp_path, served)
    assert actions.run() == ("0", 0)
    assert len(actions.commits) == 2
    files = actions.git("ls-tree", "-r", "--name-only", "main", cwd=tmp_path / "remote.git").splitlines()
    assert ".newscrawler/state.json" in files
    assert sum(name.startswith("_posts/") for name in files) > 40
    assert not [name for name in files if "lock" in name]

    assert actions.run() == ("0", 0)
    assert len(actions.commits) == 2

    shutil.rmtree(actions.site)
    actions.git("clone", "--quiet", "remote.git", "site", cwd=tmp_path)
    served.reset()
    assert actions.run() == ("0", 0)
    assert len(actions.commits) == 2
    assert served.counts["article"] == 0


def test_the_workflow_remembers_a_failure(tmp_path: Path, served: Server) -> None:
    """A run that is refused fails the job, and what the next one must know is committed."""
    fast = "\n".join(f"{name} = {value}" for name, value in FAST.items())
    (tmp_path / "fast.py").write_text(f"from newscrawler.settings import *\n{fast}\n")
    actions = Actions(tmp_path, served)
    served.faults.active.append(Fault("403", where="list"))
    assert actions.run() == ("4", 4)
    assert len(actions.commits) == 2
    assert "breakers" in (actions.site / ".newscrawler" / "state.json").read_text(encoding="utf-8")


# --- scrapyd ---


def test_scrapyd_listens_to_this_machine_only() -> None:
    """The configuration of scrapyd can be read, binds loopback, and names a folder for all that it writes."""
    parser = configparser.ConfigParser()
    parser.read_string((DEPLOY / "scrapyd.cfg").read_text(encoding="utf-8"))
    own = parser["scrapyd"]
    assert own["bind_address"] == "127.0.0.1"
    assert all(own[name].startswith("/var/lib/newscrawler/") for name in ("eggs_dir", "logs_dir", "dbs_dir"))


def test_scrapyds_own_argument_is_taken() -> None:
    """Scrapyd gives every run an argument `_job`; a spider takes no notice of it."""

    class Spider(NewsSpider):
        name = "some"

    assert Spider(_job="5141c8c0").arguments == {}
