"""Sessions as Markdown: each answer stands below ``## QUESTION-ID``."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from grader import answer
from grader.errors import GraderError
from grader.session.entry import Entry, Problem, Questions
from grader.util.lines import LineProblem, Lines

_LEVEL = 2
_HEADING = re.compile(r" {0,3}(#{1,6})(?!#)([ \t]*)(.*?)[ \t]*#*\s*")
_UNDERLINE = re.compile(r" {0,3}-{2,}\s*|.{0,3}={2,}\s*")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_HEADING = 200
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
# "3.", "(3)", "Q3:", "Question 3 -", "第三题、": what people put before an id.
_WORDS = "question|exercise|problem|task|no|nr|q|问题|問題|题目|題目|题|題|第"
_NUMBER = r"[(\[]?(?:\d{1,3}|[一二三四五六七八九十]{1,3}|[ivx]{1,4}|[a-z](?=[).\]:]))[)\]]?"
_ENUMERATED = re.compile(
    rf"(?:#?{_NUMBER}\s*[).:、,\]–—-]+|[(\[]{_NUMBER}[)\]]"
    rf"|(?:{_WORDS})\.?\s*{_NUMBER}?\s*(?:题|題|问|問)?\s*[).:、,–—-]*)\s*"
)
_AROUND = " \t*_`:.。、\"'[]"


def markdown(
    name: str, stream: BinaryIO, encoding: str, questions: Questions
) -> Iterator[Entry | Problem]:
    """The answers of a session.

    Every heading of the second level outside a code block begins another question's answer; where
    it is none of *questions*, that is a :class:`Problem`, and what stands below it goes to no
    other answer. Headings of other levels belong to the answer, unless they are an id to the
    letter. Within a code block, which may never have been closed, only a question's id counts.
    """
    lines = Lines(stream, encoding)
    part = _Section(name, questions)
    while True:
        try:
            line = next(lines)
        except StopIteration:
            break
        except LineProblem as problem:
            yield Problem(f"{name}:{lines.number}", f"{problem}; its answer is left out")
            part.drop()
            continue
        if heading := part.heading(line):
            part.hand_over(heading)
            yield from part.finish()
            part.begin(heading, lines.number)
        else:
            part.add(line)
    yield from part.finish()
    if part.title is None:
        yield Problem(name, "no answer in it: write each below a line such as ## bank-conflict")


@dataclass(frozen=True, slots=True)
class _Heading:
    """A heading that begins an answer, by its words or the id that they are.

    Attributes:
        fault: what is wrong with it all the same.
    """

    title: str
    underlined: bool = False
    fault: str = ""


class _Section:
    """The answer that is being read."""

    def __init__(self, name: str, questions: Questions) -> None:
        self.title: str | None = None
        self._name = name
        self._questions = questions
        self._fault = ""
        self._line = 0
        self._text: list[str] | None = None
        self._size = 0
        self._fence = ""
        self._attempts: Counter[str] = Counter()

    def heading(self, line: str) -> _Heading | None:
        """The question that *line* begins, if it does."""
        # No id is so long; and on a line of blanks the pattern would try every way to split it.
        if len(line) >= _LONGEST_HEADING:
            return None
        found = _HEADING.fullmatch(line)
        if not found:
            return self._underlined(line)
        marks, blank, title = found.groups()
        known = self._id_in(title, plainly=bool(self._fence))
        if len(marks) != _LEVEL:
            return self._of_another_level(title) if blank else None
        if known or not (blank and title) or self._fence:
            return _Heading(known) if known else None
        return _Heading(title)

    def _of_another_level(self, title: str) -> _Heading | None:
        name = without_number(title)
        to_the_letter = "-" in name and _SLUG.fullmatch(name) and self._questions.knows(name)
        if self._fence or not to_the_letter:
            return None
        return _Heading(name, fault=f"write the id as a heading of the second level: ## {name}")

    def _underlined(self, line: str) -> _Heading | None:
        last = self._text[-1] if self._text else ""
        if self._fence or not last.strip() or not _UNDERLINE.fullmatch(line):
            return None
        before = self._text[-2] if self._text and len(self._text) > 1 else ""
        if before.strip() or len(last) >= _LONGEST_HEADING:
            return None
        known = self._id_in(last.strip(), plainly=False)
        near = known or self._questions.is_near(slug(last))
        return _Heading(known or last.strip(), underlined=True) if near else None

    def _id_in(self, title: str, *, plainly: bool) -> str | None:
        """The question that *title* names, where not *plainly* with a number or marks around it."""
        names = [slug(title)] if plainly else [slug(title), slug(without_number(title))]
        return next((n for n in names if _SLUG.fullmatch(n) and self._questions.knows(n)), None)

    def hand_over(self, heading: _Heading) -> None:
        """Gives up the line that was taken for text before its underline came."""
        if heading.underlined and self._text:
            self._text.pop()

    def begin(self, heading: _Heading, line: int) -> None:
        self.title, self._fault = heading.title, heading.fault
        self._line = line - heading.underlined
        self._text, self._size, self._fence = [], 0, ""

    def add(self, line: str) -> None:
        if self._text is None:
            self._text = None if self.title else [line]
            return
        if self.title is None:  # before the first heading only the line before counts
            self._text = [*self._text[-1:], line]
            return
        self._mind_fence(line)
        # Beyond the longest answer nothing more is kept: enough to know that it is too long.
        if self._size <= answer.MAX_CHARS:
            self._text.append(line)
            self._size += len(line)

    def _mind_fence(self, line: str) -> None:
        if found := _FENCE.match(line):
            mark = found[1]
            if not self._fence:
                self._fence = mark
            elif mark[0] == self._fence[0] and len(mark) >= len(self._fence):
                self._fence = ""

    def drop(self) -> None:
        """Leaves the answer out: a line of it cannot be read."""
        self._text = None

    def finish(self) -> Iterator[Entry | Problem]:
        if self.title is None or self._text is None:
            return
        place = f"{self._name}:{self._line}"
        try:
            self._questions.find(self.title)
        except GraderError as error:
            self._fault = f"{error} (a heading within an answer takes ###)"
        text, flags = answer.cleaned("".join(self._text).strip("\r\n"))
        if not (self._fault or text.strip()):
            self._fault = f"the answer to {self.title} is empty"
        if self._fault:
            yield Problem(place, self._fault)
            return
        self._attempts[self.title] += 1
        attempt = self._attempts[self.title]
        suffix = f"-{attempt}" if attempt > 1 else ""
        entry_id = f"{self._name}#{self.title}{suffix}"
        yield Entry(self.title, text, entry_id, place, flags=flags)


def slug(title: str) -> str:
    """*title* as an id would be written."""
    words = unicodedata.normalize("NFKC", title).casefold().strip(_AROUND + "\r\n")
    return "-".join(words.replace("_", " ").split())


def without_number(title: str) -> str:
    """*title* without a number or the word "question" before it."""
    plain = unicodedata.normalize("NFKC", title).strip(_AROUND)
    found = _ENUMERATED.match(plain.casefold())
    return plain[found.end() :].strip(_AROUND) if found else plain
