"""What a judge is shown of a rubric: each text once, each note that is there, nothing empty."""

from grader import answer
from grader.judge import prompts
from grader.rubric.format import Rubric
from tests.support.records import RUBRIC

ANSWER = answer.from_text("32 banks", "a.txt")


def system(rubric: Rubric) -> str:
    return prompts.one_call(rubric, ANSWER)[0]["content"]


def with_note(denial: str | None) -> Rubric:
    first, *others = RUBRIC.key_points
    notes = first.notes.model_copy(update={"contradicted": denial})
    points = (first.model_copy(update={"notes": notes}), *others)
    return RUBRIC.model_copy(update={"key_points": points})


def test_a_note_on_what_contradicts_is_shown_where_there_is_one() -> None:
    assert "- contradicted: 16 banks\n" in system(with_note("16 banks"))
    assert "- contradicted: 16" not in system(with_note(None))


def test_a_key_point_without_a_note_on_partial_shows_none() -> None:
    binary = prompts.key_point(RUBRIC.key_points[1])
    assert binary.splitlines()[-3:-1] == ["- met: broadcast", "- missed: none"]


def test_words_that_are_the_same_in_both_languages_are_shown_once() -> None:
    same = RUBRIC.key_points[0].model_copy(update={"zh": RUBRIC.key_points[0].en})
    assert prompts.key_point(same).count(same.text("en")) == 1


def test_a_rubric_without_misconceptions_shows_no_empty_section() -> None:
    assert "# Misconceptions" in system(RUBRIC)
    assert "# Misconceptions" not in system(RUBRIC.model_copy(update={"misconceptions": ()}))


def test_hints_are_not_shown_to_a_judge() -> None:
    hint = {"en": "count them", "zh": "数一数"}
    hinted = {**RUBRIC.key_points[0].model_dump(), "hint": hint}
    point = type(RUBRIC.key_points[0]).model_validate(hinted)
    assert "count them" not in prompts.key_point(point)
