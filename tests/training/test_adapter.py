"""What the adapter's file promises: the engine finds the matrices under its names, as trained."""

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the train extra is not installed")
pytest.importorskip("gguf", reason="the train extra is not installed")

import numpy as np
import torch
from gguf import GGUFReader
from gguf.quants import dequantize

from training import adapter
from training.model import MAPS, Model, toy

ALPHA = 16.0


@pytest.fixture
def model() -> Model:
    made = Model(*toy(20), rank=8, alpha=ALPHA)
    with torch.no_grad():
        for matrix in made.parameters():
            matrix.normal_(std=0.05)
    return made


@pytest.fixture
def read(model: Model, tmp_path: Path) -> GGUFReader:
    adapter.write(tmp_path / "a.gguf", model.adapter(), ALPHA)
    return GGUFReader(tmp_path / "a.gguf")


def test_every_linear_map_has_its_two_matrices_under_the_engines_names(read: GGUFReader) -> None:
    names = {f"blk.{n}.{name}.weight.lora_{half}" for n in (0, 1) for name in MAPS for half in "ab"}
    assert {tensor.name for tensor in read.tensors} == names


def test_the_file_says_what_it_is_and_how_strong(read: GGUFReader) -> None:
    stated = {
        name: read.fields[name].contents()
        for name in ("general.architecture", "general.type", "adapter.type", "adapter.lora.alpha")
    }
    assert list(stated.values()) == ["qwen2", "adapter", "lora", ALPHA]


def test_the_matrices_come_back_within_the_error_of_8_bits(model: Model, read: GGUFReader) -> None:
    written = dict(model.adapter())
    kinds = set()
    for tensor in read.tensors:
        want = written[tensor.name].numpy()
        found = np.asarray(dequantize(tensor.data, tensor.tensor_type), np.float32)
        assert tuple(tensor.shape[::-1]) == want.shape
        # A step of q8_0 is the largest of 32 values over 127, in 16 bits; half of one is the error.
        assert np.abs(found.reshape(want.shape) - want).max() <= np.abs(want).max() / 127 * 0.6
        kinds.add(tensor.tensor_type.name)
    assert kinds == {"Q8_0", "F16"}


def test_an_adapter_that_is_read_again_says_what_the_trained_one_said(
    model: Model, tmp_path: Path
) -> None:
    adapter.write(tmp_path / "a.gguf", model.adapter(), ALPHA)
    other = Model(*toy(20), rank=8, alpha=ALPHA)
    matrices, alpha = adapter.read(tmp_path / "a.gguf")
    other.load_adapter(matrices)
    assert alpha == ALPHA
    for (name, mine), (_, theirs) in zip(model.adapter(), other.adapter(), strict=True):
        assert torch.allclose(mine, theirs, atol=float(mine.abs().max()) / 100), name
