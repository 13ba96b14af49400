"""A second reading of the labels by somebody who has not seen the first.

    python -m training.second_reading draw SHEET.jsonl [--labels 600] [--groups m n ...]
    python -m training.second_reading compare READ.jsonl

`draw` writes answers with their claims and no labels; the reader writes a line for each,
``{"key": "...", "v": {"p1": "met 2", ...}}``, by `WRITING.md`; `compare` says how far they agree.
"""

import argparse
import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from grader.stats.two_raters import kappa, pairs
from training.questions import CLAIM_LEVELS, POINT_LEVELS, Answer, Question, read_all


def keyed(groups: dict[str, list[Question]]) -> dict[str, tuple[Question, Answer]]:
    """Returns every answer by a key that tells nothing of its kind."""
    return {
        f"{question.id}/{_digest(answer)}": (question, answer)
        for questions in groups.values()
        for question in questions
        for answer in question.answers
    }


def _digest(answer: Answer) -> str:
    return hashlib.sha256("\n".join(answer.s).encode()).hexdigest()[:8]


def draw(
    answers: dict[str, tuple[Question, Answer]], labels: int, seed: int
) -> Iterator[dict[str, object]]:
    """Gives answers, without their labels, until there are *labels* claims to read."""
    order = sorted(answers)
    random.Random(seed).shuffle(order)  # noqa: S311 - a draw that can be repeated
    for key in order:
        question, answer = answers[key]
        claims = {
            name: claim.model_dump(exclude={"id"}, exclude_none=True)
            for name, claim in question.claims.items()
        }
        yield {
            "key": key,
            "question": question.question.en,
            "claims": claims,
            "sentences": dict(enumerate(answer.s, 1)),
        }
        labels -= len(claims)
        if labels <= 0:
            return


def compare(read: dict[str, dict[str, str]], answers: dict[str, tuple[Question, Answer]]) -> str:
    """Returns how far two readings agree: key points, misconceptions and sentences apart."""
    found = [
        (answers[key][1].v[claim], label)
        for key, labels in read.items()
        for claim, label in labels.items()
    ]
    lines = []
    for title, levels in (("key points", POINT_LEVELS), ("misconceptions", CLAIM_LEVELS)):
        of = [(a.split()[0], b.split()[0]) for a, b in found if a.split()[0] in levels]
        lines.append(f"{title}: {_agreed(of, levels)}")
        differing = Counter(f"{a} - {b}" for a, b in of if a != b)
        lines.append(f"  differing: {differing.most_common()}")
    shown = [(a.split()[1:], b.split()[1:]) for a, b in found if a.split()[0] == b.split()[0]]
    both = [bool(set(a) & set(b)) for a, b in shown if a or b]
    lines.append(f"same sentence where the label is the same: {np.mean(both):.3f} of {len(both)}")
    return "\n".join(lines)


def _agreed(of: Sequence[tuple[str, str]], levels: Sequence[str]) -> str:
    first, second = (np.array([levels.index(pair[n]) for pair in of], float) for n in (0, 1))
    value = kappa(pairs(first, second, tuple(range(len(levels))))).value
    shown = "-" if value is None else f"{value:.3f}"
    return f"{(first == second).mean():.3f} of {len(of)} agree, kappa {shown}"


def main() -> None:
    """Draws a sheet, or compares one that was read."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=["draw", "compare"])
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--labels", type=int, default=600)
    parser.add_argument("--groups", nargs="*", help="only these files of questions")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    groups = read_all()
    answers = keyed({k: v for k, v in groups.items() if not given.groups or k in given.groups})
    if given.step == "draw":
        rows = draw(answers, given.labels, given.seed)
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        given.sheet.write_text(text, encoding="utf-8")
        return
    lines = given.sheet.read_text(encoding="utf-8").splitlines()
    print(compare({row["key"]: row["v"] for row in map(json.loads, lines)}, answers))


if __name__ == "__main__":
    main()
