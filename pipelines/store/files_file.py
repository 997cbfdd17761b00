"""`state.json`: changed by steps, written whole, shared by the runs of several spiders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

from pipelines.errors import SettingError, StoreError
from pipelines.store.files_state import State, dump, load

T = TypeVar("T")
FLUSH_S = 1.0
"""Articles are noted in the file at most so often: writing it for each would cost the square of their number."""
LOCK_S = 30.0
"""How long another run may take to write the file."""
UNKNOWN = (0, 0, 0)
"""The stamp of no file: it is read anew before the next step."""


class StateFile:
    """The state in memory, the steps that changed it, and the file they end in.

    A flush takes the file's lock, repeats the steps on what another run has written meanwhile, and puts the result in the
    file's place. So runs of several spiders, each with its own lock, do not undo each other's notes.
    """

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "state.json"
        self.lock_path = data_dir / "locks" / "state.lock"
        self.state = State()
        self._steps: list[Callable[[State], Any]] = []
        self._stamp: tuple[int, int, int] | None = None
        self._flushed_at = 0.0

    def open(self) -> bool:
        """Read the file; False: there is none. SettingError where it is none of ours, OSError where it cannot be read."""
        self._stamp = self._look()
        state = load(self.path)
        self.state = state or State()
        return state is not None

    def do(self, step: Callable[[State], T], *, at_once: bool = True) -> T:
        """Change the state, in memory and (at once, or when the last time is long enough ago) in the file.

        Args:
            step: the change; done anew where another run has written the file meanwhile.
            at_once: look first at what other runs have written, and write now.

        Returns:
            The step's answer; with `at_once` it holds for all runs.

        Raises:
            StoreError: the file cannot be read or written; then the step was not done.
        """
        if not at_once and monotonic() - self._flushed_at < FLUSH_S:
            answer = step(self.state)
            self._steps.append(step)
            return answer
        with self._guard():
            self._refresh()
            answer = step(self.state)
            self._steps.append(step)
            try:
                self._write()
            except OSError:
                self._steps.pop()
                self._stamp = UNKNOWN
                self._refresh()
                raise
        return answer

    def close(self) -> None:
        """Write what is not written yet; StoreError where that fails."""
        if self._steps:
            with self._guard():
                self._refresh()
                self._write()

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """Hold the file's lock; after an error the file is read anew before the next step."""
        from filelock import FileLock, Timeout

        try:
            self.lock_path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self.lock_path, timeout=LOCK_S):
                yield
        except Timeout as error:
            raise StoreError(f"{self.path} is held by another run for more than {LOCK_S:.0f} s") from error
        except (OSError, SettingError) as error:
            self._stamp = UNKNOWN
            raise StoreError(f"{self.path} cannot be written: {error}") from error

    def _refresh(self) -> None:
        stamp = self._look()
        if stamp == self._stamp:
            return
        state = load(self.path) or State()
        for step in self._steps:
            step(state)
        self.state, self._stamp = state, stamp

    def _write(self) -> None:
        write(self.path, dump(self.state))
        self._stamp = self._look()
        self._steps.clear()
        self._flushed_at = monotonic()

    def _look(self) -> tuple[int, int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


def write(path: Path, data: bytes) -> None:
    """Put a text in a file's place at once: whoever reads meets the old one or the new one, also after a crash.

    The caller holds the file's lock, so the temporary file of a killed run is simply written over.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
