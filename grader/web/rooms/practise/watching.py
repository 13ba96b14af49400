"""What a page is sent while an answer is graded: server-sent events, a verdict each."""

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from grader.record import MisconceptionGrade, PointGrade
from grader.report import words
from grader.report.grade_view import SIGNS
from grader.rubric.format import Rubric
from grader.text.catalogue import Catalogue, words_in
from grader.text.safe import plain
from grader.web.rooms.practise.judging import Grading

_LOOK_S = 0.1
_SIGN_OF_LIFE_S = 15
_LONGEST_S = 3600


def stage_words(grading: Grading, say: Catalogue) -> str:
    """Returns what is being done, in the room's words."""
    return str(say["stages"][grading.stage]).format(percent=grading.fetched)


def shown_verdict(
    graded: PointGrade | MisconceptionGrade, rubric: Rubric, language: str
) -> dict[str, str]:
    """Returns a verdict as a page shows it while others are still to come."""
    if isinstance(graded, PointGrade):
        name = graded.verdict.value if graded.verdict else "ungraded"
        word = words.verdict(graded.verdict, words_in(language))
        return {"point": graded.id, "verdict": name, "sign": SIGNS[name], "word": word}
    claims = {each.id: each.text(language) for each in rubric.misconceptions}
    if not graded.asserted:
        return {"claim": ""}
    return {"claim": plain(claims.get(graded.id, graded.id))}


def followed(grading: Grading, language: str, say: Catalogue) -> StreamingResponse:
    """Returns the events of *grading* from its first verdict on, until it is over."""
    headers = {"X-Accel-Buffering": "no"}
    stream = _events(grading, language, say)
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _events(grading: Grading, language: str, say: Catalogue) -> AsyncIterator[str]:
    told, stage, quiet = 0, "", 0.0
    for _ in range(int(_LONGEST_S / _LOOK_S)):
        # Before what was told is looked at, so that nothing comes between
        is_over = grading.is_over
        if stage != (stage := stage_words(grading, say)):
            yield _event("stage", {"words": stage})
        for graded in grading.told[told:]:
            told, quiet = told + 1, 0.0
            yield _event("verdict", shown_verdict(graded, grading.rubric, language))
        if is_over:
            yield _event("over", {})
            return
        await asyncio.sleep(_LOOK_S)
        quiet += _LOOK_S
        if quiet > _SIGN_OF_LIFE_S:
            quiet = 0.0
            yield ": still there\n\n"


def _event(kind: str, content: dict[str, str]) -> str:
    return f"event: {kind}\ndata: {json.dumps(content, ensure_ascii=False)}\n\n"
