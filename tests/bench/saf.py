"""Public exam answers with human scores (SAF, English), graded and calibrated as a team's data.

    python -m tests.bench.saf FOLDER [--data DIR] [--questions N] [--limit N] [--whole] ...

FOLDER takes rubrics, session, ratings and results, and what was graded is not graded again. The
sample is the ten answers a question that the data mark as ``small`` (260 of 26 questions), or all
2,502 with --whole; --questions and --limit take the first N questions and the first N answers of
each. Further options, such as --model, go to ``grade batch``.

The data give each answer one score, settled between graders: one person, to calibrate. Points of
key points become weights 1 to 3. Claims are the data's own and stand in English in both languages.
"""

import argparse
import csv
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import tomli_w

DATA = Path(__file__).parents[3] / "shared" / "data"
PERSON = "graders"
HALF = "a part of it, or not clearly"
"""What counts as half of a key point: the data do not say."""
_LONGEST_NOTE = 900
_MAIN = "from grader.cli.app import main; main()"


def slug(text: str) -> str:
    """*text* as an id of a rubric."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def rubric(question: dict[str, Any]) -> dict[str, Any]:
    """The question as a rubric."""
    points = question["key_points"]
    most = max(point["points"] for point in points)
    reference = " ".join(question["reference_answer"].split())
    text = " ".join(question["question"].split())
    return {
        "schema": "rubric/1",
        "id": slug(f"saf {question['question_id']}"),
        "question": {"en": text, "zh": text},
        "key_points": [
            {
                "id": slug(point["id"].rpartition(".")[2]),
                "weight": max(1, round(3 * point["points"] / most)),
                "en": point["text"],
                "zh": point["text"],
                "notes": {
                    "met": f"{point['text']}. Reference answer: {reference}"[:_LONGEST_NOTE],
                    "partial": HALF,
                    "missed": "absent or wrong",
                },
            }
            for point in points
        ],
    }


def chosen(
    data: Path, *, whole: bool, questions: int | None, limit: int | None
) -> list[dict[str, Any]]:
    """The sample: see the top."""
    lines = (data / "saf-en-answers.jsonl").read_text(encoding="utf-8").splitlines()
    answers = [answer for answer in map(json.loads, lines) if whole or answer["small"]]
    seen: Counter[str] = Counter()
    found = []
    first = list(dict.fromkeys(answer["question_id"] for answer in answers))[:questions]
    for answer in answers:
        seen[answer["question_id"]] += 1
        enough = limit is not None and seen[answer["question_id"]] > limit
        if answer["question_id"] in first and not enough:
            found.append(answer)
    return found


def convert(data: Path, folder: Path, answers: list[dict[str, Any]]) -> None:
    """Writes rubrics and session."""
    rubrics = folder / "rubrics"
    rubrics.mkdir(parents=True, exist_ok=True)
    for question in json.loads((data / "saf-en-questions.json").read_text(encoding="utf-8")):
        made = rubric(question)
        (rubrics / f"{made['id']}.toml").write_text(tomli_w.dumps(made), encoding="utf-8")
    with (folder / "session.jsonl").open("w", encoding="utf-8") as session:
        for answer in answers:
            row = {
                "question": slug(f"saf {answer['question_id']}"),
                "id": answer["answer_id"],
                "answer": answer["answer"],
            }
            session.write(json.dumps(row, ensure_ascii=False) + "\n")


def rate(folder: Path, answers: list[dict[str, Any]]) -> None:
    """Writes the ratings of the answers that were graded."""
    lines = (folder / "results.jsonl").read_text(encoding="utf-8").splitlines()
    graded = {json.loads(line)["answer_id"] for line in lines}
    with (folder / "ratings.csv").open("w", encoding="utf-8", newline="") as sheet:
        rows = csv.writer(sheet)
        rows.writerow(["answer_id", "rater", "score", "out_of"])
        rows.writerows(
            [a["answer_id"], PERSON, a["human_score"], 1]
            for a in answers
            if a["answer_id"] in graded
        )


def main() -> int:
    """Converts, grades and calibrates; gives the last exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--questions", type=int)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--whole", action="store_true")
    own, rest = parser.parse_known_args()
    answers = chosen(own.data, whole=own.whole, questions=own.questions, limit=own.limit)
    convert(own.data, own.folder, answers)
    print(f"{len(answers)} answers", file=sys.stderr)
    session, results = own.folder / "session.jsonl", own.folder / "results.jsonl"
    places = ["--rubrics", str(own.folder / "rubrics"), "--only-own"]
    command = [sys.executable, "-c", _MAIN]
    graded = subprocess.run(
        [*command, "batch", str(session), "--out", str(results), *places, *rest], check=False
    )
    if graded.returncode not in (0, 3):
        return graded.returncode
    rate(own.folder, answers)
    page = ["--html", str(own.folder / "calibration.html"), "--answers", str(session)]
    ratings = str(own.folder / "ratings.csv")
    return subprocess.run(
        [*command, "calibrate", ratings, str(results), *page, *places], check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
