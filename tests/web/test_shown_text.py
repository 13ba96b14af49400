"""What a rater marks on the screen is that place of the answer, whatever is in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import BadInput
from grader.web.rooms.rate.shown_text import ShownText

ODD = st.text(st.one_of(st.characters(), st.sampled_from("\r\n\t\u202e\u200b\x1b银🙂<&")))


@given(ODD)
def test_every_character_is_found_at_its_place(text: str) -> None:
    shown = ShownText(text)
    for start in range(len(shown.shown)):
        piece = shown.evidence(start, start + 1, shown.shown[start])
        assert text[piece.start : piece.end] == piece.text != ""
        first, last = shown.place(piece)
        assert first <= start < last


@given(ODD.filter(bool))
def test_what_was_marked_is_shown_at_the_same_place_again(text: str) -> None:
    shown = ShownText(text)
    if shown.shown:
        piece = shown.evidence(0, len(shown.shown), shown.shown)
        assert shown.place(piece) == (0, len(shown.shown))


def test_places_are_code_points_of_the_answer() -> None:
    shown = ShownText("🙂 a\u202eb\r\nend")
    assert shown.shown == "🙂 a\\u{202e}b\nend"
    start = shown.shown.index("b\nend")
    assert shown.evidence(start, start + 5, "b\nend").text == "b\r\nend"
    assert shown.evidence(3, 5, "\\u").text == "\u202e"


@pytest.mark.parametrize(
    ("start", "end", "seen"),
    [(0, 0, ""), (-1, 2, "he"), (0, 99, "hello"), (0, 2, "xx"), (3, 1, "")],
)
def test_what_is_not_there_is_no_evidence(start: int, end: int, seen: str) -> None:
    with pytest.raises(BadInput, match="not in the answer"):
        ShownText("hello").evidence(start, end, seen)
