"""The project's labelled answers as a session with ratings: `python -m tests.bench.quality.labelled
FOLDER`.

FOLDER takes a session and ratings that give every key point's settled label, as a person's would
stand, so that ``grade batch`` and ``grade calibrate`` do with them what they do with a team's data.
"""

import argparse
import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from grader.record import Grade, Verdict
from grader.rubric.files import load_rubrics
from grader.rubric.labelled import LabelledAnswer, labelled_of
from grader.scoring import CREDIT, share_of_weight
from grader.util.files import data_folder
from tests.bench.quality import records
from tests.bench.quality.figures import Graded, calibration_error, share_of
from tests.bench.quality.replay import read_lines

if TYPE_CHECKING:
    from tests.bench.quality.measure import Row

LABELS = "labels"
SHIPPED = (data_folder("rubrics"),)


def name_of(question: str, given: LabelledAnswer) -> str:
    """Returns the answer's id in the session: unique over all questions."""
    return f"{question}.{given.id}"


def answers() -> Iterator[tuple[str, LabelledAnswer]]:
    """Gives every labelled answer to a shipped question, with the question's id."""
    for rubric in load_rubrics(SHIPPED):
        known = labelled_of(rubric, SHIPPED)
        for given in known.answers if known else ():
            yield rubric.id, given


def write(folder: Path) -> int:
    """Writes session and ratings; returns how many answers there are."""
    folder.mkdir(parents=True, exist_ok=True)
    found = list(answers())
    with (folder / "session.jsonl").open("w", encoding="utf-8") as session:
        for question, given in found:
            row = {"question": question, "id": name_of(question, given), "answer": given.text}
            session.write(json.dumps(row, ensure_ascii=False) + "\n")
    with (folder / "ratings.csv").open("w", encoding="utf-8", newline="") as sheet:
        rows = csv.writer(sheet)
        rows.writerow(["answer_id", "question", "rater", "key_point", "verdict"])
        rows.writerows(
            [name_of(question, given), question, LABELS, point, label.verdict.value]
            for question, given in found
            for point, label in given.verdicts.items()
        )
    return len(found)


def rows(results: Path) -> list[Graded]:
    """Returns the rows of records for the labelled answers, with what they are broken down by."""
    given = {name_of(question, each): (question, each) for question, each in answers()}
    edges = records.thirds(each.text for _, each in given.values())
    weights = {rubric.id: rubric for rubric in load_rubrics(SHIPPED)}
    found = []
    for grade in map(Grade.model_validate, read_lines(results)):
        question, each = given[grade.answer_id or ""]
        people = share_of_weight(
            (point.weight, CREDIT[each.verdicts[point.id].verdict])
            for point in weights[question].key_points
        )
        row = records.graded(grade, people)
        about = {
            **row.about,
            "kind": each.kind,
            "language": each.language,
            "length": records.length(each.text, edges),
        }
        found.append(replace(row, about=about))
    return found


def verdict_rows(results: Path, on: str, grader: str) -> "Iterator[Row]":
    """Gives, for each label, how many a grader finds and how many of its own are right, and how
    well its stated probabilities hold."""
    from tests.bench.quality.measure import Row, ends

    given = {name_of(question, each): each for question, each in answers()}
    pairs = [
        (point.verdict, given[grade.answer_id or ""].verdicts[point.id].verdict, point, grade)
        for grade in map(Grade.model_validate, read_lines(results))
        for point in grade.key_points
    ]
    for verdict in Verdict:
        there = [(got == verdict, g.question) for got, label, _, g in pairs if label == verdict]
        said = [(label == verdict, g.question) for got, label, _, g in pairs if got == verdict]
        found = {
            name: ends(share_of(*map(list, zip(*hits, strict=True))))
            for name, hits in (("recall", there), ("precision", said))
            if hits
        }
        yield Row("by verdict", on, grader, found, {"part": verdict, "labels": len(there)})
    known = [(p.confidence, got == label) for got, label, p, _ in pairs if p.confidence]
    error = calibration_error([c for c, _ in known], [hit for _, hit in known])
    plain = {"answers": len(known), "right": round(sum(h for _, h in known) / len(known), 3)}
    plain["stated"] = round(sum(c for c, _ in known) / len(known), 3)
    yield Row("calibration", on, grader, {}, {"ECE": round(error, 3), **plain})


def main() -> None:
    """Writes both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    print(f"{write(given.folder)} answers")


if __name__ == "__main__":
    main()
