"""The trained judge's completions go every way that chats go, one answer after another."""

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from grader.llm.request import Request
from tests.support.provider_stub import serving
from tests.support.rounds import Place, finish_files, timeless, write
from tests.support.stub import Behaviour, running

TRAINED = ("--ask", "trained")
ANSWERS = [
    "Threads of a warp that want different words of one bank wait for each other.",
    "Padding moves the columns of shared memory apart.",
    "The same word is broadcast to all threads. stub:wrong-shape",
    "同一个 bank 的不同字要分几次访问。",
    "...",
]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with serving() as (stub, url):
        yield write(Place(tmp_path, stub, url), ANSWERS)


def test_live_files_and_batch_give_the_same_records(place: Place) -> None:
    live = place.grade(*TRAINED, "--out", str(place.folder / "live.jsonl"), ledger="live")
    place.grade(*TRAINED, "--via", "batch", "--poll", "0",
                "--out", str(place.folder / "batch.jsonl"), ledger="batch")  # fmt: skip
    finish_files(place, *TRAINED)
    wanted = timeless(place.records("live.jsonl"))
    assert live.exit_code == 3
    assert len(wanted) == len(ANSWERS)
    assert timeless(place.records("batch.jsonl")) == wanted
    assert timeless(place.records("out.jsonl")) == wanted
    graded = place.records("live.jsonl")["0"]
    assert (graded["judge"]["ask"], graded["judge"]["kind"]) == ("trained", "endpoint")
    assert graded["judge"]["adapter"].startswith("sha256:")


def test_a_shard_holds_completions_those_of_one_answer_after_another(place: Place) -> None:
    place.files(*TRAINED)
    (shard,) = (place.folder / "shards").glob("requests-*.jsonl")
    lines = [json.loads(line) for line in shard.read_bytes().splitlines()]
    assert {line["url"] for line in lines} == {"/v1/completions"}
    beginnings = [Request("e", "m", line["body"]).beginning for line in lines]
    runs = [beginning for beginning, _ in groupby(beginnings)]
    assert len(runs) == len(set(runs)) == len(ANSWERS) - 1  # the last is decided by code


@pytest.mark.parametrize("legacy", [False, True])
def test_lists_beside_each_other_say_what_a_list_of_tokens_says(
    legacy: bool, tmp_path: Path
) -> None:
    with running(Behaviour(legacy=legacy)) as (stub, url):
        place = write(Place(tmp_path, stub, url), ANSWERS)  # type: ignore[arg-type]
        place.grade(*TRAINED, "--out", str(place.folder / "out.jsonl"))
    verdicts = [
        point["verdict"] for record in place.records().values() for point in record["key_points"]
    ]
    assert {"met", "missed", "partial", "contradicted"} & set(verdicts)
    assert verdicts.count(None) == len(place.records()["2"]["key_points"])


def test_what_was_paid_for_is_never_asked_again(tmp_path: Path) -> None:
    with running() as (stub, url):
        place = write(Place(tmp_path, stub, url), ANSWERS)  # type: ignore[arg-type]
        place.grade(*TRAINED, "--out", str(place.folder / "first.jsonl"))
        asked = stub.stats.requests
        done = place.grade(*TRAINED, "--out", str(place.folder / "out.jsonl"))
        assert stub.stats.requests == asked > 0
    assert "0 requests were paid for now" in done.stdout
    assert place.records().keys() == place.records("first.jsonl").keys()
