"""The reports' pages, each made once for every state of the files."""

import threading
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from grader.errors import BadInput
from grader.report.html.page import BackLink, frame, write_page
from grader.trust.calibration import page as calibration_page
from grader.trust.calibration.tables import calibrate
from grader.web.team_files import Stamp, TeamFiles

STYLES = {"session": (), "calibration": ("calibration.css",)}
"""The reports, each with the styles that it adds to the shared one."""


class MadeReports:
    """Makes reports, and keeps the last of each kind, language and way back."""

    def __init__(self, files: TeamFiles) -> None:
        self._files = files
        self._made: dict[tuple[str, str, BackLink], tuple[Stamp, bytes]] = {}
        # A calibration takes seconds: a second request waits for the first one's
        self._one_at_a_time = threading.Lock()

    def page(self, kind: str, language: str, back: BackLink) -> bytes:
        """Returns the report *kind* of the files as they are now.

        Raises:
            BadInput: the files do not give it.
            Failed: the extra ``report`` is not installed.
        """
        with self._one_at_a_time:
            key, stamp = (kind, language, back), self._files.stamp()
            kept = self._made.get(key)
            if kept is None or kept[0] != stamp:
                write = self._session if kind == "session" else self._calibration
                kept = self._made[key] = (stamp, _written(write, language, back))
            return kept[1]

    def _session(self, path: Path, language: str, back: BackLink) -> None:
        files = self._files
        grades = files.state().results.grades
        write_page(path, grades, files.rubrics, files.text, language, back=back)

    def _calibration(self, path: Path, language: str, back: BackLink) -> None:
        files = self._files
        if files.ratings is None:
            raise BadInput("a calibration needs what people rated: start with --ratings FILE")
        report = calibrate(files.ratings, files.results, pass_mark=files.pass_mark)
        calibration_page.write(path, report, files.rubrics, files.texts, language, back)


def policy(kind: str, language: str) -> str:
    """Returns the Content-Security-Policy of a report: its own style and nothing else."""
    style = frame(language, *STYLES[kind])["style_digest"]
    return (
        f"default-src 'none'; style-src '{style}'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    )


def _written(write: Callable[[Path, str, BackLink], None], language: str, back: BackLink) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        write(path, language, back)
        return path.read_bytes()
