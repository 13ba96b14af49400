"""What measures the judge: sets of labelled claims that were not trained on, as plain items.

An item is one answer in one way of asking, with a label for each of its claims. Attacks are in
`attack_sets`, what others labelled in `public_sets`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from grader import answer
from grader.answer import Answer
from grader.judge import prompts
from grader.judge.defences import each_left_out, look
from grader.judge.relevance import is_elsewhere
from grader.rubric.files import load_rubrics
from grader.rubric.format import Rubric
from grader.rubric.labelled import labelled_of
from grader.util.files import data_folder
from training.questions import Question

WAYS = ("en", "zh", "en+", "own+", "both+")
"""How claims are put: in English, in Chinese, in the answer's language or in both; with ``+`` what
counts as half is told too."""
SHIPPED = (data_folder("rubrics"),)


@dataclass(frozen=True)
class Labelled:
    """One claim of an item with the label that people or the data gave it.

    Attributes:
        label: a verdict, ``yes`` or ``no`` for a misconception, None where there is none.
        lines: the numbers, from 1, of the lines that show it, where known.
    """

    id: str
    en: str
    zh: str
    partial: str | None = None
    weight: float = 1.0
    label: str | None = None
    lines: tuple[int, ...] = ()


@dataclass(frozen=True)
class Item:
    """One answer with its claims.

    Attributes:
        about: what the figures are broken down by: kind, language, human score, attack.
    """

    set: str
    question: str
    answer: str
    asked: dict[str, str]
    lines: tuple[str, ...]
    claims: tuple[Labelled, ...]
    about: dict[str, Any] = field(default_factory=dict)

    def prefix(self, way: str) -> str:
        """Returns the beginning of the requests when asked this *way*."""
        return prompts.prefix(self.asked[self._language(way)], self.lines)

    def suffix(self, claim: Labelled, way: str) -> str:
        """Returns the rest of the request for one claim."""
        text = {"en": claim.en, "zh": claim.zh}[self._language(way)]
        if way.startswith("both") and claim.en != claim.zh:
            text = f"{claim.en} / {claim.zh}"
        return prompts.suffix(text, claim.partial if way.endswith("+") else None)

    def _language(self, way: str) -> str:
        if way[:2] in ("en", "zh"):
            return way[:2]
        return "en" if self.about.get("language") == "en" else "zh"


def variants(read: Answer, asked: Rubric) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Gives what is left of an answer with all defences, with none, and with all but each, every
    different text once, with the names of those that leave it."""
    left: dict[tuple[str, ...], list[str]] = {}
    for name, defences in each_left_out().items():
        lines = tuple(line.shown for line in look(read, asked, defences).lines)
        left.setdefault(lines, []).append(name)
    for lines, names in left.items():
        yield lines, {"defences": names, "elsewhere": is_elsewhere(lines, asked)}


def of_training(questions: Sequence[Question], name: str) -> Iterator[Item]:
    """Gives the answers to training questions, for those that were left out of training."""
    for question in questions:
        for number, given in enumerate(question.answers):
            claims = tuple(
                Labelled(
                    *(claim.id, claim.en, claim.zh),
                    partial=claim.notes.partial if claim.notes else None,
                    label=given.level(claim.id),
                    lines=tuple(given.sentences(claim.id)),
                )
                for claim in question.claims.values()
            )
            yield Item(
                set=name,
                question=question.id,
                answer=f"{question.id}/{number}",
                asked=question.question.model_dump(),
                lines=tuple(given.s),
                claims=claims,
                about={"kind": given.kind, "language": given.lang},
            )


def of_shipped() -> Iterator[Item]:
    """Gives the labelled answers to the shipped questions, which are never trained on."""
    for asked in load_rubrics(SHIPPED):
        known = labelled_of(asked, SHIPPED)
        for one in known.answers if known else ():
            verdicts = {name: label.verdict.value for name, label in one.verdicts.items()}
            held = {m.id: "no" for m in asked.misconceptions}
            held |= dict.fromkeys(one.misconceptions, "yes")
            for lines, how in variants(answer.from_text(one.text, one.id), asked):
                yield Item(
                    set="shipped",
                    question=asked.id,
                    answer=f"{asked.id}/{one.id}",
                    asked=asked.question.model_dump(),
                    lines=lines,
                    claims=claims_of(asked, verdicts | held),
                    about={"kind": one.kind, "language": one.language} | how,
                )


def claims_of(asked: Rubric, labels: dict[str, str]) -> tuple[Labelled, ...]:
    """Returns the key points of a rubric and those of its misconceptions that have a label."""
    points = [
        Labelled(p.id, p.text("en"), p.text("zh"), p.notes.partial, p.weight, labels.get(p.id))
        for p in asked.key_points
    ]
    wrong = [
        Labelled(m.id, m.text("en"), m.text("zh"), None, 0, labels[m.id])
        for m in asked.misconceptions
        if m.id in labels
    ]
    return (*points, *wrong)
