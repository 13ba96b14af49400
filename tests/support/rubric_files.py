"""One good rubric about HTTP caching, its labelled answers, and files written of them."""

from pathlib import Path

from tests.support.places import TESTS

GOOD = (TESTS / "authoring" / "check" / "broken" / "http-caching.toml").read_text(encoding="utf-8")
LABELLED = '''\
schema = "labelled/1"
question = "http-caching"

[[answers]]
id = "strong-en"
kind = "strong"
language = "en"
text = """Fresh for max-age. Then If-None-Match with the ETag, and a 304 keeps the copy."""
misconceptions = []
[answers.verdicts]
freshness-lifetime = { verdict = "met", why = "WHY-1", second = "met" }
revalidation = { verdict = "met", why = "WHY-2", second = "partial", settled = "SETTLED" }
validators = { verdict = "met", why = "WHY-3", second = "met" }
vary = { verdict = "missed", why = "WHY-4" }

[[answers]]
id = "wrong-zh"
kind = "wrong"
language = "zh"
text = """no-cache 就是不许存。过期就删除,重新下载。"""
misconceptions = ["no-cache-forbids-storing", "stale-means-deleted"]
[answers.verdicts]
freshness-lifetime = { verdict = "missed", why = "WHY-5", second = "missed" }
revalidation = { verdict = "contradicted", why = "WHY-6", second = "contradicted" }
validators = { verdict = "missed", why = "WHY-7", second = "missed" }
vary = { verdict = "missed", why = "WHY-8", second = "missed" }
'''


def write(folder: Path, text: str, name: str = "http-caching") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def labelled(folder: Path, content: str = LABELLED) -> Path:
    (folder / "labelled").mkdir(exist_ok=True)
    (folder / "labelled" / "http-caching.toml").write_text(content, encoding="utf-8")
    return write(folder, GOOD)
