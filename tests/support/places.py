"""Where things lie that tests read: the repository, its examples, the data beside the project."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
EXAMPLES = ROOT / "examples"
SHARED = ROOT.parent / "shared"
