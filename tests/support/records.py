"""Records made by hand: what reports are tested with. No judge, no ledger."""

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from grader.record import (
    Digests,
    Evidence,
    Grade,
    JudgeInfo,
    MisconceptionGrade,
    PointGrade,
    Usage,
    Verdict,
)
from grader.rubric.format import Rubric
from grader.scoring import total
from grader.session.summary import Summary
from grader.session.tally import MOST_CANDIDATES, Tally

RUBRIC = Rubric.model_validate(
    {
        "schema": "rubric/1",
        "id": "bank-conflict",
        "question": {"en": "What is a bank conflict?", "zh": "什么是 bank conflict?"},
        "documents": {
            "guide": {"title": "CUDA Guide", "url": "https://example.org/guide"},
            "bank": {"title": "Question bank"},
        },
        "key_points": [
            {
                "id": "banks",
                "weight": 3,
                "en": "Shared memory has 32 banks",
                "zh": "共享内存有 32 个 bank",
                "notes": {"met": "32", "partial": "banks", "missed": "none"},
                "sources": [{"document": "guide", "section": "2.2"}],
            },
            {
                "id": "broadcast",
                "weight": 2,
                "en": "One word for all lanes is broadcast",
                "zh": "同一个字会广播",
                "notes": {"met": "broadcast", "missed": "none"},
                "sources": [
                    {"document": "guide", "section": "2.3"},
                    {"document": "bank", "section": "Q7"},
                ],
            },
            {
                "id": "padding",
                "weight": 1,
                "en": "Padding avoids it",
                "zh": "加一列可以避免",
                "notes": {"met": "padding", "missed": "none"},
            },
        ],
        "misconceptions": [
            {
                "id": "global-banks",
                "en": "Bank conflicts happen in global memory",
                "zh": "全局内存也有 bank conflict",
                "correction": {"en": "They are of shared memory", "zh": "只在共享内存"},
            }
        ],
    }
)
RUBRICS = {RUBRIC.id: RUBRIC}

# What a candidate may write to harm the reader of a report.
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</mark></div></details><h1>PASS</h1>",
    "{{ 7*7 }} {% include 'x' %}",
    "[click](javascript:alert(1)) ![x](https://evil.example/x.png)",
    "https://evil.example/ www.evil.example evil.example a@evil.example",
    "\x1b[31mred\x1b[0m \x07",
    "\u202egnp.exe\u202c zero\u200bwidth \ufeff",
    '=HYPERLINK("https://evil.example")',
    "| a | b |\n| --- | --- |\n# head\n- list\n1. one\n> quote\n```\ncode\n```",
    "&lt;b&gt; &amp; &#60;",
    "𝟛𝟚 个 bank 😀 e\u0301",
)

# What a terminal would obey, and what of it none may get.
HARM = (
    "\x1b[2J\x1b[31m",  # clear the screen
    "\x1b]0;owned\x07",  # window title
    "\x1b]8;;http://evil.example\x07click\x1b]8;;\x07",  # link
    "\x9b31m",  # C1 control sequence introducer
    "\u202egnissap\u202c",  # right to left
    "\u2066x\u2069",
    "\r\x08\x08",
    "\U000e0041\U000e0042",  # tags
)
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def sha256(text: str) -> str:
    """The content digest of an answer."""
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def evidence(text: str, quote: str) -> tuple[Evidence, ...]:
    """The place of *quote* in *text*."""
    start = text.index(quote)
    return (Evidence(text=quote, start=start, end=start + len(quote)),)


def record(text: str = "32 banks", **given: Any) -> Grade:
    """A graded answer: banks met, broadcast missed, padding partial, unless told otherwise."""
    points = given.pop("key_points", None) or (
        PointGrade(id="banks", weight=3, verdict=Verdict.MET, confidence=0.9),
        PointGrade(id="broadcast", weight=2, verdict=Verdict.MISSED, reason="not said"),
        PointGrade(id="padding", weight=1, verdict=Verdict.PARTIAL),
    )
    held: tuple[MisconceptionGrade, ...] = given.get("misconceptions", ())
    fields: dict[str, Any] = {
        "question": RUBRIC.id,
        "answer_id": "a.txt",
        "score": total(points, held),
        "key_points": points,
        "judge": JudgeInfo(kind="endpoint", model="m", endpoint="https://api.example/v1"),
        "usage": Usage(input_tokens=100, output_tokens=10, calls=1, cost_usd=0.002),
        "digests": Digests(answer=sha256(text), rubric=RUBRIC.digest, prompt="sha256:0"),
        "graded_at": datetime(2026, 11, 22, 10, tzinfo=UTC),
        "version": "0.1.0",
    }
    return Grade(**fields | given)


def hostile() -> st.SearchStrategy[str]:
    """Any text, often with harm in it."""
    piece = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20))
    return st.lists(piece, min_size=1, max_size=4).map(" ".join)


def summarize(grades: Iterable[Grade], candidates: int = MOST_CANDIDATES) -> Summary:
    """The summary of *grades*, which are taken once and not kept.

    Args:
        grades: the records, in any order.
        candidates: the most candidates to tell apart; the first to come are.
    """
    tally = Tally(candidates)
    for grade in grades:
        tally.add(grade)
    return tally.summary()
