"""The kit of the trials: a contract, a file, the real command, and what must hold after every publication."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import polars as pl
import polars.selectors as cs
import pytest
from cli.conftest import Done, empty_place, hansa, process

__all__ = ["empty_place", "hansa", "process"]

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
DAY = "{name: day, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}"
CENTS = "{name: cents, logicalType: integer, required: true}"

#: One process for many commands, given as JSON on its input; it says of each how it ended, in one line of JSON.
ONE_AFTER_ANOTHER = """
import contextlib, io, json, sys
from hansa.cli import main

for line in sys.stdin:
    step = json.loads(line)
    for path, text in step.get("files", {}).items():
        with open(path, "w") as file:
            file.write(text)
    sys.argv = ["hansa", *step["words"]]
    out, err, code = io.StringIO(), io.StringIO(), None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    print(json.dumps({"code": code, "out": out.getvalue(), "err": err.getvalue()}), flush=True)
"""


@pytest.fixture
def key():
    """The kit's KEY: ``id``, a text."""
    return KEY


@pytest.fixture
def day():
    """``day``: the partition of a daily product."""
    return DAY


def contract_text(name, *properties, quality="", version="1.0.0"):
    """The kit's contract of product ``t.NAME``."""
    lines = [
        "apiVersion: v3.1.0",
        "kind: DataContract",
        f"id: t.{name}",
        f"name: {name}",
        f"version: {version}",
        "status: active",
        "domain: t",
        "schema:",
        f"- name: {name}",
        "  properties:",
        *(f"  - {line}" for line in properties),
        f"  quality: [{quality}]",
    ]
    return "\n".join(lines) + "\n"


@pytest.fixture
def mk():
    """``mk(NAME, PROPERTIES, quality=...)`` writes the contract of product ``t.NAME`` beside the command."""

    def write(name, *properties, **more):
        path = Path(f"{name}.odcs.yaml")
        path.write_text(contract_text(name, *properties, **more))
        return path

    return write


@pytest.fixture
def csv_file():
    """``csv_file(PATH, HEAD, ROW, ...)``: a file of lines; its path."""

    def write(path, *lines):
        Path(path).write_text("".join(f"{line}\n" for line in lines))
        return path

    return write


def rows_of(file):
    """How many rows a file has."""
    if str(file).endswith(".parquet"):
        return pl.read_parquet(file).height
    with Path(file).open(newline="") as lines:
        return sum(1 for row in csv.reader(lines) if row) - 1


def closes(told, came):
    """Rows in = published + quarantined, for each partition and for the whole; nothing is in neither."""
    assert told["incoming"] == came
    for receipt in told["receipts"]:
        counts = receipt["counts"]
        assert counts["incoming"] == counts["accepted"] + counts["quarantined"], receipt
        if receipt["state"] == "published":
            stood = counts["kept"] - counts["replaced"]
            assert counts["published"] == counts["accepted"] - counts["identical"] + stood, receipt
    return True


def books(root):
    """Every file that a publication leaves in a warehouse of a folder, with its bytes."""
    files = [path for path in Path(root).rglob("*") if path.is_file() and not path.name.startswith(".")]
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


@pytest.fixture
def sent(hansa):
    """``sent(NAME, FILE)``: what stands when a trial begins, published once; ``pub`` tries what holds besides."""

    def call(name, file):
        done = hansa("publish", f"{name}.odcs.yaml", file, "--warehouse", "wh", "--json")
        assert done.code == 0, done.err
        assert closes(done.json, rows_of(file))
        return done.json

    return call


@pytest.fixture
def pub(hansa):
    """``pub(NAME, FILE)``: the kit's line, in this process; what ``--json`` told.

    It asserts what has to hold besides, whatever the trial: strict JSON, the arithmetic of the rows, ``hansa verify
    --all``, and that the same line a second time changes nothing.
    """

    def call(name, file, *words, code=0, wh="wh"):
        line = ("publish", f"{name}.odcs.yaml", file, "--warehouse", wh, "--json", *words)
        done = hansa(*line)
        assert done.code == code, done.err
        told = done.json
        assert closes(told, rows_of(file))
        if told["published"] or Path(wh, "t", name, "metadata").is_dir():
            verified = hansa("verify", "--all", "--warehouse", wh)
            assert verified.code == 0, verified.out
        before = books(wh)
        again = hansa(*line)
        assert (again.code, again.json["held"], again.json["unchanged"]) == (code, told["held"], True)
        assert books(wh) == before
        return told

    return call


def by_pyiceberg(name, wh="wh"):
    """The rows of a product as PyIceberg alone reads them: no Hansa, no catalog."""
    import pyiceberg.table

    table = pyiceberg.table.StaticTable.from_metadata(str(Path(wh, *f"t.{name}".split(".")).resolve()))
    return table.scan().to_arrow()


def by_duckdb(name, wh="wh"):
    """The same as DuckDB reads them."""
    import duckdb

    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    for extension in ("avro", "iceberg"):
        module = __import__(f"duckdb_extension_{extension}")
        file = f"{module.__path__[0]}/extensions/v{duckdb.__version__}/{extension}.duckdb_extension"
        connection.execute(f"LOAD '{file}'")
    return connection.sql(f"SELECT * FROM iceberg_scan('{wh}/t/{name}')").to_arrow_table()


ENGINES = {"pyiceberg": by_pyiceberg, "duckdb": by_duckdb}


def _texts(rows):
    """Rows of an engine as the command line writes them, sorted."""
    frame = pl.from_arrow(rows)
    instants = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Datetime) and dtype.time_zone]
    frame = frame.with_columns(pl.col(instants).dt.convert_time_zone("UTC").dt.to_string("%Y-%m-%dT%H:%M:%S%.6fZ"))
    frame = frame.with_columns((cs.datetime()).dt.to_string("%Y-%m-%dT%H:%M:%S%.6f"))
    return _cells(frame.write_csv())


def _cells(text):
    return sorted(csv.reader(io.StringIO(text)))


@pytest.fixture
def rows(hansa):
    """``rows(NAME)``: what ``hansa read`` prints, as cells, sorted and without the head; every engine must agree."""

    def read(name, wh="wh"):
        done = hansa("read", f"t.{name}", "--warehouse", wh)
        assert done.code == 0, done.err
        printed = _cells(done.out)
        for engine, scan in ENGINES.items():
            assert _texts(scan(name, wh)) == printed, engine
        head = next(csv.reader(io.StringIO(done.out)))
        return [row for row in printed if row != head]

    return read


@pytest.fixture
def ids(rows):
    """The first column of what is published, sorted."""
    return lambda name, wh="wh": [row[0] for row in rows(name, wh)]


@pytest.fixture
def rejected(hansa):
    """``rejected(NAME)``: the rules of each row in quarantine, by the row's own first cell."""

    def show(name, wh="wh", by="id"):
        done = hansa("quarantine", "show", f"t.{name}", "--warehouse", wh, "--limit", "1000", "--json")
        assert done.code == 0, done.err
        return {entry["row"][by]: sorted(entry["rules"]) for entry in done.json["shown"]}

    return show


def one_line(done: Done, code: int = 1) -> str:
    """The sentence of a command that was refused: "exit 1, one line"."""
    assert done.code == code, done.err
    return done.sentence


def steps(commands: Iterable[dict], **options) -> subprocess.Popen:
    """Start a process that does one command after the other; ``ended`` has what each left."""
    process = subprocess.Popen(
        [sys.executable, "-c", ONE_AFTER_ANOTHER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
    process.stdin.write("".join(json.dumps(step) + "\n" for step in commands))
    process.stdin.close()
    return process


def ended(process: subprocess.Popen) -> list[Done]:
    """What each command of ``steps`` left."""
    out, err = process.stdout.read(), process.stderr.read()
    assert process.wait() == 0, err
    return [Done(**json.loads(line)) for line in out.splitlines()]
