"""Thresholds are data: a team's file changes what it names and nothing else."""

from pathlib import Path

import pytest

from grader.errors import BadInput
from grader.trust.calibration.thresholds import load
from grader.trust.calibration.values import Trust


def test_the_shipped_lines_are_those_of_the_field() -> None:
    flat = load().flat()
    assert (flat["qwk"], flat["pearson"], flat["degradation-qwk"]) == (0.70, 0.70, -0.10)
    assert (flat["smd"], flat["subgroup"]) == (0.15, 0.10)
    assert (flat["human-exact"], flat["human-adjacent"]) == (0.50, 0.95)


def test_a_file_of_ones_own_changes_only_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text("least_answers = 50\n[qwk]\nleast = 0.8\n", encoding="utf-8")
    ours = load(path)
    assert (ours.least_answers, ours.qwk.value) == (50, 0.8)
    assert ours.qwk.needed_for is Trust.SECOND_READER
    assert ours.smd == load().smd


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[qkw]\nleast = 0.8", "qkw: there is no such name; there are least_answers, "),
        ("[qwk]\npractice = 0.8", "qwk.practice: there is no such name; there are least, within"),
        ("[qwk]\nleast = 'high'", "qwk.least: must be a valid number"),
        ("[qwk]\nwithin = 0.1", "qwk: give either least or within"),
        ("least_answers = 1", "least_answers: must be greater"),
        ("[[", "cannot be read as thresholds"),
    ],
)
def test_a_mistake_is_told_with_its_key(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert told in str(caught.value)
