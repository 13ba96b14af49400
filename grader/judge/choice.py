"""Which judge is used: from the options, the environment, or, where nothing is said, the
embedded one."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, cast, get_args

from grader.errors import BadInput
from grader.judge.base import Judge
from grader.judge.curves import TeamLevel, read_level
from grader.judge.voting import Voting
from grader.ledger.ledger import Ledger
from grader.ledger.replies import LiveReplies
from grader.llm import address
from grader.llm.endpoint import TIMEOUT_S, Endpoint
from grader.llm.request import Ask, Model, Replies
from grader.record import JudgeInfo

if TYPE_CHECKING:
    from grader.llm.embedded.weights import OwnModel

LOCAL = "local"
DEFAULT_MODEL = "gpt-5-mini"
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


def options(
    model: str | None,
    base_url: str | None,
    ask: str | None,
    parameters: Sequence[str],
    *,
    fresh: bool = False,
    calibration: Path | None = None,
    timeout_s: float | None = None,
) -> JudgeOptions:
    """JudgeOptions from the words of a command line.

    Args:
        parameters: ``KEY=VALUE`` each; a value that is JSON is sent as such, else as text.
        calibration: the file of a team's level.

    Raises:
        BadInput: a form or parameter that cannot be understood.
    """
    if ask not in (None, *get_args(AskForm)):
        raise BadInput(f"--ask {ask}: choose one of {', '.join(get_args(AskForm))}")
    if timeout_s is not None and not 0 < timeout_s < inf:
        raise BadInput(f"--timeout {timeout_s}: a number of seconds, such as 300")
    parsed = dict(_parameter(text) for text in parameters)
    level = read_level(calibration) if calibration else None
    form = cast("AskForm | None", ask)
    return JudgeOptions(
        model, base_url, form, parsed, fresh, level, timeout_s=timeout_s or TIMEOUT_S
    )


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


@dataclass(frozen=True)
class Target:
    """Where the requests would go, before anything is opened.

    Attributes:
        reason: why this one, in a few words, for ``grade doctor``.
        own: the user's own model file, in place of the embedded one.
    """

    kind: Literal["local", "endpoint"]
    model: str
    base_url: str
    api_key: str = field(repr=False)
    ask: AskForm
    reason: str
    own: "OwnModel | None" = None


Own = Callable[[], "OwnModel | None"]
"""Tells the user's own model file, if one was named; looked at only where it would run."""


def target(options: JudgeOptions, env: Mapping[str, str], own: Own = lambda: None) -> Target:
    """Decides the judge.

    Args:
        own: tells the user's own model file, in place of the embedded one.

    Raises:
        BadInput: the options do not name a judge that can be reached.
    """
    model = options.model or env.get("GRADER_MODEL") or None
    if options.api_key is not None:
        env = {**env, "OPENAI_API_KEY": options.api_key}
    if model == LOCAL:
        return _local(options, "asked for by name", own())
    endpoint = address.named(options.base_url, env, model)
    if endpoint is None:
        if model is not None:
            raise BadInput(
                f"--model {model} needs an endpoint: set OPENAI_API_KEY, or name one with"
                f" --base-url; --model local needs neither ({address.what_is_set(env)})"
            )
        return _local(options, "no OPENAI_API_KEY and no --base-url", own())
    if options.ask == "trained":
        raise BadInput("--ask trained: only the embedded model is trained; use --model local")
    if model is None and endpoint.base_url != address.OPENAI:
        raise BadInput(
            f"name the model that {endpoint.base_url} should use: --model NAME or GRADER_MODEL"
        )
    return Target(
        kind="endpoint",
        model=model or DEFAULT_MODEL,
        base_url=endpoint.base_url,
        api_key=options.api_key or endpoint.key,
        ask=options.ask or "one-call",
        reason=endpoint.reason,
    )


def _local(options: JudgeOptions, reason: str, own: "OwnModel | None") -> Target:
    from grader.llm.embedded import weights_file

    if own and options.ask == "trained":
        raise BadInput(f"{own.path}: only the embedded model is trained; use --ask per-point")
    return Target(
        kind="local",
        model=own.name if own else weights_file.weights().name,
        base_url="",
        api_key="",
        ask=options.ask or ("per-point" if own or options.plain else "trained"),
        reason=reason,
        own=own,
    )


@dataclass
class OpenJudge:
    """A model that is open, and how it is asked to judge. Close it after use."""

    model: Model
    options: JudgeOptions
    target: Target

    def judge_over(self, replies: Replies, votes: int = 1) -> Judge:
        """Returns the judge that asks through *replies*, up to *votes* times what is not settled.

        Raises:
            BadInput: a level was given, and this judge gives no probabilities.
        """
        if votes == 1:
            return self._judge(replies.sample(0))
        return Voting(lambda number: self._judge(replies.sample(number)), votes)

    def _judge(self, ask: Ask) -> Judge:
        info, parameters, level = self.info, self.options.parameters, self.options.level
        if self.target.ask != "one-call":
            from grader.judge.per_point import PerPoint

            form: Literal["trained", "yes-no"] = (
                "trained" if self.target.ask == "trained" else "yes-no"
            )
            return PerPoint(ask, info, form, level, parameters, self.model.slots)
        from grader.judge.one_call import OneCall

        if level:
            raise BadInput("--calibration: one call an answer gives no probabilities to calibrate")
        return OneCall(ask, info, parameters)

    @property
    def info(self) -> JudgeInfo:
        """Who judges and how it is asked, a sample at a time."""
        return JudgeInfo(
            kind=self.target.kind,
            ask=self.target.ask,
            model=self.model.name,
            adapter=self._adapter,
            level=self.options.level.model_dump() if self.options.level else None,
            endpoint=self.model.endpoint,
            parameters=self.options.parameters,
        )

    @property
    def _adapter(self) -> str | None:
        from grader.llm.embedded import weights_file

        return f"sha256:{weights_file.adapter().sha256}" if self.target.ask == "trained" else None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.model.close()


@dataclass
class Bench(OpenJudge):
    """An open judge over the ledger."""

    ledger: Ledger

    @property
    def replies(self) -> LiveReplies:
        """Replies from the ledger, or paid for one by one."""
        return LiveReplies(self.ledger, self.model, self.options.fresh)

    @property
    def ask(self) -> Ask:
        """What gives the reply to a chat completion's body, from the ledger or paid for."""
        return self.replies.sample(0)

    @property
    def judge(self) -> Judge:
        """The judge that asks live."""
        return self.judge_over(self.replies)

    def sampled(self, number: int) -> Judge:
        """Returns the judge that takes sample *number* of each reply, 0 the first."""
        return self._judge(self.replies.sample(number))


def open_judge(
    options: JudgeOptions,
    env: Mapping[str, str],
    weights: Callable[[], Path],
    starting: Callable[[], None] = lambda: None,
    own: Own = lambda: None,
) -> OpenJudge:
    """Opens the judge that the options and the environment name.

    Args:
        weights: brings the embedded model's weights here; called only when it must run.
        starting: is told when the embedded model is about to start.
        own: tells the user's own model file, in place of the embedded one.

    Raises:
        BadInput: see :func:`target`.
    """
    chosen = target(options, env, own)
    if chosen.kind == "local":
        from grader.llm.embedded.model import EmbeddedModel

        model: Model = EmbeddedModel(weights, starting, chosen.ask == "trained", chosen.own)
    else:
        model = Endpoint(chosen.model, chosen.base_url, chosen.api_key, timeout_s=options.timeout_s)
    return OpenJudge(model, options, chosen)


def bench(
    options: JudgeOptions,
    env: Mapping[str, str],
    ledger: Ledger,
    weights: Callable[[], Path],
    starting: Callable[[], None] = lambda: None,
    own: Own = lambda: None,
) -> Bench:
    """Opens the judge as :func:`open_judge` does, over *ledger*.

    Raises:
        BadInput: see :func:`target`.
    """
    opened = open_judge(options, env, weights, starting, own)
    return Bench(opened.model, opened.options, opened.target, ledger)
