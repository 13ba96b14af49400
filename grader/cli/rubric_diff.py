"""``grade rubric diff``: what a change of a rubric does to grades already given."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.judge_words import BY_DEFAULT, JudgeWords, takes_judge
from grader.cli.options import (
    run,
)
from grader.errors import BadInput, BadRubric

if TYPE_CHECKING:
    from grader.answer import Answer
    from grader.authoring.diff.report import ChangeReport
    from grader.judge.options import JudgeOptions
    from grader.record import Grade
    from grader.rubric.format import Rubric


@takes_judge
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The rubric as it was.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The rubric as it is to be.")],
    results: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[RESULTS]...", help="Records (JSONL); else all in the ledger."),
    ] = None,
    regrade: Annotated[
        bool, typer.Option("--regrade", help="Ask the judge about what must be asked anew.")
    ] = False,
    answers: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="Files, or folders of files, with the answers' texts."),
    ] = None,
    judge: JudgeWords = BY_DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Show which grades a changed rubric changes, by how much, and over which key point.

    Verdicts on unchanged key points are kept, and scores added up anew, with no call. What was
    reworded or added is open until --regrade asks about it, and about nothing else. An old
    version of a file comes from version control: git show HEAD:rubrics/ID.toml > old.toml
    """
    from grader.authoring.diff.changes import changes, to_ask_anew
    from grader.authoring.diff.effect import effect, latest
    from grader.authoring.diff.report import report

    was, now = _rubric(old), _rubric(new)
    if was.id != now.id:
        raise BadInput(f"{old} is about {was.id}, {new} about {now.id}: name two versions of one")
    said = judge.options()
    found = changes(was, now)
    anew = to_ask_anew(found)
    grades, others = latest(_grades(results or [], was.id), was)
    texts = _texts(grades, answers or []) if regrade and anew else {}
    asked = run(_asked(now, anew, texts, said, judge.weights)) if texts else {}
    effects = [effect(g, now, anew, asked.get(g.digests.answer)) for g in grades]
    unread = len({g.digests.answer for g in grades} - texts.keys()) if regrade and anew else 0
    _print(report(was.id, found, anew, effects, others, unread), as_json=as_json)


def _print(found: "ChangeReport", *, as_json: bool) -> None:
    from grader.authoring.diff.report import text

    typer.echo(found.to_json() if as_json else text(found))


def _rubric(path: Path) -> "Rubric":
    """The rubric in *path*, whatever the file is called: an old version needs another name."""
    from grader.authoring.check.read import read

    reading, found = read(path)
    if reading is None:
        raise BadRubric(str(found[0]))
    return reading.rubric


def _grades(results: Sequence[Path], question: str) -> "Iterator[Grade]":
    if not results:
        from grader.ledger.ledger import Ledger, default_path

        with Ledger(default_path()) as ledger:
            yield from ledger.grades(question)
    for path in results:
        yield from _records(path)


def _records(path: Path) -> "Iterator[Grade]":
    from grader.record import Grade
    from grader.session.result_lines import records

    for number, record in records(path):
        if not isinstance(record, Grade):
            raise BadInput(f"{path}:{number}: {record}")
        yield record


def _texts(grades: "Sequence[Grade]", given: Sequence[Path]) -> "dict[str, Answer]":
    """The answers whose text is at hand, by digest: those named, and those at their own path."""
    from grader import answer
    from grader.errors import GraderError

    wanted = {grade.digests.answer for grade in grades}
    paths = [p for path in given for p in (sorted(path.iterdir()) if path.is_dir() else [path])]
    paths += [Path(grade.answer_id) for grade in grades]
    found = {}
    for path in paths:
        try:
            text = answer.read(path)
        except GraderError:
            continue  # an answer id need not be a path
        if text.digest in wanted:
            found[text.digest] = text
    return found


async def _asked(
    new: "Rubric",
    anew: frozenset[str],
    texts: "dict[str, Answer]",
    said: "JudgeOptions",
    weights: str | None,
) -> "dict[str, Grade]":
    """Grades of the answers by what changed alone, by the answers' digests."""
    from grader.authoring.diff.effect import part
    from grader.cli.options import open_bench
    from grader.grading import Attempt, grade

    rest = part(new, anew)
    async with open_bench(said, weights) as bench:
        return {
            digest: await grade(rest, Attempt(text, text.source), bench.judge)
            for digest, text in texts.items()
        }
