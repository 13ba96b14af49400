"""Sets that others labelled, as items: SAF's exam answers and REALSumm's human labels, read from
where the reader keeps them."""

import csv
import io
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from grader.record import Verdict
from tests.bench.saf import HALF
from training.questions import lines_of
from training.sets import Item, Labelled


def of_saf(folder_: Path) -> Iterator[Item]:
    """Gives SAF's exam answers, each with one human score from 0 to 1."""
    questions = {
        q["question_id"]: q
        for q in json.loads((folder_ / "saf-en-questions.json").read_text(encoding="utf-8"))
    }
    for line in (folder_ / "saf-en-answers.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        asked = questions[row["question_id"]]
        text = " ".join(asked["question"].split())
        yield Item(
            set="saf",
            question=row["question_id"],
            answer=row["answer_id"],
            asked={"en": text, "zh": text},
            lines=lines_of(row["answer"]) or ("-",),
            claims=tuple(
                Labelled(p["id"], p["text"], p["text"], HALF, weight=p["points"])
                for p in asked["key_points"]
            ),
            about={
                "language": "en",
                "score": row["human_score"],
                "small": row["small"],
                "split": row["split"],
            },
        )


_STATEMENT = re.compile(r"Input\.statement_(\d+)")


def of_realsumm(sheets: dict[str, str], summaries: int, seed: int = 0) -> Iterator[Item]:
    """Gives a sample of REALSumm's labels (Bhandari et al. 2020): is a fact in a summary?

    Args:
        sheets: the CSV files of `SCU_rating_results_abs_systems`, by name.
        summaries: how many to draw.
    """
    judged: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for name, sheet in sorted(sheets.items()):
        for row in csv.DictReader(io.StringIO(sheet)):
            judged[name, row["Input.eventId"]].append(row)
    dice = random.Random(seed)  # noqa: S311 - a draw that can be repeated
    for name, event in dice.sample(sorted(judged), summaries):
        claims: list[Labelled] = []
        people: dict[str, list[bool]] = {}
        for row in judged[name, event]:
            for column in row:
                place = _STATEMENT.fullmatch(column or "")
                if not place or row[column] in ("", "BLANK"):
                    continue
                text, said = row[column], row[f"Answer.S{place[1]}Answer"]
                people.setdefault(text, []).append(said == "p")
        for number, (text, said_) in enumerate(people.items()):
            label = Verdict.MET if 2 * sum(said_) > len(said_) else Verdict.MISSED
            claims.append(Labelled(str(number), text, text, label=label.value))
        summary = judged[name, event][0]["Input.summary_text"]
        yield Item(
            set="realsumm",
            question=event,
            answer=f"{name}/{event}",
            asked={"en": "", "zh": ""},
            lines=lines_of(summary),
            claims=tuple(claims),
            about={"language": "en", "people": [people[c.en] for c in claims]},
        )
