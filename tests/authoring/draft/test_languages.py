"""A draft is in the languages that were asked for, one or several, whatever their script."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from grader.authoring.check.run import check_rubric
from grader.authoring.check.words import likeness, tokens
from grader.authoring.draft.assemble import assemble
from grader.authoring.draft.file import toml
from grader.authoring.draft.proposal import BOTH, Proposal, propose, schema
from grader.authoring.draft.source import read
from grader.authoring.draft.steps import Steps
from grader.llm.request import Reply, Request, Unusable, said
from grader.rubric.files import read_rubric
from tests.support.drafts import GOOD, TCP
from tests.support.fakes import FakeModel, completion

SOURCES = {
    "de": "Die Verbindung entsteht durch drei Segmente: SYN, SYN-ACK und ACK.",
    "ru": "Соединение устанавливается тремя сегментами: SYN, SYN-ACK и ACK.",
    "ja": "接続は三つのセグメントで確立される。最初に送られるのはSYNである。",
    "ko": "연결은 세 개의 세그먼트로 시작되며 첫 세그먼트는 SYN 이다.",
    "el": "Η σύνδεση ανοίγει με τρία τμήματα: SYN, SYN-ACK και ACK.",
}
WRONG = {
    "de": "Ein einziges Paket genügt dafür.",
    "ru": "Для этого достаточно одного пакета.",
    "ja": "一つのパケットで十分である。",
    "ko": "패킷 하나면 충분하다.",
    "el": "Αρκεί ένα μόνο πακέτο.",
}


def proposed(quote: str, *languages: str) -> dict[str, Any]:
    """A proposal of one key point and one misconception, worded in *languages*."""
    return {
        **{f"question_{tag}": f"? {tag}" for tag in languages},
        "key_points": [{
            "quote": quote, "id": "segments", "met": "all three", "partial": "two",
            "missed": "absent", "importance": "core", **{tag: SOURCES[tag] for tag in languages},
        }],
        "misconceptions": [{
            "quote": quote, "id": "single-packet", "contradicts": ["segments"],
            **{tag: WRONG[tag] for tag in languages},
            **{f"correction_{tag}": SOURCES[tag] for tag in languages},
        }],
        "doubts": [],
    }  # fmt: skip


def source(folder: Path, language: str) -> Path:
    path = folder / "notes.md"
    path.write_text(f"# TCP\n\n{SOURCES[language]}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("language", SOURCES)
def test_a_draft_in_one_language_has_it_alone_and_passes_the_check(
    tmp_path: Path, language: str
) -> None:
    model = FakeModel(completion(json.dumps(proposed(SOURCES[language], language))))
    text = read(source(tmp_path, language))
    found = asyncio.run(propose(text, "", model.ask, {}, (language,)))
    draft = assemble(found, text, "tcp", (language,))
    path = tmp_path / "tcp.toml"
    path.write_text(toml(draft, "m", "Read it."), encoding="utf-8")
    rubric = read_rubric(path)
    assert {tag for _, _, worded in rubric.worded() for tag in worded.texts} == {language}
    assert rubric.key_points[0].sources[0].quote == SOURCES[language].rstrip(".")
    assert {finding.rule for finding in check_rubric(path)} <= {"too-few", "weights"}


def test_a_draft_in_several_languages_has_every_text_in_each(tmp_path: Path) -> None:
    model = FakeModel(completion(json.dumps(proposed(SOURCES["de"], "de", "ru"))))
    text = read(source(tmp_path, "de"))
    found = asyncio.run(propose(text, "", model.ask, {}, ("de", "ru")))
    rubric = assemble(found, text, "tcp", ("de", "ru")).rubric
    assert all(set(worded.texts) == {"de", "ru"} for _, _, worded in rubric.worded())
    (asked,) = model.asked
    assert "in each of the languages de, ru (BCP 47 tags)" in said(asked.body)
    assert "Chinese" not in said(asked.body)


def test_a_reply_that_lacks_one_of_the_languages_is_no_proposal(tmp_path: Path) -> None:
    model = FakeModel(completion(json.dumps(proposed(SOURCES["de"], "de"))))
    with pytest.raises(Unusable):
        asyncio.run(propose(read(source(tmp_path, "de")), "", model.ask, {}, ("de", "ru")))


def test_where_none_are_asked_for_a_draft_is_in_english_and_chinese_as_ever() -> None:
    model = FakeModel(completion(json.dumps(GOOD)))
    asyncio.run(propose(read(TCP), "", model.ask, {}))
    (asked,) = model.asked
    assert "- en, zh: the same one short claim in English and in Chinese" in said(asked.body)
    assert asked.body["response_format"]["json_schema"]["schema"] == schema(BOTH)


def test_a_small_model_takes_the_sentences_of_the_one_language_as_they_stand(
    tmp_path: Path,
) -> None:
    def reply(request: Request) -> Reply:
        if request.body.get("logprobs"):
            return Reply(body=completion("Yes", logprobs={"Yes": -0.1, "No": -3.0}))
        return Reply(body=completion(json.dumps({"text": WRONG["de"]})))

    model = FakeModel(reply)
    text = read(source(tmp_path, "de"))
    found = asyncio.run(Steps(model.ask, languages=("de",)).propose(text, "Was leistet TCP?"))
    assert isinstance(found, Proposal)
    rubric = assemble(found, text, "tcp", ("de",)).rubric
    assert rubric.key_points[0].texts == {"de": SOURCES["de"].rstrip()}
    assert rubric.misconceptions[0].texts == {"de": WRONG["de"]}
    assert not any("Translate" in said(request.body) for request in model.asked)


@pytest.mark.parametrize("language", SOURCES)
def test_likeness_reads_every_script(language: str) -> None:
    assert len(tokens(SOURCES[language])) >= 3
    assert likeness(SOURCES[language], SOURCES[language]) == 1
    assert likeness(SOURCES[language], WRONG[language]) < 0.3


def test_words_with_accents_are_whole_words() -> None:
    assert tokens("Größe löst") == {"größe".casefold(), "löst"}
    assert tokens("GPU缓存 3d") == {"gpu", "缓存", "3", "d"}
