"""Sentences of answers: Chinese, English, lists and code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.text.quotes import sentences
from grader.text.sentences import MAX_SENTENCE


def pieces(text: str) -> list[str]:
    return [span.text for span in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        (
            "解码慢；预填充快。为什么？因为带宽！",
            ["解码慢；", "预填充快。", "为什么？", "因为带宽！"],
        ),
        ("慢.然后快了. 好", ["慢.", "然后快了.", "好"]),
        ("真的吗？！当然……是的。", ["真的吗？！", "当然……是的。"]),
        ("first\nsecond\r\nthird", ["first", "second", "third"]),
        ("- one\n* two\n1. three\n(2) four", ["- one", "* two", "1. three", "(2) four"]),
        ("他说“够了。”然后走了。", ["他说“够了。”", "然后走了。"]),
        ('"Enough." Then (it stops.) Next', ['"Enough."', "Then (it stops.)", "Next"]),
        ("**Fast.** But big", ["**Fast.**", "But big"]),
        ("No. It is slow", ["No.", "It is slow"]),
    ],
)
def test_sentences_clauses_and_items_are_told_apart(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "CUDA 12.4 has 0.5 of it",
        "use e.g. padding",
        "i.e. one bank vs. two banks, cf. Figure 2, approx. 5 cycles",
        "see vllm/engine.py and v1.2.3 on nvidia.com now",
        "call `a. B; c! d` there",
        "wait... then go",
        "threads, warps etc. are there",
        "x = a ? b : c",
        "见 foo.py 和 12.4 版本",
        "e.g.合并访问",
    ],
)
def test_what_only_looks_like_an_end_does_not_split(text: str) -> None:
    assert pieces(text) == [text]


def test_code_between_fences_is_split_by_line_only() -> None:
    text = "So:\n```c\nfor (i = 0; i < n; i++)\n  x. y; z\n```\nDone. Really."
    assert pieces(text) == [
        "So:", "```c", "for (i = 0; i < n; i++)", "x. y; z", "```", "Done.", "Really.",
    ]  # fmt: skip


def test_lines_that_an_editor_wrapped_are_one_sentence() -> None:
    text = (
        "Shared memory is split up into 32 banks so that it can soon feed\n"
        "many threads at once. Then\n"
        "- a list item stays alone"
    )
    assert pieces(text) == [
        "Shared memory is split up into 32 banks so that it can soon feed\nmany threads at once.",
        "Then",
        "- a list item stays alone",
    ]


def test_an_endless_sentence_is_split_at_commas_then_spaces_then_anywhere() -> None:
    clauses = "访存是瓶颈，" * 100
    assert all(piece.endswith("，") and len(piece) <= MAX_SENTENCE for piece in pieces(clauses))
    assert {piece[:4] for piece in pieces("word " * 200)} == {"word"}
    assert [len(piece) for piece in pieces("x" * 700)] == [300, 300, 100]
    assert not any(piece.startswith("\u0301") for piece in pieces("e\u0301" * 451))


HOSTILE = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from(list(" \n\r.。!?;；`~-*，,1ae\"'”")),
    ),
    max_size=900,
)


@given(HOSTILE)
def test_every_character_but_white_space_is_in_exactly_one_trimmed_span(text: str) -> None:
    spans = sentences(text)
    place = 0
    for span in spans:
        assert span.text == text[span.start : span.end] == span.text.strip() != ""
        assert not text[place : span.start].strip()
        assert len(span.text) <= MAX_SENTENCE or "\n" in span.text
        place = span.end
    assert not text[place:].strip()
