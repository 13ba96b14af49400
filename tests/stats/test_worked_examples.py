"""Every published figure comes out, within the digits that its source prints."""

from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest

from grader.stats import (
    change,
    impact,
    intraclass,
    prmse,
    rasch,
    scores,
    two_raters,
)
from grader.stats import many_raters as alpha
from grader.stats import many_raters as panel
from tests.stats.examples import examples, pairs_of_table

EXAMPLES = examples()
Figures = dict[str, Any]


def alphas(data: Any) -> Figures:
    ratings = np.array(data["ratings"], dtype=float).T
    metrics: tuple[alpha.Metric, ...] = ("nominal", "ordinal", "interval", "ratio")
    return {m: alpha.krippendorff_alpha(ratings, m).value for m in metrics}


def many_raters(data: Any) -> Figures:
    ratings = np.array(data["ratings"], dtype=float).T
    found = panel.panel(ratings, range(1, 6))
    return {
        "gwet_ac1": panel.gwet_ac(found).value,
        "gwet_ac2_quadratic": panel.gwet_ac(found, "quadratic").value,
        "gwet_ac2_linear": panel.gwet_ac(found, "linear").value,
    }


def paradox(data: Any) -> Figures:
    pairs = pairs_of_table(data["table"])
    (a, b), (c, d) = data["table"]
    each = [[0, 0]] * a + [[0, 1]] * b + [[1, 0]] * c + [[1, 1]] * d
    return {
        "percent_agreement": two_raters.exact_agreement(pairs).value,
        "cohen_kappa": two_raters.kappa(pairs).value,
        "gwet_ac1": panel.gwet_ac(panel.panel(each, (0, 1))).value,
    }


def table_kappa(data: Any) -> Figures:
    pairs = pairs_of_table(data["table"])
    return {
        "kappa": two_raters.kappa(pairs).value,
        "linear": two_raters.kappa(pairs, "linear").value,
    }


def vision(data: Any) -> Figures:
    pairs = pairs_of_table(data["table"])
    margins = change.stuart_maxwell(pairs)
    return {
        "kappa": two_raters.kappa(pairs).value,
        "quadratic": two_raters.quadratic_kappa(pairs).value,
        "stuart_maxwell_chi2": margins.value,
        "stuart_maxwell_df": margins.df,
    }


def flips(data: Any) -> Figures:
    (_, gained), (lost, _) = data["table"]
    found = change.mcnemar_of(gained, lost)
    return {"chi2": found.plain.value, "chi2_corrected": found.corrected.value}


def full_scale(data: Any) -> Figures:
    first, second = data["rater1"], data["rater2"]
    full = two_raters.quadratic_kappa(two_raters.pairs(first, second, range(3, 13)))
    # What the trap gives: observed levels only, as if they were equally spaced.
    observed = sorted({*first, *second})
    a, b = ([observed.index(x) for x in column] for column in (first, second))
    squeezed = two_raters.quadratic_kappa(two_raters.pairs(a, b, range(len(observed))))
    return {"full_scale": full.value, "observed_labels_only": squeezed.value}


def anxiety(data: Any) -> Figures:
    ratings = np.array(data["ratings"], dtype=float)
    first, second = ratings[:, 1], ratings[:, 2]
    used = np.unique(ratings[:, 1:])
    ranks = np.searchsorted(used, ratings[:, 1:])
    squeezed = two_raters.pairs(ranks[:, 0], ranks[:, 1], range(len(used)))
    full = two_raters.pairs(first, second, range(1, 7))
    return {
        "kappa_r2_r3": two_raters.kappa(full).value,
        "quadratic_r2_r3_category4_dropped": two_raters.quadratic_kappa(squeezed).value,
        "linear_r2_r3_category4_dropped": two_raters.kappa(squeezed, "linear").value,
        "quadratic_r2_r3_scale_1to6": two_raters.quadratic_kappa(full).value,
    }


def shrout_fleiss(data: Any) -> Figures:
    forms: tuple[intraclass.Form, ...] = get_args(intraclass.Form)
    values = {form: intraclass.icc(data["ratings"], form).value for form in forms}
    return {f"ICC{form.replace(',', '')}": value for form, value in values.items()}


def rsmtool(data: Any) -> Figures:
    low, high = data["scale"][0] - data["trim_tolerance"], data["scale"][1] + data["trim_tolerance"]
    system = np.clip(data["system"], low, high)
    levels = range(1, 7)
    first, second = data["human1"], data["human2"]
    humans, machine = scores.score_pairs(first, second), scores.score_pairs(first, system)
    rounded = two_raters.pairs(first, np.round(system), levels)
    hh, hm = two_raters.pairs(first, second, levels), scores.pearson(machine).value
    hh_exact = two_raters.exact_agreement(hh).value
    hm_exact = two_raters.exact_agreement(rounded).value
    assert hh_exact is not None
    assert hm_exact is not None
    qwk = scores.continuous_quadratic_kappa
    predicted = prmse.prmse(system, np.column_stack([first, second]))
    return {
        "N": len(first),
        "hh_qwk": two_raters.quadratic_kappa(hh).value,
        "hh_corr": scores.pearson(humans).value,
        "hh_kappa": two_raters.kappa(hh).value,
        "hh_exact_pct": 100 * hh_exact,
        "hh_smd_pooled": scores.standardised_difference(humans, "pooled").value,
        "hm_qwk": qwk(machine).value,
        "hm_corr": hm,
        "hm_smd": scores.standardised_difference(machine).value,
        "hm_round_exact_pct": 100 * hm_exact,
        "hm_round_kappa": two_raters.kappa(rounded).value,
        "hm_round_qwk": two_raters.quadratic_kappa(rounded).value,
        "degradation_qwk": (qwk(machine) - qwk(humans)).value,
        "degradation_corr": (scores.pearson(machine) - scores.pearson(humans)).value,
        "prmse": predicted.value,
    }


def standardised(data: Any) -> Figures:
    p = data["population"]
    population = scores.Population(
        p["y_true_mean"], p["y_true_sd"], p["y_pred_mean"], p["y_pred_sd"]
    )
    true, predicted = data["y_true"], data["y_pred"]
    pairs = scores.score_pairs(true, predicted)
    by: tuple[Any, ...] = ("pooled", "first", 2.3)
    pooled, unpooled, known = (
        scores.standardised_difference(pairs, b, data["ddof"]).value for b in by
    )
    group = scores.difference_of_standardised_means(true, predicted, [True] * 4, population)
    return {
        "pooled": pooled,
        "unpooled": unpooled,
        "johnson_sd_2_3": known,
        "dsm_with_population": group.value,
    }


def known_error(data: Any) -> Figures:
    humans = [[score] for score in data["human"]]
    return {"prmse": prmse.prmse(data["system"], humans, data["error_variance"]).value}


def guilford(data: Any) -> Figures:
    ratings = np.array(data["ratings"])
    found = rasch.rasch(ratings)
    judges = found.raters.elements
    return {
        "judge_total": ratings.sum(axis=(1, 2)).tolist(),
        "person_total": ratings.sum(axis=(0, 2)).tolist(),
        "trait_total": ratings.sum(axis=(0, 1)).tolist(),
        "judge_severity": [j.measure for j in judges],
        "judge_se": [j.se for j in judges],
        "judge_infit": [j.infit for j in judges],
        "judge_outfit": [j.outfit for j in judges],
        "person_measure": [p.measure for p in found.answers.elements],
        "trait_difficulty": [t.measure for t in found.items.elements],
        "log_likelihood": found.log_likelihood,
        "fixed_chi2": found.raters.chi_square,
        "fixed_df": found.raters.df,
    }


def facets(data: Any) -> Figures:
    found = rasch.separation_of(data["separation"])
    return {"strata": found.strata, "reliability": found.reliability}


def four_fifths(data: Any) -> Figures:
    counts = {name: (round(100 * rate), 100) for name, rate in data["selection_rates"].items()}
    found = impact.impact_ratios(counts)
    flagged = [name for name, one in found.items() if one.below_four_fifths]
    return {"flagged": flagged} | {name: one.ratio for name, one in found.items()}


def scoring_rates(data: Any) -> Figures:
    return {
        name: one.ratio
        for groups in data["above_median_and_applicants"].values()
        for name, one in impact.impact_ratios({n: tuple(c) for n, c in groups.items()}).items()
    }


FIGURES: dict[str, Callable[[Any], Figures]] = {
    "krippendorff-c-4coders": alphas,
    "krippendorff-c-4coders-exact": alphas,
    "krippendorff-a-binary": alphas,
    "krippendorff-b-nominal": alphas,
    "krippendorff-3coders-wiki": alphas,
    "gwet-cac-4raters": many_raters,
    "kappa-paradox-balanced": paradox,
    "kappa-paradox-skewed": paradox,
    "cohen-2x2": table_kappa,
    "cohen-3x3-sas": table_kappa,
    "vision-7477": vision,
    "mcnemar-2x2": flips,
    "qwk-missing-category": full_scale,
    "anxiety-20x3": anxiety,
    "shrout-fleiss-1979": shrout_fleiss,
    "rsmeval-asap2-200": rsmtool,
    "rsmtool-smd-dsm": standardised,
    "prmse-single-human-known-error": known_error,
    "guilford-creativity-mfrm": guilford,
    "facets-separation-formulas": facets,
    "eeoc-1979-four-fifths": four_fifths,
    "nyc-ll144-culture-fit": scoring_rates,
}


def test_every_worked_example_is_computed() -> None:
    assert FIGURES.keys() == EXAMPLES.keys()


@pytest.mark.parametrize("name", FIGURES)
def test_a_worked_example_gives_its_published_figures(name: str) -> None:
    example = EXAMPLES[name]
    found = FIGURES[name](example["data"])
    for figure, expected in example["expected"].items():
        if isinstance(expected, list) and expected and isinstance(expected[0], str):
            assert found[figure] == expected
        else:
            assert found[figure] == pytest.approx(expected, abs=example["tolerance"], rel=0), figure
