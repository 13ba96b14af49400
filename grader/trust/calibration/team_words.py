"""The team's mean score and pass rate in words, for the terminal and the page."""

from collections.abc import Iterator
from dataclasses import dataclass

from grader.report.blocks import Block, Heading, Line
from grader.stats.alternative_annotator import WINS
from grader.trust.calibration.finding import Calibration
from grader.trust.calibration.team_values import (
    AlternativeTest,
    TeamEstimates,
    TeamFigure,
    TeamFigureName,
)
from grader.trust.calibration.values import Estimate
from grader.trust.calibration.words import Words, counted, name, share


@dataclass(frozen=True)
class TeamLine:
    """One line; a note explains the others."""

    text: str
    note: bool = False


def team_blocks(report: Calibration, say: Words) -> Iterator[Block]:
    """What is printed; nothing where the report has no such figures."""
    lines = list(team_lines(report, say))
    if lines:
        yield Heading(say["team"]["title"])
    for line in lines:
        yield Line(line.text, "note" if line.note else "plain")


def team_lines(report: Calibration, say: Words) -> Iterator[TeamLine]:
    """Every model's figures and what it saved, what that supposes, and whom it might replace."""
    team = report.team
    if team is None or not team.figures:
        return
    for model in dict.fromkeys(one.model for one in team.figures):
        yield from _of_model([f for f in team.figures if f.model == model], team, say)
    yield from _terms(team, say)
    for one in team.alternatives:
        yield TeamLine(_alternative(one, say))


def _terms(team: TeamEstimates, say: Words) -> Iterator[TeamLine]:
    """What the intervals suppose, and what was left out."""
    words = say["team"]
    with_intervals = [one for one in team.figures if one.alone.low is not None]
    supposed = [words["population"]] if with_intervals else []
    if any(one.alone.n < one.answers for one in with_intervals):
        supposed.append(words["planned" if team.drawn else "at_random"])
    if supposed:
        yield TeamLine(" ".join(supposed), note=True)
    if team.unplanned:
        answers = counted(say["answer_count"], team.unplanned)
        yield TeamLine(words["unplanned"].format(answers=answers), note=True)


def _of_model(figures: list[TeamFigure], team: TeamEstimates, say: Words) -> Iterator[TeamLine]:
    first, words = figures[0], say["team"]
    answers = counted(say["answer_count"], first.answers)
    if first.alone.clusters < team.least:
        yield TeamLine(
            words["too_few"].format(
                rated=counted(words["rating_count"], first.alone.n),
                candidates=counted(say["candidate_count"], first.alone.clusters),
                least=team.least,
                answers=answers,
            )
        )
        return
    for one in figures:
        yield TeamLine(_figure(one, say))
        if one.saved is not None and one.alone.n < one.answers:
            yield TeamLine(_saved(one, say), note=True)
    if first.alone.n == first.answers:
        yield TeamLine(words["all_rated"].format(answers=answers), note=True)


def _figure(one: TeamFigure, say: Words) -> str:
    words = say["team"]
    key = "figure" if one.weight else "unweighted"
    return str(
        words[key].format(
            name=words["names"][one.name.value].format(mark=f"{one.mark or 0:g}"),
            model=name(one.model, 24),
            powered=_value(one.powered, one.name, say),
            alone=_value(one.alone, one.name, say),
        )
    )


def _value(one: Estimate, kind: TeamFigureName, say: Words) -> str:
    """Per cent with one decimal for scores, without for shares; the interval where there is one."""
    if kind is TeamFigureName.PASS_RATE:
        low_to_high = f" [{share(one.low, say)}, {share(one.high, say)}]"
        return share(one.value, say) + (low_to_high if one.low is not None else "")
    if one.value is None:
        return str(say["no_data"])
    bounds = "" if one.low is None else f" [{one.low:.1f}, {one.high:.1f}]"
    return f"{one.value:.1f} %{bounds}"


def _saved(one: TeamFigure, say: Words) -> str:
    words = say["team"]
    if not one.saved:
        return str(words["saved_none"])
    count = words["rating_count"]
    return str(
        words["saved"].format(
            count=counted(count, one.saved),
            rated=counted(count, one.alone.n),
            worth=one.alone.n + one.saved,
        )
    )


def _alternative(one: AlternativeTest, say: Words) -> str:
    words = say["team"]
    outcome = words["outcome"]["passed" if one.passed else "failed"]
    return str(
        words["alternative"].format(
            model=name(one.model, 24),
            won=one.won,
            people=counted(say["persons"], one.people),
            rate=f"{one.winning_rate:.2f}",
            advantage=share(one.advantage, say),
            outcome=outcome.format(needed=f"{WINS:g}"),
        )
    )
