"""Which judge is used: from the options, the environment, or, where nothing is said, the
embedded one."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from grader.errors import BadInput
from grader.judge.base import Heard, Judge, unheard
from grader.judge.options import LOCAL, AskForm, JudgeOptions, part_options
from grader.judge.several import RoutedReplies, combine
from grader.judge.stated import StatedConfidence
from grader.judge.voting import SURE, Voting
from grader.ledger.ledger import Ledger
from grader.ledger.replies import LiveReplies
from grader.llm import address
from grader.llm.endpoint import Endpoint
from grader.llm.request import Ask, Model, Replies
from grader.record import JudgeInfo

if TYPE_CHECKING:
    from grader.llm.embedded.weights import OwnModel

DEFAULT_MODEL = "gpt-5-mini"


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
    if options.ask == "trained" and endpoint.base_url in (address.OPENAI, address.OPENROUTER):
        raise BadInput(
            f"--ask trained: {endpoint.base_url} does not serve the trained judge; name a server"
            " that does with --base-url URL --model NAME, or use --model local"
        )
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
    """A model that is open, and how it is asked to judge. Close it after use.

    Attributes:
        others: the open judges that judge beside it or after it.
    """

    model: Model
    options: JudgeOptions
    target: Target
    others: tuple["OpenJudge", ...] = field(default=(), kw_only=True)

    @property
    def parts(self) -> tuple["OpenJudge", ...]:
        """All that judge, itself the first."""
        return (self, *self.others)

    @property
    def slots(self) -> int:
        """How many requests those that judge answer at once, at least 1."""
        return max(part.model.slots for part in self.parts)

    def judge_over(self, replies: Replies, votes: int = 1) -> Judge:
        """Returns the judge that asks through *replies*, up to *votes* times what is not settled.

        Raises:
            BadInput: a level was given, and this judge gives no probabilities; or several judge,
                and *replies* come from one model alone.
        """
        return combine(self.judges_over(replies, votes), self.options)

    def judges_over(self, replies: Replies, votes: int = 1) -> list[Judge]:
        """Returns each judge on its own. Raises BadInput as :meth:`judge_over`."""
        return [part.judge_alone(own, votes) for part, own in self._routed(replies)]

    def _routed(self, replies: Replies) -> Iterator[tuple["OpenJudge", Replies]]:
        yield self, replies
        for part in self.others:
            if not isinstance(replies, RoutedReplies):
                raise BadInput(f"{part.model.name}: several judges are asked live only")
            yield part, replies.to(part.model)

    def judge_alone(self, replies: Replies, votes: int = 1) -> Judge:
        """Returns the judge that this model makes without those beside it or after it."""
        if votes == 1:
            return self._judge(replies.sample(0))
        sure = self.options.unsure_below
        if sure is None:
            sure = self.stated.unsure_below if self.stated else SURE
        return Voting(lambda number: self._judge(replies.sample(number)), votes, sure)

    def _judge(self, ask: Ask, heard: Heard = unheard) -> Judge:
        info, parameters, level = self.info, self.options.parameters, self.options.level
        if self.target.ask != "one-call":
            from grader.judge.per_point import PerPoint
            from grader.judge.served import as_served

            form: Literal["trained", "yes-no"] = (
                "trained" if self.target.ask == "trained" else "yes-no"
            )
            served = form == "trained" and self.target.kind == "endpoint"
            asked = as_served(ask) if served else ask
            return PerPoint(
                asked,
                info,
                form,
                level,
                parameters,
                self.model.slots,
                first_alone=served,
                heard=heard,
            )
        from grader.judge.one_call import OneCall

        if level:
            raise BadInput("--calibration: one call an answer gives no probabilities to calibrate")
        return OneCall(ask, info, parameters, self.stated, heard)

    @property
    def stated(self) -> StatedConfidence | None:
        """This model's own probabilities of the words for its confidence, where it is asked for
        them and they were fitted."""
        fitted = self.options.confidence
        is_its = fitted is not None and fitted.model == self.model.name
        return fitted if is_its and self.target.ask == "one-call" else None

    @property
    def info(self) -> JudgeInfo:
        """Who judges and how it is asked, a sample at a time."""
        return JudgeInfo(
            kind=self.target.kind,
            ask=self.target.ask,
            model=self.model.name,
            adapter=self._adapter,
            confidence=self.stated.chances if self.stated else None,
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
        for part in self.parts:
            await part.model.close()


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

    def judge_heard(self, heard: Heard) -> Judge:
        """Returns the judge that asks live and tells *heard* each verdict as it comes.

        Where several judge, only what they make together counts, and nothing is told before.
        """
        return self.judge if self.others else self._judge(self.ask, heard)

    def sampled(self, number: int) -> Judge:
        """Returns the judge that takes sample *number* of each reply, 0 the first."""
        routed = self._routed(self.replies)
        judges = [part._judge(replies.sample(number)) for part, replies in routed]
        return combine(judges, self.options)


def open_judge(
    options: JudgeOptions,
    env: Mapping[str, str],
    weights: Callable[[], Path],
    starting: Callable[[], None] = lambda: None,
    own: Own = lambda: None,
) -> OpenJudge:
    """Opens the judge, or all judges, that the options and the environment name.

    Args:
        weights: brings the embedded model's weights here; called only when it must run.
        starting: is told when the embedded model is about to start.
        own: tells the user's own model file, in place of the embedded one.

    Raises:
        BadInput: see :func:`target`.
    """
    parts = part_options(options)
    # All targets are settled before anything is opened, which then would have to be closed.
    chosen = [target(part, env, own) for part in parts]
    opened = [
        _opened(part, where, weights, starting) for part, where in zip(parts, chosen, strict=True)
    ]
    return replace(opened[0], others=tuple(opened[1:]))


def _opened(
    options: JudgeOptions,
    chosen: Target,
    weights: Callable[[], Path],
    starting: Callable[[], None],
) -> OpenJudge:
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
    return Bench(opened.model, opened.options, opened.target, ledger, others=opened.others)
