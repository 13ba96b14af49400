"""The options that name a judge and how it is asked: once, for every command that judges."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Any

from grader.cli.options import (
    AskOption,
    BaseUrlOption,
    CalibrationOption,
    CombineOption,
    ConfidenceOption,
    FreshOption,
    ModelsOption,
    ParamOption,
    ThenOption,
    TimeoutOption,
    UnsureBelowOption,
    WeightsOption,
)

if TYPE_CHECKING:
    from grader.judge.options import JudgeOptions


@dataclass(frozen=True)
class JudgeWords:
    """What a command line says of the judge; each field is an option, in this order."""

    model: ModelsOption = None
    combine: CombineOption = None
    then: ThenOption = None
    unsure_below: UnsureBelowOption = None
    confidence: ConfidenceOption = None
    base_url: BaseUrlOption = None
    timeout: TimeoutOption = None
    ask: AskOption = None
    param: ParamOption = None
    fresh: FreshOption = False
    weights: WeightsOption = None
    calibration: CalibrationOption = None

    def options(self, *, base_url: str | None = None) -> "JudgeOptions":
        """Returns the judge's options.

        Args:
            base_url: the address where the command line names none.

        Raises:
            BadInput: a form, a parameter or a file that cannot be understood, or what cannot go
                together.
        """
        from grader.judge.options import options

        return options(
            self.model,
            self.base_url or base_url,
            self.ask,
            self.param or [],
            fresh=self.fresh,
            calibration=self.calibration,
            timeout_s=self.timeout,
            combine=self.combine,
            then=self.then,
            unsure_below=self.unsure_below,
            confidence=self.confidence,
        )


BY_DEFAULT = JudgeWords()
"""Where nothing is said."""


def takes_judge(command: Callable[..., Any]) -> Callable[..., Any]:
    """Returns *command* with the fields of JudgeWords as its options, where it has a parameter
    ``judge``; typer reads them from the signature."""
    names = [each.name for each in fields(JudgeWords)]

    @wraps(command)
    def called(*args: Any, **given: Any) -> Any:  # noqa: ANN401 - whatever the command takes
        said = JudgeWords(**{name: given.pop(name) for name in names if name in given})
        return command(*args, judge=said, **given)

    signature = inspect.signature(command)
    options = [
        parameter.replace(kind=parameter.KEYWORD_ONLY)
        for parameter in inspect.signature(JudgeWords).parameters.values()
    ]
    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        own = parameter.replace(kind=parameter.KEYWORD_ONLY)
        parameters += options if parameter.name == "judge" else [own]
    vars(called)["__signature__"] = signature.replace(parameters=parameters)
    called.__annotations__ = {each.name: each.annotation for each in parameters}
    return called
