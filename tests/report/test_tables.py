"""Sessions for other programs: spreadsheets run nothing, build servers can read it."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings

from grader.record import Cause, Grade, PointGrade, Verdict
from grader.report.csv import (
    ANSWER_COLUMNS,
    csv_text,
    write_csv,
)
from grader.report.junit import junit_text, write_junit
from grader.text.flags import Flag
from grader.text.safe import plain
from tests.support.records import HOSTILE, hostile, record

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=1", "  =1")


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def answers(*grades: Grade) -> list[dict[str, str]]:
    out = io.StringIO(newline="")
    csv_text(out, grades)
    return read(out.getvalue())


def test_an_answer_is_a_row_with_its_score_and_verdicts() -> None:
    (row,) = answers(record(candidate="Li", feedback="Good.\nGo on."))
    assert tuple(row) == ANSWER_COLUMNS
    assert (row["question"], row["answer_id"], row["candidate"]) == ("bank-conflict", "a.txt", "Li")
    assert (row["percent"], row["points"], row["out_of"]) == ("58.3", "3.5", "6.0")
    assert [row[v] for v in ("met", "partial", "missed", "contradicted", "ungraded")] == [
        "1", "1", "1", "0", "0",
    ]  # fmt: skip
    assert row["feedback"] == "Good.\nGo on."


def test_an_ungraded_answer_has_no_score_but_its_bounds() -> None:
    ungraded = PointGrade(id="p", weight=1, verdict=None, cause=Cause.REFUSED)
    (row,) = answers(record(key_points=(ungraded,)))
    assert (row["percent"], row["low"], row["high"], row["ungraded"]) == ("", "0.0", "100.0", "1")


@pytest.mark.parametrize("text", FORMULAS)
def test_a_cell_that_a_spreadsheet_would_run_starts_with_an_apostrophe(text: str) -> None:
    (row,) = answers(record(candidate=text, feedback=text))
    assert row["candidate"] == row["feedback"] == f"'{plain(text)}"


@settings(max_examples=50)
@given(hostile())
def test_no_text_becomes_a_formula_or_breaks_its_row(text: str) -> None:
    point = PointGrade(id="p", weight=1, verdict=Verdict.MISSED, reason=text)
    grade = record(
        answer_id=text,
        candidate=text,
        feedback=text,
        key_points=(point,),
        flags=(Flag(kind="control", start=0, end=1, text=text),),
    )
    (row,) = answers(grade)
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())
    assert row["candidate"].removeprefix("'") == plain(text).removeprefix("'")


def test_a_number_stays_a_number() -> None:
    (row,) = answers(record())
    assert float(row["cost_usd"]) == 0.002


def test_the_file_is_marked_as_utf_8_for_spreadsheets(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", [record(candidate="李雷")])
    data = (tmp_path / "a.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfquestion,answer_id")
    assert "李雷" in data.decode()


def test_a_file_that_could_not_be_finished_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")

    def broken() -> Iterator[Grade]:
        yield record()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_csv(path, broken())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_build_servers_see_a_suite_a_question_and_a_case_an_answer() -> None:
    ungraded = PointGrade(id="p", weight=1, verdict=None, cause=Cause.TIMEOUT)
    root = ET.fromstring(
        junit_text(
            [
                record(answer_id="low.txt"),
                record(answer_id="none.txt", question="other", key_points=(ungraded,)),
                record(answer_id="high.txt", key_points=(
                    PointGrade(id="p", weight=1, verdict=Verdict.MET),
                )),
            ],
            pass_mark=60,
        )
    )  # fmt: skip
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("3", "1", "1")
    assert [s.get("name") for s in root] == ["bank-conflict", "other"]
    low, high = root[0]
    assert low[0].tag == "failure"
    assert low[0].get("message") == "58.3 % — 3.5 of 6 points; the pass mark is 60 %"
    assert "missed: broadcast: not said" in (low[0].text or "")
    assert len(high) == 0
    assert (root[1][0][0].tag, root[1][0][0].get("type")) == ("error", "timeout")


def test_without_a_pass_mark_nothing_fails() -> None:
    assert ET.fromstring(junit_text([record()])).get("failures") == "0"


@settings(max_examples=50)
@given(hostile())
def test_hostile_text_leaves_the_xml_well_formed(text: str) -> None:
    point = PointGrade(id="p", weight=1, verdict=Verdict.MISSED, reason=text)
    written = junit_text([record(answer_id=text, candidate=text, key_points=(point,))], 50)
    root = ET.fromstring(written)
    assert {element.tag for element in root.iter()} == {
        "testsuites", "testsuite", "testcase", "failure",
    }  # fmt: skip
    assert "\x1b" not in written


def test_junit_is_written_to_a_file(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    write_junit(path, [record(candidate=text) for text in HOSTILE], 100)
    assert ET.parse(path).getroot().get("tests") == str(len(HOSTILE))
