"""No room left: old posts stay whole, nothing unfinished is left behind, exit 5, and with room again the next run completes."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from crawling import Crawled
from places import Place
from processes import Launcher
from scenes import ALL, Whole
from serve import Remote

SIZE_BYTES = 8 * 1024 * 1024
FIRST = 50
"""Articles of a run before the disk is full."""


@dataclass
class Disk:
    """A small disk that only the runs of its launcher see; `seen` is the same folder from outside."""

    launcher: Launcher
    folder: Path
    seen: Path
    copies: Iterator[int] = field(default_factory=itertools.count)

    def fill(self, left_bytes: int) -> None:
        """Leave so little room."""
        room = os.statvfs(self.seen)
        with (self.seen / "filler").open("wb") as filler:
            filler.write(bytes(room.f_bavail * room.f_frsize - left_bytes))

    def make_room(self) -> None:
        """Take the filling away."""
        (self.seen / "filler").unlink()

    def copy(self, to: Path) -> Path:
        """Copy what lies there, all but the filling, to where SQLite can open it."""
        folder = to / f"copy {next(self.copies)}"
        return Path(shutil.copytree(self.seen, folder, ignore=shutil.ignore_patterns("filler")))


def can_mount() -> bool:
    """Whether this machine lets us mount a disk that only we see."""
    command = ["unshare", "-m", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"]
    try:
        return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0
    except OSError:
        return False


@pytest.fixture(scope="module")
def mounted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    """A disk of a few megabytes in a mount namespace of its own, gone with the process that holds it."""
    base = tmp_path_factory.mktemp("mounted")
    if not can_mount():
        pytest.skip("skipped: this machine lets us mount no disk of our own; the quota's test stands in")
    folder = base / "disk"
    folder.mkdir()
    mount = f'mount -t tmpfs -o size={SIZE_BYTES} tmpfs "$0" && exec "$@"'
    with Launcher(base, "unshare", "-m", "sh", "-c", mount, str(folder)) as launcher:
        yield Disk(launcher, folder, Path(f"/proc/{launcher.process.pid}/root") / folder.relative_to("/"))


@pytest.fixture
def disk(mounted: Disk) -> Disk:
    """That disk, empty."""
    for path in mounted.seen.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return mounted


def check_refused(run: Crawled, place: Place, before: dict[str, bytes], undisturbed: Whole) -> None:
    """Check that a run without room ended with 5 in one line, and harmed nothing."""
    assert run.status == 5, run.errors
    assert "Traceback" not in run.errors, run.errors
    now = place.posts()
    assert before.items() <= now.items(), "an old post was harmed"
    assert now.items() <= undisturbed.posts.items(), "a post is half-written"
    assert place.litter() == []
    assert place.intact()


@pytest.mark.parametrize("left_bytes", [0, 70_000])
def test_a_full_disk(
    new_place: Callable[..., Place], disk: Disk, source: Remote, undisturbed: Whole, tmp_path: Path, left_bytes: int
) -> None:
    """Posts (and SQLite's file) on a disk that is full, or fills up: old posts whole, no litter, 5; then the rest."""
    place = new_place(launcher=disk.launcher)
    place.folder = disk.folder
    if place.sqlite:
        place.url = f"sqlite:///{disk.folder / 'news.db'}"

    def look() -> Place:
        folder = disk.copy(tmp_path)
        return new_place(folder.name, url=f"sqlite:///{folder / 'news.db'}" if place.sqlite else place.url)

    first = place.crawl(source.address, {**ALL, "limit": FIRST})
    assert first.status == 0, first.errors
    before = look().posts()
    assert len(before) == FIRST
    disk.fill(left_bytes)
    run = place.crawl(source.address, ALL)
    print(run.errors.splitlines()[-1])
    after = look()
    check_refused(run, after, before, undisturbed)
    stored = after.stored()
    disk.make_room()
    source.reset()
    again = place.crawl(source.address, ALL)
    assert again.status == 0, again.errors
    assert source.counts()["article"] == len(undisturbed.posts) - len(stored)
    undisturbed.check(look())


def test_a_quota(place: Place, source: Remote, undisturbed: Whole) -> None:
    """No file may grow beyond a size: the database's with SQLite, a post's with PostgreSQL; the same end, and recovery."""
    first = place.crawl(source.address, {**ALL, "limit": FIRST})
    assert first.status == 0, first.errors
    before = place.posts()
    largest = 400_000 if place.sqlite else 1000
    run = place.crawl(source.address, ALL, largest_bytes=largest)
    print(run.errors.splitlines()[-1])
    check_refused(run, place, before, undisturbed)
    stored = place.stored()
    source.reset()
    again = place.crawl(source.address, ALL)
    assert again.status == 0, again.errors
    assert source.counts()["article"] == len(undisturbed.posts) - len(stored)
    undisturbed.check(place)
