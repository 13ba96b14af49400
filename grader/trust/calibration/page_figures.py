"""The charts of the calibration page, each with its text alternative and the numbers behind it."""

from collections.abc import Iterator

from markupsafe import Markup

from grader.report.html import charts
from grader.report.html.charts import Figure
from grader.trust.calibration import drawing, words
from grader.trust.calibration.drawing import Spec
from grader.trust.calibration.finding import Calibration
from grader.trust.calibration.values import Estimate, LevelAgreement, LevelName, StatisticName
from grader.trust.calibration.words import Words, bracket, figure, name, plain, share, signed

_MOST_FORESTS = 12
_SMALL_SET = 24


def figures(report: Calibration, say: Words) -> Iterator[Figure]:
    """The charts that there is enough for."""
    yield from _forest(report, say)
    yield from _severity(report, say)
    yield from _sweeps(report, say)
    yield from _bland_altmans(report, say)
    yield from _spreads(report, say)


def _figure(
    kind: str,
    title: str,
    note: str,
    alternative: str,
    specs: list[Spec],
    heads: tuple[str, ...],
    rows: tuple[tuple[str, ...], ...],
) -> Figure:
    drawings = tuple(Markup(charts.of_spec(spec)) for spec in specs)  # noqa: S704 -- escaped there
    return Figure(
        name=kind,
        title=title,
        note=note,
        alternative=alternative,
        drawings=drawings,
        heads=heads,
        rows=rows,
        figures_from=1,
    )


def _qwk_rows(report: Calibration, say: Words) -> Iterator[tuple[str, Estimate, Estimate]]:
    for level in report.levels:
        if level.question is not None and level.name is not LevelName.QUESTION:
            continue
        for model in level.models:
            yield (
                _row_name(level, model.model, report, say),
                model.agreement[StatisticName.QWK],
                level.human[StatisticName.QWK],
            )


def _row_name(level: LevelAgreement, model: str, report: Calibration, say: Words) -> str:
    where = level.question or say["levels"][level.name.value]
    several = len(report.pass_marks) > 1
    return f"{where}, {model}" if several else where


def _forest(report: Calibration, say: Words) -> Iterator[Figure]:
    rows = [row for row in _qwk_rows(report, say) if row[1].value is not None]
    if not rows:
        return
    line = report.provenance.thresholds["qwk"]
    told = "; ".join(
        say["page"]["forest_row"].format(
            name=title,
            value=plain(own.value, say),
            low=plain(own.low, say),
            high=plain(own.high, say),
            human=figure(people, say),
        )
        for title, own, people in rows
    )
    yield _figure(
        "forest",
        say["page"]["forest"],
        say["page"]["ceiling"].format(line=f"{line:.2f}"),
        say["page"]["forest_alt"].format(rows=told),
        [
            drawing.forest(rows[at : at + _MOST_FORESTS], line)
            for at in range(0, len(rows), _MOST_FORESTS)
        ],
        ("", say["people"], say["model"], say["n"]),
        tuple((t, figure(people, say), figure(own, say), str(own.n)) for t, own, people in rows),
    )


def _severity(report: Calibration, say: Words) -> Iterator[Figure]:
    rows = [one for one in report.severity if one.points.value is not None]
    if len(rows) < 2:
        return
    rows.sort(key=lambda one: -(one.points.value or 0.0))
    told = "; ".join(
        say["page"]["severity_row"].format(
            name=name(one.rater),
            value=signed(one.points.value, say),
            low=signed(one.points.low, say),
            high=signed(one.points.high, say),
        )
        for one in rows
    )
    yield _figure(
        "severity",
        say["severity"],
        say["severity_note"],
        say["page"]["severity_alt"].format(rows=told),
        [drawing.severity(rows)],
        ("", "%", "", say["n"]),
        tuple(
            (
                name(one.rater),
                signed(one.points.value, say),
                f"{bracket(one.points.low, one.points.high, 1)} {words.leaning(one.points, say)}",
                str(one.points.n),
            )
            for one in rows
        ),
    )


def _sweeps(report: Calibration, say: Words) -> Iterator[Figure]:
    for one in report.pass_marks:
        cuts = [cut for cut in one.cuts if cut.agree.value is not None]
        if not cuts:
            continue
        told = "; ".join(
            say["page"]["sweep_row"].format(mark=f"{c.mark:g}", agree=share(c.agree.value, say))
            for c in cuts
        )
        yield _figure(
            "sweep",
            f"{say['page']['sweep']}: {name(one.model)}",
            say["page"]["sweep_note"],
            say["page"]["sweep_alt"].format(rows=told),
            [drawing.sweep(one)],
            tuple(say["page"]["sweep_heads"]),
            tuple(
                (
                    f"{cut.mark:g}",
                    share(cut.agree.value, say),
                    share(cut.false_passes.value, say),
                    share(cut.false_fails.value, say),
                    plain(cut.kappa, say),
                    share(cut.humans_pass, say),
                    share(cut.model_passes, say),
                )
                for cut in cuts
            ),
        )


def _bland_altmans(report: Calibration, say: Words) -> Iterator[Figure]:
    scores = next(
        one for one in report.levels if one.name is LevelName.QUESTION and one.question is None
    )
    for model in scores.models:
        points = report.bland_altman.get(model.model, ())
        found = {
            "bias": model.agreement.get(StatisticName.BIAS),
            "low": model.agreement.get(StatisticName.LIMIT_LOW),
            "high": model.agreement.get(StatisticName.LIMIT_HIGH),
        }
        known = {k: v for k, v in found.items() if v is not None and v.value is not None}
        if not points or len(known) < len(found):
            continue
        numbers = {k: signed(v.value, say) for k, v in known.items()}
        yield _figure(
            "bland-altman",
            f"{say['page']['bland_altman']}: {name(model.model)}",
            say["page"]["bland_altman_note"],
            say["page"]["bland_altman_alt"].format(count=len(points), **numbers),
            [drawing.bland_altman(points, known)],
            ("", "%", ""),
            tuple(
                (
                    say["statistics"][statistic.value],
                    numbers[key],
                    bracket(known[key].low, known[key].high, 1),
                )
                for key, statistic in (
                    ("bias", StatisticName.BIAS),
                    ("low", StatisticName.LIMIT_LOW),
                    ("high", StatisticName.LIMIT_HIGH),
                )
            ),
        )


def _spreads(report: Calibration, say: Words) -> Iterator[Figure]:
    shown = report.spreads[:_SMALL_SET]
    if not shown:
        return
    rows = tuple(
        (name(one.rater), str(one.n), f"{one.mean:.1f}", plain(one.sd, say)) for one in shown
    )
    told = "; ".join(
        say["page"]["spread_row"].format(name=row[0], n=row[1], mean=row[2], sd=row[3])
        for row in rows
    )
    yield _figure(
        "spread",
        say["page"]["spread"],
        "",
        say["page"]["spread_alt"].format(rows=told),
        [drawing.spread(one) for one in shown],
        tuple(say["page"]["spread_heads"]),
        rows,
    )
