"""A single answer may be a document: it is graded by its text, and what was lost is told."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from grader.cli.app import app
from tests.session.test_documents import office, pdf
from tests.support.records import sha256
from tests.support.stub import running

TEXT = "Shared memory has 32 banks."
LOST = "1 pictures, 1 embedded objects or formulas"


@pytest.fixture(autouse=True)
def judged(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with running() as (_, url):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("GRADER_MODEL", "stub")
        yield


def grade(path: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [str(path), "--q", "bank-conflict", *words])


def made(path: Path) -> Path:
    if path.suffix == ".pdf":
        pytest.importorskip("pypdf")
        path.write_bytes(pdf(TEXT))
    elif path.suffix == ".html":
        path.write_text("<p>Shared <b>memory</b> has 32 banks.</p>", encoding="utf-8")
    else:
        office(path, TEXT)
    return path


@pytest.mark.parametrize("suffix", [".docx", ".odt", ".rtf", ".ipynb", ".pdf", ".html"])
def test_a_document_gets_the_grade_of_its_text(suffix: str, tmp_path: Path) -> None:
    path = made(tmp_path / f"answer{suffix}")
    done = grade(path, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    record = json.loads(done.stdout)
    assert record["digests"]["answer"] in {sha256(TEXT), sha256(f"{TEXT}\n")}
    assert record["flags"][0]["kind"] == ("html" if suffix == ".html" else "converted")


def test_what_is_not_in_its_text_is_said_and_stays_in_the_record(tmp_path: Path) -> None:
    path = made(tmp_path / "answer.docx")
    with zipfile.ZipFile(path, "a") as parts:
        parts.writestr("word/media/image1.png", b"x")
        parts.writestr("word/embeddings/oleObject1.bin", b"x")
    done = grade(path, "--json")
    assert done.exit_code == 0
    assert done.stderr == f"grade: {path}: read as text, docx: not {LOST}\n"
    assert json.loads(done.stdout)["flags"][0]["text"] == f"docx: not {LOST}"
    assert f"out of it (docx: not {LOST})" in " ".join(grade(path).stdout.split())
    assert f"out of it docx: not {LOST}" in grade(path, "--markdown").stdout


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.pdf", b"%PDF-1.4 and no more", "cannot be converted: it is broken, or too much"),
        ("a.docx", b"PK no more", "is no Office file that can be read; save it again"),
        ("a.pdf", pdf(""), "holds no text that can be read, perhaps pictures of it"),
        ("a.html", b"<p> </p>", "is empty; write the answer into it first"),
        ("none.odt", None, "there is no such file"),
        ("a.doc", b"\xd0\xcf\x11\xe0\0", "save it as"),
    ],
)
def test_what_cannot_be_read_is_one_line_with_the_way_out(
    name: str, content: bytes | None, told: str, tmp_path: Path
) -> None:
    pytest.importorskip("pypdf")
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    done = grade(path)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"grade: {path}: ")
    assert done.stderr.count(str(path)) == 1
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
