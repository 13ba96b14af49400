"""Examines a judge: does it answer, does it keep to a schema, does it know a right answer from a
wrong one? Every finding comes with the way out, and so does what a repair has found and done.
"""

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.answer import from_text
from grader.errors import Failed
from grader.judge.base import Judge
from grader.judge.choice import Bench
from grader.judge.items import object_schema
from grader.ledger.repair import Repair
from grader.llm.request import Reply, Unusable, read
from grader.record import PointGrade, Verdict
from grader.report.blocks import Check
from grader.rubric.files import load_rubrics
from grader.rubric.format import Rubric
from grader.rubric.labelled import LabelledAnswer, labelled_of
from grader.session.results_repair import Mended

_LINES_NAMED = 5


def ledger_check(path: Path, done: Repair) -> Check:
    """The finding on the ledger at *path*."""
    if done.problem is None:
        where = str(path) if path.exists() else f"{path}: none yet"
        return Check("ledger", True, f"{where}: nothing to repair")
    found = (
        f"{path} was damaged ({done.problem}); saved {done.replies} paid replies and"
        f" {done.grades} grades, {done.dropped} entries could not be trusted and were left behind"
    )
    aside = f"the damaged file is kept as {done.aside}; what was lost is asked again when needed"
    return Check("ledger", True, found, aside)


def results_check(path: Path, done: Mended) -> Check:
    """The finding on the results file *path*."""
    if not done.broken:
        return Check("results", True, f"{path}: {done.kept} records, nothing to mend")
    lines = ", ".join(map(str, done.broken[:_LINES_NAMED]))
    more = ", ..." if len(done.broken) > _LINES_NAMED else ""
    found = f"{path}: {len(done.broken)} lines were no records (line {lines}{more})"
    way_out = f"they are kept in {done.aside}; run the same batch again to fill the gap"
    return Check("results", True, f"{found}; {done.kept} records stay", way_out)


DOZEN = 12
_YES_SAYER = 0.5
_PASSABLE = 0.65
_UNGRADED = 0.2
_CODE = "k7-vq"
"""A word that no model says unless a schema makes it."""


@dataclass(frozen=True)
class DozenTrial:
    """How a judge did on labelled answers.

    Attributes:
        pairs: people's verdict and the judge's, None where it gave none.
    """

    pairs: tuple[tuple[Verdict, Verdict | None], ...]

    @property
    def accuracy(self) -> float:
        """Share of graded key points on which ``met`` or not was decided as by people, 0 to 1."""
        hits = [(a == Verdict.MET) == (b == Verdict.MET) for a, b in self.pairs if b is not None]
        return sum(hits) / len(hits) if hits else 0.0

    @property
    def false_credit(self) -> float:
        """Share of missed or contradicted key points that were called ``met``, 0 to 1."""
        absent = {Verdict.MISSED, Verdict.CONTRADICTED}
        given = [b == Verdict.MET for a, b in self.pairs if a in absent and b is not None]
        return sum(given) / len(given) if given else 0.0

    @property
    def ungraded(self) -> float:
        """Share of key points without a usable verdict, 0 to 1."""
        return sum(b is None for _, b in self.pairs) / len(self.pairs) if self.pairs else 0.0


def dozen(folders: Sequence[Path]) -> list[tuple[Rubric, LabelledAnswer]]:
    """A dozen labelled answers of as many questions: strong, wrong, partial and off-topic ones
    in turn."""
    kinds = ("strong", "wrong", "partial", "off-topic")
    found: list[tuple[Rubric, LabelledAnswer]] = []
    for asked in load_rubrics(folders):
        known = labelled_of(asked, folders)
        wanted = kinds[len(found) % len(kinds)]
        fitting = [a for a in (known.answers if known else ()) if a.kind == wanted]
        found += [(asked, one) for one in fitting[:1]]
    return found[:DOZEN]


async def trial(
    judge: Judge, chosen: Iterable[tuple[Rubric, LabelledAnswer]]
) -> AsyncIterator[list[tuple[Verdict, Verdict | None]]]:
    """Judges the labelled answers one after the other, giving the pairs of each."""
    for asked, one in chosen:
        judgement = await judge.judge(asked, from_text(one.text, one.id))
        yield [_pair(one, point) for point in judgement.points]


def _pair(one: LabelledAnswer, point: PointGrade) -> tuple[Verdict, Verdict | None]:
    return one.verdicts[point.id].verdict, point.verdict


def judged(result: DozenTrial) -> Check:
    """What a trial says of the judge."""
    name = "labelled answers"
    figures = (
        f"{result.accuracy:.0%} of {len(result.pairs)} key points right,"
        f" {result.false_credit:.0%} of what was not said called met"
    )
    if result.ungraded > _UNGRADED:
        way_out = "use a larger model, or --ask per-point where log-probabilities are returned"
        return Check(name, False, f"{result.ungraded:.0%} ungraded; {figures}", way_out)
    if result.false_credit > _YES_SAYER:
        way_out = "its grades mean nothing: use a larger model, --ask per-point, or --model local"
        return Check(name, False, f"it says met to nearly everything; {figures}", way_out)
    if result.accuracy < _PASSABLE:
        way_out = "use a larger model; calibrate it against people before trusting it"
        return Check(name, False, figures, way_out)
    return Check(name, True, figures)


async def answers_at_all(bench: Bench) -> Check:
    """Whether a plain request is answered."""
    try:
        reply = await bench.ask(_plain("Reply with the word ready."))
        model = read(reply).model or bench.target.model
    except Failed as error:
        return Check("answers", False, str(error))
    except Unusable as unusable:
        return Check("answers", False, str(unusable), "check --base-url and --model")
    return Check("answers", True, f"as {model}")


async def keeps_to_schemas(bench: Bench) -> Check:
    """Whether a strict schema binds the model: it is asked for one thing, the schema for
    another."""
    schema = object_schema({"code": {"type": "string", "enum": [_CODE]}})
    form = {"name": "check", "strict": True, "schema": schema}
    body = _plain("Say hello.") | {"response_format": {"type": "json_schema", "json_schema": form}}
    good = _code(await bench.ask(body)) == _CODE
    if good:
        return Check("strict schemas", True, "honoured")
    way_out = "replies may be unusable: use an endpoint with structured outputs"
    return Check("strict schemas", False, "not honoured", way_out)


def _code(reply: Reply) -> object:
    try:
        value = json.loads(read(reply).text)
    except (Unusable, ValueError, RecursionError):
        return None
    return value.get("code") if isinstance(value, dict) else None


async def gives_log_probabilities(bench: Bench) -> Check:
    """Whether ``--ask per-point`` can work there."""
    body = _plain("Reply Yes or No: is water wet?")
    reply = await bench.ask(body | {"max_tokens": 1, "logprobs": True, "top_logprobs": 5})
    try:
        given = bool(read(reply).first_token.top_logprobs)
    except Unusable:
        given = False
    if given:
        return Check("log-probabilities", True, "given: --ask per-point works")
    needed = bench.target.ask == "per-point"
    way_out = "leave --ask per-point out" if needed else ""
    return Check("log-probabilities", False if needed else None, "not given", way_out)


def _plain(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}
