"""The files of an archive: found in any depth, read a batch at a time, each with what became of it."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from newscrawler.archive import MAX_FILE_BYTES, Post, Unreadable, id_of, joined, named, read
from newscrawler.errors import SourceArgumentError
from pipelines.config import Config

BATCH = 200
"""Files read before the store is asked which of their articles it knows."""


@dataclass(frozen=True, slots=True)
class Found:
    """An article of the archive: its post, or why there is none."""

    source: str
    article_id: str
    name: str
    """Of its file, from the archive's folder on."""
    data: bytes = b""
    post: Post | None = None
    reason: str = ""
    """Why it cannot be stored; empty where it can."""


@dataclass(slots=True)
class Names:
    """The names of an archive's files: some hundred bytes for each file, whatever is in them."""

    posts: list[str] = field(default_factory=list)
    """From the folder on; files of one article stand next to each other."""
    others: int = 0
    """Files whose name is not that of a post."""
    closed: list[tuple[str, str]] = field(default_factory=list)
    """Folders that cannot be looked into, and why."""


def archive_folder(path: str, config: Config) -> Path:
    """Return the folder of an archive.

    Raises:
        SourceArgumentError: it is none, cannot be read, or posts would be written into it while it is read.
    """
    folder = (config.root / Path(path).expanduser()).resolve()
    try:
        os.scandir(folder).close()
    except (OSError, ValueError) as error:
        raise SourceArgumentError(
            f"path={path} cannot be read ({getattr(error, 'strerror', None) or error}); right would be a folder of posts"
        ) from error
    posts = config.posts_dir.resolve()
    if "markdown" in config.outputs and (folder.is_relative_to(posts) or posts.is_relative_to(folder)):
        raise SourceArgumentError(
            f"path={path} and NEWS_POSTS_DIR={posts} are one folder, or one in the other, and posts would be written "
            "where they are read; right would be -s NEWS_OUTPUTS=database, or another NEWS_POSTS_DIR"
        )
    return folder


def find(folder: Path) -> Names:
    """Find the files that may be posts, in any depth; hidden folders and links to folders are passed over."""
    names = Names()

    def refused(error: OSError) -> None:
        names.closed.append((os.path.relpath(error.filename, folder), error.strerror or str(error)))

    for top, folders, files in os.walk(folder, onerror=refused):
        folders[:] = [name for name in folders if not name.startswith(".")]
        inner = os.path.relpath(top, folder)
        odd = [name for name in folders if _post_like(name)]
        for name in (*odd, *files):
            if named(name) is None or name.startswith("."):
                names.others += 1
            else:
                names.posts.append(os.path.normpath(os.path.join(inner, name)))  # noqa: PTH118 - a million of them
    names.posts.sort(key=lambda name: (_stem(name), name))
    return names


def batches(names: Sequence[str]) -> Iterator[list[list[str]]]:
    """Part the names into batches of articles, each with all its files."""
    batch: list[list[str]] = []
    count = 0
    for _, group in groupby(names, _stem):
        batch.append(list(group))
        count += len(batch[-1])
        if count >= BATCH:
            yield batch
            batch, count = [], 0
    if batch:
        yield batch


def read_batch(folder: Path, batch: Sequence[Sequence[str]], source: str, sources: Collection[str]) -> list[Found]:
    """Read the files of a batch.

    Args:
        folder: the archive's.
        batch: names, those of one article together.
        source: that of a file whose name says nothing else.
        sources: every source there is.

    Returns:
        Each article once; files that are no posts of ours are left out.
    """
    return [found for names in batch for found in _read_group(folder, names, source, sources)]


def _read_group(folder: Path, names: Sequence[str], source: str, sources: Collection[str]) -> Iterator[Found]:
    whole: dict[tuple[str, str], list[tuple[str, bytes, Post]]] = {}
    broken: dict[tuple[str, str], Found] = {}
    for name in names:
        data = b""
        try:
            data = load(folder / name)
            post = read(os.path.basename(name), data)  # noqa: PTH119 - as above
        except Unreadable as error:
            if _post_like(name):
                key = _key(name, source, sources)
                broken.setdefault(key, Found(*key, name, data, reason=str(error)))
            continue
        if post is not None:
            whole.setdefault((post.source, post.article_id), []).append((name, data, post))
    for key, files in whole.items():
        number, post = joined([post for _, _, post in files])
        name, data, _ = files[number]
        yield Found(*key, name, data, post, post.missing)
    yield from (found for key, found in broken.items() if key not in whole)


def load(path: Path) -> bytes:
    """Read a file whole.

    Raises:
        Unreadable: no file, none that may be read, or one that is far larger than any post.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a named pipe must not hold up the run
        with open(handle, "rb") as file:  # noqa: PTH123 - a handle, no path
            about = os.fstat(handle)
            if not stat.S_ISREG(about.st_mode):
                raise Unreadable("no regular file")
            if about.st_size > MAX_FILE_BYTES:
                raise Unreadable(f"{about.st_size} bytes, more than {MAX_FILE_BYTES}")
            return file.read(MAX_FILE_BYTES)
    except (OSError, ValueError) as error:
        raise Unreadable(getattr(error, "strerror", None) or str(error)) from None


def stand_in(name: str) -> str:
    """Return an id for a file whose name has none, the same in every run."""
    return "file-" + hashlib.sha256(os.fsencode(name)).hexdigest()[:24]


def _stem(name: str) -> str:
    """What files of one article share in their names."""
    parts = named(os.path.basename(name))  # noqa: PTH119 - as above
    return parts[1] if parts else name


def _post_like(name: str) -> bool:
    """Whether a name has a day or a code: a file without either may be anything."""
    base = os.path.basename(name)  # noqa: PTH119 - as above
    parts = named(base)
    return parts is not None and bool(parts[0] or id_of(base))


def _key(name: str, source: str, sources: Collection[str]) -> tuple[str, str]:
    """Return source and id of a file that cannot be read: from its name, else a stand-in."""
    base = os.path.basename(name)  # noqa: PTH119 - as above
    first, _, rest = _stem(name).partition("-")
    if not id_of(base) and first in sources and rest:
        return first, rest
    return source, id_of(base) or stand_in(name)
