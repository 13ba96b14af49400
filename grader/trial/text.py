"""A report for people: plain text, nothing of an answer able to steer a terminal."""

from collections.abc import Iterator

from grader.plain import one_line
from grader.trial.report import LEVELS, UNGRADED, Difference, Estimate, Report, Share

_LONGEST = 300


def text(found: Report) -> str:
    """The report in plain text, its differences last."""
    return "\n".join([*_head(found), "", *_confusion(found), "", *_groups(found), *_differ(found)])


def _head(found: Report) -> Iterator[str]:
    judge = found.judge
    yield f"judge        {one_line(judge.model)} ({judge.kind}, {judge.ask})"
    yield f"answers      {found.answers}, {found.labels} labels, {found.ungraded} ungraded"
    yield f"accuracy     {_estimate(found.accuracy)}"
    yield f"kappa        {_estimate(found.kappa)}   (Cohen, four verdicts)"
    yield f"by credit    {_estimate(found.credit_kappa)}   (quadratic weighted kappa)"
    if found.passes.of:
        yield f"labelling    both passes agreed on {_share(found.passes)} of the labels"
    claims = f"{_share(found.claims_found)} found, {_share(found.claims_right)} of those told right"
    yield f"wrong claims {claims}"
    if found.stability:
        accuracy = ", ".join(f"{a:.3f}" for a in found.stability.accuracy)
        same = _share(found.stability.same)
        yield f"stability    {same} the same in {found.stability.repeats} repeats ({accuracy})"
    used = found.usage
    source = "all from the ledger" if used.from_ledger else f"{used.input_tokens} tokens read"
    cost = f", ${used.cost_usd:.4f}" if used.cost_usd else ""
    yield f"calls        {used.calls}, {source}{cost}"


def _confusion(found: Report) -> Iterator[str]:
    columns = (*LEVELS, UNGRADED)
    yield (
        f"{'label / verdict':<16}" + "".join(f"{name:>14}" for name in columns) + f"{'recall':>12}"
    )
    for label in LEVELS:
        counts = "".join(f"{found.confusion[label][name]:>14}" for name in columns)
        yield f"{label:<16}{counts}{_share(found.recall[label], bare=True):>12}"


def _groups(found: Report) -> Iterator[str]:
    groups = {
        "question": found.by_question,
        "kind": found.by_kind,
        "language": found.by_language,
    }
    for title, shares in groups.items():
        yield f"by {title}"
        for name, share in shares.items():
            yield f"  {name:<36}{_share(share, bare=True):>8}  of {share.of}"


def _differ(found: Report) -> Iterator[str]:
    for one in found.differences:
        yield ""
        yield f"{one.question}/{one.answer} {one.key_point}: {_verdicts(one)}"
        yield f"  label: {one_line(one.why, _LONGEST)}"
        if judge := _reason(one):
            yield f"  judge: {judge}"


def _verdicts(one: Difference) -> str:
    said = one.verdict.value if one.verdict else f"ungraded ({one.cause})"
    sure = f" ({one.confidence:.2f})" if one.confidence is not None else ""
    return f"label {one.label.value}, judge {said}{sure}"


def _reason(one: Difference) -> str:
    quotes = [f"“{one_line(quote, _LONGEST)}”" for quote in one.evidence]
    return " ".join(part for part in (one_line(one.reason, _LONGEST), *quotes) if part)


def _estimate(found: Estimate) -> str:
    if found.value is None:
        return "not estimable"
    if found.low is None or found.high is None:
        return f"{found.value:.3f}"
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def _share(found: Share, *, bare: bool = False) -> str:
    if found.share is None:
        return "-"
    percent = f"{100 * found.share:.1f} %"
    return percent if bare else f"{percent} ({found.right}/{found.of})"
