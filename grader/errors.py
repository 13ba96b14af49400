"""What can go wrong, and the exit code that says so.

GraderError
├── BadInput            2  the call or a file that was given is wrong
│   ├── UnreadableAnswer   missing, a directory, binary, an encoding nobody knows, too long
│   ├── EmptyAnswer        nothing but white space
│   ├── Faulty             a file in which several lines are wrong
│   ├── BadRubric          a rubric file that does not say what the format asks for
│   └── UnknownQuestion    no rubric of that id
└── Failed              1  the call was right, but the work could not be done
    ├── ModelFailed        the endpoint cannot be used at all (no key, no quota, no such model)
    │   └── Unclear            nobody knows whether the endpoint did what it was asked to
    ├── WeightsUnavailable the embedded model's file could not be brought here
    ├── LedgerFailed       the ledger cannot be read or written
    └── OutFailed          a file of results cannot be written
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command ends with."""

    DONE = 0
    FAILED = 1
    """The grader or the model failed, something is ungraded, or a check did not pass."""
    WRONG_CALL = 2
    INCOMPLETE = 3
    """Something of a session could not be graded."""
    BELOW_MARK = 4
    """A pass mark, or another limit that the caller set, was not reached."""
    INTERRUPTED = 130


class GraderError(Exception):
    """One line that names the thing, the place and the way out."""

    exit_code = ExitCode.FAILED


class BadInput(GraderError):
    """The call or a given file is wrong."""

    exit_code = ExitCode.WRONG_CALL


class Faulty(BadInput):
    """Several lines of a file are wrong: one line for each of them, not one for all."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class UnreadableAnswer(BadInput):
    """The answer cannot be read as text of a sensible size."""


class EmptyAnswer(BadInput):
    """The answer holds nothing but white space."""


class BadRubric(BadInput):
    """A rubric file is not of the format."""


class UnknownQuestion(BadInput):
    """No rubric has the id."""


class Failed(GraderError):
    """The call was right, but the work could not be done."""


class ModelFailed(Failed):
    """The endpoint cannot be used at all: no key, no quota, no such model."""


class Unclear(ModelFailed):
    """Nobody knows whether the endpoint did what it was asked to."""


class WeightsUnavailable(Failed):
    """The embedded model's file could not be brought here."""


class LedgerFailed(Failed):
    """The ledger cannot be read or written."""


class OutFailed(Failed):
    """A file of results cannot be written."""
