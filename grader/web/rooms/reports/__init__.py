"""Where a team reads its reports, made of the files as they are now."""

from pathlib import Path

from grader.text.catalogue import Catalogue
from grader.web.room import Room
from grader.web.rooms.reports.routes import ReportPages
from grader.web.team_files import TeamFiles


def open_room(files: TeamFiles) -> Room:
    """Returns the room with the reports on *files*."""

    def told(say: Catalogue) -> str:
        return str(say["answers"]).format(count=len(files.state().answers))

    return Room("reports", Path(__file__).parent, ReportPages(files).routes, told)
