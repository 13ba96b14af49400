"""Continues many prompts at once with the base model, in plain PyTorch.

Requests of any length come and go: each has a slot of the cache, and all that are under way take
one step together. Replies of a JSON Schema are held to it by llguidance.
"""

import json
import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F  # noqa: N812 - its customary name
from torch import Tensor

from tests.bench.quality.chat import Job, Written
from training.model import Shape, Weights
from training.tokens import END, Tokens

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TOGETHER = 12
_STEP = 256
"""The cache is read in lengths of so many."""


class Cache:
    """Keys and values of every slot, and the model that fills them."""

    def __init__(self, weights: Weights, shape: Shape, slots: int, length: int) -> None:
        embedding = weights["token_embd.weight"]
        self.weights, self.shape, self.slots, self.length = weights, shape, slots, length
        self.device, self.dtype = embedding.device, embedding.dtype
        sizes = (shape.layers, slots, shape.key_heads, length, shape.head)
        self.keys, self.values = (
            torch.zeros(sizes, device=self.device, dtype=self.dtype) for _ in range(2)
        )

    @torch.no_grad()
    def read(self, prompts: list[list[int]], slots: list[int]) -> Tensor:
        """Reads prompts into empty slots; returns the logits (prompts, vocabulary) after each."""
        longest = max(map(len, prompts))
        ids = torch.zeros(len(prompts), longest, dtype=torch.long)
        for row, prompt in enumerate(prompts):
            ids[row, : len(prompt)] = torch.tensor(prompt)
        places = torch.arange(longest, device=self.device).expand(len(prompts), -1)
        rows = torch.tensor(slots, device=self.device)

        def attend(layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            self.keys[layer, rows, :, :longest] = k
            self.values[layer, rows, :, :longest] = v
            share = self.shape.heads // self.shape.key_heads
            k, v = (z.repeat_interleave(share, 1) for z in (k, v))
            return F.scaled_dot_product_attention(q, k, v, is_causal=True)

        hidden = self._layers(ids.to(self.device), places, attend)
        last = torch.tensor([len(prompt) - 1 for prompt in prompts], device=self.device)
        return self._logits(hidden[torch.arange(len(prompts), device=self.device), last])

    @torch.no_grad()
    def step(self, tokens: list[int], places: list[int]) -> Tensor:
        """Takes one token in each slot, at its place; returns the logits (slots, vocabulary)."""
        at = torch.tensor(places, device=self.device)
        slots = torch.arange(self.slots, device=self.device)
        length = min(self.length, -(-(max(places) + 1) // _STEP) * _STEP)
        hidden_from = torch.arange(length, device=self.device)[None] > at[:, None]

        def attend(layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            self.keys[layer, slots, :, at] = k[:, :, 0]
            self.values[layer, slots, :, at] = v[:, :, 0]
            keys, values = (c[layer, :, :, :length] for c in (self.keys, self.values))
            grouped = q.view(self.slots, self.shape.key_heads, -1, self.shape.head)
            scores = (grouped @ keys.transpose(-1, -2)).float() / math.sqrt(self.shape.head)
            seen = scores.masked_fill(hidden_from[:, None, None], -math.inf).softmax(-1)
            return (seen.to(self.dtype) @ values).view(self.slots, self.shape.heads, 1, -1)

        ids = torch.tensor(tokens, device=self.device)[:, None]
        return self._logits(self._layers(ids, at[:, None], attend)[:, 0])

    def _layers(
        self, ids: Tensor, places: Tensor, attend: Callable[[int, Tensor, Tensor, Tensor], Tensor]
    ) -> Tensor:
        x = F.embedding(ids, self.weights["token_embd.weight"])
        turn = self._turn(places)
        for layer in range(self.shape.layers):
            h = self._norm(x, f"blk.{layer}.attn_norm")
            q, k, v = (
                self._map(h, f"blk.{layer}.attn_{n}").view(*ids.shape, -1, self.shape.head)
                for n in "qkv"
            )
            q, k, v = (z.transpose(1, 2) for z in (q, k, v))
            q, k = (z * turn[0] + _half_turned(z) * turn[1] for z in (q, k))
            mixed = attend(layer, q, k, v).transpose(1, 2).flatten(-2)
            x = x + self._map(mixed, f"blk.{layer}.attn_output")
            h = self._norm(x, f"blk.{layer}.ffn_norm")
            gate = F.silu(self._map(h, f"blk.{layer}.ffn_gate"))
            up = gate * self._map(h, f"blk.{layer}.ffn_up")
            x = x + self._map(up, f"blk.{layer}.ffn_down")
        return self._norm(x, "output_norm")

    def _logits(self, hidden: Tensor) -> Tensor:
        output = self.weights.get("output.weight", self.weights["token_embd.weight"])
        return F.linear(hidden, output).float()

    def _map(self, x: Tensor, name: str) -> Tensor:
        return F.linear(x, self.weights[f"{name}.weight"], self.weights.get(f"{name}.bias"))

    def _norm(self, x: Tensor, name: str) -> Tensor:
        h = x.float()
        h = h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + self.shape.epsilon)
        return h.to(self.dtype) * self.weights[f"{name}.weight"]

    def _turn(self, places: Tensor) -> tuple[Tensor, Tensor]:
        size = self.shape.head
        steps = torch.arange(0, size, 2, device=self.device).float() / size
        angles = places[..., None].float() / self.shape.theta**steps
        angles = torch.cat([angles, angles], -1)[:, None]
        return angles.cos().to(self.dtype), angles.sin().to(self.dtype)


def _half_turned(z: Tensor) -> Tensor:
    low, high = z.chunk(2, -1)
    return torch.cat([-high, low], -1)


class Forms:
    """Holds replies to their JSON Schema."""

    def __init__(self, tokens: Tokens, vocabulary: int) -> None:
        import llguidance

        self.vocabulary = vocabulary
        self._matcher = llguidance.LLMatcher
        self._tokenizer = llguidance.LLTokenizer(
            tokens.tokenizer.to_str(), n_vocab=vocabulary, eos_token=tokens.single(END)
        )
        self._executor = llguidance.LLExecutor()

    def open(self, schema: dict[str, Any]) -> Any:
        """Returns the matcher of one reply."""
        options = {"lenient": True, "whitespace_flexible": False, "item_separator": ", "}
        options["key_separator"] = ": "
        text = json.dumps(schema)
        return self._matcher(
            self._tokenizer, self._matcher.grammar_from_json_schema(text, overrides=options)
        )

    def allowed(self, matchers: list[Any]) -> "NDArray[np.int32]":
        """Returns which tokens may come next, as bits, (matchers, vocabulary / 32)."""
        from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask_par

        bits: NDArray[np.int32] = allocate_token_bitmask(len(matchers), self.vocabulary)
        fill_next_token_bitmask_par(self._executor, [(m, n) for n, m in enumerate(matchers)], bits)
        return bits


@dataclass
class _UnderWay:
    """A request in a slot."""

    number: int
    job: Job
    written: Written = field(default_factory=Written)
    form: Any = None


class Generator:
    """Continues requests; *tell* is given each that is done, with its number."""

    def __init__(
        self, cache: Cache, tokens: Tokens, forms: Forms, tell: Callable[[int, Written], None]
    ) -> None:
        self.cache, self.forms, self.tell = cache, forms, tell
        self.end = {tokens.single(END), tokens.single("<|endoftext|>")}
        self.waiting: deque[tuple[int, Job]] = deque()
        self.slots: list[_UnderWay | None] = [None] * cache.slots
        self.dice = torch.Generator(device=cache.device).manual_seed(0)

    def put(self, jobs: Iterable[tuple[int, Job]]) -> None:
        """Adds requests, those of like length beside each other."""
        self.waiting.extend(sorted(jobs, key=lambda each: len(each[1].ids)))

    @property
    def is_busy(self) -> bool:
        """Whether anything is under way or waits."""
        return bool(self.waiting) or any(self.slots)

    def turn(self) -> None:
        """Lets requests in where there is room, then takes one step of all."""
        while self.waiting and None in self.slots:
            self._let_in()
        if not any(self.slots):
            return
        tokens, places = [], []
        for each in self.slots:
            tokens.append(each.written.tokens[-1] if each else 0)
            places.append(len(each.job.ids) + len(each.written.tokens) - 1 if each else 0)
        logits = self.cache.step(tokens, places)
        rows = [n for n, each in enumerate(self.slots) if each]
        self._take(rows, logits[rows])

    def _let_in(self) -> None:
        rows: list[int] = []
        for row, each in enumerate(self.slots):
            if each is None and self.waiting and len(rows) < _TOGETHER:
                number, job = self.waiting.popleft()
                if len(job.ids) + job.longest > self.cache.length:
                    self.tell(number, Written())
                    continue
                form = self.forms.open(job.schema) if job.schema else None
                self.slots[row] = _UnderWay(number, job, form=form)
                rows.append(row)
        if rows:
            prompts = [each.job.ids for row in rows if (each := self.slots[row])]
            self._take(rows, self.cache.read(prompts, rows))

    def _take(self, rows: list[int], logits: Tensor) -> None:
        """Adds the next token of each row."""
        under_way = [each for row in rows if (each := self.slots[row])]
        self._tell_likeliest(under_way, logits)
        held = [n for n, each in enumerate(under_way) if each.form]
        if held:
            bits = self.forms.allowed([under_way[n].form for n in held])
            logits[held] = logits[held].masked_fill(~_unpacked(bits, logits), -math.inf)
        chosen = logits.argmax(-1)
        warm = [n for n, each in enumerate(under_way) if each.job.temperature]
        if warm:
            heat = torch.tensor([under_way[n].job.temperature for n in warm], device=logits.device)
            drawn = (logits[warm] / heat[:, None]).softmax(-1)
            chosen[warm] = torch.multinomial(drawn, 1, generator=self.dice)[:, 0]
        for row, each, token in zip(rows, under_way, chosen.tolist(), strict=True):
            if self._add(each, token):
                self.tell(each.number, each.written)
                self.slots[row] = None

    def _tell_likeliest(self, under_way: list[_UnderWay], logits: Tensor) -> None:
        asking = [n for n, each in enumerate(under_way) if each.job.top]
        if not asking:
            return
        values, places = logits[asking].log_softmax(-1).topk(20)
        for n, p, t in zip(asking, values.tolist(), places.tolist(), strict=True):
            top = under_way[n].job.top
            under_way[n].written.tops.append(list(zip(t[:top], p[:top], strict=True)))

    def _add(self, each: _UnderWay, token: int) -> bool:
        """Adds a token; returns whether the reply is at its end."""
        if token in self.end:
            each.written.finished = True
            return True
        each.written.tokens.append(token)
        if each.form:
            each.form.consume_token(token)
            if each.form.is_stopped():
                each.written.finished = True
                return True
        return len(each.written.tokens) >= each.job.longest


def _unpacked(bits: "NDArray[np.int32]", logits: Tensor) -> Tensor:
    packed = torch.from_numpy(bits).to(logits.device)
    shifts = torch.arange(32, device=logits.device, dtype=torch.int32)
    return ((packed[:, :, None] >> shifts) & 1).bool().flatten(1)[:, : logits.shape[1]]
