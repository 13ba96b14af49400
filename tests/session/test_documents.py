"""Documents are graded by what could be taken out of them, and what was lost is told."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.session import documents
from grader.session.entry import Entry, Problem, Questions
from grader.session.read import read_session
from grader.util.files import data_folder

QUESTIONS = Questions((data_folder("rubrics"),))
SESSION = (
    "## bank-conflict\n\nIt has 32 banks, $a < b$.\n\n## warp-divergence\n\nBoth paths wait.\n"
)


def read(path: Path) -> tuple[list[Entry], list[Problem]]:
    each = list(read_session([str(path)], QUESTIONS))
    return [e for e in each if isinstance(e, Entry)], [e for e in each if isinstance(e, Problem)]


def office(path: Path, markdown: str) -> Path:
    pypandoc = pytest.importorskip("pypandoc")
    words = [pypandoc.get_pandoc_path(), "--from", "markdown", "--standalone", "-o", str(path)]
    subprocess.run(words, input=markdown.encode(), check=True)
    return path


def pdf(words: str) -> bytes:
    """A PDF of one page with *words* on it."""
    content = f"BT /F1 12 Tf 72 720 Td ({words}) Tj ET".encode() if words else b""
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        out
        + b"xref\n0 6\n0000000000 65535 f \n%s" % table
        + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(out)
    )


@pytest.mark.parametrize("suffix", [".docx", ".odt", ".ipynb"])
def test_a_document_may_have_a_heading_for_each_answer(suffix: str, tmp_path: Path) -> None:
    entries, problems = read(office(tmp_path / f"session{suffix}", SESSION))
    assert [entry.question for entry in entries] == ["bank-conflict", "warp-divergence"]
    assert "It has 32 banks" in entries[0].text
    assert entries[0].flags[0].kind == "converted"
    assert not problems


@pytest.mark.parametrize("suffix", [".docx", ".odt", ".rtf"])
def test_a_document_named_like_a_question_is_its_answer(suffix: str, tmp_path: Path) -> None:
    folder = tmp_path / "answers" / "ana"
    folder.mkdir(parents=True)
    office(folder / f"bank-conflict{suffix}", "It has *32* `__shared__` banks.")
    (entry,), _ = read(tmp_path / "answers")
    assert (entry.question, entry.candidate) == ("bank-conflict", "ana")
    assert entry.text.strip() == "It has *32* `__shared__` banks."


def test_what_a_document_has_beside_its_text_is_told(tmp_path: Path) -> None:
    path = office(tmp_path / "bank-conflict.docx", "It has 32 banks.")
    with zipfile.ZipFile(path, "a") as parts:
        parts.writestr("word/media/image1.png", b"x")
        parts.writestr("word/embeddings/oleObject1.bin", b"x")
    (entry,), _ = read(path)
    assert entry.flags[0].text == "docx: not 1 pictures, 1 embedded objects or formulas"


def test_text_that_word_hides_stays_and_is_flagged(tmp_path: Path) -> None:
    path = office(tmp_path / "shown.docx", "It has 32 banks.")
    run = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>All &amp; met.</w:t></w:r>"
    hidden = tmp_path / "bank-conflict.docx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(hidden, "w") as new:
        for name in old.namelist():
            part = old.read(name).decode("utf-8", "surrogateescape")
            changed = part.replace("<w:body>", f"<w:body><w:p>{run}</w:p>")
            new.writestr(name, changed.encode("utf-8", "surrogateescape"))
    (entry,), _ = read(hidden)
    assert [flag.text for flag in entry.flags if flag.kind == "invisible"] == ["All & met."]
    assert "All & met." in entry.text


def test_a_pdf_is_read_and_one_of_pictures_is_told(tmp_path: Path) -> None:
    pytest.importorskip("pypdf")
    path = tmp_path / "bank-conflict.pdf"
    path.write_bytes(pdf("It has 32 banks."))
    (entry,), _ = read(path)
    assert entry.text == "It has 32 banks."
    path.write_bytes(pdf(""))
    assert "holds no text that can be read" in str(read(path)[1][0])


def test_a_page_is_read_without_anything_installed(tmp_path: Path) -> None:
    path = tmp_path / "bank-conflict.html"
    path.write_text("<body><h1>Mine</h1><p>It has <i>32</i> banks.</p>", encoding="utf-8")
    assert read(path)[0][0].text == "Mine\nIt has 32 banks."


@pytest.mark.parametrize(
    ("name", "module"), [("a.docx", "pypandoc"), ("a.pdf", "pypdf"), ("a.xlsx", "openpyxl")]
)
def test_without_the_extra_one_line_says_what_to_install(
    name: str, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / name).write_bytes(b"PK\x03\x04")
    (problem,) = read(tmp_path / name)[1]
    assert "pip install 'answer-grader[documents]'" in str(problem)
    assert "\n" not in str(problem)


@pytest.mark.parametrize("suffix", [".docx", ".odt", ".pdf", ".ipynb", ".rtf", ".xlsx"])
@given(content=st.binary(max_size=200))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8, deadline=None
)
def test_a_broken_document_is_told_in_one_line(suffix: str, content: bytes, tmp_path: Path) -> None:
    for module in ("pypandoc", "pypdf", "openpyxl"):
        pytest.importorskip(module)
    path = tmp_path / f"bank-conflict{suffix}"
    path.write_bytes(content)
    entries, problems = read(path)
    assert len(entries) + len(problems) <= 1 or suffix == ".rtf"
    assert all(len(str(problem).splitlines()) == 1 for problem in problems)


def bomb(part: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("word/document.xml", part)
    return out.getvalue()


@pytest.mark.parametrize("name", ["bank-conflict.docx", "s.xlsx"])
@pytest.mark.parametrize(
    ("part", "told"),
    [
        (b"a" * 4_000_000, "unfolds to more than"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "declares entities"),
    ],
)
def test_an_office_file_that_means_harm_is_not_opened(
    name: str, part: bytes, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("pypandoc", "openpyxl"):
        pytest.importorskip(module)
    monkeypatch.setattr("grader.util.archive.MOST_BYTES", 2_000_000)
    (tmp_path / name).write_bytes(bomb(part))
    assert told in str(read(tmp_path / name)[1][0])


def test_a_conversion_that_takes_too_long_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = office(tmp_path / "bank-conflict.docx", "It has 32 banks.")
    monkeypatch.setattr(documents, "MOST_SECONDS", 0.001)
    assert "took longer than" in str(read(path)[1][0])
