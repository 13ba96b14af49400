"""Both languages say everything, and nothing is there that is never said."""

import re
import string
from pathlib import Path
from typing import Any

import pytest

from grader.report.html import page
from grader.trust.calibration import words as wording
from grader.trust.calibration.finding import PassEffect, PointLabel
from grader.trust.calibration.thresholds import load
from grader.trust.calibration.values import CheckOutcome, Estimate, LevelName, StatisticName, Trust

EN, ZH = wording.catalogue("en"), wording.catalogue("zh")


def leaves(words: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if not isinstance(words, dict):
        return {path: words}
    return {k: v for name, inner in words.items() for k, v in leaves(inner, (*path, name)).items()}


def test_chinese_has_every_word_that_english_has() -> None:
    assert leaves(EN).keys() == leaves(ZH).keys()


@pytest.mark.parametrize("path", leaves(EN), ids="/".join)
def test_both_languages_fill_in_the_same_things(path: tuple[str, ...]) -> None:
    def fields(text: object) -> set[str]:
        parts = text if isinstance(text, list) else [text]
        return {f for one in parts for _, f, _, _ in string.Formatter().parse(str(one)) if f}

    assert fields(leaves(EN)[path]) == fields(leaves(ZH)[path])


def test_every_code_has_a_word() -> None:
    for key, codes in (
        ("trust", Trust),
        ("short", Trust),
        ("labels", PointLabel),
        ("effects", PassEffect),
        ("levels", LevelName),
        ("statistics", StatisticName),
    ):
        assert EN[key].keys() == {code.value for code in codes}
    assert EN["checks"].keys() == load().lines.keys()
    assert EN["outcomes"].keys() == {f"{o.value}{w}" for o in CheckOutcome for w in ("", "_within")}
    assert EN["page"]["outcome_words"].keys() == {o.value for o in CheckOutcome}


def test_no_word_lies_about_unused() -> None:
    folder = Path(wording.__file__).parent
    template = Path(page.__file__).parent / "templates" / "calibration.html.j2"
    files = [*folder.glob("*.py"), template]
    code = "\n".join(path.read_text(encoding="utf-8") for path in files)
    by_code = {"trust", "short", "labels", "effects", "levels", "statistics", "checks", "outcomes"}
    unused = [
        "/".join(path)
        for path in leaves(EN)
        if path[0] not in by_code
        and not re.search(rf"(?<![\w-]){re.escape(path[-1])}(?![\w-])", code)
    ]
    assert unused == []


@pytest.mark.parametrize(
    ("estimate", "told"),
    [
        (Estimate(value=0.5, low=0.4, high=0.6), "0.50 [0.40, 0.60]"),
        (Estimate(value=-0.5, low=-0.6, high=0.0), "−0.50 [−0.60, 0.00]"),
        (Estimate(value=-0.001, low=-0.004, high=0.004), "0.00 [0.00, 0.00]"),
        (Estimate(value=1.0), "1.00"),
        (Estimate(), "–"),
    ],
)
def test_a_figure_is_told_with_its_interval(estimate: Estimate, told: str) -> None:
    assert wording.figure(estimate, EN) == told
