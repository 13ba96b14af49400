"""A session is graded once, goes on where it stopped, and says what it cost."""

import itertools
import json
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.judge.stated import STATED
from tests.support.sessions import Place, answers, place, verdicts
from tests.support.stub import Behaviour


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path) as found:
        yield found


def test_every_answer_is_graded_and_written_once(here: Place) -> None:
    here.write(answers(12))
    done = here.grade()
    assert done.exit_code == 0, done.output
    assert here.records().keys() == {f"a{n}" for n in range(12)}
    assert here.asked == 12
    assert "By question" in done.output


def test_a_second_run_asks_nothing_and_leaves_the_file_as_it_is(here: Place) -> None:
    here.write(answers(12))
    here.grade()
    before = here.out.read_bytes()
    assert here.grade().exit_code == 0
    assert here.asked == 12
    assert here.out.read_bytes() == before


def test_a_second_run_counts_what_the_results_file_holds_ungraded(here: Place) -> None:
    here.write([*answers(4), "stub:refuse A warp has 32 threads."])
    first, second = here.grade(), here.grade()
    assert first.exit_code == second.exit_code == 3
    assert "5 answers: 0 were in the results file" in first.output
    assert "1 with something not graded" in first.output
    assert "5 answers: 5 were in the results file" in second.output
    assert "1 with something not graded" in second.output


def test_without_the_results_file_the_ledger_gives_the_same_grades(here: Place) -> None:
    here.write(answers(6))
    here.grade()
    first = here.records()
    here.out.unlink()
    here.grade()
    assert here.asked == 6
    assert {k: verdicts(v) for k, v in here.records().items()} == {
        k: verdicts(v) for k, v in first.items()
    }
    assert all(record["usage"]["from_ledger"] for record in here.records().values())


def test_only_what_changed_is_asked_again_and_replaces_what_it_was(here: Place) -> None:
    texts = answers(12)
    here.write(texts)
    here.grade()
    texts[3] += " And padding helps."
    texts[7] += " And broadcast is free."
    here.write(texts)
    assert here.grade().exit_code == 0
    assert here.asked == 14
    assert len(here.records()) == 12


def test_a_changed_rubric_asks_again_for_its_own_answers_alone(here: Place, tmp_path: Path) -> None:
    here.write(answers(9))
    here.grade()
    own = tmp_path / "rubrics"
    own.mkdir()
    from grader.util.files import data_folder

    text = (data_folder("rubrics") / "tensor-core.toml").read_text(encoding="utf-8")
    (own / "tensor-core.toml").write_text(text.replace("weight = 3", "weight = 2", 1), "utf-8")
    old = {k: v["digests"]["rubric"] for k, v in here.records().items()}
    assert here.grade("--rubrics", str(own)).exit_code == 0
    # The judge never sees a weight: the score changes without a call.
    assert here.asked == 9
    changed = {k for k, v in here.records().items() if v["digests"]["rubric"] != old[k]}
    assert changed == {"a2", "a5", "a8"}
    named = text.replace('en = "', 'en = "Indeed: ', 2)
    (own / "tensor-core.toml").write_text(named, "utf-8")
    here.grade("--rubrics", str(own))
    assert here.asked == 12


def test_identical_answers_to_a_question_are_judged_once(here: Place) -> None:
    here.write(["The same words of a warp."] * 10, "bank-conflict")
    assert here.grade("--concurrency", "8").exit_code == 0
    assert here.asked == 1
    assert len(here.records()) == 10


def test_answers_to_a_question_follow_each_other_and_the_first_goes_alone(tmp_path: Path) -> None:
    with place(tmp_path, Behaviour(delay=0.05)) as here:
        here.stub.remember = True
        here.write(answers(30))
        here.grade("--concurrency", "16")
        starts = [request["messages"][0]["content"] for request in here.stub.seen]
    assert len(set(starts[:3])) == 3, "the first of each question before all others"
    later = starts[3:]
    assert sum(a != b for a, b in itertools.pairwise(later)) <= 4


def test_what_cannot_be_read_is_named_and_the_rest_is_graded(here: Place) -> None:
    path = here.write(answers(3))
    with path.open("a", encoding="utf-8") as file:
        file.write('{"question": "no-such", "answer": "x"}\n{broken\n')
        file.write(json.dumps({"question": "bank-conflict", "answer": "\x00"}) + "\n")
    done = here.grade()
    assert done.exit_code == 3
    assert len(here.records()) == 3
    for line in (4, 5, 6):
        assert f"session.jsonl:{line}: " in done.output


def test_an_empty_session_is_a_wrong_call(here: Place) -> None:
    here.write([])
    assert here.grade().exit_code == 2


def test_a_pass_mark_that_is_not_reached_ends_in_4(here: Place) -> None:
    here.write(answers(3))
    assert here.grade("--pass-mark", "100").exit_code == 4
    assert here.grade("--pass-mark", "0").exit_code == 0


def test_a_dry_run_sends_and_changes_nothing(here: Place) -> None:
    here.write(answers(9))
    done = here.grade("--dry-run", "--overwrite")
    assert done.exit_code == 0
    assert "9 calls" in done.output
    assert here.asked == 0
    assert not here.out.exists()
    here.grade()
    assert " 0 calls" in here.grade("--dry-run", out=False).output
    here.grade("--dry-run", "--overwrite")
    assert len(here.records()) == 9


def test_a_dry_run_of_what_is_to_be_asked_anew_takes_nothing_for_kept(here: Place) -> None:
    here.write(answers(9))
    here.grade()
    done = here.grade("--dry-run", "--no-cache")
    assert "9 answers need 9 calls" in done.output
    assert "0 answers are in the results file already" in done.output
    assert "0 calls" in here.grade("--dry-run", out=False).output


def test_a_blank_answer_of_a_row_is_graded_with_nought_and_a_word(here: Place) -> None:
    path = here.write(["", "  ", "<p></p>"])
    with path.open("a", encoding="utf-8") as file:
        file.write('{"question": "bank-conflict", "id": "forgotten"}\n')
    done = here.grade()
    assert done.exit_code == 3
    assert f"{path}:4: answer: " in done.stderr
    graded = here.records()
    assert len(graded) == 3
    assert {record["score"]["percent"] for record in graded.values()} == {0}
    assert all("nothing in the answer" in record["feedback"] for record in graded.values())
    assert here.asked == 0


def test_the_estimate_knows_the_price(here: Place) -> None:
    here.write(answers(9))
    here.url, here.model = "https://api.openai.com/v1", "gpt-5-mini"
    done = here.grade("--dry-run", out=False)
    assert "$0.0" in done.output


def test_a_limit_of_cost_needs_a_price(here: Place) -> None:
    here.write(answers(3))
    done = here.grade("--max-cost", "1")
    assert done.exit_code == 2
    assert "no price" in done.output


def test_no_cache_asks_anew_and_keeps_each_answer_once(here: Place) -> None:
    here.write(["The same words of a warp."] * 4, "bank-conflict")
    here.grade()
    here.grade("--no-cache")
    assert here.asked == 2
    assert len(here.records()) == 4


def test_ctrl_c_keeps_what_is_under_way_and_goes_on_from_there(tmp_path: Path) -> None:
    with place(tmp_path, Behaviour(delay=0.2)) as here:
        here.write(answers(60))
        process = here.start("--concurrency", "4")
        while here.stub.stats.replied < 8:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
        assert process.returncode == 130, err
        assert "Interrupted" in err
        assert "By question" in out
        kept = len(here.records())
        assert kept == here.stub.stats.replied
        assert 8 <= kept < 60
        here.stub.behaviour.delay = 0
        assert here.grade().exit_code == 0
        assert len(here.records()) == 60
        assert here.stub.stats.paid_again == 0


def test_votes_ask_again_only_for_what_is_not_settled(here: Place) -> None:
    here.write(answers(3), "bank-conflict")
    assert here.grade("--votes", "5").exit_code == 0
    # What the judge is not certain of is compared once with itself; alike, that settles it.
    assert here.asked == 6
    points = [point for record in here.records().values() for point in record["key_points"]]
    certain = [point for point in points if point["confidence"] == STATED["certain"]]
    assert 0 < len(certain) < len(points)
    assert all(point["votes"] == [] for point in certain)
    for point in points:
        if point not in certain:
            assert (point["confidence"], len(point["votes"])) == (1.0, 2)


def test_votes_that_differ_go_on_to_a_majority_and_show_their_rate(tmp_path: Path) -> None:
    with place(tmp_path, Behaviour(flip=0.5)) as here:
        here.write(answers(12), "bank-conflict")
        done = here.grade("--votes", "5")
        points = [p for record in here.records().values() for p in record["key_points"]]
    points = [point for point in points if point["votes"]]
    lengths = Counter(len(point["votes"]) for point in points)
    assert set(lengths) <= {2, 3, 4, 5}
    assert len(lengths) > 1
    for point in points:
        votes = Counter(point["votes"])
        top = max(votes.values())
        assert votes[point["verdict"]] == top
        assert (point["alternative"] is None) == (2 * top > votes.total())
    assert "Flip rate" in done.output


def test_all_reports_come_from_the_same_records(here: Place, tmp_path: Path) -> None:
    here.write(answers(6))
    names = {kind: tmp_path / f"report.{kind}" for kind in ("html", "markdown", "csv", "junit")}
    words = [word for kind, path in names.items() for word in (f"--{kind}", str(path))]
    done = here.grade(*words, out=False)
    assert done.exit_code == 0, done.output
    for path in names.values():
        assert "a3" in path.read_text(encoding="utf-8")
    assert "hit the same bank" in names["html"].read_text(encoding="utf-8")


def test_the_judge_one_question_a_point_grades_sessions_too(here: Place) -> None:
    here.write(answers(3))
    done = here.grade("--ask", "per-point")
    assert done.exit_code == 0, done.output
    assert len(here.records()) == 3
    before = here.asked
    here.out.unlink()
    here.grade("--ask", "per-point")
    assert here.asked == before
