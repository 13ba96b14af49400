"""What each defence of the embedded judge gains against attacks, and costs honest answers.

    python -m tests.bench.defences [--suite FILE] [--with NAME ...] [QUESTION ...]

Without defences, with all, and with all but one. Counted as ``grade audit`` counts: attacks that
earned something in place of an answer, that raised an answer's score beyond its interval, honest
additions that lowered it beyond; and the share of key points whose verdict is the labelled one.
Replies come from the ledger where it has them, so that a second run asks nothing.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader import answer
from grader.grading import Attempt, grade
from grader.judge.choice import bench
from grader.judge.defences import Defence, each_left_out
from grader.judge.options import LOCAL, JudgeOptions
from grader.judge.per_point import PerPoint
from grader.ledger.ledger import Ledger, default_path
from grader.llm.embedded import weights
from grader.rubric.files import load_rubrics
from grader.rubric.format import Rubric
from grader.rubric.labelled import labelled_of
from grader.trust.audit.cases import AttackCase, Expect, cases, load, read
from grader.trust.audit.run import run
from grader.util.files import data_folder

FOLDERS = (data_folder("rubrics"),)
EXPECTS: tuple[Expect, ...] = ("no-credit", "no-gain", "no-loss")


@dataclass
class Count:
    """What was counted with one choice of defences.

    Attributes:
        moved: the texts of each expectation, and those that moved a score beyond its interval.
        agreed: for each labelled key point whether the verdict was the labelled one.
        ungraded: labelled key points left to a person.
        aside: labelled answers of which something was set aside.
    """

    moved: dict[Expect, list[bool]] = field(default_factory=lambda: {e: [] for e in EXPECTS})
    agreed: list[bool] = field(default_factory=list)
    ungraded: int = 0
    aside: int = 0

    def line(self, name: str) -> str:
        shares = [f"{sum(each)}/{len(each)}" for each in self.moved.values()]
        right = sum(self.agreed) / max(len(self.agreed), 1)
        columns = " ".join(f"{share:>12}" for share in shares)
        return f"{name:30} {columns} {right:9.3f} {self.ungraded:8} {self.aside:9}"


def choices(names: Sequence[str]) -> dict[str, tuple[Defence, ...]]:
    """The defences to be tried, by the name of their choice; those of *names*, or every one."""
    tried = each_left_out()
    return {name: tried[name] for name in names or tried}


async def measure(judge: PerPoint, asked: Sequence[Rubric], given: Sequence[AttackCase]) -> Count:
    """The counts of one judge."""
    count = Count()
    for one in asked:
        for outcome in await run([case for case in given if case.rubric == one], judge):
            count.moved[outcome.case.attack.expect].append(outcome.move.beyond_doubt)
        await _agreement(judge, one, count)
    return count


async def _agreement(judge: PerPoint, asked: Rubric, count: Count) -> None:
    known = labelled_of(asked, FOLDERS)
    for one in known.answers if known else ():
        attempt = Attempt(answer.from_text(one.text, one.id), one.id)
        found = await grade(asked, attempt, judge)
        count.aside += bool(found.set_aside)
        for point in found.key_points:
            count.ungraded += point.verdict is None
            count.agreed.append(point.verdict == one.verdicts[point.id].verdict)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--suite", type=Path)
    parser.add_argument("--with", dest="names", nargs="+", default=[], choices=list(choices([])))
    parser.add_argument("questions", nargs="*")
    wanted = parser.parse_args()
    found = weights.find()
    if found is None:
        sys.exit("the weights are not here: grade model pull")
    attacks = read(wanted.suite) if wanted.suite else load()
    asked = [r for r in load_rubrics(FOLDERS) if not wanted.questions or r.id in wanted.questions]
    given = list(cases(asked, attacks, FOLDERS))
    print(
        f"{'defences':30} {'earned':>12} {'raised':>12} {'lost':>12} agreement ungraded set aside"
    )
    with Ledger(default_path()) as ledger:
        async with bench(JudgeOptions(LOCAL), os.environ, ledger, lambda: found) as opened:
            judge = opened.judge
            assert isinstance(judge, PerPoint)
            for name, defences in choices(wanted.names).items():
                count = await measure(replace(judge, defences=defences), asked, given)
                print(count.line(name), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
