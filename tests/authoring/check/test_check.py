"""``grade rubric check`` finds what is wrong with a rubric, and nothing where nothing is."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.authoring.check.finding import Severity
from grader.authoring.check.overlap import same_claim
from grader.authoring.check.run import check_all, check_rubric
from grader.util.files import data_folder
from tests.support.places import TESTS
from tests.support.rubric_files import GOOD, write

BROKEN = TESTS / "authoring" / "check" / "broken"


@dataclass(frozen=True)
class Fault:
    """One fault planted in the good rubric; see ``broken/faults.toml``."""

    name: str
    old: str
    new: str
    rule: str
    severity: str
    key: str
    at: str
    also: tuple[tuple[str, str], ...] = ()

    @property
    def broken(self) -> str:
        text = GOOD
        for old, new in ((self.old, self.new), *self.also):
            assert old in text, old
            text = text.replace(old, new)
        return text


FAULTS = [
    Fault(**fault)
    for fault in tomllib.loads((BROKEN / "faults.toml").read_text(encoding="utf-8"))["fault"]
]


def test_a_good_rubric_has_no_findings(tmp_path: Path) -> None:
    assert check_rubric(write(tmp_path, GOOD)) == []


def test_the_shipped_rubrics_have_no_findings() -> None:
    found = check_all(sorted(data_folder("rubrics").glob("*.toml")))
    assert [str(finding) for finding in found] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found_on_its_line_and_nothing_else(
    fault: Fault, tmp_path: Path
) -> None:
    found = check_rubric(write(tmp_path, fault.broken))
    told = [(f.severity, f.rule, f.key) for f in found]
    assert told == [(fault.severity, fault.rule, fault.key)], [str(f) for f in found]
    assert fault.at in fault.broken.splitlines()[found[0].line - 1]


def test_at_least_forty_faults_are_planted() -> None:
    assert len(FAULTS) >= 40


def test_every_fault_against_the_format_is_told_at_once(tmp_path: Path) -> None:
    broken = GOOD.replace("weight = 2", "weight = -9").replace('document = "notes"', "document = 1")
    assert [f.key for f in check_rubric(write(tmp_path, broken))] == [
        "key_points[2].weight",
        "key_points[2].sources[0].document",
    ]


def test_too_many_key_points_are_told(tmp_path: Path) -> None:
    one = GOOD[GOOD.index("[[key_points]]") : GOOD.index('[[key_points]]\nid = "revalidation"')]
    more = "".join(one.replace("freshness-lifetime", f"point-of-{n}") for n in "abcdefghi")
    assert "too-many" in {f.rule for f in check_rubric(write(tmp_path, GOOD + more))}


def test_a_finding_is_one_line_that_editors_can_follow(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("weight = 2", "weight = -9"))
    line = GOOD[: GOOD.index("weight = 2")].count("\n") + 1
    (found,) = check_rubric(path)
    assert str(found).startswith(f"{path}:{line}: error: key_points[2].weight: ")
    assert found.to_dict()["severity"] == "error"


def test_a_finding_that_a_person_accepted_in_writing_is_not_told_again(tmp_path: Path) -> None:
    vague = 'met = "Vary with a good example"'
    broken = GOOD.replace('met = "Vary with its effect on the key"', vague)
    assert [f.rule for f in check_rubric(write(tmp_path, broken))] == ["vague"]
    here = broken.replace(vague, f"{vague} # accept: vague, our word for it")
    assert check_rubric(write(tmp_path, here)) == []
    above = broken.replace(vague, f"# accept: vague, our word for it\n{vague}")
    assert check_rubric(write(tmp_path, above)) == []
    other = broken.replace(vague, f"{vague} # accept: overlap")
    assert [f.rule for f in check_rubric(write(tmp_path, other))] == ["vague"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"x = " + b"[" * 5000, "not TOML"),
        (b"x = 1\n" * 2, "Cannot overwrite a value"),
        (b"a" * (1024 * 1024 + 1), "larger than 1 MiB"),
    ],
    ids=["encoding", "nesting", "twice", "size"],
)
def test_a_file_that_cannot_be_read_is_one_error(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    (found,) = check_rubric(path)
    assert (found.severity, found.rule) == (Severity.ERROR, "unreadable")
    assert said in found.message
    assert "\n" not in str(found)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(text=st.text(), at=st.integers(0, len(GOOD)))
def test_no_text_makes_the_check_fail(text: str, at: int, tmp_path: Path) -> None:
    path = tmp_path / "http-caching.toml"
    path.write_bytes((GOOD[:at] + text + GOOD[at:]).encode("utf-8", "replace"))
    for finding in check_rubric(path):
        assert finding.line >= 1
        assert "\n" not in str(finding)


@pytest.mark.parametrize(
    ("claim", "fact"),
    [
        (
            "CUDA streams are not powerful tools for managing and scheduling GPU operations.",
            "CUDA streams are powerful tools for managing and scheduling GPU operations.",
        ),
        (
            "The Vary header does not add the values of the named request headers to the key.",
            "The Vary header adds the values of the named request headers to the key.",
        ),
        ("CUDA流不是管理和调度GPU操作的强大工具。", "CUDA流是管理和调度GPU操作的强大工具。"),
    ],
)
def test_a_claim_turned_into_its_opposite_is_another_claim(claim: str, fact: str) -> None:
    assert not same_claim(claim, fact)
    assert same_claim(fact, fact)
