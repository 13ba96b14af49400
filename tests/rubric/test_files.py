import os
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import BadInput, BadRubric, UnknownQuestion
from grader.rubric.files import (
    MAX_BYTES,
    load_rubric,
    load_rubrics,
    read_rubric,
    rubric_folders,
    search_rubrics,
)
from grader.rubric.format import Document
from grader.util.files import data_folder

GOOD = """\
schema = "rubric/1"
id = "tiling"

[question]
en = "Why tile?"
zh = "为什么分块?"

[documents.CPG]
title = "Guide"
url = "https://example.org/guide/"

[documents.CPG.pages]
"2.2" = "https://example.org/guide/kernels.html"

[[key_points]]
id = "reuse"
weight = 3
en = "Data is reused."
zh = "数据被复用。"
notes = { met = "said", missed = "absent" }

[[key_points]]
id = "smem"
weight = 1
en = '''
Tiles lie in
shared memory.'''
zh = "tile 放共享内存。"

[key_points.notes]
met = "said"
partial = "hinted"
missed = "absent"

[[key_points.sources]]
document = "CPG"
section = "2.2.4"

[[misconceptions]]
id = "bigger-better"
en = "The larger the better."
zh = "越大越好。"
correction = { en = "No.", zh = "不。" }
contradicts = ["reuse"]
"""


def write(folder: Path, text: str | bytes, name: str = "tiling") -> Path:
    path = folder / f"{name}.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def complaint(path: Path) -> str:
    with pytest.raises(BadRubric) as caught:
        read_rubric(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    return message.removeprefix(str(path))


def line(text: str) -> int:
    """The line of GOOD that *text* stands on."""
    return GOOD[: GOOD.index(text)].count("\n") + 1


def test_a_rubric_is_read_with_everything_in_it(tmp_path: Path) -> None:
    r = read_rubric(write(tmp_path, GOOD))
    assert [(p.id, p.weight, p.binary) for p in r.key_points] == [
        ("reuse", 3, True),
        ("smem", 1, False),
    ]
    assert r.key_points[1].en == "Tiles lie in\nshared memory."
    assert r.misconceptions[0].contradicts == ("reuse",)
    assert r.misconceptions[0].penalty == 0
    assert (r.wording, r.source_error) == ("verbatim", None)


def test_a_source_is_cited_with_its_section_and_the_page_it_stands_on(tmp_path: Path) -> None:
    r = read_rubric(write(tmp_path, GOOD))
    source = r.key_points[1].sources[0]
    assert r.citation(source) == "Guide, §2.2.4"
    assert r.address(source) == "https://example.org/guide/kernels.html"
    assert r.documents["CPG"].address("2.25") == "https://example.org/guide/"
    assert Document(title="A book").address("1") is None


def test_the_digest_follows_the_content_and_nothing_else(tmp_path: Path) -> None:
    one = read_rubric(write(tmp_path, GOOD)).digest
    assert one.startswith("sha256:")
    laid_out = "# a comment\r\n" + GOOD.replace("weight = 3", "weight   =   3 # core")
    assert read_rubric(write(tmp_path, "\ufeff" + laid_out)).digest == one
    spelled_out = GOOD.replace('zh = "越大越好。"', 'zh = "越大越好。"\nstated_by_source = false')
    assert read_rubric(write(tmp_path, spelled_out)).digest == one
    assert read_rubric(write(tmp_path, GOOD.replace("weight = 3", "weight = 2"))).digest != one


@pytest.mark.parametrize(
    ("old", "new", "at", "said"),
    [
        ("weight = 1", "weight = -4", "weight = 1", "key_points[1].weight: must be greater"),
        (
            "weight = 1",
            'weight = "1"',
            "weight = 1",
            "key_points[1].weight: must be a valid number",
        ),
        ('partial = "hinted"', 'partical = "x"', 'partial = "hinted"', "not a key of the format"),
        ('met = "said"\n', "", "[key_points.notes]", "key_points[1].notes.met: is missing"),
        ('{ en = "No.", zh = "不。" }', "{}", "correction =", "correction: needs its text in a"),
        ("weight = 1", 'weight = 1\nnots = "x"', "en = '''", "not a key of the format"),
        ('"tiling"', '"Tiling"', 'id = "tiling"', "small letters"),
        ('"tiling"', '"tilings"', 'id = "tiling"', "must be the file's name, 'tiling'"),
        ('"smem"', '"bigger-better"', "", "'bigger-better' is used twice"),
        ('document = "CPG"', 'document = "PTX"', "", "smem: no document 'PTX'"),
        ('contradicts = ["reuse"]', 'contradicts = ["x"]', "", "no key point 'x'"),
        ("https://example.org/guide/k", "javascript:k", '"2.2" =', "documents.CPG.pages.2.2"),
        ('"rubric/1"', '"rubric/2"', 'schema = "', "'rubric/1'"),
        ('zh = "数据被复用。"', 'zh = "  "', 'zh = "数据', "key_points[0].zh"),
        ('[question]\nen = "Why', '[question\nen = "Why', "[question]", "not TOML"),
    ],
)
def test_a_mistake_is_named_with_file_line_key_and_what_is_expected(
    tmp_path: Path, old: str, new: str, at: str, said: str
) -> None:
    assert old in GOOD
    message = complaint(write(tmp_path, GOOD.replace(old, new, 1)))
    assert said in message
    assert message.startswith(f":{line(at)}: " if at else ": ")


def test_of_several_mistakes_the_first_is_named_and_the_others_counted(tmp_path: Path) -> None:
    text = GOOD.replace("weight = 3", "weight = -9").replace("weight = 1", "weight = 0")
    message = complaint(write(tmp_path, text))
    assert message.startswith(f":{line('weight = 3')}: key_points[0].weight")
    assert message.endswith("(and 1 more)")


def test_keys_that_are_no_words_are_named_in_one_line(tmp_path: Path) -> None:
    assert "a\ufffdb" in complaint(write(tmp_path, f'"a\\nb" = 1\n{GOOD}'))
    assert len(complaint(write(tmp_path, f"{'a.' * 300}a = 1\n{GOOD}"))) < 200


def test_a_rubric_without_key_points_is_refused(tmp_path: Path) -> None:
    head = GOOD[: GOOD.index("[documents")]
    assert "key_points: is missing" in complaint(write(tmp_path, head))
    assert "at least one key point" in complaint(write(tmp_path, "key_points = []\n" + head))


def test_files_that_are_no_rubrics_are_refused_in_one_line(tmp_path: Path) -> None:
    assert "no such file" in complaint(tmp_path / "none.toml")
    assert "no such file" in complaint(tmp_path)
    assert ":2: not UTF-8" in complaint(write(tmp_path, b"a = 1\nb = '\xff'\n"))
    assert "1 MiB" in complaint(write(tmp_path, b"#" * (MAX_BYTES + 1)))
    assert "nested too deeply" in complaint(write(tmp_path, "a = " + "[" * 100_000))
    assert "not TOML" in complaint(write(tmp_path, "a = " + "9" * 10_000))


@given(text=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_no_file_content_does_worse_than_a_complaint(
    tmp_path_factory: pytest.TempPathFactory, text: bytes
) -> None:
    complaint(write(tmp_path_factory.getbasetemp(), text))


_JSON = st.recursive(
    st.one_of(st.booleans(), st.integers(-5, 5), st.floats(), st.text(max_size=5), st.dates()),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
_FIELDS = st.sampled_from(["schema", "id", "question", "documents", "key_points", "misconceptions"])


@given(content=st.dictionaries(_FIELDS, _JSON))
def test_no_toml_of_the_wrong_shape_does_worse_than_a_complaint(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, object]
) -> None:
    complaint(write(tmp_path_factory.getbasetemp(), tomli_w.dumps(content)))


def test_an_unknown_question_gets_the_nearest_ids(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    with pytest.raises(UnknownQuestion, match=r"no question 'tilling'; did you mean tiling\?"):
        load_rubric("tilling", [tmp_path])


def test_with_nothing_near_an_unknown_question_gets_the_way_to_the_list(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    with pytest.raises(UnknownQuestion) as caught:
        load_rubric("xyz", [tmp_path])
    assert str(caught.value) == "no question 'xyz'; see them all by: grade questions"


@pytest.mark.parametrize(
    "name",
    ["../tiling", "/etc/passwd", ".", "..", "", "a/b", "a/../b", "C:\\x", "tiling.toml", "a\0"],
)
def test_no_id_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    write(tmp_path, GOOD)
    (tmp_path / "own").mkdir()
    with pytest.raises(UnknownQuestion):
        load_rubric(name, [tmp_path / "own"])


@given(name=st.text(max_size=400))
def test_any_id_is_known_or_unknown(name: str) -> None:
    with pytest.raises(UnknownQuestion) as caught:
        load_rubric(name, [data_folder("rubrics")])
    assert "\n" not in str(caught.value)


def test_ones_own_rubrics_win_over_the_shipped_ones_beside_them(tmp_path: Path) -> None:
    own = GOOD.replace('"tiling"', '"bank-conflict"')
    write(tmp_path, own, "bank-conflict")
    write(tmp_path, GOOD)
    both = rubric_folders(tmp_path)
    assert load_rubric("bank-conflict", both).question.en == "Why tile?"
    ids = [r.id for r in load_rubrics(both)]
    assert ids == sorted(ids)
    assert {"bank-conflict", "tiling", "tensor-core"} <= set(ids)
    assert [r.id for r in load_rubrics(rubric_folders(tmp_path, only=True))] == [
        "bank-conflict",
        "tiling",
    ]


def test_the_environment_names_a_folder_and_the_call_overrides_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = data_folder("rubrics")
    assert rubric_folders() == (shipped,)
    monkeypatch.setenv("GRADER_RUBRICS", str(tmp_path))
    assert rubric_folders() == (tmp_path, shipped)
    (tmp_path / "other").mkdir()
    assert rubric_folders(tmp_path / "other") == (tmp_path / "other", shipped)
    monkeypatch.setenv("GRADER_RUBRICS", "")
    assert rubric_folders() == (shipped,)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not a folder"):
        rubric_folders(tmp_path / "none")
    with pytest.raises(BadInput, match="--rubrics DIR"):
        rubric_folders(only=True)


def test_hidden_files_and_folders_are_no_rubrics(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, "not TOML", "._tiling")
    os.mkdir(tmp_path / "folder.toml")  # noqa: PTH102
    assert [r.id for r in load_rubrics([tmp_path])] == ["tiling"]


def test_search_finds_all_words_in_either_language_and_puts_questions_first(
    tmp_path: Path,
) -> None:
    write(tmp_path, GOOD)
    other = GOOD.replace('"tiling"', '"stages"').replace("Why tile?", "What is SHARED?")
    write(tmp_path, other, "stages")
    rubrics = load_rubrics([tmp_path])

    def found(*words: str) -> list[str]:
        return [r.id for r in search_rubrics(rubrics, words)]

    assert found("shared") == ["stages", "tiling"]
    assert found("tile", "why") == ["tiling"]
    assert found("复用") == ["stages", "tiling"]
    assert found("TILE") == ["tiling", "stages"]
    assert found("ｔｉｌｉｎｇ") == ["tiling"]
    assert found("nothing") == []
    assert found() == ["stages", "tiling"]
