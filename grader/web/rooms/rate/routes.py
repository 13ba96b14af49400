"""The pages of the room, each of one rater: no address gives anybody else's ratings."""

import secrets
from collections.abc import Sequence
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from grader.errors import BadInput, OutFailed
from grader.text.catalogue import words_in
from grader.web.door import Visitor
from grader.web.forms import form, sent_json
from grader.web.pages import language_of, page
from grader.web.rooms.rate.answers import AnswersToRate
from grader.web.rooms.rate.progress import RaterProgress
from grader.web.rooms.rate.raters import LONGEST, NameFault, as_name, name_fault
from grader.web.rooms.rate.ratings_file import RatingsFile
from grader.web.rooms.rate.sent import rating_in
from grader.web.rooms.rate.shown_answer import shown_answer
from grader.web.rooms.rate.shown_text import ShownText

WORDS = Path(__file__).with_name("words.toml")
_KEPT = "rate/rater"
DISK_FULL = 507


class RatingPages:
    """Asks for the rater's name, shows how far they are, and takes their verdicts.

    Raises:
        BadInput: nobody can rate under the name of *rater*.
    """

    def __init__(self, given: AnswersToRate, ratings: RatingsFile, rater: str | None) -> None:
        self._given, self._ratings = given, ratings
        self._rater = None if rater is None else as_name(rater)
        if self._rater is not None and (fault := self._fault(self._rater)):
            say = words_in("en", WORDS)
            raise BadInput(f"--rater: {say[fault].format(name=self._rater, most=LONGEST)}")
        self._named: set[str] = set()
        # Another for every run, so that an address tells nothing about whose answer it is
        self._secret = secrets.token_bytes(16)
        self.routes: Sequence[BaseRoute] = [
            Route("/", self.overview),
            Route("/name", self.take_name, methods=["POST"]),
            Route("/next", self.go_on),
            Route("/answers/{handle}", self.answer),
            Route("/answers/{handle}", self.take_point, methods=["POST"]),
        ]

    def overview(self, request: Request) -> Response:
        """All answers in the rater's order, and how far each is; before that, who rates."""
        rater = self._who(request)
        if rater is None:
            return page(request, "rate/name.html.j2", typed="", told=None, most=LONGEST)
        progress = self._progress(rater)
        return page(
            request, "rate/overview.html.j2", progress=progress, file=str(self._ratings.path)
        )

    async def take_name(self, request: Request) -> Response:
        """Takes the name of who rates in this browser, once."""
        if self._who(request) is None:
            name = as_name((await form(request)).get("name", ""))
            # Whoever rated before comes back by the command line: a name is no password
            known = await run_in_threadpool(self._ratings.raters) | self._named
            fault = self._fault(name) or (NameFault.KNOWN if name in known else None)
            if fault:
                say = words_in(language_of(request), WORDS)
                told = say[fault].format(name=name, most=LONGEST)
                return page(request, "rate/name.html.j2", typed=name, told=told, most=LONGEST)
            self._named.add(name)
            _visitor(request).values[_KEPT] = name
        return RedirectResponse(f"{_here(request)}/", 303)

    def go_on(self, request: Request) -> Response:
        """Leads to the next answer that is not rated whole; where all are, to the overview."""
        rater, where = self._who(request), ""
        if rater is not None:
            following = self._progress(rater).following(request.query_params.get("after"))
            where = f"answers/{following.handle}" if following else ""
        return RedirectResponse(f"{_here(request)}/{where}", 303)

    def answer(self, request: Request) -> Response:
        """One answer with its key points."""
        rater = self._who(request)
        progress = None if rater is None else self._progress(rater)
        state = progress.find(request.path_params["handle"]) if progress else None
        if progress is None or state is None:  # an address of before, or of somebody else
            return RedirectResponse(f"{_here(request)}/", 303)
        rubric = self._given.rubrics[state.answer.question]
        shown = shown_answer(state, rubric, language_of(request))
        before = progress.before(state)
        return page(
            request, "rate/answer.html.j2", state=state, of=progress, before=before, **shown
        )

    async def take_point(self, request: Request) -> Response:
        """Keeps what was sent about one key point; it is on the disk when this replies."""
        sent, rater = await sent_json(request), self._who(request)
        return await run_in_threadpool(self._keep, sent, rater, request.path_params["handle"])

    def _keep(self, sent: dict[str, object], rater: str | None, handle: str) -> Response:
        state = self._progress(rater).find(handle) if rater else None
        if rater is None or state is None:
            raise HTTPException(404, "no such answer; open the first page again")
        rating = rating_in(sent, state.answer, ShownText(state.answer.text), rater)
        try:
            self._ratings.keep(rating)
        except OutFailed as error:
            return JSONResponse({"error": str(error)}, DISK_FULL)
        return JSONResponse({"kept": rating.change})

    def _progress(self, rater: str) -> RaterProgress:
        said = self._ratings.of(rater)
        order, seconds = self._given.order(rater), self._ratings.seconds(rater)
        return RaterProgress(rater, order, said, seconds, self._secret)

    def _who(self, request: Request) -> str | None:
        return self._rater or _visitor(request).values.get(_KEPT)

    def _fault(self, name: str) -> NameFault | None:
        return name_fault(name, self._given.models, self._ratings.raters())


def _visitor(request: Request) -> Visitor:
    visitor: Visitor = request.state.visitor
    return visitor


def _here(request: Request) -> str:
    return f"{request.state.base}/rate"
