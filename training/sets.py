"""What measures the judge: sets of labelled claims that were not trained on, as plain items.

An item is one answer in one way of asking, with a label for each of its claims. The shipped
questions and the attacks are in the repository; SAF's exam answers and REALSumm's human labels are
read from where the reader keeps them.
"""

import csv
import io
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader import answer
from grader.answer import Answer, has_content
from grader.errors import BadInput
from grader.judge import prompts
from grader.judge.base import language
from grader.judge.defences import each_left_out, look, own_text
from grader.judge.relevance import is_elsewhere
from grader.record import Verdict
from grader.rubric.files import load_rubrics
from grader.rubric.format import Rubric
from grader.rubric.labelled import labelled_of
from grader.text.sentences import sentences
from grader.trust.audit.cases import Attack, AttackCase, cases, load
from grader.util.files import data_folder
from tests.bench.saf import HALF
from training.questions import Question

WAYS = ("en", "zh", "en+", "own+", "both+")
"""How claims are put: in English, in Chinese, in the answer's language or in both; with ``+`` what
counts as half is told too."""
SHIPPED = (data_folder("rubrics"),)


@dataclass(frozen=True)
class Labelled:
    """One claim of an item with the label that people or the data gave it.

    Attributes:
        label: a verdict, ``yes`` or ``no`` for a misconception, None where there is none.
        lines: the numbers, from 1, of the lines that show it, where known.
    """

    id: str
    en: str
    zh: str
    partial: str | None = None
    weight: float = 1.0
    label: str | None = None
    lines: tuple[int, ...] = ()


@dataclass(frozen=True)
class Item:
    """One answer with its claims.

    Attributes:
        about: what the figures are broken down by: kind, language, human score, attack.
    """

    set: str
    question: str
    answer: str
    asked: dict[str, str]
    lines: tuple[str, ...]
    claims: tuple[Labelled, ...]
    about: dict[str, Any] = field(default_factory=dict)

    def prefix(self, way: str) -> str:
        """Returns the beginning of the requests when asked this *way*."""
        return prompts.prefix(self.asked[self._language(way)], self.lines)

    def suffix(self, claim: Labelled, way: str) -> str:
        """Returns the rest of the request for one claim."""
        text = {"en": claim.en, "zh": claim.zh}[self._language(way)]
        if way.startswith("both") and claim.en != claim.zh:
            text = f"{claim.en} / {claim.zh}"
        return prompts.suffix(text, claim.partial if way.endswith("+") else None)

    def _language(self, way: str) -> str:
        if way[:2] in ("en", "zh"):
            return way[:2]
        return "en" if self.about.get("language") == "en" else "zh"


def lines_of(text: str) -> tuple[str, ...]:
    """Returns the sentences of a text, as the judge is shown them."""
    return tuple(span.text for span in sentences(text))


def variants(read: Answer, asked: Rubric) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Gives what is left of an answer with all defences, with none, and with all but each, every
    different text once, with the names of those that leave it."""
    left: dict[tuple[str, ...], list[str]] = {}
    for name, defences in each_left_out().items():
        lines = tuple(line.shown for line in look(read, asked, defences).lines)
        left.setdefault(lines, []).append(name)
    for lines, names in left.items():
        yield lines, {"defences": names, "elsewhere": is_elsewhere(lines, asked)}


def of_training(questions: Sequence[Question], name: str) -> Iterator[Item]:
    """Gives the answers to training questions, for those that were left out of training."""
    for question in questions:
        for number, given in enumerate(question.answers):
            claims = tuple(
                Labelled(
                    *(claim.id, claim.en, claim.zh),
                    partial=claim.notes.partial if claim.notes else None,
                    label=given.level(claim.id),
                    lines=tuple(given.sentences(claim.id)),
                )
                for claim in question.claims.values()
            )
            yield Item(
                set=name,
                question=question.id,
                answer=f"{question.id}/{number}",
                asked=question.question.model_dump(),
                lines=tuple(given.s),
                claims=claims,
                about={"kind": given.kind, "language": given.lang},
            )


def of_shipped() -> Iterator[Item]:
    """Gives the labelled answers to the shipped questions, which are never trained on."""
    for asked in load_rubrics(SHIPPED):
        known = labelled_of(asked, SHIPPED)
        for one in known.answers if known else ():
            verdicts = {name: label.verdict.value for name, label in one.verdicts.items()}
            held = {m.id: "no" for m in asked.misconceptions}
            held |= dict.fromkeys(one.misconceptions, "yes")
            for lines, how in variants(answer.from_text(one.text, one.id), asked):
                yield Item(
                    set="shipped",
                    question=asked.id,
                    answer=f"{asked.id}/{one.id}",
                    asked=asked.question.model_dump(),
                    lines=lines,
                    claims=_claims(asked, verdicts | held),
                    about={"kind": one.kind, "language": one.language} | how,
                )


def _claims(asked: Rubric, labels: dict[str, str]) -> tuple[Labelled, ...]:
    points = [
        Labelled(p.id, p.en, p.zh, p.notes.partial, p.weight, labels.get(p.id))
        for p in asked.key_points
    ]
    wrong = [
        Labelled(m.id, m.en, m.zh, None, 0, labels[m.id])
        for m in asked.misconceptions
        if m.id in labels
    ]
    return (*points, *wrong)


def of_attacks(texts: Path | None = None) -> Iterator[Item]:
    """Gives every attack on every shipped question, and the answers that they were put beside."""
    for source, attacks in (("suite", load()), ("published", published(texts))):
        for asked in load_rubrics(SHIPPED):
            given = list(cases([asked], attacks, SHIPPED))
            bases = {case.base.id: case.base for case in given if case.base}
            for base in bases.values():
                yield from _attacked(source, asked, f"{asked.id}/{base.id}", base.text, {})
            for case in given:
                yield from _attacked(source, asked, case.id, case.text, _about(case))


def _about(case: AttackCase) -> dict[str, Any]:
    return {
        "attack": case.attack.id,
        "kind": case.attack.kind,
        "expect": case.attack.expect,
        "base": f"{case.rubric.id}/{case.base.id}" if case.base else None,
    }


def _attacked(
    source: str, asked: Rubric, name: str, text: str, about: dict[str, Any]
) -> Iterator[Item]:
    try:
        read = answer.from_text(text, name)
    except BadInput:  # refused before anybody judges it
        return
    graded = has_content(own_text(read), (asked.question.en, asked.question.zh))
    known = about | {"language": language(text), "by_code": not graded}
    for lines, how in variants(read, asked):
        question, claims = asked.question.model_dump(), _claims(asked, {})
        yield Item(f"attack-{source}", asked.id, name, question, lines, claims, known | how)


def published(path: Path | None) -> tuple[Attack, ...]:
    """Returns the published texts of a JSON Lines file as attacks of the suite's format."""
    if path is None or not path.exists():
        return ()
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return tuple(_as_attack(row) for row in rows)


_EXPECT = {"no_credit": "no-credit", "no_change": "no-gain", "credit_unchanged": "no-loss"}
_PLACES = {
    "{QUESTION}": "$question",
    "{KEYPOINT_TITLES}": "$ids",
    "{KEYWORDS_JOINED_BY_COMMAS}": "$keywords",
    "{WRONG_CLAIM}": "$wrong",
    "{KEYPOINT_TEXT_NEGATED}": "$negated",
    "{EMPTY}": "",
    "{WRONG_ANSWER}": "",
    "{ANSWER}": "",
}


def _as_attack(row: dict[str, Any]) -> Attack:
    text = row["text"].replace("$", "$$")
    for old, new in _PLACES.items():
        text = text.replace(old, new)
    expect = _EXPECT[row["expect"]]
    alone = expect == "no-credit"
    place = "whole" if alone else "prepend" if row["placement"] == "prepend" else "append"
    language = row["lang"] if row["lang"] in ("en", "zh") else "any"
    return Attack.model_validate(
        {
            "id": row["name"].lower().replace("_", "-"),
            "kind": row["kind"].replace("_", "-"),
            "language": language,
            "expect": expect,
            "place": place,
            "text": text.strip() or text,
        }
    )


def of_saf(folder_: Path) -> Iterator[Item]:
    """Gives SAF's exam answers, each with one human score from 0 to 1."""
    questions = {
        q["question_id"]: q
        for q in json.loads((folder_ / "saf-en-questions.json").read_text(encoding="utf-8"))
    }
    for line in (folder_ / "saf-en-answers.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        asked = questions[row["question_id"]]
        text = " ".join(asked["question"].split())
        yield Item(
            set="saf",
            question=row["question_id"],
            answer=row["answer_id"],
            asked={"en": text, "zh": text},
            lines=lines_of(row["answer"]) or ("-",),
            claims=tuple(
                Labelled(p["id"], p["text"], p["text"], HALF, weight=p["points"])
                for p in asked["key_points"]
            ),
            about={
                "language": "en",
                "score": row["human_score"],
                "small": row["small"],
                "split": row["split"],
            },
        )


_STATEMENT = re.compile(r"Input\.statement_(\d+)")


def of_realsumm(sheets: dict[str, str], summaries: int, seed: int = 0) -> Iterator[Item]:
    """Gives a sample of REALSumm's labels (Bhandari et al. 2020): is a fact in a summary?

    Args:
        sheets: the CSV files of `SCU_rating_results_abs_systems`, by name.
        summaries: how many to draw.
    """
    judged: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for name, sheet in sorted(sheets.items()):
        for row in csv.DictReader(io.StringIO(sheet)):
            judged[name, row["Input.eventId"]].append(row)
    dice = random.Random(seed)  # noqa: S311 - a draw that can be repeated
    for name, event in dice.sample(sorted(judged), summaries):
        claims: list[Labelled] = []
        people: dict[str, list[bool]] = {}
        for row in judged[name, event]:
            for column in row:
                place = _STATEMENT.fullmatch(column or "")
                if not place or row[column] in ("", "BLANK"):
                    continue
                text, said = row[column], row[f"Answer.S{place[1]}Answer"]
                people.setdefault(text, []).append(said == "p")
        for number, (text, said_) in enumerate(people.items()):
            label = Verdict.MET if 2 * sum(said_) > len(said_) else Verdict.MISSED
            claims.append(Labelled(str(number), text, text, label=label.value))
        summary = judged[name, event][0]["Input.summary_text"]
        yield Item(
            set="realsumm",
            question=event,
            answer=f"{name}/{event}",
            asked={"en": "", "zh": ""},
            lines=lines_of(summary),
            claims=tuple(claims),
            about={"language": "en", "people": [people[c.en] for c in claims]},
        )
