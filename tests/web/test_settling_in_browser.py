"""A team settles in a real browser, by keyboard and by touch, and reads the new score."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grader.record import Grade
from grader.session.contests import contest_answer
from grader.session.result_lines import read_grades
from tests.support.chromium import NEEDED, WebProcess
from tests.support.places import EXAMPLES
from tests.web.conftest import Start
from tests.web.test_in_browser import look, press

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = NEEDED
TEAM = EXAMPLES / "team"


@pytest.fixture
def given(tmp_path: Path) -> list[str]:
    """The words that open the rooms for the example team, whose results may be decided on."""
    shutil.copy(TEAM / "results.jsonl", tmp_path)
    others = ["--ratings", str(TEAM / "ratings.csv"), "--answers", str(TEAM / "answers.jsonl")]
    return ["--settle", "results.jsonl", *others, "--pass-mark", "60"]


def enter(browser: "Browser", web: WebProcess, **how: Any) -> "Page":
    page = browser.new_context(**how).new_page()
    page.goto(web.address)
    page.wait_for_selector(".rooms")
    return page


def graded(folder: Path, answer_id: str) -> Grade:
    return next(g for g in read_grades(folder / "results.jsonl") if g.answer_id == answer_id)


def ready(page: "Page") -> None:
    page.wait_for_selector("#settle")
    page.wait_for_load_state()


def test_by_keyboard_one_settles_undoes_and_reads_the_new_score(
    chromium: "Browser", start: Start, given: list[str], tmp_path: Path
) -> None:
    page = enter(chromium, start(given))
    base = page.url
    page.goto(f"{base}settle/")
    page.keyboard.press("Enter")  # the way to the first has the focus
    ready(page)
    page.keyboard.press("j")
    page.wait_for_selector(':text("Passes only by this")')
    ready(page)
    press(page, ["4", *"Dana", "Tab", *"says 1 lockstep", "Enter"])
    page.wait_for_selector(".flash")
    assert "61.5 %, passes → 46.2 %, fails" in page.inner_text(".flash")
    assert page.evaluate("document.activeElement.id") == "flash"
    [decision] = graded(tmp_path, "c20-warp-divergence").overrides
    assert (decision.by, decision.reason) == ("Dana", "says 1 lockstep")
    press(page, ["3", *"the same", "Enter"])  # the name is kept: straight to the reason
    page.wait_for_selector(':text("missed, by Dana")')
    page.goto(f"{base}reports/session")
    shown = page.locator(".answer", has_text="c20-warp-divergence").locator(".value")
    assert shown.text_content() == "46.2 %"
    page.click(".back a")
    page.wait_for_selector(':text("The session")')
    page.goto(f"{base}settle/")
    page.locator(".to-settle >> nth=-1").locator("a", has_text="c20").click()
    ready(page)
    page.click('button:text-is("Undo")')
    page.wait_for_selector(':text("46.2 %, fails → 61.5 %, passes")')
    assert len(graded(tmp_path, "c20-warp-divergence").overrides) == 2


def test_by_touch_at_the_width_of_a_phone(
    chromium: "Browser", start: Start, given: list[str], tmp_path: Path
) -> None:
    phone = {"has_touch": True, "is_mobile": True, "locale": "zh-CN"}
    page = enter(chromium, start(given), **phone)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{page.url}alike/bank-conflict/swizzle")
    page.locator(".groups a").first.tap()
    ready(page)
    for box in (page.locator(".choice label").nth(n).bounding_box() for n in range(4)):
        assert box is not None
        assert box["height"] >= 44
    page.locator('.choice:has([value="partial"]) label').tap()
    page.locator(".choice:has(:checked) summary").tap()
    assert "越过及格线" in page.inner_text(".choice:has(:checked) .shifts")
    page.fill("#by", "Dana")
    page.fill("#why", "names another pattern")
    page.locator("button.main").tap()
    page.wait_for_selector(".flash")
    assert len(graded(tmp_path, "c02-bank-conflict").overrides) == 1


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
def test_every_page_fits_reads_well_and_has_names_for_who_hears_it(
    chromium: "Browser",
    start: Start,
    given: list[str],
    tmp_path: Path,
    language: str,
    scheme: str,
) -> None:
    contest_answer(tmp_path / "results.jsonl", "c05-bank-conflict", "I say so", by="Zoe")
    page = enter(chromium, start([*given, "--lang", language]), color_scheme=scheme)
    base, trouble = page.url, []
    page.on("console", lambda message: trouble.append(message.text))
    for path in ("", "settle/", "reports/", "alike/", "alike/bank-conflict/swizzle"):
        page.goto(f"{base}{path}")
        look(page)
    page.locator(".groups a").first.click()
    ready(page)
    page.keyboard.press("2")
    page.locator(".choice:has(:checked) summary").click()
    look(page)
    page.goto(f"{base}settle/next")
    ready(page)
    look(page)
    press(page, ["1", *"Dana", "Tab", *"so it is", "Enter"])
    page.wait_for_selector(".flash")
    look(page)
    page.click(".flash a")
    page.wait_for_selector("#note-line")
    look(page)
    assert trouble == []


def test_without_single_keys_numbers_choose_nothing_and_without_scripts_all_can_be_done(
    chromium: "Browser", start: Start, given: list[str], tmp_path: Path
) -> None:
    page = enter(chromium, start(given))
    page.goto(f"{page.url}settle/next")
    ready(page)
    page.click("#keys summary")
    page.uncheck("#single")
    page.locator("#pane").focus()
    page.keyboard.press("1")
    assert page.locator("[name=verdict]:checked").count() == 0
    plain = enter(chromium, start(given), java_script_enabled=False)
    plain.goto(f"{plain.url}settle/next")
    plain.check("[value=met]")
    plain.fill("#by", "Eli")
    plain.fill("#why", "said")
    plain.keyboard.press("Enter")
    plain.wait_for_selector(".flash")
    assert len(graded(tmp_path, "c14-warp-divergence").overrides) == 1
