"""Text from answers and models, made safe to print: nothing in it can steer a terminal."""

import re
import unicodedata

_KEPT = {"\n", "\t"}
_BIDI_AND_INVISIBLE = {"Cf", "Cc", "Cs", "Co", "Zl", "Zp"}

# JSON escapes those below the space itself.
_STEERING = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)


def plain(text: str) -> str:
    """Returns *text* with control, bidirectional and invisible characters shown as ``\\u{...}``.

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


def escaped_json(text: str) -> str:
    """Returns the JSON *text* with the same characters as its escapes: read, it is the same."""
    return _STEERING.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    # JSON escapes are units of UTF-16: beyond U+FFFF a character takes two
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[n : n + 2].hex()}" for n in range(0, len(units), 2))


# A start, then stars, dots or dashes, and perhaps an end: how providers repeat a key.
_STARRED_KEY = re.compile(r"[A-Za-z][\w-]*(?:\*{2,}|\.{3,}|…+|•{2,}|x{6,})[\w-]*")
_LEAST_PIECE = 6
_END = 4


def without_key(text: str, key: str) -> str:
    """Returns *text* with the key, its recognisable pieces, and what looks like one, as ``***``."""
    text = _STARRED_KEY.sub("***", text)
    # So short it is a word such as none, and its pieces stand in many others
    if len(key) < 2 * _END:
        return text
    text = text.replace(key, "***")
    return re.sub(r"[\w-]{4,}", lambda piece: "***" if _is_piece(piece[0], key) else piece[0], text)


def _is_piece(text: str, key: str) -> bool:
    ends = text.endswith(key[-_END:]) or text.startswith(key[:_END])
    return ends or (len(text) >= _LEAST_PIECE and text in key)
