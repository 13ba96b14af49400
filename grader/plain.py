"""Text from answers and models, made safe to print: nothing in it can steer a terminal."""

import unicodedata

_KEPT = {"\n", "\t"}
_BIDI_AND_INVISIBLE = {"Cf", "Cc", "Cs", "Co", "Zl", "Zp"}


def plain(text: str) -> str:
    """*text* with control, bidirectional and invisible characters shown as ``\\u{...}``.

    New lines and tabs stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(c) for c in text)


def one_line(text: str, longest: int | None = None) -> str:
    """Like :func:`plain`, on one line, cut to *longest* characters with an ellipsis."""
    line = " ".join(plain(text).split())
    return line if longest is None or len(line) <= longest else line[: longest - 1] + "…"


def _visible(char: str) -> str:
    if char in _KEPT or unicodedata.category(char) not in _BIDI_AND_INVISIBLE:
        return char
    return f"\\u{{{ord(char):x}}}"
