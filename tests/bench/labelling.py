"""Writes a blind sheet of the labelled answers, and compares a reader's labels with the file's.

``python -m tests.bench.labelling sheet SHEET`` writes answers with their rubrics and notes, and no
label; the reader writes ``question/answer key-point verdict`` lines into a file of his own, a
letter for each verdict (``m p x c``); ``python -m tests.bench.labelling compare LABELS`` prints
how often they agree, with ``contradicted`` and ``missed`` told apart, and where they do not.
"""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

from grader.judge import prompts
from grader.record import Verdict
from grader.rubric.files import load_rubrics
from grader.rubric.format import Rubric
from grader.rubric.labelled import LabelledAnswer, labelled_of
from grader.stats.statistic import proportion
from grader.util.files import data_folder

RUBRICS = data_folder("rubrics")
EACH = 4
"""Answers of each question."""
LETTERS = {
    "m": Verdict.MET,
    "p": Verdict.PARTIAL,
    "x": Verdict.MISSED,
    "c": Verdict.CONTRADICTED,
}


def draw(seed: int = 1) -> Iterator[tuple[Rubric, list[LabelledAnswer]]]:
    """Each shipped rubric with the answers drawn for the sheet, the same for the same *seed*."""
    dice = random.Random(seed)
    for rubric in load_rubrics([RUBRICS]):
        labelled = labelled_of(rubric, (RUBRICS,))
        assert labelled is not None
        yield rubric, dice.sample(labelled.answers, EACH)


def sheet() -> Iterator[str]:
    """The rules, then each rubric with its notes and its answers, without a label."""
    yield prompts.fill("rules")
    for rubric, answers in draw():
        yield f"\n\n# {rubric.id}: {rubric.question.en}\n\n"
        yield from (prompts.key_point(point) for point in rubric.key_points)
        for answer in answers:
            yield f"\n### {rubric.id}/{answer.id}\n{answer.text.strip()}\n"


def compare(lines: list[str]) -> Iterator[str]:
    """How often the reader's *lines* agree with the file's labels, and where they do not."""
    read = dict(_label(line) for line in lines if line.strip())
    kept = {
        (f"{rubric.id}/{answer.id}", point): label.verdict
        for rubric, answers in draw()
        for answer in answers
        for point, label in answer.verdicts.items()
    }
    if odd := read.keys() - kept.keys():
        raise SystemExit(f"not on the sheet: {' '.join(min(odd))}")
    apart = [name for name in read if read[name] != kept[name]]
    share = proportion(len(read) - len(apart), len(read))
    yield f"{1 - len(apart) / len(read):.1%} [{share.low:.1%}, {share.high:.1%}] of {len(read)}"
    yield from (f"{' '.join(n)}: file {kept[n].value}, reader {read[n].value}" for n in apart)


def _label(line: str) -> tuple[tuple[str, str], Verdict]:
    answer, point, letter = line.split()
    return (answer, point), LETTERS[letter]


def main(task: str, path: str) -> None:
    """Does *task*, ``sheet`` or ``compare``, with the file at *path*."""
    if task == "sheet":
        Path(path).write_text("".join(sheet()), encoding="utf-8")
    else:
        print("\n".join(compare(Path(path).read_text(encoding="utf-8").splitlines())))


if __name__ == "__main__":
    main(*sys.argv[1:])
