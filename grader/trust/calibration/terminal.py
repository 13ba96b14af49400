"""A calibration, a drift or a plan for the terminal.

The verdict in words comes first, the numbers second.
"""

from collections.abc import Iterator, Sequence

from grader.report.blocks import Block, Grid, Heading, Line, Tone
from grader.report.words import verdict as verdict_word
from grader.text.catalogue import Catalogue, words_in
from grader.trust.calibration import words
from grader.trust.calibration import words as wording
from grader.trust.calibration.drift import Drift, Moved
from grader.trust.calibration.finding import Calibration, Disagreement, GroupRow, PassEffect
from grader.trust.calibration.plan import Plan
from grader.trust.calibration.rasch_words import rasch_blocks
from grader.trust.calibration.team_words import team_blocks
from grader.trust.calibration.values import (
    Decision,
    Estimate,
    LevelAgreement,
    LevelName,
    StatisticName,
    Trust,
)
from grader.trust.calibration.words import Words, bracket, figure, name, plain, share, signed

_TONE: dict[Trust, Tone] = {
    Trust.NOT_ENOUGH_DATA: "fair",
    Trust.PRACTICE: "bad",
    Trust.SECOND_READER: "good",
    Trust.ALONE: "good",
}
_SHOWN = {
    LevelName.VERDICT: (
        StatisticName.EXACT,
        StatisticName.QWK,
        StatisticName.ALPHA_ORDINAL,
        StatisticName.AC2,
    ),
    LevelName.QUESTION: (
        StatisticName.EXACT,
        StatisticName.QWK,
        StatisticName.PEARSON,
        StatisticName.ICC_SINGLE,
    ),
    LevelName.SCORE: (StatisticName.QWK, StatisticName.PEARSON),
}
_MOST_POINTS = 6
_WRONG = (PassEffect.FALSE_PASS, PassEffect.FALSE_FAIL)
_MOST_WRONG = 6
_MOST_QUESTIONS = 20


def calibration_blocks(report: Calibration, language: str) -> Iterator[Block]:
    """What is printed."""
    say = words.catalogue(language)
    yield Heading(say["title"])
    yield Line(words.subtitle(report, say), "note")
    for decision in report.decisions:
        if decision.question is None:
            local = report.provenance.kinds.get(decision.model) == "local"
            yield from _decision(decision, say, local=local)
    for line in words.constant_raters(report, say):
        yield Line(line, "fair")
    yield from _questions(report, say)
    yield from _agreement(report, say)
    yield from _severity(report, say)
    yield from rasch_blocks(report, say)
    yield from _points(report, say, words_in(language))
    yield from _pass_marks(report, say)
    yield from team_blocks(report, say)
    yield from _groups(report, say)
    yield from _excluded(report, say)


def _decision(decision: Decision, say: Words, *, local: bool) -> Iterator[Block]:
    said = say["trust"][decision.trust.value]
    yield Line(f"{name(decision.model)}: {said}", _TONE[decision.trust])
    for line in words.reasons(decision, say):
        yield Line(line, indent=2)
    yield Line(words.based(decision, say), "note", indent=2)
    if local:
        yield Line(say["local_note"], "note", indent=2)


def _questions(report: Calibration, say: Words) -> Iterator[Block]:
    rows = []
    several = len({one.model for one in report.decisions}) > 1
    for decision in report.decisions:
        if decision.question is None:
            continue
        model = (name(decision.model, 24),) if several else ()
        check = words.deciding(decision)
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


def _level_rows(level: LevelAgreement, number: int, say: Words) -> Iterator[tuple[str, ...]]:
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
        lean = words.leaning(one.points, say) if known else say["unlinked"]
        rows.append((name(one.rater), signed(one.points.value, say), interval, lean))
    yield Grid((), tuple(rows))
    yield Line(say["severity_note"], "note")


def _points(report: Calibration, say: Words, verdicts: Catalogue) -> Iterator[Block]:
    odd = words.standing_out(report)
    if not report.points:
        return
    yield Heading(say["points"])
    if not odd:
        yield Line(say["points_all_clear"])
    for point in odd[:_MOST_POINTS]:
        labels = "; ".join(say["labels"][label.value] for label in point.labels)
        yield Line(f"{point.question} / {point.id}  ×{point.weight}  {labels}", "strong")
        yield Line(words.point_line(point, say), indent=2)
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
            near = words.counted(say["near_count"], one.in_band)
            yield Line(say["pass_mark_band"].format(band=band, near=near))
        yield from _disagreements([d for d in report.disagreements if d.model == one.model], say)


def _disagreements(mine: Sequence[Disagreement], say: Words) -> Iterator[Block]:
    counts = {
        e.name.lower(): words.counted(
            say["effect_counts"][e.name.lower()], sum(d.effect is e for d in mine)
        )
        for e in PassEffect
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
    if found := words.excluded(report, say):
        yield Line(f"{say['excluded']}: {found}.", "note")


_TONE_OF_CHANGE: dict[Moved, Tone] = {
    Moved.SAME: "good",
    Moved.MOVED: "bad",
    Moved.UNPROVEN: "fair",
}
_MOST = 20


def drift_blocks(drift: Drift, language: str) -> Iterator[Block]:
    """What is printed."""
    words = wording.catalogue(language)
    say = words["drift"]
    yield Heading(say["title"])
    margin = f"{drift.margin:g}"
    yield Line(say[drift.moved.value].format(margin=margin), _TONE_OF_CHANGE[drift.moved])
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


def plan_blocks(plan: Plan, language: str) -> Iterator[Block]:
    """What is printed."""
    say = words.catalogue(language)["plan"]
    yield Heading(say["title"])
    yield Line(say["supposed"].format(**plan.model_dump(exclude={"rows"})), "note")
    heads = [head.format(severity=f"{plan.severity:g}") for head in say["heads"]]
    rows = tuple(
        (
            str(row.answers),
            *(f"{width / 2:.3f}" for width in (row.qwk, row.degradation, row.smd)),
            f"{100 * row.severity_power:.0f} %",
        )
        for row in plan.rows
    )
    yield Grid(tuple(heads), rows, numbers_from=0)
    for people, answers in plan.answers_for_width.items():
        line = say["for_width"].format(width=f"{plan.width:g}", answers=answers, people=people)
        yield Line(line)
    if plan.answers_to_pass is None:
        yield Line(say["never"].format(line=f"{plan.line:g}"))
    else:
        yield Line(say["to_pass"].format(line=f"{plan.line:g}", answers=plan.answers_to_pass))
    yield Line(say["coarse"], "note")
