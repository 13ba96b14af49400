"""Where one practises: what is due, an answer, its grade while it is made, and progress."""

from datetime import UTC, datetime
from pathlib import Path

from grader.session.exercise import Exercise
from grader.text.catalogue import Catalogue
from grader.web.room import Room
from grader.web.rooms.practise.judging import JudgeThread
from grader.web.rooms.practise.routes import PractisePages


def open_room(exercise: Exercise, judge: JudgeThread) -> Room:
    """Returns the room for *exercise*, whose answers *judge* grades."""

    def told(say: Catalogue) -> str:
        plan = exercise.plan(datetime.now(UTC))
        due = sum(each.why == "due" for each in plan)
        return str(say["told"]).format(due=due, all=len(plan))

    return Room("practise", Path(__file__).parent, PractisePages(exercise, judge).routes, told)
