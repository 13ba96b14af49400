"""Figures and verdicts in words, in English or Chinese; the words are in ``words.toml``."""

from pathlib import Path
from typing import Any

from grader.text.catalogue import words_in
from grader.text.safe import one_line
from grader.trust.calibration.finding import Calibration, PointDiagnosis, PointLabel
from grader.trust.calibration.values import Decision, Estimate, ThresholdCheck, Trust

Words = dict[str, Any]
"""The words of one language by name."""

WITHIN = ("smd", "subgroup")
"""Checks that hold on both sides of zero."""
LONGEST_NAME = 32
_LEAST_CONSTANT = 5


_FILE = Path(__file__).with_name("words.toml")


def catalogue(language: str) -> Words:
    """The words for a reader of *language*: English, or Chinese ones."""
    return words_in(language, _FILE)


def name(text: str, longest: int = LONGEST_NAME) -> str:
    """The name of a rater, an answer or a group, made safe and short."""
    return one_line(text, longest)


def plain(value: float | None, say: Words) -> str:
    """Two decimals; a dash for None."""
    return str(say["no_data"]) if value is None else _number(value, ".2f")


def signed(value: float | None, say: Words, digits: int = 1) -> str:
    """With its sign; a dash for None."""
    return str(say["no_data"]) if value is None else _number(value, f"+.{digits}f")


def share(value: float | None, say: Words) -> str:
    """A share as per cent."""
    return str(say["no_data"]) if value is None else f"{100 * value:.0f} %"


def bracket(low: float | None, high: float | None, digits: int = 2) -> str:
    """The interval in brackets; empty where there is none."""
    if low is None or high is None:
        return ""
    return f"[{_number(low, f'.{digits}f')}, {_number(high, f'.{digits}f')}]"


def figure(one: Estimate, say: Words) -> str:
    """A figure with its interval."""
    return f"{plain(one.value, say)} {bracket(one.low, one.high)}".rstrip()


def _number(value: float, form: str) -> str:
    """With a real minus sign, and none before a zero."""
    text = f"{value:{form}}"
    unsigned = text.lstrip("+-")
    return unsigned if float(unsigned) == 0 else text.replace("-", "−")


def counted(words: dict[str, str], count: int) -> str:
    """The word for one or for many."""
    return words["one"] if count == 1 else words["many"].format(count=count)


def subtitle(report: Calibration, say: Words) -> str:
    """Who rated what."""
    models = {d.model for d in report.decisions}
    people = sum(one.kind == "human" for one in report.severity)
    questions = set(report.provenance.rubrics)
    return str(
        say["subtitle"].format(
            people=counted(say["persons"], people),
            models=counted(say["models"], len(models)),
            answers=counted(say["answer_count"], max(report.raters.values(), default=0)),
            questions=counted(say["question_count"], len(questions)),
        )
    )


def check_line(check: ThresholdCheck, say: Words) -> str:
    """One check in words."""
    key = check.outcome.value + ("_within" if check.name in WITHIN else "")
    one = check.estimate
    line = say["outcomes"][key].format(
        value=plain(one.value, say),
        low=plain(one.low, say),
        high=plain(one.high, say),
        threshold=_number(check.threshold, ".2f"),
    )
    return f"{say['checks'][check.name]}: {line}"


def deciding(decision: Decision) -> ThresholdCheck | None:
    """The check that decided."""
    return next((c for c in decision.checks if c.name == decision.decided_by), None)


def based(decision: Decision, say: Words) -> str:
    """What the decision is made from."""
    humans = counted(say["persons"], decision.humans)
    return str(say["based"].format(humans=humans, **_counts(decision, say)))


def _counts(decision: Decision, say: Words) -> dict[str, str]:
    return {
        "answers": counted(say["answer_count"], decision.answers),
        "candidates": counted(say["candidate_count"], decision.candidates),
    }


def reasons(decision: Decision, say: Words) -> list[str]:
    """Why the decision is what it is: the number that decided, and what would settle it."""
    check = deciding(decision)
    if check is None:
        lines = [str(say["too_few"].format(**_counts(decision, say)))]
    elif decision.trust is Trust.SECOND_READER:
        first = decision.checks[0]
        lines = [check_line(first, say), f"{say['not_alone']} {check_line(check, say)}"]
    else:
        lines = [check_line(check, say)]
    if decision.humans == 1 and check is not None and check.estimate.value is None:
        lines.append(str(say["one_person"]))
    if decision.more_answers:
        key = "more_alone" if decision.trust is Trust.SECOND_READER else "more"
        lines.append(
            str(say[key].format(answers=counted(say["more_count"], decision.more_answers)))
        )
    return lines


def constant_raters(report: Calibration, say: Words) -> list[str]:
    """A line on each rater who gave every answer the same score.

    Chance-corrected agreement with such a rater is zero by its formula, so a verdict may hang on
    that rater alone; two answers alike are no sign of it yet.
    """
    return [
        str(say["constant"].format(rater=name(one.rater), count=one.n))
        for one in report.spreads
        if one.n >= _LEAST_CONSTANT and one.sd == 0
    ]


def excluded(report: Calibration, say: Words) -> str:
    """What was left out and why; empty where nothing was."""
    found = {k: v for k, v in report.provenance.excluded.items() if v}
    reasons = say["excluded_reasons"]
    named = [(*name.partition("/")[::2], count) for name, count in found.items()]
    return "; ".join(reasons[why].format(count=n, what=what) for why, what, n in named)


def leaning(one: Estimate, say: Words) -> str:
    """Lenient, severe, or no difference to be seen."""
    if one.low is not None and one.low > 0:
        return str(say["severity_row"]["lenient"])
    if one.high is not None and one.high < 0:
        return str(say["severity_row"]["severe"])
    return str(say["severity_row"]["none"])


def point_line(point: PointDiagnosis, say: Words) -> str:
    """The figures of a key point."""
    worst = min((e.value for e in point.models_agree.values() if e.value is not None), default=None)
    model = "" if worst is None else say["point"]["model"].format(value=share(worst, say))
    return str(
        say["point"]["line"].format(
            people=share(point.humans_agree.value, say),
            model=model,
            met=share(point.met.value, say),
        )
    )


def standing_out(report: Calibration) -> list[PointDiagnosis]:
    """The key points with something the matter, the heaviest first."""
    odd = [
        p for p in report.points if not {PointLabel.CLEAR, PointLabel.TOO_FEW}.issuperset(p.labels)
    ]
    return sorted(odd, key=lambda p: (-p.weight, p.humans_agree.value or 0.0))
