"""A judge that knows the labels of labelled answers, and states how sure it is in words."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.judge.stated import STATED
from grader.record import PointGrade, Verdict
from grader.rubric.labelled import LabelledAnswer
from grader.trust.trial.run import LabelledCase
from grader.trust.trial.stated_fit import StatedVerdict
from tests.support.fakes import completion

CROWDED = {"certain": 0.84, "likely": 0.12, "leaning": 0.04}
"""How often words are stated by a judge that states values crowded at the top."""
RIGHT = {"certain": 0.96, "likely": 0.62, "leaning": 0.55}
"""How often it is right where it states them."""


def other_than(label: Verdict) -> Verdict:
    return Verdict.MISSED if label is not Verdict.MISSED else Verdict.MET


def simulated(
    questions: int = 12,
    repeats: int = 1,
    seed: int = 0,
    *,
    per_question: int = 60,
    right: dict[str, float] | None = None,
    stated: dict[str, float] | None = None,
) -> list[StatedVerdict]:
    """Verdicts of a judge whose words are right so often, each sample drawn for itself."""
    dice = random.Random(seed)
    words, held = stated or CROWDED, right or RIGHT

    def sample(word: str) -> PointGrade:
        hit = dice.random() < held[word]
        verdict = Verdict.MET if hit else other_than(Verdict.MET)
        return PointGrade(id="p", weight=1, verdict=verdict, confidence=STATED[word])

    made = []
    for question in range(questions):
        for number in range(per_question):
            word = dice.choices(list(words), list(words.values()))[0]
            samples = tuple(sample(word) for _ in range(repeats))
            answer = f"q{question}/a{number // 6}"
            made.append(StatedVerdict(f"q{question}", answer, word, Verdict.MET, samples))
    return made


@dataclass
class StatingModel:
    """An endpoint's side: replies to one-call requests about labelled answers.

    Attributes:
        certain: the share of verdicts that it is certain of; of the others it says ``likely``.
        asked: the ids of the key points of each request, in order.
    """

    cases: Sequence[LabelledCase]
    right: dict[str, float] = field(default_factory=lambda: RIGHT)
    certain: float = 0.85
    asked: list[tuple[str, ...]] = field(default_factory=list)
    _seen: Counter[str] = field(default_factory=Counter)

    def reply(self, body: dict[str, Any]) -> str:
        """The body of the reply to one request."""
        text = "\n".join(str(message["content"]) for message in body["messages"])
        answer = next(c.answer for c in self.cases if c.answer.text.strip() in text)
        schema = body["response_format"]["json_schema"]["schema"]["properties"]
        points = tuple(schema["key_points"]["properties"])
        claims = tuple(schema["misconceptions"]["properties"]) if "misconceptions" in schema else ()
        self.asked.append(points)
        self._seen[text] += 1
        held = {"quotes": [], "reason": "not said", "asserted": False}
        judged = {
            "key_points": {p: self._point(answer, p, self._seen[text]) for p in points},
            "misconceptions": dict.fromkeys(claims, held),
            "feedback": "",
        }
        return completion(json.dumps(judged, ensure_ascii=False))

    def word(self, answer: LabelledAnswer, point: str) -> str:
        """How sure it is of a key point."""
        return "certain" if _share(answer.id, point) < self.certain else "likely"

    def _point(self, answer: LabelledAnswer, point: str, sample: int) -> dict[str, Any]:
        label, word = answer.verdicts[point].verdict, self.word(answer, point)
        hit = _share(answer.id, point, sample) < self.right[word]
        verdict = label if hit else other_than(label)
        quotes = [] if verdict == Verdict.MISSED else [answer.text.strip()[:30].strip()]
        return {"quotes": quotes, "reason": "so", "verdict": verdict.value, "confidence": word}


def _share(*names: object) -> float:
    """A number from 0 to 1 that belongs to the names."""
    return random.Random("/".join(map(str, names))).random()
