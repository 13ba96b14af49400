"""What commands share in printing."""

from grader.errors import BadInput

LANGUAGES = ("en", "zh")


def report_language(wanted: str | None, answer_text: str) -> str:
    """The language of a report: as wanted, else the answer's own.

    Raises:
        BadInput: a language that there are no words for.
    """
    from grader.judge import language

    if wanted is None:
        return language(answer_text)
    if wanted not in LANGUAGES:
        raise BadInput(f"--lang {wanted}: choose one of {', '.join(LANGUAGES)}")
    return wanted
