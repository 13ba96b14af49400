"""Makes decisions in plain PyTorch from the exported adapter, and measures how fast a GPU can be.

    python -m tests.bench.gpu.trained_gpu decisions.jsonl OUT --weights MODEL.gguf --peft FOLDER

Reads what `tests.bench.trained_decisions` wrote and what `grade model export` wrote; needs torch,
numpy, safetensors and gguf, and of this repository only `training/`. Writes to the folder OUT:

    plain.jsonl   each decision alone, a whole prompt at a time, in float32
    hub.jsonl     the same by Transformers and PEFT, where they are installed (--hub)
    tree.jsonl    an answer and all its claims in one sequence, in bfloat16
    speed.json    answers a second of the latter, beside a bare forward pass
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, cast

import torch
import torch.nn.functional as F  # noqa: N812 - its customary name
from torch import Tensor

from tests.bench.gpu.trained_hub import hub_model
from training.batches import by_budget, collate, pack
from training.model import MAPS, Layer, Linear, Model, Shape, Weights, read_gguf

VERDICTS = (9454, 42627, 2753, 29185)
"""Yes, Half, No, Wrong in the base model's vocabulary."""
OPEN = 508
DIGITS = tuple(range(15, 25))
NAMES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
LENGTH = 512
"""Tokens of a sequence of the bare forward pass: about an answer with its claims."""

Row = dict[str, Any]
Pairs = dict[str, tuple[Tensor, Tensor]]


def read_peft(folder: Path, device: str) -> tuple[Pairs, float]:
    """Returns A and B of each linear map by the engine's name, and ``alpha / rank``."""
    from safetensors.torch import load_file

    said = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    halves = load_file(folder / "adapter_model.safetensors", device=device)
    layers = {name.split(".layers.")[1].split(".")[0] for name in halves}
    pairs = {}
    for layer in layers:
        for ours, theirs in NAMES.items():
            start = f"base_model.model.model.layers.{layer}.{theirs}.lora_"
            pairs[f"blk.{layer}.{ours}"] = (halves[f"{start}A.weight"], halves[f"{start}B.weight"])
    return pairs, said["lora_alpha"] / said["r"]


def plain_model(weights: Weights, shape: Shape, pairs: Pairs, scale: float) -> Model:
    """Returns the model of `training` with the adapter of the PEFT folder."""
    rank = len(next(iter(pairs.values()))[0])
    model = Model(weights, shape, rank, scale * rank)
    for number, layer in enumerate(model.layers):
        for name in MAPS:
            linear = cast("Linear", cast("Layer", layer).maps[name])
            linear.a.data, linear.b.data = pairs[f"blk.{number}.{name}"]
    return model.eval()


@torch.no_grad()
def alone(
    hidden_of: Callable[..., Tensor], words: Tensor, rows: Sequence[Row]
) -> list[list[float]]:
    """Returns the four log-odds of each decision, its whole prompt a sequence by itself.

    They are log-probabilities but for a constant, which no probability of a verdict depends on.
    """
    packed = [pack([*row["prefix_ids"], *row["suffix_ids"]], []) for row in rows]
    found: list[list[float]] = [[] for _ in rows]
    for batch in by_budget([len(p.ids) for p in packed], 16_000, 64):
        hidden = hidden_of(*collate([packed[n] for n in batch], str(words.device)))
        ends = torch.tensor([len(packed[n].ids) - 1 for n in batch], device=hidden.device)
        four = (hidden[torch.arange(len(batch)), ends].float() @ words.float().T).log_softmax(-1)
        for n, each in zip(batch, four.tolist(), strict=True):
            found[n] = each
    return found


class Fast:
    """The model with the adapter merged into it and the fused attention of PyTorch."""

    def __init__(
        self, weights: Weights, shape: Shape, pairs: Pairs, scale: float, dtype: torch.dtype
    ) -> None:
        self.shape, self.dtype = shape, dtype
        self.embedding = weights["token_embd.weight"].to(dtype)
        self.output = weights.get("output.weight", weights["token_embd.weight"]).to(dtype)
        self.last = weights["output_norm.weight"].to(dtype)
        self.layers = [self._read(weights, n, pairs, scale) for n in range(shape.layers)]
        self.layer: Callable[..., Tensor] = self._layer

    def compile(self) -> None:
        """Has each layer compiled."""
        self.layer = torch.compile(self._layer, dynamic=True)

    def _read(self, weights: Weights, number: int, pairs: Pairs, scale: float) -> dict[str, Tensor]:
        named = f"blk.{number}."

        def merged(*names: str) -> Tensor:
            whole = [
                weights[f"{named}{n}.weight"].float()
                + scale * (pairs[f"{named}{n}"][1] @ pairs[f"{named}{n}"][0]).float()
                for n in names
            ]
            return torch.cat(whole).to(self.dtype)

        biases = [weights.get(f"{named}attn_{z}.bias") for z in "qkv"]
        bias = torch.cat([b for b in biases if b is not None]) if biases[0] is not None else None
        if bias is None:
            bias = torch.zeros(len(merged("attn_q", "attn_k", "attn_v")), device=self.last.device)
        return {
            "qkv": merged("attn_q", "attn_k", "attn_v"),
            "qkv_bias": bias.to(self.dtype),
            "out": merged("attn_output"),
            "gate_up": merged("ffn_gate", "ffn_up"),
            "down": merged("ffn_down"),
            "before_attention": weights[f"{named}attn_norm.weight"].to(self.dtype),
            "before_mlp": weights[f"{named}ffn_norm.weight"].to(self.dtype),
        }

    @torch.no_grad()
    def __call__(self, ids: Tensor, positions: Tensor, seen: Tensor | None) -> Tensor:
        """Returns the last hidden states; *seen* None is what comes before sees all before it."""
        x = F.embedding(ids, self.embedding)
        size = self.shape.head
        steps = torch.arange(0, size, 2, device=ids.device).float() / size
        angles = positions[..., None].float() / self.shape.theta**steps
        angles = torch.cat([angles, angles], -1)[:, None]
        turn = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        mask = None if seen is None else seen[:, None]
        for layer in self.layers:
            x = self.layer(x, layer, turn[0], turn[1], mask)
        return F.rms_norm(x, (x.shape[-1],), self.last, self.shape.epsilon)

    def _layer(
        self, x: Tensor, layer: dict[str, Tensor], cos: Tensor, sin: Tensor, mask: Tensor | None
    ) -> Tensor:
        shape, (batch, length, width) = self.shape, x.shape
        h = F.rms_norm(x, (width,), layer["before_attention"], shape.epsilon)
        qkv = F.linear(h, layer["qkv"], layer["qkv_bias"])
        qkv = qkv.view(batch, length, -1, shape.head).transpose(1, 2)
        q, k, v = torch.split(qkv, [shape.heads, shape.key_heads, shape.key_heads], 1)
        q, k = (z * cos + _half_turned(z) * sin for z in (q, k))
        share = shape.heads // shape.key_heads
        k, v = k.repeat_interleave(share, 1), v.repeat_interleave(share, 1)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)
        mixed = mixed.transpose(1, 2).reshape(batch, length, -1)
        x = x + F.linear(mixed, layer["out"])
        h = F.rms_norm(x, (width,), layer["before_mlp"], shape.epsilon)
        gate, up = F.linear(h, layer["gate_up"]).chunk(2, -1)
        return x + F.linear(F.silu(gate) * up, layer["down"])


def _half_turned(z: Tensor) -> Tensor:
    low, high = z.chunk(2, -1)
    return torch.cat([-high, low], -1)


def by_answer(rows: Sequence[Row]) -> list[list[Row]]:
    """Returns the decisions of each answer, which follow one another."""
    return [list(group) for _, group in groupby(rows, key=lambda row: row["answer"])]


def tree(
    fast: Fast, answers: Sequence[Sequence[Row]], budget: int, words: Tensor, digits: Tensor
) -> Iterator[tuple[int, list[list[float]], list[int]]]:
    """Gives the number of each answer, the four log-odds of its claims, and the digits that their
    lines' numbers begin with.

    An answer is read once, with all its claims behind it, each of which sees the answer and itself.
    """
    tail = [VERDICTS[0], OPEN]
    packed = [pack(a[0]["prefix_ids"], [[*row["suffix_ids"], *tail] for row in a]) for a in answers]
    device = str(words.device)
    for batch in by_budget([len(p.ids) for p in packed], budget, 4096):
        hidden = fast(*collate([packed[n] for n in batch], device))
        at = [
            (row, start + len(claim["suffix_ids"]) - 1)
            for row, n in enumerate(batch)
            for start, claim in zip(packed[n].starts, answers[n], strict=True)
        ]
        rows, places = (torch.tensor(each, device=device) for each in zip(*at, strict=True))
        four = (hidden[rows, places] @ words.T).float().log_softmax(-1).tolist()
        lines = (hidden[rows, places + len(tail)] @ digits.T).argmax(-1).tolist()
        found = iter(zip(four, lines, strict=True))
        for n in batch:
            read = [next(found) for _ in answers[n]]
            yield n, [each for each, _ in read], [line for _, line in read]


def bare(fast: Fast, sequences: int, passes: int = 8) -> float:
    """Returns the tokens a second of forward passes over *sequences* of :data:`LENGTH` tokens."""
    device = fast.embedding.device
    ids = torch.randint(len(fast.embedding), (sequences, LENGTH), device=device)
    positions = torch.arange(LENGTH, device=device)[None].expand(sequences, -1)
    fast(ids, positions, None)
    _wait(device)
    began = time.perf_counter()
    for _ in range(passes):
        fast(ids, positions, None)
    _wait(device)
    return passes * ids.numel() / (time.perf_counter() - began)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def speed(fast: Fast, rows: Sequence[Row], copies: int, budgets: Sequence[int]) -> Row:
    """Returns answers and tokens a second with the prefix shared, by padded tokens of a batch,
    and of bare passes, by sequences of a batch."""
    words, digits = fast.output[list(VERDICTS)], fast.output[list(DIGITS)]
    answers = by_answer(rows) * copies
    tokens = sum(
        len(a[0]["prefix_ids"]) + sum(len(row["suffix_ids"]) + 2 for row in a) for a in answers
    )
    unshared = sum(len(r["prefix_ids"]) + len(r["suffix_ids"]) + 2 for a in answers for r in a)
    shared: dict[int, Row] = {}
    for budget in budgets:
        few = answers[: len(answers) // copies]
        list(tree(fast, few, budget, words, digits))  # what is made at the first use
        _wait(words.device)
        began = time.perf_counter()
        count = sum(1 for _ in tree(fast, answers, budget, words, digits))
        _wait(words.device)
        seconds = time.perf_counter() - began
        shared[budget] = {"answers/s": count / seconds, "tokens/s": tokens / seconds}
        print("shared", budget, shared[budget], flush=True)
    bound = {}
    for sequences in sorted({max(1, budget // LENGTH) for budget in budgets}):
        bound[sequences] = bare(fast, sequences)
        print("bare", sequences, round(bound[sequences]), flush=True)
    best, limit = max(s["tokens/s"] for s in shared.values()), max(bound.values())
    return {
        "answers": len(answers),
        "tokens an answer": tokens / len(answers),
        "tokens an answer, nothing shared": unshared / len(answers),
        "shared": shared,
        "bare tokens/s": bound,
        "share of the bound": best / limit,
    }


def write(path: Path, rows: Sequence[Row], found: Sequence[Sequence[float]]) -> None:
    """Writes a line a decision, with its four numbers."""
    with path.open("w", encoding="utf-8") as out:
        for row, four in zip(rows, found, strict=True):
            known = {"answer": row["answer"], "claim": row["claim"]}
            out.write(json.dumps(known | {"four": [round(f, 5) for f in four]}) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("decisions", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--peft", type=Path, required=True)
    parser.add_argument("--copies", type=int, default=30, help="times that the answers are read")
    parser.add_argument("--budgets", type=int, nargs="*", default=[8192, 16384, 32768, 65536])
    parser.add_argument("--hub", action="store_true", help="by Transformers and PEFT too")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    rows = [json.loads(line) for line in given.decisions.read_text("utf-8").splitlines()]
    began = time.perf_counter()
    weights, shape = read_gguf(given.weights, device, torch.float32)
    pairs, scale = read_peft(given.peft, device)
    print(f"read in {time.perf_counter() - began:.0f} s", flush=True)
    output = weights.get("output.weight", weights["token_embd.weight"])
    model = plain_model(weights, shape, pairs, scale)
    write(given.out / "plain.jsonl", rows, alone(model, output[list(VERDICTS)], rows))
    print(f"plain at {time.perf_counter() - began:.0f} s", flush=True)
    del model
    fast = Fast(weights, shape, pairs, scale, torch.bfloat16)
    words, digits = fast.output[list(VERDICTS)], fast.output[list(DIGITS)]
    answers = by_answer(rows)
    found = {n: four for n, four, _ in tree(fast, answers, given.budgets[0], words, digits)}
    write(given.out / "tree.jsonl", rows, [f for n in range(len(answers)) for f in found[n]])
    print(f"tree at {time.perf_counter() - began:.0f} s", flush=True)
    measured: Row = {"device": torch.cuda.get_device_name() if device == "cuda" else device}
    measured["eager"] = speed(fast, rows, given.copies, given.budgets)
    if device == "cuda":
        measured["eager"]["GB"] = torch.cuda.max_memory_allocated() / 1e9
    (given.out / "speed.json").write_text(json.dumps(measured, indent=2), encoding="utf-8")
    if given.hub:
        hub = hub_model(weights, shape, given.peft, NAMES)
        write(given.out / "hub.jsonl", rows, alone(hub, output[list(VERDICTS)], rows))
        print(f"hub at {time.perf_counter() - began:.0f} s", flush=True)
    if device == "cuda":
        fast.compile()
        measured["compiled"] = speed(fast, rows, given.copies, given.budgets)
        (given.out / "speed.json").write_text(json.dumps(measured, indent=2), encoding="utf-8")
    print(json.dumps(measured, indent=2), flush=True)


if __name__ == "__main__":
    main()
