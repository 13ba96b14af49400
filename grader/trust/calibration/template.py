"""The sheet that raters fill: a row for each answer and key point, and nobody's verdicts in it."""

import csv
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TextIO

from grader.rubric.format import Rubric
from grader.trust.calibration.results import AnswerKey, ModelGradings

HEADER = ("answer_id", "question", "rater", "key_point", "claim", "verdict", "note", "rated_at")
SCORES_HEADER = ("answer_id", "question", "rater", "score", "note", "rated_at")


def write(
    results: ModelGradings,
    raters: Sequence[str],
    rubrics: Mapping[str, Rubric],
    out: TextIO,
    *,
    scores: bool = False,
    language: str = "en",
    seed: int = 0,
    only: Collection[AnswerKey] | None = None,
) -> None:
    """Writes the sheet as CSV.

    Every rater gets the answers in an order of their own, so that nobody's tiredness falls on
    the same answers as the others'.

    Args:
        raters: whom to write rows for.
        rubrics: by question id; key points without one are shown by their id alone.
        scores: ask for a score of the whole answer in place of verdicts.
        language: of the claims, ``en`` or ``zh``.
        seed: of the order.
        only: the answers to ask for; None is all.
    """
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(SCORES_HEADER if scores else HEADER)
    for rater in raters:
        order = [key for key in results.keys if only is None or key in only]
        random.Random(f"{seed}/{rater}").shuffle(order)  # noqa: S311 -- an order, not a secret
        for key in order:
            writer.writerows(
                [(key[1], key[0], rater, "", "", "")]
                if scores
                else _points(key, rater, results, rubrics, language)
            )


def _points(
    key: AnswerKey, rater: str, results: ModelGradings, rubrics: Mapping[str, Rubric], language: str
) -> Iterator[tuple[str, ...]]:
    question, answer = key
    rubric = rubrics.get(question)
    claims = {p.id: str(getattr(p, language)) for p in rubric.key_points} if rubric else {}
    for point in results.points[question]:
        yield (answer, question, rater, point, claims.get(point, ""), "", "", "")
