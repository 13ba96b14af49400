"""Wide sheets of ratings: a row for each answer or key point, and a column for each rater."""

from collections.abc import Iterator, Sequence

from grader.record import Verdict
from grader.trust.calibration.ratings_typed import Row, is_blank

_VERDICTS = {verdict.value for verdict in Verdict}


def raters_in(
    names: Sequence[str], headings: Sequence[str], own: Sequence[str], rows: Sequence[Row]
) -> dict[str, str]:
    """The raters' names as written, by their columns: those that hold mostly ratings.

    Args:
        names: of the columns, in small letters.
        headings: the same as written.
        own: columns that are not a rater's.
    """
    return {
        name: heading
        for name, heading in zip(names, headings, strict=True)
        if name and name not in own and _is_raters(name, rows)
    }


def _is_raters(name: str, rows: Sequence[Row]) -> bool:
    given = [cells for _, cells in rows if not is_blank(cells[name])]
    ratings = sum(_is_rating(cells[name], cells.get("key_point", "")) for cells in given)
    return bool(ratings) and 2 * ratings >= len(given)


def _is_rating(text: str, point: str) -> bool:
    if not is_blank(point):
        return text.strip().lower() in _VERDICTS
    try:
        float(text.strip().removesuffix("%").replace(",", "."))
    except ValueError:
        return False
    return True


def a_rater_each(rows: Sequence[Row], raters: dict[str, str]) -> Iterator[Row]:
    """*rows* as a long sheet has them: one for each rater, with a verdict or a score."""
    for line, cells in rows:
        column = "score" if is_blank(cells.get("key_point", "")) else "verdict"
        shared = {name: cell for name, cell in cells.items() if name not in raters}
        for name, rater in raters.items():
            yield line, shared | {"rater": rater, column: cells[name]}
