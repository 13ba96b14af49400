"""The report for the terminal: the verdict in words first, the numbers second."""

from collections.abc import Iterator, Sequence

from grader.block import Block, Grid, Heading, Line, Tone
from grader.calibration import wording
from grader.calibration.finding import Disagreement, Effect, GroupRow
from grader.calibration.model import Estimate, Level, LevelName, Statistic
from grader.calibration.report import Calibration
from grader.calibration.trust import Decision, Trust
from grader.calibration.wording import Words, bracket, figure, name, plain, share, signed
from grader.catalogue import Catalogue, words_in
from grader.words import verdict as verdict_word

_TONE: dict[Trust, Tone] = {
    Trust.NOT_ENOUGH_DATA: "fair",
    Trust.PRACTICE: "bad",
    Trust.SECOND_READER: "good",
    Trust.ALONE: "good",
}
_SHOWN = {
    LevelName.VERDICT: (Statistic.EXACT, Statistic.QWK, Statistic.ALPHA_ORDINAL, Statistic.AC2),
    LevelName.QUESTION: (Statistic.EXACT, Statistic.QWK, Statistic.PEARSON, Statistic.ICC_SINGLE),
    LevelName.SCORE: (Statistic.QWK, Statistic.PEARSON),
}
_MOST_POINTS = 6
_WRONG = (Effect.FALSE_PASS, Effect.FALSE_FAIL)
_MOST_WRONG = 6
_MOST_QUESTIONS = 20


def summary(report: Calibration, language: str) -> Iterator[Block]:
    """What is printed."""
    say = wording.catalogue(language)
    yield Heading(say["title"])
    yield Line(wording.subtitle(report, say), "note")
    for decision in report.decisions:
        if decision.question is None:
            local = report.provenance.kinds.get(decision.model) == "local"
            yield from _decision(decision, say, local=local)
    for line in wording.constant_raters(report, say):
        yield Line(line, "fair")
    yield from _questions(report, say)
    yield from _agreement(report, say)
    yield from _severity(report, say)
    yield from _points(report, say, words_in(language))
    yield from _pass_marks(report, say)
    yield from _groups(report, say)
    yield from _excluded(report, say)


def _decision(decision: Decision, say: Words, *, local: bool) -> Iterator[Block]:
    said = say["trust"][decision.trust.value]
    yield Line(f"{name(decision.model)}: {said}", _TONE[decision.trust])
    for line in wording.reasons(decision, say):
        yield Line(line, indent=2)
    yield Line(wording.based(decision, say), "note", indent=2)
    if local:
        yield Line(say["local_note"], "note", indent=2)


def _questions(report: Calibration, say: Words) -> Iterator[Block]:
    rows = []
    several = len({one.model for one in report.decisions}) > 1
    for decision in report.decisions:
        if decision.question is None:
            continue
        model = (name(decision.model, 24),) if several else ()
        check = wording.deciding(decision)
        why = say["too_few_short"].format(count=decision.more_answers)
        if check is not None:
            why = f"{check.name} {figure(check.estimate, say)}"
        said = say["short"][decision.trust.value]
        rows.append((decision.question, *model, said, why, str(decision.answers)))
    if rows:
        yield Heading(say["by_question"])
        of_whom = (say["model"],) if several else ()
        heads = (say["question"], *of_whom, say["verdict"], say["decided"], say["n"])
        yield Grid(heads, tuple(rows[:_MOST_QUESTIONS]), numbers_from=len(heads) - 1)


def _agreement(report: Calibration, say: Words) -> Iterator[Block]:
    overall = [level for level in report.levels if level.question is None]
    yield Heading(say["agreement"])
    for number in range(len(overall[0].models)) if overall else ():
        rows = tuple(row for level in overall for row in _level_rows(level, number, say))
        model = name(overall[0].models[number].model, 24)
        heads = ("", say["people"], model, say["difference"], say["n"])
        yield Grid(heads, rows)
    yield Line(say["agreement_note"], "note")


def _level_rows(level: Level, number: int, say: Words) -> Iterator[tuple[str, ...]]:
    model = level.models[number]
    for statistic in _SHOWN[level.name]:
        own, less = model.agreement[statistic], model.degradation[statistic]
        if not own.n:
            continue
        title = f"{say['levels'][level.name.value]}: {say['statistics'][statistic.value]}"
        yield (
            title,
            figure(level.human[statistic], say),
            figure(own, say),
            signed(less.value, say, 2),
            str(own.n),
        )


def _severity(report: Calibration, say: Words) -> Iterator[Block]:
    if len(report.severity) < 2:
        return
    yield Heading(say["severity"])
    rows = []
    for one in sorted(report.severity, key=lambda s: -(s.points.value or 0.0)):
        known = one.points.value is not None
        interval = bracket(one.points.low, one.points.high, 1)
        lean = wording.leaning(one.points, say) if known else say["unlinked"]
        rows.append((name(one.rater), signed(one.points.value, say), interval, lean))
    yield Grid((), tuple(rows))
    yield Line(say["severity_note"], "note")


def _points(report: Calibration, say: Words, verdicts: Catalogue) -> Iterator[Block]:
    odd = wording.standing_out(report)
    if not report.points:
        return
    yield Heading(say["points"])
    if not odd:
        yield Line(say["points_all_clear"])
    for point in odd[:_MOST_POINTS]:
        labels = "; ".join(say["labels"][label.value] for label in point.labels)
        yield Line(f"{point.question} / {point.id}  ×{point.weight}  {labels}", "strong")
        yield Line(wording.point_line(point, say), indent=2)
        for quote in point.quotations:
            said = say["point"]["said"].format(
                rater=name(quote.rater),
                verdict=verdict_word(quote.verdict, verdicts),
                answer=name(quote.answer_id),
            )
            text = f": “{name(quote.text, 120)}”" if quote.text else ""
            yield Line(said + text, "note", indent=2)
        if point.reword:
            yield Line(f"→ {say['point']['reword'][point.reword]}", indent=2)


def _pass_marks(report: Calibration, say: Words) -> Iterator[Block]:
    for one in report.pass_marks:
        cut = next(c for c in one.cuts if c.mark == one.mark) if one.cuts else None
        if cut is None or cut.agree.value is None:
            continue
        yield Heading(f"{say['pass_mark']}: {name(one.model)}")
        if one.proposed is not None:
            yield Line(say["pass_mark_proposed"].format(mark=f"{one.proposed:g}"))
        parts = {part: _cut_share(getattr(cut, part), say) for part in _CUT}
        yield Line(say["pass_mark_line"].format(mark=f"{one.mark:g}", **parts))
        if one.band is not None:
            band = f"{one.band:.0f}"
            near = wording.counted(say["near_count"], one.in_band)
            yield Line(say["pass_mark_band"].format(band=band, near=near))
        yield from _disagreements([d for d in report.disagreements if d.model == one.model], say)


def _disagreements(mine: Sequence[Disagreement], say: Words) -> Iterator[Block]:
    counts = {
        e.name.lower(): wording.counted(
            say["effect_counts"][e.name.lower()], sum(d.effect is e for d in mine)
        )
        for e in Effect
    }
    yield Line(f"{say['disagreements']}: {say['disagreement_counts'].format(**counts)}")
    for found in [d for d in mine if d.effect in _WRONG][:_MOST_WRONG]:
        yield Line(_disagreement(found, say), indent=2)


def _disagreement(found: Disagreement, say: Words) -> str:
    scores = list(found.human_scores.values())
    return str(
        say["disagreement_line"].format(
            effect=say["effects"][found.effect.value],
            answer=f"{found.question} / {name(found.answer_id)}",
            model=f"{found.model_score or 0:.0f}",
            people=f"{sum(scores) / len(scores):.0f}",
        )
    )


_CUT = ("agree", "false_passes", "false_fails")


def _cut_share(one: Estimate, say: Words) -> str:
    return f"{share(one.value, say)} [{share(one.low, say)}, {share(one.high, say)}]"


def _groups(report: Calibration, say: Words) -> Iterator[Block]:
    for table in report.groups:
        yield Heading(f"{say['groups']}: {name(table.attribute)}, {name(table.model)}")
        rows = tuple(group_row(row, say) for row in table.rows)
        yield Grid(tuple(say["group_heads"]), rows)
        yield Line(say["groups_note"], "note")


def group_row(row: GroupRow, say: Words) -> tuple[str, ...]:
    """One group's figures as text."""
    flag = say["too_few_group"]
    if row.flagged is not None:
        flag = say["four_fifths"]["yes" if row.flagged else "no"]
    return (
        name(row.group),
        str(row.n),
        share(row.human_rate, say),
        share(row.model_rate, say),
        plain(row.model_ratio, say),
        flag,
        plain(row.p, say),
        figure(row.dsm, say),
    )


def _excluded(report: Calibration, say: Words) -> Iterator[Block]:
    if found := wording.excluded(report, say):
        yield Line(f"{say['excluded']}: {found}.", "note")
