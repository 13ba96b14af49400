"""The sheet that raters fill shows nobody's verdicts, and is read back as it is."""

import csv
import io
from pathlib import Path

from grader.trust.calibration import ratings as rated
from grader.trust.calibration.results import ModelGradings
from grader.trust.calibration.template import write
from tests.support.records import RUBRIC, RUBRICS, record


def rows(results: ModelGradings, *raters: str, **given: object) -> list[dict[str, str]]:
    out = io.StringIO()
    write(results, raters, {}, out, **given)  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def test_there_is_a_row_for_each_rater_answer_and_key_point(four: ModelGradings) -> None:
    found = rows(four, "ana", "ben")
    assert len(found) == 2 * 4 * 3
    assert {(r["rater"], r["answer_id"], r["key_point"]) for r in found} >= {("ana", "a3", "p2")}


def test_no_verdict_of_a_model_shows(four: ModelGradings) -> None:
    assert {r["verdict"] for r in rows(four, "ana")} == {""}


def test_raters_see_the_answers_in_orders_of_their_own(four: ModelGradings) -> None:
    orders = [tuple(dict.fromkeys(r["answer_id"] for r in rows(four, name))) for name in "abcdefgh"]
    assert len(set(orders)) > 1
    assert rows(four, "a") == rows(four, "a")


def test_scores_can_be_asked_for_instead(four: ModelGradings) -> None:
    found = rows(four, "ana", scores=True)
    assert len(found) == 4
    assert "key_point" not in found[0]


def test_claims_are_shown_in_the_language_wanted() -> None:
    asked = ModelGradings(
        (record(),), {RUBRIC.id: {p.id: p.weight for p in RUBRIC.key_points}}, (("m",),)
    )
    out = io.StringIO()
    write(asked, ["ana"], RUBRICS, out, language="zh")
    assert "共享内存有 32 个 bank" in out.getvalue()


def test_a_filled_sheet_is_read_back(four: ModelGradings, tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        write(four, ["ana"], {}, out)
    path.write_text(path.read_text(encoding="utf-8").replace(",,,,\n", ",,met,,\n", 1), "utf-8")
    assert len(rated.read(path, four).rows) == 1


def test_a_rater_reads_what_was_asked_and_answered_in_the_sheet(tmp_path: Path) -> None:
    points = {RUBRIC.id: {p.id: p.weight for p in RUBRIC.key_points}}
    graded = ModelGradings((record(),), points, (("m",),))
    digest = graded.grades[0].digests.answer
    out = io.StringIO()
    write(graded, ["ana"], RUBRICS, out, texts={digest: '=cmd "a",\nand more'})
    first, *rest = csv.DictReader(io.StringIO(out.getvalue()))
    assert first["asked"] == "What is a bank conflict?"
    assert first["answer"] == '\'=cmd "a",\nand more'
    assert {row["answer"] for row in rest} == {""}


def test_a_filled_sheet_with_answers_in_it_is_read_back(
    four: ModelGradings, tmp_path: Path
) -> None:
    path = tmp_path / "sheet.csv"
    texts = {g.digests.answer: 'Banks, 32 of them;\n"and" more' for g in four.grades}
    with path.open("w", encoding="utf-8", newline="") as out:
        write(four, ["ana"], {}, out, texts=texts)
    path.write_text(path.read_text(encoding="utf-8").replace(",,,,\n", ",,met,,\n"), "utf-8")
    assert len(rated.read(path, four).rows) == 12
