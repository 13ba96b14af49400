"""What replies cost and requests will use.

Prices are a table that is part of an installed package, and the user's own: no network.
Estimates are always shown as such.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import ConfigDict, Field

from grader.llm.request import said
from grader.record import Usage
from grader.util.frozen import Frozen


class OwnPrice(Frozen):
    """What a model costs by its user's word, in US dollars per million tokens."""

    model_config = ConfigDict(strict=True)

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)
    cached: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """For what the provider's prefix cache held; None costs as much as the rest."""

    def cost(self, new: int, cached: int, written: int) -> float:
        """US dollars for tokens read anew, read from the cache, and written."""
        from_cache = self.input if self.cached is None else self.cached
        return (new * self.input + cached * from_cache + written * self.output) / 1_000_000


_own_prices: dict[str, OwnPrice] = {}


def use_prices(prices: Mapping[str, OwnPrice]) -> None:
    """Lets *prices*, by the model's name, stand for this process in place of any before."""
    _own_prices.clear()
    _own_prices.update(prices)


def own_prices() -> dict[str, OwnPrice]:
    """Returns the prices that stand for this process by the user's word, to be taken to others."""
    return dict(_own_prices)


def cost(usage: Usage, model: str, endpoint: str, *, batch: bool = False) -> float | None:
    """Returns US dollars for *usage*, or None where nobody knows a price for the model there.

    A price that the user gave (:func:`use_prices`) stands before the table's.

    Args:
        endpoint: the base URL, which tells the provider.
        batch: at the provider's batch price.
    """
    cached = min(usage.cached_tokens, usage.input_tokens)
    if own := _own_prices.get(model):
        return own.cost(usage.input_tokens - cached, cached, usage.output_tokens)
    return _cost(usage.input_tokens, cached, usage.output_tokens, model, endpoint, batch)


@lru_cache(maxsize=256)  # a reply is priced when it comes and again in its record
def _cost(
    new: int, cached: int, written: int, model: str, endpoint: str, batch: bool
) -> float | None:
    from genai_prices import Usage as Priced
    from genai_prices import calc_price

    priced = Priced(input_tokens=new, cache_read_tokens=cached, output_tokens=written)
    context = {"processing": "batch"} if batch else None
    try:
        price = calc_price(priced, model, provider_api_url=endpoint, price_context=context)
    except (LookupError, ValueError):
        return None
    return float(price.total_price)


_MARGIN = 1.15
_ITEM_TOKENS = 70
"""Quotes, reason and verdict of one key point or misconception."""
_FEEDBACK_TOKENS = 80


def tokens(text: str) -> int:
    """Returns the tokens of *text*, estimated.

    A quarter of its Latin characters and nine tenths of the others, which holds for current
    byte-pair vocabularies within about 15 %, which are added.
    """
    others = len(text) - len(text.encode("ascii", "ignore"))
    return round(_MARGIN * ((len(text) - others) / 4 + 0.9 * others))


def guess(body: dict[str, Any]) -> Usage:
    """Returns the usage of one request, from its body.

    A model that thinks first may use far more.
    """
    text = said(body)
    output = int(body.get("max_tokens") or 0)
    if form := body.get("response_format"):
        schema = json.dumps(form, ensure_ascii=False)
        text += schema
        # Each key point and misconception has one reason in the schema
        output = output or schema.count('"reason": {') * _ITEM_TOKENS + _FEEDBACK_TOKENS
    return Usage(input_tokens=tokens(text), output_tokens=output, calls=1)
