"""A commit that the table has lost, as after a restore by hand: told until somebody decides, and nothing else is."""

from __future__ import annotations

import datetime as dt

import pytest
from hansa.receipt import book_of
from hansa.store.door import Door
from hansa.store.proofs import heal
from hansa.upkeep import upkeep
from hansa.verify import clean, verify
from pyiceberg.exceptions import NoSuchTableError

ONE, TWO = "2026-03-01", "2026-03-02"


@pytest.fixture
def table(warehouse):
    return warehouse.table("t.a").folder


@pytest.fixture
def faults(warehouse):
    def found():
        return [(fault.kind, fault.place.rpartition("/")[2]) for fault in verify(warehouse, "t.a").faults]

    return found


@pytest.fixture
def lost(send, table):
    """Two days, then so many replacements of the first that are lost; the names of their marks."""

    def lose(count=1):
        send(f"{ONE}=1", f"{TWO}=1")
        made = [send(f"{ONE}={cents}") for cents in range(2, 2 + count)]
        for number in range(count):
            (table / "metadata" / f"v{2 + number}.metadata.json").unlink()
        return sorted(f"{one.digest}.landed" for one in made)

    return lose


def go_on(table):
    (table / "metadata" / "version-hint.text").unlink()


def rows(warehouse):
    found = Door(warehouse).open("t.a").frame.collect().sort("day")
    return [(str(day), int(cents)) for day, cents in found.select("day", "cents").rows()]


def test_a_lost_commit_is_told_by_its_mark_and_what_stands_is_judged_without_it(lost, table, faults, warehouse):
    marks = lost()
    go_on(table)
    assert faults() == [("lost", mark) for mark in marks]
    assert rows(warehouse) == [(ONE, 1), (TWO, 1)]


@pytest.mark.parametrize("count", [1, 3])
def test_what_is_published_after_a_loss_is_right_and_the_loss_stays_told(lost, table, faults, send, count):
    marks = lost(count)
    go_on(table)
    send(f"{TWO}=9")
    assert faults() == [("lost", mark) for mark in marks]
    send(f"{ONE}=9")
    assert faults() == [("lost", mark) for mark in marks]


def test_cleaning_takes_neither_the_mark_of_a_lost_commit_nor_its_rows(lost, table, faults, send, warehouse):
    marks = lost()
    go_on(table)
    send(f"{TWO}=9")
    assert clean(warehouse, "t.a") == []
    assert faults() == [("lost", mark) for mark in marks]


def test_a_loss_is_told_no_more_once_its_mark_is_removed(lost, table, faults, send):
    (mark,) = lost()
    go_on(table)
    send(f"{TWO}=9")
    (table / "receipts" / mark).unlink()
    assert [kind for kind, _ in faults()] == ["left"]


def test_metadata_that_are_brought_back_end_the_loss(send, table, faults):
    send(f"{ONE}=1")
    send(f"{ONE}=2")
    version = table / "metadata" / "v2.metadata.json"
    kept = version.read_bytes()
    version.unlink()
    go_on(table)
    assert [kind for kind, _ in faults()] == ["lost"]
    version.write_bytes(kept)
    assert faults() == []


def test_a_removed_mark_comes_back_with_its_commit(send, table, faults):
    send(f"{ONE}=1")
    made = send(f"{ONE}=2")
    version = table / "metadata" / "v2.metadata.json"
    kept = version.read_bytes()
    version.unlink()
    go_on(table)
    (table / "receipts" / f"{made.digest}.landed").unlink()
    assert [kind for kind, _ in faults()] == ["left"]
    version.write_bytes(kept)
    assert faults() == []
    assert (table / "receipts" / f"{made.digest}.landed").exists()


def test_an_expired_snapshot_is_no_lost_commit(send, faults, warehouse):
    for cents in (1, 2, 3):
        send(f"{ONE}={cents}")
    assert upkeep(warehouse, "t.a", keep=dt.timedelta(0)).expired == 2
    assert faults() == []


def test_a_loss_stays_told_when_the_snapshots_after_it_have_expired(lost, table, faults, send, warehouse):
    marks = lost()
    go_on(table)
    for cents in (5, 6, 7):
        send(f"{TWO}={cents}")
    upkeep(warehouse, "t.a", keep=dt.timedelta(0))
    assert faults() == [("lost", mark) for mark in marks]


def test_a_version_that_is_made_again_is_proved_anew_after_a_kill_before_its_proof(
    lost, table, faults, send, warehouse
):
    marks = lost()
    go_on(table)
    proof = table / "proofs" / "v2.metadata.json"
    before = proof.read_bytes()
    send(f"{TWO}=9")
    proof.write_bytes(before)
    heal(warehouse.table("t.a"), warehouse.iceberg("t.a"), book_of(warehouse, "t.a").knows)
    assert faults() == [("lost", mark) for mark in marks]


def test_an_edited_version_is_not_proved_anew(send, table, faults, warehouse):
    send(f"{ONE}=1")
    version = table / "metadata" / "v1.metadata.json"
    version.write_bytes(version.read_bytes().replace(b'"hansa.run":"r"', b'"hansa.run":"x"'))
    heal(warehouse.table("t.a"), warehouse.iceberg("t.a"), book_of(warehouse, "t.a").knows)
    assert ("changed", "v1.metadata.json") in faults()


@pytest.mark.parametrize("content", [b"", b"{", b"[]"])
def test_a_proof_that_is_none_any_more_is_told_and_hinders_no_publication(send, table, faults, content):
    send(f"{ONE}=1")
    proof = table / "proofs" / "v1.metadata.json"
    proof.write_bytes(content)
    assert faults() == [("changed", "v1.metadata.json")]
    send(f"{ONE}=2")
    assert faults() == [("changed", "v1.metadata.json")]


def test_a_first_publication_that_lands_between_two_looks_is_no_forgotten_catalog(warehouse, send, monkeypatch):
    send(f"{ONE}=1")
    load, early = warehouse.catalog.load_table, [NoSuchTableError("t.a")]

    def looked(name):
        if early:
            raise early.pop()
        return load(name)

    monkeypatch.setattr(warehouse.catalog, "load_table", looked)
    assert warehouse.iceberg("t.a") is not None
