"""The defences that look at verdicts: they take credit away where it is not sure, never add any."""

import asyncio
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import answer as answers
from grader.judge import curves
from grader.judge.base import Judgement
from grader.judge.defences import DEFENCES, Defence
from grader.judge.per_point import PerPoint, decided
from grader.llm.request import Reply, Request, said
from grader.record import Cause, Evidence, PointGrade, Verdict
from grader.rubric.files import load_rubric
from grader.scoring import CREDIT, total
from grader.util.files import data_folder
from tests.support.fakes import INFO, FakeModel, completed

RUBRIC = load_rubric("bank-conflict", (data_folder("rubrics"),))
ON_SUBJECT = "Shared memory has 32 banks. Padding shifts each row by one bank."
OFF_SUBJECT = (
    "To make a brown butter sauce, melt the butter over medium heat, swirl until the milk solids "
    "turn hazelnut brown, and add lemon juice with capers."
)
V = Verdict
Chances = tuple[float, ...]
SURE: Chances = (0.9, 0.04, 0.04, 0.02)
UNSURE: Chances = (0.55, 0.1, 0.3, 0.05)
DENIED: Chances = (0.55, 0.05, 0.1, 0.3)
NOTHING: Chances = (0.05, 0.05, 0.85, 0.05)


def named(name: str) -> Defence:
    return next(defence for defence in DEFENCES if defence.name == name)


def words(likely: Chances) -> dict[str, float]:
    """The log-probabilities that the shipped curves turn into these probabilities."""
    curve = curves.trained().point
    shifts = (0.0, curve.partial, curve.missed, curve.contradicted)
    logs = [(math.log(p) - s) / curve.sharpness for p, s in zip(likely, shifts, strict=True)]
    most = max(logs)
    found = {w: log - most for w, log in zip(("Yes", "Half", "No", "Wrong"), logs, strict=True)}
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def model(likely: Chances, first: Chances | None = None) -> FakeModel:
    """Holds this of each key point, of the first one *first*, and no claim for asserted."""
    ids = {point.text("en"): likely for point in RUBRIC.key_points}
    ids[RUBRIC.key_points[0].text("en")] = first or likely

    def reply(request: Request) -> Reply:
        if said(request.body).endswith("["):
            return Reply(body=completed("1", {"1": 0.0}))
        held = next((p for en, p in ids.items() if en in said(request.body)), NOTHING)
        top = words(held)
        return Reply(body=completed(f"{next(iter(top))} [1", top, {" [": 0.0}, {"1": 0.0}))

    return FakeModel(reply)


def judged(
    asked: FakeModel, text: str = ON_SUBJECT, defences: tuple[Defence, ...] = DEFENCES
) -> Judgement:
    judge = PerPoint(asked.ask, INFO, "trained", defences=defences)
    return asyncio.run(judge.judge(RUBRIC, answers.from_text(text, "t")))


def test_the_last_two_defences_look_at_verdicts_and_cut_nothing_out() -> None:
    assert [d.name for d in DEFENCES[-2:]] == ["off-subject", "nothing-sure"]
    for defence in DEFENCES[-2:]:
        assert list(defence.find(answers.from_text(ON_SUBJECT, "t"), RUBRIC)) == []


def test_credit_for_an_answer_about_something_else_is_left_to_a_person_with_the_cause() -> None:
    for found in judged(model(SURE), OFF_SUBJECT).points:
        assert (found.verdict, found.cause) == (None, Cause.OFF_SUBJECT)
        assert (found.confidence, found.alternative) == (None, None)
    assert {p.verdict for p in judged(model(NOTHING), OFF_SUBJECT).points} == {V.MISSED}
    assert {p.cause for p in judged(model(SURE)).points} == {None}


def test_without_a_key_point_that_surely_earns_something_none_earns_anything() -> None:
    result = judged(model(NOTHING, UNSURE))
    first = result.points[0]
    assert (first.verdict, first.alternative, first.evidence) == (V.MISSED, V.MET, ())
    assert first.confidence == pytest.approx(0.3, abs=2e-3)
    assert first.probabilities == pytest.approx(dict(zip(V, UNSURE, strict=True)), abs=2e-4)
    score = total(result.points)
    assert score.percent == 0
    assert score.high >= 100 * first.weight / score.out_of


def test_credit_that_is_not_sure_falls_to_what_was_likelier_said_or_not_said() -> None:
    denied = judged(model(NOTHING, DENIED)).points[0]
    assert (denied.verdict, denied.alternative) == (V.CONTRADICTED, V.MET)
    assert [piece.text for piece in denied.evidence] == ["Shared memory has 32 banks."]


def test_one_key_point_that_surely_earns_something_lets_the_unsure_ones_stand() -> None:
    first, *rest = judged(model(UNSURE, SURE)).points
    assert {p.verdict for p in (first, *rest)} == {V.MET}


@pytest.mark.parametrize(
    ("some", "points", "stands"),
    [(0.51, 2, True), (0.62, 4, False), (0.63, 4, True), (0.74, 6, False), (0.76, 6, True)],
)
def test_the_more_key_points_the_surer_one_of_them_must_earn_something(
    some: float, points: int, stands: bool
) -> None:
    likely = (some / 2, some / 2, 1 - some, 0.0)
    given_ = [likely, *[NOTHING] * (points - 1)]
    made = tuple(
        PointGrade(
            id=f"p{n}",
            weight=1,
            verdict=decided(each),
            probabilities=dict(zip(V, each, strict=True)),
        )
        for n, each in enumerate(given_)
    )
    found = named("nothing-sure").settle(made, (), RUBRIC)
    assert found[0].verdict == (V.PARTIAL if stands else V.MISSED)
    assert {p.verdict for p in found[1:]} == {V.MISSED}


@pytest.mark.parametrize("text", [ON_SUBJECT, OFF_SUBJECT])
def test_a_judge_without_defences_gives_the_raw_verdicts(text: str) -> None:
    for likely, verdict in ((SURE, V.MET), (UNSURE, V.MET), (NOTHING, V.MISSED)):
        raw = judged(model(likely), text, ()).points
        assert {(p.verdict, p.cause) for p in raw} == {(verdict, None)}


POINTS = st.builds(
    lambda weight, four, known: PointGrade(
        id="a",
        weight=weight,
        verdict=decided(tuple(each / sum(four) for each in four)) if known else None,
        alternative=None,
        evidence=(Evidence(text="a", start=0, end=1),),
        probabilities=dict(zip(V, [round(each / sum(four), 4) for each in four], strict=True)),
    ),
    st.integers(1, 3),
    st.tuples(*[st.floats(0.001, 1)] * 4),
    st.booleans(),
)
BARE = st.builds(PointGrade, id=st.just("b"), weight=st.just(1), verdict=st.sampled_from(V))


@given(
    st.lists(POINTS | BARE, min_size=1, max_size=8).map(tuple),
    st.sampled_from([*DEFENCES]),
    st.sampled_from([ON_SUBJECT, OFF_SUBJECT, ""]),
)
def test_settling_never_raises_a_verdicts_credit(
    points: tuple[PointGrade, ...], defence: Defence, shown: str
) -> None:
    after = defence.settle(points, [shown], RUBRIC)
    assert [p.id for p in after] == [p.id for p in points]
    for before, now in zip(points, after, strict=True):
        assert now.probabilities == before.probabilities
        if before.verdict is None:
            assert now == before
        if now.verdict is None or before.verdict is None:
            continue
        assert CREDIT[now.verdict] <= CREDIT[before.verdict]
        assert now == before or now.alternative == before.verdict


@given(st.lists(POINTS, min_size=1, max_size=8).map(tuple))
def test_what_nothing_sure_takes_from_a_key_point_stays_possible(
    points: tuple[PointGrade, ...],
) -> None:
    after = named("nothing-sure").settle(points, (), RUBRIC)
    score = total(after)
    for before, now in zip(points, after, strict=True):
        if now != before and before.verdict is not None:
            earned = 100 * before.weight * CREDIT[before.verdict] / score.out_of
            assert score.low <= earned <= score.high + 0.05
