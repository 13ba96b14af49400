"""What is wrong with a decision, in the words of the page that sent it."""

from collections.abc import Mapping

from grader.errors import GraderError
from grader.session.decide import DecidedMeanwhile
from grader.text.catalogue import Catalogue


def complaint(error: GraderError, sent: Mapping[str, str], say: Catalogue) -> str:
    """Returns why what was *sent* decided nothing; the error's own line where *say* has none."""
    if isinstance(error, DecidedMeanwhile):
        return str(say["meanwhile"])
    if not sent.get("by", "").strip():
        return str(say["name_missing"])
    if not sent.get("why", "").strip():
        return str(say["why_missing"])
    return str(error)
