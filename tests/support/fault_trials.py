"""Faults at random points of a batch, from a seed, and what must hold after each.

    python -m tests.bench.faults --runs 500

A trial starts ``grade batch`` in a process of its own against the stub, lets something go wrong,
repairs what was damaged, runs the batch again until it is through, and looks at what is left.
"""

import json
import random
from pathlib import Path

from tests.support.fault_check import check, replies
from tests.support.fault_kinds import AFTER, FIRST, plain
from tests.support.fault_process import Trial, batch, ended, start
from tests.support.stub import Behaviour, running

KINDS = (
    "kill",
    "interrupt",
    "full-disk",
    "cut-connection",
    "reorder",
    "torn-line",
    "cut-ledger",
    "overwritten-ledger",
    "clock-back",
    "moody-endpoint",
    "slow-bodies",
)
_JUDGED = ("", "", "", "stub:half-character", "stub:think", "stub:tool-call", "stub:wrapper")
_OF_THE_ANSWER = (
    *("stub:not-json", "stub:refuse", "stub:no-quote", "stub:cut-off"),
    *("stub:moderated", "stub:azure-filter", "stub:policy"),
)
"""What is wrong with every reply to an answer, whenever it is asked for."""
QUESTIONS = ("bank-conflict", "tensor-core", "paged-attention")


def trial(seed: int, path: Path) -> Trial:
    """Runs the trial of a seed in the empty folder *path*."""
    dice = random.Random(seed)
    done = Trial(seed, path, KINDS[seed % len(KINDS)])
    session = _session(dice, path / "session.jsonl")
    behaviour = Behaviour(delay=0.001, put_off=0.05, retry_after=0.001, dice=random.Random(seed))
    behaviour.cut = 0.15 if done.kind == "cut-connection" else 0.0
    behaviour.jitter = 0.05 if done.kind == "reorder" else 0.0
    behaviour.moody = 0.4 if done.kind == "moody-endpoint" else 0.0
    behaviour.slow = 0.5 if done.kind == "slow-bodies" else 0.0
    with running(behaviour) as (stub, url):
        FIRST.get(done.kind, plain)(done, stub, url, dice)
        if done.kind in AFTER:
            AFTER[done.kind](done, dice)
        behaviour.cut = behaviour.put_off = behaviour.jitter = behaviour.moody = 0.0
        _repair(done)
        _finish(done, url)
        check(done, stub, session)
    return done


def _session(dice: random.Random, path: Path) -> dict[str, tuple[str, str]]:
    """Writes a session; gives question and text of each answer by its id."""
    faults = [*_JUDGED, *_JUDGED, *_OF_THE_ANSWER]
    session = {}
    for number in range(dice.randint(8, 30)):
        words = " ".join(f"w{dice.randrange(10**6)}" for _ in range(dice.randint(3, 60)))
        text = f"Banks number {number} {words} {dice.choice(faults)}".strip()
        session[f"a{number}"] = (dice.choice(QUESTIONS), text)
    rows = ({"id": i, "question": q, "answer": t} for i, (q, t) in session.items())
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return session


def _repair(done: Trial) -> None:
    mend = ["--results", str(done.results)] if done.results.exists() else []
    ended(done, start(done, "doctor", "--repair", *mend), 0)
    if done.kind.endswith("-ledger"):
        done.may_pay_again -= replies(done.ledger)
        found = "was damaged" in " ".join(done.said.split()) or "nothing to repair" in " ".join(
            done.said.split()
        )
        done.expect(found, "the repair did not say what it found")


def _finish(done: Trial, url: str) -> None:
    for _ in range(3):
        if ended(done, start(done, *batch(done, url)), 0, 3) in (0, 3):
            return
