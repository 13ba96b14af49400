"""The published figures that the statistics are held against."""

import json
from typing import Any

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
