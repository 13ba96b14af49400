"""Somebody practises in a real browser, by keyboard and by touch, and loses nothing."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.chromium import NEEDED, WebProcess, script
from tests.support.stub import Behaviour, running
from tests.web.conftest import Start

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = NEEDED
SIZES = [(1280, 800), (390, 844), (640, 400)]
"""A desk, a phone, and the desk at 200 % zoom."""
TOO_WIDE = "document.documentElement.scrollWidth - window.innerWidth"
PALE = script("pale.js")
UNNAMED = script("unnamed.js")
TEXT = "Shared memory has 32 banks of 4 bytes. Padding a row by one word helps."


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Behaviour]:
    """An endpoint on loopback, how it behaves, and the environment that names it."""
    behaviour = Behaviour(delay=0.15)
    with running(behaviour) as (_, url):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "key")
        monkeypatch.setenv("GRADER_MODEL", "stub")
        yield behaviour


def enter(browser: "Browser", web: WebProcess, **how: Any) -> "Page":
    page = browser.new_context(**how).new_page()
    page.set_default_timeout(20_000)
    page.goto(web.address)
    page.click(".rooms a")
    page.wait_for_selector(".coming")
    return page


def question(page: "Page", name: str, **address: str) -> None:
    here = page.url.partition("/practise/")[0]
    page.goto(f"{here}/practise/q/{name}{address.get('query', '')}")
    wait_for_question(page)


def wait_for_question(page: "Page") -> None:
    page.wait_for_selector("#text")
    page.wait_for_load_state()  # with its script


def draft(folder: Path, name: str = "bank-conflict") -> str:
    path = folder / "drafts" / f"{name}.md"
    return path.read_text() if path.exists() else ""


def kept(page: "Page") -> None:
    page.wait_for_selector("#saved:not(:empty)")
    page.wait_for_selector('#saved:text-matches("^(Draft kept|草稿已存)$")')


def test_a_question_is_practised_by_keyboard_twice_and_both_attempts_stand_side_by_side(
    chromium: "Browser", start: Start, endpoint: Behaviour, tmp_path: Path
) -> None:
    page = enter(chromium, start([]))
    page.keyboard.press("Enter")  # the button that answers what comes next has the focus
    wait_for_question(page)
    page.keyboard.type(TEXT)
    kept(page)
    assert draft(tmp_path) == f"{TEXT}\n"
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#watch")
    page.wait_for_selector(".big-score")
    assert draft(tmp_path) == ""
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # change this answer
    wait_for_question(page)
    page.keyboard.type(" Swizzling too.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#that-attempt")
    assert page.locator(".pair .text").count() == 2
    page.keyboard.press("Enter")  # the next question
    wait_for_question(page)
    assert "bank-conflict" not in page.url


def test_each_verdict_is_shown_and_said_as_it_comes(
    chromium: "Browser", start: Start, endpoint: Behaviour
) -> None:
    endpoint.jitter = 1.5
    page = enter(chromium, start(["--ask", "per-point"]))
    question(page, "bank-conflict")
    page.keyboard.type(TEXT)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#heard p:nth-child(2)", state="attached")
    log = page.locator("#heard")
    assert (log.get_attribute("role"), log.get_attribute("aria-live")) == ("log", "polite")
    lines = log.locator("p").all_inner_texts()
    assert len(set(lines)) == len(lines) > 1
    assert len(lines) < 6  # the others are still to come
    assert page.locator("[data-id] .badge .unseen").count() > 0
    assert all(re.match(r"(Key point [1-6] of 6|Misconception): \w", line) for line in lines)


def test_a_page_that_is_left_in_the_middle_of_a_word_keeps_the_draft(
    chromium: "Browser", start: Start, endpoint: Behaviour, tmp_path: Path
) -> None:
    page = enter(chromium, start([]))
    question(page, "bank-conflict")
    page.keyboard.type("half a wor")
    page.goto(page.url.partition("/practise/")[0] + "/practise/")
    until = time.monotonic() + 20
    while draft(tmp_path) != "half a wor\n" and time.monotonic() < until:
        page.wait_for_timeout(50)
    page.reload()
    assert page.locator("b:text-matches('draft of')").count() == 1


def test_kill_9_of_the_server_is_told_and_what_was_kept_is_there_again(
    chromium: "Browser", start: Start, endpoint: Behaviour, tmp_path: Path
) -> None:
    web = start([])
    page = enter(chromium, web)
    question(page, "bank-conflict")
    page.keyboard.type(TEXT)
    kept(page)
    web.end(SIGKILL)
    page.keyboard.type(" More.")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "do not close this page" in page.inner_text("#trouble")
    assert draft(tmp_path) == f"{TEXT}\n"
    again = enter(chromium, start([]))
    question(again, "bank-conflict")
    assert again.input_value("#text").strip() == TEXT


def test_an_answer_that_is_being_graded_when_the_server_is_killed_is_a_draft_again(
    chromium: "Browser", start: Start, endpoint: Behaviour, tmp_path: Path
) -> None:
    endpoint.delay = 30
    web = start([])
    page = enter(chromium, web)
    question(page, "bank-conflict")
    page.keyboard.type(TEXT)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#watch")
    page.wait_for_load_state()  # with its script
    web.end(SIGKILL)
    page.wait_for_selector('#stage:text-matches("does not answer")')
    endpoint.delay = 0
    again = enter(chromium, start([]))
    again.keyboard.press("Enter")  # the draft comes first
    wait_for_question(again)
    again.keyboard.press("Control+Enter")
    again.wait_for_selector(".big-score")
    assert draft(tmp_path) == ""


def test_by_touch_at_the_width_of_a_phone(
    chromium: "Browser", start: Start, endpoint: Behaviour
) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = enter(chromium, start([]), locale="zh-CN", **phone)
    page.tap(".coming .button.main")
    wait_for_question(page)
    page.tap(".hints > summary")
    page.tap(".hints li:first-child summary")
    assert page.locator(".hints li:first-child p").is_visible()
    page.fill("#text", "共享内存有 32 个 bank。")
    button = page.locator("button.main")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    button.tap()
    page.wait_for_selector(".big-score")
    assert "得" in page.inner_text(".big-score") or "分" in page.inner_text(".big-score")


def test_it_works_without_scripts(
    chromium: "Browser", start: Start, endpoint: Behaviour, tmp_path: Path
) -> None:
    endpoint.delay = 1
    page = enter(chromium, start([]), java_script_enabled=False)
    page.click(".coming .button.main")
    page.fill("#text", TEXT)
    page.click("#keep")
    page.wait_for_selector("#told")
    assert draft(tmp_path) == f"{TEXT}\n"
    page.click("button.main")
    page.wait_for_selector("#watch")
    page.wait_for_selector(".big-score")


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
def test_every_page_fits_reads_well_and_has_names_for_who_hears_it(
    chromium: "Browser", start: Start, endpoint: Behaviour, language: str, scheme: str
) -> None:
    page = enter(chromium, start(["--lang", language]), color_scheme=scheme)
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    look(page)
    question(page, "bank-conflict")
    page.keyboard.type(f"{TEXT} {'long' * 60} <script>alert(1)</script>")
    page.click(".hints > summary")
    kept(page)
    look(page)
    endpoint.delay = 3
    page.click("button.main")
    page.wait_for_selector("#watch")
    look(page)
    endpoint.delay = 0.1
    page.wait_for_selector(".big-score")
    look(page)
    question(page, "bank-conflict", query="?revise")
    page.keyboard.press("End")
    page.keyboard.type(" Swizzling.")
    page.click("button.main")
    page.wait_for_selector("#that-attempt")
    look(page)
    page.goto(page.url.partition("/practise/")[0] + "/practise/progress")
    look(page)
    question(page, "paged-attention")
    page.keyboard.type("stub:401")
    page.click("button.main")
    page.wait_for_selector(".fault[role=alert]")
    look(page)
    assert trouble == []


def look(page: "Page") -> None:
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(TOO_WIDE) <= 0, (page.url, width)
    assert page.evaluate(PALE) == [], page.url
    assert page.evaluate(UNNAMED) == [], page.url


@pytest.mark.local
def test_the_embedded_judge_grades_while_one_watches(chromium: "Browser", start: Start) -> None:
    page = enter(chromium, start(["--model", "local"]))
    question(page, "bank-conflict")
    page.keyboard.type(TEXT)
    page.keyboard.press("Control+Enter")
    page.set_default_timeout(240_000)
    page.wait_for_selector("#heard p:nth-child(1)", state="attached")
    assert page.locator("#watch").count() == 1
    page.wait_for_selector(".big-score")
    assert page.locator(".pair mark").count() > 0
