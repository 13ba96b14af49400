"""What reports say about a grade and about the totals of a session, in English or Chinese."""

from collections.abc import Iterable, Iterator, Sequence

from grader.decision import Decision, in_order
from grader.record import (
    Cause,
    Grade,
    MisconceptionGrade,
    Override,
    PointGrade,
    Score,
    SetAside,
    Verdict,
)
from grader.rubric.format import Rubric
from grader.session.summary import Scores, UsageSummary
from grader.text.catalogue import Catalogue
from grader.text.safe import one_line

_LONGEST = 40
"""Characters of a defence's name in a record that another version made."""


def number(value: float) -> str:
    """Without a useless ``.0``."""
    return f"{value:g}"


def rubric_sums(rubric: Rubric, say: Catalogue) -> Iterator[str]:
    """Yields how the points of *rubric* add up, where that is more than adding: a line for each
    group, and one for a total that it states."""
    for group in rubric.groups:
        ids = ", ".join(group.key_points)
        yield str(say["group"].format(enough=group.enough, of=len(group.key_points), ids=ids))
    if rubric.total is not None:
        names, weights = zip(*((p.id, p.weight) for p in rubric.key_points), strict=True)
        most = rubric.scheme.earned(names, weights)
        yield str(say["total"].format(total=number(rubric.total), most=number(most)))


def importance(weight: float, among: Iterable[float], say: Catalogue) -> str:
    """Returns how much a key point matters: core, important or bonus where all weights *among*
    which it stands are such; else its points, which are the author's own."""
    names: dict[float, str] = dict(enumerate(say["report"]["weights"], start=1))
    return names[weight] if names.keys() >= set(among) else f"×{weight}"


def verdict(value: Verdict | None, say: Catalogue) -> str:
    """The verdict's word; ungraded for None."""
    return str(say[value.value if value else "ungraded"])


def score_line(score: Score, say: Catalogue) -> str:
    """The score with the interval that belongs to it."""
    low, high = number(score.low), number(score.high)
    if score.percent is None or score.points is None:
        return str(say["score_interval"].format(low=low, high=high))
    line = say["score"].format(
        percent=number(score.percent), points=number(score.points), out_of=number(score.out_of)
    )
    if score.low != score.high:
        line += say["score_unsure"].format(low=low, high=high)
    return str(line)


def why(cause: Cause, detail: str, say: Catalogue) -> str:
    """Returns the cause in words, with the provider's own where it gave any."""
    words = str(say["causes"][cause.value])
    return f"{words} ({one_line(detail)})" if detail else words


def doubt(point: PointGrade, say: Catalogue, *, in_full: bool = False) -> str:
    """Why a verdict is missing or unsure; empty where it is neither.

    Args:
        in_full: with the provider's own words.
    """
    if point.cause is not None:
        cause = why(point.cause, point.detail if in_full else "", say)
        return str(say["cause"].format(cause=cause))
    if point.alternative is None:
        return ""
    return str(say["unsure"].format(alternative=verdict(point.alternative, say)))


def opinions(point: PointGrade, say: Catalogue) -> str:
    """What each of several judges gave, the one that decided marked; empty where one judged."""
    given = [
        f"{one_line(each.judge, _LONGEST)}{'*' if each.judge == point.by else ''}"
        f" {verdict(each.verdict, say)}"
        for each in point.opinions
    ]
    return str(say["opinions"].format(given=", ".join(given))) if given else ""


def decision(grade: Grade, point: PointGrade, say: Catalogue) -> str:
    """What the judge gave for *point*, then who decided what, when and why; empty where nobody
    did."""
    given = in_order(o for o in grade.overrides if o.key_point == point.id)
    model = point.by or grade.judge.model
    return _decision(verdict(point.verdict, say), model, given, say)


def claim_decision(grade: Grade, claim: MisconceptionGrade, say: Catalogue) -> str:
    """The same of a misconception."""
    given = in_order(o for o in grade.claim_overrides if o.misconception == claim.id)
    return _decision(asserted(claim.asserted, say), grade.judge.model, given, say)


def decisions(grade: Grade, say: Catalogue) -> list[tuple[str, str]]:
    """Each key point and misconception that people decided on, with what there is to say of it."""
    told = [(point.id, decision(grade, point, say)) for point in grade.key_points]
    told += [(claim.id, claim_decision(grade, claim, say)) for claim in grade.misconceptions]
    return [(name, line) for name, line in told if line]


def asserted(value: bool | None, say: Catalogue) -> str:
    """Whether a misconception is asserted, in words; ungraded for None."""
    if value is None:
        return verdict(None, say)
    return str(say["report"]["asserted" if value else "not_asserted"])


def _decision(before: str, model: str, given: Sequence[Decision], say: Catalogue) -> str:
    if not given:
        return ""
    words = say["report"]
    told = "; ".join(_decided_by(each, say) for each in given)
    return str(words["override"].format(before=before, model=one_line(model, _LONGEST), told=told))


def _decided_by(each: Decision, say: Catalogue) -> str:
    if isinstance(each, Override):
        value = verdict(each.verdict, say)
    else:
        value = asserted(each.asserted, say)
    words, who = say["report"], one_line(each.by)
    line = words["override_by"].format(verdict=value, by=who, date=f"{each.at:%Y-%m-%d}")
    reason = one_line(each.reason)
    return str(line + words["override_why"].format(reason=reason) if reason else line)


def set_aside(piece: SetAside, say: Catalogue) -> str:
    """Why a stretch of the answer was not judged, and where it stands."""
    why = say["set_asides"].get(piece.why) or one_line(piece.why, _LONGEST)
    return f"{why} [{piece.start}:{piece.end}]"


def judge_line(grade: Grade, say: Catalogue) -> str:
    """Who judged, and what it took."""
    judge, usage = grade.judge, grade.usage
    known = "by_own_model" if judge.kind == "local" and judge.ask == "per-point" else None
    said = say[known or f"by_{judge.kind}"]
    line = str(said.format(model=judge.model, endpoint=judge.endpoint))
    if judge.kind == "code":
        return line
    if usage.from_ledger:
        return line + str(say["from_ledger"])
    cost = f", ${usage.cost_usd:.4f}" if usage.cost_usd else ""
    return line + str(
        say["used"].format(
            calls=usage.calls,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost=cost,
        )
    )


def percent(value: float) -> str:
    """Per cent with at most one decimal, without the sign."""
    return number(round(value, 1))


def mean(scores: Scores, say: Catalogue) -> str:
    """The mean score; the interval where an answer has no single score."""
    if not scores.answers:
        return str(say["no_score"])
    if scores.ungraded or scores.mean is None:
        return f"{percent(scores.low)}–{percent(scores.high)} %"
    return f"{percent(scores.mean)} %"


def dollars(value: float) -> str:
    """US dollars, small sums to a hundredth of a cent."""
    return f"${value:.2f}" if value >= 1 or not value else f"${value:.4f}"


def cost(usage: UsageSummary, say: Catalogue) -> str:
    """What was paid, what the ledger saved, and what nobody knows."""
    return "; ".join(filter(None, (dollars(usage.paid_usd), cost_more(usage, say))))


def cost_more(usage: UsageSummary, say: Catalogue) -> str:
    """What the ledger saved and what nobody knows; empty where there is neither."""
    parts = []
    if usage.saved_usd:
        parts.append(say["saved"].format(cost=dollars(usage.saved_usd)))
    if usage.unknown_costs:
        parts.append(say["unknown_costs"].format(count=usage.unknown_costs))
    return "; ".join(parts)


def usage(used: UsageSummary, say: Catalogue) -> str:
    """Calls and tokens in one sentence."""
    return str(
        say["usage"].format(
            calls=f"{used.calls:,}",
            input=f"{used.input_tokens:,}",
            cached=f"{used.cached_tokens:,}",
            output=f"{used.output_tokens:,}",
            from_ledger=used.from_ledger,
        )
    )
