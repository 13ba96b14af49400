"""Examines a judge: does it answer, does it keep to a schema, does it know a right answer from a
wrong one? Every finding comes with the way out, and so does what a repair has found and done.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import Failed
from grader.judge.choice import Bench
from grader.judge.items import object_schema
from grader.ledger.repair import Repair
from grader.llm.request import Reply, Unusable, read
from grader.record import Verdict
from grader.report.blocks import Check
from grader.rubric.files import load_rubrics
from grader.rubric.labelled import labelled_of
from grader.session.results_repair import Mended
from grader.trust.trial.report import LabelRow
from grader.trust.trial.run import LabelledCase

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
_ABSENT = (Verdict.MISSED, Verdict.CONTRADICTED)
_CODE = "k7-vq"
"""A word that no model says unless a schema makes it."""


@dataclass(frozen=True)
class DozenTrial:
    """How a judge did on labelled answers: a row for each key point."""

    rows: tuple[LabelRow, ...]

    @property
    def accuracy(self) -> float:
        """Share of graded key points on which ``met`` or not was decided as by people, 0 to 1."""
        return _share(
            (row.label.verdict == Verdict.MET) == (row.grade.verdict == Verdict.MET)
            for row in self.rows
            if row.grade.verdict is not None
        )

    @property
    def false_credit(self) -> float:
        """Share of missed or contradicted key points that were called ``met``, 0 to 1."""
        return _share(
            row.grade.verdict == Verdict.MET
            for row in self.rows
            if row.label.verdict in _ABSENT and row.grade.verdict is not None
        )

    @property
    def ungraded(self) -> float:
        """Share of key points without a usable verdict, 0 to 1."""
        return _share(row.grade.verdict is None for row in self.rows)


def _share(hits: Iterable[bool]) -> float:
    each = list(hits)
    return sum(each) / len(each) if each else 0.0


def dozen(folders: Sequence[Path]) -> list[LabelledCase]:
    """A dozen labelled answers of as many questions: strong, wrong, partial and off-topic ones
    in turn."""
    kinds = ("strong", "wrong", "partial", "off-topic")
    chosen: list[LabelledCase] = []
    for asked in load_rubrics(folders):
        labelled = labelled_of(asked, folders)
        wanted = kinds[len(chosen) % len(kinds)]
        fitting = [a for a in (labelled.answers if labelled else ()) if a.kind == wanted]
        chosen += [LabelledCase(asked, answer) for answer in fitting[:1]]
    return chosen[:DOZEN]


def judged(result: DozenTrial) -> Check:
    """What a trial says of the judge."""
    name = "labelled answers"
    figures = (
        f"{result.accuracy:.0%} of {len(result.rows)} key points right,"
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
        reply = await _ask(bench, _plain("Reply with the word ready."))
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
    good = _code(await _ask(bench, body)) == _CODE
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
    reply = await _ask(bench, body | {"max_tokens": 1, "logprobs": True, "top_logprobs": 5})
    try:
        given = bool(read(reply).first_token.top_logprobs)
    except Unusable:
        given = False
    if given:
        return Check("log-probabilities", True, "given: --ask per-point works")
    needed = bench.target.ask == "per-point"
    way_out = "leave --ask per-point out" if needed else ""
    return Check("log-probabilities", False if needed else None, "not given", way_out)


async def _ask(bench: Bench, body: dict[str, Any]) -> Reply:
    """Asks with the user's own parameters, which win here as they do when answers are judged."""
    return await bench.ask(body | bench.options.parameters)


def _plain(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}
