"""What the bench for a GPU computes, on a toy: from the exported files the same probabilities in
every way of reading them."""

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from grader.llm.embedded.export import LowRank, write_peft  # noqa: E402
from tests.bench.gpu import trained_gpu as bench  # noqa: E402
from training.model import MAPS, toy  # noqa: E402

VOCABULARY = 60


@pytest.fixture(autouse=True)
def words_of_the_toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "VERDICTS", (1, 2, 3, 4))
    monkeypatch.setattr(bench, "OPEN", 5)
    monkeypatch.setattr(bench, "DIGITS", tuple(range(6, 16)))


@pytest.fixture
def read(tmp_path: Path) -> tuple[Any, Any, Any, float]:
    """The toy's weights and shape, and an adapter as it comes back from the exported files."""
    weights, shape = toy(VOCABULARY)
    torch.manual_seed(1)
    pairs = {}
    for layer in range(shape.layers):
        for kind in MAPS:
            rows, width = weights[f"blk.{layer}.{kind}.weight"].shape
            low, high = torch.randn(4, width) * 0.1, torch.randn(rows, 4) * 0.1
            pairs[f"model.layers.{layer}.{bench.NAMES[kind]}"] = (low.numpy(), high.numpy())
    write_peft(tmp_path, LowRank(8.0, pairs))
    return weights, shape, *bench.read_peft(tmp_path, "cpu")


def rows() -> list[dict[str, Any]]:
    dice = torch.Generator().manual_seed(2)

    def ids(count: int) -> list[int]:
        return [int(n) for n in torch.randint(16, VOCABULARY, (count,), generator=dice)]

    return [
        {"answer": f"a{answer}", "claim": f"c{claim}", "prefix_ids": prefix, "suffix_ids": ids(5)}
        for answer in range(3)
        for prefix in [ids(7 + answer)]
        for claim in range(4)
    ]


def test_an_answer_read_once_gives_each_claim_what_it_gets_alone(read: Any) -> None:
    weights, shape, pairs, scale = read
    model = bench.plain_model(weights, shape, pairs, scale)
    embedding = weights["token_embd.weight"]
    alone = bench.alone(model, embedding[list(bench.VERDICTS)], rows())
    fast = bench.Fast(weights, shape, pairs, scale, torch.float32)
    answers = bench.by_answer(rows())
    words, digits = (embedding[list(n)] for n in (bench.VERDICTS, bench.DIGITS))
    together = {n: four for n, four, _ in bench.tree(fast, answers, 100, words, digits)}
    assert torch.allclose(
        torch.tensor(alone), torch.tensor([f for n in range(3) for f in together[n]]), atol=1e-5
    )


def test_the_adapter_of_the_files_is_what_moves_the_probabilities(read: Any) -> None:
    weights, shape, pairs, scale = read
    words = weights["token_embd.weight"][list(bench.VERDICTS)]
    adapted = bench.alone(bench.plain_model(weights, shape, pairs, scale), words, rows())
    bare = bench.alone(bench.plain_model(weights, shape, pairs, 0.0), words, rows())
    assert not torch.allclose(torch.tensor(adapted), torch.tensor(bare), atol=1e-3)


def test_the_speed_is_told_as_a_share_of_a_bare_pass(read: Any) -> None:
    weights, shape, pairs, scale = read
    fast = bench.Fast(weights, shape, pairs, scale, torch.float32)
    told = bench.speed(fast, rows(), 2, [512])
    assert told["answers"] == 6
    assert told["tokens an answer"] < told["tokens an answer, nothing shared"]
    assert told["share of the bound"] > 0
