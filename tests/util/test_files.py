"""A file appears whole or not at all, and nothing is left beside it."""

import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from grader.errors import BadInput
from grader.util.files import lock, new_bytes, new_file


def opened(kind: str, path: Path) -> tuple[AbstractContextManager[Any], Any]:
    return (new_file(path), "new\n") if kind == "text" else (new_bytes(path), b"new\n")


@pytest.mark.parametrize("kind", ["text", "bytes"])
def test_a_file_takes_the_place_of_the_old_one_with_its_mode(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(0o640)
    making, content = opened(kind, path)
    with making as file:
        file.write(content)
        assert path.read_text() == "old"
    assert path.read_text() == "new\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", ["text", "bytes"])
def test_a_file_that_could_not_be_finished_leaves_the_old_one(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    making, content = opened(kind, path)

    def fail() -> None:
        with making as file:
            file.write(content)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_told_by_name(tmp_path: Path) -> None:
    path = tmp_path / "none" / "a.csv"
    with pytest.raises(BadInput, match=r"a\.csv: cannot be written"), new_file(path):
        pass


def test_text_is_written_in_the_encoding_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with new_file(path, encoding="utf-8-sig", newline="") as file:
        file.write("李\r\n")
    assert path.read_bytes() == b"\xef\xbb\xbf" + "李\r\n".encode()


@pytest.mark.skipif(sys.platform == "win32", reason="the system has no such locks")
def test_a_locked_file_is_refused_at_once_with_what_the_other_does(tmp_path: Path) -> None:
    path = tmp_path / "a"
    code = (
        "import sys; from grader.util.files import lock\n"
        "try: lock(open(sys.argv[1], 'ab'), 'another run is writing it')\n"
        "except OSError as error: print(error)"
    )
    with path.open("ab") as file:
        lock(file, "")
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
        )
    assert done.stdout == "another run is writing it\n"
