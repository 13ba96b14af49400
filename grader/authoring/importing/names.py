"""What columns, headings, labels and keys are called; what is written where a file is silent."""

import re
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path

from grader.text.catalogue import read_words
from grader.text.language import primary

_FILE = Path(__file__).with_name("words.toml")
_NUMBERED = re.compile(r"(.*?)[ _#-]*(\d{1,2})")
_LONGEST = 80
"""Characters; whatever is longer is no name."""
_SCRIPTS = (("ja", "[\u3040-\u30ff]"), ("ko", "[\uac00-\ud7a3]"), ("zh", "[\u3400-\u9fff]"))
_LABEL = re.compile(r"(?P<name>[^:：\n]{1,40})[:：]\s*(?P<rest>.*)", re.DOTALL)


@cache
def _roles() -> dict[str, str]:
    named = read_words(_FILE)["names"]
    return {name: role for role, names in named.items() for name in names}


ROLES = tuple(read_words(_FILE)["names"])
"""What a column, heading, label or key may be."""


def folded(name: str) -> str:
    """Returns *name* as names are compared: in small letters, without marks around it."""
    text = unicodedata.normalize("NFKC", name[:_LONGEST]).casefold().replace("_", " ")
    return " ".join(text.strip(" \t\n*#:()[]_`").split())


def role_of(name: str) -> str:
    """Returns the role that *name* stands for, one of :data:`ROLES`; empty for none."""
    text = folded(name)
    return _roles().get(text, "") or _roles().get(text.replace(" ", "_"), "")


def numbered_role(name: str) -> tuple[str, int] | None:
    """Returns the role and the number of a column such as ``Key point 2``, else None."""
    match = _NUMBERED.fullmatch(folded(name)) if len(name) <= _LONGEST else None
    if match is None:
        return None
    role = role_of(match[1])
    return (role, int(match[2])) if role else None


def labelled(text: str) -> tuple[str, str]:
    """Returns the role that *text* begins with and what comes after it, as ``Quelle: RFC 9293``;
    an empty role and *text* where it begins with none."""
    match = _LABEL.fullmatch(text.strip())
    if match is None:
        return "", text
    role, rest = role_of(match["name"]), match["rest"].strip()
    return (role, rest) if role and rest else ("", text)


def default(name: str, language: str) -> str:
    """Returns what is written for ``met``, ``missed`` or ``correction`` where a file is silent."""
    words = read_words(_FILE)["default"]
    own = words.get(primary(language)) or words["en"]
    return str(own[name])


def small_words(language: str) -> frozenset[str]:
    """Returns words that say nothing by themselves in *language*; none for one without a list.

    What denies is not among them: an id should not say the opposite of its text.
    """
    words = read_words(_FILE)
    return frozenset(words["small"].get(primary(language), ())) - {*words["denials"]["words"]}


def guess_language(text: str) -> str:
    """Returns the tag of the language that *text* is likely in, by its script and small words."""
    for tag, script in _SCRIPTS:
        if len(re.findall(script, text)) * 10 > len(text.split()):
            return tag
    words = Counter(re.findall(r"[^\W\d_]+", text.casefold()))
    small = read_words(_FILE)["small"]
    counts = {tag: sum(words[word] for word in of_tag) for tag, of_tag in small.items()}
    return max(counts, key=lambda tag: counts[tag])
