"""What replies cost, from a price table that is part of an installed package: no network."""

from functools import lru_cache

from grader.record import Usage


def cost(usage: Usage, model: str, endpoint: str, *, batch: bool = False) -> float | None:
    """US dollars for *usage*, or None where the table knows no price for the model there.

    Args:
        endpoint: the base URL, which tells the provider.
        batch: at the provider's batch price.
    """
    cached = min(usage.cached_tokens, usage.input_tokens)
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
