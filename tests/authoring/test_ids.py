"""Ids are made of what people call things, in any script, and stay the same."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.authoring.ids import slug, unique
from grader.rubric.format import SLUG


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("Why does TCP need three steps?", "en", "tcp-need-three-steps"),
        ("Größe überträgt", "de", "groesse-uebertraegt"),
        ("Réseaux à l'œuvre", "fr", "reseaux-l-oeuvre"),
        ("TCP 三次握手", "zh", "tcp-xinufq"),
        ("サーバの役割", "ja", "saba-zynxth"),
        ("!!!", "en", ""),
    ],
)
def test_an_id_speaks_where_its_script_lets_it(text: str, language: str, name: str) -> None:
    assert slug(text, language) == name


def test_texts_of_another_script_have_ids_of_their_own() -> None:
    assert slug("什么是端口") != slug("什么是地址")
    assert slug("什么是端口") == slug("什么是端口")


@given(st.text(max_size=300))
def test_an_id_is_of_the_format(text: str) -> None:
    made = slug(text)
    assert made == "" or (re.fullmatch(SLUG, made) and len(made) <= 64)


def test_a_name_that_is_taken_gets_a_number() -> None:
    assert unique("a", {"a", "a-2"}) == "a-3"
