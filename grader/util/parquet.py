"""Parquet files, where pyarrow is installed."""

import os
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from grader.errors import BadInput
from grader.util.json_text import canonical

_ROWS_AT_ONCE = 5_000


def write(rows: Iterable[dict[str, Any]], out: Path) -> int:
    """Writes *rows*, all of the same names, to *out*; gives how many there are.

    Nested values become JSON text: they are of different shapes from row to row.

    Raises:
        BadInput: pyarrow is not installed, or the file cannot be written.
    """
    if find_spec("pyarrow") is None:
        raise BadInput(
            f"{out}: Parquet needs pyarrow; pip install 'answer-grader[parquet]', or write JSONL"
        )
    beside = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        count = _write(rows, beside)
        beside.replace(out)
    except OSError as error:
        raise BadInput(f"{out}: cannot be written: {error.strerror or error}") from None
    finally:
        beside.unlink(missing_ok=True)
    return count


def _write(rows: Iterable[dict[str, Any]], path: Path) -> int:
    import pyarrow as pa
    from pyarrow import parquet

    count, writer = 0, None
    for some in _chunks(rows):
        table = pa.Table.from_pylist([{k: _flat(v) for k, v in row.items()} for row in some])
        if writer is None:
            writer = parquet.ParquetWriter(path, _nullable(table.schema))
        # A file has one schema: the first rows decide it
        writer.write_table(table.cast(writer.schema))
        count += len(some)
    if writer is None:
        # Without rows nothing names the columns, but a file is expected all the same
        parquet.write_table(pa.table({}), path)
    else:
        writer.close()
    return count


def _flat(value: object) -> object:
    return canonical(value) if isinstance(value, (dict, list)) else value


def _chunks(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    left = iter(rows)
    while some := list(islice(left, _ROWS_AT_ONCE)):
        yield some


def _nullable(schema: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    """The schema with text where the first rows had no value at all."""
    import pyarrow as pa

    fields = [pa.field(f.name, pa.string() if pa.types.is_null(f.type) else f.type) for f in schema]
    return pa.schema(fields)
