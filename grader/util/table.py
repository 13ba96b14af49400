"""Tables that people made: CSV by the standard reader in strict mode, row by row.

A row either fits its heading or is a :class:`RowProblem`; nothing is guessed, and no row is lost
to a quotation mark that another row forgot to close.
"""

import csv
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from grader.errors import BadInput
from grader.util.lines import LONGEST, LineProblem, Lines

SEPARATORS = (",", "\t", ";")

Names = list[str]


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row: its cells by the names in the heading, and the line that it begins on."""

    cells: dict[str, str]
    line: int


class RowProblem(BadInput):
    """A row that does not fit its heading; those after it can be read."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class CsvTable(Iterator[CsvRow]):
    """The rows below a heading. After a :class:`RowProblem` it can be asked for the next row.

    Attributes:
        names: of the columns, in small letters.
        headings: the same as they are written.
    """

    def __init__(
        self,
        lines: Lines,
        is_heading: Callable[[Sequence[str]], bool],
        is_row: Callable[[dict[str, str]], bool] = lambda _: False,
        free: Collection[str] = (),
        *,
        wide: bool = False,
    ) -> None:
        """Reads the heading.

        Args:
            is_heading: whether these names are a heading: the separator is the first that gives
                one, and else the one that gives most columns.
            is_row: whether these cells are surely a row of their own. A quoted cell that holds
                such a line was perhaps not closed where it ends.
            free: columns of people's own words, which may begin with a blank.
            wide: the heading holds people's own words too: it may take several lines, and a
                name that stands twice gets a number.

        Raises:
            RowProblem: a column stands twice, or the first line cannot be read.
        """
        # The module stops at 128 KiB of its own accord, and answers may be longer
        csv.field_size_limit(LONGEST)
        self._lines = lines
        self._waiting: deque[tuple[int, str]] = deque()
        self._held: list[tuple[int, str]] = []
        self._unread: LineProblem | None = None
        self._is_row, self._free = is_row, free
        try:
            first = first_record(lines) if wide else next(lines, "")
        except LineProblem as problem:
            raise RowProblem(1, str(problem)) from None
        self._separator, self.headings = _heading(first, is_heading)
        self.headings = numbered(self.headings) if wide else self.headings
        self.names = [name.lower() for name in self.headings]
        # "a, b, c": then blanks before a cell, or before its quotation mark, are no part of it.
        rest = _split(first, self._separator)[1:]
        self._spaced = bool(rest) and all(cell.startswith(" ") for cell in rest)
        twice = [name for name in self.names if name and self.names.count(name) > 1]
        if twice:
            raise RowProblem(1, f"column {twice[0]} stands twice")

    def __next__(self) -> CsvRow:
        while True:
            self._held = []
            try:
                # A reader for each row: the lines that it took can be given back if it fails
                cells = next(self._reader(self._taken()))
            except LineProblem as problem:
                raise RowProblem(*self._left_behind(str(problem))) from None
            except csv.Error as error:
                raise RowProblem(*self._left_behind(_in_words(str(error)))) from None
            if any(cell.strip() for cell in cells):
                return self._fitted(cells)

    def _fitted(self, cells: list[str]) -> CsvRow:
        line, count = self._held[0][0], len(self.names)
        inner = next((n for n, text in self._held[1:] if self._is_whole_row(text)), None)
        if inner is not None:
            # Which of the two it is, nobody knows: neither is taken for an answer.
            last = self._held[-1][0]
            raise RowProblem(line, _ROW_INSIDE.format(inner=inner, last=last))
        if any(cell.strip() for cell in cells[count:]):
            raise RowProblem(line, f"{len(cells)} cells below a heading of {count}; {_QUOTE_IT}")
        if len(cells) < count:
            missing = ", ".join(self.names[len(cells) :])
            raise RowProblem(
                line, f"{len(cells)} cells below a heading of {count}, no {missing}; {_FILL_IT}"
            )
        if self._is_torn(cells):
            raise RowProblem(line, f"a blank begins some of its cells; {_QUOTE_IT}")
        if self._goes_on():
            raise RowProblem(line, f"the line after it is no row, but perhaps its rest; {_WHOLE}")
        return CsvRow(self._named(cells), line)

    def _is_torn(self, cells: list[str]) -> bool:
        """Whether a separator with a blank after it, as prose has it, stands between two cells."""
        if self._spaced or self._separator == "\t":
            return False
        text = "".join(text for _, text in self._held)
        named = list(zip(self.names, cells, strict=False))[1:]
        blank = [(n, c) for n, c in named if c[:1] == " " and self._separator + c in text]
        if any(cell.lstrip().startswith('"') for _, cell in blank):
            return True
        torn = any(cell.strip() and name not in self._free for name, cell in blank)
        return torn and any(cell and not cell.startswith(" ") for _, cell in named)

    def _goes_on(self) -> bool:
        """Whether the last cell, in people's own words, may have been cut by its line's end."""
        if self.names[-1] not in self._free or self._held[-1][1].rstrip("\r\n").endswith('"'):
            return False
        rest = self._cells(self._ahead())
        short = 0 < len(rest) < len(self.names)
        return short and not self._is_row(dict.fromkeys(self.names, "") | self._named(rest))

    def _ahead(self) -> str:
        """The next line that is not blank; it is taken by the next row all the same."""
        seen = next((text for _, text in self._waiting if text.strip()), "")
        while not seen and self._unread is None:
            try:
                text = next(self._lines)
            except StopIteration:
                break
            except LineProblem as problem:
                self._unread = problem
                break
            self._waiting.append((self._lines.number, text))
            seen = text.strip() and text
        return seen

    def _taken(self) -> Iterator[str]:
        """Lines for the reader, noted as they are taken, first those of a row given up."""
        size = 0
        while True:
            if self._waiting:
                number, text = self._waiting.popleft()
            else:
                try:
                    text = self._next_line()
                except StopIteration:
                    return
                except LineProblem:
                    self._held.append((self._lines.number, ""))
                    raise
                number = self._lines.number
            self._held.append((number, text))
            size += len(text)
            # A quotation mark that nobody closes would take the rest of the file into memory
            if size > LONGEST:
                raise LineProblem(_UNCLOSED)
            yield text

    def _next_line(self) -> str:
        problem, self._unread = self._unread, None
        if problem is not None:
            raise problem
        return next(self._lines)

    def _left_behind(self, message: str) -> tuple[int, str]:
        """Gives up the row that is being read: its first line is at fault, those after it wait."""
        first, *after = self._held or [(self._lines.number, "")]
        # A line that could not be read at all was told with the row it would have belonged to.
        self._waiting.extendleft(reversed([each for each in after if each[1]]))
        return first[0], message

    def _is_whole_row(self, text: str) -> bool:
        cells = self._cells(text)
        return len(cells) == len(self.names) and self._is_row(self._named(cells))

    def _cells(self, text: str) -> list[str]:
        """The cells of a line by itself; none where it is no row."""
        try:
            return next(self._reader(iter([text])), [])
        except csv.Error:
            return []

    def _named(self, cells: list[str]) -> dict[str, str]:
        return dict(zip(self.names, cells, strict=False))

    def _reader(self, lines: Iterator[str]) -> Iterator[list[str]]:
        return _reader(lines, self._separator, spaced=self._spaced)


_UNCLOSED = "a quotation mark opens here that never closes; close it, or write it twice"
_ROW_INSIDE = (
    "a quotation mark opens here and closes in line {last}, but line {inner} looks like a row of"
    " its own; close it where the cell ends, or give each row of the cell two blanks in front"
)
_QUOTE_IT = "put a cell with the separator in it in quotation marks"
_WHOLE = "put a cell of several lines in quotation marks"
_FILL_IT = "leave a cell blank, but keep its separator"


_LONGEST_HEADING = 64 * 1024


def first_record(lines: Iterator[str]) -> str:
    """The first of *lines*, and those after it while a quotation mark is open; may be empty."""
    record = next(lines, "")
    while record.count('"') % 2 and len(record) < _LONGEST_HEADING and (more := next(lines, "")):
        record += more
    return record


def numbered(headings: Sequence[str]) -> Names:
    """*headings* with a number behind each that stood before, as ``1.0 (2)``."""
    seen: Counter[str] = Counter()
    names = []
    for heading in headings:
        seen[heading.lower()] += 1
        again = seen[heading.lower()] > 1 and heading
        names.append(f"{heading} ({seen[heading.lower()]})" if again else heading)
    return names


def names_of(line: str, is_heading: Callable[[Sequence[str]], bool]) -> Names | None:
    """Returns the columns that *line* names, or None where it is no heading."""
    names = [name.lower() for name in _heading(line, is_heading)[1]]
    return names if is_heading(names) else None


def _heading(line: str, is_heading: Callable[[Sequence[str]], bool]) -> tuple[str, Names]:
    choices = [(each, [c.strip() for c in _split(line, each)]) for each in SEPARATORS]
    widest = max(choices, key=lambda choice: len(choice[1]))
    fitting = (each for each in choices if is_heading([name.lower() for name in each[1]]))
    return next(fitting, widest)


def _split(line: str, separator: str) -> list[str]:
    try:
        return next(_reader(iter([line]), separator, spaced=False), [])
    except csv.Error:
        return []


def _reader(lines: Iterator[str], separator: str, *, spaced: bool) -> Iterator[list[str]]:
    """The standard reader in the one dialect that is read."""
    return csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=spaced)


def _in_words(error: str) -> str:
    if "unexpected end" in error:
        return _UNCLOSED
    if "expected after" in error:
        return 'text after a closing quotation mark; write a quotation mark in a cell as ""'
    return error
