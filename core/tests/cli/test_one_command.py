"""Of the command line only the command that is called is made."""

from __future__ import annotations

import pytest
import typer
from hansa.cli import _with_the_command_of, app

NAMES = sorted(typer.main.get_command(app).commands)


@pytest.mark.parametrize("name", NAMES)
def test_each_command_is_made_alone_and_is_the_same(name):
    alone = typer.main.get_command(_with_the_command_of([name, "--help"]))
    assert list(alone.commands) == [name]
    whole = typer.main.get_command(app).commands[name]
    assert [one.name for one in alone.commands[name].params] == [one.name for one in whole.params]


@pytest.mark.parametrize("words", [[], ["--version"], ["publsh"], ["--help", "publish"]])
def test_whatever_names_no_command_meets_all_of_them(words):
    assert sorted(typer.main.get_command(_with_the_command_of(words)).commands) == NAMES
