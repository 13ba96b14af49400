"""What `grade`'s prompt is worth with a strong model, without a key: replies that are kept.

    python -m tests.bench.quality.strong session FOLDER   # the sample, to be asked by --via files
    python -m tests.bench.quality.strong keep SHARDS      # its replies, into strong.jsonl
    python -m tests.bench.quality.strong grade OUT.jsonl  # the replies as records

The sample is one labelled answer a question, drawn with a seed. Any model may answer it, by any
means: `grade batch FOLDER/session.jsonl --via files` writes the requests. Replies belong to the
prompt that they were given to, whose digest is kept beside them: where it has changed, they are
stale and `grade` says so.
"""

import argparse
import asyncio
import json
import random
from pathlib import Path
from typing import Any

from grader import answer
from grader.grading import Attempt, grade
from grader.judge.one_call import OneCall
from grader.llm.request import Reply
from grader.record import JudgeInfo
from grader.rubric.files import load_rubrics
from grader.rubric.labelled import LabelledAnswer
from tests.bench.quality import labelled
from tests.bench.quality.replay import read_lines

KEPT = Path(__file__).with_name("strong.jsonl")
_SEED = 7
_INFO = JudgeInfo(kind="endpoint", model="a strong model")
_SEEN = ("bank-conflict", "strong-mixed")
"""Its labels had been looked at when the sample was drawn."""


def sample() -> list[tuple[str, LabelledAnswer]]:
    """Returns one labelled answer a question, by the questions' ids."""
    by_question: dict[str, list[LabelledAnswer]] = {}
    for question, given in labelled.answers():
        if (question, given.id) != _SEEN:
            by_question.setdefault(question, []).append(given)
    dice = random.Random(_SEED)
    return [(question, dice.choice(by_question[question])) for question in sorted(by_question)]


def write_session(folder: Path) -> None:
    """Writes the sample as a session."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = (
        {"question": question, "id": labelled.name_of(question, given), "answer": given.text}
        for question, given in sample()
    )
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "session.jsonl").write_text(lines, encoding="utf-8")


def keep(shards: Path) -> None:
    """Keeps the replies in a folder of shards, each under its answer's name."""
    asked = {r["custom_id"]: r for p in shards.glob("requests-*.jsonl") for r in read_lines(p)}
    names = {given.text: labelled.name_of(question, given) for question, given in sample()}
    rows = []
    for path in sorted(shards.glob("*.jsonl")):
        for line in read_lines(path) if not path.name.startswith("requests-") else ():
            text = asked[line["custom_id"]]["body"]["messages"][-1]["content"]
            name = next(name for words, name in names.items() if words.strip() in text)
            content = line["response"]["body"]["choices"][0]["message"]["content"]
            rows.append({"answer": name, "prompt": _digest(), "content": json.loads(content)})
    rows.sort(key=lambda row: str(row["answer"]))
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    KEPT.write_text(lines, encoding="utf-8")


def _digest() -> str:
    return OneCall(_nothing, _INFO).prompt_digest


async def _nothing(body: dict[str, Any]) -> Reply:
    raise NotImplementedError


async def write_records(out: Path) -> int:
    """Grades the sample by the kept replies; returns how many are stale.

    A second call, which these replies do not have, gets the first reply again.
    """
    kept = {row["answer"]: row for row in read_lines(KEPT)}
    asked = {rubric.id: rubric for rubric in load_rubrics(labelled.SHIPPED)}
    with out.open("w", encoding="utf-8") as file:
        for question, given in sample():
            name = labelled.name_of(question, given)
            judge = OneCall(_told(kept[name]["content"]), _INFO)
            attempt = Attempt(answer.from_text(given.text, name), name)
            file.write((await grade(asked[question], attempt, judge)).to_json() + "\n")
    return sum(row["prompt"] != _digest() for row in kept.values())


def _told(content: object) -> Any:
    message = {"role": "assistant", "content": json.dumps(content, ensure_ascii=False)}
    body = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]})

    async def ask(_: dict[str, Any]) -> Reply:
        return Reply(body=body, from_ledger=True)

    return ask


def main() -> None:
    """Does what the first word says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("session", "keep", "grade"))
    parser.add_argument("path", type=Path)
    given = parser.parse_args()
    if given.what == "session":
        write_session(given.path)
    elif given.what == "keep":
        keep(given.path)
    else:
        stale = asyncio.run(write_records(given.path))
        print(f"{stale} of the replies are stale: the prompt has changed since" if stale else "")


if __name__ == "__main__":
    main()
