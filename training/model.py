"""The base model in plain PyTorch, with a low-rank adapter on every linear map.

The weights are those of the file that the judge runs on, dequantised, so that the adapter fits
what it will stand beside. Architecture: Qwen 2 (Yang et al. 2024, arXiv:2407.10671); adapter: LoRA
(Hu et al. 2021, arXiv:2106.09685).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
import torch.nn.functional as F  # noqa: N812 - its customary name
import torch.utils.checkpoint
from torch import Tensor, nn

MAPS = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
"""The linear maps of a layer, named as in the GGUF file."""
_MASKED = -1e9
_KEEP = 6e6
"""Attention scores (batch x length x length) up to which activations are kept, not recomputed."""


@dataclass(frozen=True)
class Shape:
    """The model's sizes, as its file states them."""

    layers: int
    heads: int
    key_heads: int
    head: int
    theta: float
    epsilon: float


Weights = dict[str, Tensor]


class Linear(nn.Module):
    """A frozen linear map with a trainable low-rank addition ``(alpha / rank) B A``."""

    def __init__(self, weight: Tensor, bias: Tensor | None, rank: int, alpha: float) -> None:
        super().__init__()
        self.weight, self.bias, self.scale = weight, bias, alpha / rank
        # float32: bfloat16 steps are too coarse for small updates.
        options: dict[str, Any] = {"device": weight.device, "dtype": torch.float32}
        self.a = nn.Parameter(torch.empty(rank, weight.shape[1], **options))
        self.b = nn.Parameter(torch.zeros(weight.shape[0], rank, **options))
        nn.init.kaiming_uniform_(self.a, a=math.sqrt(5))

    def forward(self, x: Tensor) -> Tensor:
        """Returns the map of *x*, shape (..., in) to (..., out)."""
        low = F.linear(F.linear(x, self.a.to(x.dtype)), self.b.to(x.dtype))
        return F.linear(x, self.weight, self.bias) + low * self.scale


class Layer(nn.Module):
    """One transformer block."""

    def __init__(
        self, weights: Weights, number: int, shape: Shape, rank: int, alpha: float
    ) -> None:
        super().__init__()
        self.shape = shape
        named = f"blk.{number}."
        self.maps = nn.ModuleDict(
            {
                name: Linear(
                    weights[f"{named}{name}.weight"],
                    weights.get(f"{named}{name}.bias"),
                    rank,
                    alpha,
                )
                for name in MAPS
            }
        )
        self.before_attention = weights[f"{named}attn_norm.weight"]
        self.before_mlp = weights[f"{named}ffn_norm.weight"]

    def forward(self, x: Tensor, turn: tuple[Tensor, Tensor], seen: Tensor) -> Tensor:
        """Returns the block's output.

        Args:
            x: shape (batch, length, width).
            turn: cosine and sine of the rotary embedding, (batch, 1, length, head) each.
            seen: which position attends to which, (batch, length, length), boolean.
        """
        maps = self.maps
        x = x + self._attention(_norm(x, self.before_attention, self.shape.epsilon), turn, seen)
        h = _norm(x, self.before_mlp, self.shape.epsilon)
        gated: Tensor = F.silu(maps["ffn_gate"](h)) * maps["ffn_up"](h)
        return x + maps["ffn_down"](gated)

    def _attention(self, h: Tensor, turn: tuple[Tensor, Tensor], seen: Tensor) -> Tensor:
        shape, (batch, length, _) = self.shape, h.shape
        q, k, v = (
            self.maps[name](h).view(batch, length, -1, shape.head).transpose(1, 2)
            for name in ("attn_q", "attn_k", "attn_v")
        )
        q, k = (z * turn[0] + _half_turned(z) * turn[1] for z in (q, k))
        share = shape.heads // shape.key_heads
        k, v = (z.repeat_interleave(share, 1) for z in (k, v))
        # The fused kernels' backward pass gives NaN under a boolean mask; this does not.
        scores = (q @ k.transpose(-1, -2)).float() / math.sqrt(shape.head)
        weights = scores.masked_fill(~seen[:, None], _MASKED).softmax(-1).to(v.dtype)
        mixed = (weights @ v).transpose(1, 2).reshape(batch, length, -1)
        return self.maps["attn_output"](mixed)  # type: ignore[no-any-return]


class Model(nn.Module):
    """The base model with an adapter."""

    def __init__(self, weights: Weights, shape: Shape, rank: int, alpha: float) -> None:
        super().__init__()
        self.shape, self.rank, self.alpha = shape, rank, alpha
        self.embedding = weights["token_embd.weight"]
        self.output = weights.get("output.weight", self.embedding)
        self.last = weights["output_norm.weight"]
        self.layers = nn.ModuleList(
            Layer(weights, number, shape, rank, alpha) for number in range(shape.layers)
        )

    def forward(self, ids: Tensor, positions: Tensor, seen: Tensor) -> Tensor:
        """Returns the last hidden states, (batch, length, width), of *ids* (batch, length)."""
        x = F.embedding(ids, self.embedding)
        turn = self._turn(positions, x.dtype)
        recompute = self.training and torch.is_grad_enabled() and seen.numel() > _KEEP
        for layer in self.layers:
            if recompute:
                x = torch.utils.checkpoint.checkpoint(layer, x, turn, seen, use_reentrant=False)
            else:
                x = layer(x, turn, seen)
        return _norm(x, self.last, self.shape.epsilon)

    def log_probabilities(self, hidden: Tensor) -> Tensor:
        """Returns log-probabilities over the vocabulary, float32, of hidden states (n, width)."""
        return F.log_softmax(F.linear(hidden, self.output).float(), -1)

    def adapter(self) -> Iterator[tuple[str, Tensor]]:
        """Gives the adapter's matrices under the names that the engine knows them by."""
        for number, layer in enumerate(self.layers):
            for name in MAPS:
                for half in ("a", "b"):
                    matrix = getattr(cast("Layer", layer).maps[name], half)
                    yield f"blk.{number}.{name}.weight.lora_{half}", matrix.detach()

    @torch.no_grad()
    def load_adapter(self, matrices: dict[str, Tensor]) -> None:
        """Takes an adapter's matrices over. Raises KeyError where one is missing."""
        for name, mine in self.adapter():
            mine.copy_(matrices[name])

    def _turn(self, positions: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        size = self.shape.head
        steps = torch.arange(0, size, 2, device=positions.device).float() / size
        angles = positions[..., None].float() / self.shape.theta**steps
        angles = torch.cat([angles, angles], -1)[:, None]
        return angles.cos().to(dtype), angles.sin().to(dtype)


def _norm(x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
    h = x.float()
    return (h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + epsilon)).to(x.dtype) * weight


def _half_turned(z: Tensor) -> Tensor:
    low, high = z.chunk(2, -1)
    return torch.cat([-high, low], -1)


def read_gguf(path: Path, device: str, dtype: torch.dtype) -> tuple[Weights, Shape]:
    """Returns the dequantised weights and the sizes of a Qwen 2 model. Needs the extra `train`."""
    import numpy as np
    from gguf import GGUFReader
    from gguf.quants import dequantize

    reader = GGUFReader(path)
    weights = {}
    for tensor in reader.tensors:
        values = np.ascontiguousarray(dequantize(tensor.data, tensor.tensor_type), np.float32)
        sizes = [int(size) for size in tensor.shape[::-1]]
        weights[tensor.name] = torch.from_numpy(values).reshape(sizes).to(device, dtype)

    def stated(name: str) -> float:
        field = reader.fields[f"qwen2.{name}"]
        return float(field.parts[field.data[0]][0])

    heads = int(stated("attention.head_count"))
    shape = Shape(
        layers=int(stated("block_count")),
        heads=heads,
        key_heads=int(stated("attention.head_count_kv")),
        head=weights["blk.0.attn_q.weight"].shape[0] // heads,
        theta=stated("rope.freq_base"),
        epsilon=stated("attention.layer_norm_rms_epsilon"),
    )
    return weights, shape


def toy(vocabulary: int, seed: int = 0) -> tuple[Weights, Shape]:
    """Returns a random model of two small layers, with which the pipeline runs in seconds."""
    torch.manual_seed(seed)
    width, inner, shape = 32, 64, Shape(2, 4, 2, 8, 1e6, 1e-6)
    sizes = {
        "attn_q": (32, width),
        "attn_k": (16, width),
        "attn_v": (16, width),
        "attn_output": (width, 32),
        "ffn_gate": (inner, width),
        "ffn_up": (inner, width),
        "ffn_down": (width, inner),
    }
    weights = {
        "token_embd.weight": torch.randn(vocabulary, width) * 0.3,
        "output_norm.weight": torch.ones(width),
    }
    for number in range(shape.layers):
        for name, size in sizes.items():
            weights[f"blk.{number}.{name}.weight"] = torch.randn(size) * 0.1
        for name in ("attn_norm", "ffn_norm"):
            weights[f"blk.{number}.{name}.weight"] = torch.ones(width)
    return weights, shape
