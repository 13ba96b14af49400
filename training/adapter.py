"""Writes an adapter as the file that the engine loads, and reads it again."""

from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

_BLOCK = 32


def write(path: Path, matrices: Iterable[tuple[str, Tensor]], alpha: float) -> None:
    """Writes the matrices as a GGUF adapter. Needs the extra `train`.

    Rows of a multiple of 32 values are kept in 8 bits (q8_0), the others in 16: the quantised base
    weights are coarser than either.
    """
    import numpy as np
    from gguf import GGMLQuantizationType, GGUFWriter
    from gguf.quants import quantize

    writer = GGUFWriter(path, "qwen2")
    writer.add_string("general.type", "adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for name, matrix in matrices:
        values = matrix.float().cpu().numpy()
        if values.shape[-1] % _BLOCK == 0:
            packed = quantize(values, GGMLQuantizationType.Q8_0)
            writer.add_tensor(name, packed, raw_dtype=GGMLQuantizationType.Q8_0)
        else:
            writer.add_tensor(name, np.ascontiguousarray(values.astype(np.float16)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read(path: Path) -> tuple[dict[str, Tensor], float]:
    """Returns an adapter's matrices, float32, by name, and its alpha. Needs the extra `train`."""
    import numpy as np
    from gguf import GGUFReader
    from gguf.quants import dequantize

    reader = GGUFReader(path)
    matrices = {}
    for tensor in reader.tensors:
        values = np.array(dequantize(tensor.data, tensor.tensor_type), np.float32)
        sizes = [int(size) for size in tensor.shape[::-1]]
        matrices[tensor.name] = torch.from_numpy(values).reshape(sizes)
    field = reader.fields["adapter.lora.alpha"]
    return matrices, float(field.parts[field.data[0]][0])
