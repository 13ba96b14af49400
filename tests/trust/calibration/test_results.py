"""Records are raters: a model, several, or one model several times."""

from pathlib import Path

import pytest

from grader.errors import BadInput
from grader.record import Grade, JudgeInfo
from grader.trust.calibration import results as graded
from grader.trust.calibration.panel import build
from grader.trust.calibration.ratings import Ratings
from tests.trust.calibration.conftest import WriteResults
from tests.trust.calibration.teams import Team, records

NOBODY = Ratings((), {})


@pytest.fixture
def grades() -> tuple[Grade, ...]:
    return records(Team(answers=3, points=2), 1)[0].grades


def by(grade: Grade, **judge: object) -> Grade:
    return grade.model_copy(update={"judge": grade.judge.model_copy(update=judge)})


def test_a_model_that_grades_an_answer_again_is_a_rater_of_its_own(
    grades: tuple[Grade, ...], write_results: WriteResults
) -> None:
    found = graded.read([write_results([*grades, grades[0]])])
    assert found.names == (("m",), ("m",), ("m",), ("m #2",))
    panel = build(found, NOBODY)
    assert [r.repeat for r in panel.raters] == [1, 2]
    assert panel.repeats(panel.models[0]) == (0, 1)


def test_several_models_are_several_raters_over_several_files(
    grades: tuple[Grade, ...], write_results: WriteResults
) -> None:
    others = [by(g, model="n") for g in grades]
    found = graded.read([write_results(grades), write_results(others)])
    assert {name for names in found.names for name in names} == {"m", "n"}


def test_namesakes_are_told_apart_by_how_they_were_asked(
    grades: tuple[Grade, ...], write_results: WriteResults
) -> None:
    others = [by(g, ask="per-point") for g in grades]
    found = graded.read([write_results([*grades, *others])])
    assert {n for names in found.names for n in names} == {"m (one-call)", "m (per-point)"}


def test_what_code_decided_counts_for_every_model(
    grades: tuple[Grade, ...], write_results: WriteResults
) -> None:
    code = grades[2].model_copy(update={"judge": JudgeInfo(kind="code", ask="none", model="none")})
    others = [by(g, model="n") for g in grades[:2]]
    found = graded.read([write_results([*grades[:2], *others, code])])
    assert found.names[-1] == ("m", "n")


def test_another_text_under_the_same_id_is_refused(
    grades: tuple[Grade, ...], write_results: WriteResults
) -> None:
    digests = grades[0].digests.model_copy(update={"answer": "sha256:other"})
    path = write_results([grades[0], grades[0].model_copy(update={"digests": digests})])
    with pytest.raises(BadInput, match=rf"{path}:2: answer a0 is another text than at {path}:1"):
        graded.read([path])


def test_two_versions_of_a_rubric_are_refused(
    grades: tuple[Grade, ...], write_results: WriteResults
) -> None:
    fewer = grades[1].model_copy(update={"key_points": grades[1].key_points[:1]})
    path = write_results([grades[0], fewer])
    with pytest.raises(BadInput, match=rf"{path}:2: question q0 was graded against other key"):
        graded.read([path])


def test_lines_that_are_no_records_are_named(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text('{"schema": "grade/1"}\n\nnot json\n', encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        graded.read([path])
    first, second = str(caught.value).splitlines()
    assert first.startswith(f"{path}:1: not a record of grade/1: ")
    assert second.startswith(f"{path}:3: not a record of grade/1: ")


def test_an_empty_file_says_where_records_come_from(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(BadInput, match="grade batch"):
        graded.read([path])
