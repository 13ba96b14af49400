"""How many answers a wanted interval takes."""

import pytest

from grader.trust.calibration.plan import PlanWanted, plan


def test_intervals_narrow_with_the_root_of_the_number_of_answers() -> None:
    rows = {row.answers: row for row in plan(PlanWanted()).rows}
    assert rows[50].qwk == pytest.approx(2 * rows[200].qwk, rel=0.02)
    assert rows[50].degradation == pytest.approx(2 * rows[200].degradation, rel=0.02)


def test_the_wanted_width_is_met_by_the_answers_named() -> None:
    found = plan(PlanWanted(width=0.10))
    wide = {row.answers: row.qwk for row in found.rows}
    needed = found.answers_for_width[2]
    assert max(n for n in wide if wide[n] > 0.10) < needed <= min(n for n in wide if wide[n] <= 0.1)


def test_a_model_under_the_line_never_passes_it() -> None:
    assert plan(PlanWanted(agreement=0.65)).answers_to_pass is None


def test_the_nearer_the_line_the_more_answers() -> None:
    near, far = (plan(PlanWanted(agreement=a)).answers_to_pass for a in (0.75, 0.85))
    assert near is not None
    assert far is not None
    assert near > 4 * far


def test_power_to_see_a_lenient_rater_grows_with_answers_and_leniency() -> None:
    weak, strong = (plan(PlanWanted(severity=s)).rows for s in (0.1, 0.3))
    assert [r.severity_power for r in strong] == sorted(r.severity_power for r in strong)
    assert all(a.severity_power <= b.severity_power for a, b in zip(weak, strong, strict=True))


def test_a_plan_is_the_same_every_time() -> None:
    assert plan(PlanWanted()) == plan(PlanWanted())
