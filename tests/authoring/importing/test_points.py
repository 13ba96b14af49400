"""Points beside a statement are read as people write them, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.authoring.importing.points import number, split_points


@pytest.mark.parametrize(
    ("text", "said", "points"),
    [
        ("Three steps (2 P.)", "Three steps", 2),
        ("Three steps [1.5 pts]", "Three steps", 1.5),
        ("Three steps (2 points).", "Three steps", 2),
        ("Drei Schritte (0,5 Punkte)", "Drei Schritte", 0.5),
        ("Drei Schritte (3 BE)", "Drei Schritte", 3),
        ("三次握手（2分）", "三次握手", 2),
        ("（２点）三つの手順", "三つの手順", 2),
        ("Trois étapes : 2 points", "Trois étapes", 2),
        ("2 Punkte: drei Schritte", "drei Schritte", 2),
        ("Three steps (0-2 P.)", "Three steps", 2),
        ("Three steps (½ P.)", "Three steps", 0.5),
        ("Three steps [+1]", "Three steps", 1),
        ("Says UDP (-1)", "Says UDP", -1),
        ("Says UDP (−0.5 pts)", "Says UDP", -0.5),
        ("Three steps | 2", "Three steps", 2),
        ("RFC 793 (1981)", "RFC 793 (1981)", None),
        ("Two lines have 2 points", "Two lines have 2 points", None),
        ("Port 80", "Port 80", None),
        ("(2 P.)", "(2 P.)", None),
    ],
)
def test_points_are_told_apart_from_text(text: str, said: str, points: float | None) -> None:
    assert split_points(text) == (said, points)


@pytest.mark.parametrize(
    ("text", "value"),
    [("2", 2), ("2,5 P.", 2.5), ("+1", 1), ("-0.5", -0.5), ("1½", 1.5), ("x", None), ("", None)],
)
def test_a_cell_of_points_is_a_number(text: str, value: float | None) -> None:
    assert number(text) == value


@given(st.text(max_size=200))
def test_what_is_left_is_a_part_of_the_text(text: str) -> None:
    said, _ = split_points(text)
    assert said in text
