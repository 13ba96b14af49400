"""Writes an adapter as the file that the engine loads."""

from collections.abc import Iterable
from pathlib import Path

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
