"""Checks of notes and hints: each says something of its own, agrees with the claim, and no more."""

import re
from collections.abc import Iterator

from grader.authoring.check.finding import Finding, Reading, has_word_lists
from grader.authoring.check.words import (
    amounts,
    contained,
    opposites,
    pattern,
    tokens,
    unquoted,
)
from grader.rubric.format import KeyPoint
from grader.rubric.wording import in_common
from grader.util.toml import Place

_CLOSED = re.compile(r"\s*($|[,;.\uff0c\uff1b。]|(or|and|AND|anywhere|in the answer)\b|或)")
_NOT_SAID = re.compile(
    r"\b(?:says?|states?|claims?) (?:nothing|not|neither)\b|\bnever says\b", re.IGNORECASE
)
"""Words of saying that tell of silence."""
_GIVES_AWAY = 0.25
"""The share of a key point's own words from which on a hint says it."""
_FILLER = 3
"""Letters of the longest words that are taken to say nothing, where no list says which do."""
_COUNTED = re.compile(r"(\d+(?:\.\d+)?)[ -]?([a-zA-Z%]+)")


def levels(reading: Reading) -> Iterator[Finding]:
    """The levels of a key point differ, and none of them says nothing."""
    for n, point in enumerate(reading.rubric.key_points):
        place: Place = ("key_points", n, "notes")
        seen: dict[str, str] = {}
        for level, text in point.notes:
            if text is None:
                continue
            bare = _bare(text)
            if pattern("nothing").fullmatch(text.strip()) or not bare:
                yield reading.error("empty-note", (*place, level), "says nothing")
            elif bare in seen:
                yield reading.error(
                    "same-notes", (*place, level), f"says the same as the note on {seen[bare]}"
                )
            seen.setdefault(bare, level)


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def swapped(reading: Reading) -> Iterator[Finding]:
    """A note on ``met`` does not begin as one on ``missed`` does, nor the other way round."""
    for n, point in enumerate(reading.rubric.key_points):
        for level, wrong in (("met", "absent"), ("missed", "present")):
            text = getattr(point.notes, level)
            found = pattern(wrong).match(text)
            if found and _CLOSED.match(text, found.end()):
                yield reading.error(
                    "swapped-notes",
                    ("key_points", n, "notes", level),
                    f"“{found[0]}” describes the other end of the scale",
                )


def denied(reading: Reading) -> Iterator[Finding]:
    """A note on ``missed`` says what is absent; what denies the key point contradicts it."""
    for n, point in enumerate(reading.rubric.key_points):
        text = _NOT_SAID.sub(" ", unquoted(point.notes.missed))
        if spoken := pattern("denial").search(text):
            yield reading.warning(
                "denied-under-missed",
                ("key_points", n, "notes", "missed"),
                f"“{spoken[0]}” speaks of a denial, which is judged contradicted;"
                " move it to the note contradicted",
            )


def hints(reading: Reading) -> Iterator[Finding]:
    """A hint does not say what it leads to, beyond what the question has said already."""
    for n, point in enumerate(reading.rubric.key_points):
        if point.hint is None:
            continue
        for language, text, hint in in_common(point, point.hint):
            question = reading.rubric.question.text(language)
            if told := gives_away(hint, text, question, language):
                yield reading.warning(
                    "hint-gives-away",
                    ("key_points", n, "hint", language),
                    f"has “{', '.join(sorted(told))}” in common with the key point",
                )


def gives_away(hint: str, claim: str, question: str, language: str) -> frozenset[str]:
    """Returns the content words by which a hint says its key point; empty where it does not.

    What the question has said already is not given away by saying it again.
    """
    said = _content(claim, language) - tokens(question)
    told = said & tokens(hint)
    return told if len(told) >= _GIVES_AWAY * len(said) else frozenset()


def _content(text: str, language: str) -> frozenset[str]:
    """The words that say something; where no list names the others, they are taken to be short."""
    words = tokens(text)
    if has_word_lists(language):
        return words
    return frozenset(w for w in words if len(w) > _FILLER or not w.isalpha() or not w[0].islower())


def agreement(reading: Reading) -> Iterator[Finding]:
    """The note on ``met`` does not contradict the key point."""
    for n, point in enumerate(reading.rubric.key_points):
        if reason := _numbers_differ(point) or _opposed(point):
            yield reading.error("contradiction", ("key_points", n, "notes", "met"), reason)


def _numbers_differ(point: KeyPoint) -> str:
    text, note = _counted(point.text("en")), _counted(point.notes.met)
    for unit in text.keys() & note.keys():
        if not text[unit] & note[unit]:
            said, wanted = min(text[unit]), min(note[unit])
            return f"says {wanted} {unit}, the key point says {said}"
    return ""


def _counted(text: str) -> dict[str, set[str]]:
    """The numbers that stand before each unit, as ``{"bank": {"32"}}``."""
    found: dict[str, set[str]] = {}
    for number, unit in _COUNTED.findall(unquoted(text)):
        if unit.lower() in amounts():
            found.setdefault(unit.lower().removesuffix("s") or "s", set()).add(number)
    return found


def _opposed(point: KeyPoint) -> str:
    """Whether one of text and note says a word, and the other its opposite alone."""
    note = unquoted(point.notes.met)
    wanted = _opposable(note)
    for claim in point.wordings:
        said = _opposable(claim)
        for pair in opposites():
            one, other = said & pair, wanted & pair
            if len(one) == len(other) == 1 and one != other and _shares(claim, note):
                return f"says “{min(other)}” where the key point says “{min(one)}”"
    return ""


def _opposable(text: str) -> set[str]:
    """The words of *text* that have an opposite in the lists."""
    return {word.lower() for word in pattern("opposites").findall(text)}


def _shares(claim: str, note: str) -> bool:
    """Whether claim and note are about the same thing, as far as words can tell."""
    return max(contained(note, claim), contained(claim, note)) >= 0.5


ALL = (levels, swapped, denied, hints, agreement)
