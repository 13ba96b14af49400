"""Change is tested, and so is its absence."""

import numpy as np
import pytest

from grader.stats import change
from grader.stats.two_raters import pairs
from tests.stats.examples import pairs_of_table


def test_mcnemar_counts_flips_and_leaves_out_what_one_pass_lacks() -> None:
    found = change.mcnemar([1, 1, 0, 0, 1, None], [0, 1, 1, 0, 0, 1])
    assert (found.gained, found.lost) == (1, 2)
    assert found.exact_p == 1.0


def test_the_exact_p_of_mcnemar_is_the_two_sided_binomial() -> None:
    assert change.mcnemar_of(1, 9).exact_p == pytest.approx(2 * (1 + 10) / 1024)
    assert change.mcnemar_of(0, 6).exact_p == pytest.approx(2 / 64)


def test_no_flips_are_no_evidence_of_change() -> None:
    found = change.mcnemar([1, 0, 1], [1, 0, 1])
    assert found.exact_p == 1.0
    assert found.plain.value is found.plain.p is found.corrected.value is None


def test_a_test_of_two_levels_agrees_with_mcnemar() -> None:
    table = pairs_of_table([[101, 121], [59, 33]])
    plain = change.mcnemar_of(121, 59).plain
    assert change.stuart_maxwell(table).value == pytest.approx(plain.value)


def test_an_unused_level_takes_no_degree_of_freedom() -> None:
    small = [[10, 4, 2], [1, 12, 5], [0, 3, 9]]
    padded = np.zeros((5, 5))
    padded[np.ix_([0, 2, 4], [0, 2, 4])] = small
    a, b = (change.stuart_maxwell(pairs_of_table(table)) for table in (small, padded))
    assert a.df == b.df
    assert (a.value, a.p) == pytest.approx((b.value, b.p))


def test_identical_verdicts_give_nothing_to_test() -> None:
    table = pairs([0, 1, 2, 1], [0, 1, 2, 1], (0, 1, 2))
    assert change.stuart_maxwell(table) == change.ChiSquare(None, 0, None)


def test_a_paired_shift_is_that_of_students_t() -> None:
    # Student 1908: hours of sleep gained with two drugs, printed in R's help as sleep.
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    found = change.paired_shift(first, second)
    ends = found.mean.value, found.mean.low, found.mean.high, found.p
    assert ends == pytest.approx((1.58, 0.7001142, 2.4598858, 0.002833), abs=1e-6)


def test_a_small_noisy_sample_proves_neither_change_nor_its_absence() -> None:
    before, after = [50, 60, 70, 40], [45, 70, 66, 45]
    shift = change.paired_shift(before, after)
    assert shift.p is not None
    assert shift.p > 0.05
    assert change.equivalence(before, after, margin=3).equivalent is False


def test_equivalence_is_proved_where_the_90_percent_interval_lies_within_the_margin() -> None:
    before = np.zeros(40)
    after = np.random.default_rng(1).normal(0.2, 1.0, 40)
    mean = change.paired_shift(before, after, level=0.90).mean
    assert mean.low is not None
    assert mean.high is not None
    edge = max(abs(mean.low), abs(mean.high))
    assert change.equivalence(before, after, edge * 1.001).equivalent is True
    assert change.equivalence(before, after, edge * 0.999).equivalent is False
    assert change.equivalence(before, after, edge).p == pytest.approx(0.05)


def test_a_shift_of_one_answer_is_not_estimable() -> None:
    assert change.paired_shift([1, None], [2, 3]).mean.value is None
    assert change.equivalence([1], [1], 1.0).equivalent is None


def test_answers_that_all_shift_alike_leave_no_doubt() -> None:
    assert change.paired_shift([1, 2], [1, 2]).p == 1.0
    assert change.paired_shift([1, 2], [2, 3]).p == 0.0
    assert change.equivalence([1, 2], [1, 2], 0.5).equivalent is True
    assert change.equivalence([1, 2], [2, 3], 0.5).equivalent is False


def test_benjamini_hochberg_adjusts_as_r_does() -> None:
    # p.adjust(c(0.01, 0.04, 0.03, 0.005), "BH")
    found = change.benjamini_hochberg([0.01, 0.04, 0.03, 0.005])
    assert found == pytest.approx((0.02, 0.04, 0.04, 0.02))
    assert change.benjamini_hochberg([]) == ()
