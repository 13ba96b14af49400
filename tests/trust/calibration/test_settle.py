"""What people and the model differ on is listed by its effect, and settled, nothing overwritten."""

import json
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from grader.cli.app import app
from grader.decision import decided, with_decisions
from grader.errors import BadInput, BadRubric
from grader.record import Evidence, Grade, Override, Verdict
from grader.rubric.files import load_rubric, rubric_folders
from grader.rubric.labelled import read_labelled
from grader.session.decide import decide_in_file
from grader.session.result_lines import read_grades
from grader.trust.calibration import ratings as rated
from grader.trust.calibration import results as graded
from grader.trust.calibration.ratings import Ratings
from grader.trust.calibration.ratings_kept import KeptRating
from grader.trust.calibration.results import ModelGradings
from grader.trust.calibration.settle import differences, settle
from grader.trust.calibration.settle_words import command
from grader.trust.calibration.settled_label import add_labelled, to_labelled, to_note
from tests.support.places import EXAMPLES
from tests.support.records import RUBRIC, evidence, record
from tests.trust.calibration.teams import Team, records

TEAM = EXAMPLES / "team"
NOON = datetime(2026, 11, 23, tzinfo=UTC)
MET, MISSED, PARTIAL = Verdict.MET, Verdict.MISSED, Verdict.PARTIAL


@pytest.fixture
def results(tmp_path: Path) -> Path:
    path = tmp_path / "results.jsonl"
    path.write_bytes((TEAM / "results.jsonl").read_bytes())
    return path


def read(results: Path) -> tuple[ModelGradings, Ratings]:
    found = graded.read([results])
    return found, rated.read(TEAM / "ratings.csv", found)


def run(results: Path, *words: str) -> Result:
    words = ("calibrate", "settle", str(results), str(TEAM / "ratings.csv"), *words)
    return CliRunner().invoke(app, [*words], env={"COLUMNS": "80"})


def test_what_decides_over_a_pass_comes_first_then_what_moves_the_score_most(results: Path) -> None:
    found = differences(*read(results), pass_mark=60)
    assert sorted(found, key=lambda d: (not d.changes_pass, -d.moves)) == list(found)
    assert {d.changes_pass for d in found} == {True, False}
    assert not any(d.changes_pass for d in differences(*read(results)))


def test_everybodys_verdict_the_models_evidence_and_peoples_notes_are_there(results: Path) -> None:
    (one,) = [
        d
        for d in differences(*read(results))
        if (d.answer_id, d.key_point) == ("c03-bank-conflict", "swizzle")
    ]
    assert {g.rater: g.verdict for g in one.given} == {
        "example-model": MET, "ana": PARTIAL, "ben": MET, "chen": MISSED,
    }  # fmt: skip
    assert one.given[0].evidence
    assert one.given[1].said == "no layout named"
    assert one.proposed is None
    assert one.outcomes[MISSED].low < one.outcomes[PARTIAL].low < one.outcomes[MET].low


def test_only_differences_are_listed_and_an_ungraded_point_is_one() -> None:
    team, ratings = records(Team(answers=30, points=3), 2)
    for each in differences(team, ratings):
        assert len({g.verdict for g in each.given}) > 1
    opened = tuple(
        grade.model_copy(
            update={
                "key_points": tuple(
                    p.model_copy(update={"verdict": None}) for p in grade.key_points
                )
            }
        )
        for grade in team.grades
    )
    everything = differences(replace(team, grades=opened), ratings)
    assert len(everything) == 30 * 3


def test_what_is_settled_is_appended_and_no_longer_listed(results: Path) -> None:
    before = differences(*read(results), pass_mark=60)
    first = before[0]
    (moved,) = decide_in_file(results, [settle(first, MET, "Ana", "it is there", NOON)])
    assert decided(moved.after).score == first.outcomes[MET]
    after = differences(*read(results), pass_mark=60)
    assert len(after) == len(before) - 1
    (kept,) = [d for d in differences(*read(results), with_settled=True) if d.decided]
    assert (kept.key_point, kept.given) == (first.key_point, first.given)


def test_the_list_fits_eighty_columns_and_each_has_its_command(results: Path) -> None:
    done = run(results, "--pass-mark", "60")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert max(len(line.rstrip()) for line in lines if str(results) not in line) <= 80
    assert sum("grade override" in line for line in lines) == 20
    assert "--most N shows them" in lines[-1]


def test_the_command_of_a_difference_settles_it(results: Path) -> None:
    found = json.loads(run(results, "--json", "--pass-mark", "60").stdout)
    first = found[1]
    chosen, score = next(iter(first["outcomes"].items()))
    more = [f"--verdict {chosen}", "--by Ana", "--why so", f"--results {results}"]
    words = command(
        first["answer_id"], first["digest"], first["question"], first["key_point"], more
    )
    typed = shlex.split(words.replace("\\\n", " "))
    done = CliRunner().invoke(app, typed[1:])
    assert done.exit_code == 0, done.stderr
    assert f"Now: {score['percent']:g} %" in done.stdout


def test_an_id_that_cannot_be_typed_is_named_by_its_digest() -> None:
    assert command("a\u202eb", "sha256:0123456789abcdef0123", "q", "p", []).split()[2] == (
        "0123456789abcdef"
    )
    assert shlex.split(command("a b'c", "sha256:0", "q", "p", []))[2] == "a b'c"


def settled(*verdicts: Verdict) -> Grade:
    grade = record("32 banks", key_points=None)
    return with_decisions(
        grade,
        *(
            Override(key_point=point.id, verdict=verdict, by="Ana", reason="so", at=NOON)
            for point, verdict in zip(grade.key_points, verdicts, strict=False)
        ),
    )


def test_a_settled_answer_becomes_a_labelled_one_that_rubric_test_reads(tmp_path: Path) -> None:
    answer = to_labelled(settled(MET, MISSED, MISSED), None, "32 banks", RUBRIC)
    path = add_labelled(tmp_path, [answer], RUBRIC)
    before = path.read_text(encoding="utf-8")
    second = answer.model_copy(update={"id": "b"})
    assert add_labelled(tmp_path, [second], RUBRIC) == path
    assert path.read_text(encoding="utf-8").startswith(before)
    first, other = read_labelled(path, RUBRIC).answers
    assert (first, other) == (answer, second)
    assert {name: label.verdict for name, label in first.verdicts.items()} == {
        "banks": MET, "broadcast": MISSED, "padding": MISSED,
    }  # fmt: skip
    assert first.verdicts["banks"].why == "Ana: so"
    assert [*path.parent.iterdir()] == [path]


def test_a_label_is_never_the_judges_own_verdict() -> None:
    with pytest.raises(BadInput, match=r"answer a\.txt: nobody settled padding"):
        to_labelled(settled(MET, MISSED), None, "32 banks", RUBRIC)


def test_a_label_that_does_not_fit_or_stands_there_already_leaves_the_file_as_it_is(
    tmp_path: Path,
) -> None:
    answer = to_labelled(settled(MET, MISSED, MISSED), None, "32 banks", RUBRIC)
    path = add_labelled(tmp_path, [answer], RUBRIC)
    before = path.read_bytes()
    with pytest.raises(BadRubric, match=r"has an answer a\.txt already"):
        add_labelled(tmp_path, [answer], RUBRIC)
    binary = to_labelled(settled(MET, PARTIAL, MET), None, "x", RUBRIC)
    with pytest.raises(BadRubric, match="knows no partial"):
        add_labelled(tmp_path, [binary.model_copy(update={"id": "c"})], RUBRIC)
    assert path.read_bytes() == before
    assert [*path.parent.iterdir()] == [path]


def test_what_was_decided_is_a_line_for_the_rubrics_note() -> None:
    grade = record(
        "32 banks",
        overrides=(
            Override(key_point="banks", verdict=PARTIAL, by="Ana", reason="no width", at=NOON),
        ),
    )
    point = grade.key_points[0].model_copy(update={"evidence": evidence("32 banks", "32 banks")})
    grade = grade.model_copy(update={"key_points": (point, *grade.key_points[1:])})
    assert to_note(grade, grade.overrides[0]) == "banks, notes.partial: “32 banks”: no width (Ana)"


def test_the_command_line_labels_what_is_decided_in_ones_own_folder(
    results: Path, tmp_path: Path
) -> None:
    answers = ("--answers", str(TEAM / "answers.jsonl"))
    folder = tmp_path / "own"
    empty = run(results, "--labelled", str(folder), *answers)
    assert (empty.exit_code, empty.stderr.count("\n")) == (2, 1)
    found = differences(*read(results))
    decide_in_file(results, [settle(d, MET, "Ana", "it is there", NOON) for d in found])
    done = run(results, "--labelled", str(folder), *answers)
    assert done.exit_code == 0, done.stderr
    decided_on = {(g.question, g.answer_id) for g in read_grades(results) if g.overrides}
    for question in {question for question, _ in decided_on}:
        labels = read_labelled(
            folder / "labelled" / f"{question}.toml", load_rubric(question, rubric_folders(None))
        )
        assert {(question, a.id) for a in labels.answers} <= decided_on
    first = found[0]
    assert f"{first.question}: {first.key_point}, notes.met" in run(results, "--notes").stdout


def test_nothing_left_to_settle_is_said(results: Path) -> None:
    found = differences(*read(results))
    decide_in_file(results, [settle(d, MET, "Ana", "so", NOON) for d in found])
    done = run(results)
    assert done.stdout.startswith("Nothing is left to settle")
    assert "没有待裁定之处" in run(results, "--lang", "zh").stdout


def test_what_a_rater_marked_in_the_browser_is_their_evidence(
    results: Path, tmp_path: Path
) -> None:
    records = graded.read([results])
    grade = records.grades[0]
    rating = KeptRating(
        question=grade.question,
        answer_id=grade.answer_id,
        rater="ana",
        key_point=grade.key_points[0].id,
        verdict=Verdict.CONTRADICTED,
        evidence=(Evidence(text="32 \u6761", start=4, end=8),),
        rated_at=datetime(2026, 11, 26, tzinfo=UTC),
    )
    kept = tmp_path / "ratings.jsonl"
    kept.write_text(rating.line())
    (difference,) = differences(records, rated.read(kept, records))
    (person,) = (given for given in difference.given if given.is_person)
    assert person.evidence == rating.evidence


def test_what_was_contested_is_listed_though_nobody_differs_or_it_is_settled() -> None:
    grade = settled(Verdict.MET)
    records = ModelGradings((grade,), {}, (("m",),))
    people = Ratings((), {})
    point = grade.key_points[0].id
    assert differences(records, people) == ()
    key = (grade.question, grade.answer_id, point)
    (only,) = differences(records, people, also={key})
    assert (only.key, only.decided is not None) == (key, True)
