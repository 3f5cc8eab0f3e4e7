"""The command line: thin over functions, one file a command group. Importing it imports nothing heavy."""

from __future__ import annotations

import gc
import os
import sys
from copy import copy

import typer
from typer.models import CommandInfo, TyperInfo

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
    source,
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
    source,
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


def main() -> None:
    """The border: a user's mistake is one sentence and an exit code, never a traceback; with --json a document too."""
    from hansa.cli.letters import show_any_letter
    from hansa.cli.refusals import STOPPED, no_reader, refuse, stopped, watched_output

    # What imports make lives as long as the process: a tenth of a short command went into looking through it again.
    gc.set_threshold(50_000, 20, 50)
    _open_closed()
    show_any_letter()
    words = sys.argv[1:]
    with watched_output() as output:
        try:
            code = _with_the_command_of(words)(standalone_mode=False, prog_name="hansa")
            # What is left in the buffer would fail after the last of our words.
            sys.stdout.flush()
        except BrokenPipeError:
            code = no_reader()
        except SystemExit as left:
            # Typer leaves by itself where the reader has gone.
            code = no_reader() if isinstance(left.__context__, BrokenPipeError) else left.code
        except Exception as error:  # noqa: BLE001 - the border of the command line
            code = refuse(error, output, words)
        if code == STOPPED:
            stopped(output, words)
    sys.exit(code if isinstance(code, int) else 0)


def _with_the_command_of(words: list[str]) -> typer.Typer:
    """The command line with the one command that is called: to make all of them takes longer than a short one runs."""
    made = copy(app)
    made.registered_commands = [one for one in app.registered_commands if _name(one) in words[:1]]
    made.registered_groups = [one for one in app.registered_groups if _name(one) in words[:1]]
    return made if made.registered_commands or made.registered_groups else app


def _name(one: CommandInfo | TyperInfo) -> str:
    """What a command or a group of them is called by: the name that it is given, or has of its own."""
    if isinstance(one.name, str):
        return one.name
    own = one.callback.__name__ if isinstance(one, CommandInfo) and one.callback else ""
    group = one.typer_instance if isinstance(one, TyperInfo) else None
    return str(group.info.name) if group is not None else own


def _open_closed() -> None:
    """A scheduler may start us without standard streams: files that we open would take their numbers."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, os.fdopen(number, mode, closefd=False))
