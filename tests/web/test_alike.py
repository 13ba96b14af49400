"""One look settles a key point for all answers of a group, and says first what would move."""

import json
from html import unescape
from pathlib import Path

import pytest
from httpx2 import Response

from grader.decision import decided
from grader.record import Grade, Verdict
from grader.rubric.files import load_rubrics, rubric_folders
from grader.session.result_lines import read_grades
from grader.trust.calibration.alike import AlikeAnswers, alike
from grader.web.rooms.alike import open_room
from grader.web.rooms.alike.shown_group import version
from grader.web.rooms.settle import open_room as open_settling
from grader.web.team_files import TeamFiles
from tests.support.places import EXAMPLES
from tests.support.records import record
from tests.support.web import Browser, browser

TEAM = EXAMPLES / "team"
PLACE = "/alike/bank-conflict/swizzle"
HOSTILE = '</div><script>alert(1)</script> " onload=x \u202e'


@pytest.fixture
def files(tmp_path: Path) -> TeamFiles:
    results = tmp_path / "results.jsonl"
    results.write_bytes((TEAM / "results.jsonl").read_bytes())
    rubrics = {rubric.id: rubric for rubric in load_rubrics(rubric_folders())}
    return TeamFiles(results, TEAM / "ratings.csv", rubrics, {}, 60)


@pytest.fixture
def inside(files: TeamFiles) -> Browser:
    return browser(open_room(files), open_settling(files))


def groups(files: TeamFiles) -> tuple[AlikeAnswers, ...]:
    return alike(files.state().results, "bank-conflict", "swizzle")


def send(inside: Browser, group: AlikeAnswers, **fields: str) -> Response:
    given = {"verdict": "partial", "by": "Dana", "why": "names another pattern"}
    sent = {**given, "version": version(group, "swizzle"), **fields}
    return inside.post(inside.at(f"{PLACE}/{group.id}"), data=sent)


def answers(files: TeamFiles) -> dict[str, Grade]:
    return {g.answer_id: g for g in read_grades(files.results) if g.question == "bank-conflict"}


def test_the_largest_group_comes_first_with_its_evidence(inside: Browser, files: TeamFiles) -> None:
    assert PLACE in inside.get(inside.at("/alike/")).text
    shown = inside.get(inside.at(PLACE)).text
    places = [shown.index(group.id) for group in groups(files)]
    assert places == sorted(places)
    quotes = [quote for group in groups(files) for quote in group.quotes[:3]]
    assert quotes
    assert all(quote in unescape(shown) for quote in quotes)


def test_what_would_move_is_shown_before_and_what_moved_after(
    inside: Browser, files: TeamFiles
) -> None:
    group = groups(files)[0]
    before = files.results.read_bytes()
    shown = inside.get(inside.at(f"{PLACE}/{group.id}")).text
    assert "7 of 7 scores move, 2 across the pass mark" in shown
    assert "c02-bank-conflict: 56.7 %, fails → <b>63.3 %, passes</b>" in shown
    assert files.results.read_bytes() == before
    after = send(inside, group)
    assert after.url.path == inside.at(PLACE)
    assert "7 of 7 scores move, 2 across the pass mark" in after.text
    assert decided(answers(files)["c02-bank-conflict"]).score.percent == 63.3
    assert "across the pass mark" not in inside.get(inside.at(PLACE)).text  # told once


def test_a_group_is_decided_by_name_and_reason_in_every_record_and_in_no_other(
    inside: Browser, files: TeamFiles
) -> None:
    group = groups(files)[0]
    before = answers(files)
    send(inside, group)
    inside_group = {grade.answer_id for grade in group.answers}
    for name, after in answers(files).items():
        assert after.key_points == before[name].key_points
        said = [(o.verdict, o.by, o.reason) for o in after.overrides]
        wanted = [(Verdict.PARTIAL, "Dana", "names another pattern")]
        assert said == (wanted if name in inside_group else [])


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"by": ""}, "Type your name"),
        ({"why": " "}, "Type a reason"),
        ({"verdict": ""}, "choose one of met"),
        ({"version": "old"}, "Somebody decided on some of these meanwhile"),
    ],
)
def test_what_is_missing_or_another_now_decides_nothing(
    inside: Browser, files: TeamFiles, fields: dict[str, str], complaint: str
) -> None:
    before = files.results.read_bytes()
    shown = send(inside, groups(files)[0], **fields)
    assert (shown.status_code, complaint in shown.text) == (400, True)
    assert files.results.read_bytes() == before


def test_what_is_sent_twice_is_decided_once(inside: Browser, files: TeamFiles) -> None:
    group = groups(files)[0]
    same = group.verdicts[0][1]
    assert same is not None
    first, again = (send(inside, group, verdict=same.value) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 400)
    assert all(len(answers(files)[g.answer_id].overrides) == 1 for g in group.answers)


def test_hostile_evidence_and_ids_show_as_text(tmp_path: Path) -> None:
    grade = record(text=HOSTILE, answer_id=HOSTILE, candidate=HOSTILE)
    hostile = json.loads(grade.to_json())
    point = grade.key_points[0].id
    quote = {"text": HOSTILE, "start": 0, "end": len(HOSTILE)}
    hostile["key_points"][0]["evidence"] = [quote]
    results = tmp_path / "results.jsonl"
    results.write_text(json.dumps(hostile) + "\n")
    files = TeamFiles(results, None, {}, {})
    inside = browser(open_room(files), open_settling(files))
    (group,) = alike(files.state().results, grade.question, point)
    here = f"/alike/{grade.question}/{point}"
    for path in ("/alike/", here, f"{here}/{group.id}"):
        shown = inside.get(inside.at(path)).text
        assert "<script>alert" not in shown
        assert "\u202e" not in shown
        assert ("&lt;script&gt;alert(1)" in shown) == (path != "/alike/")


def test_an_address_of_nothing_leads_nowhere_or_to_the_groups(inside: Browser) -> None:
    assert inside.get(inside.at("/alike/bank-conflict/nothing")).status_code == 404
    assert inside.get(inside.at("/alike/nothing/swizzle")).status_code == 404
    gone = inside.get(inside.at(f"{PLACE}/00000000"))
    assert gone.url.path == inside.at(PLACE)


def test_it_is_said_in_chinese_too(files: TeamFiles) -> None:
    inside = browser(open_room(files), open_settling(files), language="zh")
    group = groups(files)[0]
    assert "越过及格线" in inside.get(inside.at(f"{PLACE}/{group.id}")).text
    assert "请填名字" in send(inside, group, by="").text
    assert "已裁定。" in send(inside, group).text
