"""What the views of an answer promise: whatever stands beside it, the labels stay true."""

import re
from collections.abc import Iterator

import pytest

from grader.judge import prompts
from grader.record import Verdict
from tests.training.made import LABELS, NOTES, POINTS, WRONG, question
from training import views as made
from training.questions import Claim, Question, read_all
from training.views import Target, View, views

WORD = {"met": "Yes", "partial": "Half", "missed": "No", "contradicted": "Wrong"}
WORD |= {"yes": "Yes", "no": "No"}
BOTH = [question(), question("dogs", lang="zh")]


def lines_of(view: View) -> list[str]:
    """The numbered lines of a view's answer."""
    return re.findall(r"^\[\d+\] (.*)$", view.prefix, re.MULTILINE)


def put(claims: dict[str, tuple[str, str]]) -> dict[str, str]:
    """Every way of putting each claim, with the claim's id."""
    return {
        prompts.suffix(text, partial): name
        for name, (en, zh) in claims.items()
        for text in (en, zh, f"{en} / {zh}")
        for partial in (None, NOTES["partial"])
    }


CLAIM_OF = put(POINTS | WRONG)


def beside(seeds: int = 10) -> Iterator[tuple[str, View]]:
    """Views of the answers themselves, with the name of the question that each belongs to."""
    for seed in range(seeds):
        for n, seen in enumerate(views(BOTH, seed, alone=0)):
            for view in seen:
                yield BOTH[n // 7].id, view


def test_text_beside_an_answer_changes_no_label_and_moves_sentences_by_what_is_before() -> None:
    moved = 0
    for name, view in beside():
        lines = lines_of(view)
        before = lines.index(f"{name} first.")
        moved += bool(before)
        assert lines[before + 1] == f"{name} second."
        for target in view.targets:
            level, *shown = LABELS[CLAIM_OF[target.suffix]].split()
            possible = {f"{WORD[level]} [{before + int(n)}]" for n in shown} or {WORD[level]}
            assert target.reply in possible
    assert moved > 10


def test_all_claims_of_an_answer_stand_in_each_of_its_views() -> None:
    for _, view in beside(1):
        assert sorted(CLAIM_OF[t.suffix] for t in view.targets) == sorted(LABELS)


def test_only_a_misconception_that_is_not_asserted_may_be_called_wrong_too() -> None:
    for _, view in beside(1):
        for target in view.targets:
            assert target.either == (CLAIM_OF[target.suffix] == "w1")


def test_both_sentences_that_show_a_label_are_pointed_at_in_turn() -> None:
    plain = [v for _, v in beside() if len(lines_of(v)) == 2]
    replies = {t.reply for v in plain for t in v.targets if CLAIM_OF[t.suffix] == "p4"}
    assert {"Wrong [1]", "Wrong [2]"} <= replies


def test_views_differ_in_the_form_of_a_claim() -> None:
    seen = {t.suffix for _, v in beside() for t in v.targets}
    assert seen == {form for form in CLAIM_OF if CLAIM_OF[form] not in WRONG or "Half:" not in form}


def test_a_claim_of_another_subject_is_not_made() -> None:
    stars = question("stars", "astronomy")
    points = [Claim(id=p.id, en="A star shines.", zh="恒星发光。") for p in stars.points]
    both = [question(), stars.model_copy(update={"points": points})]
    shining = {prompts.suffix(text) for text in ("A star shines.", "恒星发光。")}
    shining.add(prompts.suffix("A star shines. / 恒星发光。"))
    for questions, others in ((both, None), (both[:1], both[1:])):
        seen = views(questions, 0, others=others, alone=0)[:7]
        found = [t for each in seen for view in each for t in view.targets]
        foreign = [t for t in found if t.suffix in shining]
        assert foreign
        assert {(t.reply, t.either) for t in foreign} == {("No", False)}


def test_a_claim_of_the_same_subject_is_never_taken_for_another_subjects() -> None:
    for _, view in beside():
        assert len(view.targets) == len(LABELS)


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0, 0), (0.5, 50, 90), (1.0, 140, 140)])
def test_texts_alone_come_as_often_as_asked_for(share: float, least: int, most: int) -> None:
    more = [views(BOTH, seed, alone=share) for seed in range(10)]
    assert least <= sum(map(len, more)) - 140 <= most


def alone(questions: list[Question]) -> list[View]:
    """Views of texts without an answer."""
    first = {q.answers[0].s[0] for q in questions}
    found = views(questions, 1, alone=1)
    return [v for seen in found for v in seen if not first & set(lines_of(v))]


def test_a_text_alone_earns_nothing_and_a_negated_rubric_contradicts() -> None:
    seen = alone(BOTH)
    assert len(seen) == made.VIEWS * 14
    negated = [v for v in seen if any("not true" in t or "并非" in t for t in lines_of(v))]
    assert negated
    for view in seen:
        words = {t.reply.split()[0] for t in view.targets}
        assert words == ({"Wrong"} if view in negated else {"No"})


@pytest.mark.parametrize("name", ["en", "zh"])
def test_of_a_negated_rubric_the_sentence_that_denies_the_claim_is_pointed_at(name: str) -> None:
    begins = {"en": "It is not true that", "zh": "并非如此"}[name]
    checked = 0
    for view in alone(BOTH):
        lines = lines_of(view)
        if not lines[0].startswith(begins):
            continue
        for target in view.targets:
            text = POINTS[CLAIM_OF[target.suffix]][name == "zh"]
            number = int(target.reply.removeprefix("Wrong [").removesuffix("]"))
            assert lines[number - 1].startswith(begins)
            assert text[1:15].rstrip("。.") in lines[number - 1]
            checked += 1
    assert checked


def test_without_notes_nothing_is_told_of_what_counts_as_half() -> None:
    bare = question()
    points = [Claim(id=p.id, en=p.en, zh=p.zh) for p in bare.points]
    found = views([bare.model_copy(update={"points": points})], 0)
    assert not any("Half:" in t.suffix for seen in found for v in seen for t in v.targets)


def test_the_same_seed_gives_the_same_views() -> None:
    assert views(BOTH, 5) == views(BOTH, 5)
    assert views(BOTH, 5) != views(BOTH, 6)


def test_every_shipped_answer_has_its_views_and_its_sentences_in_them() -> None:
    questions = next(iter(read_all().values()))[:5]
    found = views(questions, 0, alone=0)
    assert len(found) == sum(len(q.answers) for q in questions)
    for seen in found:
        assert len(seen) == made.VIEWS
        for target in (t for view in seen for t in view.targets):
            assert isinstance(target, Target)
            assert target.reply.split()[0] in prompts.WORDS.values()


def test_a_reply_is_the_word_and_the_number_of_the_sentence() -> None:
    assert prompts.reply(Verdict.PARTIAL, 12) == "Half [12]"
    assert prompts.reply(Verdict.MISSED, None) == "No"
