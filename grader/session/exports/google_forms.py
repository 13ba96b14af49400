"""Google Forms: the responses as a sheet.

``Timestamp`` comes first, in the language of the form's account, then ``Email Address`` (or
``Username``) if it was collected, then a column for each question. A quiz has ``Score``, and
``... [Score]`` and ``... [Feedback]`` too.
"""

from collections.abc import Sequence

from grader.session.exports.shape import AnswerColumn, Shape, present

_PERSON = {"email address": "email", "username": "email", "email": "email"}
_PERSON |= {"name": "name", "full name": "name", "your name": "name"}
_PERSON |= {"first name": "first", "last name": "last"}
_PERSON |= {"student id": "number", "student number": "number", "id number": "number"}
_PERSON |= {"e-mail-adresse": "email", "adresse e-mail": "email", "nom d'utilisateur": "email"}
_PERSON |= {"メールアドレス": "email", "ユーザー名": "email", "名前": "name", "氏名": "name"}
_PERSON |= {"vorname": "first", "nachname": "last", "prénom": "first", "nom": "last"}
_PERSON |= {"matrikelnummer": "number", "numéro d'étudiant": "number", "学籍番号": "number"}
_PERSON |= {"section": "section", "class": "section", "group": "section"}
_TIMES = ("timestamp", "zeitstempel", "horodateur", "タイムスタンプ")
_SCORES = ("score", "punktzahl", "スコア")


def recognise(names: Sequence[str]) -> Shape | None:
    """The shape of a table with these columns, None where it is not one of Google Forms."""
    if len(names) < 2 or names[0] not in _TIMES:
        return None
    rest = [name for name in names[1:] if name not in {*_PERSON, *_SCORES, ""}]
    answers = [name for name in rest if not name.endswith(("[score]", "[feedback]"))]
    return Shape(
        "google-forms",
        present(names, _PERSON),
        tuple(AnswerColumn(name, wording=name) for name in answers),
        attempted=names[0],
        by_attempt=True,
    )
