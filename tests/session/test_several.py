"""A session that several judges grade: together, or the second what the first is unsure of."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.cli.app import app
from grader.judge.stated import STATED
from grader.llm.request import Reply, Request
from grader.session.budget import Budget
from grader.trust.calibration.results import read
from tests.support.fakes import completion
from tests.support.sessions import Place, answers, place, verdicts


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path) as found:
        yield found


def test_several_models_are_each_asked_once_and_their_verdicts_kept(here: Place) -> None:
    here.write(answers(3))
    done = here.grade("--model", "other")
    assert done.exit_code == 0, done.output
    assert here.asked == 6
    for record in here.records().values():
        assert record["judge"]["model"] == "stub + other"
        assert record["usage"]["calls"] == 2
        for point in record["key_points"]:
            assert [opinion["judge"] for opinion in point["opinions"]] == ["stub", "other"]
            assert point["verdict"] == point["opinions"][0]["verdict"]  # the stub is one mind
    assert here.grade("--model", "other").exit_code == 0
    assert here.asked == 6


def test_a_model_that_was_asked_before_is_not_paid_again_for_a_panel(here: Place) -> None:
    here.write(answers(3))
    here.grade()
    here.grade("--model", "other", "--overwrite")
    assert here.asked == 6
    here.grade("--model", "other", "--combine", "mean", "--overwrite")
    assert here.asked == 6
    assert all(r["judge"]["model"] == "mean of stub + other" for r in here.records().values())


def test_a_cascade_asks_the_second_model_only_about_what_the_first_is_unsure_of(
    here: Place,
) -> None:
    here.stub.remember = True
    here.write(answers(3))
    done = here.grade("--then", "other")
    assert done.exit_code == 0, done.output
    sent = [asked for asked in here.stub.seen if asked["model"] == "other"]
    named = [set(_key_points(asked)) for asked in sent]
    for record in here.records().values():
        by = {point["id"]: point["by"] for point in record["key_points"]}
        assert {name for name, judge in by.items() if judge == "other"} in named
        for point in record["key_points"]:
            if point["by"] == "stub":
                assert point["confidence"] == STATED["certain"]
            else:
                assert [o["judge"] for o in point["opinions"]] == ["stub", "other"]
    assert here.grade("--then", "other").exit_code == 0
    assert here.asked == 3 + len(sent)


def _key_points(asked: dict[str, object]) -> list[str]:
    form = json.loads(json.dumps(asked["response_format"]))
    return list(form["json_schema"]["schema"]["properties"]["key_points"]["properties"])


def test_a_threshold_of_nothing_sends_nothing_on_and_another_is_another_judge(here: Place) -> None:
    here.write(answers(3))
    here.grade("--then", "other", "--unsure-below", "0")
    assert here.asked == 3
    alone = {name: verdicts(record) for name, record in here.records().items()}
    again = here.grade("--then", "other", "--unsure-below", "1")
    assert again.exit_code == 2
    assert "stub then other below 0" in again.output
    here.grade("--overwrite")
    assert {name: verdicts(record) for name, record in here.records().items()} == alone


def test_what_a_cascade_would_send_on_at_most_is_in_the_estimate(here: Place) -> None:
    here.write(answers(3))
    done = here.grade("--then", "other", "--dry-run", out=False)
    assert "6 calls" in done.output, done.output
    assert here.asked == 0


def test_a_sum_of_money_holds_for_all_models_and_one_without_a_price_is_named(here: Place) -> None:
    here.write(answers(3))
    done = here.grade("--model", "local", "--max-cost", "1")
    assert done.exit_code == 2
    assert "no price is known for stub" in done.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--model", "stub"), "name several models, each once"),
        (("--combine", "mean"), "name at least two models"),
        (("--model", "b", "--combine", "best"), "--combine best: choose one of majority, mean"),
        (("--model", "b", "--then", "c"), "choose a cascade or a panel"),
        (("--then", "stub"), "name several models, each once"),
        (("--then", "b", "--via", "ray"), "they are asked live, by files or by batch"),
        (("--model", "b", "--via", "ray"), "they are asked live, by files or by batch"),
    ],
)
def test_judges_that_cannot_be_combined_so_are_told_before_anything_is_asked(
    here: Place, words: tuple[str, ...], told: str
) -> None:
    here.write(answers(1))
    done = here.grade(*words)
    assert done.exit_code == 2
    assert told in done.output
    assert here.asked == 0


def test_one_answer_is_graded_by_several_too(here: Place, tmp_path: Path) -> None:
    text = tmp_path / "answer.txt"
    text.write_text(answers(1)[0], "utf-8")
    words = [str(text), "--q", "bank-conflict", "--base-url", here.url, "--model", "a", "--json"]
    done = CliRunner().invoke(app, [*words, "--model", "b"], env=here.environment)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["judge"]["parts"][1]["model"] == "b"


def test_each_models_requests_count_at_its_own_price() -> None:
    prices = {"cheap": 1.0, "dear": 10.0}
    budget = Budget(100.0, lambda _: None, lambda _, request: prices[request.model])
    for model in prices:
        request = Request("http://told/v1", model, {"messages": []})
        budget.settle(0.0, request, Reply(body=completion("{}")))
    assert budget.spent_usd == 11.0


def test_calibrate_takes_each_combination_for_a_judge_of_its_own(here: Place) -> None:
    here.write(answers(3))
    for more in ((), ("--model", "other"), ("--then", "other")):
        assert here.grade(*more, "--append").exit_code == 0
    names = read([here.out]).names
    assert {name for each in names for name in each} == {
        "stub", "stub + other", "stub then other below 0.75"
    }  # fmt: skip
