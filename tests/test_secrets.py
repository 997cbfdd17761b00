"""A canary in every secret setting: what a run says, keeps and shows of itself has no trace of it; and nothing listens."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from crawling import FAST, ROOT, command, environment, window
from postgres import Server as Postgres
from receiver import Receiver, receiving
from serve import Fault, Server, Site, serve
from stored import ask
from waits import wait_until

from newscrawler.mirror import mirror_address
from newscrawler.sample.content import WINDOW
from pipelines.config import Config, secret
from pipelines.errors import SettingError

CANARY = "cAn4ry-S3cret"
TEN_DAYS = [f"-a{name}={value}" for name, value in {"channels": "102,344", **window(*WINDOW)}.items()]
SECRETS = ("NEWS_DATABASE_URL", "NEWS_NOTIFY_URL")


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL server that lets everybody in, whatever the password."""
    with Postgres(tmp_path_factory.mktemp("postgres")) as running:
        yield running


@pytest.fixture
def server() -> Iterator[Server]:
    """The sample source; one of its lists is slow, so that a run can be looked at."""
    with serve(Site()) as running:
        running.faults.active.append(Fault("slow", where="list", value="2", times=1))
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook."""
    with receiving() as running:
        yield running


@dataclass
class Watched:
    """A process and all its children, watched from start to end."""

    status: int = 0
    said: str = ""
    command_lines: set[str] = field(default_factory=set)
    listening: set[str] = field(default_factory=set)
    looks: int = 0


def family(pid: int) -> list[int]:
    """A process and everything below it."""
    found = [pid]
    for parent in found:
        with suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def listening(pids: list[int]) -> set[str]:
    """Local addresses of TCP sockets that these processes listen on, of UDP ones that are bound, and of local ones."""
    inodes: set[str] = set()
    for pid in pids:
        with suppress(OSError):
            for descriptor in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):
                    inodes.update(re.findall(r"socket:\[(\d+)\]", str(descriptor.readlink())))
    found: set[str] = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and words[9] in inodes:
                found.add(f"{table} {words[1]}")
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        words = line.split()
        if words[3] == "00010000" and words[6] in inodes:  # the flag of a socket that accepts
            found.add(f"unix {words[-1]}")
    return found


def watch(line: list[str], env: dict[str, str], folder: Path) -> Watched:
    """Run a command to its end, looking at its processes all the while."""
    watched = Watched()
    output = folder / "output"
    with output.open("wb") as out:
        process = subprocess.Popen(line, stdout=out, stderr=out, cwd=ROOT, env=environment(**env))
        try:
            end = time.monotonic() + 120
            while process.poll() is None:
                assert time.monotonic() < end
                pids = family(process.pid)
                for pid in pids:
                    with suppress(OSError):
                        watched.command_lines.add(Path(f"/proc/{pid}/cmdline").read_text())
                watched.listening |= listening(pids)
                watched.looks += 1
                time.sleep(0.05)
        finally:
            process.kill()
            process.wait()
    watched.status = process.returncode
    watched.said = output.read_text(encoding="utf-8", errors="replace")
    return watched


def kept(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Everything that runs left in a folder: posts, state, locks, databases."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes()


def rows(url: str) -> str:
    """Every row of every table of a PostgreSQL database, as text."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        names = [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        assert "runs" in names
        return "\n".join(
            str(row)
            for name in names
            for row in connection.execute(f'SELECT t::text FROM "{name}" t')  # type: ignore[call-overload]  # noqa: S608
        )


def given(how: str, folder: Path, values: dict[str, str]) -> dict[str, str]:
    """The environment that gives secrets, themselves or as files."""
    if how == "environment":
        return values
    folder.mkdir(exist_ok=True)
    env = {}
    for name, value in values.items():
        file = folder / name.lower()
        file.write_text(f"{value}\n")
        env[f"{name}_FILE"] = str(file)
    return env


@pytest.mark.parametrize(("how", "level"), [("environment", "DEBUG"), ("file", "INFO")])
def test_a_run_keeps_its_secrets(
    tmp_path: Path, postgres: Postgres, server: Server, receiver: Receiver, how: str, level: str
) -> None:
    """No output, log line, stat, row, post, file or command line of a run holds a secret, nor does it listen anywhere."""
    url = postgres.database().replace("hunter2", CANARY)
    hook = f"{receiver.url}/{CANARY}"
    server.faults.add("500", where="article", code=Site().find("revised").code)  # something to tell
    env = given(how, tmp_path / "credentials", {"NEWS_DATABASE_URL": url, "NEWS_NOTIFY_URL": hook})
    data = tmp_path / "data"
    line = command("crawl", "eastmoney", *TEN_DAYS, "-L", level, folder=data, NEWS_MIRROR=server.address, **FAST)
    run = watch(line, env, tmp_path)
    assert run.status == 3, run.said
    assert receiver.paths == [hook.removeprefix(f"http://127.0.0.1:{receiver.url.split(':')[2].split('/')[0]}")]
    assert CANARY not in json.dumps(receiver.got)
    assert ("DEBUG" in run.said) == (level == "DEBUG")
    assert CANARY not in run.said
    assert run.looks > 10
    assert not [words for words in run.command_lines if CANARY in words]
    assert run.listening == set()
    posts = list((data / "_posts").glob("*.md"))
    assert len(posts) > 10
    assert not [name for name, body in kept(data) if CANARY.encode() in body]
    everything = rows(url)
    assert "downloader/request_count" in everything  # the ledger's stats are among them
    assert CANARY not in everything


def test_a_site_without_a_database_keeps_its_secrets(tmp_path: Path, server: Server, receiver: Receiver) -> None:
    """The state that git would publish holds no secret, after a run that had something to tell."""
    server.faults.add("403", where="list")
    env = {"NEWS_OUTPUTS": "markdown", "NEWS_NOTIFY_URL": f"{receiver.url}/{CANARY}"}
    line = command("crawl", "eastmoney", *TEN_DAYS, folder=tmp_path / "data", NEWS_MIRROR=server.address, **FAST)
    run = watch(line, env, tmp_path)
    assert run.status == 4
    assert len(receiver.got) == 1
    assert CANARY not in run.said
    assert not [name for name, body in kept(tmp_path / "data") if CANARY.encode() in body]


def test_a_webhook_that_fails_is_named_by_its_host(tmp_path: Path, server: Server, receiver: Receiver) -> None:
    """A webhook that refuses is logged, and its address is not."""
    receiver.status = 500
    server.faults.add("403", where="list")
    env = {"NEWS_NOTIFY_URL": f"{receiver.url}/{CANARY}"}
    line = command(
        "crawl", "eastmoney", *TEN_DAYS, "-L", "DEBUG", folder=tmp_path / "data", NEWS_MIRROR=server.address, **FAST
    )
    run = watch(line, env, tmp_path)
    assert receiver.got
    assert "http://127.0.0.1/…" in run.said
    assert CANARY not in run.said


URLS = {
    "closed port": ("postgresql+psycopg://news:{canary}@127.0.0.1:1/news", 5),
    "no database": ("postgresql+psycopg://postgres:{canary}@127.0.0.1:{port}/missing", 2),
    "no user": ("postgresql+psycopg://nobody_here:{canary}@127.0.0.1:{port}/news", 2),
    "wrong option": ("postgresql+psycopg://postgres:{canary}@127.0.0.1:{port}/news?sslmode={canary}", 2),
    "wrong port": ("postgresql+psycopg://postgres:{canary}@127.0.0.1:99999999/news", 2),
    "no number": ("postgresql+psycopg://postgres:{canary}@127.0.0.1:port/news", 2),
    "other database": ("mysql://news:{canary}@127.0.0.1/news", 2),
    "other driver": ("postgresql+{canary}://news:{canary}@127.0.0.1/news", 2),
    "no URL": ("{canary}", 2),
    "sqlite with user": ("sqlite://news:{canary}@/news.db", 2),
}


@pytest.mark.parametrize("name", URLS)
def test_wrong_addresses_stay_secret(tmp_path: Path, postgres: Postgres, name: str) -> None:
    """What is said about a database that cannot be used never quotes its password, not even at DEBUG."""
    url, status = URLS[name]
    wrong = {"NEWS_DATABASE_URL": url.format(canary=CANARY, port=postgres.port)}
    budget_s = 2 if status == 5 else 20
    said = ask(tmp_path / "data", "crawl", "eastmoney", "-L", "DEBUG", NEWS_STORE_BUDGET_S=budget_s, **wrong)
    assert said.status == status, said.errors
    assert "scrapy crawl: " in said.errors.splitlines()[-1]
    if name != "other driver":  # a scheme is no password
        assert CANARY not in said.out + said.errors


@pytest.mark.parametrize("name", ["runs", "coverage", "pending", "posts", "reparse", "db", "probe"])
def test_every_command_keeps_secrets(tmp_path: Path, name: str) -> None:
    """Every command that needs the database names it without its password when it is away."""
    words = {"db": ("current",), "probe": ("eastmoney",)}.get(name, ())
    away = {"NEWS_DATABASE_URL": f"postgresql+psycopg://news:{CANARY}@127.0.0.1:1/news", "NEWS_STORE_BUDGET_S": 1}
    said = ask(tmp_path / "data", name, *words, "-L", "DEBUG", **away)
    assert said.status == 5, said.errors
    assert "127.0.0.1" in said.errors
    assert CANARY not in said.out + said.errors


def test_a_proxys_password_is_not_shown(tmp_path: Path, server: Server) -> None:
    """A proxy with a password, taken from the environment as usual, is not quoted when it does not answer."""
    env = {"http_proxy": f"http://user:{CANARY}@127.0.0.1:1", "https_proxy": f"http://user:{CANARY}@127.0.0.1:1"}
    line = command(
        "crawl", "eastmoney", *TEN_DAYS, "-L", "DEBUG", folder=tmp_path / "data", NEWS_MIRROR=server.address, **FAST
    )
    run = watch(line, env, tmp_path)
    assert run.status != 0
    assert CANARY not in run.said
    assert not [name for name, body in kept(tmp_path / "data") if CANARY.encode() in body]


def test_ss_agrees(tmp_path: Path, server: Server) -> None:
    """`ss -ltnp`, asked during a run, shows no socket of it; it does show the server that the run asks."""
    if not shutil.which("ss"):
        pytest.skip("skipped: no ss")
    server.faults.clear()
    server.faults.add("slow", where="list", value="20", times=1)  # the run lasts until it was looked at
    line = command("crawl", "eastmoney", *TEN_DAYS, folder=tmp_path / "data", NEWS_MIRROR=server.address, **FAST)
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT, env=environment())
    try:
        wait_until(lambda: server.counts["list"])
        shown = subprocess.run(["ss", "-ltnp"], capture_output=True, text=True, check=True).stdout
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
    assert f"127.0.0.1:{server.port}" in shown
    assert f"pid={process.pid}," not in shown


def test_a_listener_would_be_seen(tmp_path: Path) -> None:
    """The watch itself sees a process that listens, and a secret on a command line."""
    script = "import socket, time; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); time.sleep(6)"
    run = watch(["sh", "-c", f'python3 -c "{script}"; : {CANARY}'], {}, tmp_path)
    assert len(run.listening) == 1
    assert any(CANARY in words for words in run.command_lines)


# --- the setting that names a file ---


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize(
    "text",
    ["postgresql://u:p@h/d", "postgresql://u:p@h/d\n", "\n  postgresql://u:p@h/d\r\n\n", "\ufeffpostgresql://u:p@h/d"],
)
def test_a_file_gives_the_secret(tmp_path: Path, name: str, text: str) -> None:
    """The one line of the file is the setting, however an editor ended it; a relative path counts from the project."""
    (tmp_path / "url").write_bytes(text.encode())
    for path in (str(tmp_path / "url"), "url"):
        assert secret({"NEWS_ROOT": str(tmp_path), f"{name}_FILE": path}, name) == "postgresql://u:p@h/d"


def test_the_database_url_comes_from_the_file(tmp_path: Path) -> None:
    """The file's address is the one used; without either the default stands; neither is part of a repr."""
    (tmp_path / "url").write_text(f"postgresql+psycopg://u:{CANARY}@h/d")
    settings = {"NEWS_ROOT": str(tmp_path), "NEWS_DATABASE_URL_FILE": "url", "NEWS_DATABASE_URL": ""}
    config = Config.from_settings(settings)
    assert config.database_url == f"postgresql+psycopg://u:{CANARY}@h/d"
    assert CANARY not in repr(config)
    settings["NEWS_DATABASE_URL_FILE"] = ""
    assert Config.from_settings(settings).database_url == f"sqlite:///{tmp_path / 'data' / 'news.db'}"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "must hold one line and nothing else"),
        (b" \n\n", "must hold one line and nothing else"),
        (f"{CANARY}\n{CANARY}".encode(), "must hold one line and nothing else"),
        (CANARY.encode() * 1000, "must hold one line and nothing else"),
        (b"\xff\xfe" + CANARY.encode("utf-16-le"), "cannot be read: no text"),
        ("folder", "cannot be read: Is a directory"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, content: Any, says: str) -> None:
    """The message is one line with the path and the reason, and nothing of what stands in the file."""
    path = tmp_path / "url"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingError) as raised:
        secret({"NEWS_DATABASE_URL_FILE": str(path)}, "NEWS_DATABASE_URL")
    assert str(raised.value) == f"NEWS_DATABASE_URL_FILE: {str(path)!r} {says}"
    assert CANARY not in "".join(map(str, (raised.value.__cause__, raised.value)))


def test_both_given_is_a_mistake(tmp_path: Path) -> None:
    """An address and a file beside it is a mistake: one line, exit 2, no part of either."""
    (tmp_path / "url").write_text(f"sqlite:///{CANARY}.db")
    both = {"NEWS_DATABASE_URL": f"sqlite:///{CANARY}.db", "NEWS_DATABASE_URL_FILE": str(tmp_path / "url")}
    line = "NEWS_DATABASE_URL and NEWS_DATABASE_URL_FILE are both given; one of them is right"
    said = ask(tmp_path / "data", "runs", **both)
    assert (said.status, said.out, said.errors) == (2, "", f"scrapy runs: {line}\n")
    said = ask(tmp_path / "data", "crawl", "eastmoney", **both)
    assert (said.status, said.errors.splitlines()[-1]) == (2, f"scrapy crawl: {line}")


@pytest.mark.parametrize(
    "mirror", [f"http://u:{CANARY}@127.0.0.1", f"http://:{CANARY}@127.0.0.1:1", f"ftp://{CANARY}@h"]
)
def test_a_mirror_with_a_password_is_refused(mirror: str) -> None:
    """A mirror takes no password, and the message that says so does not quote it."""
    with pytest.raises(SettingError) as raised:
        mirror_address(mirror)
    assert CANARY not in str(raised.value)
