"""What each defence of the embedded judge gains against attacks, and costs honest answers.

    python -m tests.bench.defences [--suite FILE] [QUESTION ...]

The defences are put on one after the other. Attacks that earned something in place of an answer,
that raised an answer's score, and honest additions that cost something are counted as
``grade audit`` counts them; agreement is with the labelled answers, met or not. Replies come from
the ledger where it has them: a second run, or another order of the defences, asks little.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader import answer, labelled, rubric
from grader.answer import Answer, has_content
from grader.audit.cases import Case, cases
from grader.audit.suite import load, read
from grader.calibrated import finding, mean_of_others
from grader.choice import LOCAL, Options, bench
from grader.data import folder
from grader.errors import BadInput
from grader.fit import usable
from grader.ledger import Ledger, default_path
from grader.local import weights
from grader.own_words import (
    Line,
    all_lines,
    making_points,
    own_lines,
    own_text,
    with_the_rest,
)
from grader.per_point import PerPoint
from grader.record import PointGrade, Verdict
from grader.rubric import KeyPoint, Rubric
from grader.scoring import total
from grader.subject import is_elsewhere, supports, to_be_shown

FOLDERS = (folder("rubrics"),)
STAGES = (
    "none",
    "nothing gradable is not asked about",
    "what speaks to the grader is cut out",
    "verdicts compared with the whole's",
    "word-for-word denials contradict",
    "other subjects are left to people",
    "no sentence, no credit without a word",
    "a recited misconception is no point",
)
GRADABLE, CUT, COMPARED, DENIED, ELSEWHERE, BY_WORD, RECITED = range(1, len(STAGES))


@dataclass
class Count:
    """What was counted with the defences of a stage."""

    hits: dict[str, list[bool]] = field(
        default_factory=lambda: {"no-credit": [], "no-gain": [], "no-loss": []}
    )
    agreed: list[bool] = field(default_factory=list)
    ungraded: int = 0

    def line(self, stage: str) -> str:
        shares = [f"{sum(each):4}/{len(each):<5}" for each in self.hits.values()]
        right = sum(self.agreed) / max(len(self.agreed), 1)
        return f"{stage:38} {' '.join(shares)} {right:9.3f} {self.ungraded:9}"


async def verdicts(
    judge: PerPoint, asked: Rubric, text: Answer, stage: int
) -> list[Verdict | None]:
    """The verdicts with the defences up to *stage*; None where a person must decide."""
    questions = (asked.question.en, asked.question.zh)
    said = own_text(text) if stage >= CUT else text.text
    if stage >= GRADABLE and not has_content(said, questions):
        return [Verdict.MISSED for _ in asked.key_points]
    every = all_lines(text)
    own = own_lines(text, asked) if stage >= CUT else every
    elsewhere = stage >= ELSEWHERE and is_elsewhere(own, asked)
    shown = to_be_shown(own, asked) if stage >= BY_WORD else own
    free = elsewhere or stage < BY_WORD
    making = making_points(own, asked) if stage >= RECITED else own
    held = {p.id for p in asked.key_points if free or supports(making, p, asked)}
    found = await _found(judge, asked, shown, held, stage)
    if stage >= COMPARED and shown and every != own:
        whole = with_the_rest(shown, own, every)
        again = await _found(judge, asked, whole, held, stage)
        found = [a if a == b else None for a, b in zip(found, again, strict=True)]
    credited = (Verdict.MET, Verdict.PARTIAL)
    return [None if elsewhere and v in credited else v for v in found]


async def _found(
    judge: PerPoint, asked: Rubric, lines: Sequence[Line], held: Collection[str], stage: int
) -> list[Verdict | None]:
    shown = making_points(tuple(lines), asked) if stage >= RECITED else tuple(lines)
    if not shown:
        return [Verdict.MISSED for _ in asked.key_points]
    about = judge.questions(shown)
    denied = {p.id for p in asked.key_points if stage >= DENIED and about.denied(p)}
    open_points = [p for p in asked.key_points if p.id not in denied]
    odds = {p.id: await usable(about.point_log_odds(p)) for p in open_points}
    known = [value for value in odds.values() if value is not None]

    def verdict(point: KeyPoint) -> Verdict | None:
        own = odds.get(point.id)
        if own is None:
            return Verdict.CONTRADICTED if point.id in denied else None
        others, supported = mean_of_others(own, known), point.id in held
        found = finding(
            own, judge.calibration, others=others, binary=point.binary, supported=supported
        )
        return found.verdict

    return [verdict(point) for point in asked.key_points]


async def measure(judge: PerPoint, asked: Rubric, given: Sequence[Case], stage: int) -> Count:
    """The counts for one question."""
    count = Count()

    async def of(text: str) -> tuple[float, int]:
        try:
            read_ = answer.from_text(text, "bench")
        except BadInput:
            return 0.0, 0
        return _earned(asked, await verdicts(judge, asked, read_, stage))

    for case in given:
        before = await of(case.base.text) if case.base else (0.0, 0)
        after = await of(case.text)
        if case.attack.expect == "no-loss":
            moved = after[0] < before[0] or after[1] > before[1]
        else:
            moved = after[0] > before[0]
        count.hits[case.attack.expect].append(moved)
    known = labelled.of(asked, FOLDERS)
    for one in known.answers if known else ():
        found = await verdicts(judge, asked, answer.from_text(one.text, one.id), stage)
        for point, verdict in zip(asked.key_points, found, strict=True):
            count.ungraded += verdict is None
            people = one.verdicts[point.id].verdict == Verdict.MET
            count.agreed.append((verdict == Verdict.MET) == people)
    return count


def _earned(asked: Rubric, found: Sequence[Verdict | None]) -> tuple[float, int]:
    """Per cent that is surely earned, and how many key points a person must decide."""
    grades = [
        PointGrade.model_construct(id=p.id, weight=p.weight, verdict=v, evidence=())
        for p, v in zip(asked.key_points, found, strict=True)
    ]
    score = total(grades, ())
    return (score.low if score.percent is None else score.percent), sum(v is None for v in found)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--suite", type=Path)
    parser.add_argument("questions", nargs="*")
    wanted = parser.parse_args()
    found = weights.find()
    if found is None:
        sys.exit("the weights are not here: grade model pull")
    attacks = read(wanted.suite) if wanted.suite else load()
    rubrics = [
        r for r in rubric.load_all(FOLDERS) if not wanted.questions or r.id in wanted.questions
    ]
    print(f"{'defences so far':38} {'earned':10} {'raised':10} {'lost':10} agreement  ungraded")
    with Ledger(default_path()) as ledger:
        async with bench(Options(LOCAL), os.environ, ledger, lambda: found) as open_:
            judge = open_.judge
            assert isinstance(judge, PerPoint)
            for stage, name in enumerate(STAGES):
                total_ = Count()
                for asked in rubrics:
                    one = await measure(judge, asked, list(cases([asked], attacks, FOLDERS)), stage)
                    for expect, hits in one.hits.items():
                        total_.hits[expect] += hits
                    total_.agreed += one.agreed
                    total_.ungraded += one.ungraded
                print(total_.line(name), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
