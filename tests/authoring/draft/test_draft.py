"""A draft says what the source says: no key point without words that code found there."""

import asyncio
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.authoring.check.run import check_rubric
from grader.authoring.draft.assemble import Draft, assemble, restates
from grader.authoring.draft.blocks import of_text
from grader.authoring.draft.file import diff, toml
from grader.authoring.draft.proposal import Proposal, propose
from grader.authoring.draft.source import SourceText, read
from grader.authoring.draft.steps import Steps
from grader.errors import Failed
from grader.llm.request import Reply, Request, Unusable
from grader.rubric.files import read_rubric
from tests.support.drafts import GOOD, NOTES, TCP, changed, claim, point
from tests.support.fakes import FakeModel, completion


def drafted(proposal: dict[str, Any], path: Path = TCP) -> Draft:
    return assemble(Proposal.model_validate(proposal), read(path), "tcp-handshake")


def written(draft: Draft, folder: Path) -> Path:
    path = folder / "tcp-handshake.toml"
    path.write_text(toml(draft, "a model", "Read it."), encoding="utf-8")
    return path


def test_a_draft_is_a_rubric_file_that_passes_the_check(tmp_path: Path) -> None:
    path = written(drafted(GOOD), tmp_path)
    assert [str(finding) for finding in check_rubric(path)] == []
    rubric = read_rubric(path)
    assert [p.id for p in rubric.key_points] == ["three-segments", "own-fin", "reset"]
    assert [p.weight for p in rubric.key_points] == [3, 3, 2]
    assert rubric.misconceptions[0].contradicts == ("own-fin",)


def test_every_key_point_carries_the_sources_own_words_and_their_place() -> None:
    source = (
        drafted(
            changed(key_points=[point("a connection opens with THREE segments : SYN", "three")])
        )
        .rubric.key_points[0]
        .sources[0]
    )
    assert source.quote == "A connection opens with three segments: SYN"
    assert source.section == "Opening, line 5"


def test_an_invented_quotation_lets_nothing_through() -> None:
    invented = [
        point("A connection opens with four segments.", "four"),
        point("TCP was invented in 1974 by Cerf and Kahn.", "history"),
        point("", "empty"),
        point("How TCP opens and closes a connection", "heading"),
    ]
    draft = drafted(changed(key_points=[*GOOD["key_points"], *invented]))
    assert [p.id for p in draft.rubric.key_points] == ["three-segments", "own-fin", "reset"]
    assert len(draft.dropped) == 4
    with pytest.raises(Failed, match="4 proposed"):
        drafted(changed(key_points=invented, misconceptions=[]))


def test_a_misconception_with_an_invented_quotation_is_not_written_either() -> None:
    draft = drafted(changed(misconceptions=[claim("A SYN is free of charge.", "free")]))
    assert draft.rubric.misconceptions == ()


def test_a_statement_that_the_source_is_unsure_of_is_left_to_a_person(tmp_path: Path) -> None:
    unsure = point("Linux probably waits 60 seconds in TIME_WAIT", "linux-wait")
    draft = drafted(changed(key_points=[*GOOD["key_points"], unsure]))
    assert "linux-wait" not in {p.id for p in draft.rubric.key_points}
    (doubt,) = draft.doubts
    assert "probably" in doubt.why
    assert "Linux probably waits" in written(draft, tmp_path).read_text(encoding="utf-8")


def test_statements_that_contradict_each_other_are_left_to_a_person() -> None:
    both = [
        point("随机主键会插入到任意的叶子页,引起频繁的页分裂,页的填充率只有约 70%", "seventy"),
        point("所有行指针都在叶子节点里", "leaves"),
    ]
    draft = drafted(changed(key_points=both, misconceptions=[]), NOTES / "b-tree-index.txt")
    assert [p.id for p in draft.rubric.key_points] == ["leaves"]
    assert [d.said.line for d in draft.doubts] == [13, 14]
    assert "50%" in draft.doubts[0].why


def test_a_negation_elsewhere_is_a_contradiction_too() -> None:
    text = (
        "The cache is shared by all cores.\n\nThe cache is not shared by all cores.\n\nIt is big."
    )
    source = SourceText("x", tuple(of_text(text)))
    proposal = changed(key_points=[point("The cache is shared by all cores", "shared")])
    with pytest.raises(Failed, match="2 doubtful"):
        assemble(Proposal.model_validate({**proposal, "misconceptions": []}), source, "x")


def test_what_the_model_doubts_is_no_key_point() -> None:
    doubt = {"quote": "Each direction is closed by its own FIN", "why": "half-close is left out"}
    draft = drafted(changed(doubts=[doubt, {"quote": "not there at all", "why": "?"}]))
    assert [p.id for p in draft.rubric.key_points] == ["three-segments", "reset"]
    assert [d.why for d in draft.doubts] == ["half-close is left out"]


def test_ids_are_made_to_fit_and_twins_are_dropped() -> None:
    first, *rest = GOOD["key_points"]
    odd = {**rest[0], "id": "Three Segments!", "en": "Every direction needs a FIN of its own."}
    ids = [p.id for p in drafted(changed(key_points=[first, odd, first])).rubric.key_points]
    assert ids == ["three-segments", "three-segments-2"]


def test_a_claim_without_a_translation_is_not_written() -> None:
    draft = drafted(
        changed(key_points=[*GOOD["key_points"][:2], {**GOOD["key_points"][2], "zh": " "}])
    )
    assert [p.id for p in draft.rubric.key_points] == ["three-segments", "own-fin"]


def test_no_more_than_eight_key_points_are_written_the_weightiest_first() -> None:
    source = SourceText(
        "x",
        tuple(of_text("\n\n".join(f"Fact {c} concerns {c * 9} {c * 5}." for c in "abcdefghijkl"))),
    )
    points = [
        point(
            f"Fact {c} concerns {c * 9} {c * 5}.", c * 3, importance="bonus" if c < "e" else "core"
        )
        for c in "abcdefghijkl"
    ]
    rubric = assemble(Proposal.model_validate(changed(key_points=points)), source, "x").rubric
    assert [p.id[0] for p in rubric.key_points] == list("efghijkl")


def test_the_model_is_shown_the_source_between_marks_that_it_cannot_hold() -> None:
    model = FakeModel(completion(json.dumps(GOOD)))
    source = read(TCP)
    found = asyncio.run(propose(source, "Why?", model.ask, {"temperature": 0}))
    assert len(found.key_points) == 3
    (request,) = model.asked
    asked = request.body["messages"][-1]["content"]
    mark = f"-----{source.digest[7:39]}-----"
    assert asked.count(mark) == 2
    assert asked.rstrip().endswith(mark)
    assert request.body["temperature"] == 0
    assert request.body["response_format"]["json_schema"]["strict"] is True


@pytest.mark.parametrize("reply", ["no JSON", "[]", '{"key_points": 1}', "[" * 9999])
def test_a_reply_that_is_no_proposal_is_told_as_such(reply: str) -> None:
    model = FakeModel(completion(reply))
    with pytest.raises(Unusable):
        asyncio.run(propose(read(TCP), "", model.ask, {}))


def small(request: Request) -> Reply:
    """A small model: longer sentences matter more, and translations are hardly any."""
    text = request.body["messages"][-1]["content"]
    if request.body.get("logprobs"):
        odds = {"Yes": -0.1 * len(text) % 3 - 1, "No": -1.0}
        return Reply(body=completion("Yes", logprobs=odds))
    letters = [chr(97 + ord(char) % 26) for char in text.rpartition("\n")[2]]
    words = " ".join("".join(letters[n : n + 5]) for n in range(0, 60, 5))
    said = f"译文 {words}" if "into Chinese" in text else f"Translated {words}"
    return Reply(body=completion(json.dumps({"text": said})))


@pytest.mark.parametrize("name", ["tcp-handshake.md", "b-tree-index.txt", "http-caching.html"])
def test_in_small_steps_every_key_point_is_a_sentence_of_the_source(name: str) -> None:
    source = read(NOTES / name)
    found = asyncio.run(Steps(FakeModel(small).ask).propose(source, "How does it work?"))
    draft = assemble(found, source, "x")
    said = {s.text for s in source.statements}
    for p in draft.rubric.key_points:
        assert {p.en, p.zh} & {*said, *(s.rstrip(";") for s in said)}
        assert any(p.sources[0].quote in (s, s.rstrip(".。;")) for s in said)


@pytest.mark.parametrize("reply", ["", "没有翻译", "It has 4096 levels", "far too long " * 20])
def test_in_small_steps_a_translation_that_is_none_lets_the_sentence_out(reply: str) -> None:
    def poor(request: Request) -> Reply:
        if request.body.get("logprobs"):
            return Reply(body=completion("Yes", logprobs={"Yes": -0.1, "No": -2.0}))
        return Reply(body=completion(json.dumps({"text": reply})))

    source = read(NOTES / "b-tree-index.txt")
    found = asyncio.run(Steps(FakeModel(poor).ask).propose(source, "为什么?"))
    assert found.key_points == ()


@pytest.mark.parametrize(
    ("claim", "same"),
    [
        ("A full close takes up to four segments.", True),
        ("A full close never takes up to four segments.", False),
        ("A full close takes up to 3 segments.", False),
        ("A close is acknowledged by the router.", False),
    ],
)
def test_a_wrong_claim_must_differ_from_the_fact(claim: str, same: bool) -> None:
    assert (
        restates(claim, "Each side sends a FIN, so a full close takes up to four segments") == same
    )


def test_in_small_steps_unsure_sentences_are_told_and_not_asked_about() -> None:
    model = FakeModel(small)
    source = read(TCP)
    found = asyncio.run(Steps(model.ask).propose(source, "How does it work?"))
    assert any("probably" in doubt.quote for doubt in found.doubts)
    asked = json.dumps([r.body for r in model.asked])
    assert "probably" not in asked


def test_of_a_long_source_the_rest_is_told() -> None:
    text = "\n\n".join(f"Statement {n} says that value {n} equals {n} units." for n in range(70))
    steps = Steps(FakeModel(small).ask)
    asyncio.run(steps.propose(SourceText("x", tuple(of_text(text))), "Which?"))
    assert steps.passed_over == 10


def test_a_diff_shows_what_a_new_draft_would_change() -> None:
    shown = diff("a\nb", "a\nc\n", "x.toml")
    assert "-b\n" in shown
    assert "+c\n" in shown


HOSTILE = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from("\"'\\#\n\r\u2028\u202e\u0085[]=")),
    max_size=80,
)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(st.lists(HOSTILE, max_size=4), HOSTILE, HOSTILE)
def test_no_source_and_no_model_gets_an_unfound_quotation_or_broken_toml_through(
    paragraphs: list[str], quote: str, words: str
) -> None:
    fact = "Every bank of shared memory serves four bytes"
    source = SourceText("x", tuple(of_text("\n\n".join([*paragraphs, fact]))))
    points = [
        point(q, words, en=f"{words}{q} x", zh=f"{q}{words} 字") for q in (quote, *paragraphs)
    ]
    doubts = [{"quote": fact, "why": words}, {"quote": quote, "why": words}]
    proposal = changed(
        key_points=[*points, point("serves four bytes of memory", "no"), point(fact, "fact")],
        misconceptions=[claim(fact, words), claim(quote, words)],
        question_en=words,
    )
    for kept in ([], doubts[1:]):
        proposal["doubts"] = kept
        draft = assemble(Proposal.model_validate(proposal), source, "x")
        cited = [p.sources[0] for p in draft.rubric.key_points]
        cited += [m.sources[0] for m in draft.rubric.misconceptions]
        for said in cited:
            assert said.quote is not None
            assert source.find(said.quote) is not None
        read_back = tomllib.loads(toml(draft, words, words))
        assert type(draft.rubric).model_validate(read_back) == draft.rubric
