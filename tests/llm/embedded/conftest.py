"""What the tests of the embedded model share."""

from pathlib import Path

import pytest

from grader.llm.embedded import weights


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(weights.VARIABLE, raising=False)
    return tmp_path / "answer-grader"
