"""The pages of the room: questions and key points, their groups, and one group to settle."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from grader.errors import GraderError
from grader.report.grade_view import claim_words, question_words
from grader.rubric.format import KeyPoint
from grader.session.decide import DecidedMeanwhile, verdict_of
from grader.text.catalogue import Catalogue
from grader.trust.calibration.alike import AlikeAnswers, ScoreShift, alike, settle_alike
from grader.trust.calibration.results import ModelGradings
from grader.web.forms import form
from grader.web.pages import Pages, language_of, page
from grader.web.rooms.alike.shown_group import choices, members, moves, overrides_on, row, version
from grader.web.rooms.settle.complaint import complaint
from grader.web.team_files import KEPT_NAME, TeamFiles

_DONE = "alike/done"

Typed = Mapping[str, str]


@dataclass(frozen=True)
class PointPlace:
    """A key point of a question, as an address names it, and its groups."""

    question: str
    point: str
    groups: tuple[AlikeAnswers, ...]

    @property
    def path(self) -> str:
        """Its address below the room's."""
        return f"{self.question}/{self.point}"


class AlikePages:
    """Shows groups and takes one verdict for a whole one, by name and reason."""

    def __init__(self, files: TeamFiles) -> None:
        self._files = files
        self.routes: Sequence[BaseRoute] = [
            Route("/", self.overview),
            Route("/{question}/{point}", self.groups),
            Route("/{question}/{point}/{group}", self.group),
            Route("/{question}/{point}/{group}", self.take, methods=["POST"]),
        ]

    def overview(self, request: Request) -> Response:
        """All questions with their key points."""
        language, rubrics = language_of(request), self._files.rubrics
        points = self._files.state().results.points
        questions = [
            {
                "id": question,
                "asked": question_words(question, rubrics, language),
                "points": [(p, claim_words(question, p, rubrics, language)) for p in known],
            }
            for question, known in points.items()
        ]
        return page(request, "alike/overview.html.j2", questions=questions)

    def groups(self, request: Request) -> Response:
        """The groups at a key point, the largest first."""
        place, language = self._place(request), language_of(request)
        return page(
            request,
            "alike/groups.html.j2",
            place=place,
            rows=[row(group, language) for group in place.groups],
            flash=self._flash(request),
            **self._words_of(place, language),
        )

    def group(self, request: Request) -> Response:
        """One group, with what each verdict would do."""
        return self._page(request, {}, None)

    async def take(self, request: Request) -> Response:
        """Settles the group, and leads back to the groups, with what moved."""
        sent = await form(request)
        return await run_in_threadpool(self._take, request, sent)

    def _take(self, request: Request, sent: Typed) -> Response:
        place, say = self._place(request), _words(request)
        try:
            group = self._group(place, request)
            shifts = self._settle(place, group, sent)
        except GraderError as error:
            return self._page(request, sent, complaint(error, sent, say))
        kept = request.state.visitor.values
        kept[KEPT_NAME] = sent.get("by", "").strip()
        kept[_DONE] = json.dumps(moves(shifts, self._files.pass_mark, say))
        return RedirectResponse(f"{request.state.base}/alike/{place.path}", 303)

    def _settle(
        self, place: PointPlace, group: AlikeAnswers, sent: Typed
    ) -> tuple[ScoreShift, ...]:
        verdict = verdict_of(sent.get("verdict", ""))
        said = sent.get("by", ""), sent.get("why", "")
        mark = self._files.pass_mark
        decisions, shifts = settle_alike(group, place.point, verdict, *said, mark)
        if sent.get("version") != version(group, place.point):
            raise DecidedMeanwhile("the group is another now")
        seen = [len(overrides_on(grade, place.point)) for grade in group.answers]
        pairs = zip(decisions, seen, strict=True)
        self._files.decide([replace(decision, seen=count) for decision, count in pairs])
        return shifts

    def _page(self, request: Request, sent: Typed, told: str | None) -> Response:
        place, say, language = self._place(request), _words(request), language_of(request)
        group = next((g for g in place.groups if g.id == request.path_params["group"]), None)
        if group is None:  # what was decided since has made others of it
            return RedirectResponse(f"{request.state.base}/alike/{place.path}", 303)
        known = self._known(place)
        return page(
            request,
            "alike/group.html.j2",
            status=400 if told else 200,
            place=place,
            row=row(group, language),
            members=members(group, place.point, self._files, say),
            choices=choices(group, place.point, self._files, known, say, language),
            version=version(group, place.point),
            sent={
                "verdict": "",
                "why": "",
                "by": request.state.visitor.values.get(KEPT_NAME, ""),
                **sent,
            },
            told=told,
            **self._words_of(place, language),
        )

    def _place(self, request: Request) -> PointPlace:
        question, point = (request.path_params[name] for name in ("question", "point"))
        state = self._files.state()
        if point not in state.results.points.get(question, {}):
            raise HTTPException(404)
        # All that was decided on an answer counts, on whichever of its records
        whole = tuple(state.answers.values())
        results = ModelGradings(whole, state.results.points, ())
        return PointPlace(question, point, alike(results, question, point))

    def _group(self, place: PointPlace, request: Request) -> AlikeAnswers:
        wanted = request.path_params["group"]
        group = next((group for group in place.groups if group.id == wanted), None)
        if group is None:
            raise DecidedMeanwhile("the group is another now")
        return group

    def _known(self, place: PointPlace) -> KeyPoint | None:
        rubric = self._files.rubrics.get(place.question)
        points = {p.id: p for p in rubric.key_points} if rubric else {}
        return points.get(place.point)

    def _words_of(self, place: PointPlace, language: str) -> dict[str, Any]:
        rubrics = self._files.rubrics
        return {
            "asked": question_words(place.question, rubrics, language),
            "claim": claim_words(place.question, place.point, rubrics, language),
        }

    def _flash(self, request: Request) -> dict[str, Any] | None:
        """What a decision of a moment ago moved, told once."""
        done = request.state.visitor.values.pop(_DONE, None)
        told: dict[str, Any] | None = json.loads(done) if done else None
        return told


def _words(request: Request) -> Catalogue:
    pages: Pages = request.app.state.pages
    return pages.words("alike", language_of(request))
