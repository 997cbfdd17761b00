"""What all tests share: the captures' folder, and a network that ends at loopback."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104 - compared with, never bound


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of real captures; they are other people's texts and no part of the project."""
    named = os.environ.get("NEWS_CAPTURES")
    if not named:
        pytest.skip("skipped: NEWS_CAPTURES names no folder of captures")
    folder = Path(named)
    assert folder.is_dir(), f"NEWS_CAPTURES={named} is no folder"
    return folder


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection of a test's own process that would leave this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(LOOPBACK):
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
