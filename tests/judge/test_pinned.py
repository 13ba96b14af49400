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
TEMPLATES = "a23819efb424"
PINNED = {
    "bank-conflict": ("618b3eca2069", "a31f69af712a", "84532412ab61"),
    "cutlass-gemm": ("92b890967c56", "bb09e16c9ba2", "9838fbcb5eeb"),
    "faster-transformer": ("3faba4deb9b4", "189f5735068c", "70d3ddac9561"),
    "float4-vectorized-access": ("9870f7c7d408", "f71dfab38d09", "afaf98eaeeeb"),
    "int8-slower-than-fp16": ("62cb9546a41c", "863b09f6ba07", "2b6073bb1b0b"),
    "memory-placement": ("2e576674b95b", "c64610ea8ffe", "408152309f14"),
    "nsight-compute-vs-systems": ("2a095e039fdb", "eb54ce59fb9b", "423375b813b8"),
    "nsight-memory-metrics": ("3e83df1c49e0", "3f3c6af7cbf5", "9f46a0e229fd"),
    "paged-attention": ("ffc14b08da8e", "beab0ddd4dc2", "b3919b4ed69a"),
    "ptq-calibration-batch": ("ebd951948bd1", "15b525b84979", "5def230da27d"),
    "quantization-accuracy-drop": ("384d66794a7f", "eba8115975da", "17109d5c57d6"),
    "sm-structure": ("2414403e8588", "e712e46d1dd9", "5d0d90eaf734"),
    "streams-and-graphs": ("6e141dad8386", "7aba155bdd5a", "2b7b8bdb50c7"),
    "tensor-core": ("93804f884872", "88cfbbc82855", "6354a2ec9260"),
    "tensorflow-vs-pytorch": ("297134ef11f7", "e9a7523292dc", "180b909ef9f4"),
    "trt-fp16-accuracy": ("5bab77bd5727", "d812410c45a8", "4a510cb41ae8"),
    "warp-divergence": ("d0d4990425ad", "5426b05f72d0", "04cacd451e5c"),
    "wrong-results-after-quantization": ("6d02f4878475", "df84f0a1d566", "2b92c6dbf5b5"),
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
