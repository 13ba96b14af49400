"""An answer is read as text, or one line says why not."""

import codecs
import hashlib
import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.answer import MAX_BYTES, from_bytes, from_text, has_content, read
from grader.errors import EmptyAnswer, GraderError, UnreadableAnswer

CHINESE = [
    "解码阶段是访存瓶颈，不是算力瓶颈。",
    "量化会降低精度，但能提高吞吐。",
    "共享内存分为三十二个存储体。",
    "KV cache 占显存，用 PagedAttention 分页管理。",
    "同一个线程束访问同一地址会广播",
    "因为访存不连续，所以慢。",
    "先用 Nsight Systems 看时间线，再用 Nsight Compute 看单个 kernel。",
]


class Endless(io.RawIOBase):
    """A stream that never ends and says how much was taken."""

    taken = 0

    def read(self, size: int = -1, /) -> bytes:
        assert size > 0
        part = min(size, 5000)
        self.taken += part
        return b"x" * part


def complaint(path: Path | str, stdin: io.BytesIO | None = None) -> str:
    with pytest.raises(UnreadableAnswer) as caught:
        read(path, stdin)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_utf8_file_is_read_with_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "answer.txt"
    path.write_text("32 个 bank", encoding="utf-8")
    answer = read(path)
    assert (answer.text, answer.source, answer.encoding) == ("32 个 bank", str(path), "utf-8")
    assert answer.digest == f"sha256:{hashlib.sha256('32 个 bank'.encode()).hexdigest()}"


def test_standard_input_is_a_dash() -> None:
    answer = read("-", io.BytesIO(b"word"))
    assert (answer.text, answer.source) == ("word", "-")


def test_windows_line_ends_become_plain_ones_and_nothing_else_changes() -> None:
    assert from_bytes(b" a\r\nb \n\rc\t\r\n", "-").text == " a\nb \n\rc\t\n"
    assert from_text("Ａ\u200b e\u0301", "-").text == "Ａ\u200b e\u0301"


@pytest.mark.parametrize(
    ("mark", "codec", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8", "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
        (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32-be", "utf-32"),
    ],
)
def test_a_byte_order_mark_names_the_encoding(mark: bytes, codec: str, encoding: str) -> None:
    answer = from_bytes(mark + "共享 memory 🚀".encode(codec), "-")
    assert (answer.text, answer.encoding) == ("共享 memory 🚀", encoding)


@pytest.mark.parametrize("text", CHINESE)
@pytest.mark.parametrize("codec", ["gb18030", "gbk"])
def test_short_chinese_texts_of_old_editors_are_read(text: str, codec: str) -> None:
    answer = from_bytes(text.encode(codec), "-")
    assert (answer.text, answer.encoding) == (text, "gb18030")


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("共享記憶體分成三十二個記憶庫，連續的字落在相鄰的記憶庫。", "big5"),
        ("解碼階段受限於記憶體頻寬，不是運算能力。", "big5"),
        ("共有メモリは三十二個のバンクに分かれています。", "shift_jis"),
        ("デコード段階はメモリ帯域で制限される。", "euc_jp"),
        ("공유 메모리는 서른두 개의 뱅크로 나뉜다.", "euc_kr"),
        ("It’s memory-bound – the naïve cache grows linearly", "cp1252"),
    ],
)
def test_other_old_encodings_are_recognised(text: str, codec: str) -> None:
    answer = from_bytes(text.encode(codec), "-")
    assert (answer.text, answer.encoding) == (text, codec)


def test_what_is_no_text_is_refused_with_the_way_out(tmp_path: Path) -> None:
    for data, what in [
        (b"\x7fELF\0\0\1", "is binary, or UTF-16 without a byte order mark"),
        (b"%PDF-1.7 \xe2\xe3", "is a PDF"),
        (b"PK\x03\x04\x14", "is a ZIP or Office file"),
        (codecs.BOM_UTF16_LE + b"x", "looks like utf-16 but is broken at byte"),
        (bytes([0x81, 0xFF, 0xFE, 0x81, 0xFF]), "neither UTF-8 nor another known text"),
    ]:
        path = tmp_path / "answer.txt"
        path.write_bytes(data)
        message = complaint(path)
        assert message.startswith(f"{path}: ")
        assert what in message
        assert "save it as plain text in UTF-8" in message


def test_what_cannot_be_opened_is_refused_with_the_way_out(tmp_path: Path) -> None:
    assert "there is no such file" in complaint(tmp_path / "none.txt")
    assert "is a folder" in complaint(tmp_path)
    assert "cannot be read" in complaint("a\0b")
    assert complaint("two\nlines").startswith("'two\\nlines': ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "answer.txt"
    path.write_text("secret")
    path.chmod(0)
    assert "may not be read" in complaint(path)


def test_a_permission_error_names_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "may not be read" in complaint(tmp_path / "answer.txt")


def test_no_more_than_the_limit_and_one_byte_is_read(tmp_path: Path) -> None:
    stream = Endless()
    with pytest.raises(UnreadableAnswer, match="stdin: longer than 64 KiB"):
        read("-", stream)  # type: ignore[arg-type]
    assert stream.taken == MAX_BYTES + 1
    path = tmp_path / "answer.txt"
    path.write_bytes(b"x" * MAX_BYTES)
    assert len(read(path).text) == MAX_BYTES


@pytest.mark.parametrize("data", [b"", b" \n\t", codecs.BOM_UTF8, "\u3000\n".encode()])
def test_an_empty_answer_is_an_error_of_its_own(data: bytes) -> None:
    with pytest.raises(EmptyAnswer, match="stdin: is empty"):
        from_bytes(data, "-")


def test_text_that_is_none_is_refused() -> None:
    for text in ("nul \0", "x" * (MAX_BYTES + 1)):
        with pytest.raises(UnreadableAnswer):
            from_text(text, "-")


@pytest.mark.parametrize("text", ["half \udc80", "\ud83d half", "a\ud83db", "\ude00\ud83d"])
def test_half_a_character_is_replaced_and_told(text: str) -> None:
    answer = from_text(text, "-")
    assert "\ufffd" in answer.text
    answer.text.encode()
    assert {flag.kind for flag in answer.flags} == {"lost-character"}
    assert all(flag.text == answer.text[flag.start : flag.end] for flag in answer.flags)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_one_line(data: bytes) -> None:
    try:
        answer = from_bytes(data, "-")
    except GraderError as error:
        said = str(error)
    else:
        said = answer.encoding
        assert answer.text.strip()
    assert said
    assert "\n" not in said


QUESTION = ("What is a bank conflict? Describe it.", "什么是 bank 冲突？会影响性能吗？")


@pytest.mark.parametrize(
    "text",
    [
        ".", ";;;;;", "🚀 → ✓", "\u200b\u2060", "\U000e0049\U000e0067", "Solution",
        "Solution:", "Thought process:", "Let me think step by step.",
        "Let's think step by step", "解",
        "答案：", "让我们一步一步地解决这个问题。", "这个问题可以从以下几个方面来分析：",
        "What is a bank conflict?", "什么是bank冲突?",
        "Solution: What is a bank conflict? Describe it.", "I don't know.",
        "Sorry, I don’t know!", "i have no idea", "不知道",
        "抱歉，我不知道。", "这题不会做", "没学过",
        "抱歉，作为一个 AI 语言模型，我无法回答这个问题。",
    ],
)  # fmt: skip
def test_what_says_nothing_is_not_graded(text: str) -> None:
    assert not has_content(text, QUESTION)


@pytest.mark.parametrize(
    "text",
    [
        "32", "yes", "no", "是", "会", "不会", "正常", "FP8", "padding", "访存瓶颈", "memory-bound",
        "O(n²)", "Solution: padding", "I don't know, maybe padding", "不知道，可能要填充", "解码慢",
        "答：广播", "bank", "分析带宽", "说明 bank 冲突会串行化", "会影响性能",
    ],
)  # fmt: skip
def test_a_terse_answer_is_always_graded(text: str) -> None:
    assert has_content(text, QUESTION)


def test_i_cannot_is_no_answer_where_it_cannot_mean_it_will_not() -> None:
    assert not has_content("不会", ("What is padding?", "什么是填充？"))


def test_a_choice_made_from_the_questions_words_is_an_answer() -> None:
    assert has_content("memory-bound", ("Is decode memory-bound or compute-bound?",))
