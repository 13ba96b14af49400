"""What tests of pages in a browser share."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from signal import SIGKILL
from typing import TYPE_CHECKING

import pytest

from tests.support.chromium import FLAGS, PROGRAM, WebProcess

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

Start = Callable[[Sequence[str]], WebProcess]


@pytest.fixture(scope="module")
def playwright() -> Iterator["Playwright"]:
    """What drives browsers; for a module, because its event loop is in the way of others'."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def chromium(playwright: "Playwright") -> Iterator["Browser"]:
    """A browser that the tests share; each opens a context of its own in it."""
    browser = playwright.chromium.launch(executable_path=PROGRAM, args=list(FLAGS))
    yield browser
    browser.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts ``grade web`` with arguments; what still runs at the end of the test is killed."""
    running: list[WebProcess] = []

    def started(arguments: Sequence[str]) -> WebProcess:
        running.append(WebProcess(arguments, tmp_path))
        return running[-1]

    yield started
    for web in running:
        web.end(SIGKILL)
