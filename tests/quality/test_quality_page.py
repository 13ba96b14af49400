"""The page on quality shows the figures that its commands gave, and no others."""

import json
from pathlib import Path

from tests.bench.quality import page, strong
from tests.bench.quality.measure import FIGURES


def test_the_page_holds_the_tables_that_the_figures_give() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.filled(text, json.loads(FIGURES.read_text(encoding="utf-8"))) == text


def test_every_table_has_its_place_on_the_page() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert all(f"<!-- begin {name} -->" in text for name in page.TABLES)


def test_values_are_shown_with_their_intervals_and_nothing_where_there_is_none() -> None:
    assert page.shown((0.5, 0.4, 0.6)) == "0.50 [0.40, 0.60]"
    assert page.per_cent((0.805, None, None)) == "80 %"
    assert page.shown(None) == page.per_cent((None, None, None)) == "-"


async def _records(out: Path) -> list[dict[str, object]]:
    await strong.write_records(out)
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def test_the_strong_models_replies_still_give_a_verdict_on_every_key_point(tmp_path: Path) -> None:
    import asyncio

    for record in asyncio.run(_records(tmp_path / "records.jsonl")):
        assert record["score"]["percent"] is not None, record["answer_id"]  # type: ignore[index]
