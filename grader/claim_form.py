"""The form in which the trained embedded judge is asked, and in which it was trained.

One prefix an answer, its sentences numbered, shared by all its claims; then one claim. The model
goes on with one of four words and the number of the sentence that shows it.
"""

from collections.abc import Sequence

from grader import prompt
from grader.record import Verdict

WORDS = {
    Verdict.MET: "Yes",
    Verdict.PARTIAL: "Half",
    Verdict.MISSED: "No",
    Verdict.CONTRADICTED: "Wrong",
}
"""The word, one token each, that a reply begins with."""

TEMPLATES = ("trained-answer", "trained-line", "trained-claim", "trained-claim-noted")


def prefix(question: str, lines: Sequence[str]) -> str:
    """Returns the shared beginning of all requests on one answer, its *lines* numbered from 1."""
    numbered = (
        prompt.fill("trained-line", number=str(number), line=_on_one_line(line))
        for number, line in enumerate(lines, 1)
    )
    return prompt.fill(
        "trained-answer", question=_on_one_line(question), answer="".join(numbered).rstrip("\n")
    )


def suffix(claim: str, partial: str | None = None) -> str:
    """Returns what follows the prefix: one claim, with what counts as half of it if that is
    known."""
    if partial is None:
        return prompt.fill("trained-claim", claim=_on_one_line(claim))
    return prompt.fill(
        "trained-claim-noted", claim=_on_one_line(claim), partial=_on_one_line(partial)
    )


def reply(verdict: Verdict, line: int | None) -> str:
    """Returns the reply that the judge is trained to give, *line* counted from 1."""
    return WORDS[verdict] + (f" [{line}]" if line is not None else "")


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
