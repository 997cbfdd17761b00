"""One run per spider: a lock file that the system itself lets go of when the run dies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import StoreError

if TYPE_CHECKING:
    from filelock import FileLock


def take(data_dir: Path, spider: str) -> FileLock | None:
    """Take the lock of a spider in this data folder, without waiting.

    Args:
        data_dir: the folder that the runs share; `locks/` in it is made where it is missing.
        spider: the spider's name.

    Returns:
        The lock, held until it is released or this process ends, or None where another run holds it.

    Raises:
        StoreError: the lock file cannot be made.
    """
    from filelock import FileLock, Timeout

    try:
        (data_dir / "locks").mkdir(parents=True, exist_ok=True)
        # never the soft lock that filelock knows for file systems without flock: it would outlive a killed run
        lock = FileLock(data_dir / "locks" / f"{spider}.lock", timeout=0, thread_local=False, fallback_to_soft=False)
        lock.acquire()
    except Timeout:
        return None
    except (OSError, RuntimeError) as error:  # the latter: filelock, on a file system without flock
        raise StoreError(f"{data_dir / 'locks'}: the lock of {spider} cannot be taken: {error}") from error
    return lock
