"""Broken files: never a traceback, and never a key point that is no text of the file."""

import json
import random
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.authoring.importing.formats import FORMATS, NAMES
from grader.authoring.importing.names import default
from grader.authoring.importing.run import ImportResult
from grader.errors import GraderError
from grader.rubric.files import read_rubric
from tests.support.question_banks import BANKS, BARE, WHOLE, imported

WRITERS = WHOLE | BARE
PLAIN = [
    "(2 P.)", "- ", "\n", "\n\n", "## ", "{####", "}", "::", ",", ";", '"', "\t", "\0", "\ufeff",
    "\u202e", "[1]", '{"a":', "null", "1e999", "-1", "½", "→", "§", "met: ", "Quelle: ",
    "Häufige Fehler:\n", "\r", "$CATEGORY: x\n", "\\", "的",
]  # fmt: skip
MARKUP = ["<li>", "</ul>", "]]>", "<![CDATA[", "&amp;", "<!DOCTYPE x>", "<p", "<!--"]
TAGGED = {"quiz.xml", "assignments.json"}
"""Files of HTML, whose tags stand within their texts."""
_PARTING = '"|,\0\ufeff'
once = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def bare(text: str) -> str:
    """Without white space, escapes and the signs that part cells: what no reader keeps."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\\", "")
    return "".join(c for c in folded if not c.isspace() and c not in _PARTING)


def texts(result: ImportResult) -> list[str]:
    """Every text of the rubrics but for the general words."""
    general = {default(name, result.language) for name in ("met", "missed", "correction")}
    said = []
    for made in result.rubrics:
        rubric = made.rubric
        said += rubric.question.text(result.language).split("\n\n")
        for point in rubric.key_points:
            notes = (note for _, note in point.notes if note)
            said += [point.text(result.language), *(n for note in notes for n in note.split("\n"))]
        for claim in rubric.misconceptions:
            said += [claim.text(result.language)]
            said += claim.correction.text(result.language).split("\n")
    return [text for text in said if text not in general]


def tried(folder: Path, name: str, data: bytes, **options: Any) -> ImportResult | None:
    """What is imported; None for a file that is refused, which is one line a fault."""
    try:
        return imported(folder, name, data, language="de", **options)
    except GraderError:
        return None


def spoilt(text: str, dice: random.Random, pieces: list[str]) -> str:
    """*text* with pieces cut out, put in and moved."""
    for _ in range(dice.randint(1, 6)):
        begin = dice.randrange(len(text) + 1)
        end = min(len(text), begin + dice.randrange(40))
        put_in = dice.choice([*pieces, text[begin:end] * 2, ""])
        text = text[:begin] + put_in + text[end if dice.random() < 0.5 else begin :]
    return text


@pytest.mark.parametrize("name", sorted(WRITERS.keys() - TAGGED))
@once
@given(seed=st.integers(0, 2**32), tag=st.sampled_from(sorted(BANKS)))
def test_a_spoilt_file_gives_only_text_of_its_own(
    tmp_path: Path, name: str, seed: int, tag: str
) -> None:
    text = spoilt(WRITERS[name](BANKS[tag]), random.Random(seed), PLAIN)
    result = tried(tmp_path, name, text.encode())
    source = source_of(name, text)
    for said in texts(result) if result else ():
        assert bare(said) in source, said


@pytest.mark.parametrize("name", WRITERS)
@once
@given(seed=st.integers(0, 2**32), tag=st.sampled_from(sorted(BANKS)))
def test_no_markup_in_a_wrong_place_brings_up_text_that_is_not_there(
    tmp_path: Path, name: str, seed: int, tag: str
) -> None:
    """Markup takes text away; what is left stands in the file in the same order."""
    text = spoilt(WRITERS[name](BANKS[tag]), random.Random(seed), PLAIN + MARKUP)
    result = tried(tmp_path, name, text.encode())
    source = source_of(name, text)
    for said in texts(result) if result else ():
        assert is_in_order(bare(said), source), said
    assert all(str(gap).startswith(f"{name}:") for gap in (result.gaps if result else ()))


def is_in_order(said: str, source: str) -> bool:
    letters = iter(source)
    return all(char in letters for char in said)


def source_of(name: str, text: str) -> str:
    """All that a file says, and its name, which is the title where it has none."""
    try:
        said = "\n".join(strings(json.loads(text)))
    except ValueError:
        said = text
    return bare(f"{Path(name).stem}\n{said}")


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


@pytest.mark.parametrize("name", [each.name for each in FORMATS])
@once
@given(data=st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_any_bytes_are_read_or_refused_as_any_format(
    tmp_path: Path, name: str, data: bytes
) -> None:
    tried(tmp_path, "file", data, format_name=name)


@once
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    [
                        *(
                            "data",
                            "criteria",
                            "rubric",
                            "ratings",
                            "points",
                            "description",
                            "title",
                        ),
                        *("rubric_items", "questions", "id", "question_id", "weight", "group_id"),
                        *(
                            "rubric_item_groups",
                            "mutually_exclusive",
                            "question",
                            "key_points",
                            "text",
                        ),
                        *("label_config", "met", "total", "misconceptions", "rubric_settings"),
                    ]
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=40,
    )
)
def test_any_json_is_read_or_refused(tmp_path: Path, content: object) -> None:
    for name in ("canvas", "gradescope", "label-studio", ""):
        tried(tmp_path, "file.json", json.dumps(content).encode(), format_name=name)


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes_or_refused(
    tmp_path: Path, name: str, share: float
) -> None:
    data = WRITERS[name](BANKS["de"]).encode()
    result = tried(tmp_path, name, data[: int(share * len(data))])
    for made in result.rubrics if result else ():
        (tmp_path / f"{made.rubric.id}.toml").write_text(made.toml, encoding="utf-8")
        assert read_rubric(tmp_path / f"{made.rubric.id}.toml") == made.rubric


@pytest.mark.parametrize(
    "text",
    [
        "{" * 200_000,
        "[" * 200_000,
        "::" * 100_000,
        " " * 200_000 + "(1 P.)",
        "question,key point\n" + "a," * 50_000 + "\n",
        "question,key point\nWhy?," + " " * 200_000 + ";x(1 P.)\n",
        "## Q\n\n" + "- a\n" * 5_000,
        "## Q\n\n" + "> " * 3_000 + "\n",
        "<quiz>" + "<a>" * 50_000,
        "<quiz>" + "<question type='essay'>" * 60,
        "q{####\n" + "- a (1 P.)\n" * 10_000 + "}",
        "# " + "#" * 100_000 + "\n- a\n",
        "-" * 200_000,
    ],
    ids=lambda text: text[:12],
)
def test_no_file_keeps_the_program_busy(tmp_path: Path, text: str) -> None:
    import time

    begin = time.process_time()
    for name in ("", *NAMES):
        tried(tmp_path, "file", text.encode(), format_name=name)
    assert time.process_time() - begin < 15
