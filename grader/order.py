"""The order in which a session's answers are asked about."""

from collections.abc import Iterable, Iterator

from grader.entry import Entry, Problem

WINDOW = 2000
"""Answers that are put in order together: more would hold more of the session in memory."""
_WINDOW_CHARS = 16_000_000


def by_question(
    found: Iterable[Entry | Problem], window: int = WINDOW
) -> Iterator[Entry | Problem]:
    """Answers to the same question one after another, so that the provider's prefix cache, which
    forgets within minutes, serves all but the first; problems come out at once.

    The first answers to each question stand before all others: while they are under way, the
    other questions' first ones can be too, and the rest then finds its prefix cached.
    """
    held: list[Entry] = []
    chars = 0
    for one in found:
        if isinstance(one, Problem):
            yield one
            continue
        held.append(one)
        chars += len(one.text)
        if len(held) >= window or chars >= _WINDOW_CHARS:
            yield from _ordered(held)
            held, chars = [], 0
    yield from _ordered(held)


def _ordered(entries: list[Entry]) -> Iterator[Entry]:
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.question, []).append(entry)
    for group in groups.values():
        yield group[0]
    for group in groups.values():
        yield from group[1:]
