"""Exports as platforms write them, of a class that answers every question of a course."""

import csv
import io
from collections.abc import Sequence

MOODLE = ("Last name", "First name", "ID number", "Email address", "Status", "Started",
          "Completed", "Duration", "Grade/10.00")  # fmt: skip
CANVAS = ("name", "id", "sis_id", "section", "section_id", "section_sis_id", "submitted", "attempt")


def csv_of(*rows: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def moodle_person(number: int) -> list[str]:
    """A student, with an id that begins with a nought, as student numbers do."""
    times = ("3 June 2026  10:00 AM", "3 June 2026  10:15 AM")
    who = (f"Doe-{number}", "Zoë", f"{number:07}", f"s{number}@example.org")
    return [*who, "Finished", *times, "15 mins", "-"]


def canvas_person(number: int) -> list[str]:
    who = (f"Zoë Doe-{number}", str(1000 + number), f"{number:07}", "Group A", "1", "")
    return [*who, "2026-06-03 10:15:00 UTC", "1"]


MOODLE_IN = {
    "en": (*MOODLE, "Question", "Response", "Finished", "Overall average", "In progress"),
    "de": ("Nachname", "Vorname", "ID-Nummer", "E-Mail-Adresse", "Status", "Begonnen", "Beendet",
           "Dauer", "Bewertung/10,00", "Frage", "Antwort", "Beendet", "Gesamtdurchschnitt",
           "In Bearbeitung"),
    "fr": ("Nom de famille", "Prénom", "Numéro d’identification", "Adresse de courriel", "Statut",
           "Commencé", "Terminé", "Durée", "Note/10,00", "Question", "Réponse", "Terminée",
           "Moyenne globale", "En cours"),
    "ja": ("姓", "名", "IDナンバ", "メールアドレス", "ステータス", "開始日時", "受験完了",
           "継続時間", "評点/10.00", "問題", "解答", "終了", "全平均", "進行中"),
}  # fmt: skip
"""A quiz's headings in the language of whoever exports; then its words for a question, a response,
an attempt that came to its end, the row of averages, and an attempt that did not."""
TIMES_IN = {
    "en": "3 June 2026  10:15 AM",
    "de": "3. Juni 2026, 10:15",
    "fr": "3 juin 2026, 10:15",
    "ja": "2026年 06月 3日 10:15",
}
CANVAS_IN = {
    "en": CANVAS,
    "de": ("Name", "ID", "SIS-ID", "Abschnitt", "Abschnitt-ID", "SIS-ID des Abschnitts",
           "eingereicht", "Versuch"),
    "fr": ("nom", "identifiant", "id_sis", "section", "id_section", "id_sis_section", "soumis",
           "tentative"),
    "ja": ("名前", "ID", "SIS ID", "セクション", "セクションID", "セクションのSIS ID", "提出日時",
           "試行"),
}  # fmt: skip


def moodle_quiz_in(tag: str, asked: Sequence[str], answers: Sequence[Sequence[str]]) -> str:
    """A responses report with the questions' texts; a row of *answers* for each student."""
    *heading, question, response, finished, average, _ = MOODLE_IN[tag]
    numbers = range(1, len(asked) + 1)
    heading += [cell for n in numbers for cell in (f"{question} {n}", f"{response} {n}")]
    rows = []
    for number, given in enumerate(answers):
        person = moodle_person(number)
        person[4:8] = [finished, TIMES_IN[tag], TIMES_IN[tag], "15"]
        pairs = zip(asked, given, strict=True)
        rows.append([*person, *(c for text, own in pairs for c in (f"<p>{text}</p>", own))])
    never = [*rows[0]]
    never[:5] = ["Nobody", "Ann", "0099999", "n@example.org", "-"]
    return csv_of(heading, *rows, never, [average, *[""] * (len(heading) - 1)])


def canvas_quiz_in(
    tag: str, asked: Sequence[str], points: Sequence[float], answers: Sequence[Sequence[str]]
) -> str:
    """A student analysis of a quiz whose questions give *points*."""
    pairs = zip(asked, points, strict=True)
    heading = [*CANVAS_IN[tag]]
    heading += [
        c for n, (text, most) in enumerate(pairs) for c in (f"{900 + n}: {text}", f"{most}")
    ]
    rows = [
        [*canvas_person(number), *(cell for own in given for cell in (own, "0"))]
        for number, given in enumerate(answers)
    ]
    return csv_of(heading, *rows)
