"""The command line: thin over functions, one file a command group. Importing it imports nothing heavy."""

from __future__ import annotations

import os
import sys
from typing import Any

import typer

from hansa.cli import (
    compare,
    contract,
    demo,
    doctor,
    explain,
    history,
    impact,
    init,
    keys,
    new,
    plugins,
    publish,
    quarantine,
    read,
    reveal,
    run,
    scorecard,
    ui,
    upkeep,
    verify,
    why,
    workspace,
)

app = typer.Typer(
    name="hansa",
    help="A data mesh of files: products under contract, one gate, plugins, Dagster assets.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for group in (
    demo,
    run,
    explain,
    impact,
    ui,
    workspace,
    scorecard,
    publish,
    read,
    verify,
    upkeep,
    quarantine,
    history,
    plugins,
    contract,
    keys,
    reveal,
    new,
    init,
    compare,
    why,
    doctor,
):
    group.register(app)


@app.callback(invoke_without_command=True)
def _version(version: bool = typer.Option(False, "--version", help="Print the version and leave.")) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"hansa {installed('hansa')}")
        raise typer.Exit


#: The exit codes beside 0, as README lists them. Errors know theirs: 2 for what cannot be meant, else 1.
_WRONG, _OUR_FAULT, _STOPPED, _NO_READER = 1, 70, 130, 141


def main() -> None:
    """The border: a user's mistake is one sentence and an exit code, never a traceback."""
    from hansa.cli.letters import show_any_letter
    from hansa.errors import HansaError, Held

    _open_closed()
    show_any_letter()
    try:
        code = app(standalone_mode=False, prog_name="hansa")
        # What is left in the buffer would fail after the last of our words.
        sys.stdout.flush()
    except Held as held:
        typer.echo("\n".join(held.lines()), err=True)
        code = held.exit_code
    except HansaError as error:
        typer.echo(f"hansa: {error.sentence()} [{error.code}]", err=True)
        code = error.exit_code
    except BrokenPipeError:
        code = _no_reader()
    except SystemExit as left:
        # Typer leaves by itself where the reader has gone.
        code = _no_reader() if isinstance(left.__context__, BrokenPipeError) else left.code
    except Exception as error:  # noqa: BLE001 - the border of the command line
        code = _unexpected(error)
    if code == _STOPPED:
        typer.echo("hansa: stopped", err=True)
    sys.exit(code if isinstance(code, int) else 0)


def _open_closed() -> None:
    """A scheduler may start us without standard streams: files that we open would take their numbers."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, os.fdopen(number, mode, closefd=False))


def _no_reader() -> int:
    """The reader of our output has gone; there is nobody left to tell."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _NO_READER


def _refused_words(error: Any) -> int:
    """A command, option or argument that does not exist or is missing: one sentence, and where help is."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
    else:
        words = error.ctx.command_path if error.ctx else "hansa"
        typer.echo(f"hansa: {error.format_message().rstrip('.')}; see: {words} --help", err=True)
    return int(error.exit_code)


def _unexpected(error: Exception) -> int:
    """Errors of the command line itself, and faults of ours: the type and the place, never a value."""
    from hansa.errors import REFUSALS, place_of

    if hasattr(error, "format_message") and hasattr(error, "show"):
        return _refused_words(error)
    if type(error).__name__ == "Abort":
        return _STOPPED
    if os.environ.get("HANSA_TRACEBACK"):
        raise error
    if isinstance(error, FileNotFoundError):
        what = "a file that the warehouse or a source names is gone"
        typer.echo(f"hansa: {what}; hansa verify --all says which, restore it from a backup", err=True)
        return _WRONG
    if isinstance(error, OSError) and error.errno in REFUSALS:
        return _refused_by_disk(error)
    if type(error).__module__.partition(".")[0] == "sqlalchemy":
        what = f"the catalog of the warehouse cannot be used ({type(error).__name__})"
        typer.echo(f"hansa: {what}; restore it from a backup, or name another warehouse", err=True)
        return _WRONG
    typer.echo(
        f"hansa: a fault of Hansa itself: {type(error).__name__} at {place_of(error)}; "
        "what was published goes on serving; set HANSA_TRACEBACK=1 to see more, and report it",
        err=True,
    )
    return _OUR_FAULT


def _refused_by_disk(error: OSError) -> int:
    """A full disk, a permission: where, why, what next."""
    if error.filename is None:
        # An output that cannot be written must not be tried again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    where = f"{error.filename}: " if error.filename else "the output or a file: "
    mend = "what was published goes on serving; make room or mend the permissions, then run again"
    typer.echo(f"hansa: {where}cannot be read or written ({error.strerror}); {mend}", err=True)
    return _WRONG
