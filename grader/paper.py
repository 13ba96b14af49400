"""What every page shares: autoescaping templates, one style sheet, no script, no network."""

import hashlib
from base64 import b64encode
from datetime import datetime
from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grader import __version__, totals
from grader.catalogue import words_in
from grader.plain import one_line, plain

LANG = {"en": "en", "zh": "zh-CN"}
"""Languages of pages as HTML names them."""
_TEMPLATES = Path(__file__).with_name("templates")


@cache
def environment(language: str) -> Environment:
    """The templates, which escape whatever is not written in them."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    say = words_in(language)["report"]
    made.filters |= {
        "number": totals.percent,
        "mean": partial(totals.mean, say=say),
        "dollars": totals.dollars,
        "cost_more": partial(totals.cost_more, say=say),
        "line": one_line,
        "newlines": _newlines,
        "minute": _minute,
    }
    return made


def frame(language: str, *more_styles: str) -> dict[str, object]:
    """What ``base.html.j2`` needs beside a title.

    Args:
        more_styles: names of style sheets that the page adds to the shared one.
    """
    names = ("style.css", *more_styles)
    style = "".join((_TEMPLATES / name).read_text(encoding="utf-8") for name in names)
    return {
        "lang": LANG[language],
        "style": Markup(style),  # noqa: S704  (our own files)
        "style_digest": f"sha256-{b64encode(hashlib.sha256(style.encode()).digest()).decode()}",
        "version": __version__,
        "made": words_in(language)["report"]["made"],
    }


def _visible(value: object) -> object:
    """What a template puts out: no character that steers or hides, whoever wrote it."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n")


def _minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M %Z}".rstrip()
