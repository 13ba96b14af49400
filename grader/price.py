"""What replies cost, from a price table that is part of an installed package: no network."""

from grader.record import Usage


def cost(usage: Usage, model: str, endpoint: str, *, batch: bool = False) -> float | None:
    """US dollars for *usage*, or None where the table knows no price for the model there.

    Args:
        endpoint: the base URL, which tells the provider.
        batch: at the provider's batch price.
    """
    from genai_prices import Usage as Priced
    from genai_prices import calc_price

    priced = Priced(
        input_tokens=usage.input_tokens,
        cache_read_tokens=min(usage.cached_tokens, usage.input_tokens),
        output_tokens=usage.output_tokens,
    )
    context = {"processing": "batch"} if batch else None
    try:
        price = calc_price(priced, model, provider_api_url=endpoint, price_context=context)
    except (LookupError, ValueError):
        return None
    return float(price.total_price)
