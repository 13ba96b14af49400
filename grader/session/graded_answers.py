"""Finds graded answers by what people call them: an id, or the first digits of a digest."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from grader.errors import BadInput
from grader.ledger.decisions import AnswerRef
from grader.session.result_lines import ResultLine, result_in
from grader.text.safe import one_line

_SHORT = 60
_LEAST_DIGITS = 6
"""Hexadecimal digits of a digest that may stand for an answer."""


def choose_answer(
    known: Sequence[AnswerRef], answer: str, question: str | None, where: str
) -> AnswerRef:
    """Returns the text and rubric that were graded last of the answer that is meant.

    Args:
        known: in the order in which they were graded.
        answer: its id, or the first digits of its text's digest.
        question: needed where the id stands under several.
        where: names what *known* was read from.

    Raises:
        BadInput: there is no such answer, or there are several.
    """
    name, matching = one_line(answer, _SHORT), matching_answers(known, answer, question)
    if not matching:
        asked = f" to {question}" if question else ""
        near = get_close_matches(answer, [ref.answer_id for ref in known], n=1)
        hint = f"; did you mean {one_line(near[0], _SHORT)}?" if near else ""
        raise BadInput(f"no answer {name}{asked} in {where}{hint}")
    questions = dict.fromkeys(ref.question for ref in matching)
    if len(questions) > 1:
        raise BadInput(f"answer {name} in {where} is to {' and '.join(questions)}: add --q ID")
    ids = dict.fromkeys(ref.answer_id for ref in matching)
    if len(ids) > 1:
        names = ", ".join(one_line(each, _SHORT) for each in list(ids)[:3])
        raise BadInput(f"{name} may be several answers in {where}: name one of {names}")
    return matching[-1]


def matching_answers(
    known: Sequence[AnswerRef], answer: str, question: str | None
) -> list[AnswerRef]:
    """Returns those of *known* that *answer* may mean, in their order."""
    of_question = [ref for ref in known if question in (None, ref.question)]
    by_id = [ref for ref in of_question if ref.answer_id == answer]
    start = answer.removeprefix("sha256:").lower()
    if by_id or len(start) < _LEAST_DIGITS:
        return by_id
    return [ref for ref in of_question if ref.answer.removeprefix("sha256:").startswith(start)]


def ref_of(line: ResultLine) -> AnswerRef:
    """Returns what *line* is the grade of."""
    digests = line.digests
    return AnswerRef(line.question, line.answer_id, digests.answer, digests.rubric)


def result_lines(path: Path) -> Iterator[tuple[bytes, ResultLine]]:
    """The records with their lines; blank lines and a last one that was cut off are left out.

    Raises:
        BadInput: a whole line is no record.
    """
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            line = result_in(raw)
            if line is not None:
                yield raw, line
            elif raw.strip() and raw.endswith(b"\n"):
                raise BadInput(
                    f"--results {path}:{number}: not a record of grade;"
                    f" mend it with: grade doctor --repair {path}"
                )
