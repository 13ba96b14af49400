"""One made question bank in every format that rubrics are imported from."""

import csv
import html
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.authoring.importing.run import ImportResult, import_rubrics
from grader.rubric.format import Rubric


@dataclass(frozen=True)
class BankQuestion:
    """A question of a bank: key points with their points, and wrong claims with corrections."""

    id: str
    text: str
    points: tuple[tuple[str, float], ...]
    claims: tuple[tuple[str, str], ...] = ()
    source: str = "RFC 9293"


GERMAN = (
    BankQuestion(
        "tcp-aufbau",
        "Wie kommt eine TCP-Verbindung zustande?",
        (
            ("Der Client beginnt mit einem SYN.", 1.0),
            ("Der Server antwortet mit SYN & ACK.", 1.5),
            ("Das letzte ACK bestätigt die Folgenummer.", 0.5),
        ),
        (("TCP erhält die Grenzen der Nachrichten.", "TCP liefert einen Strom von Bytes."),),
    ),
    BankQuestion(
        "udp-dienst",
        "Was leistet UDP?",
        (("Ports unterscheiden Programme.", 10.0), ("Verlorenes wird nie wiederholt.", 2.0)),
    ),
)
JAPANESE = (
    BankQuestion(
        "tcp-setsuzoku",
        "TCPの接続はどのように確立されますか。",
        (("クライアントがSYNを送る。", 2.0), ("サーバがSYNとACKを返す。", 0.5)),
        (("TCPはメッセージの境界を保つ。", "TCPはバイトの列を渡す。"),),
    ),
)
BANKS = {"de": GERMAN, "ja": JAPANESE}
Bank = Sequence[BankQuestion]


def csv_of(*rows: Sequence[object], separator: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue()


def point_rows(bank: Bank) -> list[list[object]]:
    """A row for each key point below a heading; wrong claims stand beside the last ones."""
    rows: list[list[object]] = [
        ["Question ID", "Question", "Key point", "Points", "Source", "Misconception", "Correction"]
    ]
    for asked in bank:
        for number, (text, worth) in enumerate(asked.points):
            claim = asked.claims[number] if number < len(asked.claims) else ("", "")
            first = (asked.id, asked.text) if number == 0 else ("", "")
            rows.append([*first, text, worth, asked.source, *claim])
    return rows


def long_table(bank: Bank) -> str:
    return csv_of(*point_rows(bank))


def german_table(bank: Bank) -> str:
    """The same with German headings, semicolons and decimal commas."""
    heading = ["Fragen-ID", "Frage", "Kernpunkt", "Punkte", "Quelle", "Fehlvorstellung", "Richtig"]
    body = [[*row[:3], str(row[3]).replace(".", ","), *row[4:]] for row in point_rows(bank)[1:]]
    return csv_of(heading, *body, separator=";")


def wide_table(bank: Bank) -> str:
    """A row for each question, its key points in numbered columns."""
    most = max(len(asked.points) for asked in bank)
    columns = [name for n in range(1, most + 1) for name in (f"要点{n}", f"分值{n}")]
    rows: list[list[object]] = [["编号", "题目", *columns, "来源", "误解"]]
    for asked in bank:
        cells = [cell for point in asked.points for cell in point]
        cells += [""] * (2 * most - len(cells))
        claims = "\n".join(f"- {wrong} → {right}" for wrong, right in asked.claims)
        rows.append([asked.id, asked.text, *cells, asked.source, claims])
    return csv_of(*rows)


def list_table(bank: Bank) -> str:
    """A row for each question, its key points in one cell."""
    rows: list[list[object]] = [["id", "question", "critères", "idées fausses", "référence"]]
    for asked in bank:
        points = "\n".join(f"• {text} ({worth:g} pts)" for text, worth in asked.points)
        claims = "\n".join(f"• {wrong} -> {right}" for wrong, right in asked.claims)
        rows.append([asked.id, asked.text, points, claims, asked.source])
    return csv_of(*rows)


def moodle_xml(bank: Bank) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n{"".join(map(_essay, bank))}</quiz>\n'


def _essay(asked: BankQuestion) -> str:
    escaped = html.escape
    points = "".join(f"<li>{escaped(text)} [{worth:g} P.]</li>" for text, worth in asked.points)
    claims = "".join(f"<li>{escaped(w)} → {escaped(r)}</li>" for w, r in asked.claims)
    wrong = f"<p>Häufige Fehler:</p><ul>{claims}</ul>" if claims else ""
    total = sum(worth for _, worth in asked.points)
    return (
        f'<question type="essay"><name><text>{asked.id}</text></name>\n'
        f'<questiontext format="html"><text><![CDATA[<p>{escaped(asked.text)}</p>]]></text>'
        f"</questiontext>\n<defaultgrade>{total:.7f}</defaultgrade>\n"
        f'<graderinfo format="html"><text><![CDATA[<p>Erwartet:</p><ul>{points}</ul>{wrong}'
        f"<p>Quelle: {asked.source}</p>]]></text></graderinfo></question>\n"
    )


def gift(bank: Bank) -> str:
    return "// a bank\n\n" + "\n\n".join(map(_gift, bank)) + "\n"


def _gift(asked: BankQuestion) -> str:
    points = [f"- {text} ({worth:g} P.)" for text, worth in asked.points]
    claims = [f"- {wrong} → {right}" for wrong, right in asked.claims]
    wrong = ["Häufige Fehler:", *claims] if claims else []
    lines = "\n".join([*points, *wrong, f"Quelle: {asked.source}"])
    for sign in "~=#{}:":
        lines = lines.replace(sign, f"\\{sign}")
    return f"::{asked.id}::{asked.text}{{####\n{lines}\n}}"


def markdown(bank: Bank) -> str:
    return "# Netze\n\n" + "\n".join(map(_markdown, bank))


def _markdown(asked: BankQuestion) -> str:
    points = "\n".join(f"* {text} ({worth:g} P.)" for text, worth in asked.points)
    claims = "\n".join(f"* {wrong} → {right}" for wrong, right in asked.claims)
    wrong = f"### Common mistakes\n\n{claims}\n\n" if claims else ""
    return f"## {asked.id}\n\n{asked.text}\n\n{points}\n\n{wrong}### Source\n\n{asked.source}\n"


def canvas_json(bank: Bank) -> str:
    """Assignments of Canvas's API with their rubrics; these know no sources and no claims."""

    def criterion(text: str, worth: float) -> dict[str, Any]:
        ratings = [{"description": "Full Marks", "points": worth}]
        ratings += [{"description": "No Marks", "points": 0.0}]
        return {"description": text, "points": worth, "ratings": ratings}

    return json.dumps(
        [
            {
                "name": asked.id,
                "description": f"<p>{html.escape(asked.text)}</p>",
                "rubric": [criterion(*point) for point in asked.points],
            }
            for asked in bank
        ]
    )


def canvas_csv(bank: Bank) -> str:
    """Canvas's rubrics; their title stands for the question."""
    rating = ("Rating Name", "Rating Description", "Rating Points")
    heading = ["Rubric Name", "Criteria Name", "Criteria Description", "Criteria Enable Range"]
    rows: list[list[object]] = [[*heading, *rating, *rating]]
    for asked in bank:
        for text, worth in asked.points:
            levels = ["Full Marks", "", worth, "No Marks", "", 0]
            rows.append([asked.text, text, "", "false", *levels])
    return csv_of(*rows)


def gradescope_json(bank: Bank) -> str:
    questions = [
        {"id": number, "title": asked.text, "scoring_type": "positive"}
        for number, asked in enumerate(bank)
    ]
    items = [
        {"question_id": number, "description": text, "weight": str(worth), "group_id": None}
        for number, asked in enumerate(bank)
        for text, worth in asked.points
    ]
    return json.dumps({"questions": questions, "rubric_items": items})


def label_studio_json(bank: Bank) -> str:
    return json.dumps(
        [
            {
                "id": number,
                "data": {
                    "question_id": asked.id,
                    "question": asked.text,
                    "rubric": [{"text": text, "points": worth} for text, worth in asked.points],
                    "misconceptions": [
                        {"misconception": wrong, "correction": right}
                        for wrong, right in asked.claims
                    ],
                    "source": asked.source,
                },
            }
            for number, asked in enumerate(bank)
        ],
        ensure_ascii=False,
    )


WHOLE: dict[str, Callable[[Bank], str]] = {
    "points.csv": long_table,
    "punkte.csv": german_table,
    "wide.csv": wide_table,
    "list.csv": list_table,
    "quiz.xml": moodle_xml,
    "bank.gift": gift,
    "notes.md": markdown,
    "tasks.json": label_studio_json,
}
"""Writers of formats that say everything a bank says, by the name of a file."""
BARE: dict[str, Callable[[Bank], str]] = {
    "assignments.json": canvas_json,
    "rubrics.csv": canvas_csv,
    "gradescope.json": gradescope_json,
}
"""Writers of formats that know questions and key points alone."""


def imported(folder: Path, name: str, text: str | bytes, **options: Any) -> ImportResult:
    """What is imported of a file called *name* with this content."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return import_rubrics([path], **options)


def says(rubric: Rubric, tag: str) -> tuple[object, ...]:
    """The question, its key points with points, and its wrong claims with corrections."""
    points = tuple((point.text(tag), point.weight) for point in rubric.key_points)
    claims = tuple((c.text(tag), c.correction.text(tag)) for c in rubric.misconceptions)
    return rubric.question.text(tag), points, claims
