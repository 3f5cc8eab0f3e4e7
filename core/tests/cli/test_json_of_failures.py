"""With ``--json`` every command that fails prints one document with the error; the sentence and the code stay."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
import typer.main
from hansa.cli import app

NAMES = ["code", "what", "where", "state", "next_step"]
MAIN = "from hansa.cli import main; main()"
#: Words with which a command fails, where its arguments alone do not make it fail.
WORDS = {
    "contract diff": ("none.odcs.yaml", "other.odcs.yaml"),
    "doctor": ("--bogus",),
    "why": ("no.code",),
    "contract why": ("t.none",),
}


def commands():
    """Every command that has --json: its words, and whether it takes --mesh."""

    def walk(command, words):
        if isinstance(command, click.Group) or hasattr(command, "commands"):
            for name, inner in command.commands.items():
                yield from walk(inner, (*words, name))
        elif any("--json" in one.opts for one in command.params):
            yield " ".join(words), command

    return dict(walk(typer.main.get_command(app), ()))


COMMANDS = commands()


def failing(name):
    """Words with which the command is refused in an empty folder."""
    command = COMMANDS[name]
    given = [one for one in command.params if one.param_type_name == "argument" and one.required]
    words = WORDS.get(name, ["t.none"] * len(given))
    mesh = ("--mesh", "none.yaml") if any("--mesh" in one.opts for one in command.params) else ()
    return (*name.split(), *words, *mesh)


def test_there_are_commands_with_json():
    assert len(COMMANDS) > 20


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_fails_prints_one_document_beside_its_sentence(name, hansa):
    plain, done = hansa(*failing(name)), hansa(*failing(name), "--json")
    assert (plain.code != 0, plain.out) == (True, "")
    assert (done.code, done.err) == (plain.code, plain.err)
    assert list(done.json) == ["error"]
    assert list(done.json["error"]) == NAMES
    assert done.json["error"]["code"].count(".") == 1
    assert done.json["error"]["what"] in done.err


def test_the_document_has_what_where_and_next_step_of_the_sentence(hansa):
    done = hansa("run", "--mesh", "none.yaml", "--json")
    error = done.json["error"]
    assert (
        done.sentence
        == "hansa: "
        + (f"{error['where']}: " if error["where"] else "")
        + "; ".join(part for part in (error["what"], error["state"], error["next_step"]) if part)
        + f" [{error['code']}]"
    )


@pytest.mark.parametrize("words", [("bogus", "--json"), ("read", "--bogus", "--json"), ("read", "--json")])
def test_words_that_cannot_be_meant_are_a_document_too(words, hansa):
    done = hansa(*words)
    assert (done.code, done.json["error"]["code"]) == (2, "command.words")
    assert "--help" in done.json["error"]["next_step"]


def test_what_stands_behind_two_hyphens_is_no_option(hansa):
    assert hansa("read", "--", "t.none", "--json").out == ""


def test_a_publication_that_is_held_has_its_own_document_and_no_second_one(hansa, contract):
    made = contract("held", "{name: id, logicalType: string}", quality="{name: n, metric: rowCount, mustBe: 7}")
    Path("held.csv").write_text("id\nA\n")
    done = hansa("publish", made, "held.csv", "--json")
    assert (done.code, done.json["state"]) == (1, "held")


def broken(error):
    def raising(*_, **__):
        raise error

    return raising


@pytest.mark.parametrize(
    ("error", "exit_code", "code"),
    [
        (RuntimeError("6222021234567890"), 70, "command.fault"),
        (FileNotFoundError(2, "gone", "x"), 1, "world.gone"),
        (PermissionError(13, "Permission denied", "x/y"), 1, "world.refused"),
        (PermissionError("Permission denied (os error 13): 6222021234567890"), 1, "world.refused"),
        (OSError(28, "No space left on device", "x/y"), 1, "world.disk_full"),
    ],
)
def test_what_is_no_error_of_ours_has_a_code_and_shows_no_value(error, exit_code, code, hansa, orders, monkeypatch):
    monkeypatch.setattr("hansa.contract.read_contract", broken(error))
    done = hansa("publish", *orders, "--json")
    assert (done.code, done.json["error"]["code"]) == (exit_code, code)
    assert "6222021234567890" not in done.out + done.err
    assert done.sentence


def test_a_command_that_is_stopped_says_so(hansa, orders, monkeypatch):
    monkeypatch.setattr("hansa.contract.read_contract", lambda *_: signal.default_int_handler(signal.SIGINT, None))
    done = hansa("publish", *orders, "--json")
    assert (done.code, done.sentence, done.json["error"]["code"]) == (130, "hansa: stopped", "command.stopped")


def test_an_output_that_cannot_be_written_is_told_in_one_sentence():
    with Path("/dev/full").open("wb") as full:
        words = [sys.executable, "-c", MAIN, "history", "t.none", "--json"]
        ended = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (ended.returncode, ended.stderr.count("\n"), "[product.unknown]" in ended.stderr) == (1, 1, True)


def test_a_reader_that_has_gone_is_told_nothing():
    reader, writer = os.pipe()
    os.close(reader)
    words = [sys.executable, "-c", MAIN, "history", "t.none", "--json"]
    ended = subprocess.run(words, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert "Traceback" not in ended.stderr


def test_the_document_of_any_text_is_json(hansa):
    done = hansa("history", "数据.é\x1b", "--json")
    assert json.loads(done.out)["error"]["code"] == "product.name"
