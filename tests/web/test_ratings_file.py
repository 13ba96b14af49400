"""What the file of ratings took, it has: after kill -9, a full disk and beside other processes."""

import os
import resource
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import pytest

from grader.errors import BadInput, OutFailed
from grader.record import Verdict
from grader.trust.calibration.ratings_kept import KeptRating, kept_in
from grader.web.rooms.rate.ratings_file import RatingsFile
from tests.support.places import ROOT

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from grader.record import Verdict
from grader.trust.calibration.ratings_kept import KeptRating
from grader.web.rooms.rate.ratings_file import RatingsFile
path, rater, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
file = RatingsFile(path)
for number in range(count):
    file.keep(KeptRating(question="q", answer_id=f"a{number}", rater=rater, key_point="p",
                         verdict=Verdict.MET, note="注" * 50, rated_at=datetime.now(UTC),
                         change=f"{rater}-{number}"))
    print(number, flush=True)
"""


def said(
    number: int = 0, verdict: Verdict | None = Verdict.MET, rater: str = "ana", change: str = ""
) -> KeptRating:
    return KeptRating(
        question="q",
        answer_id=f"a{number}",
        rater=rater,
        key_point="p",
        verdict=verdict,
        seconds=2.5,
        rated_at=datetime(2026, 11, 27, 9, number % 60, tzinfo=UTC),
        change=change or f"change-{rater}-{number}",
    )


def lines(path: Path) -> list[KeptRating]:
    read = [kept_in(line) for line in path.read_bytes().splitlines()]
    assert None not in read
    return [rating for rating in read if rating]


def writer(path: Path, rater: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), rater, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def test_the_file_only_grows_and_the_last_word_holds(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    file = RatingsFile(path)
    file.keep(said(1))
    first = path.read_bytes()
    file.keep(said(1, None, change="taken-back"))
    assert path.read_bytes().startswith(first)
    assert file.of("ana")["q", "a1", "p"].verdict is None
    assert file.seconds("ana")["q", "a1"] == 5.0
    assert RatingsFile(path).of("ana") == file.of("ana")


def test_a_change_that_is_sent_twice_is_kept_once(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    RatingsFile(path).keep(said(1))
    file = RatingsFile(path)
    file.keep(said(1))
    assert len(lines(path)) == 1
    assert file.seconds("ana")["q", "a1"] == 2.5


def test_two_processes_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    both = [writer(path, rater, 60) for rater in ("ana", "ben")]
    assert [process.wait(60) for process in both] == [0, 0]
    written = lines(path)
    assert sorted(r.change for r in written) == sorted(
        f"{rater}-{n}" for rater in ("ana", "ben") for n in range(60)
    )
    for process in both:
        assert process.stdout
        process.stdout.close()


def test_what_another_process_adds_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    here, there = RatingsFile(path), RatingsFile(path)
    there.keep(said(1, rater="ben"))
    assert here.raters() == {"ben"}
    here.keep(said(2))
    assert there.of("ana").keys() == {("q", "a2", "p")}


def test_kill_9_loses_nothing_that_was_said_to_be_kept(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    process = writer(path, "ana", 10_000)
    assert process.stdout
    told = [int(process.stdout.readline()) for _ in range(25)]
    process.send_signal(signal.SIGKILL)
    rest = [int(line) for line in process.stdout.read().split()]
    process.wait(10)
    process.stdout.close()
    kept = RatingsFile(path).of("ana")
    assert {f"a{n}" for n in (*told, *rest)} <= {answer for _, answer, _ in kept}


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_half_a_line_gives_way_to_the_next(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "r.jsonl"
    RatingsFile(path).keep(said(1))
    with path.open("ab") as file:
        file.write(said(2).line().encode()[:cut])
    again = RatingsFile(path)
    again.keep(said(3))
    assert [r.answer_id for r in lines(path)] == ["a1", "a3"]
    assert again.of("ana").keys() == {("q", "a1", "p"), ("q", "a3", "p")}


def test_a_full_disk_is_told_and_leaves_no_half_line(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    file = RatingsFile(path)
    file.keep(said(1))
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 40, limits[1]))
        with pytest.raises(OutFailed, match=r"r\.jsonl: cannot be written"):
            file.keep(said(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert path.read_bytes() == before
    file.keep(said(2))
    assert len(lines(path)) == 2


def test_a_line_is_on_the_disk_before_it_is_said_to_be_kept(tmp_path: Path) -> None:
    file = RatingsFile(tmp_path / "r.jsonl")
    with mock.patch.object(os, "fsync") as synced:
        file.keep(said(1))
    assert synced.called


@pytest.mark.parametrize("content", ['{"answer_id": "a"}\n', "answer_id,rater\n", "\0\1\n"])
def test_a_file_of_something_else_is_not_touched(tmp_path: Path, content: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(content)
    with pytest.raises(BadInput, match=r"r\.jsonl:1: not a rating of grade web"):
        RatingsFile(path)
    assert path.read_text() == content


def test_a_name_that_calibrate_would_read_otherwise_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"must end in \.jsonl"):
        RatingsFile(tmp_path / "r.csv")
    with pytest.raises(BadInput, match="cannot be written"):
        RatingsFile(tmp_path / "no-folder" / "r.jsonl")
