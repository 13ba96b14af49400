"""What a command ends with means the same everywhere."""

import re

from grader.errors import BadInput, ExitCode, Failed, GraderError
from grader.util.files import data_folder


def test_the_documents_name_every_exit_code() -> None:
    page = (data_folder("rubrics").parent / "docs" / "words.md").read_text(encoding="utf-8")
    table = page.partition("## Exit codes")[2]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", table, re.M)] == sorted(ExitCode)


def test_an_error_says_whether_the_call_was_wrong_or_the_work_failed() -> None:
    assert BadInput.exit_code == ExitCode.WRONG_CALL
    assert GraderError.exit_code == Failed.exit_code == ExitCode.FAILED
