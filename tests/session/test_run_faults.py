"""Whatever goes wrong while a session is graded: nothing paid for is lost, nothing is made up."""

import signal
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from grader.ledger.database import MIGRATIONS
from grader.ledger.ledger import Ledger
from tests.support.processes import limit_files
from tests.support.sessions import Place, answers, place, verdicts
from tests.support.stub import Behaviour, unparseable


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path) as found:
        yield found


def test_when_three_in_ten_are_put_off_nothing_is_lost(tmp_path: Path) -> None:
    with place(tmp_path, Behaviour(put_off=0.3)) as here:
        here.write(answers(60))
        assert here.grade("--concurrency", "16").exit_code == 0
        assert here.stub.stats.put_off > 5
        assert here.stub.stats.replied == 60
        assert here.stub.stats.paid_again == 0
    assert all(None not in verdicts(record) for record in here.records().values())


def test_exactly_the_answers_with_unparseable_replies_are_ungraded(tmp_path: Path) -> None:
    texts = answers(100)
    with place(tmp_path, Behaviour(unparseable=0.1)) as here:
        here.write(texts)
        done = here.grade("--concurrency", "16")
        assert done.exit_code == 3
        asked = here.asked
    spoilt = {f"a{n}" for n, text in enumerate(texts) if unparseable(text, 0.1)}
    assert 3 < len(spoilt) < 25
    assert asked == 100 + len(spoilt), "each of them was asked once more, as a whole"
    for name, record in here.records().items():
        if name in spoilt:
            assert set(verdicts(record)) == {None}
            assert record["key_points"][0]["cause"] == "not-json"
            score = record["score"]
            assert (score["percent"], score["low"], score["high"]) == (None, 0.0, 100.0)
        else:
            assert None not in verdicts(record)
    assert "the reply was not JSON" in done.output


@pytest.mark.parametrize(("fault", "says"), [("401", "refused the key"), ("quota", "quota")])
def test_a_refusal_of_all_requests_stops_at_once_and_keeps_the_rest(
    tmp_path: Path, fault: str, says: str
) -> None:
    texts = answers(40)
    texts[10] = f"stub:{fault} {texts[10]}"
    with place(tmp_path, Behaviour(delay=0.05)) as here:
        here.write(texts, "bank-conflict")
        done = here.grade("--concurrency", "4")
        assert done.exit_code == 1
        assert says in done.output
        assert here.asked < 30
        assert len(here.records()) == here.stub.stats.replied >= 9


def test_an_endpoint_that_is_down_ends_the_run(here: Place) -> None:
    here.write([f"stub:500 {text}" for text in answers(200)])
    texts = [f"stub:400 {text}" for text in answers(200)]
    here.write(texts)
    done = here.grade("--concurrency", "8")
    assert done.exit_code == 1
    assert "in a row" in done.output
    assert here.asked < 40
    here.write(answers(200))
    assert here.grade().exit_code == 0
    assert len(here.records()) == 200


def test_what_a_passing_fault_left_ungraded_is_graded_by_the_next_run(here: Place) -> None:
    texts = answers(6)
    here.write([*texts[:5], f"stub:400 {texts[5]}"])
    assert here.grade().exit_code == 3
    assert here.records()["a5"]["key_points"][0]["cause"] == "http-error"
    here.write(texts)
    assert here.grade().exit_code == 0
    assert here.asked == 7
    assert None not in verdicts(here.records()["a5"])


def test_a_line_that_was_cut_off_is_cut_away_and_made_again(here: Place) -> None:
    here.write(answers(6))
    here.grade()
    whole = here.out.read_bytes()
    for cut in (1, 20, len(whole.splitlines()[-1])):
        here.out.write_bytes(whole[:-cut])
        assert here.grade().exit_code == 0
        assert len(here.records()) == 6
    assert here.asked == 6


def test_two_runs_on_one_ledger_both_finish(tmp_path: Path) -> None:
    with place(tmp_path, Behaviour(delay=0.02)) as here:
        here.write(answers(40))
        first = here.start("--concurrency", "4")
        other = Place(tmp_path / "other", here.stub, here.url, here.environment)
        other.folder.mkdir()
        other.write(answers(40))
        second = other.start("--concurrency", "4")
        for process in (first, second):
            _, err = process.communicate()
            assert process.returncode == 0, err
        assert len(here.records()) == len(other.records()) == 40
        # Twice is paid at most what both had under way at the same moment.
        assert here.stub.stats.replied <= 80
        replied = here.stub.stats.replied
        here.out.unlink()
        here.grade()
        assert here.stub.stats.replied == replied


def test_two_runs_never_write_the_same_file(tmp_path: Path) -> None:
    with place(tmp_path, Behaviour(delay=0.3)) as here:
        here.write(answers(20))
        first = here.start("--concurrency", "1")
        while not here.stub.stats.replied:
            assert first.poll() is None
        second = here.grade()
        assert second.exit_code == 1
        assert "another run is writing it" in second.output
        first.send_signal(signal.SIGKILL)
        first.communicate()


@pytest.mark.parametrize("size", [40_000, 100_000, 200_000])
def test_a_full_disk_is_a_clear_error_and_nothing_paid_for_is_lost(
    tmp_path: Path, size: int
) -> None:
    with place(tmp_path, Behaviour(delay=0.01)) as here:
        here.write(answers(150))
        process = here.start("--concurrency", "4", first=partial(limit_files, size))
        _, err = process.communicate()
        assert process.returncode == 1, err
        assert err.startswith("grade: ")
        assert "Traceback" not in err
        paid = here.stub.stats.replied
        assert paid < 150
        assert here.grade().exit_code == 0
        assert len(here.records()) == 150
        # What was under way when the disk was full may be paid again, nothing else.
        assert here.stub.stats.paid_again <= 5
        assert here.stub.stats.replied <= 155


def test_a_place_that_cannot_be_written_to_is_told_before_anything_is_paid(here: Place) -> None:
    here.write(answers(3))
    for out in ("/proc/no/out.jsonl", str(here.folder), "/dev/full/x"):
        done = here.grade("--out", out, out=False)
        assert done.exit_code in {1, 2}
        assert done.output.startswith("grade: ")
        assert out in done.output
    here.env = {"GRADER_LEDGER": "/proc/ledger.sqlite"}
    assert here.grade().exit_code == 1
    assert here.asked == 0


@pytest.mark.parametrize(
    "text",
    ['{"schema": "other/1"}\n', "some notes of mine\n", "half a note without an end", "\x00" * 50],
)
def test_a_file_of_something_else_is_never_touched(here: Place, text: str) -> None:
    here.write(answers(3))
    here.out.write_text(text)
    for more in ((), ("--append",)):
        done = here.grade(*more)
        assert done.exit_code == 2
        assert "out.jsonl" in done.output
        assert here.out.read_text() == text
    assert here.asked == 0
    assert here.grade("--overwrite").exit_code == 0
    assert len(here.records()) == 3


def test_results_of_another_judge_or_session_are_kept_apart(here: Place) -> None:
    here.write(answers(3))
    here.grade()
    before = here.out.read_bytes()
    here.model = "other"
    done = here.grade()
    here.model = "stub"
    assert done.exit_code == 2
    assert "judged by stub" in done.output
    here.out.write_bytes(before.replace(b'"answer_id":"a', b'"answer_id":"b'))
    done = here.grade()
    assert done.exit_code == 2
    assert "another session" in done.output
    assert here.grade("--append").exit_code == 0
    assert len(here.records()) == 6


def test_two_judges_may_share_a_file_when_asked_to(here: Place) -> None:
    here.write(answers(3))
    here.grade()
    here.model = "other"
    assert here.grade("--append").exit_code == 0
    assert len(here.out.read_text().splitlines()) == 6
    assert here.grade("--append").exit_code == 0
    assert len(here.out.read_text().splitlines()) == 6
    assert here.asked == 6


def test_a_ledger_of_the_first_version_is_brought_up_to_date(here: Place) -> None:
    with sqlite3.connect(here.folder / "ledger.sqlite") as db:
        db.executescript(MIGRATIONS[0] + "PRAGMA user_version = 1;")
    here.write(answers(3))
    assert here.grade().exit_code == 0
    with Ledger(here.folder / "ledger.sqlite") as ledger:
        assert len(list(ledger.grades())) == 3


def test_the_history_holds_each_grade_once_however_often_it_is_made(here: Place) -> None:
    here.write(answers(3))
    for _ in range(3):
        here.out.unlink(missing_ok=True)
        here.grade()
    with Ledger(here.folder / "ledger.sqlite") as ledger:
        assert len(list(ledger.grades())) == 3
