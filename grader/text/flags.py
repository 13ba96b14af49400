"""Marks what in an answer is hidden, or speaks to its grader instead of about the subject.

Flags are shown to the reader of a grade; nothing is removed and nothing is punished for them. The
phrases are in ``phrases.toml``. Everything is linear in the length of the text.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from grader.text import patterns
from grader.text.fold import fold
from grader.text.reading import ReadText, read_through

Kind = Literal[
    "invisible",
    "bidi",
    "control",
    "role-token",
    "instruction",
    "self-grading",
    "fake-delimiter",
    "attachment",
    "lost-character",
    "html",
    "converted",
]
"""What a place is flagged for. ``attachment``: it points to a picture or a file that is not here.
``lost-character``: U+FFFD, which stands for one that could not be read. ``html``: the text is what
a browser shows of the HTML that was handed in; the place is its beginning. ``converted``: the text
was taken out of a document; the place is its beginning, and what is said of it is what was lost."""

MAX_FLAGS = 50
"""Flags of one kind that are kept, the first ones."""

TO_THE_GRADER: frozenset[Kind] = frozenset(
    {"instruction", "self-grading", "fake-delimiter", "role-token"}
)
"""Kinds of places that speak to the grader instead of about the subject."""

# An emoji, or what may stand between an emoji and the joiner after it.
_EMOJI = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u27ff\u2900-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff\ufe0f]"
)
# Joiners shape letters in these scripts (Arabic, Syriac, the Indic ones, Mongolian).
_JOINING = "[\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff\u1800-\u18af]"
_HIDDEN = {
    "invisible": (
        "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2065\u206a-\u206f\u2800\u3164"
        "\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e001f\U000e0080-\U000e00ff]"
        f"|(?<!{_JOINING})\u200c"
        f"|(?<!{_JOINING})(?<!{_EMOJI})(?<![\U0001f3fb-\U0001f3ff])\u200d"
        f"|(?<={_EMOJI})\u200d(?!{_EMOJI})"
        # Tags are fine in the flag of a region: a black flag, a few tags, the closing tag.
        "|(?<!\U0001f3f4)(?<![\U000e0020-\U000e007e])[\U000e0020-\U000e007f]+"
        "|(?<=\U0001f3f4)(?![\U000e0030-\U000e007a]{3,6}\U000e007f)[\U000e0020-\U000e007f]+"
        # Variation selectors are fine once, after what has variants.
        "|(?<=[\ufe00-\ufe0f\U000e0100-\U000e01ef])[\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
        f"|(?<![\\d#*])(?<!{_EMOJI})(?<![\u2010-\u2bff\ufe00-\ufe0f\U000e0100-\U000e01ef])"
        "(?<![\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af\u1800-\u18af\u1000-\u109f])"
        "[\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
    ),
    "bidi": "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]",
    "control": (
        "\x1b(?:\\[[0-?]{0,32}[ -/]{0,8}[@-~]|\\][^\x07\x1b\n]{0,200}(?:\x07|\x1b\\\\))?"
        "|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
    ),
}
# Most answers hold nothing but these, with which no hidden mark begins: one quick look tells.
_HARMLESS = re.compile(
    "[\t\n -~\u00a1-\u00ac\u00ae-\u024f\u2010-\u2027\u3001-\u303d\u4e00-\u9fff\uff01-\uff5e]*"
)
_MARKS = {kind: re.compile(pattern) for kind, pattern in _HIDDEN.items()}
# Hidden characters strewn between the letters of a phrase are shown as one place.
_NEAR = 3
_VERDICT = re.compile(
    r'"(?:verdicts?|criteria_met|final_score|score|grade|passed|is_correct|met)"\s{0,8}:\s{0,8}'
    r'(?:\[|"?(?:met|pass(?:ed)?|correct|true|yes|full|\d+)\b)',
    re.IGNORECASE,
)
_JSON_START = re.compile(r"[ \t>]{0,8}(?:```\w{0,10}[ \t]{0,8})?[{\[\"]")
_QUOTED = re.compile(r"[“\"「『‘][^“”\"「」『』‘’\n]{1,200}[”\"」』’]")


class Flag(BaseModel):
    """A place in the answer that its reader should look at: code points ``start:end``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    start: int
    end: int
    text: str


def flags(text: str, most: int = MAX_FLAGS) -> tuple[Flag, ...]:
    """Returns what there is to flag in *text*, in order of place; at most *most* of each kind."""
    reading = read_through(text)
    found = [flag for kind in get_args(Kind) for flag in islice(_of(kind, reading), most)]
    return in_order(found)


def in_order(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """Returns *flags* by their place."""
    return tuple(sorted(flags, key=lambda flag: (flag.start, flag.end, flag.kind)))


def _of(kind: Kind, reading: ReadText) -> Iterator[Flag]:
    stretches: Iterable[tuple[int, int]]
    text = reading.text
    known = patterns.load()
    if kind in _MARKS:
        if _HARMLESS.fullmatch(text):
            return
        stretches = _together(found.span() for found in _MARKS[kind].finditer(text))
    else:
        marked = known.marks.get(kind)
        stretches = (found.span() for found in marked.finditer(text)) if marked else ()
        if kind in known.sentences:
            both = zip(reading.sentences, reading.folded_sentences, strict=True)
            addressed = (each for each, said in both if _speaks(kind, each.text, said))
            stretches = (*stretches, *((each.start, each.end) for each in addressed))
        if kind == "self-grading":
            stretches = (*stretches, *_verdicts(text))
        stretches = sorted(set(stretches))
    for start, end in stretches:
        yield Flag(kind=kind, start=start, end=end, text=text[start:end])


def _speaks(kind: Kind, sentence: str, said: str) -> bool:
    """Whether the sentence, folded to *said*, says a phrase of *kind* in its own voice."""
    known = patterns.load()
    pattern = known.sentences[kind]
    # The same in Latin letters for those that only look like them.
    latin = said.translate(known.look_alikes)
    if not (pattern.search(said) or (latin != said and pattern.search(latin))):
        return False
    if not known.examples.search(said):
        return True
    # To quote an attack as an example is to speak about it
    unquoted = fold(_QUOTED.sub(" ", sentence)).text
    return pattern.search(unquoted) is not None


def _verdicts(text: str) -> Iterator[tuple[int, int]]:
    """Lines that are, or end in, a verdict as JSON: not prose that mentions such JSON."""
    done = 0
    for found in _VERDICT.finditer(text):
        # A line is one place, however many verdicts it holds
        if found.start() < done:
            continue
        start = text.rfind("\n", 0, found.start()) + 1
        end = text.find("\n", found.end())
        done = end = len(text) if end < 0 else end
        if _JSON_START.match(text, start, end):
            yield start, end
        elif not any(char.isalpha() for char in text[text.rfind("}", start, end) : end]):
            yield max(start, text.rfind("{", start, found.start())), end


def _together(stretches: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    whole: tuple[int, int] | None = None
    for start, end in stretches:
        if whole and start <= whole[1] + _NEAR:
            whole = whole[0], end
            continue
        if whole:
            yield whole
        whole = start, end
    if whole:
        yield whole
