"""Where people rate answers: blind, in an order of their own, with one key a verdict."""

from pathlib import Path

from grader.text.catalogue import Catalogue
from grader.web.room import Room
from grader.web.rooms.rate.answers import AnswersToRate
from grader.web.rooms.rate.ratings_file import RatingsFile
from grader.web.rooms.rate.routes import RatingPages


def open_room(given: AnswersToRate, ratings: RatingsFile, rater: str | None = None) -> Room:
    """Returns the room for *given*, whose ratings go into *ratings*.

    Args:
        rater: who rates in every browser; None asks each.

    Raises:
        BadInput: *rater* is the name of a model, or another spelling of somebody who rated.
    """

    def told(say: Catalogue) -> str:
        return str(say["answers"]).format(count=len(given.answers))

    return Room("rate", Path(__file__).parent, RatingPages(given, ratings, rater).routes, told)
