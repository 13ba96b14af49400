"""Names with numbers are listed as people count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.util.order import by_number


@pytest.mark.parametrize(
    "names",
    [
        ["q", "q-1", "q-2", "q-10", "r-1"],
        ["int8-slower-than-fp16", "paged-attention", "warp-divergence"],
        ["1", "02", "10", "a", "a1b2", "a1b10"],
    ],
)
def test_numbers_are_counted_and_words_spelt(names: list[str]) -> None:
    shuffled = names[1:] + names[:1]
    assert sorted(shuffled, key=by_number) == names


@given(st.lists(st.text(st.characters(codec="utf-8") | st.sampled_from("0129²٣"), max_size=40)))
def test_whatever_the_names_are_they_have_an_order(names: list[str]) -> None:
    assert len(sorted(map(by_number, names))) == len(names)
