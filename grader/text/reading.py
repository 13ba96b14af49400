"""A text as everything that looks at it reads it: its sentences, and what they fold to, once."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

from grader.text.fold import Folded, fold
from grader.text.sentences import Span, sentences


@dataclass(frozen=True)
class ReadText:
    """One text, split and folded when that is first asked for."""

    text: str

    @cached_property
    def sentences(self) -> tuple[Span, ...]:
        """The sentences in order. See :func:`grader.text.sentences.sentences`."""
        return sentences(self.text)

    @cached_property
    def folded(self) -> Folded:
        """The whole text folded. See :func:`grader.text.fold.fold`."""
        return fold(self.text)

    @cached_property
    def folded_sentences(self) -> tuple[str, ...]:
        """What each sentence folds to, in the order of ``sentences``."""
        return tuple(fold(span.text).text for span in self.sentences)


@lru_cache(maxsize=64)  # an answer is flagged, defended, judged and quoted from
def read_through(text: str) -> ReadText:
    """Returns the reading of *text*, the same one as long as it is in use."""
    return ReadText(text)
