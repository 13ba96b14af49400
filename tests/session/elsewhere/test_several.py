"""Several judges through files or a provider's batches: the same records as live."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.llm.request import Request
from grader.record import Usage
from tests.support.provider_stub import Faults, serving
from tests.support.rounds import ANSWERS, Place, finish_files, many, timeless, write


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with serving() as (stub, url):
        yield write(Place(tmp_path, stub, url), ANSWERS)


TOGETHER = {
    "majority": ("--model", "other", "--model", "third"),
    "mean": ("--model", "other", "--combine", "mean"),
    "cascade": ("--then", "other"),
    "votes": ("--model", "other", "--votes", "3"),
    "cascade of votes": ("--then", "other", "--votes", "3"),
}


@pytest.mark.parametrize("how", TOGETHER)
def test_several_judges_give_the_same_records_live_by_files_and_by_batch(
    place: Place, how: str
) -> None:
    words = TOGETHER[how]
    live = place.grade(*words, "--out", str(place.folder / "live.jsonl"), ledger="live")
    place.grade("--via", "batch", "--poll", "0", *words,
                "--out", str(place.folder / "batch.jsonl"), ledger="batch")  # fmt: skip
    assert place.stub.submitted
    assert set(place.stub.submitted.values()) == {1}
    finish_files(place, *words)
    wanted = timeless(place.records("live.jsonl"))
    assert live.exit_code == 3, live.output
    assert len(wanted) == len(ANSWERS)
    assert timeless(place.records("batch.jsonl")) == wanted
    assert timeless(place.records("out.jsonl")) == wanted


def test_each_model_has_shards_of_its_own_and_they_are_named_with_it(place: Place) -> None:
    told = many(place, 4).files("--model", "other").stderr
    assert "(stub): 4 / 4" in told
    assert "(other): 4 / 4" in told
    shards = (place.folder / "shards").glob("requests-*")
    lines = [path.read_text("utf-8").splitlines() for path in shards]
    asked = [[json.loads(line)["body"]["model"] for line in each] for each in lines]
    assert sorted(asked) == [["other"] * 4, ["stub"] * 4]


def test_the_second_of_a_cascade_is_asked_in_a_further_round_about_what_is_left_open(
    place: Place,
) -> None:
    many(place, 4).batch("--then", "other")
    models = [_model(place, batch["input_file_id"]) for batch in place.stub.batches.values()]
    assert models == ["stub", "other"]
    for record in place.records().values():
        assert {point["by"] for point in record["key_points"]} <= {"stub", "other"}


def _model(place: Place, file_id: str) -> str:
    lines = place.stub.files[file_id].splitlines()
    (model,) = {json.loads(line)["body"]["model"] for line in lines}
    return str(model)


def test_one_models_replies_may_come_before_the_others(place: Place) -> None:
    many(place, 3).files("--model", "other")
    place.run_shards(lambda lines: [line for line in lines if b'"model": "other"' not in line])
    waiting = place.files("--model", "other")
    assert "3 answers wait for replies" in waiting.stderr
    assert place.records() == {}
    for path in (place.folder / "shards").glob("replies-*"):
        path.unlink()
    finish_files(place, "--model", "other")
    assert len(place.records()) == 3


def test_what_one_judge_could_not_be_asked_leaves_the_others_verdict(place: Place) -> None:
    place.stub.faults = Faults(failed=0.4)
    many(place, 10).batch("--model", "other")
    records = place.records().values()
    assert len(records) == 10
    causes = Counter(
        opinion["cause"] for r in records for opinion in r["key_points"][0]["opinions"]
    )
    assert causes["http-error"]
    assert any(r["score"]["percent"] is not None for r in records)


def test_each_models_replies_are_priced_at_its_own_batch_price(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cost(usage: Usage, model: str, endpoint: str, *, batch: bool = False) -> float:
        return {"stub": 1.0, "other": 10.0}[model] * (1 if batch else 100)

    monkeypatch.setattr("grader.session.grader.cost", cost)
    monkeypatch.setattr("grader.grading.cost", cost)
    done = many(place, 2).batch("--model", "other")
    assert {r["usage"]["cost_usd"] for r in place.records().values()} == {11.0}
    assert "$11" in done.stderr  # the estimate before it, of two files
    assert "$22" in done.stdout  # four replies


def test_nothing_of_several_models_is_submitted_past_the_limit_of_cost(place: Place) -> None:
    many(place, 5).model = "gpt-5-mini"
    words = ["--base-url", "https://api.openai.com/v1", "--model", "gpt-5-nano"]
    done = place.batch(*words, "--max-cost", "0.0001")
    assert done.exit_code == 3
    assert "Stopped before --max-cost" in done.stderr
    assert place.stub.batches == {}


def test_the_embedded_judge_is_asked_here_and_only_the_other_in_shards(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Request] = []
    _answer_locally(monkeypatch, place, asked)
    many(place, 3).model = "local"
    live = place.grade("--then", "other", "--out", str(place.folder / "l.jsonl"), ledger="live")
    assert live.exit_code == 0, live.output
    first = len(asked)
    assert first
    finish_files(place, "--then", "other")
    assert len(asked) == 2 * first
    assert timeless(place.records()) == timeless(place.records("l.jsonl"))


def _answer_locally(monkeypatch: pytest.MonkeyPatch, place: Place, asked: list[Request]) -> None:
    """The stub replies in the place of the embedded model."""
    from grader.llm.embedded.model import EmbeddedModel
    from grader.llm.request import Reply

    async def send(_: EmbeddedModel, request: Request) -> Reply:
        asked.append(request)
        return Reply(body=place.stub.stub.reply(request.payload)[1].decode())

    monkeypatch.setattr(EmbeddedModel, "send", send)
