"""No reply and no answer, however broken, crashes the reader or becomes more than it holds."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.broken_text import faults_of_answer, faults_of_reply, raw_answer, reply


@settings(max_examples=300)
@given(st.integers(0, 2**32))
def test_a_reply_gives_no_verdict_that_it_does_not_hold(seed: int) -> None:
    assert list(faults_of_reply(reply(random.Random(seed)))) == []


@settings(max_examples=200)
@given(st.integers(0, 2**32))
def test_an_answer_is_read_flagged_and_quoted_where_it_stands(seed: int) -> None:
    dice = random.Random(seed)
    assert list(faults_of_answer(raw_answer(dice), dice)) == []
