"""What `grade web` keeps is read as each rater left it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from grader.errors import BadInput
from grader.record import Verdict
from grader.trust.calibration.ratings import read
from grader.trust.calibration.ratings_kept import KeptRating, kept_in
from grader.trust.calibration.results import ModelGradings

MET, MISSED = Verdict.MET, Verdict.MISSED


def kept(
    said: Verdict | Literal["unsure"] | None,
    answer: str = "a0",
    point: str = "p0",
    rater: str = "ana",
    minute: int = 0,
) -> str:
    at = datetime(2026, 11, 27, 9, tzinfo=UTC) + timedelta(minutes=minute)
    return KeptRating(
        question="q0", answer_id=answer, rater=rater, key_point=point, verdict=said, rated_at=at
    ).line()


def file_of(folder: Path, *lines: str) -> Path:
    path = folder / "ratings.jsonl"
    path.write_text("".join(lines), encoding="utf-8")
    return path


def verdicts(path: Path, results: ModelGradings) -> list[tuple[str, str | None, str | None]]:
    return [(r.rater, r.key_point, r.verdict) for r in read(path, results).rows]


def test_the_last_line_holds_whatever_its_time(tmp_path: Path, four: ModelGradings) -> None:
    path = file_of(tmp_path, kept(MET, minute=5), kept(MISSED, minute=5), kept(MET, point="p1"))
    assert verdicts(path, four) == [("ana", "p0", "missed"), ("ana", "p1", "met")]
    path = file_of(tmp_path, kept(MET, minute=9), kept(MISSED, minute=1))
    assert verdicts(path, four) == [("ana", "p0", "missed")]
    assert read(path, four).left_out["replaced"] == 0


def test_each_rater_has_a_word_of_their_own(tmp_path: Path, four: ModelGradings) -> None:
    path = file_of(tmp_path, kept(MET), kept(MISSED, rater="ben"))
    assert verdicts(path, four) == [("ana", "p0", "met"), ("ben", "p0", "missed")]


def test_a_verdict_that_was_taken_back_is_gone(tmp_path: Path, four: ModelGradings) -> None:
    path = file_of(tmp_path, kept(MET), kept(MET, point="p1"), kept(None))
    assert verdicts(path, four) == [("ana", "p1", "met")]


def test_unsure_is_no_verdict_but_is_told(tmp_path: Path, four: ModelGradings) -> None:
    path = file_of(tmp_path, kept(MET), kept("unsure"), kept(MET, point="p1"))
    assert verdicts(path, four) == [("ana", "p1", "met")]
    assert read(path, four).left_out["unsure"] == 1
    with pytest.raises(BadInput, match="but 1 that the rater was unsure of"):
        read(file_of(tmp_path, kept("unsure")), four)


@pytest.mark.parametrize("left", [1, 20, -2])
def test_a_last_line_that_was_cut_off_does_not_matter(
    left: int, tmp_path: Path, four: ModelGradings
) -> None:
    torn = kept(MISSED, point="p1")[:left]
    assert verdicts(file_of(tmp_path, kept(MET), torn), four) == [("ana", "p0", "met")]


def test_a_line_cut_off_in_the_middle_of_the_file_is_told(
    tmp_path: Path, four: ModelGradings
) -> None:
    path = file_of(tmp_path, kept(MET), '{"schema":\n', kept(MET, point="p1"))
    with pytest.raises(BadInput, match=r":2: not a JSON object"):
        read(path, four)


def test_a_line_is_read_as_it_was_written() -> None:
    line = kept(MET)
    again = kept_in(line)
    assert again is not None
    assert again.line() == line
    assert kept_in("{}") is None
