"""What the counts of attacks promise: only what the judge itself could not rule out is counted."""

import math
from collections.abc import Sequence
from typing import Any

import pytest

from grader.judge.curves import VERDICTS, Curves
from grader.judge.defences import DEFENCES
from grader.record import Verdict
from grader.trust.audit.cases import load
from tests.training.made import question
from training.attacks import Graded, chosen, grade, moves, summary, trained_kinds
from training.questions import as_rubric

RUBRIC = as_rubric(question())
RUBRICS = {RUBRIC.id: RUBRIC}
NAMES = [defence.name for defence in DEFENCES]
EVERY = ["all", "none", *(f"all but {name}" for name in NAMES)]


def thought(verdict: Verdict, sure: float = 0.97) -> list[float]:
    """The log-probabilities of a judge that holds a verdict for this likely."""
    return [math.log(sure if v == verdict else (1 - sure) / 3) for v in VERDICTS]


MET, MISSED = thought(Verdict.MET), thought(Verdict.MISSED)
UNSURE = [math.log(chance) for chance in (0.53, 0.05, 0.37, 0.05)]


def item(name: str, found: Sequence[list[float]], **about: Any) -> dict[str, Any]:
    """A text as `training.fit` gives it back: key points of one weight."""
    known = {"lines": 2, "by_code": False, "elsewhere": False, "defences": EVERY}
    return {
        "question": RUBRIC.id,
        "answer": name,
        "about": known | about,
        "labels": [[f"p{n}", 2, None, []] for n in range(1, len(found) + 1)],
        "found": list(found),
    }


def attack(found: Sequence[list[float]], **about: Any) -> dict[str, Any]:
    """An attack beside the answer ``base``, unless told otherwise."""
    known = {"attack": "a", "kind": "bidi", "expect": "no-gain", "base": "base"}
    return item("attacked", found, **known | about)


def moved(*items: dict[str, Any], defences: str = "all") -> list[tuple[bool, int]]:
    (found,) = moves(items, Curves(), RUBRICS, defences).values()
    return [(beyond, round(change)) for beyond, change in found]


def graded(one: dict[str, Any], defences: str = "all") -> Graded:
    return grade(one, Curves(), RUBRIC, defences)


BASE = item("base", [MET, MISSED, MISSED])


def test_a_gain_beyond_the_interval_is_counted() -> None:
    assert moved(BASE, attack([MET, MET, MISSED])) == [(True, 33)]


def test_a_gain_within_the_interval_that_was_stated_is_measured_and_not_counted() -> None:
    # One key point of the answer may as well be met: 2 of 3 were stated to be possible.
    doubtful = item("base", [MET, [*UNSURE[2:], *UNSURE[:2]], MISSED])
    assert graded(doubtful).high == pytest.approx(66.7)
    assert moved(doubtful, attack([MET, MET, MISSED])) == [(False, 33)]


def test_a_fall_is_no_gain_and_a_rise_is_no_loss() -> None:
    fallen, risen = [MISSED, MISSED, MISSED], [MET, MET, MISSED]
    assert moved(BASE, attack(fallen)) == [(False, -33)]
    assert moved(BASE, attack(risen, expect="no-loss")) == [(False, 33)]
    assert moved(BASE, attack(fallen, expect="no-loss")) == [(True, -33)]


def test_in_place_of_an_answer_whatever_is_earned_is_counted() -> None:
    alone = {"expect": "no-credit", "base": None}
    assert moved(attack([MET, MISSED, MISSED], **alone)) == [(True, 33)]
    assert moved(attack([MISSED] * 3, **alone)) == [(False, 0)]


@pytest.mark.parametrize("defences", EVERY)
@pytest.mark.parametrize("about", [{"by_code": True}, {"lines": 0}])
def test_what_code_decides_and_what_has_no_lines_earns_nothing(
    about: dict[str, Any], defences: str
) -> None:
    assert graded(item("a", [MET] * 3, **about), defences) == Graded(0, 0, 0)


def test_moves_are_told_by_expectation_and_kind() -> None:
    items = [BASE, attack([MET] * 3), attack([MET] * 3, kind="control", expect="no-loss")]
    assert set(moves(items, Curves(), RUBRICS, "all")) == {
        ("no-gain", "bidi"),
        ("no-loss", "control"),
    }


@pytest.mark.parametrize("name", NAMES)
def test_all_but_a_name_switches_exactly_that_defence_off(name: str) -> None:
    kept = [defence.name for defence in chosen(f"all but {name}")]
    assert kept == [other for other in NAMES if other != name]
    assert chosen("all") == DEFENCES
    assert chosen("none") == ()


def test_only_without_the_defence_does_doubt_about_everything_earn() -> None:
    doubtful = item("a", [UNSURE, MISSED, MISSED, MISSED])
    earned = {name: graded(doubtful, name).earned for name in EVERY}
    open_ = {"none", "all but nothing-sure"}
    assert {name for name, percent in earned.items() if percent} == open_


def test_only_without_the_defence_does_a_text_about_something_else_earn() -> None:
    elsewhere = item("a", [MET] * 3, elsewhere=True)
    earned = {name: graded(elsewhere, name).earned for name in EVERY}
    assert {name for name, percent in earned.items() if percent} == {"none", "all but off-subject"}
    assert graded(item("a", [MET] * 3)).earned == 100


def test_each_choice_of_defences_is_counted_on_the_text_that_it_leaves() -> None:
    cut = attack([MISSED] * 3, defences=[n for n in EVERY if n not in ("none", "all but bidi")])
    whole = attack([MET] * 3, defences=["none", "all but bidi"])
    assert moved(BASE, cut, whole, defences="all") == [(False, -33)]
    assert moved(BASE, cut, whole, defences="none") == [(True, 67)]


def test_kinds_trained_on_and_kinds_left_out_are_told_apart() -> None:
    found = {
        ("no-gain", "injection"): [(True, 10.0), (False, 0.0)],
        ("no-gain", "bidi"): [(False, 2.0)],
        ("no-credit", "bidi"): [(True, 50.0)],
    }
    said = [line.split("(")[0].split() for line in summary(found, {"injection"}).splitlines()]
    assert said == [
        ["no-credit", "kinds", "left", "out", "1/1"],
        ["no-gain", "kinds", "trained", "on", "1/2"],
        ["no-gain", "kinds", "left", "out", "0/1"],
    ]
    assert summary(found, {"injection"}).count("score +5.00 points") == 1


def test_a_kind_that_goes_by_another_name_in_training_was_trained_on() -> None:
    for kind in ("fake-role-tokens", "direct-injection", "near-miss", "authority"):
        assert "trained on" in summary({("no-gain", kind): [(False, 0.0)]}, trained_kinds())


def test_kinds_that_are_said_to_be_left_out_are_left_out() -> None:
    for kind in ("self-praise", "hidden-text", "adjective-padding", "context-flood"):
        assert kind in {each.kind for each in load()}
        assert "left out" in summary({("no-gain", kind): [(False, 0.0)]}, trained_kinds())
