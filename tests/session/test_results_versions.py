"""Records of a newer version are read, and what is not known of them stays."""

import json
from pathlib import Path

import pytest

from grader.errors import BadInput
from grader.record import Grade
from grader.session.result_lines import NotARecord, record_in, records
from grader.session.results import Results
from grader.session.results_repair import mend
from grader.session.texts import Texts
from grader.trust.calibration.results import read
from tests.support.records import record

NEWER = [
    lambda line: line | {"mood": "calm"},
    lambda line: line | {"judge": line["judge"] | {"seed": 7}},
    lambda line: line | {"key_points": [p | {"rank": [1, 2]} for p in line["key_points"]]},
    lambda line: line | {"score": line["score"] | {"bands": {"a": 1}}},
]


def newer(change: int) -> str:
    return json.dumps(NEWER[change](json.loads(record().to_json())))


@pytest.mark.parametrize("change", range(len(NEWER)))
def test_a_field_of_a_newer_version_is_read_and_kept(change: int, tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text(newer(change) + "\n")
    [(number, found)] = records(path)
    assert number == 1
    assert isinstance(found, Grade)
    assert json.loads(found.to_json()) == json.loads(newer(change))
    assert len(read([path]).grades) == 1
    with_results = Results(path, record().judge, "append")
    assert [each.answer_id for each in with_results.grades()] == [record().answer_id]
    with_results.finish()
    with_results.close()
    assert path.read_text() == newer(change) + "\n"
    assert mend(path).broken == ()


def test_the_repair_keeps_a_newer_record_with_a_value_that_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    line = json.loads(record().to_json())
    line["flags"] = [{"kind": "unheard-of", "start": 0, "end": 1, "text": "a"}]
    old = json.dumps(line)
    line["version"] = "99.0.0"
    path.write_text(json.dumps(line) + "\n" + old + "\n")
    assert mend(path).broken == (2,)
    assert path.read_text() == json.dumps(line) + "\n"


def test_a_file_that_a_shell_wrote_in_utf_16_is_read(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text(record().to_json() + "\n\n", encoding="utf-16")
    assert [number for number, _ in records(path)] == [1]


def test_what_is_no_record_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_bytes(b"{}\n" + record().to_json().encode() + b"\n\xff\n[\n")
    kinds = {number: type(found) for number, found in records(path)}
    assert kinds == {1: NotARecord, 2: Grade, 3: NotARecord, 4: NotARecord}
    with pytest.raises(BadInput, match="not a record of grade/1"):
        record_in("{}")


def test_one_id_under_two_questions_keeps_both_results_and_both_texts(tmp_path: Path) -> None:
    grades = [record(question=name, answer_id="a") for name in ("q1", "q2")]
    results = Results(tmp_path / "r.jsonl", grades[0].judge)
    for grade in grades:
        results.append(grade)
    results.finish()
    assert [grade.question for grade in results.grades()] == ["q1", "q2"]
    results.close()
    with Texts() as texts:
        texts.add("q1", "a", "one")
        texts.add("q2", "a", "two")
        assert [texts.of(grade) for grade in grades] == ["one", "two"]
