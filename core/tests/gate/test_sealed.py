"""No value of a class C2 or C3 column in clear: not in files, however they are encoded, not in messages."""

from __future__ import annotations

import json
import sqlite3
import traceback
import zlib

import polars as pl
import pytest
from hansa.digest import row_hashes
from hansa.errors import HansaError, PluginError
from hansa.quarantine import envelopes, shown

SECRETS = ["1990000QQ17", "12Q7x", "19900000033", "19900000041", "１９９００００００４１", "19900000058"]


def texts_of(root):
    """Every file under a folder as text: as it lies there, and decoded if it is Parquet, Avro or SQLite."""
    for path in root.rglob("*"):
        if not path.is_file():
            continue
        yield path, path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".parquet":
            frame = pl.read_parquet(path, glob=False)
            yield path, str(frame.with_columns(pl.col(pl.Binary).bin.encode("hex")).to_dicts())
        elif path.suffix == ".avro":
            yield path, str(_inflated(path.read_bytes()))
        elif path.suffix == ".db":
            yield path, "\n".join(sqlite3.connect(path).iterdump())


def _inflated(content):
    """The blocks of an Avro file, wherever they start."""
    found = []
    for start in range(len(content)):
        try:
            found.append(zlib.decompressobj(-15).decompress(content[start:]))
        except zlib.error:
            continue
    return b"".join(found)


@pytest.fixture
def i1(contract, column):
    return contract(
        column("id", required=True, key_position=1),
        column("mobile", classification="C2", pattern="^1[3-9][0-9]{9}$", unique=True, tokenise="mobile"),
        column("balance", "number", classification="C2"),
    )


@pytest.fixture
def rows():
    return pl.DataFrame(
        {
            "id": ["A", "B", "C", "D", "E", "F"],
            "mobile": [
                "1990000QQ17",
                "19900000025",
                "19900000033",
                "19900000033",
                "１９９００００００４１",
                "19900000058",
            ],
            "balance": ["1", "12Q7x", "1", "2", "3", "7"],
        }
    )


def test_no_secret_lies_in_clear_in_the_warehouse(bench, i1, rows):
    made = bench.publish(rows, i1)
    assert made.total("published") == 1
    found = {
        (path.name, secret) for path, text in texts_of(bench.warehouse.root) for secret in SECRETS if secret in text
    }
    assert found == set()


def test_the_search_finds_what_lies_in_clear(bench, contract, column, rows):
    bench.publish(rows, contract(column("id"), column("mobile"), column("balance")))
    found = {path.suffix for path, text in texts_of(bench.warehouse.root) if "19900000025" in text}
    assert {".parquet", ".avro"} <= found


def test_no_secret_stands_in_the_answer(bench, i1, rows):
    answer = json.dumps(bench.publish(rows, i1).reading(), ensure_ascii=False)
    assert not [secret for secret in SECRETS if secret in answer]


def test_rejected_rows_are_shown_masked(bench, i1, rows):
    bench.publish(rows, i1)
    found = envelopes(bench.book().latest(), bench.warehouse.table("t.a", 1)).to_dicts()
    assert {shown(envelope, bench.keys)["mobile"] for envelope in found} == {"***"}
    assert shown(found[0], None) == {}


def test_a_column_that_a_contract_with_secrets_does_not_know_is_masked_too(bench, i1, rows):
    bench.publish(rows.with_columns(Mobile="mobile"), i1)
    found = envelopes(bench.book().latest(), bench.warehouse.table("t.a", 1)).to_dicts()
    assert {shown(envelope, bench.keys)["#3"] for envelope in found} == {"***"}


def test_the_digest_of_a_secret_row_cannot_be_made_without_the_key(bench, i1, rows):
    bench.publish(rows, i1)
    found = envelopes(bench.book().latest(), bench.warehouse.table("t.a", 1))["row_digest"]
    assert not set(found) & {f"{value:016x}" for value in row_hashes(rows).to_list()}


def test_a_sealed_row_that_was_changed_is_refused_without_a_word_of_it(bench, i1, rows):
    bench.publish(rows, i1)
    envelope = envelopes(bench.book().latest(), bench.warehouse.table("t.a", 1)).row(0, named=True)
    with pytest.raises(HansaError) as raised:
        shown(envelope | {"payload": envelope["payload"][:-1] + b"x"}, bench.keys)
    text = "".join(traceback.format_exception(raised.value))
    assert not [secret for secret in SECRETS if secret in text]


def _raise(frame):
    raise ValueError(f"bad row {frame.row(0)}")


FAULTS = {
    "foreign code": lambda frame: frame.map_batches(_raise),
    "strict cast": lambda frame: frame.with_columns(pl.col("balance").cast(pl.Int64)),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("rereadable", [True, False])
def test_no_secret_stands_in_the_text_of_an_exception(bench, i1, rows, fault, rereadable):
    with pytest.raises(PluginError) as raised:
        bench.publish(FAULTS[fault](rows.lazy()), i1, rereadable=rereadable)
    text = "".join(traceback.format_exception(raised.value))
    assert not [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_of_the_rows_is_left_after_a_failure(bench, i1, rows, fault):
    with pytest.raises(HansaError):
        bench.publish(FAULTS[fault](rows.lazy()), i1)
    assert list((bench.warehouse.root / ".staging").iterdir()) == []
    assert not [path for path in bench.listing() if path.endswith(".parquet")]


def test_a_rule_that_cannot_be_evaluated_quotes_no_row(bench, contract, column, rows):
    broken = contract(column("id"), column("mobile", classification="C2", pattern="(", tokenise="mobile"))
    with pytest.raises(HansaError) as raised:
        bench.publish(rows, broken)
    text = "".join(traceback.format_exception(raised.value))
    assert "mobile.pattern" in text
    assert not [secret for secret in SECRETS if secret in text]


def test_staged_rows_can_be_read_by_their_owner_only(bench):
    bench.warehouse.prepare()
    with bench.warehouse.staging() as path:
        assert path.parent.stat().st_mode & 0o077 == 0


def test_a_surplus_name_is_not_written_in_clear_and_its_values_stay_masked(bench, i1):
    from hansa.quarantine import account_of

    rows = pl.DataFrame({"id": ["A", None], "19900000041": ["x", "19900000058"], "balance": ["1", "2"]})
    bench.publish(rows, i1)
    assert not [path for path, text in texts_of(bench.root) if "19900000041" in text or "19900000058" in text]
    (row,) = account_of(bench.book(), bench.warehouse.table("t.a", 1)).rows.to_dicts()
    told = shown(row, bench.keys)
    assert told == {"id": None, "#1": "***", "balance": "***"}
