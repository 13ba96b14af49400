"""The record is a promise to other people's scripts."""

import json

from grader.record import Usage, json_schema
from tests.support.places import ROOT

PUBLISHED = ROOT / "grader" / "grade.schema.json"


def test_the_published_schema_is_the_records_own() -> None:
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == json_schema()


def test_the_names_of_version_1_are_all_there() -> None:
    names = set(json_schema()["properties"])
    promised = "schema question answer_id candidate score key_points misconceptions feedback flags"
    promised += " judge usage digests graded_at version overrides"
    assert set(promised.split()) <= names


def test_usage_adds_up_and_an_unknown_cost_stays_unknown() -> None:
    one = Usage(input_tokens=1, calls=1, from_ledger=True, cost_usd=0.5)
    assert (one + one).cost_usd == 1.0
    assert (one + one).from_ledger
    unknown = one + Usage(output_tokens=2, calls=1)
    assert unknown.cost_usd is None
    assert not unknown.from_ledger
    assert (unknown.input_tokens, unknown.output_tokens, unknown.calls) == (1, 2, 2)
