"""Ratings are read in the shapes people have them in; what is wrong is named by line."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.errors import BadInput
from grader.record import Verdict
from grader.trust.calibration.ratings import Ratings, read
from grader.trust.calibration.results import MOST, ModelGradings

HEAD = "answer_id,rater,key_point,verdict,score,note,rated_at,blind"


def sheet(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "ratings.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def complaint(path: Path, results: ModelGradings) -> str:
    with pytest.raises(BadInput) as caught:
        read(path, results)
    return str(caught.value)


def rows(found: Ratings) -> list[tuple[str, str, str | None, str | None, float | None]]:
    return [(r.answer_id, r.rater, r.key_point, r.verdict, r.score) for r in found.rows]


def test_verdicts_and_scores_are_read_from_one_sheet(tmp_path: Path, four: ModelGradings) -> None:
    path = sheet(tmp_path, "a0,ana,p0,met,,,,", "a0,ana,,,62.5,,,", "a1,ben,p1,Contradicted,,,,")
    assert rows(read(path, four)) == [
        ("a0", "ana", "p0", "met", None),
        ("a0", "ana", None, None, 62.5),
        ("a1", "ben", "p1", "contradicted", None),
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_spreadsheets_separate_by_comma_semicolon_or_tab(
    separator: str, tmp_path: Path, four: ModelGradings
) -> None:
    path = sheet(tmp_path, "a0,ana,p0,met".replace(",", separator),
                 head="answer_id,rater,key_point,verdict".replace(",", separator))  # fmt: skip
    assert read(path, four).rows[0].verdict is Verdict.MET


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(
    tmp_path: Path, four: ModelGradings
) -> None:
    path = tmp_path / "ratings.csv"
    path.write_bytes("\ufeffanswer_id,rater,score\r\na0,ana,50\r\n".encode())
    assert rows(read(path, four)) == [("a0", "ana", None, None, 50.0)]


def test_jsonl_holds_the_same_as_csv(tmp_path: Path, four: ModelGradings) -> None:
    path = tmp_path / "ratings.jsonl"
    row = {"answer_id": "a0", "rater": "ana", "key_point": "p0", "verdict": "partial", "note": None}
    path.write_text(json.dumps(row) + "\n\n", encoding="utf-8")
    assert rows(read(path, four)) == [("a0", "ana", "p0", "partial", None)]


def test_points_out_of_something_become_per_cent(tmp_path: Path, four: ModelGradings) -> None:
    path = sheet(tmp_path, "a0,ana,7,8", 'a1,ana,"3,5",7', head="answer_id,rater,score,out_of")
    assert [r.score for r in read(path, four).rows] == [87.5, 50.0]


def test_empty_cells_are_ratings_that_were_not_given(tmp_path: Path, four: ModelGradings) -> None:
    found = read(sheet(tmp_path, "a0,ana,p0,met,,,,", "a1,ana,p0,,,,,", ",,,,,,,"), four)
    assert len(found.rows) == 1
    assert found.left_out["empty"] == 1


def test_the_same_row_twice_counts_once(tmp_path: Path, four: ModelGradings) -> None:
    found = read(sheet(tmp_path, "a0,ana,p0,met,,,,", "a0,ana,p0,met,,again,,"), four)
    assert len(found.rows) == 1
    assert found.left_out["repeated"] == 1


def test_a_later_rating_replaces_an_earlier_one(tmp_path: Path, four: ModelGradings) -> None:
    found = read(
        sheet(tmp_path, "a0,ana,p0,met,,,2026-11-22T12:00Z,", "a0,ana,p0,missed,,,2026-11-21,"),
        four,
    )
    assert [r.verdict for r in found.rows] == [Verdict.MET]
    assert found.left_out["replaced"] == 1


def test_ratings_that_were_not_blind_are_left_out(tmp_path: Path, four: ModelGradings) -> None:
    found = read(sheet(tmp_path, "a0,ana,p0,met,,,,no", "a0,ben,p0,met,,,,yes"), four)
    assert [r.rater for r in found.rows] == ["ben"]
    assert found.left_out["not-blind"] == 1


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("a9,ana,p0,met,,,,", "no answer 'a9' in the results"),
        ("a0,,p0,met,,,,", "no rater"),
        ("a0,m,p0,met,,,,", "also the name of a model"),
        ("a0,ana,p00,met,,,,", "q0 has no key point 'p00'; did you mean p0?"),
        ("a0,ana,p0,yes,,,,", "verdict 'yes' is none of met, partial, missed, contradicted"),
        ("a0,ana,,met,,,,", "a verdict without its key_point"),
        ("a0,ana,p0,,50,,,", "leave key_point empty"),
        ("a0,ana,p0,met,50,,,", "give them a row each"),
        ("a0,ana,,,101,,,", "score 101 is not between 0 and 100 per cent"),
        ("a0,ana,,,-1,,,", "score -1 is not between 0 and 100 per cent"),
        ("a0,ana,,,nan,,,", "score 'nan' is not a number"),
        ("a0,ana,,,good,,,", "score 'good' is not a number"),
        ("a0,ana,p0,met,,,yesterday,", "rated_at 'yesterday' is not a time"),
        ("a0,ana,p0,met,,,,perhaps", "blind 'perhaps' is neither yes nor no"),
    ],
)
def test_a_row_that_cannot_be_taken_is_named_by_its_line(
    row: str, told: str, tmp_path: Path, four: ModelGradings
) -> None:
    path = sheet(tmp_path, "a1,ben,p0,met,,,,", row)
    assert complaint(path, four).startswith(f"{path}:3: ")
    assert told in complaint(path, four)


def test_a_conflict_names_both_lines(tmp_path: Path, four: ModelGradings) -> None:
    path = sheet(tmp_path, "a0,ana,p0,met,,,,", "a0,ana,p0,missed,,,,")
    assert complaint(path, four) == f"{path}:3: ana says something else here than in line 2"


def test_every_fault_is_told_at_once_up_to_a_limit(tmp_path: Path, four: ModelGradings) -> None:
    path = sheet(tmp_path, *["a0,ana,p0,yes,,,,"] * (MOST + 5))
    lines = complaint(path, four).splitlines()
    assert len(lines) == MOST + 1
    assert lines[-1] == f"{path}: and 5 more"


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("rater,score", "no column answer_id"),
        ("answer_id,score", "no column rater"),
        ("answer_id,rater,verdikt", "unknown column 'verdikt'; did you mean verdict?"),
        ("answer_id,rater,score,score", "column score stands twice"),
    ],
)
def test_a_heading_that_is_not_understood_is_refused(
    head: str, told: str, tmp_path: Path, four: ModelGradings
) -> None:
    path = sheet(tmp_path, head=head)
    assert complaint(path, four).startswith(f"{path}:1: ")
    assert told in complaint(path, four)


def test_a_sheet_without_ratings_says_how_to_get_one(tmp_path: Path, four: ModelGradings) -> None:
    assert "grade calibrate template" in complaint(sheet(tmp_path), four)


def test_a_file_that_is_not_utf8_is_named_by_line(tmp_path: Path, four: ModelGradings) -> None:
    path = tmp_path / "ratings.csv"
    path.write_bytes("answer_id,rater,score\na0,Paweł Żak,50\n".encode("cp1250"))
    assert complaint(path, four) == f"{path}:2: not UTF-8; save the sheet as CSV UTF-8"


@pytest.mark.parametrize("codec", ["cp1252", "utf-16", "utf-8-sig", "utf-8"])
def test_a_sheet_in_the_encoding_of_a_spreadsheet_is_read(
    codec: str, tmp_path: Path, four: ModelGradings
) -> None:
    path = tmp_path / "ratings.csv"
    path.write_bytes("answer_id,rater,score\na0,José Müller,50\n".encode(codec))
    assert [row.rater for row in read(path, four).rows] == ["José Müller"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("a0,ana,p0,met,,,,,more", "cells below a heading of 8"),
        ("a0,ana,p0,met", "4 cells below a heading of 8, no score, note, rated_at, blind"),
        ('a0,ana,p0,met,,"never closed,,', "never closes"),
        ('a0,ana,p0,met,,"told" twice,,', "after a closing quotation mark"),
    ],
)
def test_a_row_that_does_not_fit_its_heading_is_named_and_the_others_are_looked_at(
    row: str, told: str, tmp_path: Path, four: ModelGradings
) -> None:
    lines = complaint(sheet(tmp_path, row, "a1,ben,p0,yes,,,,"), four).splitlines()
    assert lines[0].startswith(f"{tmp_path}/ratings.csv:2: ")
    assert told in lines[0]
    assert lines[1].startswith(f"{tmp_path}/ratings.csv:3: verdict 'yes'")


@given(content=st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_whatever_a_file_holds_ends_in_ratings_or_in_a_complaint(
    content: bytes, tmp_path: Path, four: ModelGradings
) -> None:
    for name in ("any.csv", "any.jsonl"):
        path = tmp_path / name
        path.write_bytes(
            b"answer_id,rater,key_point,verdict,score\n" * (name == "any.csv") + content
        )
        try:
            told = read(path, four).rows[0].rater
        except BadInput as error:
            told = str(error).partition(str(path))[1]
        assert told


def test_one_rater_is_spelt_one_way(tmp_path: Path, four: ModelGradings) -> None:
    path = sheet(tmp_path, "a0,ana,p0,met,,,,", "a1,Ana,p0,met,,,,", "a2,Ana,p0,met,,,,")
    with pytest.raises(BadInput) as caught:
        read(path, four)
    assert str(caught.value).splitlines() == [
        f"{path}:3: rater 'Ana' is 'ana' in line 2: spell them alike"
    ]


def test_a_key_point_that_is_gone_is_left_out_by_name(tmp_path: Path, four: ModelGradings) -> None:
    path = sheet(tmp_path, "a0,ana,p0,met,,,,", "a0,ana,gone,met,,,,", "a1,ana,gone,missed,,,,")
    found = read(path, four)
    assert [r.key_point for r in found.rows] == ["p0"]
    assert found.left_out["gone/q0/gone"] == 2
    assert "q0/gone" in complaint(sheet(tmp_path, "a0,ana,gone,met,,,,"), four)


def test_a_wide_sheet_has_a_column_for_each_rater(tmp_path: Path, four: ModelGradings) -> None:
    head = "answer_id,key_point,Ana,Ben,Remarks"
    path = sheet(tmp_path, "a0,p0,met,Partial,fine", "a1,p0,NA,met,met or not?", head=head)
    assert rows(read(path, four)) == [
        ("a0", "Ana", "p0", "met", None),
        ("a0", "Ben", "p0", "partial", None),
        ("a1", "Ben", "p0", "met", None),
    ]
    path = sheet(tmp_path, "a0,62.5,70", "a1,n/a,80", head="answer_id,Ana,Ben")
    assert [r[-1] for r in rows(read(path, four))] == [62.5, 70, 80]


def test_a_wide_sheet_tells_the_cell_that_is_no_rating(tmp_path: Path, four: ModelGradings) -> None:
    lines = ("a0,p0,met,met", "a1,p0,met,mett", "a2,p0,met,missed")
    path = sheet(tmp_path, *lines, head="answer_id,key_point,ana,ben")
    assert complaint(path, four).startswith(f"{path}:3: verdict 'mett' is none of")


def test_columns_of_ones_own_are_left_alone(tmp_path: Path, four: ModelGradings) -> None:
    path = sheet(tmp_path, "a0,ana,p0,met,Room 5,x", head="answer_id,rater,key_point,verdict,room,")
    assert len(read(path, four).rows) == 1
    path = tmp_path / "ratings.jsonl"
    path.write_text('{"answer_id": "a0", "rater": "ana", "score": 50, "room": 5}', encoding="utf-8")
    assert len(read(path, four).rows) == 1


@pytest.mark.parametrize("cell", ["NA", "n/a", "#N/A", "-", "–", "None"])
def test_a_cell_that_says_there_is_none_is_a_rating_that_was_not_given(
    cell: str, tmp_path: Path, four: ModelGradings
) -> None:
    found = read(sheet(tmp_path, "a0,ana,p0,met,,,,", f"a1,ana,p0,{cell},{cell},,{cell},"), four)
    assert (len(found.rows), found.left_out["empty"]) == (1, 1)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("22/11/2026", "05/12/2026"),
        ("11/22/2026 10:00", "12/05/2026 9:30 AM"),
        ("22.11.2026", "5.12.2026 09:30"),
        ("46348", "46361.5"),
        ("22/11/26", "5/12/26"),
        ("2026/11/22", "2026/12/05"),
    ],
)
def test_dates_are_read_as_spreadsheets_write_them(
    first: str, second: str, tmp_path: Path, four: ModelGradings
) -> None:
    path = sheet(tmp_path, f"a0,ana,p0,met,,,{first},", f"a0,ana,p0,missed,,,{second},")
    (row,) = read(path, four).rows
    assert (row.verdict, row.rated_at and row.rated_at.date().isoformat()) == (
        Verdict.MISSED, "2026-12-05",
    )  # fmt: skip


def test_a_date_that_may_be_two_decides_nothing(tmp_path: Path, four: ModelGradings) -> None:
    path = sheet(tmp_path, "a0,ana,p0,met,,,03/04/2026,", "a0,ana,p0,missed,,,04/03/2026,")
    assert "ana says something else here" in complaint(path, four)
    assert read(sheet(tmp_path, "a0,ana,p0,met,,,03/04/2026,"), four).rows[0].rated_at is None


def test_points_that_nothing_says_the_scale_of_are_no_per_cent(
    tmp_path: Path, four: ModelGradings
) -> None:
    given = [f"a{n % 4},{'ana' if n < 4 else 'ben'},{n + 1}" for n in range(8)]
    path = sheet(tmp_path, *given, head="answer_id,rater,score")
    assert "the highest of 8 scores is 8: hardly per cent; add a column out_of" in complaint(
        path, four
    )
    path = sheet(tmp_path, *[f"{row},100" for row in given], head="answer_id,rater,score,out_of")
    assert len(read(path, four).rows) == 8
    path = sheet(tmp_path, *[f"{row} %" for row in given], head="answer_id,rater,score")
    assert len(read(path, four).rows) == 8


def test_noughts_that_a_spreadsheet_cut_off_an_id_do_not_matter(
    tmp_path: Path, four: ModelGradings
) -> None:
    renamed = {"a0": "0012", "a1": "0013", "a2": "13", "a3": "7"}
    ids = {renamed[key]: asked for key, asked in four.questions_of.items()}
    results = replace(four, questions_of=ids)
    found = read(sheet(tmp_path, "12,ana,p0,met,,,,", "13,ana,p0,met,,,,"), results)
    assert [row.answer_id for row in found.rows] == ["0012", "13"]
