"""Nothing that somebody typed is lost, and nothing that they did not type is graded."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import BadInput, OutFailed
from grader.session.drafts import AnswerDraft, Drafts, template, without_template
from tests.support.records import RUBRIC

OTHER = RUBRIC.model_copy(update={"id": "paged-attention"})


@pytest.fixture
def draft(tmp_path: Path) -> AnswerDraft:
    return Drafts(tmp_path / "drafts").of(RUBRIC)


def test_a_draft_is_there_for_the_next_process(tmp_path: Path, draft: AnswerDraft) -> None:
    draft.save("32 banks\n")
    assert Drafts(tmp_path / "drafts").of(RUBRIC).text() == "32 banks\n"


def test_a_line_that_was_typed_is_kept_though_the_next_never_comes(draft: AnswerDraft) -> None:
    draft.append(b"32 banks,\n")
    draft.append("每个 4 字".encode())
    assert draft.text() == "32 banks,\n每个 4 字\n"


def test_the_editor_gets_the_draft_first_and_the_question_below_it(draft: AnswerDraft) -> None:
    draft.save("32 banks\n")
    with draft.in_editor("zh") as path:
        shown = path.read_text("utf-8").splitlines()
    assert shown[0] == "32 banks"
    assert shown[2:] == list(template(RUBRIC, "zh"))
    assert "什么是 bank conflict?" in shown[2]
    assert draft.text() == "32 banks\n"


@pytest.mark.parametrize("written_in", ["en", "zh"])
def test_a_template_left_behind_by_a_crash_is_no_answer(
    draft: AnswerDraft, written_in: str
) -> None:
    with draft.in_editor(written_in):
        pass
    assert draft.text() == ""
    assert not draft.is_written


def test_lines_that_only_begin_as_the_templates_do_are_the_answers_own(draft: AnswerDraft) -> None:
    own = "#| not from the template\n# heading\n#include <cuda.h>\n"
    with draft.in_editor("en") as path:
        path.write_text(own + path.read_text("utf-8") + "#| mine too\n", "utf-8")
    assert draft.text().startswith(own)
    assert draft.text().endswith("#| mine too\n")
    assert template(RUBRIC, "en")[0] not in draft.text()


def test_a_line_of_the_template_that_was_typed_once_more_stays() -> None:
    (question, *rest) = template(RUBRIC, "en")
    text = "\n".join(["As asked:", question, "32 banks", question, *rest])
    assert without_template(text, RUBRIC) == f"As asked:\n{question}\n32 banks\n"


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8"))), st.booleans())
def test_whatever_is_written_above_the_template_comes_back(lines: list[str], below: bool) -> None:
    body, own = "\n".join(lines), "\n".join(template(RUBRIC, "en"))
    given_back = without_template(f"{own}\n{body}" if below else f"{body}\n\n{own}\n", RUBRIC)
    assert given_back == (body.strip("\n") + "\n" if body.strip() else "")


def test_a_draft_that_comes_back_unchanged_keeps_its_time(draft: AnswerDraft) -> None:
    draft.save("32 banks\n")
    written_at = draft.changed_at
    with draft.in_editor("en"):
        pass
    assert draft.changed_at == written_at
    with draft.in_editor("en") as path:
        path.write_text("32 banks of 4 bytes\n", "utf-8")
    assert written_at is not None
    assert draft.changed_at is not None
    assert draft.changed_at > written_at


def test_what_is_set_aside_is_never_written_over(tmp_path: Path, draft: AnswerDraft) -> None:
    texts = ("first\n", "second\n")
    places = []
    for text in texts:
        draft.save(text)
        places.append(draft.set_aside())
        assert not draft.is_written
    assert [place.read_text("utf-8") for place in places] == list(texts)


def test_each_person_has_drafts_of_their_own(tmp_path: Path) -> None:
    rubrics = {RUBRIC.id: RUBRIC, OTHER.id: OTHER}
    for name in (None, "", "ada", "../ada"):
        Drafts(tmp_path, name).of(RUBRIC).save(f"by {name}\n")
    for name in (None, "", "ada", "../ada"):
        mine = Drafts(tmp_path, name)
        assert mine.of(RUBRIC).text() == f"by {name}\n"
        assert list(mine.waiting(rubrics)) == [RUBRIC.id]
    assert Drafts(tmp_path, "eve").waiting(rubrics) == {}
    assert all(path.parent == tmp_path for path in tmp_path.rglob("*"))


def test_a_question_whose_id_leads_out_of_the_folder_has_no_draft(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not the id"):
        Drafts(tmp_path).of(RUBRIC.model_copy(update={"id": "../ledger"}))


def test_what_is_no_text_is_named_and_not_thrown_away(draft: AnswerDraft) -> None:
    draft.append(b"\x00\x01\x02")
    assert draft.is_written
    with pytest.raises(BadInput, match=r"bank-conflict\.md: not text"):
        draft.text()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "drafts").write_text("a file")
    with pytest.raises(OutFailed, match="cannot be written"):
        Drafts(tmp_path / "drafts").of(RUBRIC).save("32 banks\n")
