"""What only one platform's files have: categories, escapes, groups, levels, rows of students."""

import json
from pathlib import Path

import pytest

from tests.support.question_banks import csv_of, imported, says


def test_moodle_keeps_id_number_category_and_tags(tmp_path: Path) -> None:
    text = (
        '<quiz>\n<question type="category"><category><text>$course$/top/Netze/TCP</text></category>'
        '</question>\n<question type="essay"><name><text>Aufbau</text></name><idnumber>TCP 01'
        '</idnumber><questiontext format="html"><text><![CDATA[<p>Was &amp; wie?</p>]]></text>'
        '</questiontext><graderinfo format="html"><text>&lt;ol&gt;&lt;li&gt;SYN &amp;lt; ACK (2 P.)'
        "&lt;/li&gt;&lt;/ol&gt;</text></graderinfo><tags><tag><text>tcp</text></tag></tags>"
        "</question>\n</quiz>"
    )
    [made] = imported(tmp_path, "q.xml", text, language="de").rubrics
    assert made.rubric.id == "tcp-01"
    assert says(made.rubric, "de") == ("Was & wie?", (("SYN < ACK", 2.0),), ())
    assert "# Category: Netze/TCP\n# Tags: tcp\n" in made.toml


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16"])
def test_moodle_is_read_in_the_encoding_that_it_declares(tmp_path: Path, encoding: str) -> None:
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?><quiz><question type="essay"><questiontext>'
        "<text>Größe?</text></questiontext><graderinfo><text>- schließt früh (1 P.)</text>"
        "</graderinfo></question></quiz>"
    )
    [made] = imported(tmp_path, "q.xml", text.encode(encoding), language="de").rubrics
    assert says(made.rubric, "de") == ("Größe?", (("schließt früh", 1.0),), ())


def test_gift_reads_escapes_formats_and_comments(tmp_path: Path) -> None:
    text = (
        "// a comment\n$CATEGORY: $course$/Netze\n\n::A\\:B::[html]<p>What is \\{x\\}?</p>{####"
        "<ul><li>It \\= y \\~ z (1 P.)</li></ul>}\n\n::C::Choose{=a ~b}\n"
    )
    result = imported(tmp_path, "q.gift", text, language="en")
    [made] = result.rubrics
    assert made.rubric.id == "b"
    assert says(made.rubric, "en") == ("What is {x}?", (("It = y ~ z", 1.0),), ())
    assert "# Category: Netze\n" in made.toml
    assert [gap.at for gap in result.gaps if gap.left_out] == ["6"]


def test_canvas_ratings_become_notes(tmp_path: Path) -> None:
    rating = ("Rating Name", "Rating Description", "Rating Points")
    head = ("Rubric Name", "Criteria Name", "Criteria Description", "Criteria Enable Range")
    levels = ("Full Marks", "All three", 4, "Half", "Two", 2, "No Marks", "Fewer", 0)
    text = csv_of((*head, *rating * 3), ("What?", "Steps", "Names the steps.", "false", *levels))
    [made] = imported(tmp_path, "r.csv", text, language="en").rubrics
    [point] = made.rubric.key_points
    assert (point.en, point.id, point.weight) == ("Names the steps.", "steps", 4)
    assert (point.notes.met, point.notes.partial, point.notes.missed) == (
        *("All three", "Two", "Fewer"),
    )


def test_items_of_a_group_that_excludes_are_levels(tmp_path: Path) -> None:
    items = [
        {"description": "All steps", "weight": "2.0", "group_id": 9},
        {"description": "One step", "weight": "1.0", "group_id": 9},
        {"description": "Not a step", "weight": "0.0", "group_id": 9},
        {"description": "Names ports", "weight": 1, "group_id": None},
        {"description": "Takes it for UDP", "weight": -0.5},
    ]
    group = {"id": 9, "description": "The steps", "mutually_exclusive": True}
    content = {"title": "What?", "rubric_items": items, "rubric_item_groups": [group]}
    [made] = imported(tmp_path, "g.json", json.dumps(content), language="en").rubrics
    first, second = made.rubric.key_points
    assert (first.en, first.weight, first.notes.partial) == ("The steps", 2, "One step")
    assert (second.en, second.weight) == ("Names ports", 1)
    assert [claim.penalty for claim in made.rubric.misconceptions] == [0.5]


def test_what_is_scored_negatively_takes_points_off(tmp_path: Path) -> None:
    items = [{"question_id": 1, "description": "Takes it for UDP", "weight": 1}]
    questions = [{"id": 1, "title": "What?", "scoring_type": "negative"}]
    content = {"questions": questions, "rubric_items": items}
    result = imported(tmp_path, "g.json", json.dumps(content), language="en")
    assert not result.rubrics
    assert any("no key points (only wrong claims)" in gap.message for gap in result.gaps)


def test_of_evaluations_only_the_items_are_taken(tmp_path: Path) -> None:
    head = ("Assignment Submission ID", "Question Submission ID", "First Name", "Score")
    text = csv_of(
        (*head, "Submission Time", "Names SYN", "Names ACK", "Adjustment", "Comments"),
        (1, 2, "Zoë", 3, "2026-06-01", "true", "false", "", "well done"),
        ("Point Values", "", "", "", "", 2, 1, "", ""),
    )
    [made] = imported(tmp_path, "1_handshake.csv", text, language="en").rubrics
    assert says(made.rubric, "en")[1] == (("Names SYN", 2), ("Names ACK", 1))
    assert "Zoë" not in made.toml
    assert "well done" not in made.toml


def test_choices_of_which_several_may_be_ticked_are_key_points(tmp_path: Path) -> None:
    choices = '<Choice value="Names SYN (2 P.)" hint="by its name"/><Choice value="Names ACK"/>'
    config = (
        '<View><Header value="What?"/><Text name="t" value="$answer"/>'
        f'<Choices name="k" toName="t" choice="multiple">{choices}</Choices></View>'
    )
    for name, text in (("i.xml", config), ("p.json", json.dumps({"label_config": config}))):
        [made] = imported(tmp_path, name, text, language="en").rubrics
        assert says(made.rubric, "en")[:2] == ("What?", (("Names SYN", 2), ("Names ACK", 1)))
        assert made.rubric.key_points[0].notes.met == "by its name"
