"""The exact words sent: templates from ``prompts/``, each filled once.

A value is never treated as a template: what stands in an answer stays as it stands. The trained
embedded judge is asked in the form in which it was trained: one prefix an answer, its sentences
numbered, shared by all its claims; then one claim. The model goes on with one of four words and
the number of the sentence that shows it.
"""

import hashlib
from collections.abc import Sequence
from functools import cache
from string import Template

from grader.answer import Answer
from grader.record import Verdict
from grader.rubric.format import KeyPoint, Misconception, Rubric
from grader.rubric.wording import Worded
from grader.util.files import data_folder

Message = dict[str, str]
"""``{"role": ..., "content": ...}`` of the chat completions format."""


@cache
def _template(name: str) -> Template:
    return Template((data_folder("prompts") / f"{name}.md").read_text(encoding="utf-8"))


def _words(name: str) -> str:
    return str(_template(name).template)


def fill(name: str, **values: str | None) -> str:
    """The template ``prompts/<name>.md`` with every placeholder filled.

    The line of a placeholder that is None is left out.

    Raises:
        KeyError: a placeholder has no value.
        ValueError: a value has no placeholder, which would silently not be sent.
    """
    template = _template(name)
    unused = values.keys() - set(template.get_identifiers())
    if unused:
        raise ValueError(f"prompts/{name}.md has no place for {', '.join(sorted(unused))}")
    for name, value in values.items():
        if value is None:
            template = Template(template.template.replace(f"${name}\n", ""))
    return template.substitute(values)


def digest(*names: str, also: str = "") -> str:
    """``sha256:...`` over the templates *names*, so that a changed wording shows in the record.

    Args:
        also: what else decides the verdicts, such as a calibration.
    """
    text = "\0".join([*map(_words, names), also])
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def mark(answer: Answer) -> str:
    """The fence of an answer: 32 hexadecimal digits that the answer cannot contain.

    It is the answer's own digest: no text can hold a chosen part of its own SHA-256, so nobody
    can write it in advance, and yet the same answer makes the same request, which the ledger
    needs in order never to pay twice.
    """
    return answer.digest.removeprefix("sha256:")[:32]


def key_point(point: KeyPoint) -> str:
    """One key point with its notes, as the judge sees it. The weight is not shown."""
    notes = [fill("note", level=level, note=note) for level, note in point.notes if note]
    return fill("key-point", id=point.id, text=_wordings(point), notes="".join(notes))


def misconception(claim: Misconception) -> str:
    """One misconception, as the judge sees it: the claim without its correction."""
    return fill("misconception", id=claim.id, text=_wordings(claim))


def _wordings(worded: Worded) -> str:
    """The texts in all languages, a line each; once where they are the same."""
    return "\n".join(worded.wordings)


@cache
def _rubric_message(rubric: Rubric) -> Message:
    points = "".join(key_point(point) for point in rubric.key_points)
    text = fill("rubric", question=_wordings(rubric.question), key_points=points)
    if claims := "".join(misconception(claim) for claim in rubric.misconceptions):
        text += fill("misconceptions", misconceptions=claims)
    # One message for rules and rubric: the prefix that all answers to a question share.
    return {"role": "system", "content": fill("rules") + "\n" + text}


def one_call(rubric: Rubric, answer: Answer) -> list[Message]:
    """Rules and rubric first, the fenced answer last."""
    asked = fill("answer", mark=mark(answer), answer=answer.text)
    return [_rubric_message(rubric), {"role": "user", "content": asked}]


def again(rubric: Rubric, answer: Answer, item: str, problem: str) -> list[Message]:
    """The same rules and rubric, then one key point or misconception alone.

    Args:
        item: the rendered key point or misconception.
        problem: ``quote``, ``short`` or ``shape``: why it is asked again.
    """
    asked = fill(
        "again",
        problem=fill(f"again-{problem}").strip(),
        item=item,
        mark=mark(answer),
        answer=answer.text,
    )
    return [_rubric_message(rubric), {"role": "user", "content": asked}]


def whole_again(rubric: Rubric, answer: Answer) -> list[Message]:
    """The same rules, rubric and answer, where nothing in the reply could be used."""
    asked = fill("again-whole", mark=mark(answer), answer=answer.text)
    return [_rubric_message(rubric), {"role": "user", "content": asked}]


ONE_CALL = (
    "rules",
    "rubric",
    "key-point",
    "note",
    "misconceptions",
    "misconception",
    "answer",
)
"""The templates of a one-call request."""
AGAIN = ("again", "again-quote", "again-shape", "again-short", "again-whole")
"""The templates of asking again: one item, or the whole."""
PER_POINT = (
    "per-point-system",
    "per-point-answer",
    "per-point-sentence",
    "per-point",
    "per-claim",
    "per-point-evidence",
)
"""The templates of the yes/no questions."""


WORDS = {
    Verdict.MET: "Yes",
    Verdict.PARTIAL: "Half",
    Verdict.MISSED: "No",
    Verdict.CONTRADICTED: "Wrong",
}
"""The word, one token each, that a reply begins with."""

TRAINED = ("trained-answer", "trained-line", "trained-claim", "trained-claim-noted")


def prefix(question: str, lines: Sequence[str]) -> str:
    """Returns the shared beginning of all requests on one answer, its *lines* numbered from 1."""
    numbered = (
        fill("trained-line", number=str(number), line=_on_one_line(line))
        for number, line in enumerate(lines, 1)
    )
    return fill(
        "trained-answer", question=_on_one_line(question), answer="".join(numbered).rstrip("\n")
    )


def suffix(claim: str, partial: str | None = None) -> str:
    """Returns what follows the prefix: one claim, with what counts as half of it if that is
    known."""
    if partial is None:
        return fill("trained-claim", claim=_on_one_line(claim))
    return fill("trained-claim-noted", claim=_on_one_line(claim), partial=_on_one_line(partial))


def reply(verdict: Verdict, line: int | None) -> str:
    """Returns the reply that the judge is trained to give, *line* counted from 1."""
    return WORDS[verdict] + (f" [{line}]" if line is not None else "")


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
