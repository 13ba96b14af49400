"""A changed rubric is told by the grades that it changes, and by which key points."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.authoring.diff.changes import changes, to_ask_anew
from grader.authoring.diff.effect import ScoreEffect, effect, latest, part
from grader.authoring.diff.report import report, text
from grader.record import Grade, Override, PointGrade, Verdict
from grader.rubric.format import Rubric
from tests.support.records import RUBRIC, record


def edited(**points: Mapping[str, object]) -> Rubric:
    """RUBRIC with fields of key points changed; keyword names are their ids."""
    content = RUBRIC.model_dump(mode="json", by_alias=True)
    for point in content["key_points"]:
        point.update(points.get(point["id"], {}))
    return Rubric.model_validate(content)


def graded(**verdicts: Verdict | None) -> Grade:
    weights = {p.id: p.weight for p in RUBRIC.key_points}
    points = (PointGrade(id=n, weight=weights[n], verdict=v) for n, v in verdicts.items())
    return record(key_points=tuple(points))


def of(grade: Grade, new: Rubric, asked: Grade | None = None) -> ScoreEffect:
    return effect(grade, new, to_ask_anew(changes(RUBRIC, new)), asked)


MET, MISSED = Verdict.MET, Verdict.MISSED
GRADE = graded(banks=MET, broadcast=MISSED, padding=MET)


def test_nothing_changes_where_nothing_differs() -> None:
    assert changes(RUBRIC, RUBRIC) == ()
    same = of(GRADE, RUBRIC)
    assert (same.change, same.parts) == (0, ())
    assert "nothing differs" in text(report("q", (), frozenset(), [same]))


def test_another_weight_moves_scores_without_a_call() -> None:
    new = edited(broadcast={"weight": 1})
    assert [(c.id, c.kind, c.old, c.new) for c in changes(RUBRIC, new)] == [
        ("broadcast", "weight", "2", "1")
    ]
    assert to_ask_anew(changes(RUBRIC, new)) == frozenset()
    found = of(GRADE, new)
    assert (found.before.percent, found.after.percent, found.change) == (66.7, 80.0, 13.3)
    assert {p.id: p.gain for p in found.parts} == {"banks": 10.0, "padding": 3.3}


def test_a_group_moves_scores_without_a_call_and_gains_belong_to_what_counts() -> None:
    names = ["banks", "broadcast"]
    same = edited(banks={"weight": 2}, broadcast={"weight": 2})
    content = same.model_dump(mode="json", by_alias=True) | {"total": 12}
    new = Rubric.model_validate(content | {"groups": [{"key_points": names, "enough": 1}]})
    told = [(c.kind, c.old, c.new) for c in changes(same, new)]
    assert told == [
        ("total", "none stated", "12"),
        ("groups", "none", "1 of banks, broadcast"),
    ]
    grade = record(
        key_points=tuple(
            PointGrade(id=p.id, weight=p.weight, verdict=MET if p.id == "banks" else MISSED)
            for p in same.key_points
        )
    )
    found = effect(grade, new, to_ask_anew(changes(same, new)))
    assert (found.before.percent, found.after.percent) == (40.0, 66.7)
    assert (found.after.points, found.after.out_of) == (8.0, 12.0)
    assert {p.id: p.gain for p in found.parts} == {"banks": 26.7}


def test_a_reworded_key_point_is_open_until_it_is_asked_about() -> None:
    new = edited(padding={"en": "One column more avoids it"})
    found = of(GRADE, new)
    assert found.after.percent is None
    assert (found.after.low, found.after.high) == (50.0, 66.7)
    assert found.change is None
    assert found.parts[0].id == "padding"
    shown = text(report("q", changes(RUBRIC, new), frozenset({"padding"}), [found]))
    assert "padding: wording: Padding avoids it -> One column more avoids it" in shown
    assert "--regrade" in shown


def test_asked_anew_only_the_changed_key_point_counts_from_the_new_grade() -> None:
    new = edited(padding={"en": "One column more avoids it"})
    asked = graded(banks=MISSED, broadcast=MET, padding=MISSED)
    found = of(GRADE, new, asked)
    assert (found.after.percent, found.change) == (50.0, -16.7)
    assert [(p.id, p.before, p.after, p.gain) for p in found.parts] == [
        ("padding", MET, MISSED, -16.7)
    ]


def test_removed_and_added_key_points_are_told() -> None:
    content = RUBRIC.model_dump(mode="json", by_alias=True)
    content["key_points"][2]["id"] = "swizzle"
    new = Rubric.model_validate(content)
    assert [(c.id, c.kind) for c in changes(RUBRIC, new)] == [
        ("swizzle", "added"),
        ("padding", "removed"),
    ]
    found = of(GRADE, new)
    assert {p.id: (p.before, p.after) for p in found.parts} == {
        "swizzle": (None, None),
        "padding": (MET, None),
    }


def test_a_persons_decision_stands_over_the_judges() -> None:
    override = Override(
        key_point="broadcast", verdict=MET, by="Ann", reason="said", at=datetime.now(UTC)
    )
    found = of(GRADE.model_copy(update={"overrides": (override,)}), edited(banks={"weight": 1}))
    assert (found.before.percent, found.after.percent) == (100.0, 100.0)


def test_the_last_grade_of_each_answer_by_each_judge_counts_and_other_versions_do_not() -> None:
    again = GRADE.model_copy(update={"answer_id": "again"})
    other_judge = GRADE.model_copy(update={"judge": GRADE.judge.model_copy(update={"model": "b"})})
    digests = GRADE.digests.model_copy(update={"rubric": "sha256:other"})
    elsewhere = GRADE.model_copy(update={"digests": digests})
    kept, others = latest([GRADE, again, other_judge, elsewhere], RUBRIC)
    assert kept == (again, other_judge)
    assert others == 1


def test_only_what_changed_is_asked_about_with_the_claims_that_it_hangs_on() -> None:
    rest = part(RUBRIC, frozenset({"padding"}))
    assert [p.id for p in rest.key_points] == ["padding"]
    assert len(part(RUBRIC, frozenset({RUBRIC.misconceptions[0].id})).key_points) == 1


verdicts = st.sampled_from([*Verdict, None])


@given(st.tuples(verdicts, verdicts, verdicts), st.tuples(*[st.integers(1, 3)] * 3))
def test_the_parts_add_up_to_the_whole(
    said: tuple[Verdict | None, ...], weights: tuple[int, ...]
) -> None:
    names = ("banks", "broadcast", "padding")
    new = edited(**{n: {"weight": w} for n, w in zip(names, weights, strict=True)})
    found = of(graded(**dict(zip(names, said, strict=True))), new)
    if found.change is not None:
        gains = [p.gain for p in found.parts]
        assert None not in gains
        assert sum(g for g in gains if g is not None) == pytest.approx(found.change, abs=0.31)
