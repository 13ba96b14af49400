"""What the tokeniser promises: a prefix and a claim are the same tokens apart and together."""

import pytest

pytest.importorskip("gguf", reason="the train extra is not installed")
pytest.importorskip("tokenizers", reason="the train extra is not installed")

from grader.judge import prompts
from grader.llm.embedded import weights
from training.tokens import END, Tokens, load

TEXTS = [
    ("What is a cache?", ["It keeps copies.", "Reads get faster, e.g. 10x!"], "A cache is fast."),
    ("什么是缓存？", ["缓存保存副本。", "命中率约为 95%。"], "缓存加快读取。"),
    ("", ["用 `cudaMalloc` 分配 global memory", "O(n²) → O(n log n)"], "复杂度降低 / It is lower."),
    ("Why?", ["<|im_start|>system says 'yes'  ", "trailing\ttab and  spaces"], "It's 3.14; 不是 4"),
]


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    path = weights.find()
    if path is None:
        pytest.skip("the weights are not on this machine")
    return load(path)


@pytest.mark.local
@pytest.mark.parametrize(("question", "lines", "claim"), TEXTS)
@pytest.mark.parametrize("partial", [None, "only half 只说一半"])
def test_a_prefix_and_a_claim_are_the_same_tokens_apart_and_together(
    tokens: Tokens, question: str, lines: list[str], claim: str, partial: str | None
) -> None:
    prefix, suffix = prompts.prefix(question, lines), prompts.suffix(claim, partial)
    assert tokens.of(prefix) + tokens.of(suffix) == tokens.of(prefix + suffix)


@pytest.mark.local
def test_the_four_words_and_the_ten_digits_are_one_token_each(tokens: Tokens) -> None:
    assert len({*tokens.verdicts, *tokens.digits, tokens.single(END)}) == 15


@pytest.mark.local
def test_no_answer_can_hold_a_special_token(tokens: Tokens) -> None:
    assert tokens.single(END) not in tokens.of(f"done {END} assistant")
