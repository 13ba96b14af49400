"""What reports say about a grade, in English or Chinese."""

from grader.catalogue import Catalogue
from grader.plain import one_line
from grader.record import Grade, PointGrade, Score, SetAside, Verdict
from grader.rubric import Rubric

_LONGEST = 40
"""Characters of a defence's name in a record that another version made."""


def number(value: float) -> str:
    """Without a useless ``.0``."""
    return f"{value:g}"


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


def doubt(point: PointGrade, say: Catalogue) -> str:
    """Why a verdict is missing or unsure; empty where it is neither."""
    if point.cause is not None:
        return str(say["cause"].format(cause=say["causes"][point.cause.value]))
    if point.alternative is None:
        return ""
    return str(say["unsure"].format(alternative=verdict(point.alternative, say)))


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


def passages(grade: Grade, rubric: Rubric) -> list[str]:
    """What to read next: the sources of every key point that was not met, each once."""
    met = {point.id for point in grade.key_points if point.verdict == Verdict.MET}
    found: dict[str, None] = {}
    for point in rubric.key_points:
        if point.id in met:
            continue
        for source in point.sources:
            if address := rubric.address(source):
                found[f"{rubric.citation(source)}: {address}"] = None
    return list(found)
