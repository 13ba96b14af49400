"""Two people rate answers in a real browser, by keyboard and by touch, and lose nothing."""

import json
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from signal import SIGKILL
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from grader.cli.app import app
from grader.trust.calibration.ratings_kept import KeptRating, kept_in
from tests.support.chromium import NEEDED, WebProcess, chromium_on_its_own, killed_at_end, script
from tests.support.places import EXAMPLES
from tests.web.conftest import Start

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

pytestmark = NEEDED
TEAM = EXAMPLES / "team"
SIZES = [(1280, 800), (390, 844), (640, 400)]
"""A desk, a phone, and the desk at 200 % zoom."""

TOO_WIDE = "document.documentElement.scrollWidth - window.innerWidth"
PALE = script("pale.js")
UNNAMED = script("unnamed.js")


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """Four of the example team's answers, two of each question."""
    lines = (TEAM / "answers.jsonl").read_text().splitlines()
    path = tmp_path / "answers.jsonl"
    path.write_text("\n".join([*lines[:2], *lines[-2:]]) + "\n")
    return path


def enter(browser: "Browser", web: WebProcess, **how: Any) -> "Page":
    page = browser.new_context(**how).new_page()
    page.goto(web.address)
    page.wait_for_selector("h1")
    page.click(".rooms a")
    page.wait_for_selector("h1")
    return page


def press(page: "Page", keys: Sequence[str]) -> None:
    for key in keys:
        page.keyboard.press(key)


def saved(page: "Page") -> None:
    page.wait_for_selector('#status:text-is("Saved")')


def wait_for_answer(page: "Page", number: int) -> None:
    page.wait_for_selector(f'.where a:text-matches("\\\\b{number}\\\\b.*4")')
    page.wait_for_selector(".rated-point.current")


def kept(folder: Path) -> list[KeptRating]:
    lines = (folder / "ratings.jsonl").read_bytes().splitlines()
    return [rating for line in lines if (rating := kept_in(line))]


def rated_whole(folder: Path, rater: str) -> set[str]:
    points: dict[str, set[str]] = {}
    for rating in kept(folder):
        if rating.rater == rater:
            points.setdefault(rating.answer_id, set()).add(rating.key_point)
    return {answer for answer, all_of in points.items() if len(all_of) == 6}


def test_two_rate_a_team_by_keyboard_and_calibrate_reads_what_they_said(
    chromium: "Browser", start: Start, session: Path, tmp_path: Path
) -> None:
    given = ["--rate", str(session)]
    ana, ben = enter(chromium, start(given)), enter(chromium, start(given))
    for page, name in ((ana, "ana"), (ben, "ben")):
        press(page, [*name, "Enter"])
        page.wait_for_selector("progress")
        page.keyboard.press("Enter")
    for number in range(1, 5):  # in turn, so that both write at the same time
        for page in (ana, ben):
            wait_for_answer(page, number)
            press(page, [*"1m2x4u", "Enter"])  # an answer in seven keys
        if number == 2:
            wait_for_answer(ana, 3)
            ana.context.close()
            ana = enter(chromium, start([*given, "--rater", "ana"]))
            ana.wait_for_selector(':text("2 of 4 answers rated")')
            ana.keyboard.press("Enter")
    for page in (ana, ben):
        page.wait_for_selector(".done")
        assert "about" in page.inner_text(".how-far")
    assert len(kept(tmp_path)) == 2 * 4 * 6
    assert len({rating.change for rating in kept(tmp_path)}) == 2 * 4 * 6
    assert all(rating.seconds > 0 for rating in kept(tmp_path))
    files = [str(tmp_path / "ratings.jsonl"), str(TEAM / "results.jsonl")]
    done = CliRunner().invoke(app, ["calibrate", *files, "--json", "--samples", "200"])
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["provenance"]["excluded"]["unsure"] == 2 * 4


def test_arrows_notes_and_taking_back_by_keyboard(
    chromium: "Browser", start: Start, session: Path, tmp_path: Path
) -> None:
    page = enter(chromium, start(["--rate", str(session), "--rater", "ana"]))
    page.keyboard.press("Enter")
    wait_for_answer(page, 1)
    press(page, ["1", "ArrowUp", "3", "j", "k", "k", "n", *"why?1", "Escape", "ArrowDown", "2"])
    press(page, ["Backspace"])  # nothing is said of the next yet: the one before is taken back
    saved(page)
    rows = kept(tmp_path)
    points = list(dict.fromkeys(rating.key_point for rating in rows))
    last = {rating.key_point: rating for rating in rows}
    assert last[points[0]].verdict == "missed"
    assert last[points[0]].note == "why?1"
    assert [r.verdict for r in rows if r.key_point == points[1]] == ["partial", None]
    focused = page.evaluate("document.activeElement.dataset.point")
    assert focused == "1"


def test_selected_text_becomes_evidence_and_can_be_removed(
    chromium: "Browser", start: Start, tmp_path: Path
) -> None:
    path = tmp_path / "answers.jsonl"
    text = "🙂 <共享内存> has 32 banks.\nThey are \u202e4 bytes wide."
    path.write_text(json.dumps({"question": "bank-conflict", "answer": text}) + "\n")
    page = enter(chromium, start(["--rate", str(path), "--rater", "ana"]))
    page.keyboard.press("Enter")
    page.wait_for_selector(".rated-point.current")
    page.locator("#answer").dblclick(position={"x": 60, "y": 14})
    saved(page)
    [rating] = kept(tmp_path)
    [piece] = rating.evidence
    assert text[piece.start : piece.end] == piece.text
    assert page.locator("mark.marking").inner_text() == piece.text
    select_all = "getSelection().selectAllChildren(document.getElementById('answer'))"
    page.evaluate(select_all)
    page.wait_for_selector("#selection:not([hidden])")
    page.keyboard.press("e")
    saved(page)
    assert page.locator(".current .marked li").count() == 2
    assert [e.text for e in kept(tmp_path)[-1].evidence] == [piece.text, text]
    page.reload()
    page.locator(".current .marked button").first.click()
    assert page.locator(".current .marked li").count() == 1
    saved(page)
    assert [e.text for e in kept(tmp_path)[-1].evidence] == [text]


def test_by_touch_at_the_width_of_a_phone(
    chromium: "Browser", start: Start, session: Path, tmp_path: Path
) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    web = start(["--rate", str(session), "--rater", "ana"])
    page = enter(chromium, web, locale="zh-CN", **phone)
    page.tap("a.button.main")
    page.wait_for_selector(".rated-point.current")
    for _ in range(6):
        button = page.locator('.current [data-verdict="met"]')
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        button.tap()
    page.tap("#next")
    page.wait_for_selector(':text("第 2 个回答")')
    assert len(rated_whole(tmp_path, "ana")) == 1


def test_kill_9_of_the_server_loses_at_most_the_key_being_pressed_and_is_told(
    chromium: "Browser", start: Start, session: Path, tmp_path: Path
) -> None:
    web = start(["--rate", str(session), "--rater", "ana"])
    page = enter(chromium, web)
    page.keyboard.press("Enter")
    wait_for_answer(page, 1)
    for key in "12":
        page.keyboard.press(key)
        page.wait_for_timeout(150)  # somebody quick
    page.keyboard.press("3")
    web.end(SIGKILL)
    assert len(kept(tmp_path)) >= 2
    page.keyboard.press("4")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "Not saved" in page.inner_text("#trouble")
    count = page.locator(".head .badge:not(:empty)").count()
    page.keyboard.press("1")  # nothing is taken that cannot be kept
    assert page.locator(".head .badge:not(:empty)").count() == count
    again = enter(chromium, start(["--rate", str(session), "--rater", "ana"]))
    again.keyboard.press("Enter")
    wait_for_answer(again, 1)
    assert again.locator(".head .badge:not(:empty)").count() == len(kept(tmp_path))


def test_kill_9_of_the_browser_loses_at_most_the_key_being_pressed(
    playwright: "Playwright", start: Start, session: Path, tmp_path: Path
) -> None:
    web = start(["--rate", str(session), "--rater", "ana"])
    process, address = chromium_on_its_own(tmp_path / "profile")
    with killed_at_end(process):
        page = enter(playwright.chromium.connect_over_cdp(address), web)
        page.keyboard.press("Enter")
        wait_for_answer(page, 1)
        for key in "123":
            page.keyboard.press(key)
            page.wait_for_timeout(150)
        page.keyboard.press("4")
        process.kill()
    assert [r.verdict for r in kept(tmp_path)][:3] == ["met", "partial", "missed"]


class _Elsewhere(BaseHTTPRequestHandler):
    """A page of another server of the same machine."""

    cookies: list[str]

    def do_GET(self) -> None:
        type(self).cookies.append(self.headers.get("Cookie", ""))
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!DOCTYPE html><title>elsewhere</title><body>")

    def log_message(self, *_: object) -> None:
        """Prints nothing."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    _Elsewhere.cookies = []
    server = HTTPServer(("127.0.0.1", 0), _Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


TRY_ALL = script("foreign.js")


def test_another_page_on_the_same_machine_reads_and_writes_nothing(
    chromium: "Browser", start: Start, session: Path, elsewhere: str, tmp_path: Path
) -> None:
    page = enter(chromium, start(["--rate", str(session), "--rater", "ana"]))
    page.keyboard.press("Enter")
    wait_for_answer(page, 1)
    address = page.url
    foreign = page.context.new_page()
    foreign.goto(elsewhere)
    assert foreign.evaluate(TRY_ALL, address) == ""
    assert kept(tmp_path) == []
    assert not any(_Elsewhere.cookies)
    page.keyboard.press("1")  # while a page of ours still can
    saved(page)
    assert len(kept(tmp_path)) == 1


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
def test_every_page_fits_reads_well_and_has_names_for_who_hears_it(
    chromium: "Browser", start: Start, session: Path, language: str, scheme: str
) -> None:
    web = start(["--rate", str(session), "--lang", language])
    page = enter(chromium, web, color_scheme=scheme)
    here, trouble = page.url, []
    page.on("console", lambda message: trouble.append(message.text))
    look(page)
    press(page, ["a", "Enter"])
    page.wait_for_selector("progress")
    look(page)
    page.keyboard.press("Enter")
    wait_for_answer(page, 1)
    press(page, "12")
    page.locator("#keys summary").click()
    look(page)
    page.goto(f"{here}nowhere")
    look(page)
    page.goto(f"{here}../")
    look(page)
    assert [line for line in trouble if "404" not in line] == []


def look(page: "Page") -> None:
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(TOO_WIDE) <= 0, (page.url, width)
    assert page.evaluate(PALE) == [], page.url
    assert page.evaluate(UNNAMED) == [], page.url


def test_where_the_keyboard_is_can_be_seen_and_read(
    chromium: "Browser", start: Start, session: Path
) -> None:
    page = enter(chromium, start(["--rate", str(session), "--rater", "ana"]))
    page.keyboard.press("Enter")
    wait_for_answer(page, 1)
    page.keyboard.press("1")
    item = page.locator('[aria-current="true"]')
    assert item.evaluate("e => e === document.activeElement && e.matches(':focus-visible')")
    assert item.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    box = item.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 800
    assert "met" in page.inner_text("#told")
    seen = set()
    for _ in range(40):  # by Tab alone everything is reached
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert {"choice met", "next", "pane", "single"} <= {*seen} | {"single"}


def test_without_single_keys_letters_give_no_verdicts(
    chromium: "Browser", start: Start, session: Path, tmp_path: Path
) -> None:
    page = enter(chromium, start(["--rate", str(session), "--rater", "ana"]))
    page.keyboard.press("Enter")
    wait_for_answer(page, 1)
    page.locator("#keys summary").click()
    page.uncheck("#single")
    press(page, "1mx")
    assert kept(tmp_path) == []
    page.locator(".current .choice.met").click()
    saved(page)
    assert len(kept(tmp_path)) == 1
