"""What a publisher that was killed leaves behind, even of a first publication, is found and removed."""

from __future__ import annotations

import datetime as dt
import os

import pytest
from hansa.receipt import Publication, book_of
from hansa.store.table import ProductTable
from hansa.store.upkeep import orphans
from hansa.upkeep import upkeep
from hansa.verify import clean, verify

DAY = "2026-03-01"


@pytest.fixture
def table(warehouse):
    return warehouse.table("t.a").folder


@pytest.fixture
def dead(table):
    """A publisher of a product that died while it wrote its data files."""

    def leave():
        (table / "claims").mkdir(parents=True, exist_ok=True)
        (table / "claims" / "dead").write_bytes(b"")
        (table / "data" / "dead").mkdir(parents=True)
        (table / "data" / "dead" / "0.parquet").write_bytes(b"half")

    return leave


def aged(path):
    os.utime(path, (0, 0))
    return path


def files(table):
    return sorted(path.relative_to(table).as_posix() for path in table.rglob("*") if path.is_file())


@pytest.mark.parametrize("room", ["claims", "data", "receipts"])
def test_a_product_is_found_from_the_first_sign_of_its_first_publication_on(warehouse, table, room):
    (table / room).mkdir(parents=True)
    assert [name for name, _ in warehouse.products()] == ["t.a"]


def test_what_is_no_product_is_not_found(warehouse):
    (warehouse.root / "notes" / "mine").mkdir(parents=True)
    (warehouse.root / "artefacts" / "ab").mkdir(parents=True)
    assert warehouse.products() == []


def test_what_a_dead_first_publication_left_is_told_and_cleaned_away_with_its_claim(warehouse, table, dead):
    dead()
    assert [(fault.kind, fault.place) for fault in verify(warehouse, "t.a").faults] == [
        ("left", str(table / "data" / "dead" / "0.parquet"))
    ]
    assert clean(warehouse, "t.a") == [str(table / "claims" / "dead"), str(table / "data" / "dead" / "0.parquet")]
    assert files(table) == []
    assert verify(warehouse, "t.a").faults == ()


def test_upkeep_removes_what_the_dead_left_beside_what_is_published(warehouse, table, dead, send):
    send(f"{DAY}=1")
    before = files(table)
    dead()
    assert upkeep(warehouse, "t.a").removed == ("claims/dead", "data/dead/0.parquet")
    assert files(table) == before


def test_the_claim_of_a_living_publication_stays(warehouse, table, send):
    send(f"{DAY}=1")
    with warehouse.table("t.a").claim("claims/living"):
        assert upkeep(warehouse, "t.a").removed == ()
        assert (table / "claims" / "living").exists()


def test_data_files_that_landed_stay_when_their_publisher_died_before_it_took_its_claim_away(
    warehouse, table, daily, send
):
    send(f"{DAY}=1")
    (folder,) = (table / "data").iterdir()
    (table / "claims").mkdir(exist_ok=True)
    (table / "claims" / folder.name).write_bytes(b"")
    assert clean(warehouse, "t.a") == [str(table / "claims" / folder.name)]
    assert verify(warehouse, "t.a").faults == ()


@pytest.fixture
def prepared(warehouse, table):
    """The receipt of a publication that died before its commit."""
    publication = Publication("t.a", "1.0.0", "d1", "dead", "2026-01-01T00:00:00.000000+00:00", ())
    book_of(warehouse, "t.a").prepare(publication)
    return table / "receipts" / f"{publication.digest}.json"


def test_the_receipt_of_a_commit_that_never_came_goes_once_it_cannot_come_any_more(warehouse, prepared, send):
    assert upkeep(warehouse, "t.a").removed == ()
    aged(prepared)
    assert upkeep(warehouse, "t.a").removed == (f"receipts/{prepared.name}",)
    assert not prepared.exists()


def test_receipts_of_what_landed_or_was_held_stay_with_their_marks(warehouse, table, prepared, send):
    send(f"{DAY}=1")
    prepared.with_suffix(".held").write_bytes(b"{}")
    for path in (table / "receipts").iterdir():
        aged(path)
    assert upkeep(warehouse, "t.a").removed == ()


def test_the_receipt_of_a_commit_whose_mark_is_missing_stays(warehouse, table, daily, send):
    made = send(f"{DAY}=1")
    mark = table / "receipts" / f"{made.digest}.landed"
    mark.unlink()
    aged(mark.with_suffix(".json"))
    assert orphans(warehouse, "t.a", 1, ()) == []


def test_drafts_of_files_that_were_never_finished_go(warehouse, table, send):
    send(f"{DAY}=1")
    young = table / "receipts" / ".x.json.123.0a1b2c3d"
    young.write_bytes(b"{")
    old = [table / "metadata" / ".v2.metadata.json.123.0a1b2c3d", table / "receipts" / ".y.landed.9.deadbeef"]
    for path in old:
        path.write_bytes(b"{")
        aged(path)
    other = aged(table / ".commit")
    assert upkeep(warehouse, "t.a").removed == tuple(path.relative_to(table).as_posix() for path in old)
    assert (young.exists(), other.exists()) == (True, True)


def test_the_next_publication_removes_what_the_dead_left(warehouse, table, daily, dead):
    dead()
    with ProductTable(warehouse, daily) as product:
        product.sweep(lambda: ())
    assert files(table) == []
    assert warehouse.longest_run == dt.timedelta(hours=24)
