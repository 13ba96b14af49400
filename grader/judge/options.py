"""What the user said about the judge, and what it says of each judge where there are several."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from typing import Any, Literal, cast, get_args

from grader.errors import BadInput
from grader.judge.curves import TeamLevel, read_level
from grader.judge.panel import Together
from grader.judge.stated import StatedConfidence, read_confidence
from grader.llm.endpoint import TIMEOUT_S

LOCAL = "local"
"""The name of the embedded model, and of the user's own one on this machine."""
AskForm = Literal["one-call", "per-point", "trained"]


@dataclass(frozen=True)
class JudgeOptions:
    """What the user said about the judge.

    Attributes:
        model: a model's name, ``local``, or None.
        base_url: of an OpenAI-compatible endpoint; None takes the environment's.
        api_key: of the endpoint; None takes the environment's.
        ask: how it is asked; None is the judge's own way.
        parameters: parameters of the request, sent only as given.
        fresh: ask anew although the ledger holds a reply, and keep both.
        level: a team's own level for a judge that gives probabilities.
        plain: the model's own words are wanted, not verdicts: the embedded one without its adapter.
        timeout_s: seconds that an endpoint's reply may take.
        beside: further models that judge beside the first.
        combine: how they decide together: the verdict of most, or the one nearest their mean.
        then: the model that judges what the first, the embedded one if none is named, is unsure of.
        unsure_below: the confidence, 0 to 1, below which a verdict goes there or is asked again;
            None is the usual one or, for what is asked again, what was fitted to the model.
        confidence: a model's own probabilities of the words for its confidence; for it alone.
    """

    model: str | None = None
    base_url: str | None = None
    ask: AskForm | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    fresh: bool = False
    level: TeamLevel | None = None
    plain: bool = False
    api_key: str | None = field(default=None, repr=False)
    timeout_s: float = TIMEOUT_S
    beside: tuple[str, ...] = ()
    combine: Together = "majority"
    then: str | None = None
    unsure_below: float | None = None
    confidence: StatedConfidence | None = None


def options(
    model: str | Sequence[str] | None,
    base_url: str | None,
    ask: str | None,
    parameters: Sequence[str],
    *,
    fresh: bool = False,
    calibration: Path | None = None,
    timeout_s: float | None = None,
    combine: str | None = None,
    then: str | None = None,
    unsure_below: float | None = None,
    confidence: Path | None = None,
) -> JudgeOptions:
    """JudgeOptions from the words of a command line.

    Args:
        model: the model's name, or several to judge together.
        parameters: ``KEY=VALUE`` each; a value that is JSON is sent as such, else as text.
        calibration: the file of a team's level.
        confidence: the file of a model's own probabilities of the words for its confidence.

    Raises:
        BadInput: a form or parameter that cannot be understood.
    """
    if ask not in (None, *get_args(AskForm)):
        raise BadInput(f"--ask {ask}: choose one of {', '.join(get_args(AskForm))}")
    if timeout_s is not None and not 0 < timeout_s < inf:
        raise BadInput(f"--timeout {timeout_s}: a number of seconds, such as 300")
    first, *beside = [model] if isinstance(model, str) else [*(model or [])] or [""]
    said = JudgeOptions(
        model=first or None,
        base_url=base_url,
        ask=cast("AskForm | None", ask),
        parameters=dict(_parameter(text) for text in parameters),
        fresh=fresh,
        level=read_level(calibration) if calibration else None,
        timeout_s=timeout_s or TIMEOUT_S,
        beside=tuple(beside),
        combine=_together(combine, 1 + len(beside)),
        then=then,
        unsure_below=unsure_below,
        confidence=read_confidence(confidence) if confidence else None,
    )
    part_options(said)  # what cannot be combined is told before anything is opened
    return said


def _parameter(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise BadInput(f"--param {text}: write it as KEY=VALUE, such as temperature=0")
    if name in {"messages", "model", "response_format", "stream", "n"}:
        raise BadInput(f"--param {name}: this one is set by grade itself")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def part_options(options: JudgeOptions) -> tuple[JudgeOptions, ...]:
    """Returns the options of each judge, in their order; of one judge alone its own.

    What is said of the way of asking and of parameters is meant for the endpoint: the embedded
    model is asked in its own way. A team's level is meant for whoever gives probabilities.

    Raises:
        BadInput: a model is named twice, or they cannot be combined so.
    """
    if options.then is None and not options.beside:
        return (options,)
    if options.then and options.beside:
        raise BadInput("--then with more than one --model: choose a cascade or a panel")
    first = options.model or (LOCAL if options.then else None)
    names = (first, *options.beside, *([options.then] if options.then else []))
    for name in names:
        if name is None or names.count(name) > 1:
            raise BadInput(f"--model {name}: name several models, each once")
    return tuple(_part(options, str(name)) for name in names)


def _part(options: JudgeOptions, name: str) -> JudgeOptions:
    part = replace(options, model=name)
    if name == LOCAL:
        return replace(part, ask=None, parameters={})
    return part if options.ask in ("per-point", "trained") else replace(part, level=None)


def _together(word: str | None, models: int) -> Together:
    """Returns how *models* decide, by the word of a command line.

    Raises:
        BadInput: no such way, or nothing to combine.
    """
    if word not in (None, *get_args(Together)):
        raise BadInput(f"--combine {word}: choose one of {', '.join(get_args(Together))}")
    if word is not None and models == 1:
        raise BadInput(f"--combine {word}: name at least two models, each with --model NAME")
    return "mean" if word == "mean" else "majority"
