"""All effects of a change, for people and for scripts."""

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from grader.authoring.diff.changes import Change
from grader.authoring.diff.effect import PointEffect, ScoreEffect
from grader.record import Score, Verdict
from grader.text.safe import one_line

_LONGEST = 100


class ChangeReport(BaseModel):
    """What a change of a rubric does.

    Attributes:
        others: grades that were given under a version that is neither of both.
        unread: answers that had to be asked about anew and whose text was not at hand.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    schema_: Literal["rubric-diff/1"] = Field(default="rubric-diff/1", alias="schema")
    question: str
    changes: tuple[Change, ...]
    anew: tuple[str, ...]
    effects: tuple[ScoreEffect, ...]
    others: int
    unread: int

    def to_json(self) -> str:
        """The report as JSON."""
        return self.model_dump_json(by_alias=True, indent=2)


def report(
    question: str,
    changes: tuple[Change, ...],
    anew: frozenset[str],
    effects: Sequence[ScoreEffect],
    others: int = 0,
    unread: int = 0,
) -> ChangeReport:
    """Puts it together, the answers that change most first."""
    order = sorted(effects, key=lambda e: -abs(e.change) if e.change is not None else -101.0)
    return ChangeReport(
        question=question,
        changes=changes,
        anew=tuple(sorted(anew)),
        effects=tuple(order),
        others=others,
        unread=unread,
    )


def text(found: ChangeReport) -> str:
    """The report in plain text."""
    return "\n".join([*_changes(found), "", *_summary(found), *_effects(found)])


def _changes(found: ChangeReport) -> Iterator[str]:
    if not found.changes:
        yield f"{found.question}: nothing differs that could change a grade"
    for change in found.changes:
        old, new = one_line(change.old, _LONGEST), one_line(change.new, _LONGEST)
        sides = f"{old} -> {new}" if old and new else old or new
        yield f"{change.id or 'question'}: {change.kind}: {sides}"


def _summary(found: ChangeReport) -> Iterator[str]:
    changed = sum(1 for e in found.effects if e.change != 0)
    yield f"answers graded by the old version: {len(found.effects)}, changed: {changed}"
    if found.others:
        yield f"grades of other versions, left out: {found.others}"
    open_ = sum(1 for e in found.effects if e.change is None)
    if open_:
        yield (
            f"new scores that are intervals: {open_}; --regrade asks about"
            f" {', '.join(found.anew) or 'nothing, for these were ungraded before'}"
        )
    if found.unread:
        yield f"answers whose text is not at hand: {found.unread}; name their files by --answers"


def _effects(found: ChangeReport) -> Iterator[str]:
    for one in found.effects:
        if one.change == 0:
            continue
        change = "" if one.change is None else f" ({one.change:+g})"
        yield ""
        name = one_line(one.answer, _LONGEST)
        yield f"{name}: {_score(one.before)} -> {_score(one.after)} %{change}"
        for part in one.parts:
            yield f"  {part.id}: {_part(part)}"


def _score(score: Score) -> str:
    if score.percent is None:
        return f"{score.low:g} to {score.high:g}"
    return f"{score.percent:g}"


def _part(part: PointEffect) -> str:
    gain = "open" if part.gain is None else f"{part.gain:+g} %"
    if part.before == part.after:
        return f"{_verdict(part.after)}, {gain}"
    return f"{_verdict(part.before)} -> {_verdict(part.after)}, {gain}"


def _verdict(verdict: Verdict | None) -> str:
    return verdict.value if verdict else "none"
