"""The room for practising: nothing typed is lost, each verdict is shown, both attempts compared."""

import asyncio
import json
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest

from grader.answer import from_text
from grader.errors import ModelFailed, OutFailed
from grader.judge.base import Heard, unheard
from grader.judge.options import JudgeOptions
from grader.ledger.ledger import Ledger
from grader.record import (
    Digests,
    Evidence,
    Grade,
    JudgeInfo,
    MisconceptionGrade,
    PointGrade,
    Usage,
    Verdict,
)
from grader.rubric.format import Rubric
from grader.scoring import total
from grader.session.answered import Answered
from grader.session.drafts import AnswerDraft
from grader.session.exercise import Exercise, Practised
from grader.session.grader import Grader
from grader.util.files import data_folder
from grader.web.rooms.practise import open_room
from grader.web.rooms.practise.judging import JudgeThread
from tests.support.stub import running
from tests.support.web import Browser, browser

NAMES = ("bank-conflict", "paged-attention", "warp-divergence")
BANKS = "/practise/q/bank-conflict"
HOSTILE = '<script>alert(1)</script> "><img src=x onerror=alert(2)> \u202eevil'
AS_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
V = Verdict


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "rubrics"
    place.mkdir()
    for name in NAMES:
        shutil.copy(data_folder("rubrics") / f"{name}.toml", place)
    return place


@pytest.fixture
def exercise(folder: Path) -> Exercise:
    return Exercise((folder,))


@pytest.fixture
def judge(exercise: Exercise, monkeypatch: pytest.MonkeyPatch) -> Iterator[JudgeThread]:
    """A judge over the stub endpoint."""
    with running() as (_, url):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "key")
        thread = JudgeThread(exercise, JudgeOptions(model="stub"))
        yield thread
        thread.close()


@pytest.fixture
def inside(exercise: Exercise, judge: JudgeThread) -> Browser:
    return browser(open_room(exercise, judge))


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def hand_in(inside: Browser, judge: JudgeThread, text: str, question: str = "bank-conflict") -> str:
    """Hands an answer in and returns the page that the grading ends in."""
    at = inside.at(f"/practise/q/{question}")
    inside.post(f"{at}/grade", data={"text": text, "version": ""})
    wait_for(lambda: not judge.is_grading(question))
    return inside.get(f"{at}/grading").text


def save(inside: Browser, text: str, version: str = "") -> dict[str, str]:
    sent: dict[str, str] = inside.post(
        inside.at(f"{BANKS}/draft"), json={"text": text, "version": version}
    ).json()
    return sent


def words_of(page: str) -> str:
    """What is read on a page, without its tags and the numbers of marks."""
    return re.sub("<[^>]+>", "", re.sub(r'<a class="ref.*?</a>', "", page))


def graded(rubric: Rubric, days_ago: float, *verdicts: Verdict, text: str = "") -> Grade:
    """A grade whose first misconception is asserted; the first key point rests on *text*."""
    at = datetime.now(UTC) - timedelta(days=days_ago)
    piece = (Evidence(text=text, start=0, end=len(text)),) if text else ()
    points = tuple(
        PointGrade(id=p.id, weight=p.weight, verdict=v, evidence=piece if not n else ())
        for n, (p, v) in enumerate(zip(rubric.key_points, verdicts, strict=False))
    )
    points += tuple(
        PointGrade(id=p.id, weight=p.weight, verdict=V.MISSED)
        for p in rubric.key_points[len(points) :]
    )
    wrong = rubric.misconceptions[0]
    return Grade(
        question=rubric.id,
        answer_id="a",
        attempted_at=at,
        score=total(points),
        key_points=points,
        misconceptions=(MisconceptionGrade(id=wrong.id, asserted=True, correction="?"),),
        judge=JudgeInfo(kind="endpoint", model="m"),
        usage=Usage(),
        digests=Digests(answer=f"sha256:{days_ago}", rubric=rubric.digest, prompt="p"),
        graded_at=at,
        version="0",
    )


def keep(tmp_path: Path, *grades: Grade) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        for grade in grades:
            ledger.keep_grade(grade)


def test_the_first_page_says_what_is_due_how_urgent_when_and_what_is_new(
    inside: Browser, exercise: Exercise, tmp_path: Path
) -> None:
    keep(tmp_path, graded(exercise.rubric("warp-divergence"), 9, V.MET))
    page = unescape(inside.get(inside.at("/practise/")).text)
    due = page.index("Due <small>1</small>")
    new = page.index("New <small>2</small>")
    points = len(exercise.rubric("warp-divergence").key_points)
    told = page[due:new]
    assert f"key points due: {points}, missed last time: {points - 1}" in told
    assert re.search(r"urgency [1-9]\d? %", told)
    assert re.search(r"due on \d{4}-\d\d-\d\d", told)
    assert exercise.rubric("warp-divergence").question.text("en") in told
    assert "1 of 3 questions due" in inside.get(inside.at("/")).text
    following = inside.get(inside.at("/practise/next"))
    assert following.url.path.endswith("/q/warp-divergence")


def test_nothing_before_the_answer_tells_the_key_points(
    inside: Browser, exercise: Exercise, tmp_path: Path
) -> None:
    rubric = exercise.rubric("bank-conflict")
    keep(tmp_path, graded(rubric, 9, V.MET))
    for path in ("/practise/", BANKS):
        page = unescape(inside.get(inside.at(path)).text)
        for point in rubric.key_points:
            assert point.text("en") not in page


def test_hints_are_closed_until_somebody_wants_them(inside: Browser, exercise: Exercise) -> None:
    page = unescape(inside.get(inside.at(BANKS)).text)
    for point in exercise.rubric("bank-conflict").key_points:
        assert point.hint is not None
        assert f"</summary><p>{point.hint.text('en')}</p></details>" in page
    assert "<details open" not in page


def test_questions_are_searched_and_skipped(inside: Browser) -> None:
    page = inside.get(inside.at("/practise/?words=paged")).text
    assert "/q/paged-attention" in page
    assert "/q/warp-divergence" not in page
    seen = []
    after = ""
    for _ in range(3):
        after = inside.get(inside.at(f"/practise/next?after={after}")).url.path.rpartition("/")[2]
        seen.append(after)
    assert sorted(seen) == sorted(NAMES)
    assert inside.get(inside.at(f"/practise/next?after={after}")).url.path.endswith("/practise/")


def test_a_draft_is_the_one_of_grade_practice_and_is_there_after_a_restart(
    inside: Browser, exercise: Exercise, folder: Path, judge: JudgeThread
) -> None:
    kept = save(inside, "Shared memory has\n32 banks 银行.")
    assert kept["version"]
    assert exercise.draft(exercise.rubric("bank-conflict")).text().startswith("Shared memory")
    again = browser(open_room(Exercise((folder,)), judge))
    assert "32 banks 银行." in again.get(again.at(BANKS)).text
    assert "draft of" in again.get(again.at("/practise/")).text


def test_a_draft_that_was_changed_elsewhere_is_set_aside_not_lost(
    inside: Browser, exercise: Exercise
) -> None:
    draft = exercise.draft(exercise.rubric("bank-conflict"))
    first = save(inside, "From the page.")
    draft.save("From the editor.\n")
    second = save(inside, "From the page, longer.", first["version"])
    assert Path(second["aside"]).read_text() == "From the editor.\n"
    assert draft.text() == "From the page, longer.\n"
    assert save(inside, "From the page, longest.", second["version"])["aside"] == ""


def test_a_draft_with_characters_that_no_file_holds_is_kept_all_the_same(
    inside: Browser, exercise: Exercise
) -> None:
    at = inside.at(f"{BANKS}/draft")
    body = '{"text": "half \\ud83d, nul \\u0000, line\\r\\nend", "version": ""}'
    sent = inside.post(at, content=body, headers={"Content-Type": "application/json"})
    assert sent.status_code == 200
    text = exercise.draft(exercise.rubric("bank-conflict")).text()
    assert text == "half \ufffd, nul \ufffd, line\nend\n"


def test_a_draft_that_is_emptied_ends(inside: Browser, exercise: Exercise) -> None:
    first = save(inside, "x")
    save(inside, "  \n", first["version"])
    assert exercise.draft(exercise.rubric("bank-conflict")).changed_at is None


def test_texts_of_one_page_replace_each_other_in_the_order_in_which_they_were_sent(
    inside: Browser, exercise: Exercise
) -> None:
    draft = exercise.draft(exercise.rubric("bank-conflict"))
    for number, text in ((1, "One"), (3, "One two three"), (2, "One two")):
        sent = {"text": text, "version": "", "page": "p", "number": number}
        told = inside.post(inside.at(f"{BANKS}/draft"), json=sent).json()
        assert told["aside"] == ""
    assert draft.text() == "One two three\n"
    other = {"text": "Other", "version": "", "page": "q", "number": 1}
    assert inside.post(inside.at(f"{BANKS}/draft"), json=other).json()["aside"]


@pytest.mark.parametrize(
    "sent", [{}, {"text": 1}, {"text": "x", "version": 2}, {"text": "x", "page": []}]
)
def test_what_is_no_draft_is_refused_in_a_line(inside: Browser, sent: dict[str, object]) -> None:
    told = inside.post(
        inside.at(f"{BANKS}/draft"), json=sent, headers={"Accept": "application/json"}
    )
    assert (told.status_code, told.json()["error"]) == (400, "text, version and page must be texts")


def test_without_a_script_the_form_keeps_the_draft_too(inside: Browser, exercise: Exercise) -> None:
    sent = {"text": "Line one\r\nLine two", "version": "", "then": "keep"}
    page = inside.post(inside.at(f"{BANKS}/grade"), data=sent).text
    assert "Your draft is kept." in page
    assert exercise.draft(exercise.rubric("bank-conflict")).text() == "Line one\nLine two\n"


def test_an_answer_is_graded_and_its_page_shows_words_score_sources_and_links_both_ways(
    inside: Browser, judge: JudgeThread, exercise: Exercise
) -> None:
    page = unescape(hand_in(inside, judge, "Shared memory has 32 banks.\nPadding helps."))
    rubric = exercise.rubric("bank-conflict")
    assert re.search(r"[\d.]+ % — [\d.]+ of \d+ points", page)
    for point in rubric.key_points:
        assert point.text("en") in page
    assert (rubric.key_points[0].sources[0].quote or "?") in page
    assert 'href="https://docs.nvidia.com/' in page
    quoted = re.findall(r'<blockquote><a href="#(now-p\d-1)">', page)
    assert quoted
    for anchor in quoted:
        assert f'id="{anchor}"' in page
    for target in re.findall(r'class="ref \w+" href="#([^"]+)"', page):
        assert f'id="{target}"' in page
    assert exercise.draft(rubric).changed_at is None


def test_the_second_attempt_stands_beside_the_first_with_what_changed(
    inside: Browser, judge: JudgeThread
) -> None:
    hand_in(inside, judge, "Shared memory has 32 banks.")
    page = hand_in(inside, judge, "Padding by a word. Swizzling as well. Different words.")
    assert "This attempt" in page
    assert "The attempt before" in page
    assert "Shared memory has 32 banks." in words_of(page)
    moved = re.search(r"Key points with another verdict: (\d)", page)
    assert moved
    assert page.count('<span class="was">') == int(moved[1])
    first = inside.get(inside.at(f"{BANKS}/result?attempt=1")).text
    assert "The attempt before" not in first
    for odd in ("0", "99", "x", "²", "9" * 30):
        assert inside.get(inside.at(f"{BANKS}/result?attempt={odd}")).status_code == 200


def test_the_last_answer_can_be_changed_and_unchanged_it_is_not_graded_again(
    inside: Browser, judge: JudgeThread, exercise: Exercise
) -> None:
    text = "Shared memory has 32 banks."
    hand_in(inside, judge, text)
    assert text in inside.get(inside.at(f"{BANKS}?revise")).text
    assert text not in inside.get(inside.at(BANKS)).text
    page = inside.post(inside.at(f"{BANKS}/grade"), data={"text": text, "version": ""}).text
    assert "Nothing was changed" in page
    assert len(exercise.attempts(exercise.rubric("bank-conflict"))) == 1


def test_misconceptions_come_with_their_correction_in_the_readers_language(
    inside: Browser, exercise: Exercise, tmp_path: Path
) -> None:
    rubric = exercise.rubric("bank-conflict")
    keep(tmp_path, graded(rubric, 3, V.MET))
    wrong = rubric.misconceptions[0]
    for language in ("en", "zh"):
        page = unescape(inside.get(inside.at(f"{BANKS}/result?lang={language}")).text)
        assert wrong.text(language) in page
    assert "was not kept here" in inside.get(inside.at(f"{BANKS}/result?lang=en")).text


def test_no_mark_of_an_earlier_attempt_leads_to_nowhere(
    inside: Browser, judge: JudgeThread, exercise: Exercise, tmp_path: Path
) -> None:
    rubric, text = exercise.rubric("bank-conflict"), "Alignment prevents conflicts."
    answer = from_text(text, "a")
    Answered(tmp_path / "answers").keep(answer)
    piece = Evidence(text=text, start=0, end=len(text))
    before = graded(rubric, 3, V.MET, text=text)
    wrong = before.misconceptions[0].model_copy(update={"evidence": (piece,)})
    digests = before.digests.model_copy(update={"answer": answer.digest})
    keep(tmp_path, before.model_copy(update={"misconceptions": (wrong,), "digests": digests}))
    page = hand_in(inside, judge, "Shared memory has 32 banks.")
    assert text in words_of(page)
    assert '<span class="ref held">✗</span>' in page
    for target in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{target}"' in page


def test_an_empty_or_far_too_long_answer_is_not_graded_and_the_page_says_why(
    inside: Browser, judge: JudgeThread, exercise: Exercise
) -> None:
    page = inside.post(inside.at(f"{BANKS}/grade"), data={"text": " \n", "version": ""}).text
    assert "Nothing was written: nothing graded." in page
    page = inside.post(inside.at(f"{BANKS}/grade"), data={"text": "x" * 70_000, "version": ""}).text
    assert "longer than" in page
    assert "x" * 70_000 in page
    assert judge.of("bank-conflict") is None
    assert exercise.attempts(exercise.rubric("bank-conflict")) == ()


def test_where_the_judge_fails_the_reason_is_told_and_the_draft_kept_for_another_try(
    inside: Browser, judge: JudgeThread, exercise: Exercise
) -> None:
    page = hand_in(inside, judge, "Banks. stub:401")
    assert "refused the key" in page
    assert "Your answer is kept as a draft." in page
    rubric = exercise.rubric("bank-conflict")
    assert exercise.draft(rubric).text() == "Banks. stub:401\n"
    before = exercise.draft(rubric).changed_at
    inside.post(inside.at(f"{BANKS}/grade"), headers=AS_FORM)
    wait_for(lambda: not judge.is_grading("bank-conflict"))
    assert exercise.draft(rubric).changed_at == before
    exercise.draft(rubric).save("Banks.\n")
    inside.post(inside.at(f"{BANKS}/grade"), headers=AS_FORM)
    wait_for(lambda: not judge.is_grading("bank-conflict"))
    assert len(exercise.attempts(rubric)) == 1


def test_what_could_not_be_graded_is_an_interval_and_can_be_tried_again(
    inside: Browser, judge: JudgeThread, exercise: Exercise
) -> None:
    page = hand_in(inside, judge, "Banks. stub:refuse")
    assert "Something could not be graded" in page
    assert "Try again" in page
    assert exercise.draft(exercise.rubric("bank-conflict")).text() == "Banks. stub:refuse\n"


def test_a_disk_that_takes_no_draft_costs_nothing_that_was_typed(
    inside: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OutFailed("the draft d.md: cannot be written: No space left on device")

    monkeypatch.setattr(AnswerDraft, "save", full)
    page = inside.post(inside.at(f"{BANKS}/grade"), data={"text": "Banks.", "version": ""}).text
    assert "cannot be written" in page
    assert "Banks.</textarea>" in page
    told = inside.post(inside.at(f"{BANKS}/draft"), json={"text": "Banks.", "version": ""})
    assert (told.status_code, "cannot be written" in told.json()["error"]) == (507, True)


def test_what_the_doctor_found_wrong_with_the_judge_is_told(
    exercise: Exercise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    with running() as (_, url):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        judge = JudgeThread(exercise, JudgeOptions(model="stub"), tell=told.append)
        hand_in(browser(open_room(exercise, judge)), judge, "Banks.")
        (attempt,) = exercise.attempts(exercise.rubric("bank-conflict"))
        with Ledger(tmp_path / "ledger.sqlite") as ledger:
            ledger.remember_judge(attempt.judge, "it likes everything")
        judge.close()
        again = JudgeThread(exercise, JudgeOptions(model="stub"), tell=told.append)
        hand_in(browser(open_room(exercise, again)), again, "Padding.")
        again.close()
    assert told == ["careful with stub: it likes everything (grade doctor)"]


def test_every_verdict_is_sent_while_the_answer_is_graded(
    inside: Browser, judge: JudgeThread, exercise: Exercise
) -> None:
    hand_in(inside, judge, "Shared memory has 32 banks.")
    events = inside.get(inside.at(f"{BANKS}/events"))
    assert events.headers["content-type"].startswith("text/event-stream")
    sent = [json.loads(line[6:]) for line in events.text.splitlines() if line.startswith("data: ")]
    points = [each["point"] for each in sent if "point" in each]
    assert points == [point.id for point in exercise.rubric("bank-conflict").key_points]
    assert all(each["word"] for each in sent if "point" in each)
    assert events.text.rstrip().endswith("event: over\ndata: {}")


class _Held(Exercise):
    """An exercise whose grading ends when a test lets it."""

    def __init__(self, folder: Path, error: Exception | None = None) -> None:
        super().__init__((folder,))
        self.go_on = threading.Event()
        self.under_way: list[str] = []
        self.most = 0
        self._error = error

    async def grade(self, _: Grader, rubric: Rubric, __: Heard = unheard) -> Practised:
        self.under_way.append(rubric.id)
        self.most = max(self.most, len(self.under_way))
        while not self.go_on.is_set():
            await asyncio.sleep(0.01)
        self.under_way.remove(rubric.id)
        raise self._error or ModelFailed("gone")


def held_room(folder: Path, error: Exception | None = None) -> tuple[_Held, JudgeThread, Browser]:
    exercise = _Held(folder, error)
    judge = JudgeThread(exercise, JudgeOptions(model="m", base_url="http://127.0.0.1:9/v1"))
    return exercise, judge, browser(open_room(exercise, judge))


def test_who_closes_the_page_and_comes_back_finds_the_grading_where_it_is(folder: Path) -> None:
    exercise, judge, inside = held_room(folder)
    inside.post(inside.at(f"{BANKS}/grade"), data={"text": "Banks.", "version": ""})
    for path in (BANKS, f"{BANKS}/grading"):
        page = inside.get(inside.at(path)).text
        assert "Your answer is being graded" in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert "being graded" in inside.get(inside.at("/practise/")).text
    exercise.go_on.set()
    wait_for(lambda: not judge.is_grading("bank-conflict"))
    assert "gone" in inside.get(inside.at(f"{BANKS}/grading")).text
    judge.close()


def test_one_answer_is_judged_at_a_time_and_none_twice(folder: Path) -> None:
    exercise, judge, inside = held_room(folder)
    for name in ("bank-conflict", "bank-conflict", "paged-attention"):
        inside.post(inside.at(f"/practise/q/{name}/grade"), data={"text": "Banks.", "version": ""})
    wait_for(lambda: bool(exercise.under_way))
    waiting = inside.get(inside.at("/practise/q/paged-attention/grading")).text
    assert "Waiting for the answer before it" in waiting
    exercise.go_on.set()
    wait_for(lambda: not any(map(judge.is_grading, NAMES)))
    assert exercise.most == 1
    judge.close()


def test_a_fault_of_the_program_is_told_too_and_the_next_answer_is_graded(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    exercise, judge, inside = held_room(folder, ZeroDivisionError("odd"))
    exercise.go_on.set()
    assert "ZeroDivisionError: odd" in hand_in(inside, judge, "Banks.")
    assert "ZeroDivisionError: odd" in hand_in(inside, judge, "Banks.", "paged-attention")
    assert "Traceback" in caplog.text
    judge.close()


def test_the_judge_ends_with_the_server_though_an_answer_is_under_way(folder: Path) -> None:
    exercise, judge, inside = held_room(folder)
    inside.post(inside.at(f"{BANKS}/grade"), data={"text": "Banks.", "version": ""})
    wait_for(lambda: bool(exercise.under_way))
    judge.close()
    assert not judge.is_grading("bank-conflict")
    assert exercise.draft(exercise.rubric("bank-conflict")).text() == "Banks.\n"


def test_a_hostile_answer_is_text_everywhere(inside: Browser, judge: JudgeThread) -> None:
    save(inside, HOSTILE)
    pages = [inside.get(inside.at(BANKS)).text]
    pages.append(hand_in(inside, judge, f"{HOSTILE} shared memory has 32 banks"))
    pages.append(inside.get(inside.at(f"{BANKS}?revise")).text)
    for page in pages:
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "\u202e" not in page.partition("<textarea")[0]
        assert "&lt;script&gt;alert(1)" in page


def test_an_address_of_no_question_is_told_as_such(inside: Browser) -> None:
    for path in ("/practise/q/bank-conflct", "/practise/q/..%2F..%2Fetc", "/practise/q/x/result"):
        assert inside.get(inside.at(path)).status_code == 404
    assert inside.get(inside.at(f"{BANKS}/events")).status_code == 404
    assert inside.get(inside.at(f"{BANKS}/grading")).url.path.endswith(BANKS)
    assert inside.get(inside.at(f"{BANKS}/result")).url.path.endswith(BANKS)


def test_the_question_is_in_the_language_that_its_reader_chooses(
    inside: Browser, exercise: Exercise
) -> None:
    question = exercise.rubric("bank-conflict").question
    assert question.text("en") in inside.get(inside.at(BANKS)).text
    page = inside.get(inside.at(f"{BANKS}?in=zh")).text
    assert question.text("zh") in page
    assert "Your answer" in page
    assert question.text("zh") in inside.get(inside.at(BANKS)).text
    assert "你的答案" in inside.get(inside.at(f"{BANKS}?lang=zh")).text


def test_progress_shows_each_key_point_by_week_with_its_memory(
    inside: Browser, exercise: Exercise, tmp_path: Path
) -> None:
    rubric = exercise.rubric("bank-conflict")
    keep(tmp_path, *(graded(rubric, days, V.MET) for days in (100, 15, 1)))
    page = unescape(inside.get(inside.at("/practise/progress")).text)
    table = page[page.index("<table") : page.index("</table>")]
    assert table.count('<th scope="col">') == 8  # seven weeks and all before
    assert "earlier" in table
    for point in rubric.key_points:
        assert point.text("en") in table
    assert len(re.findall(r'class="pip met"', table)) == 3
    assert len(re.findall(r"recalled with \d+ % · stable for [\d.]+ days · due \d{4}-", table)) == 6
    assert '<span class="unseen">met</span>' in table
    assert "Nothing was graded yet." not in page


def test_pages_have_names_for_who_hears_them_and_nothing_inline(
    inside: Browser, judge: JudgeThread
) -> None:
    hand_in(inside, judge, "Shared memory has 32 banks.")
    for path in ("/practise/", BANKS, f"{BANKS}/result", "/practise/progress"):
        for language in ("en", "zh"):
            page = inside.get(inside.at(f"{path}?lang={language}")).text
            assert page.count("<h1") == 1
            assert not re.search(r"style=|onclick=|<script>|<button[^>]*></button>", page)
            assert "http-equiv" not in page
            for id_ in re.findall(r'aria-labelledby="([^"]+)"', page):
                assert f'id="{id_}"' in page
