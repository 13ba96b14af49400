"""What a cascade would have done at each threshold: on labelled answers, from replies at hand.

Both judges' replies to the whole answers are in the ledger; nothing is asked. The second judge's
verdicts on what is sent on are taken from its reply about everything, and what they would have
cost is estimated from what that reply cost.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import ConfigDict, Field

from grader import answer as answers
from grader.errors import BadInput
from grader.judge import prompts
from grader.judge.voting import is_sure, part_of
from grader.llm.price import tokens
from grader.record import Grade, PointGrade
from grader.text.safe import one_line
from grader.trust.trial.report import CountedShare
from grader.trust.trial.run import LabelledCase, Trial
from grader.util.frozen import Frozen

THRESHOLDS = (0.0, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0)


class ReplayRow(Frozen):
    """A cascade at one threshold, on labelled answers."""

    unsure_below: float
    points_sent: CountedShare
    answers_sent: CountedShare
    right: CountedShare
    """Key points with the label's verdict; an ungraded one is never right."""
    cost_usd: float | None
    """Of both judges together, the second's estimated; None where a price is unknown."""


class Replay(Frozen):
    """A cascade at every threshold, between its two judges alone."""

    model_config = ConfigDict(populate_by_name=True)

    schema_: Literal["cascade-replay/1"] = Field(default="cascade-replay/1", alias="schema")
    first: str
    second: str
    first_alone: ReplayRow
    second_alone: ReplayRow
    rows: tuple[ReplayRow, ...]

    def to_json(self) -> str:
        """The table as JSON."""
        return self.model_dump_json(by_alias=True, indent=2)


@dataclass(frozen=True)
class Replayed:
    """What both judges gave for one labelled answer."""

    case: LabelledCase
    first: Grade
    second: Grade

    def sent(self, unsure_below: float) -> set[str]:
        """Returns the ids of the key points that would be sent on: none where code decided."""
        if self.first.judge.kind == "code":
            return set()
        return {p.id for p in self.first.key_points if not is_sure(p, unsure_below)}

    def points(self, sent: set[str]) -> Iterator[PointGrade]:
        """Yields the cascade's key points, in order."""
        for before, after in zip(self.first.key_points, self.second.key_points, strict=True):
            stays = before.id not in sent or after.verdict is None
            yield before if stays else after

    def cost(self, sent: set[str]) -> float | None:
        """Returns US dollars of both judges, with only *sent* asked of the second."""
        before, after = self.first.usage.cost_usd, self.second.usage.cost_usd
        if before is None or after is None:
            return None if sent or before is None else before
        return before + after * self._share(sent)

    def _share(self, sent: set[str]) -> float:
        """How much of a request about everything one about *sent* alone is, 0 to 1."""
        if not sent:
            return 0.0
        rubric, text = self.case.rubric, answers.from_text(self.case.answer.text, "labelled")
        part = part_of(rubric, sent)
        items = len(part.key_points) + len(part.misconceptions)
        by_items = items / (len(rubric.key_points) + len(rubric.misconceptions))
        if self.second.judge.ask != "one-call":
            return by_items
        sizes = [
            sum(tokens(message["content"]) for message in prompts.one_call(asked, text))
            for asked in (part, rubric)
        ]
        # What is read shrinks with the prompt, what is written with the items; the dearer holds.
        return max(by_items, sizes[0] / sizes[1])


def replay(trials: Sequence[Trial]) -> Replay:
    """Returns the table of the trials of two judges, repeat 0 the first's and 1 the second's.

    Raises:
        BadInput: code decided every answer, and no judge was asked.
    """
    second = {trial.case.name: trial.grade for trial in trials if trial.repeat == 1}
    cases = [
        Replayed(trial.case, trial.grade, second[trial.case.name])
        for trial in trials
        if trial.repeat == 0
    ]
    judged = [case for case in cases if case.first.judge.kind != "code"]
    if not judged:
        raise BadInput("--replay-cascade: code decided all labelled answers; no judge was asked")
    return Replay(
        first=judged[0].first.judge.model,
        second=judged[0].second.judge.model,
        first_alone=_alone([case.first for case in cases], cases, sent=False),
        second_alone=_alone([case.second for case in cases], cases, sent=True),
        rows=tuple(_row(cases, threshold) for threshold in THRESHOLDS),
    )


def _alone(grades: Sequence[Grade], cases: Sequence[Replayed], *, sent: bool) -> ReplayRow:
    of = sum(len(grade.key_points) for grade in grades)
    return ReplayRow(
        unsure_below=float(sent),
        points_sent=CountedShare(right=of * sent, of=of),
        answers_sent=CountedShare(right=len(cases) * sent, of=len(cases)),
        right=_right(zip(cases, (grade.key_points for grade in grades), strict=True)),
        cost_usd=_sum(grade.usage.cost_usd for grade in grades),
    )


def _row(cases: Sequence[Replayed], threshold: float) -> ReplayRow:
    sent = [case.sent(threshold) for case in cases]
    each = list(zip(cases, sent, strict=True))
    of = sum(len(case.first.key_points) for case in cases)
    return ReplayRow(
        unsure_below=threshold,
        points_sent=CountedShare(right=sum(map(len, sent)), of=of),
        answers_sent=CountedShare(right=sum(map(bool, sent)), of=len(cases)),
        right=_right((case, case.points(names)) for case, names in each),
        cost_usd=_sum(case.cost(names) for case, names in each),
    )


def _right(given: Iterable[tuple[Replayed, Iterable[PointGrade]]]) -> CountedShare:
    hits = [
        point.verdict == case.case.answer.verdicts[point.id].verdict
        for case, points in given
        for point in points
    ]
    return CountedShare(right=sum(hits), of=len(hits))


def _sum(costs: Iterable[float | None]) -> float | None:
    each = list(costs)
    known = [cost for cost in each if cost is not None]
    return round(sum(known), 6) if len(known) == len(each) else None


def text(found: Replay) -> str:
    """The table in plain text."""
    lines = [
        f"first   {one_line(found.first)}",
        f"second  {one_line(found.second)}",
        "",
        f"{'unsure below':<14}{'key points sent':>16}{'answers sent':>14}{'right':>9}{'price':>12}",
        _line("first alone", found.first_alone),
        *(_line(f"{row.unsure_below:g}", row) for row in found.rows),
        _line("second alone", found.second_alone),
        "",
        "The second judge's part of a price is estimated. A threshold that was chosen here looks a",
        "little better here than it will be elsewhere.",
    ]
    return "\n".join(lines)


def _line(name: str, row: ReplayRow) -> str:
    shares = (row.points_sent, row.answers_sent, row.right)
    points, sent, right = (f"{100 * (share.share or 0.0):.1f} %" for share in shares)
    cost = "unknown" if row.cost_usd is None else f"${row.cost_usd:.4f}"
    return f"{name:<14}{points:>16}{sent:>14}{right:>9}{cost:>12}"
