"""Where a team settles what people and the model differ on, and what was contested."""

from pathlib import Path

from grader.text.catalogue import Catalogue
from grader.web.room import Room
from grader.web.rooms.settle.items import to_settle
from grader.web.rooms.settle.routes import SettlePages
from grader.web.team_files import TeamFiles


def open_room(files: TeamFiles) -> Room:
    """Returns the room for what *files* hold.

    It shows what everybody gave: it must not be open where people still rate.
    """

    def told(say: Catalogue) -> str:
        count = len(to_settle(files.state(), files.pass_mark).waiting)
        return str(say["count"]).format(count=count)

    return Room("settle", Path(__file__).parent, SettlePages(files).routes, told)
