"""Sessions of every shape are read in a stream, and whatever is wrong is named by its place."""

import csv
import io
import json
import tempfile
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import BadInput
from grader.session.entry import Entry, Problem, Questions
from grader.session.read import read_session
from grader.util import lines
from grader.util.files import data_folder

QUESTIONS = Questions((data_folder("rubrics"),))
ANSWER = "Threads of a warp hit the same bank."


def both(*paths: Path | str, stdin: bytes = b"") -> tuple[list[Entry], list[Problem]]:
    found = list(read_session([str(p) for p in paths], QUESTIONS, io.BytesIO(stdin)))
    entries = [one for one in found if isinstance(one, Entry)]
    return entries, [one for one in found if isinstance(one, Problem)]


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_markdown_session_holds_an_answer_below_each_heading(tmp_path: Path) -> None:
    file = write(
        tmp_path / "monday.md",
        "# Monday\n\n## bank-conflict\n\nFirst.\n\n### Why\n\nMore.\n"
        "## Warp divergence ##\nSecond.\n",
    )
    entries, problems = both(file)
    assert problems == []
    assert [(e.question, e.text) for e in entries] == [
        ("bank-conflict", "First.\n\n### Why\n\nMore."),
        ("warp-divergence", "Second."),
    ]
    assert [e.id for e in entries] == [f"{file}#bank-conflict", f"{file}#warp-divergence"]
    assert entries[0].place == f"{file}:3"


def test_a_second_attempt_in_the_same_file_has_an_id_of_its_own(tmp_path: Path) -> None:
    file = write(tmp_path / "s.md", "## bank-conflict\nOne.\n## bank-conflict\nTwo.\n")
    assert [e.id for e in both(file)[0]] == [f"{file}#bank-conflict", f"{file}#bank-conflict-2"]


def test_a_misspelt_heading_is_reported_with_the_nearest_id(tmp_path: Path) -> None:
    file = write(tmp_path / "s.md", "## bank-conflict\nOne.\n## warp-divergense\nTwo.\n")
    entries, problems = both(file)
    assert [e.text for e in entries] == ["One."]
    assert problems[0].place == f"{file}:3"
    assert "warp-divergence" in problems[0].message


def test_headings_in_code_belong_to_the_answer_unless_they_name_a_question(tmp_path: Path) -> None:
    fenced = "## bank-conflict\n```\n## comment\n```\n~~~\n## warp-divergence\nUnclosed above.\n"
    entries, problems = both(write(tmp_path / "s.md", fenced))
    assert problems == []
    assert [e.question for e in entries] == ["bank-conflict", "warp-divergence"]
    assert "## comment" in entries[0].text


def test_a_text_without_headings_is_no_session(tmp_path: Path) -> None:
    entries, problems = both(write(tmp_path / "s.md", "just text\n"))
    assert entries == []
    assert "## bank-conflict" in problems[0].message


def test_a_file_named_like_a_question_is_its_answer(tmp_path: Path) -> None:
    file = write(tmp_path / "bank-conflict.md", f"## Summary\n{ANSWER}")
    entries, problems = both(file)
    assert problems == []
    assert [(e.question, e.text) for e in entries] == [("bank-conflict", f"## Summary\n{ANSWER}")]


def test_a_folder_holds_answers_and_candidates(tmp_path: Path) -> None:
    root = tmp_path / "answers"
    write(root / "bank-conflict.txt", ANSWER)
    write(root / "alice" / "bank-conflict.md", ANSWER)
    write(root / "alice" / ".hidden", "x")
    write(root / "bob" / "warp-divergence.txt", "银行".encode("gb18030") * 20)
    entries, problems = both(root)
    assert problems == []
    assert [(e.question, e.candidate, e.id) for e in entries] == [
        ("bank-conflict", "alice", f"{root}/alice/bank-conflict.md"),
        ("bank-conflict", None, f"{root}/bank-conflict.txt"),
        ("warp-divergence", "bob", f"{root}/bob/warp-divergence.txt"),
    ]
    assert entries[2].text.startswith("银行")


def test_whatever_else_lies_in_a_folder_is_named(tmp_path: Path) -> None:
    root = tmp_path / "answers"
    for name in ("notes.pdf", "no-such-question.md", "a/b/bank-conflict.md"):
        write(root / name, ANSWER)
    write(root / "bank-conflict.md", "  \n")
    write(root / "warp-divergence.md", b"\x00\x01")
    entries, problems = both(root)
    assert entries == []
    assert {Path(p.place).name for p in problems} == {
        "notes.pdf",
        "no-such-question.md",
        "b",
        "bank-conflict.md",
        "warp-divergence.md",
    }


def test_links_never_lead_out_of_the_folder_nor_round_in_circles(tmp_path: Path) -> None:
    secret = write(tmp_path / "secret", "the key is 123")
    root = tmp_path / "answers"
    write(root / "warp-divergence.md", ANSWER)
    (root / "bank-conflict.md").symlink_to(secret)
    (root / "tensor-core.md").symlink_to("tensor-core.md")
    (root / "sm-structure.md").symlink_to("warp-divergence.md")
    (root / "loop").symlink_to(root)
    entries, problems = both(root)
    assert [e.question for e in entries] == ["sm-structure", "warp-divergence"]
    assert [Path(p.place).name for p in problems] == ["bank-conflict.md", "loop", "tensor-core.md"]


def test_a_question_id_from_a_file_is_never_a_path(tmp_path: Path) -> None:
    rows = [{"question": q, "answer": ANSWER} for q in ("../rubrics/bank-conflict", "/etc/passwd")]
    entries, problems = both(write(tmp_path / "s.jsonl", "\n".join(map(json.dumps, rows))))
    assert entries == []
    assert len(problems) == 2


def test_jsonl_rows_carry_who_and_when(tmp_path: Path) -> None:
    row = {
        "question": "bank-conflict",
        "answer": ANSWER,
        "id": 7,
        "candidate": "alice",
        "attempted_at": "2026-11-20T10:00:00",
        "more": [1],
    }
    entries, problems = both(write(tmp_path / "s.jsonl", json.dumps(row) + "\n\n"))
    assert problems == []
    time = datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert entries == [Entry("bank-conflict", ANSWER, "7", f"{tmp_path}/s.jsonl:1", "alice", time)]


def test_broken_rows_are_named_by_line_and_the_rest_is_read(tmp_path: Path) -> None:
    good = json.dumps({"question": "bank-conflict", "answer": ANSWER}).encode()
    bad = [
        b"{not json",
        b"[1, 2]",
        b'{"question": "bank-conflict"}',
        b'{"question": "bank-conflict", "answer": null}',
        b'{"question": "bank-conflict", "answer": "\xff"}',
        b'{"question": "bank-conflict", "answer": "x", "attempted_at": "soon"}',
        b'{"question": "bank-conflikt", "answer": "x"}',
        b"[" * 100_000,
        b'{"question": "bank-conflict", "answer": "' + b"x" * 70_000 + b'"}',
    ]
    file = write(tmp_path / "s.jsonl", b"\n".join([good, *bad, good]))
    entries, problems = both(file)
    assert [e.id for e in entries] == [f"{file}:1", f"{file}:{len(bad) + 2}"]
    assert [p.place for p in problems] == [f"{file}:{n}" for n in range(2, len(bad) + 2)]
    assert "did you mean bank-conflict" in problems[6].message


def test_a_line_of_a_hundred_megabytes_is_refused_without_being_held(tmp_path: Path) -> None:
    file = tmp_path / "s.jsonl"
    with file.open("wb") as out:
        for _ in range(100):
            out.write(b"x" * 1_000_000)
        out.write(b'\n{"question": "bank-conflict", "answer": "y"}\n')
    tracemalloc.start()
    entries, problems = both(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [p.place for p in problems] == [f"{file}:1"]
    assert [e.place for e in entries] == [f"{file}:2"]
    assert peak < 5 * lines.LONGEST


def test_the_same_id_twice_is_named(tmp_path: Path) -> None:
    row = json.dumps({"question": "bank-conflict", "answer": ANSWER, "id": "a"}) + "\n"
    entries, problems = both(write(tmp_path / "s.jsonl", row * 2))
    assert len(entries) == 1
    assert "'a' stands twice" in problems[0].message


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_of_any_separator_with_answers_of_many_lines(tmp_path: Path, separator: str) -> None:
    out = io.StringIO()
    rows = csv.writer(out, delimiter=separator)
    rows.writerow(["id", "Question", "answer"])
    rows.writerow(["a", "bank-conflict", 'One, "two";\n\tthree'])
    rows.writerow(["b", "warp-divergence", "short"])
    rows.writerow(["c", "bank-conflict"])
    file = write(tmp_path / "s.csv", b"\xef\xbb\xbf" + out.getvalue().encode())
    entries, problems = both(file)
    assert [(e.id, e.text) for e in entries] == [("a", 'One, "two";\n\tthree'), ("b", "short")]
    assert [p.place for p in problems] == [f"{file}:5"]


def test_csv_from_a_chinese_spreadsheet_is_decoded(tmp_path: Path) -> None:
    text = "question,answer\nbank-conflict,同一个线程束里的线程访问同一个存储体的不同字就会冲突\n"
    entries, problems = both(write(tmp_path / "s.csv", text.encode("gb18030")))
    assert problems == []
    assert entries[0].text.startswith("同一个线程束")


def test_csv_without_the_columns_says_which_it_wants(tmp_path: Path) -> None:
    entries, problems = both(write(tmp_path / "s.csv", "a,b\n1,2\n"))
    assert entries == []
    assert "question and answer" in problems[0].message


def test_an_unclosed_quote_is_a_problem_and_not_the_end(tmp_path: Path) -> None:
    text = 'question,answer\nbank-conflict,"open' + "x" * 5_000_000 + "\nbank-conflict,fine\n"
    entries, problems = both(write(tmp_path / "s.csv", text))
    assert len(problems) >= 1
    assert all(len(e.text) < 100 for e in entries)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"question": "bank-conflict", "answer": "x"}\n', "stdin:1"),
        ("question,answer\nbank-conflict,x\n", "stdin:2"),
        ("## bank-conflict\nx\n", "stdin:1"),
    ],
)
def test_standard_input_is_recognised_by_how_it_begins(text: str, place: str) -> None:
    entries, problems = both("-", stdin=text.encode())
    assert problems == []
    assert [(e.text, e.place) for e in entries] == [("x", place)]


def test_a_path_that_is_not_there_is_a_wrong_call_before_anything_is_read(tmp_path: Path) -> None:
    file = write(tmp_path / "s.md", "## bank-conflict\nx\n")
    with pytest.raises(BadInput, match="no such"):
        both(file, tmp_path / "missing.md")
    with pytest.raises(BadInput, match="twice"):
        both(file, file)


def test_utf_16_is_read_by_its_mark_and_without_one_says_the_way_out(tmp_path: Path) -> None:
    text = "question,answer\nbank-conflict,naïve 冲突\n"
    for name in ("s.csv", "s.md", "s.jsonl"):
        body = {"s.md": "## bank-conflict\nnaïve 冲突\n", "s.csv": text}.get(
            name, json.dumps({"question": "bank-conflict", "answer": "naïve 冲突"})
        )
        entries, problems = both(write(tmp_path / name, body.encode("utf-16")))
        assert problems == []
        assert [e.text for e in entries] == ["naïve 冲突"]
    entries, problems = both(write(tmp_path / "bare.csv", text.encode("utf-16-le")))
    assert entries == []
    assert "in UTF-8" in problems[0].message


def test_ids_are_the_same_at_every_reading(tmp_path: Path) -> None:
    file = write(tmp_path / "s.md", "## bank-conflict\nx\n## warp-divergence\ny\n")
    assert both(file) == both(file)


@given(st.binary(max_size=400), st.sampled_from([".md", ".jsonl", ".csv", ".txt", ""]))
def test_no_bytes_make_reading_fail(data: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        file = write(Path(name, f"s{suffix}"), data)
        entries, problems = both(file)
    assert all(QUESTIONS.knows(e.question) for e in entries)
    assert all(p.place.startswith(str(file)) for p in problems)
