"""What a user types and gets: output, the line that explains, the exit code."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.cli.app import app
from grader.record import Grade
from grader.rubric.files import load_rubric, load_rubrics
from grader.util.files import data_folder
from tests.support.stub import Stub, running

ANSWER = "Shared memory has 32 banks of four bytes. Padding the row to 33 words removes conflicts."


@pytest.fixture
def answer(tmp_path: Path) -> str:
    path = tmp_path / "answer.txt"
    path.write_text(ANSWER, encoding="utf-8")
    return str(path)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    with running() as (server, url):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("GRADER_MODEL", "stub")
        yield server


def grade(*args: str, stdin: str | bytes | None = None) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, list(args), input=stdin)
    return done.exit_code, done.stdout, done.stderr


def test_one_answer_gets_score_evidence_and_what_to_read_next(stub: Stub, answer: str) -> None:
    code, out, _ = grade(answer, "--q", "bank-conflict")
    assert code == 0
    assert "points" in out
    assert "Shared memory has 32 ban" in out
    assert f"{stub.stats.requests}" == "1"


def test_the_same_answer_again_costs_nothing_and_says_so(stub: Stub, answer: str) -> None:
    _, first, _ = grade(answer, "--q", "bank-conflict", "--json")
    _, second, _ = grade(answer, "--q", "bank-conflict", "--json")
    assert stub.stats.requests == 1
    assert json.loads(second)["usage"]["from_ledger"] is True
    assert json.loads(first)["key_points"] == json.loads(second)["key_points"]
    assert "ledger" in grade(answer, "--q", "bank-conflict")[1]


def test_asking_anew_pays_anew(stub: Stub, answer: str) -> None:
    grade(answer, "--q", "bank-conflict")
    grade(answer, "--q", "bank-conflict", "--no-cache")
    assert stub.stats.requests == 2


def test_json_is_the_record_and_its_offsets_are_right(stub: Stub, answer: str) -> None:
    code, out, _ = grade(answer, "--q", "bank-conflict", "--json")
    assert code == 0
    record = Grade.model_validate_json(out)
    assert json.loads(out)["schema"] == "grade/1"
    pieces = [piece for point in record.key_points for piece in point.evidence]
    assert pieces
    assert all(ANSWER[piece.start : piece.end] == piece.text for piece in pieces)


def test_markdown_can_be_pasted(stub: Stub, answer: str) -> None:
    code, out, _ = grade(answer, "--q", "bank-conflict", "--markdown")
    assert code == 0
    assert "bank conflict" in out


@pytest.mark.parametrize("shape", [(), ("--markdown",)])
def test_hints_stand_for_the_points_of_an_answer_that_says_nothing(shape: tuple[str, ...]) -> None:
    code, out, _ = grade("-", "--q", "bank-conflict", "--hints", *shape, stdin="...")
    shown = " ".join(out.replace("\\", "").split())
    rubric = load_rubric("bank-conflict", (data_folder("rubrics"),))
    assert code == 0
    for point in rubric.key_points:
        assert point.hint is not None
        assert point.hint.text("en").split(",")[0][:30] in shown
        assert point.text("en")[:30] not in shown


def test_an_answer_comes_from_stdin_too(stub: Stub) -> None:
    assert grade("-", "--q", "bank-conflict", stdin=ANSWER)[0] == 0


def test_a_chinese_answer_gets_a_chinese_report(stub: Stub, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("共享内存分成 32 个 bank,每个 4 字节宽。", encoding="gb18030")
    code, out, _ = grade(str(path), "--q", "bank-conflict")
    assert code == 0
    assert "说到了" in out


def test_an_ungraded_answer_is_an_interval_and_exit_code_1(stub: Stub, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("stub:refuse Shared memory has 32 banks.", encoding="utf-8")
    code, out, _ = grade(str(path), "--q", "bank-conflict")
    assert code == 1
    assert "between 0 and 100 %" in out
    assert "the model refused" in out


@pytest.mark.parametrize(("mark", "code"), [("0", 0), ("100", 4)])
def test_a_pass_mark_decides_the_exit_code(stub: Stub, answer: str, mark: str, code: int) -> None:
    text = "stub:nothing" if code else ANSWER
    Path(answer).write_text(text + " but little else", encoding="utf-8")
    found = grade(answer, "--q", "int8-slower-than-fp16", "--pass-mark", mark)[0]
    record = json.loads(grade(answer, "--q", "int8-slower-than-fp16", "--json")[1])
    assert found == (4 if record["score"]["percent"] < float(mark) else 0)


def test_nothing_gradable_needs_no_call(stub: Stub) -> None:
    code, out, _ = grade("-", "--q", "bank-conflict", "--json", stdin="不知道")
    record = json.loads(out)
    assert code == 0
    assert stub.stats.requests == 0
    assert record["judge"]["kind"] == "code"
    assert record["score"]["percent"] == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stub:401 x y z", "OPENAI_API_KEY"),
        ("stub:quota x y z", "quota"),
        ("stub:404 x", "--model"),
    ],
)
def test_an_endpoint_that_cannot_work_is_one_line_and_exit_code_1(
    stub: Stub, text: str, words: str
) -> None:
    code, _, err = grade("-", "--q", "bank-conflict", stdin=text + " Shared memory has 32 banks.")
    assert code == 1
    assert words in err
    assert err.strip().count("\n") == 0


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("missing.txt", "--q", "bank-conflict"), "missing.txt"),
        (("-", "--q", "bank-conflct"), "did you mean bank-conflict"),
        (("-", "--q", "../../etc/passwd"), "no question"),
        (("-", "--q", "bank-conflict", "--lang", "français"), "--lang français"),
        (("-", "--q", "bank-conflict", "--ask", "nicely"), "--ask nicely"),
        (("-", "--q", "bank-conflict", "--param", "temperature"), "KEY=VALUE"),
        (("-", "--q", "bank-conflict", "--param", "messages=[]"), "set by grade"),
        (("-", "--q", "bank-conflict", "--rubrics", "nowhere"), "nowhere"),
        (("-", "--q", "bank-conflict", "--model", "gpt-9"), "OPENAI_API_KEY"),
        (("-", "--q", "bank-conflict", "--base-url", "http://127.0.0.1:9/v1"), "--model"),
        (("btch", "session.md"), "batch"),
    ],
)
def test_a_wrong_call_is_one_line_with_the_way_out_and_exit_code_2(
    args: tuple[str, ...], words: str
) -> None:
    code, _, err = grade(*args, stdin=ANSWER)
    assert code == 2
    assert words in err.strip().splitlines()[-1]
    assert "Traceback" not in err


def test_a_broken_rubric_is_named_with_file_and_line(tmp_path: Path) -> None:
    good = (data_folder("rubrics") / "bank-conflict.toml").read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(good.replace("weight = 3", "weight = 9", 1))
    code, _, err = grade("-", "--q", "mine", "--rubrics", str(tmp_path), stdin=ANSWER)
    assert code == 2
    assert "mine.toml:" in err


@pytest.mark.parametrize("args", [("missing.txt", "--q", "bank-conflict"), ("-", "--q", "bank")])
def test_a_wrong_call_is_told_before_anything_heavy_is_loaded(args: tuple[str, ...]) -> None:
    code = (
        "import sys\nfrom grader.cli.app import app\n"
        "try: app(sys.argv[1:])\nexcept SystemExit: pass\n"
        "print(sorted({'openai', 'rich', 'altair', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *args], capture_output=True, text=True, check=True, input="x"
    )
    assert done.stdout.strip() == "[]"


def test_questions_are_listed_and_searched() -> None:
    everything = grade("questions")[1]
    assert all(r.id in everything for r in load_rubrics((data_folder("rubrics"),)))
    found = grade("questions", "paged", "attention")[1]
    assert "paged-attention" in found
    assert "bank-conflict" not in found
    assert grade("questions", "nosuchword")[0] == 1


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_question_is_shown_with_notes_sources_and_corrections(language: str) -> None:
    code, out, _ = grade("show", "bank-conflict", "--lang", language)
    asked = load_rubric("bank-conflict", (data_folder("rubrics"),))
    assert code == 0
    assert all(point.id in out for point in asked.key_points)
    assert asked.documents["CPG"].title in out


def test_history_lists_what_was_graded(stub: Stub, answer: str) -> None:
    grade(answer, "--q", "bank-conflict")
    assert "bank-conflict" in grade("history")[1]
    assert json.loads(grade("history", "--json")[1])["question"] == "bank-conflict"
    assert "bank-conflict" not in grade("history", "--q", "paged-attention")[1]


def test_doctor_examines_the_judge_and_grade_warns_of_a_bad_one(stub: Stub, answer: str) -> None:
    code, out, _ = grade("doctor")
    assert "strict schemas: honoured" in out
    assert "labelled answers" in out
    assert code == 1, "the stub judges by no knowledge at all"
    assert "careful with this judge" in grade(answer, "--q", "bank-conflict")[2]


def test_doctor_asks_with_the_parameters_that_the_judge_will_be_asked_with(stub: Stub) -> None:
    stub.remember = True
    grade("doctor", "--param", "reasoning_effort=low", "--param", "seed=3")
    sent = [(asked.get("reasoning_effort"), asked.get("seed")) for asked in stub.seen]
    assert len(sent) > 3, "the probes and the labelled answers"
    assert set(sent) == {("low", 3)}


def test_doctor_says_what_to_do_when_nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.llm.endpoint._backoff", lambda _: 0.0)
    code, out, _ = grade("doctor", "--base-url", "http://127.0.0.1:9/v1", "--model", "m")
    assert code == 1
    assert "cannot reach http://127.0.0.1:9/v1" in out


def test_the_version_is_printed() -> None:
    assert grade("--version")[1].startswith("grade ")
