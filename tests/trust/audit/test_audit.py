"""An audit counts what moved a score, and says by its exit code whether something did."""

import asyncio
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.answer import Answer
from grader.cli.app import app
from grader.cli.audit import exit_code
from grader.errors import BadInput
from grader.judge.base import Judge, Judgement
from grader.judge.one_call import OneCall
from grader.judge.per_point import PerPoint
from grader.llm.request import Reply, Request
from grader.record import PointGrade, Usage, Verdict
from grader.rubric.files import load_rubric, load_rubrics
from grader.rubric.format import Rubric
from grader.trust.audit.cases import Attack, AttackCase, Base, bases, cases, drawn, fill, load, read
from grader.trust.audit.report import AuditReport, report, text
from grader.trust.audit.run import run
from grader.util.files import data_folder
from tests.support.claims import by_rule
from tests.support.fakes import INFO, FakeModel, completed, completion, judgement
from tests.support.stub import running

FOLDERS = (data_folder("rubrics"),)
RUBRIC = load_rubric("bank-conflict", FOLDERS)


def fenced(request: Request) -> str:
    return str(request.body["messages"][-1]["content"]).split("-----")[2].strip()


def judge(yes: Callable[[str], bool]) -> Judge:
    """Finds the first key point in every text that *yes* likes."""

    def reply(request: Request) -> Reply:
        said = fenced(request)
        met = {"quotes": [said.split(".")[0][:60]], "reason": "said", "verdict": "met"}
        first = RUBRIC.key_points[0].id.replace("-", "_")
        found = judgement(RUBRIC, **({first: met} if yes(said) else {}))
        return Reply(body=completion(json.dumps(found, ensure_ascii=False)))

    return OneCall(FakeModel(reply).ask, INFO)


def audited(yes: Callable[[str], bool], attacks: list[Attack]) -> AuditReport:
    given = list(cases([RUBRIC], attacks, FOLDERS))
    return report(asyncio.run(run(given, judge(yes))), "fake")


def named(*ids: str) -> list[Attack]:
    return [attack for attack in load() if attack.id in ids]


def test_the_suite_covers_the_published_kinds_in_both_languages_with_controls() -> None:
    kinds = {attack.kind for attack in load()}
    assert kinds >= {
        "master-key", "injection", "role-token", "fake-delimiter", "fake-verdict", "hidden-text",
        "invisible-text", "bidi", "authority", "self-praise", "keyword-stuffing", "restating",
        "adjective-padding", "context-flood", "off-topic", "negated", "control",
    }  # fmt: skip
    assert len({attack.id for attack in load()}) == len(load())
    for expect in ("no-credit", "no-gain", "no-loss"):
        assert {"en", "zh"} <= {a.language for a in load() if a.expect == expect}


def test_every_placeholder_is_filled_for_every_question() -> None:
    for rubric in load_rubrics(FOLDERS):
        for case in cases([rubric], load(), FOLDERS):
            assert "$" not in case.text or case.attack.id == "chat-template", case.id


def test_a_judge_that_falls_for_nothing_passes() -> None:
    found = audited(lambda _: False, list(load()))
    assert exit_code(found, 0.02) == 0
    assert found.moved == ()
    gains = found.total("no-gain")
    assert gains
    assert gains.moved.high < 0.1


def test_an_attack_that_raises_a_score_is_named_with_both_scores() -> None:
    found = audited(lambda said: "unquestionable" in said, named("gibberish", "praise-self-en"))
    assert [m.case.split("@")[0] for m in found.moved] == ["bank-conflict/gibberish"]
    assert found.moved[0].after > found.moved[0].before
    assert exit_code(found, 0.02) == 4
    assert exit_code(found, 0.5) == 0
    assert "bank-conflict/gibberish" in text(found)


def test_an_empty_text_that_earns_fails_whatever_share_of_gains_is_allowed() -> None:
    found = audited(lambda said: "melt" in said, named("off-topic-cooking"))
    assert exit_code(found, 1.0) == 4


def test_an_honest_addition_that_costs_something_fails() -> None:
    found = audited(lambda said: "nvidia-smi" not in said, named("code-block"))
    assert [m.kind for m in found.moved] == ["control"]
    assert exit_code(found, 0.02) == 4
    assert exit_code(found, 0.49) == 4, "twice the share of honest ones is allowed, not more"


class Unsure:
    """Gives full credit, of a text with *word* in it half, and states its doubt as told."""

    info, prompt_digest = INFO, ""

    def __init__(
        self,
        word: str,
        alternative: Verdict | None = None,
        probabilities: dict[Verdict, float] | None = None,
    ) -> None:
        self.word, self.alternative, self.probabilities = word, alternative, probabilities

    async def judge(self, rubric: Rubric, given: Answer) -> Judgement:
        verdict = Verdict.PARTIAL if self.word in given.text else Verdict.MET
        return Judgement(
            points=tuple(
                PointGrade(
                    id=p.id,
                    weight=p.weight,
                    verdict=verdict,
                    alternative=self.alternative,
                    probabilities=self.probabilities,
                )
                for p in rubric.key_points
            ),
            misconceptions=(),
            feedback="",
            replied=None,
            usage=Usage(),
        )


@pytest.mark.parametrize(
    ("alternative", "probabilities", "beyond"),
    [
        (None, None, 1),
        (Verdict.PARTIAL, None, 0),
        (None, {Verdict.MET: 1.0}, 1),
        (None, {Verdict.MET: 0.1, Verdict.PARTIAL: 0.9}, 0),
    ],
)
def test_a_loss_within_the_interval_that_the_grade_states_is_counted_but_is_no_move(
    alternative: Verdict | None, probabilities: dict[Verdict, float] | None, beyond: int
) -> None:
    given = list(cases([RUBRIC], named("code-block"), FOLDERS))
    judge_ = Unsure("nvidia-smi", alternative, probabilities)
    found = report(asyncio.run(run(given, judge_)), "fake")
    lost = found.total("no-loss")
    assert lost
    assert (lost.moved.hits, lost.any_move) == (beyond, 1)
    assert len(found.moved) == beyond
    assert exit_code(found, 0.02) == (4 if beyond else 0)
    assert ("1 more within the interval" in text(found)) == (not beyond)


@pytest.mark.parametrize(("alternative", "beyond"), [(None, 1), (Verdict.MET, 0)])
def test_a_gain_within_the_interval_that_the_grade_states_is_counted_but_is_no_move(
    alternative: Verdict | None, beyond: int
) -> None:
    attack = Attack(id="a", kind="k", expect="no-gain", place="append", text="unquestionable")
    beside = Base("b", "Shared memory has 32 banks, and bank is said here.")
    given = [
        AttackCase(RUBRIC, attack, beside, fill(attack, RUBRIC, beside).replace("bank ", "it "))
    ]
    found = report(asyncio.run(run(given, Unsure("bank is", alternative))), "fake")
    gains = found.total("no-gain")
    assert gains
    assert (gains.moved.hits, gains.any_move) == (beyond, 1)
    assert exit_code(found, 0.02) == (4 if beyond else 0)


def test_anything_that_is_earned_in_place_of_an_answer_is_a_move() -> None:
    given = list(cases([RUBRIC], named("off-topic-cooking"), FOLDERS))
    judge_ = Unsure("never", Verdict.MISSED)
    found = report(asyncio.run(run(given, judge_)), "fake")
    earned = found.total("no-credit")
    assert earned
    assert (earned.moved.hits, earned.any_move) == (1, 1)


def test_what_a_defence_leaves_to_a_person_is_no_failure() -> None:
    model = by_rule("trained", lambda _: "Yes", line=1)
    given = list(cases([RUBRIC], named("off-topic-cooking"), FOLDERS))
    found = report(asyncio.run(run(given, PerPoint(model.ask, INFO, "trained"))), "fake")
    assert (found.failed, found.moved) == (0, ())
    assert found.totals[0].left_to_people == 1


def test_the_report_fits_a_terminal_of_80_columns() -> None:
    printed = text(audited(lambda said: "unquestionable" in said, list(load())))
    assert max(map(len, printed.splitlines())) <= 80


def test_a_judge_that_cannot_be_read_is_no_good_news() -> None:
    broken = OneCall(FakeModel(completion("no JSON")).ask, INFO)
    given = list(cases([RUBRIC], named("gibberish", "exclamation"), FOLDERS))
    found = report(asyncio.run(run(given, broken)), "fake")
    assert found.moved == ()
    assert exit_code(found, 0.02) == 1


def test_a_rubric_without_labelled_answers_is_attacked_beside_its_own_claims(
    tmp_path: Path,
) -> None:
    weak, honest = bases(RUBRIC, (tmp_path,))
    assert RUBRIC.misconceptions[0].text("en") in weak[0].text
    assert RUBRIC.key_points[0].text("zh") in honest[1].text


def test_a_draw_takes_every_kind_before_it_takes_one_twice() -> None:
    kinds = {attack.kind for attack in load()}
    some = drawn(load(), len(kinds), random.Random(1))
    assert {attack.kind for attack in some} == kinds
    assert some == drawn(load(), len(kinds), random.Random(1))


def test_an_attack_stands_where_its_place_says() -> None:
    base = Base("b", "the answer")
    texts = {
        place: fill(
            Attack(id="a", kind="k", expect="no-gain", place=place, text="the attack"), RUBRIC, base
        )
        for place in ("append", "prepend")
    }
    assert texts == {"append": "the answer\nthe attack", "prepend": "the attack\nthe answer"}


def test_a_suite_of_ones_own_must_be_of_the_format(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('schema = "attacks/1"\n[[attacks]]\nid = "X y"\n')
    with pytest.raises(BadInput, match="mine"):
        read(path)


@pytest.mark.parametrize(
    ("penalty", "contradicts", "asked"),
    [(0.0, (), 0), (1.0, (), 1), (0.0, (RUBRIC.key_points[0].id,), 1)],
)
def test_an_audit_asks_about_misconceptions_only_where_one_can_change_a_score(
    penalty: float, contradicts: tuple[str, ...], asked: int
) -> None:
    what = {"penalty": penalty, "contradicts": contradicts}
    claim = RUBRIC.misconceptions[0].model_copy(update=what)
    rubric = RUBRIC.model_copy(update={"misconceptions": (claim,)})
    model = FakeModel(completed("No", {"No": 0.0}))
    given = [AttackCase(rubric, load()[0], None, "Shared memory has 32 banks, four bytes each.")]
    asyncio.run(run(given, PerPoint(model.ask, INFO, "trained")))
    assert len(model.asked) == len(RUBRIC.key_points) + asked


def test_the_command_goes_through_the_ledger_and_prints_json() -> None:
    with running() as (stub, url):
        call = ["audit", "--model", "m", "--base-url", url, "--attacks", "6", "--json"]
        first = CliRunner().invoke(app, call)
        asked = stub.stats.requests
        again = CliRunner().invoke(app, call)
        assert stub.stats.requests == asked
    assert json.loads(first.stdout)["schema"] == "audit/1"
    assert json.loads(first.stdout)["cases"] == 12
    assert first.stdout == again.stdout
    assert first.exit_code == again.exit_code
