"""What there is to settle, for the terminal and as JSON, with the command that settles it."""

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from grader.record import Override, Score
from grader.report.blocks import Block, Heading, Line, Tone
from grader.report.words import number, verdict
from grader.scoring import surely_reaches
from grader.text.catalogue import Catalogue, words_in
from grader.text.safe import one_line
from grader.trust.calibration import words
from grader.trust.calibration.settle import GivenVerdict, RatingDifference

_TONES: dict[str, Tone] = {"met": "good", "partial": "fair", "contradicted": "bad"}
_WIDTH = 78
_LONGEST_ID = 40
_QUOTED = 200
_DIGITS = 16


def settle_blocks(
    found: Sequence[RatingDifference], results: Path, most: int, language: str
) -> Iterator[Block]:
    """What is printed: the first *most* differences, each with the command that settles it."""
    say, verdicts = words.catalogue(language)["settle"], words_in(language)
    if not found:
        yield Line(say["none"])
        return
    yield Heading(say["title"])
    passing = sum(each.changes_pass for each in found)
    yield Line(say["counts"].format(count=len(found), passing=passing), "note")
    for place, each in enumerate(found[:most], start=1):
        yield from _difference(each, place, results, say, verdicts)
    if len(found) > most:
        yield Line(f"\n{say['more'].format(count=len(found) - most)}", "note")


def command(answer_id: str, digest: str, question: str, point: str, more: Sequence[str]) -> str:
    """Returns the ``grade override`` command, cut at its options so that no line is too long."""
    plain = one_line(answer_id) == answer_id and len(answer_id) <= _LONGEST_ID
    # What cannot be typed as it is shown is named by its digest
    name = (
        answer_id
        if plain and not answer_id.startswith("-")
        else digest.rpartition(":")[2][:_DIGITS]
    )
    return cut_at_options(
        f"grade override {typed(name)}", f"--q {typed(question)}", f"--point {typed(point)}", *more
    )


def typed(word: str) -> str:
    """Returns *word* as it is typed into a shell."""
    return shlex.quote(word)


def cut_at_options(*parts: str) -> str:
    """Returns a command in lines that fit a terminal and may be typed as they are."""
    lines = [parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + len(part) + 3 > _WIDTH - 4:
            lines.append(part)
        else:
            lines[-1] += f" {part}"
    return " \\\n  ".join(lines)


def settle_json(found: Iterable[RatingDifference]) -> str:
    """All differences as JSON, in the same order."""
    return json.dumps([_as_json(each) for each in found], ensure_ascii=False, indent=2)


def _difference(
    each: RatingDifference, place: int, results: Path, say: Catalogue, verdicts: Catalogue
) -> Iterator[Block]:
    yield Heading(
        f"{place}. {words.name(each.answer_id)} ({each.question})"
        f" {each.key_point} ×{number(each.weight)}"
    )
    yield Line(_effect(each, say, verdicts), "strong" if each.changes_pass else "plain", indent=3)
    for given in each.given:
        word = verdict(given.verdict, verdicts)
        tone = _TONES.get(given.verdict or "", "note")
        yield Line(f"{words.name(given.rater)}: {word}{_because(given)}", tone, indent=3)
    if each.decided is not None:
        yield Line(_decided(each.decided, say, verdicts), "strong", indent=3)
    chosen = each.proposed.value if each.proposed else "V"
    more = [f"--verdict {chosen}", "--by NAME", "--why TEXT"]
    more.append(f"--results {typed(str(results))}")
    shown = command(each.answer_id, each.digest, each.question, each.key_point, more)
    yield Line(shown, indent=3)


def _because(given: GivenVerdict) -> str:
    quotes = [f"“{one_line(piece.text, _QUOTED)}”" for piece in given.evidence[:2]]
    said = [one_line(given.said, _QUOTED)] if given.said else []
    told = " ".join([*quotes, *said])
    return f" — {told}" if told else ""


def _decided(override: Override, say: Catalogue, verdicts: Catalogue) -> str:
    word = verdict(override.verdict, verdicts)
    line = say["decided"].format(by=words.name(override.by), verdict=word)
    return f"{line} {one_line(override.reason)}".rstrip()


def _effect(each: RatingDifference, say: Catalogue, verdicts: Catalogue) -> str:
    told = [say["stands"].format(score=_score(each.score, each, say))]
    told += [
        f"{verdict(value, verdicts)} {_score(score, each, say)}"
        for value, score in each.outcomes.items()
    ]
    return "; ".join(told)


def _score(score: Score, each: RatingDifference, say: Catalogue) -> str:
    if score.percent is None:
        line = f"{number(score.low)}–{number(score.high)} %"
    else:
        line = f"{number(score.percent)} %"
    if each.pass_mark is None or not each.changes_pass:
        return line
    return f"{line} ({say['passes' if surely_reaches(score, each.pass_mark) else 'fails']})"


def _as_json(each: RatingDifference) -> dict[str, Any]:
    return {
        "question": each.question,
        "answer_id": each.answer_id,
        "digest": each.digest,
        "candidate": each.candidate,
        "key_point": each.key_point,
        "weight": each.weight,
        "changes_pass": each.changes_pass,
        "moves": each.moves,
        "proposed": each.proposed,
        "score": each.score.model_dump(mode="json"),
        "outcomes": {v.value: s.model_dump(mode="json") for v, s in each.outcomes.items()},
        "given": [
            {
                "rater": given.rater,
                "kind": "human" if given.is_person else "model",
                "verdict": given.verdict,
                "evidence": [piece.model_dump(mode="json") for piece in given.evidence],
                "said": given.said,
            }
            for given in each.given
        ],
        "decided": each.decided.model_dump(mode="json") if each.decided else None,
    }
