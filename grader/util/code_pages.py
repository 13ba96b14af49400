"""The few code pages that people's files are still in, told apart by what a text looks like.

A guess that is wrong changes words in silence. So a code page is believed only where the text
reads as its languages do: letters of one language within each word in Windows-1252, frequent
characters in the Chinese, Japanese and Korean ones. Anything else is no known text.
"""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

_UTF8_SHARE = 2
"""Well-formed characters for each broken one, from which on a text is UTF-8 that was damaged."""
_FREQUENT = 0.85
"""The share of frequent characters among those beyond ASCII in a text of the code page."""
_KANA = 0.25
"""The share of kana from which on a text that may be Chinese is Japanese."""
_FEWEST_KOREAN = 4

# The letters beyond ASCII of languages that are written in Windows-1252, in lower case.
_ALPHABETS = (
    "éèêëàâçîïôûùüÿœæ",  # French
    "äöüßéèêàáóç",  # German, and the names in it
    "áéíóúñüïç",  # Spanish, Galician
    "ãõáéíóúâêôçà",  # Portuguese
    "àèéìíîòóùú",  # Italian
    "àèéíïòóúüç",  # Catalan
    "áéíóúèëïöüêûôâäç",  # Dutch, Afrikaans
    "åäöæøéèêóòôáàü",  # Swedish, Danish, Norwegian
    "áéíóúýþæöð",  # Icelandic
    "äöåšž",  # Finnish
)
_SETS = tuple(frozenset(letters) for letters in _ALPHABETS)
_TELLING = frozenset("ãõþðýšž")
"""Letters of few languages, and bytes that other code pages give to frequent ones of theirs."""
_WORD = re.compile("[^\\W\\d_\u00aa\u00b2\u00b3\u00b5\u00b9\u00ba\u00bc-\u00be]+")
_LATIN = re.compile("[A-Za-z]")
_LONE = frozenset("àáâãéèêíóôöùúåæøäüçñß")
"""What may stand by itself: words of one letter, and letters that are named."""
_LETTER = "[^\\W\\d_]"
# Signs where no language has them, but text of another code page does.
_STRANGE = re.compile(
    f"{_LETTER}[\u20ac\u2039\u203a\u00a1-\u00a7\u00a9\u00aa\u00ae\u00b1-\u00b6\u00b9-\u00bf]{_LETTER}"
    f"|{_LETTER}[\u0192\u2020\u2021\u02c6\u2030\u02dc\u201a\u201e\u00a8\u00ac\u00af\u00b8]"
    f"|{_LETTER}[\u00bc-\u00bf]|{_LETTER}{{3}}[\u00b2\u00b3\u00b9]"
    f"|[\u0192\u2020\u2021\u02c6\u02dc\u00a3\u00a5\u00a8\u00af\u00b3\u00b4\u00b8\u00b9]{_LETTER}"
    "|[\u00a2-\u00aa\u00ac-\u00ba\u00bc-\u00be][À-ÿ]|[À-ÿ][\u00a2-\u00aa\u00ac-\u00b6\u00b8-\u00ba\u00bc-\u00be]"
)
# Letters where the languages of Windows-1252 do not have them.
_MISPLACED = re.compile(
    "\u00e7(?![aouàáâãõóôûúéè\u2019']|\\Z)|õ(?!e)|ã(?![oeis]|\\Z)|(?<!\\A)þ|\\Að"
    "|(?<![aeiouéu])[ëï]",
)
_DOUBLE = frozenset(
    ("öß", "üß", "äß", "çã", "çõ", "çá", "çâ", "çà", "çó", "çô", "çû", "çé", "ñá", "ñó", "ñí", "ñé")
) | {"ñú", "üé", "üí", "ïé", "éï", "éë", "åö", "öå", "åä"}
"""Different letters beyond ASCII that stand side by side, outside Icelandic."""
_ICELANDIC = _SETS[8]


def recognise(data: bytes) -> str | None:
    """Returns the code page that *data* is written in, which is no UTF-8; None where unsure.

    Names are those of :mod:`codecs`: ``cp1252``, ``gb18030``, ``euc_jp``, ``euc_kr``, ``big5``,
    ``shift_jis``, and ``utf-8`` for UTF-8 in which a few characters are broken.
    """
    if _is_broken_utf8(data):
        return "utf-8"
    fitting = (name for name, fits in _PAGES if (text := _decoded(data, name)) and fits(text))
    return next(fitting, None)


def _is_broken_utf8(data: bytes) -> bool:
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return sum(char > "\x7f" for char in text) - broken >= _UTF8_SHARE * broken


def _decoded(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except UnicodeDecodeError:
        return None


def _beyond_ascii(text: str) -> str:
    return "".join(char for char in text if char > "\x7f")


def _is_western(text: str) -> bool:
    if _STRANGE.search(text) or any("\x80" <= char <= "\x9f" for char in text):
        return False
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    if not _LATIN.search(text) or not all(_is_western_word(word) for word in words):
        return False
    letters = set(_beyond_ascii("".join(words).lower()))
    if letters & {"ý", "þ"} and not letters & set("áíóúæ"):  # as Turkish would be read
        return False
    return not letters & _TELLING or any(letters <= alphabet for alphabet in _SETS)


def _is_western_word(word: str) -> bool:
    foreign = _beyond_ascii(word)
    if len(word) == 1:
        return word.lower() in _LONE
    if 2 * len(foreign) > len(word) + 1 or not _is_cased(word) or _MISPLACED.search(word.lower()):
        return False
    if not all(_is_pair(a + b) for a, b in pairwise(word.lower())):
        return False
    return any(letters.issuperset(foreign.lower()) for letters in _SETS)


def _is_cased(word: str) -> bool:
    """Whether no capital beyond ASCII follows a small letter."""
    return not any(a.islower() and b.isupper() and b > "\x7f" for a, b in pairwise(word))


def _is_pair(pair: str) -> bool:
    """Whether two letters stand side by side in some language; those of ASCII all do."""
    beyond = all(char > "\x7f" for char in pair)
    return not beyond or pair[0] == pair[1] or pair in _DOUBLE or _ICELANDIC.issuperset(pair)


def _is_chinese(text: str) -> bool:
    rows = list(_rows(text, "gb18030"))
    leads = [lead for lead, trail in rows if trail >= 0xA1]
    frequent = sum(lead <= 0xA3 or 0xB0 <= lead <= 0xD7 for lead in leads)
    return bool(rows) and frequent >= _FREQUENT * len(rows)


def _rows(text: str, name: str) -> Iterator[tuple[int, int]]:
    """The two bytes of each character beyond ASCII; zeros for one of another length."""
    for char in _beyond_ascii(text):
        code = char.encode(name)
        yield (code[0], code[1]) if len(code) == 2 else (0, 0)


def _is_korean(text: str) -> bool:
    """Hangul alone: read as Chinese, its rows would hold no word that begins with S to Z."""
    letters = _beyond_ascii(text)
    hangul = sum("\uac00" <= char <= "\ud7a3" for char in letters)
    return hangul >= _FEWEST_KOREAN and hangul >= _FREQUENT * len(letters)


def _is_japanese(text: str) -> bool:
    letters = _beyond_ascii(text)
    kana = sum("\u3041" <= char <= "\u30fe" for char in letters)
    half_width = sum("\uff61" <= char <= "\uff9f" for char in letters)
    return bool(letters) and kana >= _KANA * len(letters) and half_width <= kana


def _is_traditional(text: str) -> bool:
    rows = list(_rows(text, "big5"))
    return bool(rows) and sum(0xA1 <= lead <= 0xC6 for lead, _ in rows) >= _FREQUENT * len(rows)


_PAGES: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("cp1252", _is_western),
    ("euc_jp", _is_japanese),
    ("euc_kr", _is_korean),
    ("gb18030", _is_chinese),
    ("shift_jis", _is_japanese),
    ("big5", _is_traditional),
)
"""In the order in which they are believed where a short text reads well in several."""
