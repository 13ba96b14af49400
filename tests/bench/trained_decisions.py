"""Writes decisions that the trained judge was never shown, to be made by several engines.

    python -m tests.bench.trained_decisions decisions.jsonl --most 1020

A line a decision, those on one answer after another: the two halves of its request, as text and as
token ids. The answers are labelled ones to the shipped questions, and to questions that were held
out of training. Needs the extra `train` and the embedded model's file, but not its engine.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from grader.llm.embedded import weights
from grader.llm.embedded.engine import as_read
from training import sets
from training.judged import WAY
from training.prepare import held_out
from training.questions import read_all
from training.tokens import load

_SPARE = 8  # whole answers are taken: a few decisions more than asked for


def of_shipped() -> Iterator[sets.Item]:
    """Gives the labelled answers to the shipped questions, as they are shown to the judge."""
    for item in sets.of_shipped():
        if "all" in item.about["defences"] and item.lines:
            yield item


def of_held_out() -> Iterator[sets.Item]:
    """Gives the labelled answers to the questions that were held out of training."""
    every = [question for group in read_all().values() for question in group]
    out = held_out(every)
    return sets.of_training([q for q in every if q.id in out], "held-out")


def thinned(every: list[sets.Item], most: int) -> list[sets.Item]:
    """Returns items evenly taken from *every*, with about *most* claims together."""
    step = max(1.0, sum(len(item.claims) for item in every) / most)
    return [every[int(n * step)] for n in range(int(len(every) / step))]


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes decisions for several engines.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--most", type=int, default=1020)
    given = parser.parse_args()
    path = weights.find()
    if path is None:
        sys.exit("the weights are not here: grade model pull")
    tokens, shipped = load(path), given.most * 2 // 3
    items = thinned(list(of_shipped()), shipped)
    items += thinned(list(of_held_out()), given.most - shipped + _SPARE)
    with given.out.open("w", encoding="utf-8") as out:
        for item in items:
            prefix = as_read(item.prefix(WAY))
            for claim in item.claims:
                suffix = as_read(item.suffix(claim, WAY))
                line = {
                    "answer": item.answer,
                    "claim": claim.id,
                    "label": claim.label,
                    "prefix": prefix,
                    "suffix": suffix,
                    "prefix_ids": tokens.of(prefix),
                    "suffix_ids": tokens.of(suffix),
                }
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
    print(f"{len(items)} answers, {sum(len(item.claims) for item in items)} decisions")
    print(f"verdicts {tokens.verdicts}, open {tokens.of(' [')}, digits {tokens.digits}")


if __name__ == "__main__":
    main()
