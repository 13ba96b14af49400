"""Every format of a made question bank gives the rubrics that were meant."""

from pathlib import Path

import pytest

from grader.authoring.check.run import check_rubric
from grader.authoring.importing.run import write_rubric
from grader.rubric.files import read_rubric
from tests.support.question_banks import BANKS, BARE, WHOLE, Bank, imported, point_rows, says

each_bank = pytest.mark.parametrize(("tag", "bank"), BANKS.items())


@each_bank
@pytest.mark.parametrize("name", WHOLE)
def test_a_bank_is_what_was_meant(tmp_path: Path, name: str, tag: str, bank: Bank) -> None:
    result = imported(tmp_path, name, WHOLE[name](bank), language=tag)
    assert not result.left_out, result.gaps
    assert [says(r.rubric, tag) for r in result.rubrics] == [
        (asked.text, asked.points, asked.claims) for asked in bank
    ]
    assert [r.rubric.id for r in result.rubrics] == [asked.id for asked in bank]


@each_bank
@pytest.mark.parametrize("name", WHOLE)
def test_every_key_point_says_what_it_cites_and_where_it_stood(
    tmp_path: Path, name: str, tag: str, bank: Bank
) -> None:
    result = imported(tmp_path, name, WHOLE[name](bank), language=tag)
    for made in result.rubrics:
        points = [point.sources for point in made.rubric.key_points]
        claims = [claim.sources for claim in made.rubric.misconceptions]
        for *cited, place in (*points, *claims):
            assert [made.rubric.citation(source) for source in cited] == ["RFC 9293"]
            assert made.rubric.documents[place.document].title == name
            assert place.section.startswith(("line ", "["))


@each_bank
@pytest.mark.parametrize("name", BARE)
def test_rubrics_of_platforms_give_their_criteria(
    tmp_path: Path, name: str, tag: str, bank: Bank
) -> None:
    result = imported(tmp_path, name, BARE[name](bank), language=tag)
    assert not result.left_out, result.gaps
    assert [says(r.rubric, tag) for r in result.rubrics] == [
        (asked.text, asked.points, ()) for asked in bank
    ]


@each_bank
def test_a_workbook_is_a_table(tmp_path: Path, tag: str, bank: Bank) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in point_rows(bank):
        book.active.append(row)
    book.save(tmp_path / "bank.xlsx")
    result = imported(tmp_path, "bank.xlsx", (tmp_path / "bank.xlsx").read_bytes(), language=tag)
    assert not result.left_out, result.gaps
    assert [says(r.rubric, tag) for r in result.rubrics] == [
        (asked.text, asked.points, asked.claims) for asked in bank
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_table_is_read_in_the_encoding_that_it_is_in(tmp_path: Path, encoding: str) -> None:
    text = WHOLE["punkte.csv"](BANKS["de"]).replace("→", "->")
    result = imported(tmp_path, "punkte.csv", text.encode(encoding), language="de")
    assert result.rubrics[0].rubric.key_points[2].text("de").endswith("bestätigt die Folgenummer.")


@pytest.mark.parametrize("name", [*WHOLE, *BARE])
def test_what_is_written_is_read_again_and_checked(tmp_path: Path, name: str) -> None:
    result = imported(tmp_path, name, (WHOLE | BARE)[name](BANKS["de"]), language="de")
    for made in result.rubrics:
        path, there = write_rubric(made, tmp_path / "out", force=False)
        assert there
        assert read_rubric(path) == made.rubric
        assert {finding.rule for finding in check_rubric(path)} <= {"too-few", "weights"}


@pytest.mark.parametrize("name", [*WHOLE, *BARE])
def test_the_name_of_a_file_does_not_decide_what_it_is(tmp_path: Path, name: str) -> None:
    text = (WHOLE | BARE)[name](BANKS["de"])
    plain = imported(tmp_path, name, text, language="de")
    renamed = imported(tmp_path, "file.txt", text, language="de")
    told = [says(r.rubric, "de") for r in plain.rubrics]
    assert [says(r.rubric, "de") for r in renamed.rubrics] == told


def test_the_language_is_seen_where_nobody_names_it(tmp_path: Path) -> None:
    for tag, bank in BANKS.items():
        result = imported(tmp_path, "bank.gift", WHOLE["bank.gift"](bank))
        assert (result.language, result.guessed) == (tag, True)


def test_a_title_is_cited_with_the_file_and_the_line(tmp_path: Path) -> None:
    text = WHOLE["points.csv"](BANKS["de"])
    result = imported(tmp_path, "points.csv", text, title="Netze verstehen")
    rubric = result.rubrics[0].rubric
    last = rubric.key_points[1].sources[-1]
    assert rubric.citation(last) == "Netze verstehen, points.csv, line 3"
