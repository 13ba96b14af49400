"""The sample that every tool grades, as lines of JSON: `python -m tests.bench.quality.items OUT`.

SAF's 260 visible exam answers with their question, reference answer, key points and one human
score each; ``grade`` reads the very same from the rubrics that :mod:`tests.bench.saf` writes.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from tests.bench.saf import DATA, HALF, chosen, rubric, slug


def items(data: Path) -> list[dict[str, Any]]:
    """Returns the sample."""
    text = (data / "saf-en-questions.json").read_text(encoding="utf-8")
    asked = {question["question_id"]: question for question in json.loads(text)}
    rows = chosen(data, whole=False, questions=None, limit=None)
    return [_item(row, asked[row["question_id"]]) for row in rows]


def _item(row: dict[str, Any], question: dict[str, Any]) -> dict[str, Any]:
    made = rubric(question)
    return {
        "id": row["answer_id"],
        "question_id": slug(f"saf {row['question_id']}"),
        "question": made["question"]["en"],
        "reference": " ".join(question["reference_answer"].split()),
        "criteria": [
            {"name": p["id"], "weight": p["weight"], "text": p["en"], "partial": HALF}
            for p in made["key_points"]
        ],
        "answer": row["answer"],
        "score": row["human_score"],
    }


def main() -> None:
    """Writes the sample."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=DATA)
    given = parser.parse_args()
    found = items(given.data)
    lines = (json.dumps(item, ensure_ascii=False) + "\n" for item in found)
    given.out.write_text("".join(lines), encoding="utf-8")
    print(f"{len(found)} answers to {len({i['question_id'] for i in found})} questions")


if __name__ == "__main__":
    main()
