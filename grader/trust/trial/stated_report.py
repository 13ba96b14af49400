"""What was fitted to a model's words for its confidence: in plain text, and as the file of it."""

from collections.abc import Iterator

import tomli_w

from grader.judge.stated import SCHEMA
from grader.text.safe import one_line
from grader.trust.trial.report import CountedShare, TrialEstimate
from grader.trust.trial.stated_fit import PAYS
from grader.trust.trial.stated_gain import StatedFit, WordFit


def fit_text(fit: StatedFit) -> str:
    """The fit in plain text, for people."""
    return "\n".join(_lines(fit))


def _lines(fit: StatedFit) -> Iterator[str]:
    yield (
        f"stated confidence, fitted on {fit.verdicts} verdicts on {fit.answers} answers to"
        f" {fit.questions} questions"
    )
    yield f"  {'word':<10}{'usual':>7}{'fitted':>8}   right"
    for word in fit.words:
        yield _word(word)
    before, after = fit.error_before, fit.error_after
    yield (
        f"  calibration error (ECE) {before:.3f} -> {after:.3f}, Brier score"
        f" {_change(fit.score_change)}, both on questions left out"
    )
    yield from _sampling(fit)


def _word(word: WordFit) -> str:
    head = f"  {word.word:<10}{word.usual:>7.2f}{word.fitted:>8.2f}   {_share(word.right)}"
    if word.low is None or word.high is None:
        return head
    return f"{head} [{100 * word.low:.1f}, {100 * word.high:.1f}]"


def _sampling(fit: StatedFit) -> Iterator[str]:
    below, found = fit.confidence.unsure_below, fit.sampling
    if found is None:
        yield f"  asked again below {below:g}, as usual; --repeats 3 fits this threshold too"
        return
    if below == 0:
        yield f"  no further sample pays: none puts {PAYS:g} verdicts right on average"
    else:
        yield f"  a further sample pays below {below:g}, up to {found.samples} samples a verdict"
    yield (
        f"  on questions left out: right {_share(found.once)} -> {_share(found.again)}"
        f" with {found.further:.2f} further samples a verdict"
    )


def _change(change: TrialEstimate) -> str:
    value = f"{change.value or 0.0:+.3f}"
    if change.low is None or change.high is None:
        return value
    return f"{value} [{change.low:+.3f}, {change.high:+.3f}]"


def _share(found: CountedShare) -> str:
    if found.share is None:
        return "-"
    return f"{100 * found.share:.1f} % ({found.right}/{found.of})"


def fit_toml(fit: StatedFit) -> str:
    """The file that ``--confidence`` takes."""
    said = fit.confidence
    head = (
        f"# How sure {one_line(said.model)} is by its own words, fitted on {fit.verdicts} labelled"
        f" verdicts\n# on {fit.answers} answers to {fit.questions} questions. On questions left"
        f" out:\n# calibration error (ECE) {fit.error_before:.3f} -> {fit.error_after:.3f}, Brier"
        f" score {_change(fit.score_change)}.\n# Made by: grade rubric test --fit-confidence\n\n"
    )
    return head + tomli_w.dumps({"schema": SCHEMA, **said.model_dump()})
