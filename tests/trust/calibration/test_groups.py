"""Groups come from a file of their own; small ones are never flagged."""

from dataclasses import replace
from pathlib import Path

import pytest

from grader.errors import BadInput
from grader.record import Verdict
from grader.scoring import total
from grader.trust.calibration import groups as grouping
from grader.trust.calibration.analysis import Given, analyse
from grader.trust.calibration.finding import GroupTable
from grader.trust.calibration.measure import Sampling
from grader.trust.calibration.ratings import Ratings
from grader.trust.calibration.results import ModelGradings
from grader.trust.calibration.thresholds import load
from grader.trust.calibration.values import Trust
from tests.trust.calibration.teams import Team, records


def file(folder: Path, text: str) -> Path:
    path = folder / "groups.csv"
    path.write_text(text, encoding="utf-8")
    return path


def tables(
    results: ModelGradings, ratings: Ratings, groups: grouping.Groups, mark: float = 60
) -> tuple[GroupTable, ...]:
    how = Sampling(samples=200)
    return analyse(Given(results, ratings, load(), groups, mark, how)).groups


def halves(count: int, unknown: int = 0) -> grouping.Groups:
    members = {f"a{i}": "even" if i % 2 == 0 else "odd" for i in range(unknown, count)}
    return grouping.Groups("answer", {"half": members})


def test_columns_are_attributes_and_empty_cells_unknown(tmp_path: Path) -> None:
    found = grouping.read(file(tmp_path, "candidate;sex;age\nc1;f;\nc2;m;old\n"))
    assert found.unit == "candidate"
    assert found.of == {"sex": {"c1": "f", "c2": "m"}, "age": {"c2": "old"}}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name,sex\nc1,f\n", ":1: needs a column candidate or answer_id"),
        ("candidate\nc1\n", ":1: needs a column candidate or answer_id, and one an attribute"),
        ("candidate,sex\nc1,f\nc1,m\n", ":3: c1 stands twice"),
        ("candidate,sex\n,f\n", ":2: no candidate"),
    ],
)
def test_what_is_wrong_is_named_by_line(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        grouping.read(file(tmp_path, text))
    assert told in str(caught.value)


def test_an_unbiased_model_shifts_no_group() -> None:
    (table,) = tables(*records(Team(answers=200), 1), halves(200))
    assert [row.group for row in table.rows] == ["even", "odd"]
    for row in table.rows:
        assert row.flagged is False
        assert row.dsm.low is not None
        assert row.dsm.high is not None
        assert row.dsm.low < 0 < row.dsm.high


def test_a_group_that_the_model_marks_down_is_flagged_and_keeps_the_model_from_grading_alone() -> (
    None
):
    results, ratings = records(Team(answers=200, noise=0.1, model_noise=0.1), 1)
    grades = tuple(
        g
        if i % 2 == 0
        else g.model_copy(
            update={
                "key_points": (
                    points := tuple(
                        p.model_copy(update={"verdict": Verdict.MISSED}) for p in g.key_points
                    )
                ),
                "score": total(points),
            }
        )
        for i, g in enumerate(results.grades)
    )
    given = Given(
        replace(results, grades=grades), ratings, load(), halves(200), 60, Sampling(samples=200)
    )
    found = analyse(given)
    odd = found.groups[0].rows[1]
    assert (odd.group, odd.flagged) == ("odd", True)
    assert odd.model_ratio == 0
    assert odd.p is not None
    assert odd.p < 0.001
    assert odd.dsm.high is not None
    assert odd.dsm.high < -0.1
    assert found.decisions[0].trust is not Trust.ALONE


def test_a_small_group_is_too_few_to_flag() -> None:
    (table,) = tables(*records(Team(answers=20), 1), halves(20))
    assert [row.flagged for row in table.rows] == [None, None]


def test_those_without_a_group_are_counted() -> None:
    (table,) = tables(*records(Team(answers=60), 1), halves(60, unknown=7))
    assert table.unknown == 7


def test_four_fifths_is_compared_in_whole_numbers() -> None:
    # .36 / .45 is exactly four fifths, which floating point calls less.
    results, ratings = records(Team(answers=200, severity=(0.0,)), 1)
    chosen = {f"a{i}" for i in range(36)} | {f"a{i}" for i in range(100, 145)}
    grades = tuple(
        g.model_copy(
            update={
                "score": g.score.model_copy(
                    update={"percent": 100.0 if g.answer_id in chosen else 0.0}
                )
            }
        )
        for g in results.grades
    )
    members = {f"a{i}": "first" if i < 100 else "second" for i in range(200)}
    groups = grouping.Groups("answer", {"g": members})
    (table,) = tables(replace(results, grades=grades), ratings, groups)
    assert (table.rows[0].model_rate, table.rows[1].model_rate) == (0.36, 0.45)
    assert table.rows[0].flagged is False


def test_candidates_are_counted_once_by_their_whole_score() -> None:
    results, ratings = records(Team(answers=120, per_candidate=3), 1)
    groups = grouping.Groups("candidate", {"half": {f"c{i}": "xy"[i % 2] for i in range(40)}})
    (table,) = tables(results, ratings, groups)
    assert table.unit == "candidate"
    assert [row.n for row in table.rows] == [20, 20]


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        (grouping.Groups("answer", {"half": {"zz": "odd"}}), "none of the answers in the results"),
        (grouping.Groups("candidate", {"half": {"zz": "odd"}}), "none of the candidates"),
    ],
)
def test_groups_of_others_than_those_graded_are_refused(groups: grouping.Groups, told: str) -> None:
    with pytest.raises(BadInput, match=f"{told}.*; its first is 'zz'"):
        tables(*records(Team(answers=20), 1), groups)


@pytest.mark.parametrize(
    ("sheet", "fault"),
    [
        ("candidate,site\nana,Berlin,west\n", "2: more or fewer cells than the heading"),
        ("candidate,site\nana\n", "2: more or fewer cells than the heading"),
        ('candidate,site\nana,"Berlin\nben,Bonn\n', "close every quotation mark"),
    ],
)
def test_a_row_that_does_not_fit_the_heading_is_told(
    sheet: str, fault: str, tmp_path: Path
) -> None:
    path = tmp_path / "groups.csv"
    path.write_text(sheet, encoding="utf-8")
    with pytest.raises(BadInput, match=fault):
        grouping.read(path)


def test_groups_are_read_in_the_code_page_of_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    path.write_bytes("candidate;Ort\nana;München\nben;Köln für alle\n".encode("cp1252"))
    assert grouping.read(path).of == {"Ort": {"ana": "München", "ben": "Köln für alle"}}
