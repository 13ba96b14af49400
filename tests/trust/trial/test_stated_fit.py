"""Words for confidence get the probabilities that they turn out to have, and a threshold that pays.

The judges are simulated: what an endpoint's own words are worth, nobody can measure without it.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import BadInput
from grader.judge.stated import STATED, StatedConfidence
from grader.judge.voting import SURE
from grader.record import JudgeInfo, PointGrade, Verdict
from grader.trust.trial.stated_fit import (
    FEWEST,
    StatedVerdict,
    check_words,
    choose_threshold,
    fit_words,
)
from grader.trust.trial.stated_gain import fit_stated
from grader.trust.trial.stated_report import fit_text, fit_toml
from tests.support.stating import RIGHT, simulated

SEEDS = (0, 1, 2)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_word_gets_the_probability_that_it_turns_out_to_have(seed: int) -> None:
    chances = fit_words(simulated(seed=seed))
    for word, share in RIGHT.items():
        assert chances[word] == pytest.approx(share, abs=0.12)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_calibration_error_falls_on_questions_left_out_with_its_interval(seed: int) -> None:
    found = fit_stated(simulated(30, seed=seed), "m")
    assert found.error_after < found.error_before
    change = found.score_change
    assert change.value is not None
    assert change.low is not None
    assert change.high is not None
    assert change.low <= change.value <= change.high < 0
    assert (found.verdicts, found.answers, found.questions) == (1800, 300, 30)


@pytest.mark.parametrize("seed", SEEDS)
def test_words_that_mean_what_they_usually_do_are_promised_no_gain(seed: int) -> None:
    words = dict.fromkeys(("certain", "likely", "leaning"), 1.0)
    found = fit_stated(simulated(seed=seed, stated=words, right=STATED), "m")
    assert found.score_change.high is not None
    assert found.score_change.high > 0
    assert all(abs(word.fitted - word.usual) < 0.15 for word in found.words if word.right.of)


def test_a_question_is_never_judged_by_a_fit_that_saw_it() -> None:
    kind = simulated(11, right=dict.fromkeys(RIGHT, 1.0))
    odd = simulated(1, right=dict.fromkeys(RIGHT, 0.0))
    alone = [StatedVerdict("odd", v.answer, v.word, v.label, v.samples) for v in odd]
    found = fit_stated([*kind, *alone], "m")
    # On whichever half it stands, the other half says something else.
    assert found.error_after > 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_only_words_below_the_threshold_are_asked_again_and_that_pays(seed: int) -> None:
    right = {"certain": 0.985, "likely": 0.7, "leaning": 0.7}
    stated = {"certain": 0.6, "likely": 0.3, "leaning": 0.1}
    found = fit_stated(simulated(20, 3, seed, right=right, stated=stated), "m")
    chances, below = found.confidence.chances, found.confidence.unsure_below
    assert chances["likely"] < below < chances["certain"]
    assert found.sampling is not None
    assert found.sampling.again.right > found.sampling.once.right
    assert found.sampling.further < 1.2


def test_where_asking_again_mends_nothing_no_further_sample_pays() -> None:
    once = simulated(20)
    same = [StatedVerdict(v.question, v.answer, v.word, v.label, v.samples * 3) for v in once]
    found = fit_stated(same, "m")
    assert found.confidence.unsure_below == 0
    assert found.sampling is not None
    assert found.sampling.further == 0
    assert "no further sample pays" in fit_text(found)


def test_asked_about_once_the_threshold_stays_the_usual_one() -> None:
    found = fit_stated(simulated(), "m")
    assert found.confidence.unsure_below == SURE
    assert found.sampling is None
    assert "--repeats 3" in fit_text(found)


def test_too_few_verdicts_or_questions_are_refused_with_their_numbers() -> None:
    with pytest.raises(BadInput, match=f"99 verdicts .* at least {FEWEST}"):
        fit_stated(simulated()[: FEWEST - 1], "m")
    with pytest.raises(BadInput, match=r"of 2 questions; it takes .* at least 3"):
        fit_stated(simulated(2), "m")
    assert fit_stated(simulated(3), "m").verdicts == 180


@given(st.lists(st.tuples(st.sampled_from(list(STATED)), st.booleans()), max_size=80))
def test_a_surer_word_has_never_a_smaller_probability_whatever_was_seen(
    seen: list[tuple[str, bool]],
) -> None:
    verdicts = [
        StatedVerdict("q", "a", word, Verdict.MET, (PointGrade(
            id="p", weight=1, verdict=Verdict.MET if hit else Verdict.MISSED
        ),))
        for word, hit in seen
    ]  # fmt: skip
    chances = fit_words(verdicts)
    assert StatedConfidence(model="m", unsure_below=0.5, chances=chances)
    assert all(0 < chance < 1 for chance in chances.values())


def test_the_threshold_lies_between_two_words_or_at_nothing_or_above_all() -> None:
    chances = dict(zip(STATED, (0.9, 0.8, 0.6, 0.5, 0.4), strict=True))
    verdicts = simulated(20, 3, right={"certain": 0.985, "likely": 0.7, "leaning": 0.7})
    assert choose_threshold(verdicts, chances) in (0.7, 0.85)
    assert choose_threshold(verdicts, chances, pays=1.0) == 0
    assert choose_threshold(verdicts, chances, pays=-1.0) == 0.95


@pytest.mark.parametrize(
    "judge", [JudgeInfo(kind="local", ask="trained", model="m"), JudgeInfo(
        kind="endpoint", model="a + b", parts=(JudgeInfo(kind="endpoint", model="a"),)
    )]
)  # fmt: skip
def test_a_judge_that_states_no_words_is_refused_by_name(judge: JudgeInfo) -> None:
    with pytest.raises(BadInput, match=f"{judge.model.replace('+', '.')} does not"):
        check_words(judge)


def test_the_file_says_what_it_was_fitted_on_and_cannot_be_steered_by_a_models_name() -> None:
    found = fit_stated(simulated(), "m\n[chances]\x1b[2J")
    text = fit_toml(found)
    assert "720 labelled" in text
    assert "\x1b" not in text
