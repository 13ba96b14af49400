"""A labelled question for the tests of the training package."""

from typing import Any

from training.questions import Question

POINTS = {
    "p1": (
        "A cat purrs when it rests; it purrs when it hurts too.",
        "猫休息时会打呼噜，疼痛时也会。",
    ),
    "p2": ("A cat lands on its feet.", "猫落地时脚先着地。"),
    "p3": ("A cat sleeps fifteen hours a day.", "猫一天睡十五个小时。"),
    "p4": ("A cat sees well at dusk.", "猫在黄昏时看得清楚。"),
}
WRONG = {
    "w1": ("A cat has nine lives.", "猫有九条命。"),
    "w2": ("A cat needs milk.", "猫要喝牛奶。"),
}
LABELS = {
    "p1": "met 1",
    "p2": "partial 2",
    "p3": "missed",
    "p4": "contradicted 1 2",
    "w1": "no",
    "w2": "yes 2",
}
NOTES = {"met": "both", "partial": "only one of both", "missed": "nothing of it"}


def row(name: str = "cats", domain: str = "pets", lang: str = "en") -> dict[str, Any]:
    """One question as a line of a file holds it, with seven answers that are labelled alike."""
    answer = {"kind": "strong", "lang": lang, "s": [f"{name} first.", f"{name} second."]}
    return {
        "id": name,
        "domain": domain,
        "question": {"en": f"What do {name} do?", "zh": f"{name}会做什么？"},
        "points": [{"id": k, "en": en, "zh": zh, "notes": NOTES} for k, (en, zh) in POINTS.items()],
        "wrong": [{"id": k, "en": en, "zh": zh} for k, (en, zh) in WRONG.items()],
        "answers": [{**answer, "v": dict(LABELS)} for _ in range(7)],
    }


def question(name: str = "cats", domain: str = "pets", lang: str = "en") -> Question:
    """The same as a value."""
    return Question.model_validate(row(name, domain, lang))
