"""A comparison of two gradings for the terminal."""

from collections.abc import Iterator

from grader.block import Block, Grid, Heading, Line, Tone
from grader.calibration import wording
from grader.calibration.drift import Drift, Moved
from grader.calibration.wording import Words, bracket, name, signed

_TONE: dict[Moved, Tone] = {Moved.SAME: "good", Moved.MOVED: "bad", Moved.UNPROVEN: "fair"}
_MOST = 20


def summary(drift: Drift, language: str) -> Iterator[Block]:
    """What is printed."""
    words = wording.catalogue(language)
    say = words["drift"]
    yield Heading(say["title"])
    margin = f"{drift.margin:g}"
    yield Line(say[drift.moved.value].format(margin=margin), _TONE[drift.moved])
    names = {"before": name(drift.before), "after": name(drift.after)}
    yield Line(say["compared"].format(answers=drift.answers, **names), indent=2)
    yield Line(_changed(drift, say), indent=2)
    missing = {"old": drift.only_before, "new": drift.only_after, "text": drift.changed["text"]}
    if any(missing.values()):
        yield Line(say["left_out"].format(**missing), "note", indent=2)
    yield Grid(tuple(say["heads"]), tuple(_tests(drift, words)), numbers_from=2)
    if drift.flips:
        yield Heading(say["flips"])
        rows = tuple(
            (f"{flip.question} / {name(flip.answer_id)}", f"{flip.before:g} → {flip.after:g} %")
            for flip in drift.flips[:_MOST]
        )
        yield Grid((), rows)


def _changed(drift: Drift, say: Words) -> str:
    found = [
        say["changed"][what].format(count=count)
        for what, count in drift.changed.items()
        if count and what in say["changed"]
    ]
    return f"{'; '.join(found)}." if found else str(say["nothing_changed"])


def _tests(drift: Drift, words: Words) -> Iterator[tuple[str, str, str]]:
    say, shift = words["drift"], drift.shift
    found = f"{signed(shift.value, words)} % {bracket(shift.low, shift.high, 1)}"
    yield say["shift"], found, _p(drift.shift_p, words)
    shown = say["yes" if drift.equivalent else "no"]
    margin = f"{drift.margin:g}"
    yield say["equivalence"].format(margin=margin), shown, _p(drift.equivalence_p, words)
    passes = say["passes_found"].format(gained=drift.gained, lost=drift.lost)
    yield say["passes"].format(mark=f"{drift.mark:g}"), passes, _p(drift.pass_p, words)
    counts = {"changed": drift.verdicts_changed, "count": drift.verdicts}
    yield say["verdicts"], say["verdicts_found"].format(**counts), _p(drift.verdict_p, words)


def _p(value: float | None, words: Words) -> str:
    if value is None:
        return str(words["no_data"])
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
