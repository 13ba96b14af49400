"""What a file lacks is said by file and place; where no honest default is, it is left out."""

import json
from pathlib import Path

import pytest

from grader.authoring.importing.assemble import report
from grader.authoring.importing.material import ImportGap
from grader.errors import BadInput
from grader.rubric.format import Rubric
from tests.support.question_banks import csv_of, imported

HEAD = ("id", "question", "key point", "points")


def table(folder: Path, *rows: tuple[object, ...], head: tuple[str, ...] = HEAD) -> list[str]:
    """The gaps of a table with these rows, but for the notes that most tables lack."""
    result = imported(folder, "t.csv", csv_of(head, *rows), language="en")
    return [str(gap) for gap in result.gaps if "no notes" not in gap.message]


def only(folder: Path, *rows: tuple[object, ...], head: tuple[str, ...] = HEAD) -> Rubric:
    result = imported(folder, "t.csv", csv_of(head, *rows), language="en")
    [made] = result.rubrics
    return made.rubric


def test_points_that_are_missing_are_written_as_one(tmp_path: Path) -> None:
    rows = [("a", "What is A?", "It is big.", ""), ("", "", "It is red.", 2)]
    assert table(tmp_path, *rows) == ["t.csv:2: note: no points for 1 of 2 key points: 1 written"]
    assert [point.weight for point in only(tmp_path, *rows).key_points] == [1, 2]


def test_points_that_are_missing_share_what_is_left_of_the_total(tmp_path: Path) -> None:
    rows = [("a", "What is A?", "Big.", 2, 5), *(("", "", t, "", "") for t in ("Red.", "Old."))]
    head = (*HEAD, "max points")
    told = "they share what is left of 5 points, 1.5 each"
    assert table(tmp_path, *rows, head=head) == [
        f"t.csv:3: note: no points for 2 of 3 key points: {told}"
    ]
    assert [point.weight for point in only(tmp_path, *rows, head=head).key_points] == [2, 1.5, 1.5]


def test_of_a_maximum_alone_all_key_points_count_alike(tmp_path: Path) -> None:
    rows = [("a", "What is A?", "Big.", "", 5), ("", "", "Red.", "", "")]
    head = (*HEAD, "max points")
    told = "no points for 2 of 2 key points: they count alike, 5 together"
    assert table(tmp_path, *rows, head=head) == [f"t.csv:2: note: {told}"]
    rubric = only(tmp_path, *rows, head=head)
    assert (rubric.total, [p.weight for p in rubric.key_points]) == (5, [1, 1])


def test_a_total_that_the_points_do_not_add_up_to_is_kept_and_named(tmp_path: Path) -> None:
    rows = [("a", "What is A?", "Big.", 2, 5), ("", "", "Red.", 1, "")]
    head = (*HEAD, "max points")
    told = "3 points are listed and 5 stated: scaled to 5"
    assert table(tmp_path, *rows, head=head) == [f"t.csv:2: note: {told}"]
    assert only(tmp_path, *rows, head=head).total == 5


def test_points_below_nought_are_a_wrong_claim_that_costs_them(tmp_path: Path) -> None:
    rows = [("a", "What is A?", "It is big.", 2), ("", "", "It is a bird.", "-0,5")]
    told = "no correction of a wrong claim; written in general words"
    assert table(tmp_path, *rows) == [f"t.csv:3: note: {told}"]
    [claim] = only(tmp_path, *rows).misconceptions
    assert (claim.en, claim.penalty) == ("It is a bird.", 0.5)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("a", "What is A?", "", "")], "t.csv:2: left out: no key points (none listed)"),
        ([("a", "What is A?", "Wrong.", -1)], "t.csv:2: left out: no key points (only wrong"),
        ([("a", "", "It is big.", 1)], "t.csv:2: left out: no question text"),
        ([("", "", "It is big.", 1)], "t.csv:2: left out: names no question"),
        ([("a", "What?", "Big.", 0)], "t.csv:2: left out: worth 0 points: “Big.”"),
        ([("a", "What?", "Big.", "9999999")], "t.csv:2: left out: makes no rubric: key_points[0]"),
    ],
)
def test_a_question_that_no_rubric_can_be_made_of_is_left_out_and_named(
    tmp_path: Path, rows: list[tuple[object, ...]], told: str
) -> None:
    assert any(gap.startswith(told) for gap in table(tmp_path, *rows))
    assert not imported(tmp_path, "t.csv", csv_of(HEAD, *rows)).rubrics


def test_a_row_that_cannot_be_read_costs_only_itself(tmp_path: Path) -> None:
    text = csv_of(HEAD, ("a", "What is A?", "It is big.", 1)) + "b,What,is,B,ten,cells\n"
    text += csv_of(("c", "What is C?", "It is red.", 1))
    result = imported(tmp_path, "t.csv", text, language="en")
    assert [made.rubric.id for made in result.rubrics] == ["a", "c"]
    assert "t.csv:3: left out: 6 cells below a heading of 4" in "\n".join(map(str, result.gaps))


def test_points_that_are_no_number_are_named(tmp_path: Path) -> None:
    gaps = table(tmp_path, ("a", "What is A?", "It is big.", "many"))
    assert "t.csv:2: note: points 'many' are no number" in gaps


def test_of_a_group_some_are_enough(tmp_path: Path) -> None:
    head = (*HEAD, "group", "enough")
    rows = [("a", "What is A?", "Big.", 2, "x", 2), *(("", "", t, 2, "x", "") for t in "RO")]
    assert table(tmp_path, *rows, head=head) == []
    [group] = only(tmp_path, *rows, head=head).groups
    assert (group.enough, group.key_points) == (2, ("big", "r", "o"))


@pytest.mark.parametrize(
    ("points", "enough", "told"),
    [
        ((1, 1), "", "does not say how many are enough"),
        ((1, 1), "2", "has 2 key points, of which 2 cannot be enough"),
        ((1, 2), "1", "has key points of different points"),
    ],
)
def test_a_group_that_is_none_is_named_and_its_key_points_count(
    tmp_path: Path, points: tuple[int, int], enough: str, told: str
) -> None:
    rows = [("a", "What?", "Big.", points[0], "x", enough), ("", "", "Red.", points[1], "x", "")]
    head = (*HEAD, "group", "enough")
    assert table(tmp_path, *rows, head=head) == [
        f"t.csv:2: note: group 'x' {told}; each key point counts"
    ]
    assert only(tmp_path, *rows, head=head).groups == ()


def test_levels_that_earn_something_else_than_half_are_named(tmp_path: Path) -> None:
    ratings = [
        {"description": "All", "points": 4},
        {"description": "Most", "points": 3},
        {"description": "Few", "points": 1},
        {"description": "Nought", "points": 0},
    ]
    rubric = {"title": "What is A?", "data": [{"description": "It is big.", "ratings": ratings}]}
    result = imported(tmp_path, "r.json", json.dumps(rubric), language="en")
    told = "levels of 3, 1 of 4 points are written as partial, which earns half"
    assert f"r.json:data[0]: note: {told}" in [str(gap) for gap in result.gaps]
    [point] = result.rubrics[0].rubric.key_points
    assert point.notes.partial == "Most\nFew"
    assert (point.weight, point.notes.missed) == (4, "Nought")


def test_a_choice_that_is_no_level_is_named(tmp_path: Path) -> None:
    choices = '<Choice value="met"/><Choice value="sideways"/>'
    text = (
        '<View>\n<Header value="What is A?"/>\n<Header value="It is big. (2 P.)"/>\n'
        f'<Choices name="k" choice="single">{choices}</Choices></View>'
    )
    result = imported(tmp_path, "i.xml", text, language="en")
    told = "level “sideways” is not met, partial or missed"
    assert f"i.xml:4: left out: {told}" in [str(gap) for gap in result.gaps]
    assert result.rubrics[0].rubric.key_points[0].weight == 2


def test_two_questions_of_one_name_get_ids_of_their_own(tmp_path: Path) -> None:
    text = "".join(f"## Ports\n\nWhat is {n}?\n\n- It is a number.\n\n" for n in "ab")
    result = imported(tmp_path, "q.md", text, language="en")
    assert [made.rubric.id for made in result.rubrics] == ["ports", "ports-2"]
    told = "its id 'ports' is another question's; written as 'ports-2'"
    assert f"q.md:7: note: {told}" in [str(gap) for gap in result.gaps]


def test_questions_of_other_types_are_named_by_line(tmp_path: Path) -> None:
    text = '<quiz>\n<question type="multichoice"/>\n<question type="cloze"/>\n</quiz>'
    result = imported(tmp_path, "m.xml", text)
    assert [str(gap) for gap in result.gaps] == [
        "m.xml:2: left out: a question of type multichoice, which has no key points",
        "m.xml:3: left out: a question of type cloze, which has no key points",
    ]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.xml", '<!DOCTYPE x [<!ENTITY a "b">]><quiz>&a;</quiz>', "a.xml:1: declares a document"),
        ("a.xml", "<quiz>\n<question>\n</quiz>", "a.xml:3: broken XML: mismatched tag"),
        ("a.csv", "name,age\nx,3\n", "a.csv: not recognised; a table needs columns for question"),
        ("a.csv", "question,key point\n", "a.csv: holds no question"),
        ("a.csv", "question,key point,week\n", "a.csv: holds no question"),
        ("a.json", '{"a": 1}', "a.json: not recognised"),
        ("a.txt", "\0\0\0", "a.txt: not text"),
        ("a.xlsx", "PK\x03\x04junk", "a.xlsx: is no Office file that can be read"),
        ("a.md", "", "a.md: not recognised"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_in_one_line(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    with pytest.raises(BadInput, match=r"^[^\n]+$") as raised:
        imported(tmp_path, name, text)
    assert str(raised.value).startswith(told)


def test_columns_that_are_not_read_are_named(tmp_path: Path) -> None:
    rows = [("a", "What is A?", "Size", 1, "It is big.", "x")]
    gaps = table(tmp_path, *rows, head=(*HEAD, "description", "week"))
    told = "columns not read: description, week; name what counts by --columns ROLE=COLUMN"
    assert gaps == [f"t.csv:1: note: {told}"]


def test_a_row_of_a_question_has_its_list_in_a_cell_and_its_points_are_the_total(
    tmp_path: Path,
) -> None:
    cell = "1. It is big. (2 P.)\n2. It is red.\n   - partial: only pink"
    text = csv_of(("no", "question", "key points", "points"), (7, "What is A?", cell, 5))
    [made] = imported(tmp_path, "t.csv", text, language="en").rubrics
    told = [(point.en, point.weight, point.notes.partial) for point in made.rubric.key_points]
    assert told == [("It is big.", 2, None), ("It is red.", 3, "only pink")]
    assert (made.rubric.id, made.rubric.total) == ("7", 5)


def test_gaps_that_say_the_same_are_one_line() -> None:
    gaps = [ImportGap("t.csv", str(line), "no points") for line in range(2, 12)]
    gaps.append(ImportGap("t.csv", "20", "no question", left_out=True))
    assert report(gaps) == [
        "t.csv:2: note: no points (also 3, 4, 5, 6, 7 and 4 more)",
        "t.csv:20: left out: no question",
    ]


def test_the_file_of_a_rubric_begins_with_what_it_lacks(tmp_path: Path) -> None:
    text = csv_of(HEAD, ("a", "What is A?", "It is big.", ""))
    [made] = imported(tmp_path, "t.csv", text, language="en").rubrics
    assert made.toml.splitlines()[:2] == [
        "# Imported from t.csv:2.",
        "# - t.csv:2: note: no points for 1 of 1 key points: 1 written",
    ]
