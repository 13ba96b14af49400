"""The pages of the room: what is due, the question, the grading, its result, and progress."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from grader.answer import from_text
from grader.decision import decided
from grader.errors import BadInput, GraderError, OutFailed, UnknownQuestion
from grader.record import Grade
from grader.rubric.files import search_rubrics
from grader.rubric.format import Rubric
from grader.session.exercise import Exercise, NextQuestion
from grader.text.catalogue import Catalogue, words_in
from grader.web.door import Visitor
from grader.web.forms import form, sent_json
from grader.web.pages import language_of, page
from grader.web.rooms.practise.draft_versions import DraftKeeper, KeptDraft, Turn, version
from grader.web.rooms.practise.judging import JudgeThread
from grader.web.rooms.practise.shown_progress import question_progress
from grader.web.rooms.practise.shown_result import ShownAttempt, shown_attempt, shown_result
from grader.web.rooms.practise.watching import followed, shown_verdict, stage_words

WORDS = Path(__file__).with_name("words.toml")
_READ_IN = "practise/in"
_SKIPPED = "practise/skipped"
_DISK_FULL = 507
_LAST = 2**53


class PractisePages:
    """One person's practice in pages; all state is in drafts, the ledger and the judge's thread."""

    def __init__(self, exercise: Exercise, judge: JudgeThread) -> None:
        self._exercise, self._judge, self._keeper = exercise, judge, DraftKeeper()
        at = "/q/{question}"
        self.routes: Sequence[BaseRoute] = [
            Route("/", self.start),
            Route("/next", self.go_on),
            Route("/progress", self.progress),
            Route(at, self.question),
            Route(f"{at}/draft", self.keep_draft, methods=["POST"]),
            Route(f"{at}/grade", self.hand_in, methods=["POST"]),
            Route(f"{at}/grading", self.grading),
            Route(f"{at}/events", self.events),
            Route(f"{at}/result", self.result),
        ]

    def start(self, request: Request) -> Response:
        """What is due, what is new, and all questions; those with certain words, if some are
        sent."""
        sought = request.query_params.get("words", "").strip()
        plan = self._exercise.plan(datetime.now(UTC))
        rubrics = self._exercise.rubrics
        if sought:
            matching = {r.id for r in search_rubrics([*rubrics.values()], sought.split())}
            plan = tuple(each for each in plan if each.question in matching)
        language = language_of(request)
        return page(
            request,
            "practise/start.html.j2",
            sought=sought,
            plan=plan,
            by_why=_by_why(plan),
            asked={name: rubric.question.text(language) for name, rubric in rubrics.items()},
            grading={each.question for each in plan if self._judge.is_grading(each.question)},
            faults=[str(fault) for fault in self._exercise.faults],
            day=_day,
        )

    def go_on(self, request: Request) -> Response:
        """Leads to the question that comes next, without those that were left meanwhile."""
        values = _visitor(request).values
        left = {*values.get(_SKIPPED, "").split(), request.query_params.get("after", "")} - {""}
        coming = self._exercise.next(datetime.now(UTC), leave_out=left)
        values[_SKIPPED] = " ".join(sorted(left)) if coming else ""
        return _to(request, f"/q/{coming.question}" if coming else "/")

    def question(self, request: Request) -> Response:
        """A question with its draft; while an answer to it is graded, that."""
        rubric = self._rubric(request)
        if self._judge.is_grading(rubric.id):
            return _to(request, f"/q/{rubric.id}/grading")
        told = ""
        try:
            text = self._exercise.draft(rubric).text()
        except BadInput as error:
            text, told = "", str(error)
        revised = request.query_params.get("revise") is not None
        if revised and not text:
            text = self._latest_text(rubric) or ""
        return self._question_page(request, rubric, text, told=told)

    async def keep_draft(self, request: Request) -> Response:
        """Keeps what was typed so far; it is on the disk when this replies."""
        sent, rubric = await sent_json(request), self._rubric(request)
        try:
            kept = await run_in_threadpool(self._keep, rubric, sent)
        except OutFailed as error:
            return JSONResponse({"error": str(error)}, _DISK_FULL)
        aside = "" if kept.set_aside is None else str(kept.set_aside)
        return JSONResponse({"version": kept.version, "aside": aside})

    async def hand_in(self, request: Request) -> Response:
        """Has an answer graded; without a text, the draft as it is."""
        sent, rubric = await form(request), self._rubric(request)
        return await run_in_threadpool(self._hand_in, request, rubric, sent)

    def _hand_in(self, request: Request, rubric: Rubric, sent: Mapping[str, str]) -> Response:
        say = words_in(language_of(request), WORDS)
        told = ""
        if "text" in sent:
            try:
                kept = self._keep(rubric, sent)
            except GraderError as error:  # a full disk must not cost what was typed
                return self._question_page(
                    request, rubric, sent["text"], told=str(error), wrong=True
                )
            if kept.set_aside is not None:
                told = str(say["set_aside"]).format(path=kept.set_aside)
        draft = self._exercise.draft(rubric)
        if sent.get("then") == "keep":
            told = told or str(say["kept"])
            return self._question_page(request, rubric, draft.text(), told=told)
        if (why := self._why_not(rubric, draft.text(), say)) is not None:
            typed = draft.text() or sent.get("text", "")
            return self._question_page(request, rubric, typed, told=why, wrong=True)
        self._judge.hand_in(rubric)
        return _to(request, f"/q/{rubric.id}/grading")

    def _why_not(self, rubric: Rubric, text: str, say: Catalogue) -> str | None:
        """Why a text is not graded; None where it is."""
        if not text.strip():
            return str(say["empty"])
        try:
            answer = from_text(text, str(say["your_answer"]))
        except GraderError as error:
            return str(error)
        latest = next(reversed(self._exercise.attempts(rubric)), None)
        same = latest is not None and latest.digests.answer == answer.digest
        if latest is not None and same and not decided(latest).ungraded:
            # Of what is graded already nothing waits
            self._exercise.draft(rubric).remove()
            return str(say["unchanged"])
        return None

    def grading(self, request: Request) -> Response:
        """An answer on its way: what is known by now."""
        rubric, latest = self._rubric(request), self._judge.of(request.path_params["question"])
        if latest is None:
            return _to(request, f"/q/{rubric.id}")
        if latest.stage == "done":
            return _to(request, f"/q/{rubric.id}/result")
        shown_in, language = self._shown_in(request, rubric), language_of(request)
        say = words_in(language, WORDS)
        known = [shown_verdict(each, latest.rubric, shown_in) for each in list(latest.told)]
        return page(
            request,
            "practise/grading.html.j2",
            rubric=rubric,
            asked=rubric.question.text(shown_in),
            points=[(point.id, point.text(shown_in)) for point in rubric.key_points],
            shown_in=shown_in,
            known={each["point"]: each for each in known if "point" in each},
            claims=[each["claim"] for each in known if each.get("claim")],
            count=len(known),
            all=len(rubric.key_points) + len(rubric.misconceptions),
            stage=stage_words(latest, say),
            grading=latest,
        )

    def events(self, request: Request) -> Response:
        """What comes of a grading, as it comes."""
        rubric = self._rubric(request)
        latest = self._judge.of(rubric.id)
        if latest is None:
            raise HTTPException(404, "nothing is graded now")
        return followed(
            latest, self._shown_in(request, rubric), words_in(language_of(request), WORDS)
        )

    def result(self, request: Request) -> Response:
        """An attempt, the latest if none is named, beside the one before it."""
        rubric = self._rubric(request)
        attempts = self._exercise.attempts(rubric)
        if not attempts:
            return _to(request, f"/q/{rubric.id}")
        number = _number(request.query_params.get("attempt"), len(attempts))
        shown_in = self._shown_in(request, rubric)
        now = self._shown(attempts[number - 1], rubric, shown_in, "now")
        before = None
        if number > 1:
            before = self._shown(attempts[number - 2], rubric, shown_in, "before")
        coming = self._exercise.choose(rubric.id, datetime.now(UTC))
        return page(
            request,
            "practise/result.html.j2",
            rubric=rubric,
            result=shown_result(now, before, shown_in),
            number=number,
            attempts=len(attempts),
            due_at=coming.due_at,
            waits=coming.draft_at is not None,
            words=words_in(shown_in),
            shown_in=shown_in,
            day=_day,
        )

    def progress(self, request: Request) -> Response:
        """Each question that was tried, by key point over weeks."""
        now = datetime.now(UTC)
        rubrics = self._exercise.rubrics
        tried = sorted(self._exercise.histories(), key=lambda each: each.rank(now))
        return page(
            request,
            "practise/progress.html.j2",
            questions=[
                question_progress(each, rubrics[each.id], now, language_of(request))
                for each in tried
            ],
            day=_day,
        )

    def _keep(self, rubric: Rubric, sent: Mapping[str, object]) -> KeptDraft:
        text, based_on, page_id = sent.get("text"), sent.get("version", ""), sent.get("page", "")
        if not (isinstance(text, str) and isinstance(based_on, str) and isinstance(page_id, str)):
            raise BadInput("text, version and page must be texts")
        # A form has no numbers, and comes after all that its page sent before
        number = sent.get("number", _LAST) if page_id else 0
        if not isinstance(number, int):
            raise BadInput("number must be a number")
        return self._keeper.keep(
            self._exercise.draft(rubric), text, Turn(based_on, page_id, number)
        )

    def _question_page(
        self, request: Request, rubric: Rubric, text: str, *, told: str = "", wrong: bool = False
    ) -> Response:
        shown_in = self._shown_in(request, rubric)
        return page(
            request,
            "practise/question.html.j2",
            rubric=rubric,
            coming=self._exercise.choose(rubric.id, datetime.now(UTC)),
            asked=rubric.question.text(shown_in),
            shown_in=shown_in,
            tags=list(rubric.question.texts),
            hints=[p.hint.text(shown_in) for p in rubric.key_points if p.hint is not None],
            text=text,
            version=version(self._exercise.draft(rubric)),
            told=told,
            wrong=wrong,
            day=_day,
        )

    def _shown(self, grade: Grade, rubric: Rubric, language: str, name: str) -> ShownAttempt:
        return shown_attempt(grade, rubric, self._exercise.text(grade), language, name)

    def _latest_text(self, rubric: Rubric) -> str | None:
        attempts = self._exercise.attempts(rubric)
        return self._exercise.text(attempts[-1]) if attempts else None

    def _rubric(self, request: Request) -> Rubric:
        """The rubric that an address names. Raises HTTPException where there is none."""
        name = request.path_params["question"]
        if name not in self._exercise.rubrics:
            try:
                self._exercise.rubric(name)
            except UnknownQuestion as error:
                raise HTTPException(404, str(error)) from None
        return self._exercise.rubric(name)

    def _shown_in(self, request: Request, rubric: Rubric) -> str:
        """The language of a question: the reader's choice where the rubric has it."""
        values = _visitor(request).values
        chosen = request.query_params.get("in")
        if chosen in rubric.question.texts:
            values[_READ_IN] = str(chosen)
        kept = values.get(_READ_IN, "")
        return kept if kept in rubric.question.texts else language_of(request)


def _by_why(plan: Sequence[NextQuestion]) -> dict[str, list[NextQuestion]]:
    """The questions in the groups of the first page: a draft of what is due is due."""
    groups: dict[str, list[NextQuestion]] = {"due": [], "draft": [], "new": [], "early": []}
    for each in plan:
        why = "due" if each.due else each.why
        groups[why].append(each)
    return groups


def _number(text: str | None, most: int) -> int:
    """The number of an attempt that an address names; the latest for anything else."""
    named = int(text) if text and text.isascii() and text.isdecimal() and len(text) < 9 else 0
    return named if 1 <= named <= most else most


def _day(time: datetime) -> str:
    return f"{time.astimezone():%Y-%m-%d}"


def _visitor(request: Request) -> Visitor:
    visitor: Visitor = request.state.visitor
    return visitor


def _to(request: Request, path: str) -> Response:
    return RedirectResponse(f"{request.state.base}/practise{path}", 303)
