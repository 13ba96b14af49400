"""A session graded through files or a provider's batches: the same grades, nothing paid twice."""

import json
import signal
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.cli.app import app
from grader.ledger.ledger import Ledger
from grader.record import Usage
from tests.support.provider_stub import Faults, serving
from tests.support.rounds import ANSWERS, Place, finish_files, many, quick, timeless, write


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with serving() as (stub, url):
        yield write(Place(tmp_path, stub, url), ANSWERS)


@pytest.mark.parametrize("votes", ["1", "3"])
def test_live_files_and_batch_give_the_same_records(place: Place, votes: str) -> None:
    live = place.grade("--votes", votes, "--out", str(place.folder / "live.jsonl"), ledger="live")
    place.grade("--via", "batch", "--poll", "0", "--votes", votes,
                "--out", str(place.folder / "batch.jsonl"), ledger="batch")  # fmt: skip
    finish_files(place, "--votes", votes)
    wanted = timeless(place.records("live.jsonl"))
    assert live.exit_code == 3
    assert len(wanted) == len(ANSWERS)
    assert timeless(place.records("batch.jsonl")) == wanted
    assert timeless(place.records("out.jsonl")) == wanted


def test_what_is_in_the_ledger_is_not_written_again(place: Place) -> None:
    place.batch()
    asked = place.stub.submitted
    assert set(asked.values()) == {1}
    done = place.batch(out="again.jsonl")
    assert place.stub.submitted == asked
    assert "0 requests were paid for now" in done.stdout
    used = [record["usage"] for record in place.records("again.jsonl").values()]
    assert all(usage["from_ledger"] for usage in used if usage["calls"])


def test_a_re_ask_goes_out_as_a_further_batch(place: Place) -> None:
    place.batch()
    assert len(place.stub.batches) == 2
    sizes = [b["request_counts"]["total"] for b in place.stub.batches.values()]
    assert sizes[0] == len(ANSWERS) - 1  # the last answer is decided by code


def test_requests_waiting_in_shards_are_named_and_not_written_twice(place: Place) -> None:
    first = place.files()
    assert first.exit_code == 3
    assert "5 answers wait for replies" in first.stderr
    assert "requests-" in first.stderr
    place.files()
    assert len(list((place.folder / "shards").glob("requests-*"))) == 1


def test_replies_are_read_in_any_order_and_shape_and_however_often(place: Place) -> None:
    def spoil(lines: list[bytes]) -> list[bytes]:
        flat = json.loads(lines[0])
        flat["response"] = flat["response"]["body"]
        bare = json.loads(lines[1])
        bare["body"] = bare.pop("response")["body"]
        strange = lines[0].replace(b'"g-', b'"g-0')[:60] + b"\n"
        other = b'{"custom_id": "g-' + b"0" * 40 + b'", "response": {"choices": []}}\n'
        own = [json.dumps(flat).encode() + b"\n", json.dumps(bare).encode() + b"\n", *lines[2:]]
        return [*own[::-1], strange, other, b"\xff\xfe\n", b"[1]\n", *own, lines[0][:50]]

    place.files()
    place.run_shards(spoil)
    done = place.files()
    assert "5 replies were new, 5 were known already" in done.stdout
    assert "1 lines answer no request" in done.stderr
    assert "4 lines of replies cannot be read" in done.stderr
    finish_files(place)
    assert len(place.records()) == len(ANSWERS)


def test_what_lacks_in_the_replies_can_be_graded_live_or_written_again(place: Place) -> None:
    many(place, 6).files()
    place.run_shards(lambda lines: lines[:4])
    done = place.files()
    assert done.exit_code == 3
    assert len(place.records()) == 4
    assert "2 / 6" in done.stderr
    place.files("--again")
    shards = list((place.folder / "shards").glob("requests-*"))
    assert [len(path.read_bytes().splitlines()) for path in shards] == [2]
    live = place.grade("--out", str(place.folder / "out.jsonl"))
    assert live.exit_code == 0
    assert place.stub.live == 2
    assert len(place.records()) == 6


def test_a_line_that_failed_is_ungraded_with_its_cause(place: Place) -> None:
    def fail(lines: list[bytes]) -> list[bytes]:
        value = json.loads(lines[0])
        value |= {"response": None, "error": {"code": "context_length_exceeded"}}
        return [json.dumps(value).encode() + b"\n", *lines[1:]]

    many(place, 3).files()
    place.run_shards(fail)
    assert place.files().exit_code == 3
    assert place.causes() == {"too-long": 1}


SHAPES: dict[str, dict[str, object]] = {
    "error": {"response": None, "error": {"code": "x", "message": "the model is asleep"}},
    "body": {"response": {"status_code": 503, "body": {"error": {"message": "it is asleep"}}}},
    "text": {"response": {"status_code": 503, "body": '{"error": {"message": "it is asleep"}}'}},
    "words": {"response": {"status_code": 200, "body": {"error": "it is asleep"}}},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_providers_words_on_a_line_that_failed_are_in_the_record(
    place: Place, shape: str
) -> None:
    def fail(lines: list[bytes]) -> list[bytes]:
        value = json.loads(lines[0]) | {"error": None} | SHAPES[shape]
        return [json.dumps(value).encode() + b"\n", *lines[1:]]

    many(place, 2).files()
    place.run_shards(fail)
    place.files()
    records = place.records().values()
    (failed,) = (r for r in records if r["score"]["percent"] is None)
    told = {point["detail"] for point in failed["key_points"]}
    assert len(told) == 1
    assert "is asleep" in told.pop()


def test_a_page_in_place_of_an_error_leaves_its_status(place: Place) -> None:
    def fail(lines: list[bytes]) -> list[bytes]:
        value = json.loads(lines[0]) | {"response": {"status_code": 502, "body": "<html>"}}
        return [json.dumps(value).encode() + b"\n"]

    many(place, 1).files()
    place.run_shards(fail)
    place.files()
    (record,) = place.records().values()
    assert record["key_points"][0]["detail"] == "HTTP 502"


FAULTS = {
    "lost": Faults(lost=0.3),
    "failed": Faults(failed=0.3),
    "expired": Faults(expired=0.3),
    "twice": Faults(twice=0.5, shuffled=True),
    "flat": Faults(flat=True),
    "torn": Faults(torn=True),
    "everything": Faults(lost=0.1, failed=0.1, expired=0.1, twice=0.3, shuffled=True, torn=True),
    "500": Faults(
        status_500=Counter(dict.fromkeys(("upload", "create", "retrieve", "content", "list"), 2))
    ),
    "500 after the deed": Faults(status_500_after=Counter({"upload": 1, "create": 1})),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_answer_ends_graded_or_with_its_cause_and_goes_out_once(
    place: Place, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick(monkeypatch)
    place.stub.faults = FAULTS[name]
    done = many(place).batch()
    assert len(place.records()) == 40
    assert set(place.stub.submitted.values()) == {1}
    causes = place.causes()
    assert set(causes) <= {"http-error", "timeout"}
    assert done.exit_code == (3 if causes else 0), done.output
    if causes:
        assert f"{causes.total()} requests came back without a reply" in done.stderr
    live = place.grade("--out", str(place.folder / "out.jsonl"))
    assert live.exit_code == 0
    assert place.stub.live == causes.total()
    assert len(place.records()) == 40
    assert not place.causes()


def test_what_failed_is_submitted_again_only_when_asked_for(place: Place) -> None:
    place.stub.faults = Faults(expired=1.0)
    many(place, 5).batch()
    assert place.causes() == {"timeout": 5}
    place.stub.faults = Faults()
    place.batch()
    assert len(place.stub.batches) == 1
    assert place.batch("--again").exit_code == 0
    assert len(place.stub.batches) == 2
    assert len(place.records()) == 5


def test_a_batch_that_is_refused_says_why(place: Place) -> None:
    place.stub.faults = Faults(refused="Enqueued token limit reached")
    done = many(place, 5).batch()
    assert place.causes() == {"http-error": 5}
    assert done.exit_code == 3
    told = [r["key_points"][0]["detail"] for r in place.records().values()]
    assert all("Enqueued token limit reached" in words for words in told)


def test_submit_status_and_collect_are_steps_of_their_own(place: Place) -> None:
    place.stub.faults = Faults(polls=2)
    many(place, 5)
    submitted = place.batch("--step", "submit")
    assert submitted.exit_code == 0
    assert "Submitting 5 requests in 1 files" in submitted.stderr
    assert place.records() == {}
    assert "batch_0: in_progress, 0 of 5 requests" in place.batch("--step", "status").stdout
    early = place.batch("--step", "collect")
    assert early.exit_code == 3
    assert "5 answers wait for their batch" in early.stderr
    assert place.batch("--step", "submit").exit_code == 0
    assert len(place.stub.batches) == 1
    assert place.batch("--step", "collect").exit_code == 0
    assert len(place.records()) == 5
    assert "No batch is under way" in place.batch("--step", "status").stdout


def test_to_ask_how_far_batches_are_writes_no_results(place: Place) -> None:
    many(place, 2)
    assert place.batch("--step", "status", out="none.jsonl").exit_code == 0
    assert not (place.folder / "none.jsonl").exists()


def test_nothing_is_submitted_past_the_limit_of_cost(place: Place) -> None:
    many(place, 5).model = "gpt-5-mini"
    words = ["--base-url", "https://api.openai.com/v1"]
    done = place.batch(*words, "--max-cost", "0.0001")
    assert done.exit_code == 3
    assert "Stopped before --max-cost" in done.stderr
    assert place.stub.batches == {}


def test_the_estimate_is_at_half_the_price(place: Place) -> None:
    many(place, 5).model = "gpt-5-mini"
    words = ["--base-url", "https://api.openai.com/v1", "--dry-run"]

    def estimate(*more: str) -> float:
        return float(place.grade(*words, *more).stdout.partition("$")[2].partition(". ")[0])

    assert estimate("--via", "batch") == pytest.approx(estimate() / 2, rel=0.02)


def test_a_record_of_a_batch_carries_the_batch_price(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cost(usage: Usage, model: str, endpoint: str, *, batch: bool = False) -> float:
        return 1.0 if batch else 2.0

    monkeypatch.setattr("grader.session.grader.cost", cost)
    monkeypatch.setattr("grader.grading.cost", cost)
    many(place, 3)
    assert place.batch().exit_code == 0
    assert {r["usage"]["cost_usd"] for r in place.records().values()} == {1.0}
    assert place.grade("--out", str(place.folder / "live.jsonl")).exit_code == 0
    assert {r["usage"]["cost_usd"] for r in place.records("live.jsonl").values()} == {2.0}


POINTS = [
    f"{call}:{side}"
    for call in ("upload", "create", "retrieve", "content")
    for side in ("before", "after")
]


@pytest.mark.parametrize("point", POINTS)
def test_a_crash_at_any_step_submits_nothing_twice(place: Place, point: str) -> None:
    many(place, 12)
    process = place.start()

    def kill(name: str) -> None:
        if name == point:
            place.stub.faults.at = lambda _: None
            process.send_signal(signal.SIGKILL)
            process.wait()

    place.stub.faults.at = kill
    assert process.wait() == -signal.SIGKILL
    done = place.batch()
    assert done.exit_code == 0, done.output
    assert len(place.records()) == 12
    assert not place.causes()
    assert set(place.stub.submitted.values()) == {1}
    assert place.stub.live == 0


def test_an_interrupted_wait_leaves_the_batch_under_way(place: Place) -> None:
    many(place, 5)
    place.stub.faults = Faults(polls=1_000_000)
    process = place.start()

    def interrupt(name: str) -> None:
        if name == "retrieve:after":
            place.stub.faults.at = lambda _: None
            process.send_signal(signal.SIGINT)

    place.stub.faults.at = interrupt
    said = process.communicate()[1]
    assert process.returncode == 130
    assert "The same command goes on from here" in said
    place.stub.faults.polls = 1
    assert place.batch().exit_code == 0
    assert set(place.stub.submitted.values()) == {1}
    assert len(place.records()) == 5


def test_a_crash_while_shards_are_written_leaves_no_request_behind(place: Place) -> None:
    from grader.llm.request import Request
    from grader.session.elsewhere.files import ShardWriter
    from grader.session.elsewhere.shards import Shards

    with Ledger(place.folder / "ledger") as ledger:
        writer = ShardWriter(Shards(ledger), place.folder / "shards")
        body = {"messages": [{"role": "user", "content": "x"}]}
        writer.add(Request(place.url, "stub", body))
        writer.__exit__()  # nothing was finished
    many(place, 3)
    finish_files(place)
    assert len(place.records()) == 3


def test_shards_keep_to_the_limits_of_lines_and_bytes(tmp_path: Path) -> None:
    from grader.llm.request import Request
    from grader.session.elsewhere.files import ShardWriter
    from grader.session.elsewhere.shards import Shards

    with Ledger(tmp_path / "ledger") as ledger:
        with ShardWriter(Shards(ledger), tmp_path, most_lines=3, most_bytes=1000) as writer:
            for n in range(7):
                text = "x" * (400 if n > 4 else 1)
                message = {"role": "user", "content": f"{text}{n}"}
                writer.add(Request("e", "m", {"messages": [message]}))
            writer.finish()
        assert [shard.lines for shard in writer.made] == [3, 3, 1]
        for shard in writer.made:
            lines = shard.path.read_bytes().splitlines()
            assert shard.path.stat().st_size <= 1000
            for line in map(json.loads, lines):
                assert len(line["custom_id"]) == 42
                assert line["url"] == "/v1/chat/completions"
                assert line["body"]["model"] == "m"


def test_stdin_and_no_cache_cannot_go_by_rounds(place: Place) -> None:
    env = {"OPENAI_API_KEY": "x"}
    done = CliRunner().invoke(app, ["batch", "-", "--via", "batch"], env=env)
    assert done.exit_code == 2
    assert place.batch("--no-cache").exit_code == 2
    assert place.grade("--via", "pigeon").exit_code == 2


@pytest.mark.skipif(find_spec("ray") is not None, reason="the extra 'ray' is installed")
def test_without_its_extra_ray_says_what_to_install(place: Place) -> None:
    done = place.grade("--via", "ray", "--out", str(place.folder / "out.jsonl"))
    assert done.exit_code == 2
    assert "answer-grader[ray]" in done.stderr
