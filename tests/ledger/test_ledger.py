"""The ledger: the same request is never paid twice, and nothing that was paid for is lost."""

import asyncio
import json
import sqlite3
import stat
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.errors import LedgerFailed
from grader.ledger.ledger import Ledger
from grader.ledger.replies import LiveReplies
from grader.llm.request import Reply, Request
from grader.record import Cause
from tests.support.fakes import FakeModel, completion
from tests.support.odd_replies import EMPTY_HANDED

BODY = {"messages": [{"role": "user", "content": "answer"}]}
REQUEST = Request("http://fake/v1", "fake", BODY)


def ask(ledger: Ledger, model: FakeModel, request: Request = REQUEST, **more: bool) -> Reply:
    return asyncio.run(LiveReplies(ledger, model, **more).get_or_ask(request))


def test_the_same_request_is_sent_once(ledger: Ledger) -> None:
    model = FakeModel(completion("a"))
    first, second = ask(ledger, model), ask(ledger, model)
    assert len(model.asked) == 1
    assert first.body == second.body
    assert (first.from_ledger, second.from_ledger) == (False, True)


@pytest.mark.parametrize(
    "other",
    [
        Request("http://other/v1", "fake", BODY),
        Request("http://fake/v1", "other", BODY),
        Request("http://fake/v1", "fake", {"messages": [{"role": "user", "content": "Answer"}]}),
        Request("http://fake/v1", "fake", {**BODY, "temperature": 0}),
        Request("http://fake/v1", "fake", BODY, sample=1),
    ],
)
def test_whatever_changes_the_request_asks_anew(ledger: Ledger, other: Request) -> None:
    model = FakeModel(completion("a"))
    ask(ledger, model)
    ask(ledger, model, other)
    assert len(model.asked) == 2


def test_asking_anew_keeps_both_replies(ledger: Ledger) -> None:
    model = FakeModel(completion("a"), completion("b"))
    ask(ledger, model)
    assert "b" in ask(ledger, model, fresh=True).body
    assert '"a"' in ask(ledger, model).body
    assert ledger.samples(REQUEST) == 2


def test_a_failed_call_is_not_taken_for_a_reply(ledger: Ledger) -> None:
    model = FakeModel(Reply(cause=Cause.TIMEOUT, detail="slow"), completion("a"))
    assert ask(ledger, model).cause == Cause.TIMEOUT
    assert ask(ledger, model).cause is None


def test_the_body_is_on_the_disk_before_anything_is_made_of_it(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite"
    with Ledger(path) as ledger:
        ask(ledger, FakeModel("{not a completion"))
        with Ledger(path) as other:
            ((state, body),) = other.query("SELECT state, body FROM call")
    assert state == "done"
    assert zlib.decompress(body) == b"{not a completion"


def test_a_request_that_was_sent_and_never_answered_is_asked_again(ledger: Ledger) -> None:
    ledger.sent(REQUEST)  # and then the process died
    model = FakeModel(completion("a"))
    assert ask(ledger, model).cause is None
    assert len(model.asked) == 1


def test_a_finished_reply_is_never_overwritten(ledger: Ledger) -> None:
    ask(ledger, FakeModel(completion("a")))
    ledger.sent(REQUEST)
    ledger.answered(REQUEST, Reply(cause=Cause.TIMEOUT))
    found = ledger.find(REQUEST)
    assert found is not None
    assert '"a"' in found.body


def test_only_the_owner_may_read_it(ledger: Ledger) -> None:
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600


def test_odd_text_comes_back_as_it_went_in(ledger: Ledger) -> None:
    text = "\x00 \ud800 \U0001f469\u200d\U0001f4bb \u202e"
    body = json.dumps({"choices": [{"message": {"content": text}}]}, ensure_ascii=False)
    assert text[3:] in ask(ledger, FakeModel(Reply(body=body))).body
    found = ledger.find(REQUEST)
    assert found is not None
    assert found.body == body


@pytest.mark.parametrize("kind", EMPTY_HANDED)
def test_a_reply_in_which_nothing_was_judged_is_asked_again_and_kept_all_the_same(
    ledger: Ledger, kind: str
) -> None:
    ask(ledger, FakeModel(EMPTY_HANDED[kind]))
    ask(ledger, FakeModel(EMPTY_HANDED[kind]))
    model = FakeModel(completion("a"))
    assert '"a"' in ask(ledger, model).body
    assert '"a"' in ask(ledger, FakeModel(completion("b"))).body, "what was judged is kept"
    kept = [zlib.decompress(body).decode() for (body,) in ledger.query("SELECT body FROM call")]
    assert sorted(kept) == sorted([EMPTY_HANDED[kind]] * 2 + [completion("a")])


def test_asking_anew_after_a_failure_never_gives_an_old_reply(ledger: Ledger) -> None:
    ask(ledger, FakeModel(Reply(cause=Cause.TIMEOUT)))
    for text in "abc":
        model = FakeModel(completion(text))
        assert f'"{text}"' in ask(ledger, model, fresh=True).body
        assert len(model.asked) == 1
        assert ask(ledger, FakeModel(Reply(cause=Cause.HTTP_ERROR)), fresh=True).cause


def _text_file(path: Path) -> None:
    path.write_text("this is not a ledger, but a text that is long enough to be one" * 20)


def _from_the_future(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")


def _a_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("make", [_text_file, _from_the_future, _a_folder])
def test_a_file_that_is_no_ledger_is_named_and_left_alone(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    path = tmp_path / "odd"
    make(path)
    with pytest.raises(LedgerFailed, match=r"odd.*GRADER_LEDGER"):
        Ledger(path)


def test_a_new_ledger_is_waited_for_while_another_process_makes_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    ended = threading.Timer(0.2, other.close)
    ended.start()
    with Ledger(path) as ledger:
        assert ask(ledger, FakeModel(completion("a"))).cause is None
    ended.join()


OPEN_MANY = """
import sys
from pathlib import Path
from grader.ledger.ledger import Ledger
print("ready", flush=True)
sys.stdin.readline()
for number in range(100):
    Ledger(Path(sys.argv[1], f"{number}.sqlite")).close()
"""


def test_a_new_ledger_is_opened_by_many_processes_at_once(tmp_path: Path) -> None:
    # Whoever is first to a ledger has it to make, so the others catch up with it at the next one.
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN_MANY, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        _, err = process.communicate()
        assert process.returncode == 0, err
