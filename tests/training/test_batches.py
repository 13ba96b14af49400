"""What packing promises: a claim sees the prefix and itself, whatever else is in the batch."""

import random

import pytest

pytest.importorskip("torch", reason="the train extra is not installed")

import torch
from torch import Tensor

from training.batches import by_budget, collate, pack, shuffled
from training.model import Model, toy

torch.set_num_threads(1)  # the toy is too small for more

PREFIX = [3, 1, 4, 1, 5]
CLAIMS = [[9, 2, 6], [5, 3], [5, 8, 9, 7]]


def model() -> Model:
    """A toy whose adapter does something too."""
    made = Model(*toy(20), rank=4, alpha=8.0)
    with torch.no_grad():
        for name, matrix in made.named_parameters():
            if name.endswith(".b"):
                matrix.normal_(std=0.1)
    made.eval()
    return made


def thought(judge: Model, prefix: list[int], claims: list[list[int]]) -> list[Tensor]:
    """The log-probabilities after every token of each claim."""
    row = pack(prefix, claims)
    with torch.no_grad():
        found = judge.log_probabilities(judge(*collate([row], "cpu"))[0])
    return [found[s : s + len(c)] for s, c in zip(row.starts, claims, strict=True)]


def test_a_claim_beside_others_is_judged_as_if_it_were_alone() -> None:
    judge = model()
    together = thought(judge, PREFIX, CLAIMS)
    for claim, found in zip(CLAIMS, together, strict=True):
        (alone,) = thought(judge, PREFIX, [claim])
        torch.testing.assert_close(found, alone, atol=1e-5, rtol=0)
    (other,) = thought(judge, [*PREFIX[:-1], 6], CLAIMS[:1])
    assert not torch.allclose(other, together[0], atol=1e-3)  # the prefix does count


def test_a_claim_is_judged_as_in_plain_text_behind_the_prefix() -> None:
    judge = model()
    (packed,) = thought(judge, PREFIX, CLAIMS[:1])
    (plain,) = thought(judge, [], [PREFIX + CLAIMS[0]])
    torch.testing.assert_close(packed, plain[len(PREFIX) :], atol=1e-5, rtol=0)


def test_padding_and_neighbours_in_a_batch_change_nothing() -> None:
    judge = model()
    short, long = pack(PREFIX, CLAIMS), pack([7] * 90, CLAIMS)
    with torch.no_grad():
        alone = judge(*collate([short], "cpu"))[0, : len(short.ids)]
        beside = judge(*collate([long, short], "cpu"))[1, : len(short.ids)]
    torch.testing.assert_close(beside, alone, atol=1e-5, rtol=0)


def test_every_claim_starts_right_behind_the_prefix() -> None:
    row = pack([1, 2], [[3, 4], [5]])
    assert row.ids == [1, 2, 3, 4, 5]
    assert row.positions == [0, 1, 2, 3, 2]
    assert row.segments == [0, 0, 1, 1, 2]
    assert row.starts == [2, 4]


def test_a_position_sees_the_prefix_and_what_is_before_it_in_its_own_claim() -> None:
    _, _, seen = collate([pack([1, 2], [[3, 4], [5]])], "cpu")
    who = [[n for n, is_seen in enumerate(line) if is_seen] for line in seen[0, :5].tolist()]
    assert who == [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3], [0, 1, 4]]


def test_an_epoch_has_every_sequence_once_and_depends_on_the_dice_only() -> None:
    lengths = [n * 7 % 50 for n in range(101)]
    batches = list(shuffled(lengths, 8, random.Random(1)))
    assert sorted(n for batch in batches for n in batch) == list(range(101))
    assert max(map(len, batches)) == 8
    assert batches == list(shuffled(lengths, 8, random.Random(1)))
    assert batches != list(shuffled(lengths, 8, random.Random(2)))


def test_batches_for_reading_keep_to_the_budget_and_leave_nothing_out() -> None:
    lengths = [30, 10, 500, 20, 10, 40]
    batches = list(by_budget(lengths, 100, 3))
    assert sorted(n for batch in batches for n in batch) == list(range(6))
    for batch in batches:
        assert len(batch) <= 3
        assert len(batch) == 1 or max(lengths[n] for n in batch) * len(batch) <= 100
    assert not list(by_budget([], 100, 3))
