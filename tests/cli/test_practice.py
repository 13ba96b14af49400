"""``grade practice``: somebody answers, in an editor or line by line, and loses nothing."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from grader.cli.app import app
from grader.cli.practice_input import editor_command
from grader.errors import BadInput
from grader.ledger.ledger import Ledger
from grader.record import Grade
from grader.rubric.files import load_rubric
from tests.support.pseudo_terminal import AtTerminal
from tests.support.stub import Behaviour, running

KEY_POINT = "Shared memory has 32 banks"


@pytest.fixture(autouse=True)
def endpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    with running() as (_, url):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "key")
        monkeypatch.setenv("GRADER_MODEL", "stub")
        for name in ("VISUAL", "EDITOR"):
            monkeypatch.delenv(name, raising=False)
        yield


def typed(text: str, *words: str) -> Result:
    return CliRunner().invoke(app, ["practice", *words], input=text, env={"COLUMNS": "200"})


def drafts(tmp_path: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in (tmp_path / "drafts").glob("*")}


def graded(tmp_path: Path) -> list[Grade]:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        return list(ledger.grades())


def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Makes the shell *script* the editor; ``$1`` is the file."""
    program = tmp_path / "my editor"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(program))


def test_a_dot_ends_the_answer_and_the_grade_is_in_the_history(tmp_path: Path) -> None:
    done = typed("32 banks.\n#include <x>\n.\ns\n", "--q", "bank-conflict", "--candidate", "ada")
    assert done.exit_code == 0, done.output
    assert "You have not tried it yet." in done.stdout
    assert "of 15 points" in done.stdout
    [grade] = graded(tmp_path)
    assert (grade.question, grade.candidate) == ("bank-conflict", "ada")
    assert drafts(tmp_path) == {}


def test_the_question_is_shown_and_what_a_good_answer_says_is_not() -> None:
    done = typed("", "--q", "bank-conflict")
    rubric = load_rubric("bank-conflict")
    assert rubric.question.text("en") in done.stdout
    assert not [p.id for p in rubric.key_points if p.id in done.stdout]
    assert KEY_POINT not in done.stdout


def test_the_same_answer_costs_and_scores_what_grade_gives_it(tmp_path: Path) -> None:
    answer = tmp_path / "answer.txt"
    answer.write_text("32 banks.\n")
    CliRunner().invoke(app, ["one", str(answer), "--q", "bank-conflict"])
    typed("32 banks.\n.\n", "--q", "bank-conflict")
    by_file, practised = graded(tmp_path)
    assert practised.key_points == by_file.key_points
    assert practised.usage.from_ledger


def test_another_try_says_what_changed_since_the_last() -> None:
    done = typed("32 banks.\n.\na\nbanks of 4 bytes\n.\ns\n", "--q", "bank-conflict")
    assert done.stdout.count("of 15 points") == 2
    assert "Since your attempt of" in done.stdout
    assert " → " in done.stdout.partition("Since your attempt of")[2]


def test_enter_goes_on_to_another_question_and_count_stops_without_asking(tmp_path: Path) -> None:
    done = typed("first\n.\n\nsecond\n.\n", "--count", "2")
    assert done.exit_code == 0
    assert len({grade.question for grade in graded(tmp_path)}) == 2
    assert done.stderr.count("Enter another") == 1


def test_an_empty_answer_is_not_graded(tmp_path: Path) -> None:
    done = typed("  \n.\ns\n", "--q", "bank-conflict")
    assert done.exit_code == 0
    assert "nothing graded" in done.stderr
    assert graded(tmp_path) == []
    assert drafts(tmp_path) == {}


def test_hints_give_no_key_point_away(tmp_path: Path) -> None:
    text = "32 banks.\n.\na\nbanks of 4 bytes\n.\n"
    plain, hinted = (typed(text, "--q", "bank-conflict", *more) for more in ((), ("--hints",)))
    met = {p.id for grade in graded(tmp_path) for p in grade.key_points if p.verdict == "met"}
    points = load_rubric("bank-conflict").key_points
    untold = [point.text("en")[:40] for point in points if point.id not in met]
    assert untold
    assert all(claim in plain.stdout for claim in untold)
    assert not any(claim in hinted.stdout for claim in untold)
    assert "Since your attempt of" in hinted.stdout


def test_chinese_speaks_of_everything_in_chinese() -> None:
    done = typed(
        "32 个 bank。\n.\na\n每个 4 字节。\n.\ns\n", "--q", "bank-conflict", "--lang", "zh"
    )
    assert "这道题你还没有练过" in done.stdout
    assert "那次相比" in done.stdout
    assert "再来一次" in done.stderr
    assert "You have" not in done.output


def test_an_endpoint_that_refuses_ends_with_1_and_keeps_the_answer(tmp_path: Path) -> None:
    done = typed("32 banks. stub:401\n.\n", "--q", "bank-conflict")
    assert done.exit_code == 1
    assert "go on with: grade practice --q bank-conflict" in done.stderr
    assert drafts(tmp_path) == {"bank-conflict.md": "32 banks. stub:401\n"}
    coming = typed("", "--count", "1")
    assert "bank-conflict" in coming.stdout
    assert "A draft of" in coming.stdout


def test_what_could_not_be_graded_ends_with_1_and_keeps_the_answer(tmp_path: Path) -> None:
    done = typed("32 banks. stub:not-json\n.\ns\n", "--q", "bank-conflict")
    assert done.exit_code == 1
    assert drafts(tmp_path) == {"bank-conflict.md": "32 banks. stub:not-json\n"}


def test_the_way_back_to_a_draft_names_whose_it_is(tmp_path: Path) -> None:
    done = typed("stub:401\n.\n", "--q", "bank-conflict", "--candidate", "Ada L")
    assert "go on with: grade practice --q bank-conflict --candidate 'Ada L'" in done.stderr
    words = ("--q", "bank-conflict", "--candidate", "Ada L", "--count", "1")
    assert "A draft of" in typed("", *words).stdout
    assert "A draft of" not in typed("", *words[:2]).stdout


def test_ctrl_c_while_it_is_graded_is_quiet_and_keeps_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(Behaviour(delay=30)) as (stub, url):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        at = AtTerminal(["practice", "--q", "bank-conflict"], os.environ)
        at.wait_for("single dot")
        at.type("32 banks\n.\n")
        until = time.monotonic() + 30
        while not stub.stats.requests and time.monotonic() < until:
            time.sleep(0.02)
        at.type("\x03")
        assert at.end() == 130
    assert "Traceback" not in at.printed
    assert drafts(tmp_path) == {"bank-conflict.md": "32 banks\n"}


def test_piped_text_begins_anew_and_the_earlier_draft_is_kept(tmp_path: Path) -> None:
    typed("32 banks. stub:401\n.\n", "--q", "bank-conflict")
    done = typed("32 banks.\n.\n", "--q", "bank-conflict")
    assert done.exit_code == 0
    assert list(drafts(tmp_path).values()) == ["32 banks. stub:401\n"]
    assert next(iter(drafts(tmp_path))) in done.stderr


def test_a_score_below_the_mark_ends_with_4() -> None:
    assert typed("32 banks\n.\n", "--q", "bank-conflict", "--pass-mark", "100").exit_code == 4


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--q", "bank-conflct"], "did you mean bank-conflict"),
        (["--lang", "français"], "--lang français: not the tag of a language"),
        (["--ask", "nicely"], "--ask nicely"),
        (["--rubrics", "nowhere"], "nowhere: not a folder"),
    ],
)
def test_a_wrong_call_is_told_before_anything_is_typed(
    words: list[str], told: str, tmp_path: Path
) -> None:
    done = typed("32 banks\n.\n", *words)
    assert done.exit_code == 2
    assert told in done.stderr
    assert drafts(tmp_path) == {}


def test_a_folder_without_a_question_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    done = typed("", "--rubrics", str(tmp_path / "mine"), "--only-own")
    assert done.exit_code == 2
    assert "no question to practise" in done.stderr


def test_an_answer_without_end_is_refused_and_fills_no_disk(tmp_path: Path) -> None:
    done = typed("so many words\n" * 40_000, "--q", "bank-conflict")
    assert done.exit_code == 2
    assert "cut it down" in done.stderr
    assert len(drafts(tmp_path)["bank-conflict.md"]) < 200_000


def test_an_editor_may_have_arguments_or_a_space_in_its_name(tmp_path: Path) -> None:
    program = tmp_path / "my editor"
    program.touch(0o755)
    assert editor_command({"EDITOR": "sh -c"}) == ["sh", "-c"]
    assert editor_command({"EDITOR": "sh", "VISUAL": str(program)}) == [str(program)]
    assert editor_command({"EDITOR": " ", "VISUAL": ""}) is None
    for wrong in ("no-such-editor -w", "'"):
        with pytest.raises(BadInput, match=r"EDITOR=.*no such program"):
            editor_command({"EDITOR": wrong})


def test_an_answer_is_written_in_the_editor_below_which_the_question_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    script = f'cat "$1" >> "{seen}"; {{ echo "#include <x>"; date +%s%N; cat "$1"; }} > "$1.new"'
    editor(tmp_path, monkeypatch, f'{script}; mv "$1.new" "$1"')
    at = AtTerminal(["practice", "--q", "bank-conflict"], os.environ)
    at.wait_for("Enter another")
    at.type("a\n")
    at.wait_for("Since your attempt(.|\n)*Enter another")
    at.type("s\n")
    assert at.end() == 0, at.printed
    assert len(graded(tmp_path)) == 2
    first, again = seen.read_text("utf-8").split("#| An answer left empty")[:2]
    assert "#| What is a bank conflict?" in first
    assert "#include <x>" in again
    assert drafts(tmp_path) == {}


def test_an_editor_that_fails_grades_nothing_and_keeps_the_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(tmp_path, monkeypatch, 'echo "32 banks" > "$1"; exit 3')
    at = AtTerminal(["practice", "--q", "bank-conflict", "--count", "1"], os.environ)
    assert at.end() == 0
    assert "ended with code 3" in at.printed
    assert graded(tmp_path) == []
    assert drafts(tmp_path) == {"bank-conflict.md": "32 banks\n"}


def test_killed_in_the_middle_the_draft_is_offered_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(tmp_path, monkeypatch, 'echo "32 banks" > "$1"; echo saved; sleep 60')
    at = AtTerminal(["practice", "--q", "bank-conflict"], os.environ)
    at.wait_for("saved")
    os.killpg(at.process.pid, signal.SIGKILL)
    at.end()
    monkeypatch.setenv("EDITOR", "true")
    again = AtTerminal(["practice", "--count", "1"], os.environ)
    assert again.end() == 0
    assert "A draft of" in again.printed
    assert "of 15 points" in again.printed
    assert drafts(tmp_path) == {}


def test_ctrl_c_while_lines_are_typed_is_quiet_and_keeps_them(tmp_path: Path) -> None:
    at = AtTerminal(["practice", "--q", "bank-conflict"], os.environ)
    at.wait_for("single dot")
    at.type("32 banks\n")
    wanted, until = {"bank-conflict.md": "32 banks\n"}, time.monotonic() + 30
    while drafts(tmp_path) != wanted and time.monotonic() < until:
        time.sleep(0.02)
    at.type("\x03")
    assert at.end() == 130
    assert "Traceback" not in at.printed
    assert "go on with: grade practice --q bank-conflict" in at.printed
    assert drafts(tmp_path) == wanted


def test_a_draft_is_gone_on_with_where_lines_are_typed(tmp_path: Path) -> None:
    typed("32 banks stub:401\n.\n", "--q", "bank-conflict")
    draft = tmp_path / "drafts" / "bank-conflict.md"
    draft.write_text("32 banks\n")
    at = AtTerminal(["practice", "--q", "bank-conflict", "--count", "1"], os.environ)
    at.wait_for("goes on with the draft")
    at.type("\n")
    at.wait_for("single dot")
    at.type("of 4 bytes\n.\n")
    assert at.end() == 0, at.printed
    [grade] = graded(tmp_path)
    quoted = [e.text for point in grade.key_points for e in point.evidence]
    assert any("32 banks\nof 4 bytes".startswith(text) for text in quoted)


def test_ctrl_c_is_the_editors_while_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(tmp_path, monkeypatch, 'trap "" INT; echo ready; sleep 1; echo "32 banks" > "$1"')
    at = AtTerminal(["practice", "--q", "bank-conflict", "--count", "1"], os.environ)
    at.wait_for("ready")
    at.type("\x03")
    assert at.end() == 0, at.printed
    assert "of 15 points" in at.printed
