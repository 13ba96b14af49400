"""A session as one page: everything is there, hostile text is text, and nothing is loaded."""

import base64
import gc
import hashlib
import re
import shutil
import subprocess
import weakref
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import Failed
from grader.record import Cause, Evidence, Grade, MisconceptionGrade, Override, PointGrade, Verdict
from grader.report.html.page import Mark, segments, write_page
from grader.rubric.format import Rubric
from grader.text.flags import Flag
from grader.text.safe import plain
from tests.support.markup import Parsed, answer
from tests.support.records import HOSTILE, RUBRIC, RUBRICS, evidence, hostile, record

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def written(tmp_path: Path, grades: Iterable[Grade]) -> str:
    path = tmp_path / "report.html"
    write_page(path, grades, RUBRICS, lambda _: None, "en")
    return path.read_text(encoding="utf-8")


def met(text: str, *quotes: str) -> PointGrade:
    pieces = tuple(piece for quote in quotes for piece in evidence(text, quote))
    return PointGrade(id="banks", weight=3, verdict=Verdict.MET, evidence=pieces, reason="said")


def hostile_record(text: str) -> Grade:
    whole = (Evidence(text=text, start=0, end=len(text)),)
    return record(
        text,
        answer_id=text,
        candidate=text,
        key_points=(
            PointGrade(id="banks", weight=3, verdict=Verdict.PARTIAL, evidence=whole, reason=text),
        ),
        misconceptions=(
            MisconceptionGrade(
                id="global-banks", asserted=True, evidence=whole, reason=text, correction=text
            ),
        ),
        feedback=text,
        flags=(Flag(kind="instruction", start=0, end=len(text), text=text),),
        overrides=(
            Override(
                key_point="banks",
                verdict=Verdict.MET,
                by=text,
                reason=text,
                at=record().graded_at,
            ),
        ),
    )


@given(hostile().map("a{}".format))
def test_hostile_text_is_shown_whole_and_adds_no_element(text: str) -> None:
    seen = answer(hostile_record(text), text)
    assert seen.tags == answer(hostile_record("a"), "a").tags
    assert seen.text["text"][0] == plain(text.replace("\r\n", "\n"))
    assert not [a for a in seen.attributes if a[1].startswith("on") or a[1] in {"src", "style"}]
    assert {href for href in seen.values("href") if not href.startswith("#")} == {
        "https://example.org/guide"
    }


@given(st.text(max_size=40), st.lists(st.tuples(st.integers(-3, 50), st.integers(-3, 50))))
def test_segments_put_together_are_the_text_and_know_what_covers_them(
    text: str, spans: list[tuple[int, int]]
) -> None:
    marks = [Mark(start, end, f"k{n}", "label", str(n)) for n, (start, end) in enumerate(spans)]
    parts = list(segments(text, marks))
    assert "".join(part.text for part in parts) == text
    at = 0
    for part in parts:
        for place in range(at, at + len(part.text)):
            covering = {m for m in marks if 0 <= m.start <= place < m.end}
            assert set(part.marks) == covering
        at += len(part.text)
    begun = [mark for part in parts for mark in part.starting]
    ended = [mark for part in parts for mark in part.ending]
    assert sorted(map(id, begun)) == sorted(map(id, ended))


@pytest.mark.parametrize("quote", ["32 个 bank", "𝟛𝟚 路冲突", "e\u0301", "最后。"])
def test_evidence_is_marked_at_the_right_characters(quote: str) -> None:
    text = "😀 共享内存有 32 个 bank;\n会有 𝟛𝟚 路冲突,e\u0301 也算。最后。"
    seen = answer(record(text, key_points=(met(text, quote),)), text, "zh")
    assert seen.text["mark"] == [quote]
    assert seen.text["text"][0] == text


def test_overlapping_evidence_is_marked_where_each_begins_and_ends() -> None:
    text = "abcdef"
    points = (met(text, "abcd"), met(text, "cdef").model_copy(update={"id": "broadcast"}))
    seen = answer(record(text, key_points=points), text)
    assert seen.text["mark"] == ["ab", "cd", "ef"]
    assert seen.values("data-number") == ["1", "2"]


def test_a_quote_links_to_its_place_in_the_answer() -> None:
    text = "32 banks, 32 banks"
    seen = answer(record(text, key_points=(met(text, "32 banks"),)), text)
    links = [href.removeprefix("#") for href in seen.values("href") if href.startswith("#")]
    assert links
    assert set(links) <= set(seen.values("id"))


def test_flags_are_marked_in_the_answer_and_listed() -> None:
    text = "ok \u202egnp"
    flag = Flag(kind="bidi", start=3, end=4, text="\u202e")
    seen = answer(record(text, flags=(flag,)), text)
    assert seen.text["mark"] == ["\\u{202e}"]
    assert "characters that turn the reading direction 3–4" in seen.text["flags"][0]


def test_without_the_text_the_quotes_stand_alone() -> None:
    text = "32 banks"
    seen = answer(record(text, key_points=(met(text, "32 banks"),)), None)
    assert seen.text["blockquote"] == ["32 banks"]
    assert "mark" not in seen.tags
    assert "not at hand" in seen.text["said"][0]


def test_a_text_that_is_not_the_one_that_was_graded_is_not_shown() -> None:
    seen = answer(record("32 banks"), "another text")
    assert "another" not in seen.text["article"][0]
    assert "not the one that was graded" in seen.text["said"][0]


def test_a_quote_that_is_not_where_the_record_says_is_not_marked() -> None:
    text = "32 banks"
    wrong = PointGrade(
        id="banks",
        weight=3,
        verdict=Verdict.MET,
        evidence=(Evidence(text="banks", start=0, end=5),),
    )
    seen = answer(record(text, key_points=(wrong,)), text)
    assert "mark" not in seen.tags
    assert seen.text["blockquote"] == ["banks"]


def test_an_answer_shows_verdicts_reasons_corrections_and_sources() -> None:
    held = MisconceptionGrade(id="global-banks", asserted=True, correction="只在共享内存")
    seen = answer(record(misconceptions=(held,)), "32 banks", "zh")
    judged = seen.text["judged"][0]
    for words in ("○ 没说到", "同一个字会广播", "not said", "只在共享内存", "CUDA Guide, §2.3"):
        assert words in judged
    assert "Question bank, §Q7" not in "".join(seen.text.get("a", []))


def test_what_could_not_be_graded_is_an_interval_with_its_cause() -> None:
    points = (
        PointGrade(id="banks", weight=3, verdict=Verdict.MET),
        PointGrade(id="broadcast", weight=3, verdict=None, cause=Cause.REFUSED),
    )
    seen = answer(record(key_points=points), None)
    assert seen.text["value"] == ["50–100 %"]
    assert "not graded: the model refused" in seen.text["judged"][0]
    assert "doubtful" in seen.text


def test_without_a_rubric_ids_stand_for_words() -> None:
    assert "broadcast" in answer(record(), None, rubric=None).text["judged"][0]


def test_only_web_addresses_become_links() -> None:
    data = RUBRIC.model_dump(by_alias=True)
    data["documents"]["guide"]["url"] = "http:///nowhere"
    seen = answer(record(), None, rubric=Rubric.model_validate(data))
    assert "a" not in seen.tags


@pytest.fixture(scope="module", params=["en", "zh"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page of every hostile text."""
    grades = [hostile_record(text) for text in HOSTILE]
    path = tmp_path_factory.mktemp("page") / "report.html"
    texts = {grade.digests.answer: text for grade, text in zip(grades, HOSTILE, strict=True)}
    write_page(path, grades, RUBRICS, lambda g: texts[g.digests.answer], request.param)
    return path.read_text(encoding="utf-8")


def test_the_page_has_no_script_and_loads_nothing(whole: str) -> None:
    seen = Parsed(whole)
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & set(seen.tags)
    assert not seen.values("src")
    assert not seen.values("style")
    assert "@import" not in whole
    assert "url(" not in whole


def test_the_policy_allows_the_pages_own_style_and_nothing_else(whole: str) -> None:
    seen = Parsed(whole)
    policy = next(v for v in seen.values("content") if v.startswith("default-src"))
    digest = hashlib.sha256(seen.text["style"][0].encode()).digest()
    assert f"style-src 'sha256-{base64.b64encode(digest).decode()}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_the_page_says_its_language_and_suits_small_screens(whole: str) -> None:
    seen = Parsed(whole)
    assert seen.values("lang")[0] in {"en", "zh-CN"}
    assert "width=device-width, initial-scale=1" in seen.values("content")


def test_every_answer_is_on_the_page_once_and_under_its_own_name(whole: str) -> None:
    seen = Parsed(whole)
    assert seen.tags.count("article") == len(HOSTILE)
    assert len(seen.values("id")) == len(set(seen.values("id")))
    for text in HOSTILE:
        assert plain(text) in seen.text["text"]


def test_headings_skip_no_level(whole: str) -> None:
    levels = [int(t[1]) for t in Parsed(whole).tags if re.fullmatch("h[1-6]", t)]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_charts_have_words_and_numbers_beside_them(whole: str) -> None:
    seen = Parsed(whole)
    drawings = seen.tags.count("figure")
    assert drawings == 2
    assert len([v for v in seen.values("aria-label") if v]) >= drawings
    assert seen.values("role").count("img") == drawings
    assert seen.tags.count("table") >= drawings


def test_progress_is_drawn_where_there_is_more_than_a_day(tmp_path: Path) -> None:
    start = record().graded_at
    grades = [record(attempted_at=start), record(attempted_at=start.replace(day=23))]
    assert 'class="progress"' in written(tmp_path, grades)


def test_question_names_from_a_tampered_file_stay_text_in_charts(tmp_path: Path) -> None:
    text = written(tmp_path, [record(question="<script>alert(1)</script>")])
    assert "script" not in Parsed(text).tags


def test_a_session_without_answers_is_a_page_too(tmp_path: Path) -> None:
    seen = Parsed(written(tmp_path, []))
    assert "no score" in seen.text["figures"][0]
    assert "figure" not in seen.tags


def test_a_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    def broken() -> Iterator[Grade]:
        yield record()
        raise RuntimeError

    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(RuntimeError):
        write_page(path, broken(), RUBRICS, lambda _: None, "en")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_without_the_extra_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.report.html.charts.find_spec", lambda _: None)
    with pytest.raises(Failed, match=r"pip install 'answer-grader\[report\]'"):
        written(tmp_path, [record()])
    assert not list(tmp_path.iterdir())


def test_no_record_is_kept_once_it_is_written(tmp_path: Path) -> None:
    seen: list[weakref.ref[Grade]] = []

    def grades() -> Iterator[Grade]:
        for number in range(8):
            grade = record(answer_id=str(number))
            seen.append(weakref.ref(grade))
            yield grade
            del grade
            gc.collect()
            assert sum(one() is not None for one in seen) <= 1

    written(tmp_path, grades())
    assert len(seen) == 8


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_a_browser_has_nothing_to_complain_about(whole: str, tmp_path: Path) -> None:
    assert CHROMIUM is not None
    path = tmp_path / "report.html"
    path.write_text(whole, encoding="utf-8")
    options = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
        "--disable-background-networking --disable-component-update --enable-logging=stderr"
    )
    done = subprocess.run(
        [CHROMIUM, *options.split(), f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
         path.as_uri()],
        check=True, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert "CONSOLE" not in done.stderr
    assert Parsed(done.stdout).tags.count("article") == len(HOSTILE)
