"""Label Studio: tasks as JSON, ``[{"id": 1, "data": {"question": ..., "text": ...}}, ...]``.

The keys of ``data`` are the columns; ``JSON_MIN``, whose tasks are flat, is read as well.
"""

import json
from typing import Any, BinaryIO

from grader.session.exports.columns import Columns
from grader.session.exports.shape import AnswerColumn, Shape
from grader.session.tables import AnswerTable, layout
from grader.util.json_text import without_halves
from grader.util.table import CsvRow, RowProblem
from grader.util.text_file import decode

MOST_BYTES = 64 * 1024 * 1024
_WORDS = ("answer", "text")


def task_table(place: str, stream: BinaryIO, columns: Columns) -> AnswerTable:
    """The tasks as rows; the line of each is its number.

    Raises:
        RowProblem: the file is no list of tasks, or too long.
        NotText: it is no text.
    """
    data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise RowProblem(1, "longer than 64 MiB; give it in several files")
    try:
        tasks = json.loads(without_halves(decode(data)[0]))
    except (ValueError, RecursionError):
        raise RowProblem(1, "not JSON; export it again as JSON") from None
    rows = [_cells(task) for task in tasks] if isinstance(tasks, list) else []
    names = list(dict.fromkeys(name for row in rows for name in row))
    given = (
        CsvRow(dict.fromkeys(names, "") | row, number) for number, row in enumerate(rows, start=1)
    )
    return AnswerTable(place, names, given.__next__, _shape(names, columns))


def _shape(names: list[str], columns: Columns) -> Shape | None:
    told = layout(names, columns) if columns else None
    words = next((name for name in _WORDS if name in names), None)
    if told is not None or words is None or "question" not in names:
        return told
    person = {"id": "id"} | ({"name": "candidate"} if "candidate" in names else {})
    return Shape("label-studio", person, (AnswerColumn(words, asked="question"),))


def _cells(task: Any) -> dict[str, str]:  # noqa: ANN401 - JSON of anybody
    if not isinstance(task, dict):
        return {}
    inner = task.get("data")
    data = inner if isinstance(inner, dict) else task
    return {
        str(name).lower(): value if isinstance(value, str) else json.dumps(value)
        for name, value in ({"id": task.get("id")} | data).items()
        if value is not None
    }
