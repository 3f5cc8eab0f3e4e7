"""Envelopes: what was refused, as it came, in seconds also for many rows."""

from __future__ import annotations

import time

import polars as pl
import pytest
from hansa.quarantine import SCHEMA, Quarantine, envelopes, shown


@pytest.fixture
def plain(contract, column):
    return contract(column("id"), column("cents", "integer"))


def collected(contract, keys, raw, rules):
    made = Quarantine(contract, "r", keys)
    hashes = pl.Series(range(raw.height), dtype=pl.UInt64)
    made.add(raw, hashes, pl.Series([None] * raw.height, dtype=pl.Date), rules)
    return made


def test_an_envelope_names_the_rules_and_their_columns(tmp_path, plain):
    raw = pl.DataFrame({"id": ["A"], "cents": ["x"]})
    name = collected(plain, None, raw, [["cents.type", "primaryKey", "window"]]).write(tmp_path)
    envelope = pl.read_parquet(tmp_path / "quarantine" / name).row(0, named=True)
    assert (envelope["rules"], envelope["columns"]) == (["cents.type", "primaryKey", "window"], ["cents"])


@pytest.mark.parametrize("text", ['"', "\\", "\n\r\t", "\x00\x1f\x7f", "\u2028", "王\U0001f600", "", "null", "NaN"])
def test_any_text_comes_back_as_it_was(tmp_path, plain, text):
    name = collected(plain, None, pl.DataFrame({"id": [text], "cents": [None]}), [["id.type"]]).write(tmp_path)
    envelope = pl.read_parquet(tmp_path / "quarantine" / name).row(0, named=True)
    assert shown(envelope, None) == {"id": text, "cents": None}


def test_every_file_has_the_same_columns(tmp_path, plain):
    name = collected(plain, None, pl.DataFrame({"id": ["A"]}), [["id.type"]]).write(tmp_path)
    assert pl.read_parquet(tmp_path / "quarantine" / name).schema == pl.Schema(SCHEMA)


def test_nothing_refused_writes_nothing(tmp_path, plain):
    assert Quarantine(plain, "r", None).write(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_no_publication_no_envelope(tmp_path):
    assert envelopes({}, tmp_path).schema == pl.Schema(SCHEMA)


def test_two_hundred_thousand_sealed_rows_take_seconds(bench, contract, column):
    secret = contract(column("id", classification="C2"), column("cents", "integer"))
    raw = pl.select(id=pl.int_range(200_000).cast(pl.String), cents=pl.lit("x"))
    begun = time.process_time()
    collected(secret, bench.keys, raw, [["cents.type"]] * raw.height)
    assert time.process_time() - begun < 15
