"""A set of digests that takes 12 to 24 bytes each: a hundred thousand answers fit in 2 MB."""

from array import array

_EMPTY = 0
_FIRST_SIZE = 1024


class Seen:
    """Digests, by their first 8 bytes, each with a number if it is given one.

    Open addressing with linear probing (Knuth, TAOCP 6.4); a Python dict would take about ten
    times the memory. Two of a million different digests fall together with a probability below
    one in ten million.
    """

    def __init__(self) -> None:
        self._keys = array("Q", bytes(8 * _FIRST_SIZE))
        # Most sets hold no numbers: until the first, their 8 bytes a slot are spared
        self._values: array[int] | None = None
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, digest: bytes, value: int = 0) -> bool:
        """Notes the digest; False if it was there already, and its number stays."""
        # A search ends at an empty slot; beyond two thirds full the way to one grows fast
        if 3 * self._count > 2 * len(self._keys):
            self._grow()
        key = _key(digest)
        slot = self._slot(key)
        if self._keys[slot] == key:
            return False
        self._keys[slot] = key
        self._set(slot, value)
        self._count += 1
        return True

    def put(self, digest: bytes, value: int) -> None:
        """Notes the digest with this number, whatever it had before."""
        if not self.add(digest, value):
            self._set(self._slot(_key(digest)), value)

    def get(self, digest: bytes) -> int | None:
        """Returns the digest's number, 0 where it was given none; None if it is not here."""
        key = _key(digest)
        slot = self._slot(key)
        if self._keys[slot] != key:
            return None
        return self._values[slot] if self._values is not None else 0

    def __contains__(self, digest: bytes) -> bool:
        return self.get(digest) is not None

    def _slot(self, key: int) -> int:
        size = len(self._keys)
        # A digest is evenly spread already: it needs no hash of its own
        slot = key % size
        while self._keys[slot] not in (_EMPTY, key):
            slot = (slot + 1) % size
        return slot

    def _set(self, slot: int, value: int) -> None:
        if self._values is None and value:
            self._values = array("Q", bytes(8 * len(self._keys)))
        if self._values is not None:
            self._values[slot] = value

    def _grow(self) -> None:
        keys, values = self._keys, self._values
        self._keys = array("Q", bytes(16 * len(keys)))
        self._values = None
        for old, key in enumerate(keys):
            if key != _EMPTY:
                slot = self._slot(key)
                self._keys[slot] = key
                self._set(slot, values[old] if values is not None else 0)


def _key(digest: bytes) -> int:
    # 0 marks an empty slot: a digest that begins with eight zero bytes takes another key
    return int.from_bytes(digest[:8], "big") or 1
