"""A team settles what differs: by name and reason, appended, and the score follows."""

import json
import re
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from httpx2 import Response
from typer.testing import CliRunner

from grader.cli.app import app
from grader.decision import decided
from grader.record import Evidence, Grade, Override, Verdict
from grader.rubric.files import load_rubrics, rubric_folders
from grader.rubric.labelled import read_labelled
from grader.session.contests import contest_answer
from grader.session.decide import AnswerDecision, DecidedRecord, decide_in_file
from grader.session.result_lines import read_grades
from grader.session.results import open_results
from grader.trust.calibration.ratings_kept import KeptRating
from grader.trust.calibration.results import by_digest
from grader.web.rooms.rate import open_room as open_rating
from grader.web.rooms.rate.answers import read_answers
from grader.web.rooms.rate.ratings_file import RatingsFile
from grader.web.rooms.settle import open_room
from grader.web.rooms.settle.items import SettleItem, SettleList, to_settle
from grader.web.team_files import TeamFiles
from tests.support.places import EXAMPLES
from tests.support.records import record
from tests.support.web import Browser, browser

TEAM = EXAMPLES / "team"
HOSTILE = '</div><script>alert(1)</script> {{ 7 * 7 }} " onload=x \u202e & 银行冲突'
Open = Callable[..., TeamFiles]


@pytest.fixture
def files(tmp_path: Path) -> TeamFiles:
    results = tmp_path / "results.jsonl"
    results.write_bytes((TEAM / "results.jsonl").read_bytes())
    folders = rubric_folders()
    texts = by_digest([str(TEAM / "answers.jsonl")], folders)
    rubrics = {rubric.id: rubric for rubric in load_rubrics(folders)}
    return TeamFiles(results, TEAM / "ratings.csv", rubrics, texts, 60, tmp_path)


@pytest.fixture
def inside(files: TeamFiles) -> Browser:
    return browser(open_room(files))


def waiting(files: TeamFiles) -> SettleList:
    return to_settle(files.state(), files.pass_mark)


def lockstep(files: TeamFiles) -> SettleItem:
    """What stands as met and passes, while all people say that it is contradicted."""
    name = "c20-warp-divergence"
    return next(i for i in waiting(files).waiting if i.difference.answer_id == name)


def send(inside: Browser, handle: str, **fields: str) -> Response:
    sent = {"verdict": "contradicted", "by": "Dana", "why": "says lockstep", "seen": "0", **fields}
    return inside.post(inside.at(f"/settle/{handle}"), data=sent)


def grade_of(files: TeamFiles, answer_id: str) -> Grade:
    return next(g for g in read_grades(files.results) if g.answer_id == answer_id)


def test_what_decides_over_a_pass_comes_first_and_its_effect_is_in_words(
    inside: Browser, files: TeamFiles
) -> None:
    shown = inside.get(inside.at("/settle/")).text
    assert "26 to settle: 4 decide over a pass, 0 contested" in shown
    effects = re.findall(r'class="badge (\w+)">([^<]+)<', shown)
    assert [kind for kind, _ in effects].index("missed") == 4
    assert [told for _, told in effects[:2]] == ["Fails only by this", "Passes only by this"]
    assert "Fails only by this" in inside.get(inside.at("/settle/next")).text
    page = inside.get(inside.at(f"/settle/{lockstep(files).handle}")).text
    assert "Passes only by this" in page
    assert "independent-thread-scheduling" not in page  # its words, not its id
    assert "→ 46.2 %, fails" in page
    assert "→ 61.5 %, passes" in page


def test_each_ones_evidence_has_a_letter_and_a_colour_in_the_answer(
    tmp_path: Path, files: TeamFiles
) -> None:
    grade = next(iter(files.state().answers.values()))
    text = files.text(grade) or ""
    kept = tmp_path / "ratings.jsonl"
    lines = [
        KeptRating(
            question=grade.question,
            answer_id=grade.answer_id,
            rater=rater,
            key_point=grade.key_points[0].id,
            verdict=Verdict.MISSED,
            evidence=(Evidence(text=text[:9], start=0, end=9),),
            note=f"so thinks {rater}",
            rated_at=datetime(2026, 11, 26, tzinfo=UTC),
        ).line()
        for rater in ("ana", "ben")
    ]
    kept.write_text("".join(lines))
    team = TeamFiles(files.results, kept, files.rubrics, files.texts)
    inside = browser(open_room(team))
    shown = inside.get(inside.at("/settle/next")).text
    for letter, place in zip("ABC", range(3), strict=True):
        assert f'<li class="rater-{place}"><p class="gave"><span class="letter"' in shown
        assert f'href="#{letter}-1"' in shown
        assert f'id="{letter}-1"' in shown
    assert 'class="rater-0 rater-1 rater-2 several"' in shown
    assert "so thinks ana" in shown


def test_a_settled_verdict_is_appended_the_score_follows_and_the_next_is_shown(
    inside: Browser, files: TeamFiles
) -> None:
    first, second = lockstep(files), waiting(files).waiting[2]
    answer = first.difference.answer_id
    before = grade_of(files, answer)
    shown = send(inside, first.handle)
    assert shown.url.path == inside.at(f"/settle/{second.handle}")
    assert "contradicted, by Dana." in shown.text
    assert "61.5 %, passes → 46.2 %, fails" in shown.text
    after = grade_of(files, answer)
    assert (decided(before).score.percent, decided(after).score.percent) == (61.5, 46.2)
    assert after.key_points == before.key_points
    assert [(o.by, o.reason) for o in after.overrides] == [("Dana", "says lockstep")]
    assert 'value="Dana"' in shown.text  # the name is kept
    assert len(waiting(files).waiting) == 25


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"by": " "}, "Type your name"),
        ({"why": ""}, "Type a reason"),
        ({"verdict": "good"}, "choose one of met"),
        ({"why": "x" * 2001}, "longer than 2,000"),
    ],
)
def test_without_name_reason_or_verdict_nothing_is_written_and_nothing_typed_is_lost(
    inside: Browser, files: TeamFiles, fields: dict[str, str], complaint: str
) -> None:
    before, first = files.results.read_bytes(), waiting(files).waiting[0]
    shown = send(inside, first.handle, **fields)
    assert (shown.status_code, complaint in shown.text) == (400, True)
    assert files.results.read_bytes() == before
    kept = {"by": "Dana", "why": "says lockstep", **fields}
    assert all(
        f'value="{kept[name]}"' in shown.text for name in ("by", "why") if kept[name].strip()
    )


def test_undo_appends_another_decision_and_gives_the_score_back(
    inside: Browser, files: TeamFiles
) -> None:
    first = lockstep(files)
    answer = first.difference.answer_id
    send(inside, first.handle)
    shown = inside.post(inside.at(f"/settle/{first.handle}/undo"), data={"seen": "1"})
    after = grade_of(files, answer)
    assert [o.verdict for o in after.overrides] == ["contradicted", "met"]
    assert after.overrides[1].reason == "takes back what Dana decided: says lockstep"
    assert decided(after).score.percent == 61.5
    assert shown.url.path == inside.at(f"/settle/{first.handle}")
    assert "46.2 %, fails → 61.5 %, passes" in shown.text
    again = inside.post(inside.at(f"/settle/{first.handle}/undo"), data={"seen": "1"})
    assert "Somebody decided on this meanwhile" in again.text
    assert len(grade_of(files, answer).overrides) == 2


def test_what_somebody_else_settled_meanwhile_is_looked_at_again(
    inside: Browser, files: TeamFiles
) -> None:
    first = waiting(files).waiting[0]
    other = browser(open_room(files))
    send(inside, first.handle)
    before = files.results.read_bytes()
    shown = send(other, first.handle, by="Eli", why="no")
    assert "Somebody decided on this meanwhile" in shown.text
    assert 'value="Eli"' in shown.text
    assert 'name="seen" value="1"' in shown.text
    assert files.results.read_bytes() == before
    assert send(other, first.handle, by="Eli", why="no", seen="1").status_code == 200
    assert len(grade_of(files, first.difference.answer_id).overrides) == 2


def test_two_processes_settle_one_file_and_nothing_is_lost_or_doubled(files: TeamFiles) -> None:
    items = waiting(files).waiting
    servers = [
        browser(open_room(TeamFiles(files.results, files.ratings, files.rubrics, files.texts)))
        for _ in range(2)
    ]

    def settle_all(inside: Browser, by: str) -> None:
        for item in items:
            send(inside, item.handle, by=by)

    both = [
        threading.Thread(target=settle_all, args=each)
        for each in zip(servers, ("Dana", "Eli"), strict=True)
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    overrides = [o for grade in read_grades(files.results) for o in grade.overrides]
    assert len(overrides) == len(items) == 26
    assert waiting(files).waiting == ()


def test_a_file_that_a_run_holds_keeps_what_was_typed(
    inside: Browser, files: TeamFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.web.team_files.PATIENCE", 0.1)
    first = waiting(files).waiting[0]
    with open_results(files.results):
        shown = send(inside, first.handle)
    assert "another run is writing it" in shown.text
    assert 'value="says lockstep"' in shown.text
    assert send(inside, first.handle).status_code == 200


def test_what_was_contested_comes_first_with_its_reason_until_it_is_settled(
    inside: Browser, files: TeamFiles
) -> None:
    grade = grade_of(files, "c01-bank-conflict")
    point = grade.key_points[0].id
    contest_answer(files.results, grade.answer_id, f"look: {HOSTILE}", point=point, by="Zoe")
    shown = inside.get(inside.at("/settle/")).text
    assert "27 to settle: 4 decide over a pass, 1 contested" in shown
    first = waiting(files).waiting[0]
    assert first.difference.key == (grade.question, grade.answer_id, point)
    page = inside.get(inside.at("/settle/next"))
    assert page.url.path.endswith(first.handle)
    assert "A second look was asked for (Zoe)" in page.text
    assert "<script>alert" not in page.text
    send(inside, first.handle, verdict="met", why="it stands")
    assert waiting(files).waiting[0].contest is None


def test_a_settled_answer_becomes_a_labelled_one_where_the_page_says(
    inside: Browser, files: TeamFiles, tmp_path: Path
) -> None:
    item = waiting(files).waiting[0]
    d = item.difference
    send(inside, item.handle)
    shown = inside.get(inside.at(f"/settle/{item.handle}")).text
    for point in item.grade.key_points:
        by = Override(
            key_point=point.id, verdict=Verdict.MET, by="D", reason="r", at=datetime.now(UTC)
        )
        if point.id != d.key_point:
            decide_in_file(files.results, [AnswerDecision(d.answer_id, by, d.question)])
    shown = inside.get(inside.at(f"/settle/{item.handle}")).text
    path = tmp_path / "labelled" / f"{d.question}.toml"
    assert str(path) in unescape(shown)
    assert not path.exists()
    done = inside.post(inside.at(f"/settle/{item.handle}/label"))
    assert f"Added to {path}" in unescape(done.text)
    (labelled,) = read_labelled(path, files.rubrics[d.question]).answers
    assert labelled.verdicts[d.key_point].verdict is Verdict.CONTRADICTED
    twice = inside.post(inside.at(f"/settle/{item.handle}/label"))
    assert (twice.status_code, "has an answer" in twice.text) == (400, True)


def test_what_is_missing_for_a_label_is_named_and_the_note_is_there_to_copy(
    files: TeamFiles,
) -> None:
    contest_answer(files.results, "c01-bank-conflict", "why?", point="word-interleaving")
    alone = TeamFiles(files.results, None, files.rubrics, files.texts)
    inside = browser(open_room(alone))
    assert "start with --ratings FILE" in inside.get(inside.at("/settle/")).text
    item = to_settle(alone.state(), None).waiting[0]
    send(inside, item.handle, verdict="partial", why="only <b>half</b>")
    shown = inside.get(inside.at(f"/settle/{item.handle}")).text
    assert "It can be a labelled answer when people gave each key point a verdict" in shown
    assert "word-interleaving, notes.partial: “" in shown
    assert "only &lt;b&gt;half&lt;/b&gt; (Dana)" in shown
    refused = inside.post(inside.at(f"/settle/{item.handle}/label"))
    assert (refused.status_code, "nobody settled" in refused.text) == (400, True)


def test_hostile_answers_names_notes_and_reasons_show_as_text(tmp_path: Path) -> None:
    grade = record(text=HOSTILE, answer_id=HOSTILE, candidate=HOSTILE)
    results = tmp_path / "results.jsonl"
    results.write_text(grade.to_json() + "\n")
    point = grade.key_points[0].id
    rows = [{"answer_id": HOSTILE, "rater": HOSTILE, "key_point": point, "verdict": "contradicted"}]
    ratings = tmp_path / "ratings.jsonl"
    ratings.write_text("".join(json.dumps({**row, "note": HOSTILE}) + "\n" for row in rows))
    files = TeamFiles(results, ratings, {}, {grade.digests.answer: HOSTILE})
    inside = browser(open_room(files))
    item = to_settle(files.state(), None).waiting[0]
    pages = [inside.get(inside.at(path)).text for path in ("/", "/settle/", "/settle/next")]
    pages += [send(inside, item.handle, by=HOSTILE, why=HOSTILE).text]
    pages += [inside.get(inside.at(f"/settle/{item.handle}")).text]
    for shown in pages:
        assert "<script>alert" not in shown
        assert "\u202e" not in shown
        assert '" onload=x' not in shown
    assert all("&lt;script&gt;alert(1)" in shown for shown in pages[2:])


def test_it_is_said_in_chinese_too(files: TeamFiles) -> None:
    inside = browser(open_room(files), language="zh")
    assert "26 处待裁定:4 处左右及格与否" in inside.get(inside.at("/settle/")).text
    item = lockstep(files)
    assert "仅凭这一点及格" in inside.get(inside.at(f"/settle/{item.handle}")).text
    assert "请填理由" in send(inside, item.handle, why="").text
    assert "说反了,Dana 裁定" in send(inside, item.handle).text


def test_an_address_of_nothing_leads_nowhere(inside: Browser) -> None:
    assert inside.get(inside.at("/settle/nothing")).status_code == 404
    assert send(inside, "nothing").status_code == 404
    assert inside.get(inside.at("/rate/")).status_code == 404


@pytest.mark.parametrize("words", [("--rate", "s.jsonl"), ("--rater", "ana"), ("--drawn", "p.csv")])
def test_where_people_rate_nothing_is_settled(files: TeamFiles, words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, ["web", "--settle", str(files.results), *words, "--no-open"])
    assert done.exit_code == 2
    assert f"{words[0]}: not with --settle" in done.stderr


def test_a_folder_for_labelled_answers_alone_opens_nothing() -> None:
    done = CliRunner().invoke(app, ["web", "--labelled", "own", "--no-open"])
    assert (done.exit_code, "--labelled DIR: only with --settle" in done.stderr) == (2, True)


@pytest.mark.parametrize("path", ["settle/", "settle/next", "alike/", "reports/session"])
def test_an_application_for_rating_has_no_address_of_these_rooms(tmp_path: Path, path: str) -> None:
    given = read_answers([str(TEAM / "answers.jsonl")], rubric_folders())
    rating = browser(open_rating(given, RatingsFile(tmp_path / "ratings.jsonl")))
    assert rating.get(rating.at("/rate/")).status_code == 200
    assert rating.get(rating.at(f"/{path}")).status_code == 404
    assert rating.get(rating.at("/static/settle/settle.js")).status_code == 404


def test_a_decision_of_a_moment_ago_is_seen_where_it_came_while_the_form_was_on_its_way(
    inside: Browser, files: TeamFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = lockstep(files)
    by = Override(
        key_point=item.difference.key_point,
        verdict=Verdict.PARTIAL,
        by="Eli",
        reason="was first",
        at=datetime.now(UTC),
    )
    decide = files.decide

    def overtaken(decisions: Sequence[AnswerDecision]) -> tuple[DecidedRecord, ...]:
        decide_in_file(files.results, [AnswerDecision(item.difference.answer_id, by)])
        return decide(decisions)

    monkeypatch.setattr(files, "decide", overtaken)
    shown = send(inside, item.handle)
    assert "Somebody decided on this meanwhile" in shown.text
    assert "was first" in shown.text
    assert 'name="seen" value="1"' in shown.text


def test_what_is_rated_or_graded_while_it_is_open_is_seen(files: TeamFiles, tmp_path: Path) -> None:
    ratings = tmp_path / "ratings.csv"
    ratings.write_bytes((TEAM / "ratings.csv").read_bytes())
    team = TeamFiles(files.results, ratings, files.rubrics, files.texts, 60)
    inside = browser(open_room(team))
    assert "26 to settle" in inside.get(inside.at("/settle/")).text
    with ratings.open("a") as file:
        file.write("c01-bank-conflict,dov,padding,missed,,2026-11-27T09:00Z\n")
    assert "27 to settle" in inside.get(inside.at("/settle/")).text
    lines = files.results.read_text().splitlines(keepends=True)
    files.results.write_text("".join(line for line in lines if "c20-warp" not in line))
    rows = ratings.read_text().splitlines(keepends=True)
    ratings.write_text("".join(row for row in rows if not row.startswith("c20-warp")))
    assert "c20-warp" not in inside.get(inside.at("/settle/")).text
