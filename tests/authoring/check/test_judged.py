"""What a judge says of a rubric is shown as a note, and never more."""

import asyncio
import json
from pathlib import Path

from grader.authoring.check.finding import Finding, Severity
from grader.authoring.check.run import judged, readings
from grader.llm.request import Reply, Request
from tests.support.fakes import FakeModel, completion
from tests.support.rubric_files import GOOD, write


def asked(folder: Path, model: FakeModel) -> list[Finding]:
    async def all_of() -> list[Finding]:
        (reading,) = readings([write(folder, GOOD)])
        return [finding async for finding in judged(reading, model.ask)]

    return asyncio.run(all_of())


def test_every_pair_and_every_note_is_asked_once(tmp_path: Path) -> None:
    model = FakeModel(completion('{"reply": "no"}'))
    assert asked(tmp_path, model) == []
    assert len(model.asked) == 6 + 4


def test_overlap_is_a_note_at_the_later_key_point(tmp_path: Path) -> None:
    def script(request: Request) -> Reply:
        text = json.dumps(request.body["messages"])
        same = "A: A response is fresh" in text and "B: Vary" in text
        return Reply(body=completion(json.dumps({"reply": "yes" if same else "no"})))

    (found,) = asked(tmp_path, FakeModel(script))
    assert (found.severity, found.key) == (Severity.NOTE, "vary")
    assert "freshness-lifetime" in found.message


def test_a_judge_that_gives_no_usable_reply_is_told_and_stops_nothing(tmp_path: Path) -> None:
    found = asked(tmp_path, FakeModel(completion("certainly!")))
    assert len(found) == 10
    assert {f.message for f in found} == {"the judge gave no usable reply"}
