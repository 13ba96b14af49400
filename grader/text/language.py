"""Tags of languages, as BCP 47 has them: ``de``, ``pt-BR``, ``zh-Hant``."""

import re

LANGUAGE_TAG = r"^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$"
"""What the tag of a language looks like."""

INTERFACE = ("en", "zh")
"""The languages that this program itself speaks; the first stands in for all others."""

_LONGEST = 35


def primary(tag: str) -> str:
    """The language of a tag without its region or script: ``pt`` of ``pt-BR``."""
    return tag.partition("-")[0].lower()


def interface(tag: str) -> str:
    """The language that the program speaks to a reader of *tag*: that one, or English."""
    return primary(tag) if primary(tag) in INTERFACE else INTERFACE[0]


def as_tag(text: str) -> str | None:
    """The tag that *text* is, in its usual letters: ``pt-BR`` for ``PT_br``; None for no tag."""
    first, *rest = text.strip().replace("_", "-").split("-")
    tag = "-".join([first.lower(), *map(_subtag, rest)])
    return tag if len(tag) <= _LONGEST and re.fullmatch(LANGUAGE_TAG, tag) else None


def _subtag(part: str) -> str:
    """Regions have two capital letters, scripts four with the first one large."""
    if len(part) == 2:
        return part.upper()
    return part.title() if len(part) == 4 and part.isalpha() else part.lower()
