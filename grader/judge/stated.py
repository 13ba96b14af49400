"""How sure a judge says that it is: a few words, each with what is taken for its probability.

Words, because a model never writes a number here, and because stated numbers crowd at the top: a
judge says 95 of nearly everything. Each word is told by what else could be argued
(``prompts/rules.md``). Their probabilities lie below the words' common meaning, since judges are
surer than right; ``grade rubric test`` shows how often each word was right with a model at hand,
and ``--fit-confidence`` puts a model's own probabilities in their place.
"""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from grader.errors import BadInput
from grader.util.complaint import first_complaint
from grader.util.frozen import Frozen
from grader.util.toml import parse_toml

STATED = {"certain": 0.9, "likely": 0.7, "leaning": 0.55, "unsure": 0.45, "guess": 0.3}
"""The words, the surest first, and the probability that a verdict stated so is right."""
SCHEMA = "confidence/1"
_Chance = Annotated[float, Field(ge=0, le=1)]


def stated_chance(value: object) -> float | None:
    """Returns the probability that a reply's word stands for, None where it is no such word."""
    return STATED.get(value.strip(" \t\r\n.").lower()) if isinstance(value, str) else None


def stated_word(confidence: float | None) -> str | None:
    """Returns the word that *confidence* was read from, None where it was not."""
    return next((word for word, chance in STATED.items() if chance == confidence), None)


class StatedConfidence(Frozen):
    """A model's own probabilities of the words, as fitted on labelled answers.

    Attributes:
        model: whose they are, by the name that it is asked by.
        unsure_below: the probability, 0 to 1, below which a further sample pays.
        chances: of each word, that a verdict stated so is right.
    """

    model: str = Field(min_length=1)
    unsure_below: _Chance
    chances: dict[str, _Chance]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.chances.keys() != STATED.keys():
            raise ValueError(f"chances: give one for each of {', '.join(STATED)}")
        each = [self.chances[word] for word in STATED]
        if each != sorted(each, reverse=True):
            raise ValueError("chances: a surer word has no smaller chance")
        return self

    def applied(self, confidence: float | None) -> float | None:
        """Returns the model's own probability in place of the usual one of a stated word."""
        word = stated_word(confidence)
        return confidence if word is None else self.chances[word]


def read_confidence(path: Path) -> StatedConfidence:
    """Returns what ``grade rubric test --fit-confidence`` wrote to *path*.

    Raises:
        BadInput: it cannot be read, or is no such file.
    """
    try:
        content = parse_toml(path.read_text(encoding="utf-8-sig"))
        if content.pop("schema", None) != SCHEMA:
            raise ValueError(
                f'no schema = "{SCHEMA}"; grade rubric test --fit-confidence makes such a file'
            )
        return StatedConfidence.model_validate(content)
    except ValidationError as error:
        why = first_complaint(error)
    except (OSError, ValueError) as error:
        why = str(error).splitlines()[0]
    raise BadInput(f"--confidence {path}: not a model's confidence: {why}")
