"""What was graded and paid for stays so: rubrics' digests and the words sent do not change."""

import hashlib
import json

import pytest

from grader.answer import from_text
from grader.judge import prompts
from grader.rubric.files import load_rubrics
from grader.rubric.format import Rubric
from grader.util.files import data_folder

RUBRICS = load_rubrics([data_folder("rubrics")])
ANSWER = from_text("It waits for memory. 它在等内存。", "-")
TEMPLATES = "db4d12c8947b"
PINNED = {
    "bank-conflict": ("31e71360dc95", "9c2b64aa2887", "84532412ab61"),
    "cutlass-gemm": ("9aa3a81f468e", "829571677e09", "9838fbcb5eeb"),
    "faster-transformer": ("7de5a6528d4f", "99af876a04c3", "70d3ddac9561"),
    "float4-vectorized-access": ("7fea02f9aa7e", "f4db37597731", "afaf98eaeeeb"),
    "int8-slower-than-fp16": ("adfd3e152d10", "62d3becac5b4", "2b6073bb1b0b"),
    "memory-placement": ("557227d39286", "9bda960c9664", "408152309f14"),
    "nsight-compute-vs-systems": ("d73c9ae16213", "e3fd398cb914", "423375b813b8"),
    "nsight-memory-metrics": ("5a0d3cc36be7", "7189367c88cf", "9f46a0e229fd"),
    "paged-attention": ("e0745af482da", "12b66b29b2b7", "b3919b4ed69a"),
    "ptq-calibration-batch": ("57b9a6619b40", "0a5ee3ce49c9", "5def230da27d"),
    "quantization-accuracy-drop": ("130467ed68a3", "e999b74be25c", "17109d5c57d6"),
    "sm-structure": ("9475f52bfd1b", "62f6617d66a2", "5d0d90eaf734"),
    "streams-and-graphs": ("d849bf99434a", "ddbda4c9e465", "2b7b8bdb50c7"),
    "tensor-core": ("d9b030f267bb", "d1086b5bac4a", "6354a2ec9260"),
    "tensorflow-vs-pytorch": ("46483898691e", "878403d09d8e", "180b909ef9f4"),
    "trt-fp16-accuracy": ("9fc2c7f91543", "d670a36b7951", "4a510cb41ae8"),
    "warp-divergence": ("ba266aa7e34a", "b7db0b38435b", "04cacd451e5c"),
    "wrong-results-after-quantization": ("771e8eeacf43", "463fb33ba54e", "2b92c6dbf5b5"),
}
"""Rubric, one call, the trained form: the first 12 digits of their SHA-256."""


def short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def one_call(r: Rubric) -> str:
    items = [prompts.key_point(p) for p in r.key_points]
    items += [prompts.misconception(m) for m in r.misconceptions]
    asked = [prompts.again(r, ANSWER, item, "shape") for item in items]
    return short(json.dumps([prompts.one_call(r, ANSWER), *asked]))


def trained(r: Rubric) -> str:
    claims = [prompts.suffix(p.text("en"), p.notes.partial) for p in r.key_points]
    claims += [prompts.suffix(m.text("en")) for m in r.misconceptions]
    return short(
        json.dumps([prompts.prefix(r.question.text("en"), ["It waits for memory."]), *claims])
    )


@pytest.mark.parametrize("r", RUBRICS, ids=lambda r: r.id)
def test_a_shipped_rubric_keeps_its_digest_and_the_words_of_its_requests(r: Rubric) -> None:
    digest = r.digest.removeprefix("sha256:")[:12]
    assert (digest, one_call(r), trained(r)) == PINNED[r.id]


def test_the_digest_of_the_prompts_stays_that_of_records_of_before() -> None:
    assert short(prompts.digest(*prompts.ONE_CALL, *prompts.AGAIN)) == TEMPLATES
