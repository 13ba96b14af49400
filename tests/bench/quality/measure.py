"""Every figure of the page that needs no network: `python -m tests.bench.quality.measure DIR`.

DIR holds what was graded: `trained.json.gz` (what `training.fit --adapter` read with the shipped
adapter), `without.json.gz` (what one trained without some subject groups read), `saf-*.jsonl`
and `labelled-*.jsonl` (`grade batch` on the base model, its form in the name), `tools/NAME.jsonl`
with `NAME.took.json` (the other tools), `network.jsonl` and `twice.jsonl` (of the modules of these
names). What is not there is left out. The figures go to `figures.json` beside this file, from which
`tests.bench.quality.page` makes the page.
"""

import argparse
import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.stats.statistic import Interval
from grader.trust.calibration import thresholds
from grader.trust.calibration.decide import Shared, decide
from grader.trust.calibration.values import Estimate
from tests.bench.quality import embedded, figures, labelled, records, strong
from tests.bench.quality.figures import Graded
from tests.bench.quality.items import items
from tests.bench.quality.replay import read_lines
from tests.bench.saf import DATA, chosen

FIGURES = Path(__file__).with_name("figures.json")
SAF = "SAF, 260 exam answers"
SAF_WHOLE = "SAF, all 2,502"
LABELLED = "162 labelled answers"
ONE_EACH = "of these one a question, 18"
FULL_MARKS = "full marks for everybody"
STRONG = "grade, a strong model, one call"
EMBEDDED = "grade, embedded judge"
FORMS = {
    "one-call": "grade, base model, one call",
    "per-point": "grade, base model, a question a key point",
}


@dataclass(frozen=True)
class Row:
    """One row of the page.

    Attributes:
        figures: by name, each a value with its interval's ends or None.
        plain: numbers and words without an interval.
    """

    section: str
    set: str
    grader: str
    figures: dict[str, tuple[float | None, float | None, float | None]] = field(
        default_factory=dict
    )
    plain: dict[str, Any] = field(default_factory=dict)


def row(section: str, on: str, grader: str, rows: Sequence[Graded], **plain: Any) -> Row:
    """Returns the row of a grader's scores on a set."""
    found = figures.agreement(rows)
    kept = [each for each in rows if each.given is not None]
    plain = {"answers": len(rows), "graded": len(kept), "trust": trust(grader, kept, found)} | plain
    return Row(section, on, grader, {name: ends(value) for name, value in found.items()}, plain)


def ends(value: Interval) -> tuple[float | None, float | None, float | None]:
    """Returns a value and its interval, in three digits."""
    return tuple(None if v is None else round(v, 3) for v in (value.value, value.low, value.high))  # type: ignore[return-value]


def trust(grader: str, rows: Sequence[Graded], found: dict[str, Interval]) -> str | None:
    """Returns what `grade calibrate` allows by these intervals."""
    if not found:
        return None
    count = len(rows)

    def estimate(name: str) -> Estimate:
        value = found[name]
        return Estimate(
            value=value.value,
            low=value.low,
            high=value.high,
            n=count,
            clusters=len({row.question for row in rows}),
        )

    given = {"qwk": estimate("QWK"), "pearson": estimate("r"), "smd": estimate("SMD")}
    shared = Shared(answers=count, candidates=count, humans=1)
    return decide(grader, None, shared, given, thresholds.load()).trust.value


def saf_people(data: Path, *, whole: bool) -> dict[str, float]:
    """Returns people's scores of SAF's answers."""
    found = chosen(data, whole=whole, questions=None, limit=None)
    return {answer["answer_id"]: answer["human_score"] for answer in found}


def of_saf(folder: Path, data: Path) -> Iterator[Row]:
    """Gives the rows of SAF."""
    for whole, on in ((False, SAF), (True, SAF_WHOLE)):
        people = saf_people(data, whole=whole)
        path = folder / "saf-trained.jsonl"
        if path.exists():
            for expected, name in ((False, "score by verdicts"), (True, "expected score")):
                rows = records.of_grade(path, people, expected=expected)
                yield row("people", on, f"{EMBEDDED}, {name}", rows)
                yield from sure(on, f"{EMBEDDED}, {name}", rows)
            yield from embedded.fitted_on_few(path, people, on)
    people = saf_people(data, whole=False)
    for form, name in FORMS.items():
        if (folder / f"saf-{form}.jsonl").exists():
            rows = records.of_grade(folder / f"saf-{form}.jsonl", people)
            yield row("people", SAF, name, rows, **_took(folder / f"saf-{form}.jsonl"))
            yield from sure(SAF, name, rows)


def _took(path: Path) -> dict[str, Any]:
    used = [line["usage"] for line in read_lines(path)]
    count = len(used) or 1
    return {
        "calls": round(sum(u["calls"] for u in used) / count, 2),
        "input tokens": round(sum(u["input_tokens"] for u in used) / count),
        "output tokens": round(sum(u["output_tokens"] for u in used) / count),
    }


def of_labelled(folder: Path) -> Iterator[Row]:
    """Gives the rows of the project's labelled answers."""
    graders = {"trained": EMBEDDED, **FORMS}
    kept = {labelled.name_of(question, given) for question, given in strong.sample()}
    for form, name in (*graders.items(), ("strong", STRONG)):
        path = folder / f"labelled-{form}.jsonl"
        if not path.exists():
            continue
        rows = labelled.rows(path)
        yield row("people", ONE_EACH, name, [each for each in rows if each.answer in kept])
        if form == "strong":
            yield from labelled.verdict_rows(path, ONE_EACH, name)
            continue
        yield row("people", LABELLED, name, rows)
        yield from sure(LABELLED, name, rows)
        yield from labelled.verdict_rows(path, LABELLED, name)
        for by in ("kind", "language", "band", "length"):
            for part, some in figures.parted(rows, by).items():
                yield row(f"by {by}", LABELLED, name, some, part=part)


def sure(on: str, grader: str, rows: Sequence[Graded]) -> Iterator[Row]:
    """Gives what a grader's stated sureness is worth."""
    held = figures.coverage(rows)
    plain: dict[str, Any] = {"answers": len(rows)}
    found = {}
    if held:
        found["held"] = ends(held.held)
        plain |= {"stated": held.stated and round(held.stated, 3), "width": round(held.width, 3)}
    if any(each.sure is not None for each in rows):
        for name in ("together", "among"):
            value = figures.resampled(rows, lambda r, n=name: getattr(figures.graded_alone(r), n))  # type: ignore[misc]
            found[name] = ends(value)
    yield Row("sure", on, grader, found, plain)


def of_tools(folder: Path, data: Path) -> Iterator[Row]:
    """Gives the rows of the other tools."""
    sample = items(data)
    for path in sorted((folder / "tools").glob("*.jsonl")):
        took = json.loads(path.with_suffix(".took.json").read_text(encoding="utf-8"))
        count = took["answers"]
        plain = {
            "calls": round(took["requests"] / count, 2),
            "input tokens": round(took["prompt_tokens"] / count),
            "output tokens": round(took["written_tokens"] / count),
            "own seconds": round(took["seconds"] / count, 3),
        }
        yield row("tools", SAF, path.stem, records.of_tool(path, sample), **plain)
    nothing = {"trust": None, "calls": 0, "input tokens": 0, "output tokens": 0}
    everybody = records.full_marks(sample)
    yield row("tools", SAF, FULL_MARKS, everybody, **nothing)


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, default=FIGURES)
    given = parser.parse_args()
    found: list[Row] = []
    if (given.folder / "trained.json.gz").exists():
        asyncio.run(embedded.regrade(given.folder, given.data))
        found += embedded.of_items(given.folder)
    asyncio.run(strong.write_records(given.folder / "labelled-strong.jsonl"))
    found += [*of_saf(given.folder, given.data), *of_labelled(given.folder)]
    found += of_tools(given.folder, given.data)
    for name in ("network.jsonl", "twice.jsonl"):
        found += [Row(**line) for line in read_lines(given.folder / name)]
    for each in found:
        shown = {name: value[0] for name, value in each.figures.items()}
        print(f"{each.section:12} {each.set:24} {each.grader:50} {shown} {each.plain}")
    lines = ",\n".join(json.dumps(vars(each), ensure_ascii=False) for each in found)
    given.out.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
