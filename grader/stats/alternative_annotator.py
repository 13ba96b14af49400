"""May a model take a person's place? The alternative annotator test.

Calderon, Reichart and Dror 2025, The Alternative Annotator Test for LLM-as-a-Judge (ACL 2025,
arXiv 2501.10970): leave each person out in turn, and count on how many answers the model is at
least as near to the remaining people as the one left out is. A person costs more than a model, so
the model wins against a person unless that one is better by epsilon or more. The model may take a
person's place where it wins against half of them, by tests that share one false discovery rate.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grader.errors import BadInput
from grader.stats.arrays import TINY, Clusters, Floats, Values, each_alone, floats, matrix, sum_by
from grader.stats.distributions import t_tail

Flags = NDArray[np.bool_]

EPSILON = 0.15
"""The paper's for raters who were trained, between experts (0.2) and passers-by (0.1)."""
LEAST_ANSWERS = 30
"""Of a person, shared with the model and another person: fewer are not tested."""
WINS = 0.5
"""The winning rate from which on the model may take a person's place."""


@dataclass(frozen=True)
class LeftOut:
    """The model against one person who is left out.

    Attributes:
        rater: column of the person.
        answers: that person, the model and at least one other rated.
        model, person: share of them on which each is at least as near to the others.
        p: that the person is better by epsilon or more.
        beaten: the model wins, at the false discovery rate of all persons' tests.
    """

    rater: int
    answers: int
    model: float
    person: float
    p: float
    beaten: bool


@dataclass(frozen=True)
class AlternativeAnnotator:
    """The test's outcome. winning_rate and advantage are None where nobody could be tested.

    Attributes:
        people: who were tested; the others shared too few answers.
        winning_rate: share of them that the model wins against.
        advantage: mean of the shares of answers on which the model is at least as near.
    """

    people: tuple[LeftOut, ...]
    winning_rate: float | None
    advantage: float | None

    @property
    def passed(self) -> bool | None:
        """The model may take a person's place; None where that cannot be said."""
        return None if self.winning_rate is None else self.winning_rate >= WINS


def alternative_annotator(
    people: Values,
    model: Values,
    clusters: Clusters | None = None,
    epsilon: float = EPSILON,
    rate: float = 0.05,
    least: int = LEAST_ANSWERS,
) -> AlternativeAnnotator:
    """Tests a model beside people, on values whose nearness is their distance.

    people: (answers, raters), missing None or nan; model: (answers,). clusters: answers of one
    candidate are one in the t test. Nobody is tested where fewer than two people share answers.

    Raises:
        BadInput: the model has another number of answers.
    """
    given, own = matrix(people), floats(model)
    if own.shape != given.shape[:1]:
        raise BadInput(f"{len(own)} values of the model for {len(given)} answers: give one each")
    units = clusters or each_alone(len(given))
    wins = {rater: _wins(given, own, rater) for rater in range(given.shape[1])}
    tested = {rater: one for rater, one in wins.items() if one[0].sum() >= max(2, least)}
    p = [_better(person - near, seen, units, epsilon) for seen, near, person in tested.values()]
    beaten = benjamini_yekutieli(p, rate)
    compared = tuple(
        LeftOut(
            rater=rater,
            answers=int(seen.sum()),
            model=float(near[seen].mean()),
            person=float(person[seen].mean()),
            p=p[i],
            beaten=beaten[i],
        )
        for i, (rater, (seen, near, person)) in enumerate(tested.items())
    )
    return _summed_up(compared)


def _summed_up(people: tuple[LeftOut, ...]) -> AlternativeAnnotator:
    if not people:
        return AlternativeAnnotator((), None, None)
    share = sum(one.beaten for one in people) / len(people)
    return AlternativeAnnotator(people, share, sum(one.model for one in people) / len(people))


def benjamini_yekutieli(p: Sequence[float], rate: float = 0.05) -> list[bool]:
    """Returns which hypotheses fall at a false discovery rate, whatever their dependence.

    Benjamini and Yekutieli 2001, theorem 1.3: the largest k with the k-th smallest p at most
    k x rate / (m x (1 + 1/2 + ... + 1/m)).
    """
    m = len(p)
    harmonic = sum(1.0 / i for i in range(1, m + 1))
    order = sorted(range(m), key=lambda i: p[i])
    held = [k for k, i in enumerate(order, start=1) if p[i] <= k * rate / (m * harmonic)]
    fallen = set(order[: max(held, default=0)])
    return [i in fallen for i in range(m)]


def _wins(given: Floats, own: Floats, rater: int) -> tuple[Flags, Floats, Floats]:
    """Where the three can be compared, and where model and person are at least as near: 1 or 0.

    Near is the root mean square of the differences to each of the others.
    """
    others = np.delete(given, rater, axis=1)
    there = np.isfinite(others)
    seen = np.isfinite(given[:, rater]) & np.isfinite(own) & there.any(axis=1)
    # 1 where there are no others: such rows are not seen, but divided all the same
    count = np.maximum(there.sum(axis=1), 1)

    def far(values: Floats) -> Floats:
        apart = np.where(there, others - values[:, None], 0.0)
        return np.asarray(np.where(seen, np.sqrt((apart**2).sum(axis=1) / count), 0.0))

    model, person = far(own), far(given[:, rater])
    # Equal distances may differ in the last bit
    near = [seen & (a <= b + TINY) for a, b in ((model, person), (person, model))]
    return seen, near[0].astype(np.float64), near[1].astype(np.float64)


def _better(difference: Floats, seen: Flags, clusters: Clusters, epsilon: float) -> float:
    """p of the one-sided t test that the person's wins less the model's are epsilon or more."""
    n = float(seen.sum())
    mean = float(difference.sum()) / n
    rows = np.where(seen, difference - mean, 0.0)[:, None]
    count = len(np.unique(clusters.codes[seen]))
    # One candidate tells nothing of the spread between candidates
    if count < 2:
        return 1.0
    variance = float((sum_by(rows, clusters) ** 2).sum()) * count / (count - 1) / n**2
    # The same everywhere: there is nothing to divide by, and no doubt
    if variance <= TINY:
        return 0.0 if mean < epsilon else 1.0
    return t_tail((epsilon - mean) / math.sqrt(variance), count - 1)
