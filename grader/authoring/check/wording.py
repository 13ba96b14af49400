"""Checks of how a rubric is worded: two languages, one thing a claim, words read one way."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from grader.authoring.check.finding import Finding, Reading, has_word_lists
from grader.authoring.check.words import numbers, pattern, unquoted
from grader.rubric.format import KeyPoint
from grader.text.flags import TO_THE_GRADER, flags
from grader.text.language import primary

CHINESE = re.compile("[\u3400-\u9fff]")
_LATIN_WORD = re.compile("[A-Za-z]{2,}")
_SENTENCE_END = re.compile(r"(?<!e\.g)(?<!i\.e)(?<!vs)[.!?]\s+(?=[A-Z])|。(?=.)")
LONGEST = {"en": 140, "zh": 100}
"""Characters of a claim."""
_CLOSE_WRITTEN = ("zh", "ja", "ko")
"""Languages whose characters say about as much each as Chinese ones."""
_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def languages(reading: Reading) -> Iterator[Finding]:
    """English in ``en``, Chinese in ``zh``, and no language of a single text: that is likely a
    misspelt key."""
    often = Counter(written.language for written in reading.claims)
    for written in reading.claims:
        bare = unquoted(written.text)
        if written.language == "zh" and not CHINESE.search(written.text):
            yield reading.warning("language", written.place, "has no Chinese in it")
        if written.language == "en" and CHINESE.search(bare):
            yield reading.warning("language", written.place, "has Chinese in it")
        elif written.language == "en" and not _LATIN_WORD.search(written.text):
            yield reading.warning("language", written.place, "has no English in it")
        if often[written.language] == 1 < len(often):
            told = f"is the only text in {written.language!r}; is that a misspelt key?"
            yield reading.warning("language", written.place, told)


def same_numbers(reading: Reading) -> Iterator[Finding]:
    """No number in one language stands where the other has another one.

    Numbers of one digit are left out: they are often spelled out.
    """
    for place, item in reading.items:
        en, zh = _large(item.en or ""), _large(item.zh or "")
        if en - zh and zh - en:
            one, other = min(en - zh), min(zh - en)
            yield reading.warning("numbers", (*place, "zh"), f"says {other} where en says {one}")


def _large(text: str) -> set[str]:
    return {n for n in numbers(text) if len(n.replace(".", "")) > 1}


def vague(reading: Reading) -> Iterator[Finding]:
    """No words that two people read differently."""
    for written in [*reading.claims, *reading.notes]:
        if written.place[0] == "question" or "correction" in written.place:
            continue
        if not has_word_lists(written.language):
            continue
        for word in dict.fromkeys(pattern("vague").findall(unquoted(written.text))):
            yield reading.warning(
                "vague",
                written.place,
                f"“{word}” is read differently by two people; say what counts",
            )


def placeholders(reading: Reading) -> Iterator[Finding]:
    """Nothing left to be written."""
    for written in [*reading.claims, *reading.notes]:
        found = pattern("placeholder").search(written.text)
        if found and (has_word_lists(written.language) or found[0].isupper()):
            yield reading.error("placeholder", written.place, f"“{found[0]}” is left to be written")


def invisible(reading: Reading) -> Iterator[Finding]:
    """Nothing that a reader of the file cannot see."""
    for written in [*reading.claims, *reading.notes]:
        for char in sorted(set(written.text) - set("\n\t")):
            if unicodedata.category(char) in _INVISIBLE:
                yield reading.error(
                    "invisible", written.place, f"holds the invisible character U+{ord(char):04X}"
                )


def addressed(reading: Reading) -> Iterator[Finding]:
    """Nothing that speaks to the judge instead of about the subject: the judge reads it all."""
    for written in [*reading.claims, *reading.notes]:
        for flag in flags(written.text):
            if flag.kind in TO_THE_GRADER:
                yield reading.error(
                    "addressed", written.place, f"“{flag.text}” speaks to the judge"
                )


def claims(reading: Reading) -> Iterator[Finding]:
    """A claim says a fact, in few words."""
    for place, item in reading.items:
        for language, text in item.texts.items():
            where, longest = (*place, language), _longest(language)
            if isinstance(item, KeyPoint) and len(text) > longest:
                yield reading.warning(
                    "long",
                    where,
                    f"{len(text)} characters; up to {longest}, the rest into its notes",
                )
            if text.rstrip().endswith(("?", "\uff1f")):
                yield reading.warning("question", where, "asks instead of saying a fact")
            elif has_word_lists(language) and (
                found := pattern("instructs").search(unquoted(text))
            ):
                yield reading.warning(
                    "instruction",
                    where,
                    f"“{found[0]}”: say the fact, not what an answer should do",
                )


def one_thing(reading: Reading) -> Iterator[Finding]:
    """A key point says one thing, or knows what one half of it is worth."""
    for n, point in enumerate(reading.rubric.key_points):
        place = ("key_points", n)
        for language, text in point.texts.items():
            if reason := _two(text, binary=point.binary, listed=has_word_lists(language)):
                yield reading.warning("two-things", (*place, language), f"{reason}; split it")
        if point.binary and re.search(r"\bAND\b|\bboth\b|且|两者", unquoted(point.notes.met)):
            yield reading.warning(
                "two-things",
                (*place, "notes", "met"),
                "asks for two things, and no note says what one of them is worth",
            )


def _longest(language: str) -> int:
    return LONGEST["zh" if primary(language) in _CLOSE_WRITTEN else "en"]


def _two(text: str, *, binary: bool, listed: bool) -> str:
    bare = unquoted(text)
    if listed and (found := pattern("adds").search(bare)):
        return f"“{found[0]}” adds a second thing"
    parts = 1 + len(re.findall("[;\uff1b]", bare))
    # Other languages have abbreviations of their own, such as "z. B.", that end no sentence.
    parts += len(_SENTENCE_END.findall(bare)) if listed else len(re.findall("。(?=.)", bare))
    if parts > 2:
        return f"says {parts} things"
    return "says two things, and no note for partial says what one is worth" * (
        binary and parts > 1
    )


ALL = (languages, same_numbers, vague, placeholders, invisible, addressed, claims, one_thing)
