"""Trains an adapter and reads the evaluation items with it: `python -m training.fit --help`.

It needs what `python -m training.prepare` wrote, the base model's file, PyTorch and gguf, and
nothing else, so that it can run on a machine that has only those.
"""

import argparse
import gzip
import json
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training import adapter
from training.batches import by_budget, collate, pack, shuffled
from training.model import Model, read_gguf, toy

_AFTER = 0.3
"""The weight of a reply's tokens after the verdict, all together; the verdict has 1."""
_WARM_UP = 0.05
_LAST_RATE = 0.05
_REPORT = 40

View = dict[str, Any]


@dataclass(frozen=True)
class Recipe:
    """How an adapter is trained: all that the figures depend on beside the data."""

    rank: int = 8
    epochs: int = 2
    rate: float = 3e-4
    batch: int = 16
    seed: int = 0

    @property
    def alpha(self) -> float:
        """The adapter's scale times its rank."""
        return 2.0 * self.rank


@dataclass(frozen=True)
class _Goal:
    """One token to be predicted: where, which, how much it counts, and what is as good."""

    row: int
    place: int
    token: int
    weight: float
    either: bool = False


def train(
    model: Model,
    answers: Sequence[Sequence[View]],
    verdicts: Sequence[int],
    recipe: Recipe,
    tell: Callable[[str], None] = print,
) -> list[float]:
    """Trains the adapter in place; returns the mean loss of the verdicts at each step."""
    device = model.embedding.device
    matrices = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(matrices, lr=recipe.rate, weight_decay=0.0, betas=(0.9, 0.95))
    dice = random.Random(recipe.seed)  # noqa: S311 - a draw that can be repeated
    plan = [
        [answers[n][epoch % len(answers[n])] for n in batch]
        for epoch in range(recipe.epochs)
        for batch in shuffled([_length(views[0]) for views in answers], recipe.batch, dice)
    ]
    losses, started = [], time.time()
    model.train()
    for step, views in enumerate(plan):
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * _share_of_rate(step, len(plan))
        loss, of_verdicts = _loss(model, views, verdicts, str(device))
        loss.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(matrices, 1.0)
        if torch.isfinite(norm):
            optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        losses.append(of_verdicts)
        if step % _REPORT == 0 or step == len(plan) - 1:
            recent = sum(losses[-_REPORT:]) / len(losses[-_REPORT:])
            seconds = time.time() - started
            tell(f"step {step + 1}/{len(plan)}: loss of verdicts {recent:.3f}, {seconds:.0f} s")
    return losses


def _share_of_rate(step: int, steps: int) -> float:
    """A short warm-up, then half a cosine."""
    warm = min(1.0, (step + 1) / (_WARM_UP * steps + 1))
    return warm * (_LAST_RATE + (1 - _LAST_RATE) * (1 + math.cos(math.pi * step / steps)) / 2)


def _length(view: View) -> int:
    return len(view["prefix"]) + sum(len(s) + len(r) - 1 for s, r, _ in view["targets"])


def _loss(
    model: Model, views: Sequence[View], verdicts: Sequence[int], device: str
) -> tuple[Tensor, float]:
    rows = [pack(v["prefix"], [s + r[:-1] for s, r, _ in v["targets"]]) for v in views]
    goals = [
        _Goal(
            row=number,
            place=start + len(suffix) - 1 + step,
            token=token,
            weight=1.0 if step == 0 else _AFTER / (len(reply) - 1),
            either=either and step == 0,
        )
        for number, (view, row) in enumerate(zip(views, rows, strict=True))
        for (suffix, reply, either), start in zip(view["targets"], row.starts, strict=True)
        for step, token in enumerate(reply)
    ]
    hidden = model(*collate(rows, device))
    rows_, places, tokens, weights, eithers = (
        torch.tensor([getattr(goal, name) for goal in goals], device=device)
        for name in ("row", "place", "token", "weight", "either")
    )
    found = model.log_probabilities(hidden[rows_, places])
    missed, wrong = verdicts[2], verdicts[3]
    not_said = torch.logsumexp(found[:, [missed, wrong]], 1)
    right = torch.where(eithers, not_said, found.gather(1, tokens[:, None])[:, 0])
    of_verdicts = -right.detach()[weights == 1.0].mean().item()
    return -(right * weights).sum() / weights.sum(), of_verdicts


@torch.no_grad()
def read_items(
    model: Model, items: Sequence[dict[str, Any]], tokens: dict[str, Any], budget: int = 40_000
) -> list[dict[str, Any]]:
    """Returns, for each item, the four log-probabilities of each claim and the line it points at.

    Args:
        items: each with `prefix` and `claims`, ids all; what else they hold is given back.
        budget: padded tokens of a batch.
    """
    model.eval()
    device = str(model.embedding.device)
    # After a word of any verdict the number follows; which word stands there hardly matters.
    tail = [tokens["verdicts"][0], *tokens["open"]]
    packed = [pack(i["prefix"], [[*c, *tail] for c in i["claims"]]) for i in items]
    results: list[dict[str, Any]] = [{} for _ in items]
    for batch in by_budget([len(p.ids) for p in packed], budget, 64):
        hidden = model(*collate([packed[n] for n in batch], device))
        at = [
            (row, start + len(claim) - 1)
            for row, n in enumerate(batch)
            for start, claim in zip(packed[n].starts, items[n]["claims"], strict=True)
        ]
        rows, places = (torch.tensor(each, device=device) for each in zip(*at, strict=True))
        first = model.log_probabilities(hidden[rows, places])[:, tokens["verdicts"]].tolist()
        digits = model.log_probabilities(hidden[rows, places + len(tail)])[:, tokens["digits"]]
        found = iter(zip(first, digits.argmax(-1).tolist(), strict=True))
        for n in batch:
            read = [next(found) for _ in items[n]["claims"]]
            kept = {k: v for k, v in items[n].items() if k not in ("prefix", "claims")}
            results[n] = {
                **kept,
                "found": [[round(p, 4) for p in four] for four, _ in read],
                "lines": [line for _, line in read],
            }
    return results


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def main() -> None:
    """Trains, writes the adapter and what it says of the evaluation items."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="what training.prepare wrote")
    parser.add_argument("out", type=Path, help="NAME: writes NAME.gguf and NAME.json.gz")
    parser.add_argument("--weights", type=Path, help="the base model; without it a toy is trained")
    parser.add_argument("--adapter", type=Path, help="read with this one, and train nothing")
    parser.add_argument("--without", nargs="*", default=[], help="subject groups to leave out")
    parser.add_argument("--use", nargs="*", default=[], help="only these evaluation sets")
    for name, default in vars(Recipe()).items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    given = parser.parse_args()
    recipe = Recipe(**{name: getattr(given, name) for name in vars(Recipe())})
    with gzip.open(given.data, "rt", encoding="utf-8") as file:
        data = json.load(file)
    torch.manual_seed(recipe.seed)
    device = _device()
    if given.weights:
        weights, shape = read_gguf(given.weights, device, torch.bfloat16)
    else:
        weights, shape = toy(data["vocabulary"])
    model = Model(weights, shape, recipe.rank, recipe.alpha)
    if given.adapter:
        model.load_adapter(adapter.read(given.adapter)[0])
    answers = [a["views"] for a in data["train"] if a["group"] not in given.without]
    print(f"{recipe}, {len(answers)} answers, without {given.without}", flush=True)
    if recipe.epochs and not given.adapter:
        train(model, answers, data["tokens"]["verdicts"], recipe, lambda s: print(s, flush=True))
        adapter.write(given.out.with_suffix(".gguf"), model.adapter(), recipe.alpha)
    items = [i for i in data["items"] if not given.use or i["set"] in given.use]
    started = time.time()
    found = read_items(model, items, data["tokens"])
    print(f"{len(items)} items read in {time.time() - started:.0f} s", flush=True)
    with gzip.open(given.out.with_suffix(".json.gz"), "wt", encoding="utf-8") as file:
        json.dump({"recipe": vars(recipe), "without": given.without, "items": found}, file)


if __name__ == "__main__":
    main()
