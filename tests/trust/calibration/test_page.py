"""The calibration page: one file, no script, hostile text as text, charts with alternatives."""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from grader.trust.calibration import drawing, page
from grader.trust.calibration.analysis import Given, analyse
from grader.trust.calibration.finding import Calibration
from grader.trust.calibration.measure import Sampling
from grader.trust.calibration.thresholds import load
from grader.trust.calibration.values import Estimate
from grader.trust.calibration.words import catalogue
from tests.support.records import HOSTILE
from tests.trust.calibration.teams import Team, records

ALLOWED = {"html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section"}
VOID = {"meta", "br", "path", "rect", "line", "circle", "text"}


@cache
def report(**team: object) -> Calibration:
    results, ratings = records(Team(answers=40, model_noise=1.0, **team), 1)  # type: ignore[arg-type]
    return analyse(Given(results, ratings, load(), sampling=Sampling(samples=200)))


def html(found: Calibration, folder: Path, language: str = "en") -> str:
    path = folder / "page.html"
    page.write(path, found, {}, {}, language)
    return path.read_text(encoding="utf-8")


class Tags(HTMLParser):
    """Collects the tags of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    return html(report(), tmp_path_factory.mktemp("page"))


def test_the_verdict_stands_before_any_number(shown: str) -> None:
    say = catalogue("en")
    body = shown.partition("<main>")[2]
    first = min(body.find(said) % len(body) for said in say["trust"].values())
    assert first < body.index("QWK")


def test_nothing_runs_and_nothing_is_loaded(shown: str) -> None:
    assert "default-src 'none'" in shown
    for tag, attributes in Tags(shown).found:
        assert tag not in {"script", "link", "iframe", "img", "object", "form", "base"}
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#")


def test_every_chart_says_in_words_what_it_shows(shown: str) -> None:
    charts = [a for tag, a in Tags(shown).found if a.get("role") == "img"]
    assert len(charts) == 5
    assert all(len(a.get("aria-label") or "") > 40 for a in charts)


def test_every_chart_has_its_numbers_beside_it(shown: str) -> None:
    assert shown.count(f"<summary>{catalogue('en')['page']['numbers']}</summary>") == 5


@pytest.mark.parametrize("text", HOSTILE)
def test_what_raters_and_answers_hold_stays_text(text: str, tmp_path: Path) -> None:
    found = report()
    first = found.disagreements[0]
    people = {f"{text}": 50.0}
    hostile = first.model_copy(
        update={
            "human_scores": people,
            "answer_id": text,
            "points": tuple(
                p.model_copy(update={"reason": text, "notes": {"ana": text}}) for p in first.points
            ),
        }
    )
    made = html(found.model_copy(update={"disagreements": (hostile,)}), tmp_path)
    tags = {tag for tag, _ in Tags(made).found}
    assert not tags & {"script", "img", "a"}
    assert "\x1b" not in made
    assert "\u202e" not in made


def test_evidence_is_marked_in_the_answer_where_the_text_is_at_hand(tmp_path: Path) -> None:
    from grader.record import Evidence

    found = report()
    first = found.disagreements[0]
    piece = Evidence(text="32 banks", start=8, end=16)
    points = tuple(p.model_copy(update={"evidence": (piece,)}) for p in first.points[:1])
    one = first.model_copy(update={"points": points})
    path = tmp_path / "page.html"
    changed = found.model_copy(update={"disagreements": (one,)})
    page.write(path, changed, {}, {one.digest: "It has  32 banks."[:7] + " 32 banks."}, "en")
    assert re.search(r"<mark[^>]*>32 banks</mark>", path.read_text(encoding="utf-8"))


def test_the_page_reads_in_chinese(tmp_path: Path) -> None:
    made = html(report(), tmp_path, "zh")
    assert '<html lang="zh-CN">' in made
    assert catalogue("zh")["title"] in made
    assert catalogue("en")["title"] not in made


def test_the_same_report_gives_the_same_page(tmp_path: Path) -> None:
    found = report()
    assert html(found, tmp_path) == html(found, tmp_path)


def test_a_team_with_hardly_anything_to_show_still_has_a_page(tmp_path: Path) -> None:
    results, ratings = records(Team(answers=1, severity=(0.0,)), 1)
    found = analyse(Given(results, ratings, load(), sampling=Sampling(samples=200)))
    assert catalogue("en")["trust"]["not-enough-data"] in html(found, tmp_path)


def test_where_it_comes_from_stands_at_the_foot(shown: str) -> None:
    foot = shown.partition('<footer class="foot">')[2]
    assert "sha256:r" in foot
    assert "200 bootstrap samples of candidates, seed 0" in foot


def test_the_forest_has_few_ticks_that_end_at_one() -> None:
    for start, ticks in (
        (0.62, [0.6, 0.7, 0.8, 0.9, 1.0]),
        (0.6, [0.6, 0.7, 0.8, 0.9, 1.0]),
        (0.31, [0.2, 0.4, 0.6, 0.8, 1.0]),
        (-0.2, [-0.5, 0.0, 0.5, 1.0]),
    ):
        people, model = (
            Estimate(value=0.9, low=low, high=0.95, n=9, clusters=9) for low in (0.8, start)
        )
        axis = drawing.forest([("q", model, people)], 0.7)["layer"][2]["encoding"]["x"]["axis"]
        assert axis["values"] == ticks


def test_scores_that_do_not_hang_on_who_rated_are_not_listed(shown: str) -> None:
    assert 'id="adjusted"' not in shown
