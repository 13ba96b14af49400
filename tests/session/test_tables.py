"""A table of answers never grades the wrong text: a row fits its heading, or it is named."""

import csv
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.session.entry import Entry, Problem, Questions
from grader.session.read import read_session
from grader.util.files import data_folder

QUESTIONS = Questions((data_folder("rubrics"),))
ID, OTHER = "bank-conflict", "warp-divergence"


def both(folder: Path, text: str | bytes, name: str = "s.csv") -> tuple[list[Entry], list[Problem]]:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = list(read_session([str(file)], QUESTIONS))
    entries = [each for each in found if isinstance(each, Entry)]
    return entries, [each for each in found if isinstance(each, Problem)]


def lines_of(problems: list[Problem]) -> list[int]:
    return [int(problem.place.rpartition(":")[2]) for problem in problems]


@pytest.mark.parametrize(
    ("heading", "row"),
    [
        ("question,answer", f"{ID},It has 32 banks, and if threads hit one they wait, so I pad"),
        ("question,answer,id", f"{ID},It has 32 banks, and threads that hit one wait,st-1"),
        ("question,id,answer", f'{ID},s1,"Banks" are 4 bytes wide, and there are 32'),
        ("question;id;answer", f"{ID};s1;It has 32 banks; threads wait"),
        ("question,answer,id,candidate", f"{ID},It has 32 banks, and they wait,st-1"),
        ("question,id,answer", f'{ID},s1, "Banks, 32 of them"'),
        ("question,id,answer", f"{ID},s1"),
        ("question,answer,id", f"{ID},It has 32 banks"),
        ("question,answer,id", f'{ID},"It has 32 banks"!,st-1'),
    ],
)
def test_a_row_that_does_not_fit_is_named_and_the_others_are_read(
    heading: str, row: str, tmp_path: Path
) -> None:
    separator = ";" if ";" in heading else ","
    fits = {"question": ID, "answer": "Fine.", "id": "S1", "candidate": "c"}
    good = separator.join(fits[name] for name in heading.split(separator))
    entries, problems = both(tmp_path, f"{heading}\n{good}\n{row}\n{good.replace('S1', 'S2')}\n")
    assert lines_of(problems) == [3]
    assert len(entries) == 2


@pytest.mark.parametrize(
    "after",
    [
        f"{ID},s2,Padding avoids it\n{ID},s3,Swizzling avoids it\n",
        f'{ID},s2,"Padding avoids it"\n{ID},s3,Swizzling avoids it\n',
        f'{ID},s2,"It is ""padding"" here"\n{ID},s3,"Swizzling\navoids it"\n',
    ],
)
def test_a_quotation_mark_that_never_closes_swallows_nobody(after: str, tmp_path: Path) -> None:
    entries, problems = both(tmp_path, f'question,id,answer\n{ID},s1,"It has 32 banks\n{after}')
    assert lines_of(problems) == [2]
    assert [entry.id for entry in entries] == ["s2", "s3"]


def test_a_cell_that_may_have_swallowed_a_row_is_told_and_neither_is_graded(tmp_path: Path) -> None:
    text = f'question,id,answer\n{ID},s1,"It has 32 banks\n{ID},s2,It is 5"\n{ID},s3,Fine\n'
    entries, problems = both(tmp_path, text)
    assert [entry.id for entry in entries] == ["s3"]
    assert lines_of(problems) == [2]
    assert "line 3 looks like a row" in problems[0].message


@pytest.mark.parametrize("rest", ["and threads wait.", "\nand they wait, so I pad", "So:\n\npad"])
def test_an_answer_that_was_cut_at_the_end_of_its_line_is_not_graded(
    rest: str, tmp_path: Path
) -> None:
    text = f"question,id,answer\n{ID},s1,It has 32 banks\n{rest}\n{ID},s2,Fine\n"
    entries, problems = both(tmp_path, text)
    assert [entry.id for entry in entries] == ["s2"]
    assert lines_of(problems)[0] == 2


def test_a_row_is_not_blamed_for_a_short_row_or_a_broken_line_after_it(tmp_path: Path) -> None:
    text = f"question,id,answer\n{ID},s1,Fine é à ü\n{ID},s2\n{ID},s3,Fine\n".encode() + b"\xff\n"
    entries, problems = both(tmp_path, text)
    assert [entry.id for entry in entries] == ["s1", "s3"]
    assert lines_of(problems) == [3, 5]


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    entries, problems = both(tmp_path, f"question,answer,answer\n{ID},a,b\n")
    assert entries == []
    assert "column answer stands twice" in problems[0].message


def test_blanks_behind_separators_are_no_part_of_a_cell_where_the_heading_has_them(
    tmp_path: Path,
) -> None:
    entries, problems = both(tmp_path, f'question, id, answer\n{ID}, s1, "Banks, 32"\n')
    assert problems == []
    assert [(e.id, e.text) for e in entries] == [("s1", "Banks, 32")]


@pytest.mark.parametrize("cell", ["", "   ", '""', "<p><br></p>", '"\n"'])
def test_a_blank_cell_is_an_empty_answer(cell: str, tmp_path: Path) -> None:
    entries, problems = both(tmp_path, f"question,id,answer\n{ID},s1,{cell}\n")
    assert problems == []
    assert entries[0].attempt().answer.text.strip() == ""


def test_one_id_under_two_questions_is_two_answers(tmp_path: Path) -> None:
    rows = f"{ID},s1,One.\n{OTHER},s1,Two.\n{ID},s1,Three.\n"
    entries, problems = both(tmp_path, "question,id,answer\n" + rows)
    assert [(e.question, e.id) for e in entries] == [(ID, "s1"), (OTHER, "s1")]
    assert lines_of(problems) == [4]


def test_a_cell_of_html_is_read_as_what_it_shows(tmp_path: Path) -> None:
    cell = '"<p dir=""ltr"">It has&nbsp;<strong>32 banks</strong>.<br></p>"'
    entries, _ = both(tmp_path, f"question,id,answer\n{ID},m1,{cell}\n")
    answer = entries[0].attempt().answer
    assert answer.text == entries[0].text == "It has 32 banks."
    assert {flag.kind for flag in answer.flags} == {"html"}


@pytest.mark.parametrize("name", ["s.csv", "s.md"])
def test_a_session_in_a_code_page_is_read_wherever_its_first_letter_stands(
    name: str, tmp_path: Path
) -> None:
    body = "plain words\n" * 9000 if name == "s.md" else f"{ID},x,plain\n" * 9000
    head = f"## {OTHER}\n" if name == "s.md" else "question,id,answer\n"
    tail = f"## {ID}\nDéjà vu\n" if name == "s.md" else f"{ID},last,Déjà vu\n"
    entries, _ = both(tmp_path, (head + body + tail).encode("cp1252"), name)
    assert entries[-1].text == "Déjà vu"


def test_lines_that_end_as_on_old_macintoshes_are_lines(tmp_path: Path) -> None:
    entries, problems = both(tmp_path, f"question,answer\r{ID},One.\r{OTHER},Two.\r")
    assert problems == []
    assert [entry.text for entry in entries] == ["One.", "Two."]


def test_half_a_character_in_a_row_is_replaced_and_told(tmp_path: Path) -> None:
    row = f'{{"question": "{ID}", "id": "\\ud83d", "answer": "a \\ud83d b \\ud83d\\ude00 c"}}\n'
    entries, problems = both(tmp_path, row, "s.jsonl")
    assert problems == []
    assert (entries[0].id, entries[0].text) == ("\ufffd", "a \ufffd b 😀 c")
    assert [flag.kind for flag in entries[0].attempt().answer.flags] == ["lost-character"]


WORDS = st.text(st.sampled_from('ab ,;"\n<é'), max_size=12)
ROWS = st.lists(st.tuples(st.sampled_from([ID, OTHER]), WORDS, WORDS), min_size=1, max_size=5)


def _written(rows: list[tuple[str, str, str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["question", "id", "answer"])
    writer.writerows((q, f"{n}{i}", a) for n, (q, i, a) in enumerate(rows))
    return out.getvalue()


def _moved(text: str, at: int) -> str:
    cut = at % len(text)
    return text[cut:] + text[:cut]


BREAKS: list[Callable[[str, int], str]] = [
    lambda text, at: text[: at % len(text)] + '"' + text[at % len(text) :],
    lambda text, at: text[: at % len(text)] + "," + text[at % len(text) :],
    lambda text, at: text[: at % len(text)] + "\n" + text[at % len(text) :],
    lambda text, at: text[: at % len(text)] + text[at % len(text) + 1 :],
]


@given(ROWS)
def test_a_sound_table_gives_its_very_cells(rows: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        entries, problems = both(Path(name), _written(rows))
    assert problems == []
    assert [(e.question, e.text) for e in entries] == [(q, a) for q, _, a in rows]


@given(ROWS, st.sampled_from(BREAKS), st.integers(0, 300))
def test_a_broken_table_names_what_is_broken_and_loses_no_line_in_silence(
    rows: list[tuple[str, str, str]], spoil: Callable[[str, int], str], at: int
) -> None:
    plain = [(q, "x", "".join(c for c in a if c not in '",;\n ')) for q, _, a in rows]
    text = spoil(_written(plain), at)
    with tempfile.TemporaryDirectory() as name:
        entries, problems = both(Path(name), text)
    cells = {cell for _, _, answer in plain for cell in (answer,)}
    told = {int(p.place.rpartition(":")[2]) for p in problems if p.place[-1].isdigit()}
    changed = [e for e in entries if e.text not in cells]
    # What a single changed character leaves of a row that fits is still one line's own cell.
    assert all(f"{e.text}" in text for e in changed)
    assert len(entries) + len(problems) >= len(rows) or told
