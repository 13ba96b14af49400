"""Labelled answers tell how far a judge can be trusted, and no label reaches it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from grader.answer import Answer
from grader.errors import BadRubric, ModelFailed
from grader.judge.base import Judgement
from grader.judge.one_call import OneCall
from grader.judge.stated import STATED
from grader.record import JudgeInfo, MisconceptionGrade, PointGrade, Usage, Verdict
from grader.rubric.format import Rubric
from grader.trust.trial.report import TrialReport, report, text
from grader.trust.trial.run import cases, run
from grader.util.files import data_folder
from tests.support.fakes import INFO, FakeModel, completion, judgement
from tests.support.rubric_files import GOOD, LABELLED, labelled, write

Says = Callable[[Answer, str], Verdict | None]


@dataclass
class Scripted:
    """A judge that says what *says* says, and finds every misconception in Chinese answers."""

    says: Says
    info: JudgeInfo = INFO
    prompt_digest: str = "sha256:0"

    async def judge(self, rubric: Rubric, answer: Answer) -> Judgement:
        points = tuple(
            PointGrade(id=p.id, weight=p.weight, verdict=self.says(answer, p.id), reason="because")
            for p in rubric.key_points
        )
        held = tuple(
            MisconceptionGrade(id=m.id, asserted="no-cache" in answer.text)
            for m in rubric.misconceptions
        )
        return Judgement(points, held, "", None, Usage(calls=1, input_tokens=10))


def missed(_: Answer, __: str) -> Verdict:
    return Verdict.MISSED


@dataclass
class Stating(Scripted):
    """Says of answers in Chinese that it is certain, of others that it leans."""

    async def judge(self, rubric: Rubric, answer: Answer) -> Judgement:
        given = await super().judge(rubric, answer)
        word = "leaning" if answer.text.isascii() else "certain"
        points = (p.model_copy(update={"confidence": STATED[word]}) for p in given.points)
        return replace(given, points=tuple(points))


def tried(folder: Path, *says: Says) -> TrialReport:
    given = cases(labelled(folder))
    return report(asyncio.run(run(given, [Scripted(one) for one in says])))


def test_a_judge_that_always_says_missed_is_no_better_than_chance(tmp_path: Path) -> None:
    found = tried(tmp_path, missed)
    assert (found.answers, found.labels, found.ungraded) == (2, 8, 0)
    assert found.accuracy.value == 0.5
    assert found.kappa.value == 0
    assert found.recall["missed"].share == 1
    assert found.recall["met"].share == 0
    assert found.recall["partial"].share is None
    assert found.confusion["met"]["missed"] == 3
    assert found.by_language["zh"].right == 3


def test_what_a_judge_states_of_its_confidence_is_held_beside_how_often_it_was_right(
    tmp_path: Path,
) -> None:
    given = cases(labelled(tmp_path))
    found = report(asyncio.run(run(given, [Stating(missed)])))
    assert list(found.by_stated) == ["certain", "leaning"]
    assert sum(share.right for share in found.by_stated.values()) == 4
    assert sum(share.of for share in found.by_stated.values()) == 8
    assert "by stated confidence\n  certain" in text(found)
    assert "by stated confidence" not in text(tried(tmp_path, missed))


def test_a_verdict_that_differs_is_shown_with_both_reasons(tmp_path: Path) -> None:
    found = tried(tmp_path, missed)
    assert [d.why for d in found.differences] == ["WHY-1", "WHY-2", "WHY-3", "WHY-6"]
    shown = text(found)
    assert "http-caching/strong-en validators: label met, judge missed" in shown
    assert "WHY-3" in shown
    assert "judge: because" in shown


def test_the_labelling_passes_are_compared_where_there_were_two(tmp_path: Path) -> None:
    assert tried(tmp_path, missed).passes.model_dump() == {"right": 6, "of": 7}


def test_wrong_claims_are_counted_apart(tmp_path: Path) -> None:
    found = tried(tmp_path, missed)
    assert (found.claims_found.right, found.claims_found.of) == (2, 2)
    assert found.claims_right.share == 1


def test_an_ungraded_key_point_is_never_right(tmp_path: Path) -> None:
    def unsure(answer: Answer, name: str) -> Verdict | None:
        return None if name == "vary" else missed(answer, name)

    found = tried(tmp_path, unsure)
    assert found.ungraded == 2
    assert found.accuracy.value == 0.25
    assert found.confusion["missed"]["ungraded"] == 2
    assert "judge ungraded" in text(found)


def test_stability_is_the_share_of_verdicts_that_stay(tmp_path: Path) -> None:
    def otherwise(_: Answer, name: str) -> Verdict:
        return Verdict.MET if name == "vary" else Verdict.MISSED

    found = tried(tmp_path, missed, otherwise)
    assert found.stability is not None
    assert (found.stability.same.right, found.stability.same.of) == (6, 8)
    assert found.stability.accuracy == (0.5, 0.25)
    assert found.accuracy.value == 0.5
    assert tried(tmp_path, missed).stability is None


def test_nothing_of_a_label_reaches_the_judge(tmp_path: Path) -> None:
    given = cases(labelled(tmp_path))
    model = FakeModel(completion(json.dumps(judgement(given[0].rubric))))
    asyncio.run(run(given, [OneCall(model.ask, INFO)]))
    sent = json.dumps([request.body for request in model.asked], ensure_ascii=False)
    assert "不许存" in sent
    for label in ("WHY", "SETTLED", "strong-en", "wrong-zh"):
        assert label not in sent


def test_a_model_that_cannot_be_used_stops_the_run(tmp_path: Path) -> None:
    def broken(_: Answer, __: str) -> Verdict:
        raise ModelFailed("no such model")

    with pytest.raises(ModelFailed, match="no such model"):
        tried(tmp_path, broken)


def test_labels_that_do_not_fit_the_rubric_are_refused(tmp_path: Path) -> None:
    path = labelled(tmp_path, LABELLED.replace("vary = ", "very = "))
    with pytest.raises(BadRubric, match="vary, very"):
        cases(path)


def test_a_rubric_without_labelled_answers_has_no_cases(tmp_path: Path) -> None:
    assert cases(write(tmp_path, GOOD)) == ()


def test_each_shipped_question_has_eight_labelled_answers_and_all_together_700_labels() -> None:
    each = [cases(path) for path in sorted(data_folder("rubrics").glob("*.toml"))]
    assert min(map(len, each)) >= 8
    labels = [label for some in each for case in some for label in case.answer.verdicts.values()]
    assert len(labels) >= 700
    assert all(label.why and label.second for label in labels)
    assert all(label.settled for label in labels if label.second != label.verdict)
    kinds = {case.answer.kind for case in each[0]}
    assert all({case.answer.kind for case in some} >= kinds for some in each)
    languages = {case.answer.language for some in each for case in some}
    assert languages == {"en", "zh", "mixed"}
