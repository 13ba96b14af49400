"""A heading of a session begins an answer or is a problem; no answer takes in another's text."""

from pathlib import Path

import pytest

from grader.session.entry import Entry, Problem, Questions
from grader.session.read import read_session
from grader.util.files import data_folder

QUESTIONS = Questions((data_folder("rubrics"),))


def read(folder: Path, *parts: str) -> tuple[list[Entry], list[Problem]]:
    file = folder / "s.md"
    file.write_text("\n\n".join(["## bank-conflict", "First.", *parts]), encoding="utf-8")
    found = list(read_session([str(file)], QUESTIONS))
    entries = [each for each in found if isinstance(each, Entry)]
    return entries, [each for each in found if isinstance(each, Problem)]


@pytest.mark.parametrize(
    "heading",
    [
        "## 3. paged-attention", "## 3) Paged Attention", "## (3) paged-attention",
        "## Q3: paged-attention", "## Question 3 - paged-attention", "## `paged-attention`",
        "## **paged-attention**", "## paged_attention:", "## 问题3：paged-attention",
        "## 三、paged-attention", "##paged-attention", "  ## paged-attention ##",
        "paged-attention\n---------------", "## ３．paged-attention", "## a) paged-attention",
    ],
)  # fmt: skip
def test_a_question_is_known_by_its_id_however_it_is_numbered(heading: str, tmp_path: Path) -> None:
    entries, problems = read(tmp_path, heading, "Second.")
    assert problems == []
    assert [(e.question, e.text) for e in entries] == [
        ("bank-conflict", "First."),
        ("paged-attention", "Second."),
    ]


@pytest.mark.parametrize(
    ("heading", "near"),
    [
        ("## Warp divergance", "warp-divergence"),
        ("## 2. WARP DIVERGENCES", "warp-divergence"),
        ("## warp-divergense", "warp-divergence"),
        ("Warp divergance\n---", "warp-divergence"),
        ("### warp-divergence", "## warp-divergence"),
        ("# warp-divergence", "## warp-divergence"),
        ("## Summary of it all", "###"),
    ],
)
def test_a_heading_that_is_no_question_is_told_and_its_text_goes_nowhere(
    heading: str, near: str, tmp_path: Path
) -> None:
    entries, problems = read(tmp_path, heading, "Second.", "## paged-attention", "Third.")
    assert [e.text for e in entries] == ["First.", "Third."]
    assert [p.place for p in problems] == [f"{tmp_path}/s.md:5"]
    assert near in problems[0].message


@pytest.mark.parametrize(
    "part", ["### Why", "#### Bank conflict", "```\n## warp divergance\n```", "#include <x>", "# A"]
)
def test_headings_of_other_levels_and_code_belong_to_the_answer(part: str, tmp_path: Path) -> None:
    entries, problems = read(tmp_path, part, "More.")
    assert problems == []
    assert entries[0].text == f"First.\n\n{part}\n\nMore."


def test_an_empty_answer_in_a_session_is_named(tmp_path: Path) -> None:
    entries, problems = read(tmp_path, "## paged-attention", "", "## warp-divergence", "Third.")
    assert [e.question for e in entries] == ["bank-conflict", "warp-divergence"]
    assert problems[0].message == "the answer to paged-attention is empty"
