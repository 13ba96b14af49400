"""The adapter is written as PEFT has it, or into the publisher's own weights, with a card."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from grader.cli.app import app
from grader.errors import BadInput
from grader.llm.embedded import weights_file
from grader.llm.embedded.export import (
    BASE,
    LowRank,
    export_adapter,
    export_merged,
    read_adapter,
    write_peft,
)
from grader.util.tensors import TensorPlace, from_bytes, pieces_of, read_header, to_bytes
from grader.util.tensors import write_tensors as write

MAPS = {
    "self_attn.q_proj": (8, 8),
    "self_attn.k_proj": (4, 8),
    "self_attn.v_proj": (4, 8),
    "self_attn.o_proj": (8, 8),
    "mlp.gate_proj": (16, 8),
    "mlp.up_proj": (16, 8),
    "mlp.down_proj": (8, 16),
}
DICE = np.random.default_rng(0)


def normal(*shape: int) -> Any:
    return DICE.normal(size=shape).astype(np.float32)


@pytest.fixture
def adapter() -> LowRank:
    pairs = {
        f"model.layers.{layer}.{name}": (normal(2, width), normal(rows, 2))
        for layer in range(2)
        for name, (rows, width) in MAPS.items()
    }
    return LowRank(6.0, pairs)


@pytest.fixture
def model(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A tiny model in two files, named as the publisher names its own, and its values."""
    folder = tmp_path / "model"
    folder.mkdir()
    values = {
        f"model.layers.{layer}.{name}.weight": normal(*shape)
        for layer in range(2)
        for name, shape in MAPS.items()
    }
    values |= {"model.embed_tokens.weight": normal(11, 8), "model.norm.weight": normal(8)}
    names = sorted(values)
    for number, part in enumerate((names[:5], names[5:]), 1):
        places = [TensorPlace(name, "BF16", values[name].shape) for name in part]
        path = folder / f"model-{number:05}-of-00002.safetensors"
        write(path, places, lambda t: [to_bytes(values[t.name], "BF16")], {"format": "pt"})
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors.index.json").write_text('{"weight_map": {}}')
    (folder / "tokenizer.json").write_text("{}")
    (folder / "pytorch_model.bin").write_bytes(b"the same once more")
    return folder, values


def tensors(folder: Path) -> dict[str, Any]:
    found = {}
    for path in folder.glob("*.safetensors"):
        for name, place in read_header(path).tensors.items():
            data = b"".join(pieces_of(path, place))
            found[name] = from_bytes(data, place.dtype).reshape(place.shape)
    return found


def test_the_files_of_peft_hold_every_matrix_under_its_publishers_name(
    adapter: LowRank, tmp_path: Path
) -> None:
    write_peft(tmp_path, adapter)
    read = tensors(tmp_path)
    assert len(read) == 2 * len(adapter.pairs)
    for name, (low, high) in adapter.pairs.items():
        assert np.array_equal(read[f"base_model.model.{name}.lora_A.weight"], low)
        assert np.array_equal(read[f"base_model.model.{name}.lora_B.weight"], high)
    said = json.loads((tmp_path / "adapter_config.json").read_text(encoding="utf-8"))
    assert (said["r"], said["lora_alpha"], said["peft_type"]) == (2, 6, "LORA")
    assert said["target_modules"] == sorted({name.rpartition(".")[2] for name in MAPS})
    assert said["base_model_name_or_path"] == BASE


def test_merged_weights_are_the_bases_with_what_the_adapter_adds(
    adapter: LowRank, model: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, values = model
    out = export_merged(tmp_path / "out", folder, adapter)
    read, before = tensors(out), tensors(folder)
    assert read.keys() == values.keys()
    for name, matrix in before.items():
        pair = adapter.pairs.get(name.removesuffix(".weight"))
        wanted = matrix if pair is None else matrix + 3.0 * pair[1] @ pair[0]
        rounded = from_bytes(to_bytes(wanted, "BF16"), "BF16")
        assert np.array_equal(read[name], rounded.reshape(wanted.shape))


def test_what_belongs_to_the_model_comes_along_and_its_weights_in_other_formats_do_not(
    adapter: LowRank, model: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    out = export_merged(tmp_path / "out", model[0], adapter)
    assert {path.name for path in out.iterdir()} == {
        *("config.json", "tokenizer.json", "model.safetensors.index.json", "README.md"),
        *("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"),
    }


def test_another_model_is_refused_in_one_line_before_anything_is_written(
    adapter: LowRank, model: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    deeper = {**adapter.pairs, "model.layers.2.mlp.up_proj": (normal(2, 8), normal(16, 2))}
    wider = {**adapter.pairs, "model.layers.0.mlp.up_proj": (normal(2, 9), normal(16, 2))}
    for pairs, why in ((deeper, "is not there"), (wider, r"is \(16, 8\), not \(16, 9\)")):
        with pytest.raises(BadInput, match=why) as refused:
            export_merged(tmp_path / "out", model[0], LowRank(6.0, pairs))
        assert BASE in str(refused.value)
        assert "\n" not in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_quantised_model_is_refused(adapter: LowRank, tmp_path: Path) -> None:
    text = b'{"x.weight":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}}'
    content = len(text).to_bytes(8, "little") + text + bytes(4)
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(BadInput, match=r"x\.weight is of the type I32"):
        export_merged(tmp_path / "out", tmp_path, adapter)


def test_a_folder_without_weights_is_refused(adapter: LowRank, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no \*\.safetensors there"):
        export_merged(tmp_path / "out", tmp_path, adapter)


def test_a_folder_that_holds_something_is_left_as_it_is(tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    (tmp_path / "mine.txt").write_text("mine")
    done = CliRunner().invoke(app, ["model", "export", str(tmp_path)])
    assert done.exit_code == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("gguf")
    return export_adapter(tmp_path_factory.mktemp("here") / "adapter")


def test_the_shipped_adapter_is_written_whole(exported: Path) -> None:
    shipped = read_adapter(weights_file.adapter().path)
    said = json.loads((exported / "adapter_config.json").read_text(encoding="utf-8"))
    assert (said["r"], said["lora_alpha"], len(said["target_modules"])) == (8, 16, 7)
    assert len(shipped.pairs) == 28 * 7
    read = tensors(exported)
    low, high = shipped.pairs["model.layers.27.mlp.down_proj"]
    assert (low.shape, high.shape) == ((8, 8960), (1536, 8))
    start = "base_model.model.model.layers.27.mlp.down_proj.lora_"
    assert np.array_equal(read[f"{start}A.weight"], low)
    assert np.array_equal(read[f"{start}B.weight"], high)
    # llama.cpp takes its own form
    digest = weights_file.hash_file(exported / "adapter.gguf")
    assert digest == weights_file.adapter().sha256


def test_the_card_says_what_it_is_and_what_it_is_not(exported: Path) -> None:
    card = (exported / "README.md").read_text(encoding="utf-8")
    for said in (BASE, weights_file.adapter().sha256, weights_file.weights().sha256, "Apache-2.0"):
        assert said in card
    for heading in ("## Data", "## Figures", "## Limits"):
        assert heading in card
    assert "$" not in card
