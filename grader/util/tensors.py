"""Files of tensors in the safetensors format, written and read piece by piece.

The format (https://github.com/huggingface/safetensors): the length of a header as 8 bytes, the
header as JSON (type, shape and place of each tensor), then the bytes of all tensors. A gigabyte
goes through in pieces, so that memory does not grow with a model.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grader.util.files import new_bytes

WIDTHS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
"""Bytes of a value, by the name of its type."""
_MOST_HEADER = 100_000_000
_ALIGNED = 8

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class TensorPlace:
    """A tensor of a file: its type as the format names it, and where its bytes begin."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int = 0

    @property
    def size(self) -> int:
        """Its bytes. Raises KeyError for a type whose values are no floating-point numbers."""
        return WIDTHS[self.dtype] * math.prod(self.shape)


@dataclass(frozen=True)
class TensorHeader:
    """What a file says of itself: its tensors by their names, and notes of whoever wrote it."""

    tensors: dict[str, TensorPlace]
    notes: dict[str, str]


def read_header(path: Path) -> TensorHeader:
    """Returns the header of a file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no such file.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= _MOST_HEADER:
            raise ValueError("it has no header of safetensors")
        header = json.loads(file.read(length))
    notes = header.pop("__metadata__", {})
    try:
        places = {
            name: TensorPlace(
                *(name, said["dtype"], tuple(said["shape"])), 8 + length + said["data_offsets"][0]
            )
            for name, said in header.items()
        }
    except (KeyError, TypeError, IndexError):
        raise ValueError("its header is not one of safetensors") from None
    return TensorHeader(places, notes)


def write_tensors(
    path: Path,
    tensors: Sequence[TensorPlace],
    pieces: Callable[[TensorPlace], Iterable[bytes]],
    notes: dict[str, str],
) -> None:
    """Writes *tensors*, the bytes of each given by *pieces*; the file appears whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    with new_bytes(path) as file:
        file.write(_header(tensors, notes))
        for tensor in tensors:
            for piece in pieces(tensor):
                file.write(piece)


def _header(tensors: Sequence[TensorPlace], notes: dict[str, str]) -> bytes:
    said: dict[str, object] = {"__metadata__": notes} if notes else {}
    start = 0
    for tensor in tensors:
        offsets = [start, start + tensor.size]
        said[tensor.name] = {
            "dtype": tensor.dtype,
            "shape": list(tensor.shape),
            "data_offsets": offsets,
        }
        start += tensor.size
    text = json.dumps(said, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNED)
    return len(text).to_bytes(8, "little") + text


def pieces_of(path: Path, tensor: TensorPlace, most: int = 1 << 24) -> Iterator[bytes]:
    """Gives the bytes of a tensor in a file, at most *most* at once."""
    with path.open("rb") as file:
        file.seek(tensor.start)
        left = tensor.size
        while left and (piece := file.read(min(left, most))):
            left -= len(piece)
            yield piece
    if left:
        raise OSError(f"{tensor.name} is cut off")


def rows_of(path: Path, tensor: TensorPlace, most: int = 1 << 24) -> Iterator[tuple[int, Floats]]:
    """Gives the rows of a matrix in a file as float32, some at once, with the first one's number.

    Args:
        most: bytes that are read at once, about.
    """
    row = tensor.size // tensor.shape[0]
    number = 0
    for piece in pieces_of(path, tensor, max(1, most // row) * row):
        values = from_bytes(piece, tensor.dtype).reshape(-1, *tensor.shape[1:])
        yield number, values
        number += len(values)


def from_bytes(data: bytes, dtype: str) -> Floats:
    """Returns the values, float32, that the bytes hold in the format's type *dtype*."""
    if dtype == "BF16":
        return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)
    return np.frombuffer(data, f"<f{WIDTHS[dtype]}").astype(np.float32)


def to_bytes(values: Floats, dtype: str) -> bytes:
    """Returns the bytes of float32 values in the format's type *dtype*, rounded to the nearest."""
    if dtype == "BF16":
        bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
        # Half of a step is added, less one bit where the last kept one is even
        return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2").tobytes()
    return np.ascontiguousarray(values, f"<f{WIDTHS[dtype]}").tobytes()
