"""The pages of the room: the list, one item at a time, and what becomes of what is settled."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from grader.decision import decided
from grader.errors import BadInput, GraderError
from grader.report.words import verdict
from grader.session.decide import AnswerDecision, DecidedRecord, verdict_of
from grader.text.catalogue import Catalogue, words_in
from grader.trust.calibration.settle import settle
from grader.trust.calibration.settled_label import to_note
from grader.web.forms import form
from grader.web.pages import Pages, language_of, page
from grader.web.rooms.settle.complaint import complaint
from grader.web.rooms.settle.items import SettleItem, SettleList, to_settle
from grader.web.rooms.settle.labelling import label_answer, label_file, unlabelled
from grader.web.rooms.settle.shown_item import answer_name, effect, score_words, shown_item
from grader.web.rooms.settle.undo import undone
from grader.web.team_files import KEPT_NAME, TeamFiles, TeamState

_DONE = "settle/done"
_MOVED = "settle/moved"

Typed = Mapping[str, str]


class SettlePages:
    """Shows what differs and takes decisions: each needs a name and a reason."""

    def __init__(self, files: TeamFiles) -> None:
        self._files = files
        self._listed: tuple[TeamState, SettleList] | None = None
        self.routes: Sequence[BaseRoute] = [
            Route("/", self.overview),
            Route("/next", self.go_on),
            Route("/{handle}", self.item),
            Route("/{handle}", self.take, methods=["POST"]),
            Route("/{handle}/undo", self.undo, methods=["POST"]),
            Route("/{handle}/label", self.label, methods=["POST"]),
        ]

    def overview(self, request: Request) -> Response:
        """All that waits, what decides most first, and what was settled."""
        each, say = self._list(), _words(request)
        return page(
            request,
            "settle/overview.html.j2",
            waiting=[_row(item, say) for item in each.waiting],
            settled=[_row(item, say) for item in each.settled],
            passing=sum(item.difference.changes_pass for item in each.waiting),
            contested=sum(item.contest is not None for item in each.waiting),
            rated=self._files.ratings is not None,
            file=str(self._files.results),
            flash=self._flash(request, each),
        )

    def go_on(self, request: Request) -> Response:
        """Leads to the first item that waits; where none does, to the list."""
        first = next(iter(self._list().waiting), None)
        return _to(request, first.handle if first else "")

    def item(self, request: Request) -> Response:
        """One item."""
        item = self._find(request)
        return self._page(request, item, {}, None)

    async def take(self, request: Request) -> Response:
        """Appends what was decided, and leads to the next item."""
        sent = await form(request)
        return await run_in_threadpool(self._take, request, sent)

    async def undo(self, request: Request) -> Response:
        """Appends a decision that gives back what held before the last one."""
        sent = await form(request)
        return await run_in_threadpool(self._undo, request, sent)

    async def label(self, request: Request) -> Response:
        """Makes the answer a labelled one in the team's own folder."""
        return await run_in_threadpool(self._label, request)

    def _take(self, request: Request, sent: Typed) -> Response:
        item = self._find(request)
        following = self._list().following(item)
        try:
            chosen = verdict_of(sent.get("verdict", ""))
            decision = settle(item.difference, chosen, sent.get("by", ""), sent.get("why", ""))
            self._decide(request, item, decision, sent.get("seen", ""))
        except GraderError as error:
            return self._page(request, item, sent, complaint(error, sent, _words(request)))
        request.state.visitor.values[KEPT_NAME] = sent.get("by", "").strip()
        return _to(request, following.handle if following else "")

    def _undo(self, request: Request, sent: Typed) -> Response:
        item, say = self._find(request), _words(request)
        name = request.state.visitor.values.get(KEPT_NAME, "")
        try:
            if not name:
                raise BadInput(say["name_missing"])
            self._decide(request, item, undone(item, name, say), sent.get("seen", ""))
        except GraderError as error:
            return self._page(request, item, {}, complaint(error, {"by": name, "why": "-"}, say))
        return _to(request, item.handle)

    def _label(self, request: Request) -> Response:
        item, say = self._find(request), _words(request)
        try:
            label_answer(item, self._files, say)
        except GraderError as error:
            return self._page(request, item, {}, str(error))
        file = label_file(item, self._files)
        return self._page(request, item, {}, None, done=say["labelled"].format(file=file))

    def _decide(
        self, request: Request, item: SettleItem, decision: AnswerDecision, seen: str
    ) -> None:
        known = int(seen) if seen.isdecimal() and len(seen) < 9 else 0
        moved = self._files.decide([replace(decision, seen=known)])
        request.state.visitor.values[_DONE] = item.handle
        request.state.visitor.values[_MOVED] = self._moved(moved, request)

    def _moved(self, records: Sequence[DecidedRecord], request: Request) -> str:
        say, first = _words(request), records[0]
        before, after = (
            score_words(decided(grade).score, self._files.pass_mark, say)
            for grade in (first.before, first.after)
        )
        return str(say["moved"]).format(before=before, after=after)

    def _page(
        self,
        request: Request,
        item: SettleItem,
        sent: Typed,
        told: str | None,
        done: str | None = None,
    ) -> Response:
        say, language, each = _words(request), language_of(request), self._list()
        # What somebody decided meanwhile is on it now
        item = each.find(item.handle) or item
        before, after = each.beside(item)
        kept = request.state.visitor.values
        return page(
            request,
            "settle/item.html.j2",
            status=400 if told else 200,
            item=item,
            name=answer_name(item.grade),
            number=each.waiting.index(item) + 1 if item in each.waiting else None,
            all=len(each.waiting),
            before=before,
            after=after,
            sent={"verdict": "", "why": "", "by": kept.get(KEPT_NAME, ""), **sent},
            told=told,
            done=done,
            flash=self._flash(request, each),
            label_file=str(label_file(item, self._files)),
            unlabelled=unlabelled(item, self._files, language),
            note=_note(item, self._files),
            **shown_item(item, self._files, say, language),
        )

    def _flash(self, request: Request, each: SettleList) -> dict[str, Any] | None:
        """What was decided a moment ago, told once."""
        kept = request.state.visitor.values
        item, moved = each.find(kept.pop(_DONE, None)), kept.pop(_MOVED, "")
        if item is None or item.difference.decided is None:
            return None
        by, words = item.difference.decided, words_in(language_of(request))
        return {"item": item, "by": by, "word": verdict(by.verdict, words), "moved": moved}

    def _list(self) -> SettleList:
        state = self._files.state()
        if self._listed is None or self._listed[0] is not state:
            self._listed = state, to_settle(state, self._files.pass_mark)
        return self._listed[1]

    def _find(self, request: Request) -> SettleItem:
        item = self._list().find(request.path_params["handle"])
        if item is None:
            raise HTTPException(404)
        return item


def _row(item: SettleItem, say: Catalogue) -> dict[str, Any]:
    return {"item": item, "name": answer_name(item.grade), "effect": effect(item.difference, say)}


def _note(item: SettleItem, files: TeamFiles) -> str:
    """A line for the rubric's note of what was decided; empty before that."""
    by = item.difference.decided
    return to_note(item.grade, by, files.text(item.grade)) if by else ""


def _words(request: Request) -> Catalogue:
    pages: Pages = request.app.state.pages
    return pages.words("settle", language_of(request))


def _to(request: Request, path: str) -> Response:
    return RedirectResponse(f"{request.state.base}/settle/{path}", 303)
