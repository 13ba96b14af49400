"""Every shipped rubric keeps the format, and the facts that it was made from."""

import json
import re
from typing import Any

import pytest

from grader.rubric.files import load_rubrics
from grader.rubric.format import KeyPoint, Misconception, Rubric, Source, json_schema
from grader.util.files import data_folder
from tests.support.places import SHARED

FOLDER = data_folder("rubrics")
RUBRICS = load_rubrics([FOLDER])
KEY_POINTS = SHARED / "source" / "key-points.json"
QUESTION_BANK = KEY_POINTS.with_name("question-bank.txt")

# Two notes point to others by the numbers that these had before they got speaking ids.
POINTERS = {
    "is m4, not this": "is direct-latency-metric, not this",
    "although policy 4 rejects bare claims": "although bare claims are otherwise missed",
}

# Checked notes on `missed` that were put otherwise when denials got a note of their own.
REWORDED = {
    "both-paths-wait",
    "can-happen",
    "expected-behaviour",
    "fewer-instructions",
    "fp32-engine-first",
    "histogram-range-growth",
    "launch-overhead",
    "scale-errors",
    "sensitive-layers",
    "speed-remedies",
}

each = pytest.mark.parametrize("r", RUBRICS, ids=lambda r: r.id)


def items(r: Rubric) -> list[KeyPoint | Misconception]:
    return [*r.key_points, *r.misconceptions]


def sources(r: Rubric) -> list[Source]:
    return [source for item in items(r) for source in item.sources]


def test_eighteen_questions_are_shipped() -> None:
    assert [r.id for r in RUBRICS] == [
        "bank-conflict",
        "cutlass-gemm",
        "faster-transformer",
        "float4-vectorized-access",
        "int8-slower-than-fp16",
        "memory-placement",
        "nsight-compute-vs-systems",
        "nsight-memory-metrics",
        "paged-attention",
        "ptq-calibration-batch",
        "quantization-accuracy-drop",
        "sm-structure",
        "streams-and-graphs",
        "tensor-core",
        "tensorflow-vs-pytorch",
        "trt-fp16-accuracy",
        "warp-divergence",
        "wrong-results-after-quantization",
    ]


@each
def test_claims_are_short_and_in_both_languages(r: Rubric) -> None:
    assert re.search("[\u4e00-\u9fff]", r.question.text("zh"))
    for item in items(r):
        assert re.search("[\u4e00-\u9fff]", item.text("zh")), item.id
        assert not re.search("[\u4e00-\u9fff]", item.text("en")), item.id
    for point in r.key_points:
        assert len(point.text("en")) <= 120, point.id
        assert "\n" not in point.text("en") + point.text("zh"), point.id


@each
def test_ids_speak(r: Rubric) -> None:
    for item in items(r):
        assert 1 <= item.id.count("-") + 1 <= 4, item.id
        assert not re.fullmatch(r"[km]\d+", item.id), item.id


@each
def test_every_statement_is_backed_and_every_document_used(r: Rubric) -> None:
    assert all(item.sources for item in items(r))
    assert {source.document for source in sources(r)} == set(r.documents)
    for document in r.documents.values():
        used = {document.address(source.section) for source in sources(r)}
        assert set(document.pages.values()) <= used
    assert all(r.address(source) for source in sources(r) if source.document != "bank")


@each
def test_a_wrong_claim_of_the_found_source_comes_with_a_line_on_what_it_got_wrong(
    r: Rubric,
) -> None:
    if any(claim.stated_by_source for claim in r.misconceptions):
        assert r.source_error


@each
def test_the_found_source_is_quoted_wherever_it_is_cited(r: Rubric) -> None:
    assert all(source.quote for source in sources(r) if source.document == "bank")


@pytest.mark.skipif(not QUESTION_BANK.is_file(), reason="the found source is not at hand")
@each
def test_the_found_source_is_quoted_to_the_letter(r: Rubric) -> None:
    text = QUESTION_BANK.read_text(encoding="utf-8")
    assert all(s.quote in text for s in sources(r) if s.document == "bank" and s.quote)


def test_the_json_schema_beside_the_rubrics_is_the_one_that_the_code_keeps() -> None:
    shipped = json.loads((FOLDER / "rubric.schema.json").read_text(encoding="utf-8"))
    assert shipped == json_schema()


@each
def test_editors_are_pointed_to_the_json_schema(r: Rubric) -> None:
    text = (FOLDER / f"{r.id}.toml").read_text(encoding="utf-8")
    assert text.startswith("#:schema ./rubric.schema.json\n")


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    if not KEY_POINTS.is_file():
        pytest.skip("the checked key points are not at hand")
    questions: dict[str, Any] = json.loads(KEY_POINTS.read_text(encoding="utf-8"))["questions"]
    return questions


def test_no_question_is_lost(facts: dict[str, Any]) -> None:
    assert {r.id for r in RUBRICS} == set(facts)


@each
def test_questions_weights_and_notes_are_those_that_were_checked(
    r: Rubric, facts: dict[str, Any]
) -> None:
    checked = facts[r.id]
    assert (r.question.en, r.question.zh) == (checked["question_en"], checked["question_zh"])
    assert r.wording == checked["question_zh_status"].split()[0]
    assert [p.weight for p in r.key_points] == [p["weight"] for p in checked["key_points"]]
    for point, fact in zip(r.key_points, checked["key_points"], strict=True):
        assert point.notes.met.startswith(fact["note"]["met"])
        partial = fact["note"]["partial"]
        for old, new in POINTERS.items():
            partial = partial.replace(old, new)
        assert point.notes.partial == partial
        checked_missed = fact["note"]["missed"]
        told_apart = point.notes.contradicted is not None and point.notes.missed in checked_missed
        assert point.notes.missed == checked_missed or told_apart or point.id in REWORDED, point.id


@each
def test_misconceptions_and_corrections_are_those_that_were_checked(
    r: Rubric, facts: dict[str, Any]
) -> None:
    for claim, fact in zip(r.misconceptions, facts[r.id]["misconceptions"], strict=True):
        assert (claim.en, claim.zh) == (fact["en"], fact["zh"])
        assert claim.correction.en == fact["correction_en"]
        assert claim.correction.zh == fact["correction_zh"]
        assert claim.stated_by_source == fact["stated_by_source_article"]


@each
def test_what_is_missed_is_only_absent_and_what_denies_it_is_contradicted(r: Rubric) -> None:
    for point in r.key_points:
        assert point.notes.missed.startswith(("absent", "neither", "nothing")), point.id
        assert not re.search(r"\b(says|denie[sd]|claims|swapped)\b", point.notes.missed), point.id


@each
def test_every_key_point_has_a_hint_in_both_languages(r: Rubric) -> None:
    for point in r.key_points:
        assert point.hint is not None, point.id
        assert re.search("[\u4e00-\u9fff]", point.hint.text("zh")), point.id
        assert not re.search("[\u4e00-\u9fff]", point.hint.text("en")), point.id
