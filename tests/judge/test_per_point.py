"""One question a claim: the log-probabilities decide, the evidence is a sentence of the answer."""

import asyncio
from pathlib import Path

import pytest

from grader import answer as answers
from grader.judge import curves
from grader.judge.curves import TeamLevel
from grader.judge.defences import DEFENCES
from grader.judge.per_point import PerPoint
from grader.llm.request import Reply, said
from grader.record import Cause, Verdict
from tests.support.claims import (
    ALL,
    CLAIMS,
    FORMS,
    LINES,
    OFF_SUBJECT,
    RUBRIC,
    TEXT,
    FormName,
    by_rule,
    judge,
    point,
    quotes,
    saying,
)
from tests.support.fakes import INFO, FakeModel, completed, completion


@pytest.mark.parametrize("form", FORMS)
def test_every_claim_is_asked_about_once_the_answer_before_it(form: FormName) -> None:
    model = saying(form)
    judge(model, form)
    assert len(model.asked) == CLAIMS
    for claim in ALL:
        (prompt,) = (said(r.body) for r in model.asked if claim.text("en") in said(r.body))
        places = [prompt.index(f"[{n}] {line}") for n, line in enumerate(LINES, 1)]
        assert places == sorted(places)
        assert places[-1] < prompt.index(claim.text("en"))


@pytest.mark.parametrize("form", FORMS)
def test_each_verdict_is_told_before_the_next_claim_is_asked_about(form: FormName) -> None:
    model = saying(form)
    told: list[tuple[str, int]] = []
    heard = PerPoint(
        model.ask, INFO, form, heard=lambda grade: told.append((grade.id, len(model.asked)))
    )
    asyncio.run(heard.judge(RUBRIC, answers.from_text(TEXT, "t")))
    assert [name for name, _ in told] == [claim.id for claim in ALL]
    assert [asked for _, asked in told] == list(range(1, CLAIMS + 1))


@pytest.mark.parametrize("form", FORMS)
def test_all_questions_on_an_answer_begin_alike(form: FormName) -> None:
    model = saying(form)
    judge(model, form)
    assert len({request.beginning for request in model.asked}) == 1


@pytest.mark.parametrize("form", FORMS)
def test_a_yes_is_met_with_a_sentence_of_the_answer_as_evidence(form: FormName) -> None:
    found = point(judge(saying(form, broadcast="Yes"), form), "broadcast")
    assert found.verdict == Verdict.MET
    assert found.alternative is None
    assert found.confidence is not None
    assert found.confidence > 0.9
    assert quotes(found) == ["Padding helps."]


@pytest.mark.parametrize("form", FORMS)
def test_a_no_is_missed_and_rests_on_nothing(form: FormName) -> None:
    for found in judge(saying(form), form).points:
        assert (found.verdict, found.evidence) == (Verdict.MISSED, ())


@pytest.mark.parametrize("form", FORMS)
def test_a_missed_point_whose_opposite_is_asserted_is_contradicted_by_those_words(
    form: FormName,
) -> None:
    result = judge(saying(form, same_word_conflicts="Yes"), form)
    claim = next(m for m in result.misconceptions if m.id == "same-word-conflicts")
    assert claim.asserted
    for name in ("same-bank-different-words", "broadcast"):
        found = point(result, name)
        assert found.verdict == Verdict.CONTRADICTED
        assert found.evidence == claim.evidence
        assert quotes(found) == ["Padding helps."]
        assert found.probabilities
        assert max(found.probabilities, key=found.probabilities.__getitem__) == found.verdict
        assert sum(found.probabilities.values()) == pytest.approx(1, abs=3e-4)
    assert point(result, "padding").verdict == Verdict.MISSED


@pytest.mark.parametrize("form", FORMS)
def test_a_met_point_stays_met_whatever_else_is_asserted(form: FormName) -> None:
    result = judge(saying(form, same_word_conflicts="Yes", broadcast="Yes"), form)
    assert point(result, "broadcast").verdict == Verdict.MET


@pytest.mark.parametrize("form", FORMS)
def test_credit_for_an_answer_about_something_else_is_left_to_a_person(form: FormName) -> None:
    credited = judge(by_rule(form, lambda _: "Yes", line=1), form, OFF_SUBJECT)
    assert {(p.verdict, p.cause) for p in credited.points} == {(None, Cause.OFF_SUBJECT)}
    missed = judge(by_rule(form, lambda _: "No"), form, OFF_SUBJECT)
    assert {p.verdict for p in missed.points} == {Verdict.MISSED}


@pytest.mark.parametrize("form", FORMS)
def test_a_short_answer_is_never_taken_to_be_about_something_else(form: FormName) -> None:
    found = judge(by_rule(form, lambda _: "Yes", line=1), form, "32 banks.")
    assert {p.verdict for p in found.points} == {Verdict.MET}


@pytest.mark.parametrize("form", FORMS)
def test_where_nothing_is_left_to_judge_nothing_is_asked(form: FormName) -> None:
    model = by_rule(form, lambda _: "Yes")
    names = "shared memory, bank, warp, broadcast, padding, swizzling."
    found = judge(model, form, names)
    assert model.asked == []
    assert {p.verdict for p in found.points} == {Verdict.MISSED}
    assert {m.asserted for m in found.misconceptions} == {False}
    assert [each.text for each in found.set_aside] == [names]


@pytest.mark.parametrize("form", FORMS)
def test_a_failed_call_leaves_its_claim_ungraded_with_the_cause(form: FormName) -> None:
    result = judge(FakeModel(Reply(cause=Cause.TIMEOUT)), form)
    assert {(p.verdict, p.cause) for p in result.points} == {(None, Cause.TIMEOUT)}
    assert {(m.asserted, m.cause) for m in result.misconceptions} == {(None, Cause.TIMEOUT)}


@pytest.mark.parametrize(
    ("form", "body"), [("trained", completed("Yes")), ("yes-no", completion("Yes"))]
)
def test_a_server_without_log_probabilities_leaves_everything_ungraded(
    form: FormName, body: str
) -> None:
    result = judge(FakeModel(body), form)
    assert {(p.verdict, p.cause) for p in result.points} == {(None, Cause.NO_LOGPROBS)}


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("trained", completed("Maybe [1", {"Maybe": -0.1, "yes": -3.0}, {" [": 0.0}, {"1": 0.0})),
        ("yes-no", completion("x", logprobs={"Maybe": -0.1, "Half": -3.0})),
    ],
)
def test_a_reply_with_none_of_the_words_is_of_the_wrong_shape(form: FormName, body: str) -> None:
    result = judge(FakeModel(body), form)
    assert {(p.verdict, p.cause) for p in result.points} == {(None, Cause.WRONG_SHAPE)}


@pytest.mark.parametrize("form", FORMS)
def test_misconceptions_are_not_asked_about_where_they_are_not_wanted(form: FormName) -> None:
    model = saying(form)
    wanted = PerPoint(model.ask, INFO, form, claims=False)
    found = asyncio.run(wanted.judge(RUBRIC, answers.from_text(TEXT, "t")))
    assert len(model.asked) == len(RUBRIC.key_points)
    assert found.misconceptions == ()


def torn_between_yes_and_no(form: FormName) -> FakeModel:
    """Holds a yes for as likely as a no, of every claim."""
    words = {"Yes": -0.8, "No": -0.8}
    if form == "trained":
        return FakeModel(completed("Yes [1", words, {" [": 0.0}, {"1": 0.0}))
    first, line = completion("x", logprobs=words), completion("1.")
    return FakeModel(lambda r: Reply(body=first if "logprobs" in r.body else line))


@pytest.mark.parametrize("form", FORMS)
def test_a_teams_own_level_moves_the_verdicts(form: FormName) -> None:
    torn = torn_between_yes_and_no(form)
    lenient = judge(torn, form, level=TeamLevel(leniency=5))
    strict = judge(torn, form, level=TeamLevel(leniency=-5))
    assert {p.verdict for p in lenient.points} == {Verdict.MET}
    assert {p.verdict for p in strict.points} == {Verdict.MISSED}
    for mild, stern in zip(lenient.points, strict.points, strict=True):
        assert mild.probabilities
        assert stern.probabilities
        assert mild.probabilities[Verdict.MET] > stern.probabilities[Verdict.MET]


@pytest.mark.parametrize("form", FORMS)
def test_whatever_decides_the_verdicts_is_in_the_prompts_digest(
    form: FormName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = saying(form).ask
    plain = PerPoint(ask, INFO, form).prompt_digest
    assert PerPoint(ask, INFO, form).prompt_digest == plain
    other: FormName = "yes-no" if form == "trained" else "trained"
    found = {
        PerPoint(ask, INFO, form, TeamLevel(leniency=0.5)).prompt_digest,
        PerPoint(ask, INFO, form, defences=DEFENCES[1:]).prompt_digest,
        PerPoint(ask, INFO, form, defences=DEFENCES[::-1]).prompt_digest,
        PerPoint(ask, INFO, other).prompt_digest,
    }
    fitted = tmp_path / "curves.toml"
    fitted.write_text(
        "[trained.claim]\noffset = 9.0\n[trained.point]\n"
        + "".join(f"[yes-no.{n}]\noffset = 9.0\n" for n in ("met", "some", "claim")),
        encoding="utf-8",
    )
    monkeypatch.setattr(curves, "FILE", fitted)
    found.add(PerPoint(ask, INFO, form).prompt_digest)
    assert len(found | {plain}) == 6
