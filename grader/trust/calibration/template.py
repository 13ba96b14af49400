"""The sheet that raters fill: a row for each answer and key point, and nobody's verdicts in it.

What was asked and what was answered stand in the first row of each answer, to be read there.
"""

import csv
import random
from collections.abc import Collection, Mapping, Sequence
from typing import TextIO

from grader.report.csv import safe_cell
from grader.rubric.format import Rubric
from grader.trust.calibration.results import AnswerKey, ModelGradings

_READ = ("answer_id", "question", "asked", "answer", "rater")
HEADER = (*_READ, "key_point", "claim", "verdict", "note", "rated_at")
SCORES_HEADER = (*_READ, "score", "note", "rated_at")


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
    texts: Mapping[str, str] | None = None,
) -> None:
    """Writes the sheet as CSV.

    Every rater gets the answers in an order of their own, so that nobody's tiredness falls on
    the same answers as the others'.

    Args:
        raters: whom to write rows for.
        rubrics: by question id; key points without one are shown by their id alone.
        scores: ask for a score of the whole answer in place of verdicts.
        language: of the claims, where the rubric has it.
        seed: of the order.
        only: the answers to ask for; None is all.
        texts: of the answers, by their digest; one that is missing leaves its cell blank.
    """
    shown = _Shown(results, rubrics, language, texts or {})
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(SCORES_HEADER if scores else HEADER)
    for rater in raters:
        order = [key for key in results.keys if only is None or key in only]
        random.Random(f"{seed}/{rater}").shuffle(order)  # noqa: S311 -- an order, not a secret
        for key in order:
            rows = [("", "", "")] if scores else shown.points(key)
            for number, row in enumerate(rows):
                read = shown.words(key) if number == 0 else ("", "")
                # Text of candidates: a spreadsheet must not run it.
                writer.writerow((key[1], key[0], *map(safe_cell, read), rater, *row))


class _Shown:
    """What raters get to read."""

    def __init__(
        self,
        results: ModelGradings,
        rubrics: Mapping[str, Rubric],
        language: str,
        texts: Mapping[str, str],
    ) -> None:
        self._results, self._rubrics, self._language = results, rubrics, language
        self._texts = {
            (grade.question, grade.answer_id): texts.get(grade.digests.answer, "")
            for grade in results.grades
        }

    def words(self, key: AnswerKey) -> tuple[str, str]:
        """What was asked and what was answered."""
        rubric = self._rubrics.get(key[0])
        asked = rubric.question.text(self._language) if rubric else ""
        return asked, self._texts.get(key, "")

    def points(self, key: AnswerKey) -> Sequence[tuple[str, ...]]:
        """The cells of each key point's row."""
        rubric = self._rubrics.get(key[0])
        claims = {p.id: p.text(self._language) for p in rubric.key_points} if rubric else {}
        points = self._results.points[key[0]]
        return [(point, claims.get(point, ""), "", "", "") for point in points]
