"""Shares of a product: each data file by itself, opened in any process, at the snapshot of the run."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import polars as pl
from hansa.store import shares as room
from hansa.store.door import Door
from hansa.store.shares import Share, opened, place_of, shares, warehouse_at
from hansa.store.warehouse import Warehouse
from machinery.buckets import settings
from polars.testing import assert_frame_equal

DAYS = (dt.date(2026, 3, 1), dt.date(2026, 3, 2))


def shares_of(warehouse, snapshot=None, **days):
    return shares(warehouse, "t.a", 1, snapshot or Door(warehouse).open("t.a").snapshot, **days)


def test_the_shares_of_a_product_are_its_rows_each_once(warehouse, send):
    send("2026-03-01=1", "2026-03-02=2", "2026-03-03=3")
    found = shares_of(warehouse)
    parts = pl.concat([opened(warehouse, share).collect() for share in found])
    assert len(found) == 3
    assert_frame_equal(parts.sort("id"), Door(warehouse).open("t.a").frame.collect().sort("id"))


def test_a_share_counts_its_rows(warehouse, send):
    send("2026-03-01=1", "2026-03-01=2", "2026-03-02=2")
    assert [share.rows for share in shares_of(warehouse)] == [2, 1]


def test_only_days_that_are_asked_for_have_a_share(warehouse, send):
    send("2026-03-01=1", "2026-03-02=2", "2026-03-03=3")
    found = shares_of(warehouse, days=DAYS, partition="day")
    assert sorted(day for s in found for day in opened(warehouse, s).collect()["day"].to_list()) == list(DAYS)


def test_a_share_is_of_its_snapshot_whatever_was_published_since(warehouse, send):
    first = send("2026-03-01=1")
    (share,) = shares_of(warehouse, first.landed.snapshot)
    send("2026-03-01=7")
    assert opened(warehouse, share).collect()["cents"].to_list() == [1]


def test_a_share_is_opened_from_plain_words_by_a_warehouse_that_has_no_catalog(warehouse, send):
    send("2026-03-01=1")
    (share,) = shares_of(warehouse, days=DAYS, partition="day")
    again = Share.of(json.loads(json.dumps(share.plain())))
    assert again == share
    assert opened(Warehouse(warehouse.place), again).collect()["cents"].to_list() == [1]


def test_no_other_data_file_is_read(warehouse, send):
    send("2026-03-01=1", "2026-03-02=2")
    first, second = shares_of(warehouse)
    (path,) = second.files
    (warehouse.root / path.removeprefix(warehouse.objects.uri).lstrip("/")).write_bytes(b"broken")
    assert opened(warehouse, first).collect()["cents"].to_list() == [1]


def test_pieces_are_the_rows_of_the_shares_in_their_order_and_no_larger_than_they_may_be(warehouse, send, monkeypatch):
    monkeypatch.setattr(room, "_PIECE", 2)
    send(*[f"2026-03-0{day}={n}" for day in (1, 2) for n in range(5)])
    found = shares_of(warehouse, days=DAYS, partition="day")
    made = [piece.collect() for piece in room.pieces(warehouse, found)]
    whole = pl.concat([opened(warehouse, share).collect() for share in found])
    assert [len(piece) for piece in made] == [2, 2, 1, 2, 2, 1]
    assert_frame_equal(pl.concat(made), whole)


def test_a_file_that_holds_other_days_too_is_filtered(warehouse, send):
    send("2026-03-01=1", "2026-03-02=2")
    first, second = shares_of(warehouse)
    both = replace(
        first, files=first.files + second.files, rows=2, partition="day", first="2026-03-02", last="2026-03-02"
    )
    (piece,) = room.pieces(warehouse, [both])
    assert piece.collect()["cents"].to_list() == [2]


def test_a_share_of_a_bucket_is_opened_from_plain_words_and_holds_no_key(bucket, only_bucket_keys, send):
    warehouse = Warehouse(f"{bucket.uri}/wh", settings(bucket.endpoint))
    send("2026-03-01=1", target=warehouse)
    (share,) = shares_of(warehouse)
    told = json.dumps([place_of(warehouse), share.plain()])
    assert not [key for name, key in bucket.environment.items() if "KEY" in name and key in told]
    place, plain = json.loads(told)
    assert opened(warehouse_at(place), Share.of(plain)).collect()["cents"].to_list() == [1]
