"""Checks labelled questions: `python -m training.check [FILE ...]`; without a file, all of them."""

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from training.questions import CLAIM_LEVELS, POINT_LEVELS, Question, read_all, read_file


def describe(questions: Iterable[Question]) -> str:
    """Returns how many questions, answers and labels there are, and of which kinds."""
    questions = list(questions)
    answers = [(question, answer) for question in questions for answer in question.answers]
    levels = Counter(answer.level(claim) for _, answer in answers for claim in answer.v)
    points, claims = (sum(levels[name] for name in of) for of in (POINT_LEVELS, CLAIM_LEVELS))
    shares = ", ".join(f"{name} {levels[name] / max(points, 1):.0%}" for name in POINT_LEVELS)
    return "\n".join(
        [
            f"{len(questions)} questions, {len(answers)} answers",
            f"{points} labels of key points: {shares}",
            f"{claims} labels of misconceptions: asserted {levels['yes'] / max(claims, 1):.0%}",
            f"key points with notes: {sum(bool(p.notes) for q in questions for p in q.points)}"
            f" of {sum(len(q.points) for q in questions)}",
            "languages: " + _listed(answer.lang for _, answer in answers),
            "kinds: " + _listed(answer.kind for _, answer in answers),
        ]
    )


def _listed(values: Iterable[str]) -> str:
    return ", ".join(f"{value} {count}" for value, count in Counter(values).most_common())


def main(arguments: list[str]) -> int:
    """Prints what the files hold, or their faults; returns 0 or, with faults, 1."""
    try:
        read = [read_file(Path(name)) for name in arguments] or list(read_all().values())
    except ValueError as error:
        print(error)
        return 1
    print(describe(question for questions in read for question in questions))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
