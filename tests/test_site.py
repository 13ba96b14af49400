"""The documents build as a site without a broken link, and the site asks nobody else."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.places import ROOT

pytest.importorskip("mkdocs", reason="the site's builder is not here: pip install '.[docs]'")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as strictly as the checks build it: a broken link or anchor fails."""
    place = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(place)]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(build, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return place


def test_the_documents_outside_the_folder_of_pages_are_on_the_site(site: Path) -> None:
    for page, words in (
        ("", "80 % — 12 of 15 points"),
        ("security", "What is not promised"),
        ("training", "What each defence gains"),
        ("changelog", "0.1.0"),
    ):
        assert words in (site / page / "index.html").read_text(encoding="utf-8")


def test_no_page_fetches_anything_from_elsewhere(site: Path) -> None:
    fetched = re.compile(
        r"<(?:script|link|img|iframe|source)[^>]*(?:src|href)=[\"']?(?:https?:)?//"
    )
    for page in site.rglob("*.html"):
        assert not fetched.search(page.read_text(encoding="utf-8")), page.name
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(?:@import|url\()\W*(?:https?:)?//", sheet.read_text("utf-8"))
