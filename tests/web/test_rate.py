"""People rate blind: their own answers in their own order, and nobody else's verdicts anywhere."""

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from grader.errors import BadInput
from grader.rubric.files import load_rubric, rubric_folders
from grader.session.result_lines import read_grades
from grader.trust.calibration import ratings as rated
from grader.trust.calibration import results as graded
from grader.web.door import Door
from grader.web.rooms.rate import open_room
from grader.web.rooms.rate.answers import AnswersToRate, only, read_answers
from grader.web.rooms.rate.ratings_file import RatingsFile
from tests.support.places import EXAMPLES
from tests.support.web import ORIGIN, PORT, Browser

SESSION = EXAMPLES / "team" / "answers.jsonl"
RESULTS = EXAMPLES / "team" / "results.jsonl"
HOSTILE = '<script>alert(1)</script> </div> {{ 7 * 7 }} " onload=x \u202e\x1b[31m & 银行冲突'

Enter = Callable[..., Browser]


def answers() -> AnswersToRate:
    return read_answers([str(SESSION)], rubric_folders())


def one_answer(folder: Path, text: str) -> AnswersToRate:
    path = folder / "session.jsonl"
    row = {"question": "bank-conflict", "id": "secret-id", "candidate": "Zoe", "answer": text}
    path.write_text(json.dumps(row) + "\n")
    return read_answers([str(path)], rubric_folders())


@pytest.fixture
def ratings(tmp_path: Path) -> RatingsFile:
    return RatingsFile(tmp_path / "ratings.jsonl")


@pytest.fixture
def enter(ratings: RatingsFile) -> Enter:
    """A browser of a server of its own, in which *rater* rates."""

    def entered(rater: str | None, given: AnswersToRate | None = None) -> Browser:
        room = open_room(given or answers(), ratings, rater)
        return Browser(Door(PORT), room).enter()

    return entered


def first(inside: Browser) -> str:
    """The address of the answer that is to be rated next."""
    return inside.get(inside.at("/rate/next")).url.path


def change(point: int = 0, verdict: str | None = "met", **more: object) -> dict[str, object]:
    sent: dict[str, object] = {
        "point": point,
        "verdict": verdict,
        "note": "",
        "evidence": [],
        "seconds": 1.5,
    }
    return {**sent, "change": f"change-{point}-{verdict}", **more}


def test_the_name_is_asked_once_and_then_every_verdict_bears_it(
    enter: Enter, ratings: RatingsFile
) -> None:
    inside = enter(None)
    assert 'name="name"' in inside.get(inside.at("/rate/")).text
    shown = inside.post(inside.at("/rate/name"), data={"name": "  ana  b "})
    assert "Rater: ana b" in shown.text
    inside.post(inside.at("/rate/name"), data={"name": "ben"})
    assert "Rater: ana b" in inside.get(inside.at("/rate/")).text
    assert inside.post(first(inside), json=change()).status_code == 200
    assert ratings.raters() == {"ana b"}


def test_before_the_name_nothing_can_be_rated(enter: Enter, ratings: RatingsFile) -> None:
    inside, ana = enter(None), enter("ana")
    assert first(inside) == inside.at("/rate/")
    handle = first(ana).rpartition("/")[2]
    assert inside.post(inside.at(f"/rate/answers/{handle}"), json=change()).status_code == 404
    assert ratings.raters() == set()


def test_nobody_comes_in_under_a_name_that_has_rated(enter: Enter) -> None:
    ana = enter("ana")
    ana.post(first(ana), json=change(note="mine alone"))
    other = enter(None)
    told = other.post(other.at("/rate/name"), data={"name": "ana"}).text
    assert "--rater ana" in told
    assert "mine alone" not in told
    assert 'name="name"' in other.get(other.at("/rate/")).text
    assert "another spelling" in other.post(other.at("/rate/name"), data={"name": "Ana"}).text
    assert "Type a name" in other.post(other.at("/rate/name"), data={"name": " "}).text
    assert "At most 60" in other.post(other.at("/rate/name"), data={"name": "x" * 61}).text


def test_two_browsers_of_one_server_never_share_a_name(ratings: RatingsFile) -> None:
    door, room = Door(PORT), open_room(answers(), ratings)
    ana, other = Browser(door, room).enter(), Browser(door, room).enter()
    ana.post(ana.at("/rate/name"), data={"name": "ana"})
    assert "--rater ana" in other.post(other.at("/rate/name"), data={"name": "ana"}).text
    other.post(other.at("/rate/name"), data={"name": "ben"})
    address = first(ana)
    ana.post(address, json=change(note="of ana"))
    assert other.get(address).url.path == other.at("/rate/")
    assert other.post(address, json=change()).status_code == 404


def test_no_page_of_a_rater_has_anything_of_another_or_of_the_model(
    enter: Enter, ratings: RatingsFile
) -> None:
    given = read_answers([str(RESULTS)], rubric_folders(), [str(SESSION)])
    ana, ben = enter("ana", given), enter("ben", given)
    addresses = re.findall(r'href="([^"]+/answers/[^"]+)"', ana.get(ana.at("/rate/")).text)
    assert len(addresses) == 24
    for n, address in enumerate(addresses):
        marked = change(verdict="contradicted", note="said by ana", change=f"change-{n:02}")
        assert ana.post(address, json=marked).status_code == 200
    model = {r for g in read_grades(RESULTS) for p in g.key_points for r in (p.reason,) if r}
    for address in re.findall(r'href="([^"]+/answers/[^"]+)"', ben.get(ben.at("/rate/")).text):
        page = unescape(ben.get(address).text)
        assert said(page) == [{"verdict": None, "note": "", "evidence": []}] * 6
        assert not any(word in page for word in ("said by ana", "ana<", "example-model", *model))
    assert set(ratings.of("ben")) == set()


def said(page: str) -> Any:
    script = re.search(r'id="said">(.*?)</script>', page, re.DOTALL)
    assert script
    return json.loads(script[1])


def test_candidates_and_ids_stand_nowhere(enter: Enter, tmp_path: Path) -> None:
    inside = enter("ana", one_answer(tmp_path, "Banks."))
    address = first(inside)
    for page in (inside.get(address).text, inside.get(inside.at("/rate/")).text, address):
        assert "secret-id" not in page
        assert "Zoe" not in page


def test_each_rater_has_an_order_of_their_own_and_the_same_again(enter: Enter) -> None:
    given = answers()
    assert given.order("ana") == answers().order("ana")
    assert given.order("ana") != given.order("ben")
    assert set(given.order("ana")) == set(given.answers)
    assert first(enter("ana")) != first(enter("ana"))  # addresses tell nothing across servers


def test_an_answer_of_hostile_text_is_shown_as_text(enter: Enter, tmp_path: Path) -> None:
    inside = enter("ana", one_answer(tmp_path, HOSTILE))
    page = inside.get(first(inside)).text
    assert "<script>alert" not in page
    shown = HOSTILE.replace("\u202e", "\\u{202e}").replace("\x1b", "\\u{1b}")
    assert shown in unescape(page)
    assert "{{ 7 * 7 }}" in unescape(page)


def test_marks_and_notes_of_hostile_text_stay_text(enter: Enter, tmp_path: Path) -> None:
    inside = enter("ana", one_answer(tmp_path, HOSTILE))
    address = first(inside)
    piece = {"start": 0, "end": 25, "text": HOSTILE[:25]}
    sent = change(evidence=[piece], note="</script><script>alert(2)</script>")
    assert inside.post(address, json=sent).status_code == 200
    page = inside.get(address).text
    assert "<script>alert" not in page
    assert said(page)[0]["evidence"] == [piece]
    assert said(page)[0]["note"] == "</script><script>alert(2)</script>"


def test_evidence_is_kept_with_its_place_in_code_points(
    enter: Enter, tmp_path: Path, ratings: RatingsFile
) -> None:
    inside = enter("ana", one_answer(tmp_path, "🙂 有 32 个 bank。"))
    piece = {"start": 2, "end": 7, "text": "有 32 "}
    inside.post(first(inside), json=change(evidence=[piece]))
    [rating] = ratings.of("ana").values()
    assert [e.model_dump() for e in rating.evidence] == [piece]
    wrong = change(evidence=[{**piece, "start": 1, "end": 6}])
    refused = inside.post(first(inside), json=wrong, headers={"Accept": "application/json"})
    assert (refused.status_code, "not in the answer" in refused.json()["error"]) == (400, True)


@pytest.mark.parametrize(
    "sent",
    [
        change(6),
        change(-1),
        change(verdict="excellent"),
        change(seconds=-1),
        change(rater="ben"),
        change(note="x" * 4001),
        change(change="x"),
        {"point": 0},
    ],
)
def test_what_no_page_of_ours_sends_is_refused(
    enter: Enter, ratings: RatingsFile, sent: dict[str, object]
) -> None:
    inside = enter("ana")
    assert inside.post(first(inside), json=sent).status_code == 400
    assert ratings.raters() == set()


def test_who_comes_back_finds_every_verdict_and_the_next_answer(
    enter: Enter, ratings: RatingsFile
) -> None:
    inside = enter("ana")
    address = first(inside)
    for n in range(6):
        inside.post(address, json=change(n, "unsure" if n == 5 else "met"))
    again = enter("ana")
    page = again.get(again.at("/rate/")).text
    assert "1 of 24 answers rated" in page
    assert "unsure of 1 key points" in page
    assert "about 9 seconds" in page
    assert "Answer 2 of 24" in again.get(first(again)).text


def test_next_goes_on_behind_the_answer_and_comes_round_to_what_was_left_out(enter: Enter) -> None:
    inside = enter("ana")
    addresses = re.findall(r'href="([^"]+/answers/[^"]+)"', inside.get(inside.at("/rate/")).text)
    handle = addresses[-1].rpartition("/")[2]
    after_last = inside.get(inside.at(f"/rate/next?after={handle}")).url.path
    assert after_last == addresses[0]


def test_when_all_is_rated_it_says_what_comes_next(enter: Enter, tmp_path: Path) -> None:
    inside = enter("ana", one_answer(tmp_path, "Banks."))
    address = first(inside)
    for n in range(6):
        inside.post(address, json=change(n))
    assert first(inside) == inside.at("/rate/")
    assert "grade calibrate" in inside.get(inside.at("/rate/")).text


def test_a_full_disk_is_told_on_the_page(
    enter: Enter, ratings: RatingsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = enter("ana")
    address = first(inside)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ratings, "_append", full)
    told = inside.post(address, json=change())
    assert (told.status_code, "No space left" in told.json()["error"]) == (507, True)


def test_calibrate_reads_what_was_rated(enter: Enter, ratings: RatingsFile) -> None:
    given = read_answers([str(RESULTS)], rubric_folders(), [str(SESSION)])
    for rater in ("ana", "ben"):
        inside = enter(rater, given)
        for n in range(2):
            address = first(inside)
            for point in range(6):
                sent = change(point, "met" if point else "unsure", change=f"c-{rater}-{n}-{point}")
                inside.post(address, json=sent)
    read = rated.read(ratings.path, graded.read([RESULTS]))
    assert len(read.rows) == 20
    assert {row.rater for row in read.rows} == {"ana", "ben"}
    assert read.left_out["unsure"] == 4


def test_pages_are_in_english_and_chinese_with_labels_for_who_hears_them(enter: Enter) -> None:
    inside = enter("ana")
    address = first(inside)
    english, chinese = inside.get(address).text, inside.get(f"{address}?lang=zh").text
    assert 'aria-label="Key points"' in english
    assert 'aria-label="要点"' in chinese
    assert "说反了" in chinese
    for page in (english, chinese):
        assert page.count("<h1") == 1
        assert len(re.findall(r"<textarea id=\"field-\d", page)) == page.count('class="note-field"')
        assert not re.search(r"<button[^>]*></button>|style=|onclick=|<script>", page)


def test_rubric_and_notes_are_at_hand(enter: Enter, tmp_path: Path) -> None:
    inside = enter("ana", one_answer(tmp_path, "Banks."))
    page = unescape(inside.get(first(inside)).text)
    rubric = load_rubric("bank-conflict", rubric_folders())
    for point in rubric.key_points:
        assert point.text("en") in page
        assert point.notes.met in page
        assert point.notes.missed in page


def test_results_need_the_texts_and_are_read_without_verdicts() -> None:
    with pytest.raises(BadInput, match="--answers"):
        read_answers([str(RESULTS)], rubric_folders())
    with pytest.raises(BadInput, match="--answers"):
        read_answers([str(RESULTS), str(SESSION)], rubric_folders())
    given = read_answers([str(RESULTS)], rubric_folders(), [str(SESSION)])
    assert len(given.answers) == 24
    assert given.models == {"example-model"}
    assert not any(reason in repr(given) for reason in ("It says so", "contradicted'"))


def test_nobody_rates_under_the_name_of_a_model(ratings: RatingsFile) -> None:
    given = read_answers([str(RESULTS)], rubric_folders(), [str(SESSION)])
    with pytest.raises(BadInput, match="name of a model"):
        open_room(given, ratings, "example-model")


def test_with_a_plan_only_what_was_drawn_is_rated_in_its_order(tmp_path: Path) -> None:
    given = answers()
    keys = [given.answers[n].key for n in (5, 1, 9)]
    cut = only(given, keys, tmp_path / "plan.csv")
    assert [a.key for a in cut.order("ana")] == keys == [a.key for a in cut.order("ben")]
    with pytest.raises(BadInput, match=r"plan\.csv: answer 'x' .* is not among"):
        only(given, [("bank-conflict", "x")], tmp_path / "plan.csv")


def test_what_of_a_session_cannot_be_rated_is_told(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    rows = [
        {"question": "bank-conflict", "answer": "Banks."},
        {"question": "no-such", "answer": "x"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    given = read_answers([str(path)], rubric_folders())
    assert len(given.answers) == 1
    assert "no-such" in given.skipped[0]
    path.write_text(json.dumps(rows[1]) + "\n")
    with pytest.raises(BadInput, match="no-such"):
        read_answers([str(path)], rubric_folders())


def test_another_page_cannot_rate(enter: Enter, ratings: RatingsFile) -> None:
    inside = enter("ana")
    address = first(inside)
    for origin in ("http://evil.example", ORIGIN.replace(str(PORT), "9999"), "null"):
        assert inside.post(address, json=change(), headers={"Origin": origin}).status_code == 403
    as_form = {"Content-Type": "text/plain"}
    assert inside.post(address, content=json.dumps(change()), headers=as_form).status_code == 400
    assert ratings.raters() == set()
