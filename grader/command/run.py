"""Runs a command's coroutine."""

from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")


def run(work: Coroutine[object, object, T]) -> T:
    """What *work* gives, in an event loop of its own."""
    import asyncio  # a third of the time that --help takes

    return asyncio.run(work)
