"""What a model proposes for a rubric about a TCP connection, from the example's notes."""

from typing import Any

from tests.support.places import EXAMPLES

NOTES = EXAMPLES / "notes"
TCP = NOTES / "tcp-handshake.md"


def point(quote: str, name: str, **other: Any) -> dict[str, Any]:
    return {
        "quote": quote,
        "id": name,
        "en": f"About {name}: {quote}"[:130],
        "zh": f"关于 {name} 的说法。",
        "met": "states the fact",
        "partial": "names it only",
        "missed": "absent",
        "importance": "core",
        **other,
    }


def claim(quote: str, name: str, **other: Any) -> dict[str, Any]:
    return {
        "quote": quote,
        "id": name,
        "en": f"Wrong about {name}.",
        "zh": f"关于 {name} 的错误说法。",
        "correction_en": "It is otherwise.",
        "correction_zh": "实际不是这样。",
        "contradicts": [],
        **other,
    }


GOOD: dict[str, Any] = {
    "question_en": "What happens when a connection begins and ends?",
    "question_zh": "连接开始和结束时发生什么?",
    "key_points": [
        point("A connection opens with three segments: SYN, SYN-ACK and ACK.", "three-segments"),
        point("Each direction is closed by its own FIN", "own-fin"),
        point(
            "A RST ends a connection at once, and data that was not read yet is lost",
            "reset",
            importance="important",
        ),
    ],
    "misconceptions": [
        claim("A SYN consumes one sequence number", "syn-is-free", contradicts=["own-fin", "x"])
    ],
    "doubts": [],
}


def changed(**points: Any) -> dict[str, Any]:
    return {**GOOD, **points}
