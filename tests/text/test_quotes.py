"""A quote is found however it was re-typed, and a quote that is not there is never found."""

from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from grader.text.fold import continues, fold, says
from grader.text.quotes import MAX_STRETCH, locate

ANSWER = (
    "共享内存分成 32 个 bank，每个 bank 宽 4 字节。\n"
    "If two threads of a **warp** want different words of the same bank, "
    "the accesses are serialised (“bank conflict”). Uncoalesced loads differ; coalesced ones merge."
)


def found(quote: str, answer: str = ANSWER, question: str = "") -> str | None:
    span = locate(quote, answer, question)
    if span is None:
        return None
    assert answer[span.start : span.end] == span.text
    return span.text


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("32 个 bank", "32 个 bank"),
        ("32个bank,每个bank宽4字节", "32 个 bank，每个 bank 宽 4 字节"),
        ("ＩＦ ＴＷＯ　ＴＨＲＥＡＤＳ", "If two threads"),
        ("threads of a warp want", "threads of a **warp** want"),
        ("serialised ('bank conflict')", "serialised (“bank conflict"),
        ('"… different words of the same bank …"', "different words of the same bank"),
        ("4 字节。 if two", "4 字节。\nIf two"),
        ("coalesced", "coalesced"),
    ],
)
def test_a_quote_is_found_as_the_answer_writes_it(quote: str, text: str) -> None:
    assert found(quote) == text


@pytest.mark.parametrize(
    "quote",
    [
        "If three threads of a warp",
        "threads of the warp",
        "共享显存分成 32 个 bank",
        "33 个 bank",
        "the accesses are parallel",
        "same bank different words of",
        "",
        "...",
        "“”",
    ],
)
def test_a_changed_word_is_never_found(quote: str) -> None:
    assert found(quote) is None


def test_a_quote_begins_at_a_word_where_it_can() -> None:
    span = locate("coalesced", ANSWER)
    assert span is not None
    assert ANSWER[span.start - 1] == " "


def test_accents_are_part_of_the_letter_however_they_are_stored() -> None:
    assert found("cafe", "un cafe\u0301 noir") is None
    assert found("café noir", "un cafe\u0301 noir") == "cafe\u0301 noir"


def test_an_ellipsis_leaves_something_out() -> None:
    assert found("two threads ... the same bank") == (
        "two threads of a **warp** want different words of the same bank"
    )
    assert found("共享内存……每个 bank") == "共享内存分成 32 个 bank，每个 bank"
    assert found("each of two threads […] of the same bank [...] serialised") is None
    assert found("two threads […] of the same bank [...] serialised") is not None


def test_the_parts_around_an_ellipsis_stand_in_order_and_near_each_other() -> None:
    assert found("the same bank ... two threads") is None
    assert found("two threads ... is") is None
    assert found("bank conflict ... warp") is None
    far = "first part" + "x " * MAX_STRETCH + "last part"
    assert found("first part ... last part", far) is None
    assert found("first part ... last part", far + " first part, last part") is not None


def test_a_quote_too_short_says_nothing_unless_it_is_the_whole_answer() -> None:
    assert found("two") is None
    assert found("宽") is None
    assert found("共享") == "共享"
    assert found("bank") == "bank"
    assert found("32", "32.") == "32"
    assert found("宽", "宽") == "宽"


SHORT = (
    "Yes, O(1) on average, O(n) if all keys collide. It has 32 banks; 4 字节, x² < y,"
    " p99 = 12.4 ms."
    " TCP is used. 是的。分成8个。 a <= b → ∞. 5 % of $7."
)


@pytest.mark.parametrize(
    "quote",
    ["O(1)", "O(n)", "o(1)", "`O(1)`", "32", "4", "8", "x²", "p99", "12.4", "Yes", "yes", "Yes,",
     "TCP", "是的", "<=", "∞", "→", "$7", "5 %", "<", "…32…"],
)  # fmt: skip
def test_a_short_quote_is_evidence_where_it_stands_as_a_token_of_its_own(quote: str) -> None:
    text = found(quote, SHORT)
    assert text is not None
    assert text.lower() == quote.strip("`,…").lower()


@pytest.mark.parametrize(
    "quote",
    ["O(2)", "3", "2", "12", "99", "x", "on", "all", "=<", "if", "CP", "ms", "字", "a", "(", ")",
     ",", "-", "是", "p9", "=>", "64"],
)  # fmt: skip
def test_a_short_quote_that_is_a_piece_of_something_or_a_plain_word_is_none(quote: str) -> None:
    assert found(quote, SHORT) is None


def test_a_short_quote_that_only_repeats_the_question_is_none() -> None:
    asked = "Is a lookup O(1) on average?"
    assert found("O(1)", asked + " No idea.", asked) is None
    assert found("O(1)", asked + " It is O(1).", asked) == "O(1)"


QUESTION = "What is a bank conflict? Describe it.\n什么是 bank 冲突？decode 受什么限制？"


def test_the_repeated_question_is_no_evidence() -> None:
    assert found("what is a bank conflict", "What is a bank conflict? No idea.", QUESTION) is None
    assert found("a bank conflict", "What is a bank conflict? No idea.", QUESTION) is None
    assert found("什么是bank冲突", "“什么是bank冲突”就是题目", QUESTION) is None


def test_the_questions_words_in_the_answers_own_sentence_are_evidence() -> None:
    answer = "What is a bank conflict? The bank stalls a warp: bank conflicts serialise."
    assert found("bank conflicts serialise", answer, QUESTION) == "bank conflicts serialise"
    span = locate("bank conflict", answer, QUESTION)
    assert span is not None
    assert span.start == answer.index("bank conflicts serialise")
    assert found("memory-bound", "memory-bound", "Is decode memory-bound or compute-bound?")


def test_to_state_a_yes_no_question_is_to_say_yes() -> None:
    question = "PagedAttention 能减少显存碎片吗？"
    assert found("PagedAttention 能减少显存碎片", "PagedAttention 能减少显存碎片", question)
    assert found(question, question, question) is None


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
WORDS = st.sampled_from(
    [
        "Bank", "conflict", "共享内存", "带宽", "ＦＰ１６", "ﬁrst", "oﬃce", "Straße", "naïve",
        "e\u0301tat", "か\u3099", "각", "🚀", "👩\u200d💻", "12.4", "INT8", "x²", "ΣΊΣΥΦΟΣ", "ｶﾞｽ",
        "第①步", "`smem`", "**warp**", "don’t", "32-way", "a<b",
    ]
)  # fmt: skip
GLUE = st.sampled_from([" ", ", ", "，", "\n", " — ", "。", ": ", "（", "　", ""])
ANSWERS = st.lists(st.tuples(WORDS, GLUE), min_size=1, max_size=25)
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
PUNCTUATION = str.maketrans(
    {",": "，", "，": " , ", "。": ".", "—": "-", ":": "：", "（": "(", "’": "'"}
)
RETYPED: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "full width": lambda quote: quote.translate(WIDE),
    "spaced": lambda quote: " \n\u3000".join(quote.split(" ")),
    "re-punctuated": lambda quote: quote.translate(PUNCTUATION),
    "quoted": lambda quote: f" “{quote}” ",
    "cut off": lambda quote: f"...{quote}…",
    "invisible": lambda quote: quote.replace("a", "a\u200b"),
}


@given(ANSWERS, st.data(), st.lists(st.sampled_from(sorted(RETYPED)), max_size=3))
def test_a_retyped_quote_is_found_where_it_folds_the_same(
    words: list[tuple[str, str]], data: st.DataObject, ways: list[str]
) -> None:
    answer = "".join(word + glue for word, glue in words)
    start = data.draw(st.integers(0, len(words) - 1))
    stop = data.draw(st.integers(start + 1, len(words)))
    quote = "".join(word + glue for word, glue in words[start:stop])
    for way in ways:
        quote = RETYPED[way](quote)
    wanted = fold(quote).text
    assume(says(wanted, 4))
    span = locate(quote, answer)
    assert span is not None
    assert span.text == answer[span.start : span.end]
    assert fold(span.text).text == wanted


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_any_cut_of_any_text_is_found(before: str, middle: str, after: str) -> None:
    quote = f"bank{middle}dim"
    assume(not continues(after[:1] or "."))
    span = locate(quote, before + quote + after)
    assert span is not None
    assert fold(span.text).text == fold(quote).text


@given(ANSWERS, st.integers(0, 30), st.sampled_from(["zebra", "斑马", "99"]))
def test_a_quote_with_a_foreign_word_is_never_found(
    words: list[tuple[str, str]], place: int, foreign: str
) -> None:
    answer = "".join(word + glue for word, glue in words)
    parts = [word + glue for word, glue in words]
    parts.insert(min(place, len(parts)), f" {foreign} ")
    assert locate("".join(parts), answer) is None
    assert locate(f"{foreign} ... {answer}", answer) is None


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_whatever_is_asked_the_offsets_are_valid(quote: str, answer: str, question: str) -> None:
    span = locate(quote, answer, question)
    if span is not None:
        assert 0 <= span.start < span.end <= len(answer)
        assert span.text == answer[span.start : span.end]
