"""What a command says when it fails: a sentence on standard error, with ``--json`` a document on standard output too.

The document is ``{"error": {"code", "what", "where", "state", "next_step"}}``. A command that has printed its own
document before it failed, as that of a publication that is held, prints no second one.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer

#: The exit codes beside 0, as README lists them. Errors know theirs: 2 for what cannot be meant, else 1.
WRONG, OUR_FAULT, STOPPED, NO_READER = 1, 70, 130, 141


class Output:
    """Whether anything was written to standard output."""

    begun = False


@contextmanager
def watched_output() -> Iterator[Output]:
    """Note whether the block writes to standard output."""
    output, stream = Output(), sys.stdout
    write = stream.write

    def noted(text: str) -> int:
        output.begun = output.begun or bool(text)
        return write(text)

    stream.write = noted  # type: ignore[method-assign]
    try:
        yield output
    finally:
        stream.write = write  # type: ignore[method-assign]


def refuse(error: Exception, output: Output, words: Sequence[str]) -> int:
    """Say what went wrong; gives the exit code. ``words`` are those of the command line."""
    from hansa.errors import HansaError, Held

    if type(error).__name__ == "Abort":
        if not isinstance(error.__cause__, EOFError):
            return STOPPED
        # What reads a file that was cut raises the same as a terminal that was closed.
        error = error.__cause__
    if isinstance(error, HansaError):
        told = "\n".join(error.lines()) if isinstance(error, Held) else f"hansa: {error.sentence()} [{error.code}]"
        code, fault = error.exit_code, error
    else:
        code, told, fault = _foreign(error)
    if told:
        typer.echo(told, err=True)
    tell_json(fault, output, words)
    return code


def stopped(output: Output, words: Sequence[str]) -> None:
    """Say that a person stopped the command."""
    from hansa.errors import WorldError

    typer.echo("hansa: stopped", err=True)
    tell_json(WorldError("command.stopped", "stopped", next_step="run it again to go on"), output, words)


def tell_json(error: Any, output: Output, words: Sequence[str]) -> None:
    """The error as JSON, where that was asked for and nothing else stands on standard output."""
    options = words[: words.index("--")] if "--" in words else words
    if "--json" not in options or output.begun:
        return
    names = ("code", "what", "where", "state", "next_step")
    document = {"error": {name: getattr(error, name) for name in names}}
    try:
        typer.echo(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2))
    except OSError:
        # The output itself is what cannot be written: what is to be said stands on standard error.
        silence()


def silence() -> None:
    """From now on nothing goes to standard output, so that what is left in its buffer fails no second time."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def no_reader() -> int:
    """The reader of our output has gone; there is nobody left to tell."""
    silence()
    return NO_READER


def _foreign(error: Exception) -> tuple[int, str, Any]:
    """Exit code, sentence and error for what is no error of ours: the type and the place, never a value."""
    from hansa.errors import WorldError, place_of
    from hansa.store.reach import refused_by_disk

    if hasattr(error, "format_message") and hasattr(error, "show"):
        return _refused_words(error)
    if os.environ.get("HANSA_TRACEBACK"):
        raise error
    if _of_metadata(error):
        gone = isinstance(error, FileNotFoundError)
        what = f"a file of the table's metadata is {'gone' if gone else 'cut or damaged'}"
        mend = "hansa verify domain.product names it, restore it from a backup"
        fault = WorldError("table.metadata", what, next_step=mend)
    elif isinstance(error, FileNotFoundError):
        what = "a file that the warehouse or a source names is gone"
        fault = WorldError("world.gone", what, next_step="hansa verify --all says which, restore it from a backup")
    elif isinstance(error, OSError) and (refused := refused_by_disk(error)) is not None:
        if error.filename is None:
            # An output that cannot be written must not be tried again at the end.
            _keep_silent(error)
        fault = refused
    elif type(error).__module__.partition(".")[0] == "sqlalchemy":
        what = f"the catalog of the warehouse cannot be used ({type(error).__name__})"
        mend = "restore it from a backup, or name another warehouse"
        fault = WorldError("catalog.unreachable", what, next_step=mend)
    else:
        fault = WorldError(
            "command.fault",
            f"a fault of Hansa itself: {type(error).__name__} at {place_of(error)}",
            state="what was published goes on serving",
            next_step="set HANSA_TRACEBACK=1 to see more, and report it",
        )
        return OUR_FAULT, f"hansa: {fault.sentence()}", fault
    return WRONG, f"hansa: {fault.sentence()} [{fault.code}]", fault


def _of_metadata(error: BaseException) -> bool:
    """True for what was raised where manifests and their lists are read, in whatever way they are broken."""
    place = error.__traceback__
    while place is not None:
        file = place.tb_frame.f_code.co_filename.replace(os.sep, "/")
        if "/pyiceberg/avro/" in file or file.endswith("/pyiceberg/manifest.py"):
            return True
        place = place.tb_next
    return False


def _keep_silent(error: OSError) -> None:
    """If it is standard output that failed, let go of what is left in its buffer."""
    try:
        sys.stdout.flush()
    except OSError:
        silence()


def _refused_words(error: Any) -> tuple[int, str, Any]:
    """A command, option or argument that does not exist or is missing: one sentence, and where help is."""
    from hansa.errors import MeshError

    words = error.ctx.command_path if error.ctx else "hansa"
    what = error.format_message().rstrip(".")
    fault = MeshError("command.words", what, next_step=f"see: {words} --help")
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return int(error.exit_code), "", fault
    return int(error.exit_code), f"hansa: {fault.sentence()}", fault
