"""Totals of a session in words: shared by every kind of report."""

from grader.catalogue import Catalogue
from grader.summary import Scores, UsageSummary
from grader.words import number


def percent(value: float) -> str:
    """Per cent with at most one decimal, without the sign."""
    return number(round(value, 1))


def mean(scores: Scores, say: Catalogue) -> str:
    """The mean score; the interval where an answer has no single score."""
    if not scores.answers:
        return str(say["no_score"])
    if scores.ungraded or scores.mean is None:
        return f"{percent(scores.low)}–{percent(scores.high)} %"
    return f"{percent(scores.mean)} %"


def dollars(value: float) -> str:
    """US dollars, small sums to a hundredth of a cent."""
    return f"${value:.2f}" if value >= 1 or not value else f"${value:.4f}"


def cost(usage: UsageSummary, say: Catalogue) -> str:
    """What was paid, what the ledger saved, and what nobody knows."""
    return "; ".join(filter(None, (dollars(usage.paid_usd), cost_more(usage, say))))


def cost_more(usage: UsageSummary, say: Catalogue) -> str:
    """What the ledger saved and what nobody knows; empty where there is neither."""
    parts = []
    if usage.saved_usd:
        parts.append(say["saved"].format(cost=dollars(usage.saved_usd)))
    if usage.unknown_costs:
        parts.append(say["unknown_costs"].format(count=usage.unknown_costs))
    return "; ".join(parts)


def usage(used: UsageSummary, say: Catalogue) -> str:
    """Calls and tokens in one sentence."""
    return str(
        say["usage"].format(
            calls=f"{used.calls:,}",
            input=f"{used.input_tokens:,}",
            cached=f"{used.cached_tokens:,}",
            output=f"{used.output_tokens:,}",
            from_ledger=used.from_ledger,
        )
    )
