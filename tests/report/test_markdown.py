"""Grades as Markdown: all that is known, and hostile text stays text."""

import pytest
from hypothesis import example, given, settings

from grader.record import Cause, Evidence, MisconceptionGrade, Override, PointGrade, Verdict
from grader.report.markdown import escape, grade_markdown, session_markdown
from grader.rubric.format import Rubric
from grader.text.flags import Flag
from grader.text.safe import one_line
from tests.support.markup import PARSER, shown, tokens
from tests.support.records import HOSTILE, RUBRIC, RUBRICS, evidence, hostile, record, summarize


@given(hostile())
@example("1. one")
@example("1) one")
@example("www.evil.example @everyone #1")
@example("a\\")
def test_text_is_shown_as_it_is_and_marks_nothing_up(text: str) -> None:
    escaped = escape(text)
    assert {t.type for t in tokens(escaped)} <= {
        "paragraph_open", "paragraph_close", "inline", "text", "text_special",
    }  # fmt: skip
    assert shown(escaped).strip() == one_line(text)


@given(hostile())
def test_text_in_a_table_cell_stays_in_its_cell(text: str) -> None:
    table = f"| a | b |\n| --- | --- |\n| {escape(text)} | end |\n"
    cells = [t for t in PARSER.parse(table) if t.type == "td_open"]
    assert len(cells) == 2
    assert shown(table).splitlines()[-1] == "end"


@pytest.mark.parametrize("text", ["see https://evil.example", "www.evil.example", "evil.example"])
def test_no_address_in_a_text_is_left_for_a_renderer_to_link(text: str) -> None:
    escaped = escape(text)
    assert "evil.example" not in escaped
    rendered = PARSER.render(escaped)
    assert "://" not in rendered
    assert "www." not in rendered


def test_names_mention_nobody() -> None:
    assert "@everyone" not in escape("ping @everyone")


@settings(max_examples=40)
@given(hostile())
def test_hostile_replies_add_no_link_image_or_html(text: str) -> None:
    grade = record(
        text,
        answer_id=text,
        candidate=text,
        key_points=(
            PointGrade(
                id="banks",
                weight=3,
                verdict=Verdict.PARTIAL,
                reason=text,
                evidence=(Evidence(text=text, start=0, end=len(text)),),
            ),
        ),
        feedback=text,
        flags=(Flag(kind="instruction", start=0, end=len(text), text=text),),
    )
    page = "".join(session_markdown(summarize([grade]), [grade], RUBRICS, "en"))
    found = list(tokens(page))
    assert not {t.type for t in found} & {"html_block", "html_inline", "image", "fence", "hr"}
    links = {t.attrs["href"] for t in found if t.type == "link_open"}
    assert links == {"https://example.org/guide"}
    assert one_line(text, 400).replace(" ", "") in shown(page).replace(" ", "")


def test_one_grade_says_score_verdicts_quotes_and_what_to_read() -> None:
    text = "共享内存有 32 个 bank"
    grade = record(
        text,
        key_points=(
            PointGrade(
                id="banks", weight=3, verdict=Verdict.MET, evidence=evidence(text, "32 个 bank")
            ),
            PointGrade(id="broadcast", weight=2, verdict=Verdict.MISSED, reason="没有提到"),
        ),
    )
    page = shown(grade_markdown(grade, RUBRIC, "zh"))
    assert "什么是 bank conflict?" in page
    assert "60 % — 5 分中得 3 分" in page
    assert "✓ 说到了 ×3 共享内存有 32 个 bank\n“32 个 bank”" in page
    assert "○ 没说到 ×2 同一个字会广播\n没有提到" in page
    assert "接下来读\nCUDA Guide, §2.3" in page


def test_an_asserted_misconception_comes_with_its_correction() -> None:
    held = MisconceptionGrade(id="global-banks", asserted=True, correction="Shared memory only")
    page = shown(grade_markdown(record(misconceptions=(held,)), RUBRIC, "en"))
    assert "✗ Bank conflicts happen in global memory\n→ Shared memory only" in page


def test_what_could_not_be_graded_is_an_interval_with_its_cause() -> None:
    points = (
        PointGrade(id="banks", weight=3, verdict=Verdict.MET),
        PointGrade(id="broadcast", weight=2, verdict=None, cause=Cause.TIMEOUT),
    )
    page = shown(grade_markdown(record(key_points=points), RUBRIC, "en"))
    assert "between 60 and 100 %" in page
    assert "not graded: the endpoint did not reply in time" in page


def test_a_decision_by_a_person_is_shown_beside_the_verdict() -> None:
    override = Override(
        key_point="broadcast",
        verdict=Verdict.MET,
        by="Li",
        reason="said it aloud",
        at=record().graded_at,
    )
    page = shown(grade_markdown(record(overrides=(override,)), RUBRIC, "en"))
    assert "was missed by m; met by Li on 2026-11-22: said it aloud" in page


def test_without_a_rubric_ids_stand_for_words() -> None:
    page = shown(grade_markdown(record(), None, "en"))
    assert "bank-conflict" in page
    assert "broadcast" in page


def test_a_rubric_that_changed_since_is_told() -> None:
    changed = Rubric.model_validate({**RUBRIC.model_dump(by_alias=True), "source_error": "other"})
    assert "rubric has changed" in grade_markdown(record(), changed, "en")
    assert "rubric has changed" not in grade_markdown(record(), RUBRIC, "en")


def test_a_session_starts_with_its_totals() -> None:
    grades = [record(answer_id=f"{i}.txt") for i in range(3)]
    page = shown("".join(session_markdown(summarize(grades), iter(grades), RUBRICS, "en")))
    assert "3 answers\nMean score: 58.3 %" in page
    assert "Cost: $0.0060" in page
    assert "met 0/3 ×2 One word for all lanes is broadcast" in page
    assert [line for line in page.splitlines() if line.endswith(".txt")] == [
        "0.txt", "1.txt", "2.txt",
    ]  # fmt: skip


def test_the_hostile_samples_are_hostile() -> None:
    assert any(t.type == "image" for text in HOSTILE for t in tokens(text))
