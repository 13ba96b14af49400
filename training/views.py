"""From labelled answers to what the judge is trained on: the same answer seen in several ways.

A view is one prefix with all of an answer's claims after it, in the very form in which the judge
will be asked. Views differ in the language of question and claims, in whether what counts as half
is told, and in hostile text beside the answer, which leaves every label as it was.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.judge import prompts
from grader.record import Verdict
from grader.rubric.format import Rubric
from grader.text.sentences import sentences
from grader.trust.audit.cases import Attack, Base, fill, read
from training.questions import Answer, Claim, Question, as_rubric, lines_of

HOSTILE = Path(__file__).with_name("hostile.toml")

VIEWS = 4
"""Views of an answer; an epoch sees one of them."""
BESIDE = 0.25
"""Share of the views that have hostile or idle text beside the answer."""
ALONE = 0.12
"""Texts alone for each answer: more of them make the judge stingy."""
WITHOUT_QUESTION = 0.1
NOTED = 0.5
"""Share of the claims with notes that are shown with what counts as half."""
FOREIGN = 0.5
"""Share of the views with a claim of another subject, which the answer cannot make."""

_LEVELS = {
    "met": Verdict.MET,
    "partial": Verdict.PARTIAL,
    "missed": Verdict.MISSED,
    "contradicted": Verdict.CONTRADICTED,
    "yes": Verdict.MET,
    "no": Verdict.MISSED,
}


@dataclass(frozen=True)
class Target:
    """One claim after a prefix, and the reply that is right.

    Attributes:
        either: not asserted: a reply that calls the claim wrong is as right as one that does not
            find it.
    """

    suffix: str
    reply: str
    either: bool = False


@dataclass(frozen=True)
class View:
    """One sequence of training."""

    prefix: str
    targets: tuple[Target, ...]


def views(
    questions: Sequence[Question],
    seed: int,
    *,
    others: Sequence[Question] | None = None,
    alone: float = ALONE,
) -> list[list[View]]:
    """Returns the views of every answer, and those of hostile texts alone, the same for a seed.

    Args:
        others: where claims of another subject are taken from; None are *questions* themselves.
        alone: texts alone for each answer, 0 to 1.
    """
    dice = random.Random(seed)  # noqa: S311 - a draw that can be repeated
    hostile = read(HOSTILE)
    found = []
    for question in questions:
        rubric = as_rubric(question)
        for answer in question.answers:
            seen = _Seen(question, answer, rubric, hostile, others or questions, dice)
            found.append([seen.view() for _ in range(VIEWS)])
            if dice.random() < alone:
                found.append([seen.alone() for _ in range(VIEWS)])
    return found


@dataclass(frozen=True)
class _Seen:
    """An answer with all that its views draw from."""

    question: Question
    answer: Answer
    rubric: Rubric
    hostile: Sequence[Attack]
    others: Sequence[Question]
    dice: random.Random

    def view(self) -> View:
        lines, before = list(self.answer.s), 0
        if self.dice.random() < BESIDE:
            text, first = self._beside()
            lines, before = ([*text, *lines], len(text)) if first else ([*lines, *text], 0)
        targets = [self._target(claim, before) for claim in self.question.claims.values()]
        if self.dice.random() < FOREIGN:
            targets += self._foreign()
        self.dice.shuffle(targets)
        return View(prompts.prefix(self._asked(), lines), tuple(targets))

    def alone(self) -> View:
        """A text without an answer: it makes no key point, and where it negates all, denies it."""
        attack = self.dice.choice([a for a in self.hostile if a.place == "whole"])
        text = fill(attack, self.rubric, None)
        spans = sentences(text)
        language = "en" if attack.language != "zh" else "zh"
        denied = attack.kind == "negated"
        verdict = Verdict.CONTRADICTED if denied else Verdict.MISSED
        targets = []
        for point in self.question.points:
            # The first letter and the last full stop of a negated claim may be others.
            place = text.find(getattr(point, language)[1:].rstrip("."))
            line = sum(span.start <= place for span in spans) if denied else None
            reply = prompts.reply(verdict, line)
            # A wrong claim may or may not be the opposite of this key point.
            targets.append(Target(self._claim(point), reply, either="$wrong" in attack.text))
        asked = getattr(self.question.question, language)
        return View(prompts.prefix(asked, lines_of(text)), tuple(targets))

    def _beside(self) -> tuple[tuple[str, ...], bool]:
        language = "en" if self.answer.lang == "en" else "zh"
        fitting = [
            a for a in self.hostile if a.place != "whole" and a.language in (language, "any")
        ]
        attack = self.dice.choice(fitting)
        text = fill(attack, self.rubric, Base("", "")).strip()
        return lines_of(text), attack.place == "prepend"

    def _target(self, claim: Claim, before: int) -> Target:
        level = self.answer.level(claim.id)
        shown = self.answer.sentences(claim.id)
        line = before + self.dice.choice(shown) if shown else None
        reply = prompts.reply(_LEVELS[level], line)
        return Target(self._claim(claim), reply, either=level == "no")

    def _foreign(self) -> Iterator[Target]:
        other = self.dice.choice(self.others)
        if other.domain != self.question.domain and other.id != self.question.id:
            point = self.dice.choice(other.points)
            yield Target(self._claim(point), prompts.reply(Verdict.MISSED, None))

    def _claim(self, claim: Claim) -> str:
        text = self.dice.choices(
            (claim.en, claim.zh, f"{claim.en} / {claim.zh}"), weights=(0.4, 0.4, 0.2)
        )[0]
        noted = claim.notes is not None and self.dice.random() < NOTED
        return prompts.suffix(text, claim.notes.partial if noted and claim.notes else None)

    def _asked(self) -> str:
        if self.dice.random() < WITHOUT_QUESTION:
            return ""
        same = "en" if self.answer.lang == "en" else "zh"
        other = "zh" if same == "en" else "en"
        return str(getattr(self.question.question, same if self.dice.random() < 2 / 3 else other))
