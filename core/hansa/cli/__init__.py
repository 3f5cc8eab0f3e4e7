"""The command line: thin over functions, one file a command group. Importing it imports nothing heavy."""

from __future__ import annotations

import os
import sys
from typing import Any

import typer

from hansa.cli import (
    contract,
    demo,
    history,
    keys,
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
    ui,
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
):
    group.register(app)


@app.callback(invoke_without_command=True)
def _version(version: bool = typer.Option(False, "--version", help="Print the version and leave.")) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"hansa {installed('hansa')}")
        raise typer.Exit


def main() -> None:
    """The border: a user's mistake is one sentence and an exit code, never a traceback."""
    from hansa.errors import HansaError, Held

    try:
        code = app(standalone_mode=False)
    except Held as held:
        typer.echo("\n".join(held.lines()), err=True)
        code = held.exit_code
    except HansaError as error:
        typer.echo(f"hansa: {error.sentence()}", err=True)
        code = error.exit_code
    except BrokenPipeError:
        # The reader of our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except Exception as error:  # noqa: BLE001 - the border of the command line
        code = _unexpected(error)
    sys.exit(code if isinstance(code, int) else 0)


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
    if hasattr(error, "format_message") and hasattr(error, "show"):
        return _refused_words(error)
    if type(error).__name__ == "Abort":
        typer.echo("hansa: stopped", err=True)
        return 130
    if os.environ.get("HANSA_TRACEBACK"):
        raise error
    if isinstance(error, FileNotFoundError):
        what = "a file that the warehouse or a source names is gone"
        typer.echo(f"hansa: {what}; hansa verify --all says which, restore it from a backup", err=True)
        return 1
    if type(error).__module__.partition(".")[0] == "sqlalchemy":
        what = f"the catalog of the warehouse cannot be used ({type(error).__name__})"
        typer.echo(f"hansa: {what}; restore it from a backup, or name another warehouse", err=True)
        return 1
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "unknown place"
    typer.echo(
        f"hansa: a fault of Hansa itself: {type(error).__name__} at {where}; "
        "what was published goes on serving; set HANSA_TRACEBACK=1 to see more, and report it",
        err=True,
    )
    return 70
