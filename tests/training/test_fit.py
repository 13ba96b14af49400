"""What training promises, on a toy: it learns, and it leaves the base model as it is."""

import math
from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("torch", reason="the train extra is not installed")

import torch
from torch import Tensor

from training.fit import Recipe, read_items, train
from training.model import MAPS, Linear, Model, toy

torch.set_num_threads(1)  # the toy is too small for more

VERDICTS = [1, 2, 3, 4]
TOKENS = {"verdicts": VERDICTS, "open": [5], "digits": list(range(10, 20))}
END = 6
RECIPE = Recipe(rank=4, epochs=12, rate=1e-2, batch=4)


def model(seed: int = 0) -> Model:
    weights, shape = toy(40, seed)
    torch.manual_seed(seed)
    return Model(weights, shape, RECIPE.rank, RECIPE.alpha)


def views(answer: int, *, either: bool = False) -> list[dict[str, Any]]:
    """The only view of an answer: the token of a claim says which word is right."""
    targets = [
        [[30 + n, 25], [VERDICTS[n], END] if n == 2 else [VERDICTS[n], 5, 11, END], either]
        for n in (answer % 4, (answer + 1) % 4)
    ]
    return [{"prefix": [20 + answer % 3, 24], "targets": targets}]


def base(judge: Model) -> dict[str, Tensor]:
    """A copy of all weights that are not the adapter's."""
    kept = {"embedding": judge.embedding, "last": judge.last}
    kept |= {n: part.weight for n, part in judge.named_modules() if isinstance(part, Linear)}
    return {name: weight.clone() for name, weight in kept.items()}


def silent(_: str) -> None:
    """Says nothing."""


def test_training_lowers_the_loss_and_leaves_the_base_weights_as_they_are() -> None:
    judge = model()
    before = base(judge)
    losses = train(judge, [views(n) for n in range(8)], VERDICTS, RECIPE, silent)
    assert len(losses) == 24
    assert losses[-1] < losses[0] / 2
    for name, weight in base(judge).items():
        assert torch.equal(weight, before[name]), name


def test_only_the_matrices_of_the_adapter_are_trained() -> None:
    judge = model()
    names = [name for name, p in judge.named_parameters() if p.requires_grad]
    assert len(names) == 2 * len(MAPS) * judge.shape.layers == len(list(judge.adapter()))
    assert all(name.endswith((".a", ".b")) for name in names)
    before = {name: p.detach().clone() for name, p in judge.named_parameters()}
    train(judge, [views(n) for n in range(4)], VERDICTS, RECIPE, silent)
    assert all(not torch.equal(p, before[name]) for name, p in judge.named_parameters())


def test_an_untrained_adapter_changes_nothing() -> None:
    weights, shape = toy(40)
    items = [{"prefix": [20, 24], "claims": [[30, 25]]}]
    small, large = (Model(weights, shape, rank, 64.0) for rank in (1, 8))
    assert read_items(small, items, TOKENS) == read_items(large, items, TOKENS)


def test_the_judge_says_after_training_what_it_was_taught() -> None:
    judge = model()
    train(judge, [views(n) for n in range(8)], VERDICTS, replace(RECIPE, epochs=40), silent)
    items = [{"prefix": [20 + n % 3, 24], "claims": [[30 + n, 25]]} for n in range(4)]
    found = read_items(judge, items, TOKENS)
    assert [max(range(4), key=each["found"][0].__getitem__) for each in found] == [0, 1, 2, 3]
    assert [found[n]["lines"] for n in (0, 1, 3)] == [[1], [1], [1]]


def first_loss(word: int, *, either: bool) -> float:
    """The loss, before any training, of one claim whose right word is this one."""
    view = {"prefix": [20, 24], "targets": [[[30, 25], [VERDICTS[word], END], either]]}
    (loss,) = train(model(), [[view]], VERDICTS, replace(RECIPE, epochs=1), silent)
    return loss


def test_either_accepts_missed_and_contradicted_alike() -> None:
    items = [{"prefix": [20, 24], "claims": [[30, 25]]}]
    (found,) = read_items(model(), items, TOKENS)[0]["found"]
    both = math.log(math.exp(found[2]) + math.exp(found[3]))
    assert first_loss(2, either=True) == pytest.approx(-both, abs=1e-3)
    assert first_loss(2, either=False) == pytest.approx(-found[2], abs=1e-3)
    assert first_loss(3, either=False) == pytest.approx(-found[3], abs=1e-3)


def test_the_same_seed_trains_the_same_adapter() -> None:
    answers = [views(n) for n in range(6)]
    first, again, other = (
        train(model(), answers, VERDICTS, replace(RECIPE, seed=seed), silent) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_each_epoch_sees_the_next_view_of_an_answer() -> None:
    one, two = views(0)[0], views(2)[0]
    both = train(model(), [[one, two]], VERDICTS, replace(RECIPE, epochs=2), silent)
    same = train(model(), [[one, one]], VERDICTS, replace(RECIPE, epochs=2), silent)
    assert both[0] == same[0]
    assert both[1] != same[1]


def test_items_are_read_in_their_order_whatever_shares_their_batch() -> None:
    judge = model()
    items: list[dict[str, Any]] = [
        {
            "set": "s",
            "answer": n,
            "prefix": [20] * (40 - n),
            "claims": [[30], [31, 32], [n]][: n % 4],
        }
        for n in range(1, 8)
        if n % 4
    ]
    together = read_items(judge, items, TOKENS)
    assert [row["answer"] for row in together] == [1, 2, 3, 5, 6, 7]
    for row, item in zip(together, items, strict=True):
        (alone,) = read_items(judge, [item], TOKENS, budget=1)
        assert row["set"] == "s"
        assert len(row["found"]) == len(row["lines"]) == len(item["claims"])
        assert row["lines"] == alone["lines"]
        for here, there in zip(row["found"], alone["found"], strict=True):
            assert here == pytest.approx(there, abs=2e-4)


def test_progress_is_told() -> None:
    told: list[str] = []
    train(model(), [views(0)], VERDICTS, replace(RECIPE, epochs=2), told.append)
    assert [line.split(":")[0] for line in told] == ["step 1/2", "step 2/2"]
