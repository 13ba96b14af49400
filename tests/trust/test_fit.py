"""A team's own level: fitted on few answers, and worth what is said on answers left out."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import BadInput
from grader.judge.curves import TeamLevel, read_level
from grader.record import JudgeInfo, Verdict
from grader.trust.calibration.ratings import Ratings
from grader.trust.calibration.results import ModelGradings
from grader.trust.fit import FEWEST, Fitted, Rated, fit_level, fit_team, rated, to_toml
from tests.trust.calibration.leanings import JUDGE, POINTS, Leaning, graded, leaning, rating, spoken
from tests.trust.calibration.teams import Team, records

SEEDS = (0, 1)
SURE_MET = np.array([[0.9, 0.04, 0.04, 0.02]] * len(POINTS))


@cache
def fitted(team: Leaning, seed: int = 0) -> Fitted:
    return fit_team(rated(*leaning(team, seed)), team.raters, "m", seed)


def people(results: ModelGradings, *said: object) -> list[Rated]:
    return rated(results, Ratings(tuple(said), {}))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_team_that_gives_more_gets_a_leniency_and_gains_on_answers_left_out(seed: int) -> None:
    found = fitted(Leaning(leniency=1.0), seed)
    assert 0.5 <= found.level.leniency <= 1.5
    assert found.qwk.after > found.qwk.before
    assert found.qwk.low > 0
    assert found.error.after < found.error.before
    assert found.error.high < 0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_team_that_gives_less_gets_a_leniency_below_0(seed: int) -> None:
    found = fitted(Leaning(leniency=-1.0), seed)
    assert found.level.leniency <= -0.5
    assert found.error.after < found.error.before


@pytest.mark.parametrize("seed", SEEDS)
def test_a_team_at_the_judges_level_stays_there_and_is_promised_no_gain(seed: int) -> None:
    found = fitted(Leaning(), seed)
    assert abs(found.level.leniency) <= 0.25
    for gain in (found.qwk, found.error):
        assert gain.low <= 0 <= gain.high


@pytest.mark.parametrize("seed", SEEDS)
def test_few_answers_move_the_level_less_than_many(seed: int) -> None:
    teams = (leaning(Leaning(n, leniency=2.0), seed) for n in (20, 300))
    few, many = (fit_level(rated(*team)).leniency for team in teams)
    assert 0 <= few < many <= 2.25


def test_no_answers_leave_the_shipped_level() -> None:
    assert fit_level([]) == TeamLevel()


def test_fewer_than_20_answers_are_refused_with_their_number() -> None:
    with pytest.raises(BadInput, match=r"^19 answers .* at least 20$"):
        fitted(Leaning(FEWEST - 1))
    assert fitted(Leaning(FEWEST)).answers == FEWEST


def test_an_answer_that_was_graded_twice_counts_once() -> None:
    results, ratings = leaning(Leaning(15))
    twice = replace(results, grades=results.grades * 2, names=results.names * 2)
    assert rated(twice, ratings) == rated(results, ratings)
    with pytest.raises(BadInput, match=r"^15 answers"):
        fit_team(rated(twice, ratings), 1, "m")


def test_scores_and_verdicts_both_count_and_alike() -> None:
    results, scores = leaning(Leaning(24))
    same, verdicts = leaning(Leaning(24, by_score=False))
    assert results == same
    given = rated(results, scores)
    assert [one.score for one in rated(results, verdicts)] == [
        pytest.approx(one.score) for one in given
    ]
    half = [r for r in scores.rows if int(r.answer_id[1:]) < 12]
    half += [r for r in verdicts.rows if int(r.answer_id[1:]) >= 12]
    assert [one.score for one in people(results, *half)] == [
        pytest.approx(one.score) for one in given
    ]


def test_ratings_of_one_answer_by_several_people_are_averaged() -> None:
    results, _ = leaning(Leaning(1))
    met = spoken("a0", "ben", dict.fromkeys(POINTS, Verdict.MET), by_score=False)
    (one,) = people(results, rating("a0", "ana", score=40.0), *met)
    assert one.score == pytest.approx(0.7)


def test_verdicts_count_only_where_a_person_left_no_key_point_out() -> None:
    results, _ = leaning(Leaning(1))
    said = dict.fromkeys(list(POINTS)[1:], Verdict.MET)
    some = list(spoken("a0", "ben", said, by_score=False))
    assert people(results, *some) == []
    (one,) = people(results, rating("a0", "ana", score=40.0), *some)
    assert one.score == pytest.approx(0.4)


def test_answers_that_nobody_rated_are_left_out() -> None:
    results, _ = leaning(Leaning(3))
    (one,) = people(results, rating("a1", "ana", score=40.0))
    assert one.key == ("q", "a1")


def test_what_the_judge_left_to_a_person_is_left_out() -> None:
    results, ratings = leaning(Leaning(3))
    first = results.grades[0]
    blank = tuple(p.model_copy(update={"verdict": None}) for p in first.key_points)
    open_ = first.model_copy(update={"key_points": blank})
    found = rated(replace(results, grades=(open_, *results.grades[1:])), ratings)
    assert [one.key[1] for one in found] == ["a1", "a2"]


def test_before_the_fit_an_answer_has_the_score_that_the_judge_gave() -> None:
    results, ratings = leaning(Leaning(300))
    assert any(p.alternative for g in results.grades for p in g.key_points)  # nothing was sure
    for grade, one in zip(results.grades, rated(results, ratings), strict=True):
        assert grade.score.percent == pytest.approx(100 * one.given(TeamLevel()), abs=0.05)


CHANCES = st.tuples(*[st.floats(0.001, 1)] * 4).map(lambda f: tuple(each / sum(f) for each in f))


@given(st.lists(CHANCES, min_size=1, max_size=6), st.floats(-5, 5), st.floats(0, 5))
def test_a_more_lenient_level_never_gives_an_answer_less(
    chances: list[tuple[float, ...]], leniency: float, more: float
) -> None:
    names = tuple(map(str, range(len(chances))))
    one = Rated(("q", "a"), (1,) * len(chances), tuple(chances), 0.5, names)
    stern, mild = TeamLevel(leniency=leniency), TeamLevel(leniency=leniency + more)
    assert one.given(stern) <= one.given(mild)
    assert one.expected(stern) <= one.expected(mild) + 1e-9


def test_records_without_probabilities_are_refused() -> None:
    with pytest.raises(BadInput, match="hold no probabilities") as refused:
        rated(*records(Team(answers=30), 1))
    assert "\n" not in str(refused.value)


def test_records_that_were_graded_at_a_teams_level_are_refused() -> None:
    at_level = JUDGE.model_copy(update={"level": TeamLevel().model_dump()})
    with pytest.raises(BadInput, match="graded with --calibration") as refused:
        rated(*leaning(Leaning(30), judge=at_level))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "other",
    [
        {"model": "n"},
        {"ask": "per-point"},
        {"endpoint": "http://other/v1"},
        {"adapter": "sha256:new"},
    ],
)
def test_records_of_several_judges_are_refused(other: dict[str, str]) -> None:
    results, ratings = leaning(Leaning(30))
    odd = graded("a0", SURE_MET, JUDGE.model_copy(update=other))
    mixed = replace(results, grades=(odd, *results.grades[1:]))
    with pytest.raises(BadInput, match="of several judges") as refused:
        rated(mixed, ratings)
    assert "\n" not in str(refused.value)
    assert other.get("model", "m") in str(refused.value)


def test_what_code_decided_is_nobodys_level_and_no_judge_of_its_own() -> None:
    results, ratings = leaning(Leaning(30))
    first = results.grades[0]
    bare = tuple(p.model_copy(update={"probabilities": None}) for p in first.key_points)
    code = JudgeInfo(kind="code", ask="none", model="none")
    by_code = first.model_copy(update={"key_points": bare, "judge": code})
    found = rated(replace(results, grades=(by_code, *results.grades[1:])), ratings)
    assert len(found) == 29


@pytest.mark.parametrize("judge", ["m", "m\nleniency = 9 # \x1b[2J"])
def test_the_file_is_read_back_as_the_level_that_was_fitted(judge: str, tmp_path: Path) -> None:
    found = replace(fitted(Leaning(FEWEST)), level=TeamLevel(leniency=1.125), judge=judge)
    path = tmp_path / "level.toml"
    path.write_text(to_toml(found), encoding="utf-8")
    assert read_level(path) == found.level
    assert "\x1b" not in path.read_text(encoding="utf-8")
    assert "20 answers" in path.read_text(encoding="utf-8")


def test_the_same_seed_fits_and_measures_the_same() -> None:
    answers = rated(*leaning(Leaning(FEWEST)))
    assert fit_team(answers, 1, "m", 3) == fit_team(answers, 1, "m", 3)


BROKEN = {
    "nothing there": None,
    "empty": b"",
    "no TOML": b"leniency = = 1",
    "no text": b"\xff\xfe\x00",
    "another schema": b'schema = "rubric/1"\nleniency = 1.0\n',
    "no number": b'schema = "level/1"\nleniency = "much"\n',
    "not a number": b'schema = "level/1"\nleniency = nan\n',
    "too much": b'schema = "level/1"\nleniency = 21.0\n',
    "turned round": b'schema = "level/1"\nsharpness = 0.0\n',
    "a key too many": b'schema = "level/1"\nlenience = 1.0\n',
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_one_line_that_names_the_option_and_the_file(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / "level.toml"
    if (content := BROKEN[name]) is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput) as refused:
        read_level(path)
    line = str(refused.value)
    assert line.startswith(f"--calibration {path}: ")
    assert "\n" not in line
    assert ("lenien" in line or "sharpness" in line) == (list(BROKEN).index(name) > 4)


def test_a_folder_is_no_level(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--calibration"):
        read_level(tmp_path)
