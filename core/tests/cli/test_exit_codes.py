"""What an exit code means, as README says it: the table is tried line by line."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
READMES = ("README.md", "README.zh-CN.md")
#: 137, where the import of a plugin hangs, is tried in core/tests/registry/test_trial.py.
TRIED = {0, 1, 2, 70, 130, 137, 141}
MESH = "name: Bank\ntime_zone: UTC\nstart: 2026-03-01\n"
MAIN = "from hansa.cli import main; main()"


@pytest.mark.parametrize("readme", READMES)
def test_readme_lists_the_codes_that_are_tried_here_and_no_other(readme):
    text = (ROOT / readme).read_text("utf-8")
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)} == TRIED


def test_0_a_file_is_published_and_its_bad_rows_are_in_quarantine(hansa, orders):
    orders[1].write_text("id,amount\nA,1\nB,x\n")
    assert hansa("publish", *orders).code == 0
    assert hansa("quarantine", "list").code == 0
    assert hansa("verify", "t.orders").code == 0


@pytest.fixture
def held(hansa, contract):
    """A publication of which a rule of the table is broken."""
    made = contract("held", "{name: id, logicalType: string}", quality="{name: n, metric: rowCount, mustBe: 7}")
    Path("held.csv").write_text("id\nA\n")
    return lambda *options: hansa("publish", made, "held.csv", *options)


@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--json",)])
def test_1_a_publication_is_held(held, options):
    assert held(*options).code == 1


def test_1_what_was_found_is_wrong(hansa, orders, empty_place):
    hansa("publish", *orders)
    next(empty_place.glob("warehouse/t/orders/data/*/*.parquet")).write_bytes(b"")
    Path("bad.odcs.yaml").write_text("kind: DataContract\n")
    Path("mesh.yaml").write_text(MESH + "modules: {no.module: on}\n")
    codes = [
        hansa(*words).code for words in (("verify", "t.orders"), ("contract", "lint", "bad.odcs.yaml"), ("check",))
    ]
    assert codes == [1, 1, 1]


def test_1_what_is_named_is_not_there(hansa, orders):
    assert hansa("publish", orders[0], "none.csv").code == 1
    assert {hansa(word, "t.none").code for word in ("read", "history", "verify")} == {1}


def test_1_the_output_cannot_be_written(orders, hansa):
    hansa("publish", *orders)
    with Path("/dev/full").open("wb") as full:
        words = [sys.executable, "-c", MAIN, "read", "t.orders"]
        ended = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (ended.returncode, ended.stderr.count("\n"), "No space left" in ended.stderr) == (1, 1, True)


@pytest.mark.parametrize(
    "words",
    [
        ("bogus",),
        ("read", "--bogus"),
        ("read", "orders"),
        ("run", "--mesh", "none.yaml"),
        ("scorecard", "--mesh", "mesh.yaml", "--day", "soon"),
        ("publish", "orders.odcs.yaml", "orders.csv", "--merge", "--replace"),
    ],
)
def test_2_the_command_cannot_be_meant(hansa, orders, words):
    Path("mesh.yaml").write_text(MESH)
    assert hansa(*words).code == 2


@pytest.mark.parametrize("words", [("check",), ("run",), ("scorecard",), ("read", "t.a"), ("history", "t.a")])
def test_2_the_mesh_file_is_wrong_whatever_the_command(hansa, words):
    Path("mesh.yaml").write_text(MESH + "threads: 0\n")
    assert hansa(*words).code == 2


def test_70_a_fault_of_our_own(hansa, orders, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError

    monkeypatch.setattr("hansa.contract.read_contract", broken)
    assert hansa("publish", *orders).code == 70


def test_130_it_was_stopped_from_the_keyboard(hansa, orders, monkeypatch):
    def interrupted(*_, **__):
        # As the keyboard does it, also where a shell that started the tests in the background ignores it.
        signal.default_int_handler(signal.SIGINT, None)

    monkeypatch.setattr("hansa.contract.read_contract", interrupted)
    done = hansa("publish", *orders)
    assert (done.code, done.sentence) == (130, "hansa: stopped")


@pytest.mark.parametrize("words", [("read", "t.orders"), ("--help",), ("history", "t.orders", "--json")])
def test_141_the_reader_of_the_output_has_gone(hansa, orders, words):
    hansa("publish", *orders)
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run([sys.executable, "-c", MAIN, *words], stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_without_standard_streams_the_work_is_done_and_told_by_the_code(hansa, orders, closed):
    command = f"{sys.executable} -c '{MAIN}' publish {orders[0]} {orders[1]} {closed}"
    assert subprocess.run(["/bin/sh", "-c", command], stderr=subprocess.DEVNULL).returncode == 0
    assert hansa("read", "t.orders").code == 0
