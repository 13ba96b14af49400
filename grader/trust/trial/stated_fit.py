"""Fits what a model's own words for its confidence are worth, and when asking again pays.

The probability that a verdict stated so is right is fitted for each word: shares, pulled towards
the share of all and put in the order of the words (isotonic regression by pooling neighbours, Ayer
et al. 1955). Whoever states values crowds them at the top, so few verdicts stand behind the lower
words; what the fit gains is measured by :mod:`grader.trust.trial.stated_gain`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from grader.errors import BadInput
from grader.judge.stated import STATED, stated_word
from grader.judge.voting import SURE, decided, settled
from grader.record import JudgeInfo, PointGrade, Verdict
from grader.trust.trial.report import rows
from grader.trust.trial.run import LabelledCase, Trial

FEWEST = 100
"""Labelled verdicts from which on words are fitted."""
FEWEST_QUESTIONS = 3
PAYS = 0.02
"""Verdicts that one further sample must put right, on average, to be worth its price."""
_PULL = 4.0
"""How many verdicts the share of all counts for, beside those of a word."""
_LOWEST, _HIGHEST = 0.01, 0.99


@dataclass(frozen=True)
class StatedVerdict:
    """A key point whose verdict was stated with one of the words.

    Attributes:
        samples: what every repeat gave for it, the first of them stated with *word*.
    """

    question: str
    answer: str
    word: str
    label: Verdict
    samples: tuple[PointGrade, ...]

    @property
    def right(self) -> bool:
        """Whether the first verdict is the label."""
        return self.samples[0].verdict == self.label

    @property
    def asked_again(self) -> tuple[bool, int]:
        """Whether the verdict is the label once it is asked again until it is settled, and how
        many further samples that took."""
        taken = list(self.samples[:2])
        for further in self.samples[2:]:
            if settled(taken):
                break
            taken.append(further)
        return decided(taken).verdict == self.label, len(taken) - 1


def check_enough(cases: Sequence[LabelledCase]) -> None:
    """Makes sure, before anything is asked, that there are labels enough to fit words.

    Raises:
        BadInput: there are not.
    """
    labels = sum(len(case.answer.verdicts) for case in cases)
    check_counts(labels, len({case.rubric.id for case in cases}), "labels")


def check_counts(verdicts: int, questions: int, what: str) -> None:
    """Raises BadInput where so many *verdicts*, named *what*, are too few."""
    if verdicts < FEWEST or questions < FEWEST_QUESTIONS:
        raise BadInput(
            f"--fit-confidence: {verdicts} {what} of {questions} questions; it takes at least"
            f" {FEWEST} of at least {FEWEST_QUESTIONS}, for whole questions are left out to see"
            " what the fit is worth"
        )


def check_words(judge: JudgeInfo) -> None:
    """Raises BadInput unless *judge* is one model that states its confidence in words."""
    if judge.ask != "one-call" or judge.parts:
        raise BadInput(
            "--fit-confidence: only a single model of an endpoint that is asked in one call states"
            f" its confidence in words; {judge.model} does not"
        )


def stated_verdicts(trials: Iterable[Trial]) -> list[StatedVerdict]:
    """Returns the key points whose first verdict was stated with a word; others are left out.

    Raises:
        BadInput: several judge together, or none that states words.
    """
    given = [trial for trial in trials if trial.grade.judge.kind != "code"]
    for trial in given:
        check_words(trial.grade.judge)
    samples: dict[tuple[str, str], list[PointGrade]] = defaultdict(list)
    for row in rows(given):
        samples[row.case.name, row.grade.id].append(row.grade)
    first = rows(trial for trial in given if trial.repeat == 0)
    return [
        StatedVerdict(
            row.case.rubric.id,
            row.case.name,
            word,
            row.label.verdict,
            tuple(samples[row.case.name, row.grade.id]),
        )
        for row in first
        if row.grade.verdict is not None and (word := stated_word(row.grade.confidence))
    ]


def fit_words(verdicts: Iterable[StatedVerdict]) -> dict[str, float]:
    """Returns the probability, 0 to 1, that a verdict stated with each word is right."""
    seen, hits = Counter[str](), Counter[str]()
    for verdict in verdicts:
        seen[verdict.word] += 1
        hits[verdict.word] += verdict.right
    overall = hits.total() / seen.total() if seen else SURE
    # The least sure first: each block's share must not be below that of the block before it
    blocks: list[tuple[float, float, list[str]]] = []
    for word in reversed(STATED):
        weight = seen[word] + _PULL
        blocks.append(((hits[word] + _PULL * overall) / weight, weight, [word]))
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            (low, below, words), (high, above, more) = blocks[-2:]
            pooled = (low * below + high * above) / (below + above)
            blocks[-2:] = [(pooled, below + above, words + more)]
    chances = {word: share for share, _, words in blocks for word in words}
    return {w: round(min(max(chances[w], _LOWEST), _HIGHEST), 3) for w in STATED}


def choose_threshold(
    verdicts: Iterable[StatedVerdict], chances: Mapping[str, float], pays: float = PAYS
) -> float:
    """Returns the probability below which asking again gains most, its samples paid for.

    Args:
        pays: verdicts that a further sample must put right to be worth its price.
    """
    gains: dict[float, float] = dict.fromkeys(chances.values(), 0.0)
    for verdict in verdicts:
        after, further = verdict.asked_again
        gains[chances[verdict.word]] += after - verdict.right - pays * further
    best, threshold, total = 0.0, 0.0, 0.0
    values = sorted(gains)
    for number, value in enumerate(values):
        total += gains[value]
        if total > best:
            above = values[number + 1] if number + 1 < len(values) else 1.0
            best, threshold = total, round((value + above) / 2, 4)
    return threshold
