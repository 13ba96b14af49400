"""Texts in the languages that their author has: one, two, or others by their BCP 47 tags."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from grader.text.language import LANGUAGE_TAG, primary
from grader.util.frozen import Frozen

Tag = Annotated[str, StringConstraints(pattern=LANGUAGE_TAG, max_length=35)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Described(Frozen):
    """A part of a rubric; its fields are described in the JSON Schema as they are here."""

    model_config = ConfigDict(use_attribute_docstrings=True)


def _only_tags(schema: dict[str, Any]) -> None:
    """Has editors, too, take for a language only what is a tag."""
    text = schema.pop("additionalProperties", {"type": "string", "minLength": 1})
    schema["patternProperties"] = {LANGUAGE_TAG: text}
    schema["additionalProperties"] = False
    schema["properties"] |= {"en": text, "zh": text}


class Worded(Described):
    """What says the same in one or more languages, each by its tag beside the other keys."""

    model_config = ConfigDict(extra="allow", json_schema_extra=_only_tags)
    __pydantic_extra__: dict[Tag, Line] = Field(init=False)

    en: Line | None = None
    zh: Line | None = None

    @model_validator(mode="after")
    def _worded(self) -> Self:
        if not self.texts:
            raise ValueError("needs its text in a language, as en, zh or de")
        return self

    @property
    def texts(self) -> dict[str, str]:
        """The texts by language: English and Chinese first, then the others as they stand."""
        both = {"en": self.en, "zh": self.zh}
        return {tag: text for tag, text in both.items() if text} | (self.__pydantic_extra__ or {})

    @property
    def wordings(self) -> tuple[str, ...]:
        """The texts, each once; at least one."""
        return tuple(dict.fromkeys(self.texts.values()))

    def text(self, language: str) -> str:
        """The text in *language*, or in a variant of it; else the first that there is."""
        texts, wanted = self.texts, primary(language)
        kin = (text for tag, text in texts.items() if primary(tag) == wanted)
        return texts.get(language) or next(kin, self.wordings[0])


def in_common(one: Worded, other: Worded) -> list[tuple[str, str, str]]:
    """The languages that both have, each with the text of *one* and of *other* in it."""
    others = other.texts
    return [(tag, text, others[tag]) for tag, text in one.texts.items() if tag in others]


class Text(Worded):
    """The same words in each language of the rubric."""
