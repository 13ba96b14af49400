"""The published figures that the statistics are held against."""

import json
from typing import Any

import numpy as np

from grader.stats.two_raters import Pairs
from tests.support.places import TESTS

_FILE = TESTS / "data" / "worked-examples.json"

Example = dict[str, Any]


def examples() -> dict[str, Example]:
    """Each worked example by id, references to another's data filled in."""
    found: list[Example] = json.loads(_FILE.read_text(encoding="utf-8"))["examples"]
    by_id = {example["id"]: example for example in found}
    for example in found:
        if "ref" in example["data"]:
            example["data"] = by_id[example["data"]["ref"]]["data"]
    return by_id


def data(name: str) -> Any:
    """The data of one worked example."""
    return examples()[name]["data"]


def pairs_of_table(table: Any) -> Pairs:
    """The pairs of two raters that a published count table (levels, levels) is of."""
    counts = np.array(table, dtype=np.float64)
    return Pairs(counts.reshape(1, -1), tuple(range(len(counts))))
