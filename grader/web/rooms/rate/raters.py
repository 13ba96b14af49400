"""Who rates: names as they are typed, and what they may not be."""

from collections.abc import Collection
from enum import StrEnum

from grader.text.safe import one_line

LONGEST = 60


class NameFault(StrEnum):
    """Why somebody cannot rate under a name; also the key of its words."""

    EMPTY = "name_empty"
    LONG = "name_long"
    MODEL = "name_model"
    SPELT = "name_spelt"
    """Somebody rated under the same name, spelt otherwise."""
    KNOWN = "name_known"
    """Somebody rated under it already; it is told where the name is typed on a page."""


def as_name(typed: str) -> str:
    """Returns a typed name on one line."""
    return one_line(typed)


def name_fault(name: str, models: Collection[str], known: Collection[str]) -> NameFault | None:
    """Returns why nobody can rate as *name*; None where they can.

    Args:
        models: names of models in the results.
        known: who has rated.
    """
    if not name:
        return NameFault.EMPTY
    if len(name) > LONGEST:
        return NameFault.LONG
    if name in models:
        return NameFault.MODEL
    if name not in known and name.casefold() in {other.casefold() for other in known}:
        return NameFault.SPELT
    return None
