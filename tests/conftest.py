"""What tests share. No test reaches a network beyond the loopback interface."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from grader.ledger.ledger import Ledger
from grader.llm.address import VARIABLES
from grader.rubric.files import load_rubric
from grader.rubric.format import Rubric
from grader.util.files import data_folder

# How long an example takes says more about the machine than about the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

Address = tuple[Any, ...] | str | bytes


@pytest.fixture(autouse=True)
def _own_machine_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A connection that leaves the machine is an error, and nobody's own files are touched."""
    connect: Callable[[socket.socket, Address], None] = socket.socket.connect

    def guarded(self: socket.socket, address: Address) -> None:
        if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setenv("GRADER_LEDGER", str(tmp_path / "ledger.sqlite"))
    monkeypatch.setenv("NO_COLOR", "1")
    own = ("GRADER_MODEL", "GRADER_RUBRICS", "GRADER_CALIBRATION", "GRADER_CONFIG")
    for name in (*VARIABLES, *own):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.sqlite") as opened:
        yield opened


@pytest.fixture(scope="session")
def bank_conflict() -> Rubric:
    return load_rubric("bank-conflict", (data_folder("rubrics"),))
