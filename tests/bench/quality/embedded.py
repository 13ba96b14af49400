"""What the shipped embedded judge is worth, from the log-probabilities that `training.fit
--adapter` read: nothing is asked again, and `grade`'s own code makes the records."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grader import answer
from grader.grading import Attempt, grade
from grader.judge import curves
from grader.judge.curves import VERDICTS, TeamLevel
from grader.judge.per_point import PerPoint
from grader.llm.embedded import weights_file
from grader.record import JudgeInfo, PointGrade, Verdict
from grader.rubric.files import load_rubrics
from grader.scoring import CREDIT, share_of_weight, total
from grader.stats.arrays import clusters_of
from grader.stats.bootstrap import intervals
from grader.stats.two_raters import kappa, pairs
from grader.trust.calibration.ratings import read as read_ratings
from grader.trust.calibration.results import read as read_results
from grader.trust.fit import Rated, fit_level, rated
from tests.bench.quality import figures, labelled, records
from tests.bench.quality.figures import Graded
from tests.bench.saf import chosen, convert, rate
from training import replay
from training.judged import (
    WAY,
    Judged,
    cross_judged,
    judged,
    read,
    rows,
    settle,
    with_all_defences,
)
from training.questions import as_rubric, read_all

if TYPE_CHECKING:
    from tests.bench.quality.measure import Row

FEW, _DRAWS = 20, 200
HELD_OUT = "98 questions left out of training"
GROUPS = "subject groups left out of training"


async def regrade(folder: Path, data: Path) -> None:
    """Writes the records of SAF's 2,502 answers and of the labelled ones, where missing."""
    found = with_all_defences(i for i in read(folder / "trained.json.gz") if i["way"] == WAY)
    if not (folder / "saf-trained.jsonl").exists():
        answers = chosen(data, whole=True, questions=None, limit=None)
        convert(data, folder, answers)
        await replay.regrade({i["answer"]: i for i in found if i["set"] == "saf"}, answers, folder)
        rate(folder, answers)
        (folder / "results.jsonl").rename(folder / "saf-trained.jsonl")
    if not (folder / "labelled-trained.jsonl").exists():
        await _labelled({i["answer"]: i for i in found if i["set"] == "shipped"}, folder)


async def _labelled(items: Mapping[str, dict[str, Any]], folder: Path) -> None:
    info = JudgeInfo(kind="local", ask="trained", model=weights_file.weights().name)
    asked = {rubric.id: rubric for rubric in load_rubrics(labelled.SHIPPED)}
    with (folder / "labelled-trained.jsonl").open("w", encoding="utf-8") as out:
        for question, each in labelled.answers():
            item = items[f"{question}/{each.id}"]
            judge = PerPoint(replay.Replay(item).ask, info, "trained")
            name = labelled.name_of(question, each)
            read_ = answer.from_text(each.text, name)
            out.write((await grade(asked[question], Attempt(read_, name), judge)).to_json() + "\n")


def fitted_on_few(path: Path, people: Mapping[str, float], on: str) -> Iterator["Row"]:
    """Gives what a level fitted on 20 answers makes of the others: the mean of 200 draws, and the
    range that 80 of 100 draws are in."""
    from tests.bench.quality.measure import Row

    results = read_results([path])
    answers = [
        replace(each, score=people[each.key[1]])
        for each in rated(results, read_ratings(path.with_name("ratings.csv"), results))
        if each.key[1] in people
    ]
    dice = random.Random(0)
    drawn: dict[str, list[float]] = {"QWK": [], "together": [], "among": []}
    for _ in range(_DRAWS if len(answers) < 1000 else _DRAWS // 10):
        order = dice.sample(answers, len(answers))
        left = _at(fit_level(order[:FEW]), order[FEW:])
        alone = figures.graded_alone(left)
        drawn["together"].append(alone.together)
        drawn["among"].append(alone.among)
        drawn["QWK"].append(figures.quick_qwk(left))
    found = {
        name: tuple(round(float(v), 3) for v in (np.mean(some), *np.quantile(some, [0.1, 0.9])))
        for name, some in drawn.items()
    }
    plain = {"answers": len(answers) - FEW, "fitted on": FEW}
    name = "grade, embedded judge, level fitted on 20 answers"
    yield Row("fitted", on, name, found, plain)  # type: ignore[arg-type]


def _at(level: TeamLevel, answers: Sequence[Rated]) -> list[Graded]:
    found = []
    for each in answers:
        chances = [dict(zip(VERDICTS, level.applied(c), strict=True)) for c in each.chances]
        points = [
            PointGrade(id=name, weight=weight, verdict=Verdict.MISSED, probabilities=some)
            for name, weight, some in zip(each.names, each.weights, chances, strict=True)
        ]
        found.append(
            Graded(
                answer=each.key[1],
                question=each.key[0],
                people=each.score,
                given=each.given(level),
                sure=records.sureness(points, out_of=sum(each.weights)),
            )
        )
    return found


def of_items(folder: Path) -> Iterator["Row"]:
    """Gives the rows of sets that are known as labels alone: questions left out of training, and
    REALSumm's facts."""
    from tests.bench.quality.measure import EMBEDDED, row, sure

    found = read(folder / "trained.json.gz")
    base = rows(i for i in found if (i["set"], i["way"]) == ("held-out", WAY))
    every = {q.id: as_rubric(q) for questions in read_all().values() for q in questions}
    held = settle(cross_judged(base), every)
    for name, done in ((HELD_OUT, held), *_left_out(folder, every)):
        scored = of_labels(done)
        yield row("people", name, EMBEDDED, scored)
        yield from sure(name, EMBEDDED, scored)
        yield _stated(name, done)
    summaries = rows(i for i in found if (i["set"], i["way"]) == ("realsumm", "en"))
    if summaries:
        yield _summaries(judged(summaries, curves.trained()))


def _left_out(folder: Path, every: Mapping[str, Any]) -> Iterator[tuple[str, list[Judged]]]:
    """The subject groups that a second adapter was trained without, where it was."""
    path = folder / "without.json.gz"
    if path.exists():
        from training.judged import fitted

        found = [i for i in read(path) if i["way"] == WAY]
        fit_on = rows(i for i in found if i["set"] == "held-out")
        some = rows(i for i in found if i["set"] == "group")
        yield GROUPS, settle(judged(some, fitted(fit_on)), every)


def of_labels(done: Sequence[Judged]) -> list[Graded]:
    """Returns the scores of judged claims beside those of their labels."""
    answers: dict[str, list[Judged]] = {}
    for one in done:
        if not one.row.is_claim:
            answers.setdefault(one.row.item["answer"], []).append(one)
    return [_scored(name, each) for name, each in answers.items()]


def _scored(name: str, each: Sequence[Judged]) -> Graded:
    points = [
        PointGrade(
            id=j.row.id,
            weight=max(j.row.weight, 1e-6),
            verdict=j.verdict,
            probabilities=dict(zip(VERDICTS, j.chances, strict=True)),
        )
        for j in each
    ]
    score = total(points)
    labels = ((j.row.weight, CREDIT[Verdict(j.row.label or "missed")]) for j in each)
    people = share_of_weight(labels)
    low, high = score.low / 100, score.high / 100
    return Graded(
        answer=name,
        question=each[0].row.question,
        people=people,
        given=(score.percent or 0.0) / 100,
        sure=records.sureness(points, out_of=score.out_of),
        low=low,
        high=high,
        stated=records.stated(points, low, high),
        about={"band": figures.band(people), "kind": each[0].row.item["about"].get("kind", "")},
    )


def _stated(name: str, done: Sequence[Judged]) -> "Row":
    from tests.bench.quality.measure import EMBEDDED, Row

    points = [j for j in done if j.row.label and not j.row.is_claim]
    chances = [j.chances[VERDICTS.index(j.verdict)] for j in points]
    right = [j.verdict == j.row.label for j in points]
    plain = {"ECE": round(figures.calibration_error(chances, right), 3), "answers": len(points)}
    plain |= {"right": round(float(np.mean(right)), 3), "stated": round(float(np.mean(chances)), 3)}
    return Row("calibration", name, EMBEDDED, {}, plain)


def _summaries(done: Sequence[Judged]) -> "Row":
    """Facts in summaries: kappa of the judge with people's majority, with one person, and of two
    people with each other."""
    from tests.bench.quality.measure import EMBEDDED, Row, ends

    both: dict[str, list[tuple[bool, bool, str]]] = {"majority": [], "one": [], "people": []}
    for j in done:
        said = j.row.item["about"]["people"][int(j.row.id)]
        met = j.verdict == Verdict.MET
        both["majority"].append((j.row.label == "met", met, j.row.question))
        both["one"] += [(each, met, j.row.question) for each in said]
        both["people"] += [
            (a, b, j.row.question) for n, a in enumerate(said) for b in said[n + 1 :]
        ]
    found = {}
    for name, some in both.items():
        first, second, questions = zip(*some, strict=True)
        counts = pairs(
            np.array(first, float), np.array(second, float), (0, 1), clusters_of(questions)
        )
        found[name] = ends(intervals({name: kappa(counts)}, samples=1000)[name])
    plain = {"answers": len({j.row.item["answer"] for j in done}), "facts": len(done)}
    return Row("realsumm", "REALSumm, facts in summaries", EMBEDDED, found, plain)
