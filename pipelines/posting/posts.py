"""Post files: their names, and writing them whole or not at all."""

from __future__ import annotations

import fcntl
import itertools
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pipelines.errors import SettingError, StoreError
from pipelines.posting.frontmatter import BEIJING
from pipelines.store.base import ArticleRow

TEMPORARY = ".tmp-"
"""How the name of an unfinished file begins; Jekyll passes over it."""

ID = re.compile(r"[A-Za-z0-9_.-]{1,100}")
"""What an article's id may be in a file name."""
SOURCE = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""What a source's name may be there."""
_counter = itertools.count()


def post_name(row: ArticleRow) -> str:
    """Return the file name of an article's post.

    Raises:
        ValueError: the id or the source cannot be part of a file name, or the time is missing.
    """
    # A dot or hyphen at the edge of an id would be read as the extension's or the name's own.
    if not ID.fullmatch(row.article_id) or row.article_id[0] in ".-" or row.article_id[-1] == ".":
        raise ValueError(f"article id {row.article_id[:60]!r} cannot be part of a file name")
    if not SOURCE.fullmatch(row.source):
        raise ValueError(f"source {row.source[:60]!r} cannot be part of a file name")
    if row.published_at is None or row.published_at.tzinfo is None:
        raise ValueError(f"publication time {row.published_at!r} is no aware time")
    day = row.published_at.astimezone(BEIJING).date().isoformat()
    return f"{day}-{row.article_id}.md" if row.source == "eastmoney" else f"{day}-{row.source}-{row.article_id}.md"


def post_path(posts_dir: Path, row: ArticleRow) -> Path:
    """Return where an article's post is, or is to be.

    A post that finews wrote under the Choice id (`…-NW<code>.md`) keeps its name, and with it its address.

    Raises:
        ValueError: as `post_name`.
    """
    path = posts_dir / post_name(row)
    if row.source == "eastmoney" and not os.access(path, os.F_OK):  # half the time of Path.exists
        choice = path.with_name(f"{path.name[:11]}NW{path.name[11:]}")
        if choice.exists():
            return choice
    return path


def check_folder(posts_dir: Path) -> None:
    """Create the folder of posts and make sure that it can be written; SettingError otherwise."""
    probe = posts_dir / f"{TEMPORARY}{os.getpid()}-probe"
    try:
        posts_dir.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        reason = error.strerror or error
        raise SettingError(
            f"NEWS_POSTS_DIR={posts_dir} cannot be written ({reason}); name a writable folder"
        ) from error


def not_written(posts_dir: Path, error: OSError) -> StoreError:
    """Return what to raise where posts cannot be written: no fault of an article."""
    return StoreError(f"posts cannot be written to {posts_dir}: {error.strerror or error}")


def remove_stale(posts_dir: Path) -> int:
    """Remove the unfinished files of killed runs and return how many there were.

    A file that a living run is writing is locked and stays.
    """
    removed = 0
    with suppress(FileNotFoundError), os.scandir(posts_dir) as entries:
        for entry in entries:
            if entry.name.startswith(TEMPORARY) and entry.is_file(follow_symlinks=False):
                removed += _remove_unlocked(Path(entry.path))
    return removed


def _remove_unlocked(path: Path) -> bool:
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        finally:
            os.close(handle)
        return True
    return False


def write_post(path: Path, text: str) -> bool:
    """Write one post; see `write_posts`."""
    return write_posts([(path, text.encode())])[0]


def write_posts(posts: Sequence[tuple[Path, bytes]]) -> list[bool]:
    """Write posts so that each file is the old one or the new one at any moment, power cuts included.

    Args:
        posts: path and content of each; the folders exist.

    Returns:
        Of each: whether it was written. False: the file has these bytes already and was not touched.

    Raises:
        OSError: disk full, no permission; files not written yet stay as they were, nothing unfinished is left behind.
    """
    written: list[bool] = []
    folders: set[Path] = set()
    try:
        for path, data in posts:
            new = not holds(path, data)
            if new:
                _replace(path, data)
                folders.add(path.parent)
            written.append(new)
    finally:
        for folder in folders:
            _sync_folder(folder)
    return written


def holds(path: Path, data: bytes) -> bool:
    """Say whether a file has these bytes already."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        return False
    try:
        return os.fstat(handle).st_size == len(data) and os.read(handle, len(data)) == data
    finally:
        os.close(handle)


def _replace(path: Path, data: bytes) -> None:
    try:
        _replace_once(path, data)
    except FileNotFoundError:
        # a run that starts just now may have taken the file for a dead run's, in the instant before it was locked
        _replace_once(path, data)


def _replace_once(path: Path, data: bytes) -> None:
    temporary = path.parent / f"{TEMPORARY}{os.getpid()}-{next(_counter)}"
    # mode 0o666 less the umask, as a plain write would give; a web server must be able to read it
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        # no file object: every call gives the interpreter away and waits for it, beside a busy event loop
        with suppress(OSError):  # some network file systems know no locks
            fcntl.flock(handle, fcntl.LOCK_SH)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
