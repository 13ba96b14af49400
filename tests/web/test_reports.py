"""Reports are pages of the application: of the files as they are, behind a policy of their own."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.record import Override, Verdict
from grader.rubric.files import load_rubrics, rubric_folders
from grader.session.decide import AnswerDecision, decide_in_file
from grader.trust.calibration.results import by_digest
from grader.web.rooms.reports import open_room
from grader.web.team_files import TeamFiles
from tests.support.places import EXAMPLES
from tests.support.records import record
from tests.support.web import Browser, browser

TEAM = EXAMPLES / "team"
HOSTILE = "<script>alert(1)</script> \u202e"


@pytest.fixture
def files(tmp_path: Path) -> TeamFiles:
    results = tmp_path / "results.jsonl"
    results.write_bytes((TEAM / "results.jsonl").read_bytes())
    folders = rubric_folders()
    texts = by_digest([str(TEAM / "answers.jsonl")], folders)
    rubrics = {rubric.id: rubric for rubric in load_rubrics(folders)}
    return TeamFiles(results, TEAM / "ratings.csv", rubrics, texts, 60)


@pytest.fixture
def inside(files: TeamFiles) -> Browser:
    return browser(open_room(files))


def settle(files: TeamFiles) -> None:
    by = Override(
        key_point="independent-thread-scheduling",
        verdict=Verdict.CONTRADICTED,
        by="Dana",
        reason="says lockstep",
        at=datetime(2026, 11, 27, tzinfo=UTC),
    )
    decide_in_file(files.results, [AnswerDecision("c20-warp-divergence", by)])


def scores(page: str) -> list[str]:
    return re.findall(r'<span class="value">([\d.]+)<small>', page)


def test_the_sessions_report_shows_a_new_score_as_soon_as_it_is_settled(
    inside: Browser, files: TeamFiles
) -> None:
    before = inside.get(inside.at("/reports/session")).text
    settle(files)
    after = inside.get(inside.at("/reports/session")).text
    assert len(scores(before)) == len(scores(after)) == 24
    moved = [pair for pair in zip(scores(before), scores(after), strict=True) if len({*pair}) > 1]
    assert moved == [("61.5", "46.2")]
    assert "Dana" in after


@pytest.mark.parametrize("kind", ["session", "calibration"])
def test_a_report_runs_nothing_and_leads_back(inside: Browser, kind: str) -> None:
    shown = inside.get(inside.at(f"/reports/{kind}"))
    policy = shown.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    digest = re.search(r"style-src ('sha256-[^']+')", shown.text)
    assert digest
    assert digest[1] in policy
    assert f'href="{inside.at("/reports/")}"' in shown.text
    assert "<script" not in shown.text
    other = inside.get(inside.at("/reports/")).headers["content-security-policy"]
    assert "script-src 'self'" in other


def test_the_calibration_is_of_the_files_as_they_are(inside: Browser, files: TeamFiles) -> None:
    before = inside.get(inside.at("/reports/calibration")).text
    assert inside.get(inside.at("/reports/calibration")).text == before
    settle(files)
    assert inside.get(inside.at("/reports/calibration")).text != before


def test_without_ratings_there_is_no_calibration_and_the_way_to_one_is_told(
    files: TeamFiles,
) -> None:
    inside = browser(open_room(TeamFiles(files.results, None, files.rubrics, {})))
    overview = inside.get(inside.at("/reports/")).text
    assert "start with --ratings FILE" in overview
    assert "/reports/calibration" not in overview
    assert inside.get(inside.at("/reports/calibration")).status_code == 400
    assert inside.get(inside.at("/reports/../results.jsonl")).status_code == 404


def test_hostile_answers_show_as_text_in_a_report(tmp_path: Path) -> None:
    grade = record(text=HOSTILE, answer_id=HOSTILE, candidate=HOSTILE)
    results = tmp_path / "results.jsonl"
    results.write_text(grade.to_json() + "\n")
    inside = browser(open_room(TeamFiles(results, None, {}, {grade.digests.answer: HOSTILE})))
    shown = inside.get(inside.at("/reports/session")).text
    assert "<script" not in shown
    assert "\u202e" not in shown
    assert "&lt;script&gt;alert(1)" in shown


def test_it_is_said_in_chinese_too(files: TeamFiles) -> None:
    inside = browser(open_room(files), language="zh")
    assert "总是按文件现在的内容生成" in inside.get(inside.at("/reports/")).text
    assert "← 全部报告" in inside.get(inside.at("/reports/session")).text
