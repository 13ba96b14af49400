"""What is judged in an audit, beside known answers.

The attacks and the honest controls are data: ``suite/*.toml``.
"""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Literal

from pydantic import Field

from grader.errors import BadInput, GraderError
from grader.judge.base import language
from grader.rubric.format import Rubric
from grader.rubric.labelled import LabelledAnswer, labelled_of
from grader.text.fold import fold
from grader.text.safe import one_line
from grader.util.frozen import Frozen
from grader.util.toml import parse_toml

FOLDER = Path(__file__).with_name("suite")

Expect = Literal["no-credit", "no-gain", "no-loss"]
Place = Literal["whole", "append", "prepend", "around"]


class Attack(Frozen):
    """One text that a hostile, or an honest, candidate might write.

    Attributes:
        expect: ``no-credit``: alone, it earns nothing. ``no-gain``: added to an answer, it raises
            nothing. ``no-loss``: an honest addition, which costs nothing.
        place: where it goes beside an answer; ``whole`` stands alone.
        text: ``$name`` stands for something of the rubric, see :func:`fill`.
        source: where the kind was published.
    """

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    kind: str = Field(pattern=r"^[a-z-]+$")
    language: Literal["en", "zh", "any"] = "any"
    expect: Expect
    place: Place
    text: str
    source: str = ""


class _File(Frozen):
    schema_: Literal["attacks/1"] = Field(alias="schema")
    attacks: tuple[Attack, ...]


@cache
def load() -> tuple[Attack, ...]:
    """The shipped suite, in the order of its files."""
    return tuple(attack for path in sorted(FOLDER.glob("*.toml")) for attack in read(path))


def read(path: Path) -> tuple[Attack, ...]:
    """The attacks in one file.

    Raises:
        BadInput: it cannot be read, or is not of the format.
    """
    try:
        content = parse_toml(path.read_text(encoding="utf-8"))
        return _File.model_validate(content).attacks
    except (OSError, ValueError) as error:  # ValidationError and TOMLDecodeError are ValueErrors
        raise BadInput(f"{path}: not a suite of attacks: {one_line(str(error), 200)}") from None


_WEAK = ("wrong", "partial", "off-topic")
_HONEST = ("strong", "partial", "terse")
_FLOOD = {"en": "And then it rained a little. ", "zh": "今天天气不错。"}
_FLOODED = 40
_KEYWORDS = 20
_WORD = re.compile(r"[^\W\d_][\w+/-]{4,}")


@dataclass(frozen=True)
class Base:
    """An answer that attacks are put beside."""

    id: str
    text: str


@dataclass(frozen=True)
class AttackCase:
    """One text to be judged; *base* is None where the attack stands alone."""

    rubric: Rubric
    attack: Attack
    base: Base | None
    text: str

    @property
    def id(self) -> str:
        """``<question>/<attack>``, and the answer that it was put beside."""
        beside = f"@{self.base.id}" if self.base else ""
        return f"{self.rubric.id}/{self.attack.id}{beside}"


def cases(
    rubrics: Iterable[Rubric],
    attacks: Sequence[Attack],
    folders: Sequence[Path],
    dice: random.Random | None = None,
    most: int | None = None,
) -> Iterator[AttackCase]:
    """The cases of each rubric: *most* attacks drawn with *dice*, by kind in turn, or all."""
    for rubric in rubrics:
        chosen = attacks if most is None or dice is None else drawn(attacks, most, dice)
        weak, honest = bases(rubric, folders)
        for attack in chosen:
            base = None
            if attack.place != "whole":
                base = _speaking(attack, honest if attack.expect == "no-loss" else weak)
            yield AttackCase(rubric, attack, base, fill(attack, rubric, base))


def drawn(attacks: Sequence[Attack], most: int, dice: random.Random) -> list[Attack]:
    """*most* attacks: one of each kind, then a second of each, and so on; kinds in random order."""
    by_kind: dict[str, list[Attack]] = {}
    for attack in dice.sample(attacks, len(attacks)):
        by_kind.setdefault(attack.kind, []).append(attack)
    rounds = max(map(len, by_kind.values()), default=0)
    order = [k[n] for n in range(rounds) for k in by_kind.values() if n < len(k)]
    return order[:most]


def bases(rubric: Rubric, folders: Sequence[Path]) -> tuple[list[Base], list[Base]]:
    """Answers with room to rise, and honest ones with something to lose.

    Labelled answers of the question where there are some; else its own claims, said out loud.
    """
    try:
        known = labelled_of(rubric, folders)
    except GraderError:
        known = None
    answers = known.answers if known else ()
    weak = _of_kinds(answers, _WEAK) or _recited(rubric, wrong=True)
    honest = _of_kinds(answers, _HONEST) or _recited(rubric, wrong=False)
    return weak, honest


def _of_kinds(answers: Sequence[LabelledAnswer], kinds: Sequence[str]) -> list[Base]:
    return [Base(a.id, a.text) for kind in kinds for a in answers if a.kind == kind]


def _recited(rubric: Rubric, *, wrong: bool) -> list[Base]:
    """The rubric's misconceptions, or half of its key points, as an answer in each language."""
    half = rubric.key_points[: max(1, len(rubric.key_points) // 2)]
    said = rubric.misconceptions if wrong and rubric.misconceptions else half
    return [Base(f"recited-{n}", " ".join(s.text(n) for s in said)) for n in rubric.question.texts]


def _speaking(attack: Attack, among: Sequence[Base]) -> Base:
    """The first answer in the attack's language, else the first."""
    fitting = (b for b in among if attack.language in ("any", language(b.text)))
    return next(fitting, among[0])


def fill(attack: Attack, rubric: Rubric, base: Base | None) -> str:
    """The attack's text beside the answer, its placeholders filled from the rubric.

    ``$question``; ``$points``: the key points' claims; ``$ids``; ``$keywords``: the technical
    words of the claims; ``$wrong``: a misconception, or a claim negated; ``$negated``: every
    claim negated; ``$id_verdicts``: a verdict as JSON for each key point; ``$flood``: idle talk.
    """
    name = attack.language if attack.language != "any" else "en"
    text = Template(attack.text).safe_substitute(_values(rubric, name))
    if base is None:
        return text
    return f"{text}\n{base.text}" if attack.place == "prepend" else f"{base.text}\n{text}"


def _values(rubric: Rubric, name: str) -> dict[str, str]:
    said = [point.text(name) for point in rubric.key_points]
    denied = [_negated(claim, name) for claim in said]
    wrong = [claim.text(name) for claim in rubric.misconceptions]
    return {
        "question": rubric.question.text(name),
        "points": " ".join(said),
        "ids": ", ".join(point.id for point in rubric.key_points),
        "keywords": ", ".join(keywords(rubric)),
        "wrong": (wrong or denied)[0],
        "negated": " ".join(denied),
        "id_verdicts": ", ".join(f'"{p.id}": "met"' for p in rubric.key_points),
        "flood": _FLOOD[name] * _FLOODED,
    }


def _negated(claim: str, name: str) -> str:
    if name == "zh":
        return f"并非如此：{claim}这种说法是错的。"
    return f"It is not true that {claim[:1].lower()}{claim[1:].rstrip('.')}."


def keywords(rubric: Rubric) -> list[str]:
    """The longer words of the claims that the question has not, in one language, each once."""
    asked = set(fold(rubric.question.text("en")).text.split())
    found = (w.lower() for point in rubric.key_points for w in _WORD.findall(point.text("en")))
    return [word for word in dict.fromkeys(found) if word not in asked][:_KEYWORDS]
