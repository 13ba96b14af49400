"""Grades SAF's exam answers from what `training.fit` read, without asking anything again:
`python -m training.replay FOUND FOLDER --data DIR`.

FOLDER takes what `tests.bench.saf` makes too: rubrics, a session, ratings, and results as the
judge gives them for these log-probabilities. `grade calibrate` and `grade calibrate fit` then say
what such a judge may be trusted with.
"""

import argparse
import asyncio
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from grader import answer
from grader.grading import Attempt, grade
from grader.judge import prompts
from grader.judge.per_point import PerPoint
from grader.llm.embedded import weights_file
from grader.llm.request import Reply
from grader.record import JudgeInfo, Verdict
from grader.rubric.files import read_rubric
from grader.trust.calibration.ratings import read as read_ratings
from grader.trust.calibration.results import read as read_results
from grader.trust.fit import Rated, fit_level, qwk, rated
from tests.bench.saf import chosen, convert, rate, slug
from training.judged import WAY, read


@dataclass
class Replay:
    """Answers an item's questions, in their order, with what was read for it."""

    item: dict[str, Any]
    claim: int = -1

    async def ask(self, body: dict[str, Any]) -> Reply:
        """Returns the next claim's reply as the engine would word it, or the last one's line."""
        if body["prompt"].endswith(" ["):
            return _reply([_token(str(self._line))])
        self.claim += 1
        words = prompts.WORDS.values()
        four = self.item["found"][self.claim]
        tops = [{"token": w, "logprob": p} for w, p in zip(words, four, strict=True)]
        best = max(zip(four, words, strict=True))[1]
        if best == prompts.WORDS[Verdict.MISSED]:
            return _reply([_token(best, tops)])
        return _reply([_token(best, tops), _token(" ["), _token(str(self._line))])

    @property
    def _line(self) -> int:
        return max(int(self.item["lines"][self.claim]), 1)


def _token(text: str, tops: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    return {"token": text, "logprob": 0.0, "top_logprobs": list(tops)}


def _reply(tokens: Sequence[dict[str, Any]]) -> Reply:
    text = "".join(token["token"] for token in tokens)
    choice = {"text": text, "logprobs": {"content": list(tokens)}}
    return Reply(body=json.dumps({"choices": [choice]}), from_ledger=True)


async def regrade(
    items: dict[str, dict[str, Any]], rows: list[dict[str, Any]], folder: Path
) -> None:
    """Writes a record for each answer whose claims were read."""
    model = weights_file.weights().name
    info = JudgeInfo(kind="local", ask="trained", model=model, endpoint="replayed")
    with (folder / "results.jsonl").open("w", encoding="utf-8") as out:
        for row in rows:
            ask = Replay(items[row["answer_id"]]).ask
            name = slug(f"saf {row['question_id']}")
            asked = read_rubric(folder / "rubrics" / f"{name}.toml")
            text = answer.from_text(row["answer"], row["answer_id"])
            judge = PerPoint(ask, info, "trained")
            graded = await grade(asked, Attempt(text, row["answer_id"]), judge)
            out.write(graded.to_json() + "\n")


def draws(answers: Sequence[Rated], size: int, count: int = 200, seed: int = 0) -> list[float]:
    """Returns the QWK on the other answers of levels fitted on *size* answers drawn at random."""
    dice = random.Random(seed)  # noqa: S311 - a draw that can be repeated
    found = []
    for _ in range(count):
        order = dice.sample(range(len(answers)), len(answers))
        level = fit_level(answers[n] for n in order[:size])
        left = [answers[n] for n in order[size:]]
        given = np.array([one.given(level) for one in left])
        found.append(qwk(given, np.array([one.score for one in left])))
    return sorted(found)


def _told(folder: Path, size: int) -> str:
    results = read_results([folder / "results.jsonl"])
    found = draws(rated(results, read_ratings(folder / "ratings.csv", results)), size)
    low, high = found[len(found) // 10], found[-len(found) // 10]
    return (
        f"levels from {size} answers: QWK {np.mean(found):.2f}, 80 of 100 in {low:.2f}-{high:.2f}"
    )


def main() -> None:
    """Writes rubrics, session, results and ratings."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("found", type=Path, help="what training.fit wrote")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="the folder of SAF's answers")
    parser.add_argument("--whole", action="store_true", help="all 2,502 answers, not 260")
    parser.add_argument("--fit-on", type=int, help="also fit levels on so many answers, 200 times")
    given = parser.parse_args()
    rows = chosen(given.data, whole=given.whole, questions=None, limit=None)
    convert(given.data, given.folder, rows)
    found = {i["answer"]: i for i in read(given.found) if (i["set"], i["way"]) == ("saf", WAY)}
    asyncio.run(regrade(found, rows, given.folder))
    rate(given.folder, rows)
    print(f"{len(rows)} answers graded into {given.folder}")
    if given.fit_on:
        print(_told(given.folder, given.fit_on))


if __name__ == "__main__":
    main()
