"""How sure a judge says that it is: a few words, each with what is taken for its probability.

Words, because a model never writes a number here, and because stated numbers crowd at the top: a
judge says 95 of nearly everything. Each word is told by what else could be argued
(``prompts/rules.md``). Their probabilities lie below the words' common meaning, since judges are
surer than right; ``grade rubric test`` shows how often each word was right with a model at hand.
"""

STATED = {"certain": 0.9, "likely": 0.7, "leaning": 0.55, "unsure": 0.45, "guess": 0.3}
"""The words, the surest first, and the probability that a verdict stated so is right."""


def stated_chance(value: object) -> float | None:
    """Returns the probability that a reply's word stands for, None where it is no such word."""
    return STATED.get(value.strip(" \t\r\n.").lower()) if isinstance(value, str) else None


def stated_word(confidence: float | None) -> str | None:
    """Returns the word that *confidence* was read from, None where it was not."""
    return next((word for word, chance in STATED.items() if chance == confidence), None)
