"""People's verdicts add up as the model's do: with decimals, groups and a stated total."""

import numpy as np
import pytest

from grader.record import PointGroup, Verdict
from grader.scoring import Scheme, share_together
from grader.trust.calibration.panel import MISSING, SCALE, Panel, Rater, RaterKind, added_up

WEIGHTS = {"a": 4.5, "b": 2.5, "c": 2.5, "d": 2.5}
SCHEME = Scheme((PointGroup(key_points=("b", "c", "d"), enough=2),), 20)
MET, PARTIAL, MISSED = map(SCALE.index, (Verdict.MET, Verdict.PARTIAL, Verdict.MISSED))


def rated(*by_rater: tuple[int, ...], schemes: dict[str, Scheme]) -> Panel:
    """One answer, rated by several people."""
    return Panel(
        raters=tuple(Rater(f"r{n}", RaterKind.HUMAN) for n in range(len(by_rater))),
        answers=(("q", "x"),),
        items=tuple((0, name) for name in WEIGHTS),
        verdicts=np.array(by_rater, dtype=np.int8).T,
        scores=np.full((1, len(by_rater)), np.nan),
        candidate=np.zeros(1, dtype=np.intp),
        weights={"q": WEIGHTS},
        schemes=schemes,
    )


def test_of_a_group_the_best_verdicts_of_each_rater_count() -> None:
    panel = rated(
        (MET, MET, MISSED, PARTIAL),
        (MISSED, MET, MET, MET),
        (MET, MISSING, MET, MET),
        schemes={"q": SCHEME},
    )
    scores = added_up(panel)[0]
    assert scores[:2] == pytest.approx([86.8, 52.6])
    assert np.isnan(scores[2])
    credit = (1.0, 1.0, 0.0, 0.5)
    share = share_together(tuple(WEIGHTS), tuple(WEIGHTS.values()), credit, SCHEME)
    assert round(100 * share, 1) == scores[0]


def test_without_a_group_every_verdict_counts() -> None:
    panel = rated((MET, MET, MISSED, PARTIAL), schemes={})
    assert added_up(panel)[0] == pytest.approx([68.8])


def test_a_candidates_answers_count_by_the_total_that_their_questions_state() -> None:
    panel = rated((MET, MET, MISSED, PARTIAL), schemes={"q": SCHEME})
    two = Panel(
        raters=panel.raters,
        answers=(("q", "x"), ("p", "x")),
        items=(*panel.items, *((1, name) for name in WEIGHTS)),
        verdicts=np.vstack([panel.verdicts, panel.verdicts]),
        scores=np.array([[100.0], [0.0]]),
        candidate=np.zeros(2, dtype=np.intp),
        weights={"q": WEIGHTS, "p": WEIGHTS},
        schemes={"q": SCHEME},
    )
    assert two.whole()[0] == pytest.approx([100 * 20 / (20 + 12)])
