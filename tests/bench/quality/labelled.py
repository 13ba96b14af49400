"""The project's labelled answers as a session with ratings: `python -m tests.bench.quality.labelled
FOLDER`.

FOLDER takes a session and ratings that give every key point's settled label, as a person's would
stand, so that ``grade batch`` and ``grade calibrate`` do with them what they do with a team's data.
"""

import argparse
import csv
import json
from collections.abc import Iterator
from pathlib import Path

from grader.rubric.files import load_rubrics
from grader.rubric.labelled import LabelledAnswer, labelled_of
from grader.util.files import data_folder

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


def main() -> None:
    """Writes both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    print(f"{write(given.folder)} answers")


if __name__ == "__main__":
    main()
