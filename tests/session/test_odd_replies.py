"""Whatever an endpoint replies to one answer, the others are graded, and the reason is told."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.cli.app import app
from grader.rubric.format import Rubric
from tests.support.sessions import Place, place, verdicts

GOOD = "Padding the row to 33 floats avoids the conflict."
KEY = "sk-very-secret-cret"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path) as found:
        yield found


def one_odd(here: Place, kind: str) -> None:
    here.write([GOOD, f"Shared memory has 32 banks. stub:{kind}", f"{GOOD} So it is."])


@pytest.mark.parametrize("kind", ["moderated", "azure-filter", "policy", "guardrail"])
def test_one_answer_refused_for_its_content_is_ungraded_and_the_others_are_graded(
    here: Place, kind: str
) -> None:
    one_odd(here, kind)
    assert here.grade().exit_code == 3
    records = here.records()
    assert None not in verdicts(records["a0"]) + verdicts(records["a2"])
    assert set(verdicts(records["a1"])) == {None}
    assert records["a1"]["key_points"][0]["cause"] == "filtered"
    assert records["a1"]["key_points"][0]["detail"]


@pytest.mark.parametrize("kind", ["401", "403", "starred", "no-access"])
def test_a_key_that_is_refused_still_stops_the_run_and_is_not_shown(here: Place, kind: str) -> None:
    here.env["OPENAI_API_KEY"] = KEY
    one_odd(here, kind)
    done = here.grade()
    assert done.exit_code == 1
    assert "refused the key" in done.stderr
    assert KEY[-4:] not in done.output


@pytest.mark.parametrize(
    ("kind", "words"),
    [("no-credit", "Insufficient credits"), ("no-route", "No endpoints found that support")],
)
def test_what_stops_a_run_is_told_in_the_providers_own_words(
    here: Place, kind: str, words: str
) -> None:
    one_odd(here, kind)
    done = here.grade()
    assert done.exit_code == 1
    assert words in done.stderr


def test_the_providers_reason_is_in_the_record_the_table_and_on_the_page(here: Place) -> None:
    one_odd(here, "parameter")
    page = here.folder / "r.html"
    done = here.grade("--html", str(page))
    assert done.exit_code == 3
    assert "Unknown parameter: top_q" in " ".join(done.output.split())
    assert "Unknown parameter: top_q" in here.records()["a1"]["key_points"][0]["detail"]
    assert "Unknown parameter: top_q" in page.read_text(encoding="utf-8")


def test_a_single_answer_that_is_ungraded_says_why_on_stderr(here: Place) -> None:
    file = here.folder / "answer.txt"
    file.write_text("32 banks. stub:parameter")
    call = [str(file), "--q", "bank-conflict", "--model", "m", "--base-url", here.url]
    done = CliRunner().invoke(app, call, env=here.environment)
    assert done.exit_code == 1
    assert done.stderr.count("Unknown parameter: top_q") == 1


def test_nobody_at_the_address_is_said_with_the_address(here: Place) -> None:
    file = here.folder / "answer.txt"
    file.write_text("32 banks.")
    call = [str(file), "--q", "bank-conflict", "--model", "m", "--base-url", "127.0.0.1:9/v1"]
    done = CliRunner().invoke(app, [*call, "--timeout", "2"], env=here.environment)
    assert done.exit_code == 1
    assert "http://127.0.0.1:9/v1" in done.stderr


def test_half_a_character_ends_neither_the_writer_nor_the_run(here: Place) -> None:
    texts = [f"{GOOD} Number {n}. stub:half-character" for n in range(6)]
    here.write(texts)
    assert here.grade().exit_code == 0
    records = here.records()
    assert len(records) == 6
    assert all("half a character" in r["key_points"][0]["detail"] for r in records.values())


@pytest.mark.parametrize("kind", ["content-null", "error-object", "choices-null", "html"])
def test_a_reply_that_held_nothing_is_asked_again_by_the_next_run_and_no_other(
    here: Place, kind: str
) -> None:
    one_odd(here, kind)
    assert here.grade().exit_code == 3
    before = here.asked
    assert before <= 2 + 2
    assert here.grade().exit_code == 3
    assert 1 <= here.asked - before <= 2
    assert json.dumps(here.records()["a1"]["key_points"][0]["verdict"]) == "null"


@pytest.mark.parametrize("kind", ["think", "fence-upper", "tool-call", "reasoning", "usage-list"])
def test_a_wrapped_judgement_costs_one_call(here: Place, kind: str) -> None:
    one_odd(here, kind)
    assert here.grade().exit_code == 0
    assert here.asked == 3


def test_the_estimate_says_how_many_calls_there_can_be_at_most(
    here: Place, bank_conflict: Rubric
) -> None:
    here.write([GOOD, f"{GOOD} So it is."], "bank-conflict")
    done = here.grade("--dry-run", out=False)
    items = len(bank_conflict.key_points) + len(bank_conflict.misconceptions)
    assert "2 calls (at most" in done.stdout
    assert f"at most {2 * items} " in done.stdout
    assert here.asked == 0
