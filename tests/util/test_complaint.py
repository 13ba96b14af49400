"""Whatever is wrong with what a person wrote is told in the same words, with its key."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from grader.util.complaint import first_complaint, key_of


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    weight: Annotated[int, Field(ge=1)]
    name: Annotated[str, Field(min_length=1)] = "x"

    @model_validator(mode="after")
    def _no_tens(self) -> "Inner":
        if self.weight == 10:
            raise ValueError("ten is\n too much")
        return self


class Outer(BaseModel):
    points: tuple[Inner, ...]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({}, "points: is missing"),
        ({"points": [{"weight": 1}, {}]}, "points[1].weight: is missing"),
        ({"points": [{"weight": 1, "wieght": 2}]}, "points[0].wieght: is not a key of the format"),
        (
            {"points": [{"weight": "x"}]},
            "points[0].weight: must be a valid integer, unable to parse string as an integer",
        ),
        ({"points": [{"weight": 0}]}, "points[0].weight: must be greater than or equal to 1"),
        (
            {"points": [{"weight": 1, "name": ""}]},
            "points[0].name: must have at least 1 character",
        ),
        ({"points": [{"weight": 10}]}, "points[0]: ten is too much"),
    ],
)
def test_a_complaint_names_the_key_and_what_is_asked_for(content: Any, told: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(content)
    assert first_complaint(caught.value) == told


@pytest.mark.parametrize(
    ("line", "told"),
    [("{", "not JSON: EOF while parsing"), ("[]", "must be an object"), ("7", "must be an object")],
)
def test_a_line_that_is_no_json_object_is_told_as_that(line: str, told: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate_json(line)
    assert first_complaint(caught.value).startswith(told)


def test_a_key_is_short_and_hides_nothing() -> None:
    assert key_of(("a", 0, "b\x1b\u202e")) == "a[0].b\ufffd\ufffd"
    assert len(key_of(("k" * 500,))) == 80
