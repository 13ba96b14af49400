"""Whether an answer is about the subject is told in the languages that the rubric has."""

from pathlib import Path

import pytest

from grader.judge.relevance import is_elsewhere
from grader.rubric.files import read_rubric
from grader.rubric.format import Rubric
from tests.support.courses import GERMAN, JAPANESE, TONGUES, Tongue

ELSEWHERE = {
    "de": "Gestern kochte meine Oma Suppe aus Möhren, Lauch und Kartoffeln im Garten.",
    "fr": "Hier ma grand-mère préparait une soupe aux carottes dans son jardin fleuri.",
    "ja": "きのう祖母は庭でにんじんのスープを作りました。",
}


def rubric_of(tongue: Tongue, folder: Path) -> Rubric:
    return read_rubric(tongue.rubric(folder, "web-cache"))


@pytest.mark.parametrize("tongue", TONGUES, ids=lambda tongue: tongue.tag)
def test_an_answer_is_known_by_its_words_in_any_language(tmp_path: Path, tongue: Tongue) -> None:
    rubric = rubric_of(tongue, tmp_path)
    assert not is_elsewhere([tongue.answer], rubric)
    assert is_elsewhere([ELSEWHERE[tongue.tag]], rubric)


def test_an_answer_in_another_script_is_not_called_off_the_subject(tmp_path: Path) -> None:
    assert not is_elsewhere(["Кэш отвечает без запроса."], rubric_of(GERMAN, tmp_path))
    assert not is_elsewhere(["缓存在有效期内直接返回响应。"], rubric_of(GERMAN, tmp_path))
    assert not is_elsewhere(["Кэш отвечает без запроса."], rubric_of(JAPANESE, tmp_path))
