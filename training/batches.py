"""Packs an answer and all its claims into one sequence, and sequences into batches.

The prefix is read once; every claim sees the prefix and itself, and stands right behind the
prefix, as it will in the engine.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

_MULTIPLE = 64
_SORTED = 16
"""Batches among which sequences are sorted by length, so that little is padded."""


@dataclass(frozen=True)
class Packed:
    """One sequence.

    Attributes:
        segments: 0 for the prefix, n for the n-th claim.
        starts: where each claim begins.
    """

    ids: list[int]
    positions: list[int]
    segments: list[int]
    starts: list[int]


def pack(prefix: Sequence[int], claims: Sequence[Sequence[int]]) -> Packed:
    """Returns the prefix with every claim after it."""
    ids, positions, segments = list(prefix), list(range(len(prefix))), [0] * len(prefix)
    starts = []
    for number, claim in enumerate(claims, 1):
        starts.append(len(ids))
        ids += claim
        positions += range(len(prefix), len(prefix) + len(claim))
        segments += [number] * len(claim)
    return Packed(ids, positions, segments, starts)


def collate(rows: Sequence[Packed], device: str) -> tuple[Tensor, Tensor, Tensor]:
    """Returns ids, positions (both (batch, length)) and who sees whom ((batch, length, length))."""
    longest = max(len(row.ids) for row in rows)
    length = -(-longest // _MULTIPLE) * _MULTIPLE
    ids, positions = (torch.zeros(len(rows), length, dtype=torch.long) for _ in range(2))
    segments = torch.full((len(rows), length), -1)
    for number, row in enumerate(rows):
        size = len(row.ids)
        ids[number, :size] = torch.tensor(row.ids)
        positions[number, :size] = torch.tensor(row.positions)
        segments[number, :size] = torch.tensor(row.segments)
    ids, positions, segments = (t.to(device) for t in (ids, positions, segments))
    place = torch.arange(length, device=device)
    earlier = place[None, None, :] <= place[None, :, None]
    key, query = segments[:, None, :], segments[:, :, None]
    seen = earlier & ((key == 0) | (key == query)) & (key >= 0)
    # Padding sees itself: a row of nothing has no softmax.
    return ids, positions, seen | torch.eye(length, dtype=torch.bool, device=device)[None]


def shuffled(lengths: Sequence[int], size: int, dice: random.Random) -> Iterator[list[int]]:
    """Gives the indices of one epoch's batches, sequences of like length together."""
    order = list(range(len(lengths)))
    dice.shuffle(order)
    batches = []
    for start in range(0, len(order), size * _SORTED):
        near = sorted(order[start : start + size * _SORTED], key=lambda n: lengths[n])
        batches += [near[n : n + size] for n in range(0, len(near), size)]
    dice.shuffle(batches)
    yield from batches


def by_budget(lengths: Sequence[int], tokens: int, most: int) -> Iterator[list[int]]:
    """Gives the indices of all sequences, sorted by length, in batches of at most *tokens*
    padded tokens and *most* sequences."""
    batch: list[int] = []
    for number in sorted(range(len(lengths)), key=lambda n: lengths[n]):
        if batch and (len(batch) == most or lengths[number] * (len(batch) + 1) > tokens):
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch
