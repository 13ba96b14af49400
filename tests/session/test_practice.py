"""Attempts are compared over weeks, and what was missed comes back first."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fsrs import Card, Rating, Scheduler
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from grader.cli.app import app
from grader.ledger.ledger import Ledger
from grader.record import Digests, Grade, JudgeInfo, PointGrade, PointGroup, Usage, Verdict
from grader.scoring import Scheme, total
from grader.session.practice import as_json, histories, next_up, weakest

START = datetime(2026, 10, 1, 12, tzinfo=UTC)
V = Verdict


def attempt(
    day: float,
    verdicts: dict[str, Verdict | None],
    question: str = "bank-conflict",
    text: str | None = None,
    candidate: str | None = None,
    regraded: int = 0,
) -> Grade:
    points = tuple(
        PointGrade(id=name, weight=3 if name == "core" else 1, verdict=verdict)
        for name, verdict in verdicts.items()
    )
    when = START + timedelta(days=day)
    digest = f"sha256:{text or day}"
    return Grade(
        question=question,
        answer_id=f"{question}-{day}",
        candidate=candidate,
        attempted_at=when,
        score=total(points),
        key_points=points,
        judge=JudgeInfo(kind="endpoint", model="m"),
        usage=Usage(),
        digests=Digests(answer=digest, rubric="r", prompt="p"),
        graded_at=when + timedelta(days=regraded),
        version="0",
    )


def by_hand(reviews: list[tuple[float, Rating]]) -> Card:
    """What the package itself makes of *reviews*: days after START, and ratings."""
    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    card = Card()
    for day, rating in reviews:
        card, _ = scheduler.review_card(card, rating, START + timedelta(days=day))
    return card


RATINGS = {
    V.MET: Rating.Good,
    V.PARTIAL: Rating.Hard,
    V.MISSED: Rating.Again,
    V.CONTRADICTED: Rating.Again,
}


@given(st.lists(st.tuples(st.floats(0, 40), st.sampled_from(list(V))), min_size=1, max_size=8))
def test_a_key_point_is_due_when_fsrs_says_so(steps: list[tuple[float, Verdict]]) -> None:
    days = [sum(step for step, _ in steps[: n + 1]) for n in range(len(steps))]
    verdicts = [verdict for _, verdict in steps]
    graded = [
        attempt(day, {"core": verdict}, text=str(n))
        for n, (day, verdict) in enumerate(zip(days, verdicts, strict=True))
    ]
    ordered = sorted(graded, key=lambda g: (g.attempted_at or START, g.digests.answer))
    expected = by_hand(
        [
            (((g.attempted_at or START) - START) / timedelta(days=1), RATINGS[verdict])
            for g in ordered
            if (verdict := g.key_points[0].verdict)
        ]
    )
    (core,) = histories(graded)[0].points
    assert core.due == expected.due
    assert core.memory is not None
    assert (core.memory.stability, core.memory.difficulty) == (
        expected.stability,
        expected.difficulty,
    )


def test_what_was_met_waits_longer_each_time_and_what_was_missed_comes_back_tomorrow() -> None:
    waits, day, grades = [], 0.0, []
    for _ in range(4):
        grades.append(attempt(day, {"core": V.MET, "more": V.MISSED}))
        core, more = histories(grades)[0].points
        assert core.due is not None
        assert more.due is not None
        waits.append((core.due - START) / timedelta(days=1) - day)
        assert (more.due - START) / timedelta(days=1) - day == 1
        day += waits[-1]
    assert waits == [2, 11, 46, 163]


def test_two_attempts_on_one_day_move_less_than_two_some_days_apart() -> None:
    def stability(second: float) -> float:
        grades = [attempt(0, {"core": V.MET}), attempt(second, {"core": V.MET})]
        memory = histories(grades)[0].points[0].memory
        assert memory is not None
        return memory.stability

    assert stability(0.1) < stability(2)


def test_a_miss_sends_a_key_point_back_to_tomorrow() -> None:
    grades = [attempt(day, {"core": v}) for day, v in enumerate([V.MET, V.MET, V.MISSED])]
    (core,) = histories(grades)[0].points
    assert core.verdicts == (V.MET, V.MET, V.MISSED)
    assert core.due == START + timedelta(days=3)
    assert core.missed_at == START + timedelta(days=2)


OPTIONAL_VERDICTS = st.sampled_from([*V, None])


@given(
    st.lists(
        st.builds(
            attempt,
            day=st.integers(0, 3),
            verdicts=st.dictionaries(
                st.sampled_from(["core", "more"]), OPTIONAL_VERDICTS, min_size=1
            ),
            text=st.sampled_from(["a", "b"]),
            regraded=st.integers(0, 1),
        ),
        min_size=1,
        max_size=6,
    ),
    st.randoms(use_true_random=False),
)
def test_in_whatever_order_the_ledger_is_read_the_state_is_the_same(
    grades: list[Grade], dice: random.Random
) -> None:
    now = START + timedelta(days=9)
    shuffled = dice.sample(grades, len(grades))
    assert as_json(histories(shuffled), now) == as_json(histories(grades), now)


def test_a_date_that_means_never_is_no_error() -> None:
    for when in ("0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"):
        grade = attempt(0, {"core": V.MET})
        given_at = grade.model_copy(update={"attempted_at": datetime.fromisoformat(when)})
        assert json.loads(as_json(histories([given_at]), START))[0]["key_points"][0]["due"]


def test_an_unsure_verdict_is_no_review() -> None:
    grade = attempt(1, {"core": V.MISSED})
    unsure = grade.key_points[0].model_copy(update={"alternative": V.MET})
    graded = [attempt(0, {"core": V.MET}), grade.model_copy(update={"key_points": (unsure,)})]
    (core,) = histories(graded)[0].points
    assert core.due == START + timedelta(days=2)
    assert not core.lapsed


def test_an_ungraded_point_neither_helps_nor_harms() -> None:
    (core,) = histories([attempt(0, {"core": V.MET}), attempt(1, {"core": None})])[0].points
    assert core.in_a_row == 1
    assert core.due == START + timedelta(days=2)


def test_the_same_answer_graded_again_is_one_attempt_with_its_latest_grade() -> None:
    first = attempt(0, {"core": V.MISSED}, text="same")
    again = attempt(0, {"core": V.MET}, text="same", regraded=3)
    (found,) = histories([first, again])
    assert len(found.attempts) == 1
    assert found.points[0].verdicts == (V.MET,)


def test_what_was_missed_comes_first_and_what_is_not_due_not_at_all() -> None:
    now = START + timedelta(days=30)
    grades = [
        attempt(0, {"core": V.MET, "more": V.MET}, "forgotten"),
        attempt(28.9, {"core": V.MET, "more": V.MISSED}, "half-known"),
        attempt(28.9, {"core": V.MISSED, "more": V.MISSED}, "unknown"),
        attempt(29.5, {"core": V.MET, "more": V.MET}, "fresh"),
    ]
    tried = histories(grades)
    assert [q.id for q in next_up(tried, now)] == ["unknown", "half-known", "forgotten"]
    (half,) = (q for q in tried if q.id == "half-known")
    assert [p.id for p in half.due(now)] == ["more"]
    listed = json.loads(as_json(tried, now))
    assert listed[-1]["question"] == "fresh"
    assert listed[0]["key_points"][0]["retrievability"] < 0.9


def test_a_question_is_as_urgent_as_its_due_key_points_are_likely_forgotten_by_weight() -> None:
    now = START + timedelta(days=1)
    (tried,) = histories([attempt(0, {"core": V.MET, "more": V.MISSED})])
    core, more = tried.points
    assert core.urgency(now) == 0
    assert more.memory is not None
    forgotten = 1 - more.memory.retrievability(now)
    assert more.urgency(now) == forgotten
    assert tried.urgency(now) == forgotten / (3 + 1)


def test_the_weakest_points_are_those_missed_often_and_not_met_since() -> None:
    grades = [
        attempt(0, {"core": V.MISSED, "more": V.CONTRADICTED, "learnt": V.MISSED}),
        attempt(1, {"core": V.PARTIAL, "more": V.MISSED, "learnt": V.MET}),
    ]
    assert [(p.id, p.misses) for p in weakest(histories(grades))] == [("core", 2), ("more", 2)]


def test_a_missed_point_of_a_group_that_had_enough_others_is_not_weak() -> None:
    graded = attempt(0, {"core": V.MET, "more": V.MISSED})
    two = tuple(point.model_copy(update={"weight": 2}) for point in graded.key_points)
    group = PointGroup(key_points=("core", "more"), enough=1)
    score = total(two, scheme=Scheme((group,)))
    enough = graded.model_copy(update={"key_points": two, "groups": (group,), "score": score})
    assert weakest(histories([enough])) == ()


def test_candidates_are_told_apart() -> None:
    grades = [
        attempt(0, {"core": V.MET}, candidate="alice"),
        attempt(1, {"core": V.MISSED}, candidate="bob"),
    ]
    assert histories(grades, "alice")[0].points[0].verdicts == (V.MET,)
    assert histories(grades, "carol") == ()


def test_a_rubric_that_changed_shows_the_points_of_the_latest() -> None:
    grades = [attempt(0, {"old": V.MET}), attempt(1, {"core": V.MET})]
    (found,) = histories(grades)
    assert [(p.id, p.verdicts) for p in found.points] == [("core", (None, V.MET))]


def test_a_key_point_that_left_the_rubric_drops_out() -> None:
    (tried,) = histories([attempt(0, {"core": V.MISSED, "more": V.MISSED})])
    assert [p.id for p in tried.within(["more", "new"]).points] == ["more"]


def test_the_command_compares_the_attempts_in_the_ledger(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.keep_grade(attempt(0, {"core": V.MISSED, "more": V.MET}))
        ledger.keep_grade(attempt(9, {"core": V.MET, "more": V.MET}))
    whole = CliRunner().invoke(app, ["progress"])
    assert whole.exit_code == 0, whole.output
    assert "Practise next" in whole.output
    one = CliRunner().invoke(app, ["progress", "--q", "bank-conflict"])
    assert "2026-10-10" in one.output
    core = next(line for line in one.output.splitlines() if line.startswith("core"))
    assert "○" in core
    assert "✓" in core
    due = CliRunner().invoke(app, ["progress", "--json", "--lang", "zh"])
    (listed,) = json.loads(due.output)
    assert listed["key_points"][0]["verdicts"] == ["missed", "met"]
    assert {"due", "stability", "difficulty", "retrievability"} <= listed["key_points"][0].keys()
    assert "%" in core


def test_an_empty_ledger_says_what_to_do_first() -> None:
    done = CliRunner().invoke(app, ["progress"])
    assert done.exit_code == 2
    assert "grade an answer" in done.output
