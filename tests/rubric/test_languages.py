"""A rubric has the languages that it has, and says where one is missing that it promised."""

import re
from pathlib import Path

import pytest

from grader.authoring.check.run import check_rubric
from grader.errors import BadRubric
from grader.record import MisconceptionGrade, PointGrade, PointGroup, Verdict
from grader.rubric.files import read_rubric, rubric_toml, save_rubric, search_rubrics
from grader.rubric.wording import Text
from grader.scoring import Scheme, total
from grader.util.files import data_folder
from tests.support.courses import GERMAN, JAPANESE, TONGUES, Tongue


def changed(folder: Path, old: str, new: str, tongue: Tongue = GERMAN) -> Path:
    path = tongue.rubric(folder, "web-cache")
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def complaint(path: Path) -> str:
    with pytest.raises(BadRubric) as caught:
        read_rubric(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("tongue", TONGUES, ids=lambda tongue: tongue.tag)
def test_a_rubric_in_one_language_is_read_saved_and_found(tmp_path: Path, tongue: Tongue) -> None:
    rubric = read_rubric(tongue.rubric(tmp_path, "web-cache", total=20))
    assert rubric.question.texts == {tongue.tag: tongue.question}
    assert [point.weight for point in rubric.key_points] == [10, 7.5, 7.5, 7.5]
    group = PointGroup(key_points=("second", "third", "fourth"), enough=2)
    assert rubric.scheme == Scheme((group,), 20)
    (folder := tmp_path / "saved").mkdir()
    assert read_rubric(save_rubric(rubric, folder)) == rubric
    assert rubric_toml(rubric).count("en =") == 0
    assert search_rubrics([rubric], [tongue.points[3][:8]]) == (rubric,)


def test_the_reader_gets_their_language_or_a_variant_of_it_or_the_first() -> None:
    both = Text.model_validate({"en": "colour", "pt-BR": "cor", "fr": "couleur"})
    assert [both.text(tag) for tag in ("en", "pt", "fr-CA", "zh")] == [
        *("colour", "cor", "couleur", "colour"),
    ]
    assert JAPANESE.tag not in both.texts


def test_the_same_words_in_two_languages_count_once() -> None:
    assert Text(en="TCP", zh="TCP").wordings == ("TCP",)


def test_a_whole_number_of_points_is_the_same_however_it_is_written(tmp_path: Path) -> None:
    one = read_rubric(GERMAN.rubric(tmp_path, "web-cache")).digest
    assert read_rubric(changed(tmp_path, "weight = 10", "weight = 10.0")).digest == one


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "web-cache"\n', 'id = "web-cache"\nlanguages = ["de", "en"]\n', "question: has no"),
        (
            "\n[question]\n",
            'languages = ["de"]\n[question]\nfr = "Pourquoi ?"\n',
            "question: 'fr' is not one of the rubric's languages",
        ),
        ('id = "web-cache"\n', 'id = "web-cache"\nlanguages = ["German"]\n', "languages[0]"),
        (f'de = "{GERMAN.points[1]}"\n', "", "needs its text in a language"),
        ('de = "Eine', 'deutsch = "Eine', "deutsch: is not a key of the format, nor the tag of"),
        ("weight = 10", "weight = 0", "greater than or equal to 0.001"),
        ("weight = 10", "weight = inf", "key_points[0].weight"),
        ('id = "web-cache"\n', 'id = "web-cache"\ntotal = 0\n', "total: must be greater"),
        ("enough = 2", "enough = 3", "must be less than the group's 3 key points"),
        ("enough = 2", "enough = 0", "groups[0].enough"),
        ('"third", "fourth"]', '"third", "fifth"]', "no key point 'fifth'"),
        ('"third", "fourth"]', '"third", "second"]', "'second' stands in groups twice"),
        ('["second"', '["first"', "need one weight"),
    ],
)
def test_what_does_not_fit_is_named_in_one_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert said in complaint(changed(tmp_path, old, new))


def test_a_rubric_that_says_its_languages_and_has_them_is_read(tmp_path: Path) -> None:
    said = changed(tmp_path, 'id = "web-cache"\n', 'id = "web-cache"\nlanguages = ["de"]\n')
    assert read_rubric(said).languages == ("de",)


@pytest.fixture
def documented(tmp_path: Path) -> Path:
    page = data_folder("rubrics").parent / "docs" / "rubrics.md"
    (example,) = re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "tcp-verbindung.toml"
    path.write_text(example, encoding="utf-8")
    return path


def test_the_rubric_in_the_documents_is_one_that_nothing_is_found_in(documented: Path) -> None:
    assert read_rubric(documented).question.texts.keys() == {"de"}
    assert check_rubric(documented) == []


@pytest.mark.parametrize(("held", "earned"), [(False, 17.27), (True, 16.27)])
def test_its_points_add_up_as_the_documents_say(
    documented: Path, held: bool, earned: float
) -> None:
    rubric = read_rubric(documented)
    verdicts = (Verdict.MET, Verdict.MET, Verdict.MISSED, Verdict.PARTIAL)
    graded = [
        PointGrade(id=point.id, weight=point.weight, verdict=verdict)
        for point, verdict in zip(rubric.key_points, verdicts, strict=True)
    ]
    claims = [MisconceptionGrade(id=m.id, asserted=held, penalty=1) for m in rubric.misconceptions]
    score = total(graded, claims, rubric.scheme)
    assert score.points == pytest.approx(earned, abs=0.005)
    assert score.out_of == 20
