"""Writes the shipped adapter as other engines load it: as PEFT has it, or merged into its base.

vLLM, SGLang, Transformers and PEFT know the linear maps by the names that the base model's
publisher gave them; the engine here knows them by those of its own file format.
"""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from grader.errors import BadInput, ModelFailed, OutFailed
from grader.llm.embedded import weights_file
from grader.llm.embedded.model import checked_adapter
from grader.util.files import new_file
from grader.util.tensors import (
    WIDTHS,
    Floats,
    TensorPlace,
    pieces_of,
    read_header,
    rows_of,
    to_bytes,
    write_tensors,
)

if TYPE_CHECKING:
    from gguf import GGUFReader

BASE = "Qwen/Qwen2.5-Coder-1.5B-Instruct"
"""The base model's name at its publisher."""
_MAPS = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_NAME = re.compile(rf"blk\.(\d+)\.({'|'.join(_MAPS)})\.weight\.lora_([ab])")
_WEIGHTS = {".safetensors", ".bin", ".pt", ".pth", ".gguf", ".onnx", ".msgpack", ".h5"}
_CARD = Path(__file__).with_name("card.md")


@dataclass(frozen=True)
class LowRank:
    """What an adapter adds to the linear maps of its base: ``(alpha / rank) B A``.

    Attributes:
        pairs: A, of shape (rank, in), and B, (out, rank), by the map's name in the base model,
            as ``model.layers.0.self_attn.q_proj``.
    """

    alpha: float
    pairs: Mapping[str, tuple[Floats, Floats]]

    @property
    def rank(self) -> int:
        """The rank, which all pairs share."""
        return len(next(iter(self.pairs.values()))[0])


def read_adapter(path: Path) -> LowRank:
    """Returns what a GGUF adapter holds. Needs the extra `export`.

    Raises:
        ModelFailed: the extra is not installed, or the file holds something else.
    """
    import numpy as np

    try:
        from gguf import GGUFReader
        from gguf.quants import dequantize
    except ImportError:
        raise ModelFailed(
            "grade model export needs an extra: run `pip install 'answer-grader[export]'`"
        ) from None
    reader = GGUFReader(path)
    halves: dict[str, dict[str, Floats]] = {}
    for tensor in reader.tensors:
        if (match := _NAME.fullmatch(tensor.name)) is None:
            raise ModelFailed(f"{path}: {tensor.name} is no part of an adapter of this model")
        layer, kind, half = match.groups()
        values = np.ascontiguousarray(dequantize(tensor.data, tensor.tensor_type), np.float32)
        sizes = [int(size) for size in tensor.shape[::-1]]
        halves.setdefault(f"model.layers.{layer}.{_MAPS[kind]}", {})[half] = values.reshape(sizes)
    pairs = {name: (both["a"], both["b"]) for name, both in halves.items()}
    return LowRank(_alpha(reader), pairs)


def _alpha(reader: "GGUFReader") -> float:
    field = reader.fields["adapter.lora.alpha"]
    return float(field.parts[field.data[0]][0])


def export_adapter(folder: Path) -> Path:
    """Writes the shipped adapter as PEFT has it into *folder*, a new or empty one, with a card.

    Beside it lies the file for llama.cpp. Returns the folder.

    Raises:
        BadInput: the folder holds something.
        ModelFailed: the shipped adapter is not here, or the extra is not installed.
        OutFailed: the folder cannot be written.
    """
    shipped = checked_adapter()
    adapter = read_adapter(shipped)
    with _emptied(folder):
        write_peft(folder, adapter)
        shutil.copyfile(shipped, folder / shipped.name)
        _write_card(folder, "peft", f"The adapter alone, in the form of PEFT, for `{BASE}`.")
    return folder


def write_peft(folder: Path, adapter: LowRank) -> None:
    """Writes ``adapter_model.safetensors`` and ``adapter_config.json``."""
    values = {
        f"base_model.model.{name}.lora_{half}.weight": matrix
        for name, pair in sorted(adapter.pairs.items())
        for half, matrix in zip("AB", pair, strict=True)
    }
    # All digits of the shipped file; an engine rounds them to what it computes in
    places = [TensorPlace(name, "F32", matrix.shape) for name, matrix in values.items()]
    write_tensors(
        folder / "adapter_model.safetensors",
        places,
        lambda tensor: [to_bytes(values[tensor.name], "F32")],
        {"format": "pt"},
    )
    _write(folder / "adapter_config.json", json.dumps(_config(adapter), indent=2) + "\n")


def _config(adapter: LowRank) -> dict[str, object]:
    maps = {name.rpartition(".")[2] for name in adapter.pairs}
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": BASE,
        "r": adapter.rank,
        "lora_alpha": int(adapter.alpha) if adapter.alpha.is_integer() else adapter.alpha,
        "lora_dropout": 0.0,
        "target_modules": sorted(maps),
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
        "modules_to_save": None,
        "use_dora": False,
        "use_rslora": False,
    }


def export_merged(folder: Path, model: Path, adapter: LowRank | None = None) -> Path:
    """Writes the base model with the adapter in its weights into *folder*, and returns that.

    Shards keep their names and their type; one piece of a tensor is in memory at a time. All else
    of the model's folder (tokeniser, configuration, licence) is copied.

    Args:
        model: the folder of the publisher's own model, with weights as safetensors.
        adapter: None is the shipped one.

    Raises:
        BadInput: *folder* holds something, or *model* is not the base model.
        ModelFailed: the shipped adapter is not here, or the extra is not installed.
        OutFailed: the folder cannot be written.
    """
    adapter = adapter or read_adapter(checked_adapter())
    shards = _checked_shards(model, adapter)
    with _emptied(folder):
        for path, (places, notes) in shards.items():
            write_tensors(
                folder / path.name,
                places,
                lambda tensor, path=path: _merged(path, tensor, adapter),  # type: ignore[misc]
                notes,
            )
        _copy_rest(model, folder)
        _write_card(folder, "transformers", f"`{BASE}` with the adapter merged into its weights.")
    return folder


_Shard = tuple[list[TensorPlace], dict[str, str]]


def _checked_shards(model: Path, adapter: LowRank) -> dict[Path, _Shard]:
    """The tensors and notes of each file of weights, all of the adapter's maps among them."""
    shards: dict[Path, _Shard] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    for path in sorted(model.glob("*.safetensors")):
        try:
            header = read_header(path)
        except (OSError, ValueError) as error:
            raise BadInput(f"--merged {path}: cannot be read as weights: {error}") from None
        for name, place in header.tensors.items():
            if place.dtype not in WIDTHS:
                raise BadInput(
                    f"--merged {path}: {name} is of the type {place.dtype}; name the folder of"
                    f" {BASE} in full precision"
                )
            shapes[name] = place.shape
        shards[path] = (list(header.tensors.values()), header.notes)
    if not shards:
        raise BadInput(f"--merged {model}: no *.safetensors there; name the folder of {BASE}")
    for name, (low, high) in adapter.pairs.items():
        wanted, shape = (len(high), low.shape[1]), shapes.get(f"{name}.weight")
        if shape != wanted:
            raise BadInput(
                f"--merged {model}: not {BASE}: {name}.weight is"
                f" {'not there' if shape is None else f'{shape}, not {wanted}'}"
            )
    return shards


def _merged(path: Path, tensor: TensorPlace, adapter: LowRank) -> Iterator[bytes]:
    pair = adapter.pairs.get(tensor.name.removesuffix(".weight"))
    if pair is None:
        yield from pieces_of(path, tensor)
        return
    low, high = pair
    scale = adapter.alpha / adapter.rank
    for start, rows in rows_of(path, tensor):
        yield to_bytes(rows + scale * (high[start : start + len(rows)] @ low), tensor.dtype)


def _copy_rest(model: Path, folder: Path) -> None:
    for path in sorted(model.iterdir()):
        if path.is_file() and path.suffix not in _WEIGHTS and not path.name.startswith("."):
            shutil.copyfile(path, folder / path.name)


def _write_card(folder: Path, library: str, what: str) -> None:
    want, adapter = weights_file.weights(), weights_file.adapter()
    card = Template(_CARD.read_text(encoding="utf-8"))
    text = card.substitute(
        base=BASE, library=library, what=what, weights=want.title, weights_sha256=want.sha256,
        licence=want.licence, adapter_sha256=adapter.sha256,
    )  # fmt: skip
    _write(folder / "README.md", text)


def _write(path: Path, text: str) -> None:
    with new_file(path) as file:
        file.write(text)


@contextmanager
def _emptied(folder: Path) -> Iterator[None]:
    """The folder, made if need be and empty, while the block writes into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BadInput(f"{folder}: holds something already; name a new folder")
        yield
    except OSError as error:
        raise OutFailed(f"{folder}: {error.strerror or error}") from None
