"""What a faithful quotation may change is folded away, and nothing else."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.text.fold import fold, says

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Shared MEMORY", "shared memory"),
        ("ｓｈａｒｅｄ　ｍｅｍｏｒｙ", "shared memory"),
        ("memory-bound", "memory bound"),
        ("a — b – c − d", "a - b - c - d"),
        ("“quoted” «words»", '"quoted" words'),
        ("**bank** `conflict`", "bank conflict"),
        ("共享 内存，32 个 bank。", "共享内存32个bank"),
        ("16 GB", "16GB"),
        ("oﬃce ﬁle", "office file"),
        ("Straße", "STRASSE"),
        ("cafe\u0301", "café"),
        ("ｶﾞ", "ガ"),
        ("각", "\u1100\u1161\u11a8"),
        ("ba\u200bnk\u00ad", "bank"),
        ("don't", "don’t"),
        ("❤️ fast", "❤ fast"),
        ("two\r\n  lines", "two lines"),
    ],
)
def test_what_a_quotation_may_change_is_folded(one: str, other: str) -> None:
    assert fold(one).text == fold(other).text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12.4", "124"),
        ("1,024", "1 1024"),
        ("2*3", "23"),
        ("now here", "nowhere"),
        ("café", "cafe"),
        ("が", "か"),
        ("a < b", "a > b"),
        ("50 %", "50"),
        ("x + y", "x y"),
        ("内存", "显存"),
        ("row & 7", "row 7"),
    ],
)
def test_what_carries_meaning_is_kept(one: str, other: str) -> None:
    assert fold(one).text != fold(other).text


def test_the_index_map_leads_back_over_expansions_and_what_was_dropped() -> None:
    text = "**ﬁne** Straße"
    folded = fold(text)
    start = folded.text.index("strasse")
    assert folded.original(start, start + 7) == (8, 14)
    assert folded.original(0, 2) == (2, 3)


def test_a_character_is_never_cut_apart() -> None:
    assert fold("ﬁne").original(0, 1) is None
    assert fold("Straße").original(0, 5) is None


@pytest.mark.parametrize(
    ("text", "weight"), [("bank", 4), ("内存", 4), ("뱅크", 4), ("32", 2), ("+→%", 0)]
)
def test_a_chinese_character_says_twice_as_much_as_a_letter_and_a_symbol_nothing(
    text: str, weight: int
) -> None:
    assert says(text, weight)
    assert not says(text, weight + 1)


@given(ANY_TEXT)
def test_any_text_is_folded_with_offsets_in_order(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) == len(folded.starts) == len(folded.ends)
    assert list(folded.starts) == sorted(folded.starts)
    assert list(folded.ends) == sorted(folded.ends)
    for start, end in zip(folded.starts, folded.ends, strict=True):
        assert 0 <= start <= end <= len(text)


@given(st.lists(st.sampled_from(["a", "Bc", "word", " ", "  ", "\n", ",", "1", "23", "内存", "%"])))
def test_words_fold_in_a_run_as_they_do_letter_by_letter(pieces: list[str]) -> None:
    text = "".join(pieces)
    alone = "\u200b".join(text)  # no two characters stand side by side
    whole, apart = fold(text), fold(alone)
    assert whole.text == apart.text
    for char, start, other in zip(whole.text, whole.starts, apart.starts, strict=True):
        assert char == " " or 2 * start == other


@given(ANY_TEXT)
def test_canonically_equal_texts_fold_alike(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)).text == fold(text).text


def test_a_letter_with_endless_marks_is_folded_in_pieces() -> None:
    assert len(fold("e" + "\u0301\u0316" * 30_000).text) == 60_000  # the first mark joins the e
