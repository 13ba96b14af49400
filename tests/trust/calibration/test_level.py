"""``--calibration FILE``: a team's level, wherever answers are judged."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from grader.cli.app import app
from grader.record import Grade, Verdict
from tests.support.rubric_files import labelled
from tests.support.stub import Stub, running

FEW = ("--attacks", "2", "--questions", "1")


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Stub, str]]:
    """An endpoint that gives log-probabilities, with its address."""
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    with running() as both:
        yield both


@pytest.fixture
def level(tmp_path: Path) -> Callable[[float], str]:
    """Writes the file of a team with this leniency."""

    def write(leniency: float) -> str:
        path = tmp_path / f"level{leniency}.toml"
        path.write_text(f'schema = "level/1"\nleniency = {leniency}\n', encoding="utf-8")
        return str(path)

    return write


def call(name: str, tmp_path: Path, url: str, *words: str) -> Result:
    """A command that judges, over one short answer."""
    answer, session = tmp_path / "answer.txt", tmp_path / "session.jsonl"
    answer.write_text("Shared memory has 32 banks.", encoding="utf-8")
    row = {"question": "bank-conflict", "answer": "Shared memory has 32 banks.", "id": "a"}
    session.write_text(json.dumps(row) + "\n", encoding="utf-8")
    arguments = {
        "grade": [str(answer), "--q", "bank-conflict", "--json"],
        "batch": ["batch", str(session), "--out", str(tmp_path / "out.jsonl")],
        "audit": ["audit", *FEW],
        "rubric test": ["rubric", "test", str(labelled(tmp_path))],
    }[name]
    return CliRunner().invoke(app, [*arguments, "--model", "m", "--base-url", url, *words])


COMMANDS = ("grade", "batch", "audit", "rubric test")
Endpoint = tuple[Stub, str]
Level = Callable[[float], str]


def graded(endpoint: Endpoint, tmp_path: Path, *words: str) -> Grade:
    done = call("grade", tmp_path, endpoint[1], "--ask", "per-point", *words)
    return Grade.model_validate_json(done.stdout)


def test_the_record_says_at_which_level_it_was_judged(
    endpoint: Endpoint, level: Level, tmp_path: Path
) -> None:
    assert graded(endpoint, tmp_path).judge.level is None
    found = graded(endpoint, tmp_path, "--calibration", level(1.5))
    assert found.judge.level == {"sharpness": 1.0, "leniency": 1.5}


def test_the_environment_names_the_file_too(
    endpoint: Endpoint, level: Level, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_CALIBRATION", level(-0.5))
    found = graded(endpoint, tmp_path)
    assert found.judge.level == {"sharpness": 1.0, "leniency": -0.5}


def test_a_level_moves_the_verdicts_of_replies_that_were_paid_for_before(
    endpoint: Endpoint, level: Level, tmp_path: Path
) -> None:
    graded(endpoint, tmp_path)
    paid = endpoint[0].stats.requests
    mild, stern = (
        graded(endpoint, tmp_path, "--calibration", level(leniency)) for leniency in (6.0, -6.0)
    )
    assert endpoint[0].stats.requests == paid
    assert {p.verdict for p in mild.key_points} == {Verdict.MET}
    assert not {p.verdict for p in stern.key_points} & {Verdict.MET, Verdict.PARTIAL}
    assert mild.digests.prompt != stern.digests.prompt


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_judges_goes_by_the_level(
    name: str, endpoint: Endpoint, level: Level, tmp_path: Path
) -> None:
    found = set()
    for leniency in (6.0, -6.0):
        words = ("--ask", "per-point", "--calibration", level(leniency))
        done = call(name, tmp_path, endpoint[1], *words)
        assert done.exit_code != 2, done.output
        out = tmp_path / "out.jsonl"
        found.add(out.read_text(encoding="utf-8") if name == "batch" else done.stdout)
        out.unlink(missing_ok=True)
    assert len(found) == 2
    assert endpoint[0].stats.requests > 0


@pytest.mark.parametrize("name", COMMANDS)
def test_a_broken_level_is_one_line_with_the_option_and_the_file_and_nothing_is_asked(
    name: str, endpoint: Endpoint, tmp_path: Path
) -> None:
    path = tmp_path / "level.toml"
    path.write_text("leniency = 1.0\n", encoding="utf-8")
    done = call(name, tmp_path, endpoint[1], "--ask", "per-point", "--calibration", str(path))
    assert done.exit_code == 2
    assert done.stderr.startswith(f"grade: --calibration {path}: ")
    assert done.stderr.count("\n") == 1
    assert endpoint[0].stats.requests == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_a_level_for_a_judge_without_probabilities_is_refused_before_anything_is_asked(
    name: str, endpoint: Endpoint, level: Level, tmp_path: Path
) -> None:
    done = call(name, tmp_path, endpoint[1], "--calibration", level(1.0))
    assert done.exit_code == 2
    assert done.stderr.startswith("grade: --calibration: one call an answer gives no prob")
    assert done.stderr.count("\n") == 1
    assert endpoint[0].stats.requests == 0
