"""Writes what `training.fit` trains and reads: `python -m training.prepare OUT --weights GGUF`.

Every ninth question is held out of training whole: curves are fitted on them, and they measure.
"""

import argparse
import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from training import attack_sets, public_sets, sets
from training.judged import WAY
from training.questions import FOLDER, Question, read_all
from training.tokens import Tokens, load
from training.views import views

_EVERY, _WHICH = 9, 4
_WAYS = {
    "shipped": sets.WAYS,
    "held-out": sets.WAYS,
    "group": ("en+",),
    "saf": ("en", "en+"),
    "realsumm": ("en",),
    "attack-suite": ("en+",),
    "attack-published": ("en+",),
}


def held_out(questions: Iterable[Question]) -> set[str]:
    """Returns the ids of the questions that are held out: every ninth, sorted by id."""
    names = sorted(question.id for question in questions)
    return {name for number, name in enumerate(names) if number % _EVERY == _WHICH}


def items(given: argparse.Namespace, groups: dict[str, list[Question]]) -> Iterator[sets.Item]:
    """Gives every evaluation item that can be had here."""
    every = [question for questions in groups.values() for question in questions]
    out = held_out(every)
    yield from sets.of_shipped()
    yield from sets.of_training([q for q in every if q.id in out], "held-out")
    left_out = [q for name in given.groups for q in groups[name]]
    yield from sets.of_training(left_out, "group")
    yield from attack_sets.of_attacks(given.data / "attacks.jsonl" if given.data else None)
    if given.data:
        yield from public_sets.of_saf(given.data)
    if given.realsumm:
        sheets = {p.stem: p.read_text(encoding="utf-8") for p in given.realsumm.glob("*.csv")}
        yield from public_sets.of_realsumm(sheets, given.summaries)


def as_ids(item: sets.Item, way: str, tokens: Tokens) -> dict[str, Any]:
    """Returns an item, asked one *way*, as ids with all that the figures need."""
    return {
        "set": item.set,
        "way": way,
        "question": item.question,
        "answer": item.answer,
        "about": {**item.about, "lines": len(item.lines)},
        "labels": [
            [claim.id, claim.weight, claim.label, list(claim.lines)] for claim in item.claims
        ],
        "prefix": tokens.of(item.prefix(way)),
        "claims": [tokens.of(item.suffix(claim, way)) for claim in item.claims],
    }


def main() -> None:
    """Reads the questions and the sets, and writes them as ids."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", type=Path, required=True, help="the base model's GGUF file")
    parser.add_argument("--questions", type=Path, default=FOLDER, help="labelled questions")
    parser.add_argument("--data", type=Path, help="the folder of SAF's answers and the attacks")
    parser.add_argument("--realsumm", type=Path, help="the folder of REALSumm's rating sheets")
    parser.add_argument("--summaries", type=int, default=100)
    parser.add_argument("--groups", nargs="*", default=[], help="groups that a run will leave out")
    parser.add_argument("--only", nargs="*", default=[], help="these sets, nothing to train on")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    tokens, groups = load(given.weights), read_all(given.questions)
    out = held_out(question for questions in groups.values() for question in questions)
    kept = [q for questions in groups.values() for q in questions if q.id not in out]
    kept = [] if given.only else kept
    train = [
        {"group": name, "views": [tokens.view(view) for view in seen]}
        for name, questions in groups.items()
        for seen in views([q for q in questions if q in kept], given.seed, others=kept)
    ]
    found = [
        as_ids(item, way, tokens)
        for item in items(given, groups)
        for way in _WAYS[item.set]
        if not given.only or (item.set in given.only and way in (WAY, _WAYS[item.set][0]))
    ]
    marks = {"verdicts": tokens.verdicts, "digits": tokens.digits, "open": tokens.of(" [")}
    size = tokens.tokenizer.get_vocab_size(with_added_tokens=True)
    with gzip.open(given.out, "wt", encoding="utf-8", compresslevel=6) as file:
        json.dump({"tokens": marks, "vocabulary": size, "train": train, "items": found}, file)
    print(f"{len(train)} answers to train on, {len(found)} items")


if __name__ == "__main__":
    main()
