"""Many requests continued together get what each would get alone, on a toy model."""

import pytest

pytest.importorskip("torch", reason="the train extra is not installed")
pytest.importorskip("tokenizers", reason="the train extra is not installed")

import torch

from tests.bench.quality.generation import Cache
from training.batches import collate, pack
from training.model import Model, toy

torch.set_num_threads(1)  # the toy is too small for more


def test_prompts_of_any_length_read_and_continued_together_are_as_read_alone() -> None:
    weights, shape = toy(60)
    for number in range(shape.layers):
        for name, size in (("q", 32), ("k", 16), ("v", 16)):
            weights[f"blk.{number}.attn_{name}.bias"] = torch.randn(size) * 0.3
    model = Model(weights, shape, rank=2, alpha=4.0).eval()
    cache = Cache(weights, shape, slots=3, length=512)
    texts = {0: [5, 6, 7, 8, 9], 2: [10, 11], 1: [3] * 7}

    def alone(ids: list[int]) -> torch.Tensor:
        hidden = model(*collate([pack(ids, [])], "cpu"))
        return model.log_probabilities(hidden[0, len(ids) - 1][None])[0]

    with torch.no_grad():
        read = cache.read(list(texts.values()), list(texts)).log_softmax(-1)
        for row, ids in enumerate(texts.values()):
            assert torch.allclose(read[row], alone(ids), atol=1e-4)
        for step in range(3):
            places = [len(texts[slot]) for slot in range(3)]
            tokens = [20 + step + slot for slot in range(3)]
            found = cache.step(tokens, places).log_softmax(-1)
            texts = {slot: [*texts[slot], tokens[slot]] for slot in range(3)}
            for slot in range(3):
                assert torch.allclose(found[slot], alone(texts[slot]), atol=1e-4)
