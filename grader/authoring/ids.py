"""Ids made of what people call things: small letters and digits, whatever the script."""

import hashlib
import re
import unicodedata
from collections.abc import Collection

from grader.authoring.check.words import stop_words
from grader.text.language import primary

_WORDS = 4
_LONGEST = 60
_MARK = 6
_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc]{2,}")
"""Words that Japanese has from elsewhere, such as those for server and port."""
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
# What no decomposition leads to plain letters
_PLAIN = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "þ": "th", "ð": "d"}
)


def plain_words(text: str, language: str = "") -> list[str]:
    """Returns the words of *text* in plain letters; those of other scripts are left out."""
    text = _KATAKANA.sub(_romanised, unicodedata.normalize("NFKC", text)).lower()
    if primary(language) == "de":
        text = text.translate(_GERMAN)
    folded = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    letters = "".join(c for c in folded if not unicodedata.combining(c))
    return re.findall(r"[a-z0-9]+", letters)


def slug(text: str, language: str = "", skip: Collection[str] = ()) -> str:
    """Returns an id of up to four words of *text*, those of *skip* and small English ones left
    out; empty for a text without any letter.

    A text in another script ends in letters made of all of it, so that the id stays the same
    as long as the text does: ``tcp-ftgqpo``.
    """
    words = plain_words(text, language)
    kept = [word for word in words if word not in stop_words() and word not in skip] or words
    if _in_other_script(text):
        kept = [*kept[: _WORDS - 1], _mark(text)]
    return "-".join(kept[:_WORDS])[:_LONGEST].strip("-")


def _romanised(word: re.Match[str]) -> str:
    """Syllables by their names in Unicode, as ``KATAKANA LETTER PO``."""
    names = (unicodedata.name(c) for c in word[0])
    kept = (name for name in names if " LETTER " in name and not name.endswith("SMALL TU"))
    return f" {''.join(name.rsplit(' ', 1)[1] for name in kept)} "


def unique(name: str, taken: Collection[str]) -> str:
    """Returns *name*, with a number behind it where it is taken."""
    count, free = 1, name
    while free in taken:
        count += 1
        free = f"{name}-{count}"
    return free


def _in_other_script(text: str) -> bool:
    letters = [c for c in unicodedata.normalize("NFKD", text.lower()) if c.isalpha()]
    plain = [c for c in letters if c.translate(_PLAIN).isascii()]
    return len(plain) < len(letters)


def _mark(text: str) -> str:
    digest = hashlib.sha256(unicodedata.normalize("NFKC", text).encode("utf-8", "replace"))
    return "".join(chr(ord("a") + byte % 26) for byte in digest.digest()[:_MARK])
