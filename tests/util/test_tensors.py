"""Files of tensors are those that the format's own library writes and reads."""

from pathlib import Path

import numpy as np
import pytest

from grader.util.tensors import (
    Floats,
    TensorPlace,
    from_bytes,
    pieces_of,
    read_header,
    rows_of,
    to_bytes,
    write_tensors,
)

VALUES: dict[str, Floats] = {
    "a.weight": (np.arange(12).reshape(3, 4) / 7).astype(np.float32),
    "b": np.array([1.5, -2.25, 3e-5], np.float32),
}


def written(path: Path, dtype: str = "F32") -> Path:
    places = [TensorPlace(name, dtype, values.shape) for name, values in VALUES.items()]
    write_tensors(path, places, lambda t: [to_bytes(VALUES[t.name], dtype)], {"format": "pt"})
    return path


@pytest.mark.parametrize("dtype", ["F32", "F16", "F64"])
def test_the_formats_own_library_reads_what_is_written(dtype: str, tmp_path: Path) -> None:
    library = pytest.importorskip("safetensors.numpy")
    read = library.load_file(written(tmp_path / "x.safetensors", dtype))
    assert read.keys() == VALUES.keys()
    for name, values in VALUES.items():
        assert np.allclose(read[name], values, atol=1e-3)


def test_what_the_formats_own_library_writes_is_read(tmp_path: Path) -> None:
    library = pytest.importorskip("safetensors.numpy")
    library.save_file(VALUES, tmp_path / "x.safetensors", {"format": "np"})
    header = read_header(tmp_path / "x.safetensors")
    assert header.notes == {"format": "np"}
    for name, values in VALUES.items():
        place = header.tensors[name]
        data = b"".join(pieces_of(tmp_path / "x.safetensors", place, most=5))
        assert np.array_equal(from_bytes(data, place.dtype).reshape(place.shape), values)


def test_a_matrix_comes_in_whole_rows_however_little_is_read_at_once(tmp_path: Path) -> None:
    path = written(tmp_path / "x.safetensors")
    rows = list(rows_of(path, read_header(path).tensors["a.weight"], most=1))
    assert [start for start, _ in rows] == [0, 1, 2]
    assert np.array_equal(np.concatenate([r for _, r in rows]), VALUES["a.weight"])


def test_half_precision_of_brains_is_rounded_to_the_nearest_even() -> None:
    torch = pytest.importorskip("torch")
    values = np.random.default_rng(0).normal(size=5000).astype(np.float32)
    values = np.concatenate(
        [values, np.array([1.00390625, 1.01171875, 0.0, -0.0, 1e-40], np.float32)]
    )
    wanted = torch.from_numpy(values).bfloat16()
    assert to_bytes(values, "BF16") == wanted.view(torch.int16).numpy().tobytes()
    assert np.array_equal(from_bytes(to_bytes(values, "BF16"), "BF16"), wanted.float().numpy())


@pytest.mark.parametrize("content", [b"", b"GGUF1234", b"\x05\0\0\0\0\0\0\0{}   ", b"\xff" * 40])
def test_another_file_is_told_as_one_or_has_no_tensors(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    try:
        assert read_header(path).tensors == {}
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either is right


def test_a_file_that_ends_early_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "x.safetensors")
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(OSError, match="b is cut off"):
        list(pieces_of(path, read_header(path).tensors["b"]))
