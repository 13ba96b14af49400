"""The pages of the room: which reports there are, and each as a page of its own."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from grader.report.html.page import BackLink
from grader.web.pages import Pages, language_of, page
from grader.web.rooms.reports.made import STYLES, MadeReports, policy
from grader.web.team_files import TeamFiles


class ReportPages:
    """Shows the session's report and the calibration's."""

    def __init__(self, files: TeamFiles) -> None:
        self._files, self._made = files, MadeReports(files)
        self.routes: Sequence[BaseRoute] = [
            Route("/", self.overview),
            Route("/{kind}", self.report),
        ]

    def overview(self, request: Request) -> Response:
        """Which reports there are, and of which files."""
        files = self._files
        return page(
            request,
            "reports/overview.html.j2",
            results=str(files.results),
            ratings=str(files.ratings) if files.ratings else None,
        )

    def report(self, request: Request) -> Response:
        """One report, with a policy stricter than that of other pages."""
        kind, language = request.path_params["kind"], language_of(request)
        if kind not in STYLES:
            raise HTTPException(404)
        pages: Pages = request.app.state.pages
        words = pages.words("reports", language)["back"]
        back = BackLink(f"{request.state.base}/reports/", words)
        headers = {"Content-Security-Policy": policy(kind, language)}
        return HTMLResponse(self._made.page(kind, language, back), headers=headers)
