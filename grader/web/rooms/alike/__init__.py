"""Where a team settles a key point for answers that are alike, with one look."""

from pathlib import Path

from grader.text.catalogue import Catalogue
from grader.web.room import Room
from grader.web.rooms.alike.routes import AlikePages
from grader.web.team_files import TeamFiles


def open_room(files: TeamFiles) -> Room:
    """Returns the room for the answers in *files*.

    Its pages take style and keys from the room for settling, beside which it is opened.
    """

    def told(say: Catalogue) -> str:
        state = files.state()
        questions = len({question for question, _ in state.answers})
        return str(say["told"]).format(answers=len(state.answers), questions=questions)

    return Room("alike", Path(__file__).parent, AlikePages(files).routes, told)
