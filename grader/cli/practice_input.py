"""How ``grade practice`` takes an answer and a choice: in an editor, or line by line."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Protocol

import typer

from grader.errors import BadInput
from grader.session.drafts import MOST_BYTES, AnswerDraft
from grader.text.catalogue import Catalogue, words_in
from grader.text.safe import plain

_LONGEST_PIECE = 1 << 16


class AnswerInput(Protocol):
    """Takes answers into drafts."""

    revises: bool
    """Whether a text that is there can be changed, rather than added to."""

    def write(self, draft: AnswerDraft) -> bool:
        """Has *draft* written; False where it is not to be graded."""
        ...


def choose_input(language: str) -> AnswerInput:
    """Returns the editor that VISUAL or EDITOR names where there is a terminal, else lines.

    Raises:
        BadInput: there is no such program.
    """
    at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    command = editor_command(os.environ) if at_terminal else None
    return EditorInput(command, language) if command else LineInput(sys.stdin.buffer, language)


def editor_command(env: Mapping[str, str]) -> list[str] | None:
    """Returns the program and arguments of the user's editor; None where none is set.

    Raises:
        BadInput: there is no such program.
    """
    name = next((name for name in ("VISUAL", "EDITOR") if env.get(name, "").strip()), None)
    if name is None:
        return None
    said = env[name]
    try:
        words = [said] if shutil.which(said) else shlex.split(said)
    except ValueError:  # a quotation mark that is not closed
        words = [said]
    if not words or shutil.which(words[0]) is None:
        raise BadInput(f"{name}={said}: no such program; set it to your editor, or to nothing")
    return words


@dataclass(frozen=True)
class EditorInput:
    """The user's editor, on the draft's own file: what is saved there is kept, whatever ends."""

    command: list[str]
    language: str
    revises = True

    def write(self, draft: AnswerDraft) -> bool:
        """Runs the editor until it ends. False, and told, where it ends with a failure."""
        with draft.in_editor(self.language) as path, _left_to_the_editor():
            code = subprocess.call([*self.command, str(path)])  # noqa: S603 - the user's own
        if code:
            say = words_in(self.language)["exercise"]
            typer.echo(say["editor_failed"].format(code=code), err=True)
        return code == 0


@dataclass(frozen=True)
class LineInput:
    """Lines from a stream, up to one with a single dot or the end."""

    stream: BinaryIO
    language: str
    revises = False

    def write(self, draft: AnswerDraft) -> bool:
        """Adds each line to the draft as it comes."""
        say = words_in(self.language)["exercise"]
        self._begin(draft, say)
        if self.stream.isatty():
            typer.echo(say["type"], err=True)
        size = 0
        while size <= MOST_BYTES and (line := self.stream.readline(_LONGEST_PIECE)):
            if line.strip(b"\r\n") == b".":
                break
            draft.append(line)
            size += len(line)
        return True

    def _begin(self, draft: AnswerDraft, say: Catalogue) -> None:
        """An earlier draft is gone on with where somebody says so, else set aside."""
        if not draft.is_written:
            draft.remove()
            return
        if self.stream.isatty():
            earlier = draft.text()
            typer.echo(f"{say['draft_follows']}\n\n{plain(earlier)}", err=True)
            if ask(say["keep"], self.stream) != "n":
                draft.save(earlier)
                return
        typer.echo(say["set_aside"].format(path=draft.set_aside()), err=True)


def ask(prompt: str, stream: BinaryIO | None = None) -> str | None:
    """Returns what is typed after *prompt*, in small letters; None at the end of the input."""
    typer.echo(prompt, err=True, nl=False)
    line = (stream or sys.stdin.buffer).readline(_LONGEST_PIECE)
    return line.decode("utf-8", "replace").strip().lower() if line else None


@contextmanager
def _left_to_the_editor() -> Iterator[None]:
    """Ctrl-C is the editor's while it runs; with a handler of its own, as SIG_IGN is inherited."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
