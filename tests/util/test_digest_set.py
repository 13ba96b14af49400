"""A compact set behaves like a set."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from grader.util.digest_set import Seen


def digest(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 50), st.integers(0, 9))))
def test_it_remembers_what_a_dict_would(steps: list[tuple[bool, int, int]]) -> None:
    seen, known = Seen(), dict[int, int]()
    for replace, number, value in steps:
        if replace:
            seen.put(digest(number), value)
            known[number] = value
        else:
            assert seen.add(digest(number), value) == (number not in known)
            known.setdefault(number, value)
    assert len(seen) == len(known)
    assert {n: seen.get(digest(n)) for n in range(51)} == {n: known.get(n) for n in range(51)}


def test_it_grows_without_forgetting() -> None:
    seen = Seen()
    for number in range(5000):
        assert seen.add(digest(number), number)
    assert all(seen.get(digest(number)) == number for number in range(5000))
    assert digest(5000) not in seen
    assert not seen.add(digest(0))


def test_a_digest_of_zeros_is_one_like_any_other() -> None:
    seen = Seen()
    assert bytes(32) not in seen
    assert seen.add(bytes(32))
    assert bytes(32) in seen
