"""JSON in one form, so that equal content has equal text and equal digests."""

import json


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces: equal content gives equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
