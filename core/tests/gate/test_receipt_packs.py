"""Packs of receipts: fewer requests for a long book, never another answer than the receipts themselves give."""

from __future__ import annotations

import gzip
import json

import pytest
from hansa.digest import sha256
from hansa.receipt import ReceiptBook
from hansa.verify import verify


class Counted:
    """Objects that count what is read of them."""

    def __init__(self, objects, read=None):
        self._objects, self.names = objects, [] if read is None else read

    def __getattr__(self, name):
        return getattr(self._objects, name)

    def at(self, prefix):
        return Counted(self._objects.at(prefix), self.names)

    def read(self, name):
        self.names.append(name)
        return self._objects.read(name)


@pytest.fixture
def packed(bench, daily, texts, monkeypatch):
    """Five publications of one day, of which the first three lie in a pack."""
    monkeypatch.setattr("hansa.receipt.SIZE", 3)
    monkeypatch.setattr("hansa.receipt.NEWEST", 1)
    return [bench.publish(texts("id day cents", f"A 2026-03-01 {n}"), daily) for n in range(5)]


def packs(bench):
    return sorted((bench.warehouse.table("t.a", 1).folder / "receipts" / "packs").glob("*"))


def counted(bench):
    objects = Counted(bench.warehouse.table("t.a", 1))
    return objects, ReceiptBook(objects, lambda _: None)


def test_the_oldest_receipts_are_put_into_one_object_when_they_are_enough(bench, packed):
    assert len(packs(bench)) == 1
    assert set(json.loads(gzip.decompress(packs(bench)[0].read_bytes()))) == {p.digest for p in packed[:3]}


def test_a_long_book_is_read_in_few_requests_and_reads_the_same(bench, packed):
    objects, book = counted(bench)
    assert [p.digest for p in book.all()] == [p.digest for p in packed]
    assert [p.landed for p in book.all()] == [p.landed for p in packed]
    alone = {f"{p.digest}.{kind}" for p in packed[3:] for kind in ("json", "landed")}
    assert set(objects.names) == {f"packs/{packs(bench)[0].name}", *alone}


def test_who_packs_the_same_receipts_writes_the_same_object(bench, packed):
    before = packs(bench)
    book = bench.book()
    book.all()
    before[0].unlink()
    again = bench.book()
    again.all()
    again.pack()
    assert packs(bench) == before


def test_a_pack_that_was_changed_is_passed_over_and_named(bench, packed):
    pack = packs(bench)[0]
    pack.write_bytes(pack.read_bytes() + b"x")
    assert [p.digest for p in bench.book().all()] == [p.digest for p in packed]
    (fault,) = verify(bench.warehouse, "t.a").faults
    assert (fault.kind, fault.place.endswith(pack.name)) == ("changed", True)


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b"no json", mtime=0), gzip.compress(b'{"a": 1}', mtime=0)],
    ids=["empty", "no gzip", "no json", "no receipt"],
)
def test_an_object_that_somebody_put_among_the_packs_is_passed_over_and_named(bench, packed, content):
    other = packs(bench)[0].with_name(f"{sha256(content)}.gz")
    other.write_bytes(content)
    assert [p.digest for p in bench.book().all()] == [p.digest for p in packed]
    assert [fault.place.endswith(other.name) for fault in verify(bench.warehouse, "t.a").faults] == [True]


def test_a_pack_that_says_another_place_of_a_commit_is_named(bench, packed):
    pack = packs(bench)[0]
    stored = json.loads(gzip.decompress(pack.read_bytes()))
    next(iter(stored.values()))["mark"]["sequence"] += 1
    content = gzip.compress(json.dumps(stored).encode())
    pack.unlink()
    other = pack.with_name(f"{sha256(content)}.gz")
    other.write_bytes(content)
    assert [fault.place.endswith(other.name) for fault in verify(bench.warehouse, "t.a").faults] == [True]


def test_an_edited_receipt_is_named_though_a_pack_has_it_as_it_was(bench, packed):
    receipt = bench.warehouse.table("t.a", 1).folder / "receipts" / f"{packed[0].digest}.json"
    receipt.write_bytes(receipt.read_bytes().replace(b"run1", b"run9"))
    assert [fault.kind for fault in verify(bench.warehouse, "t.a").faults] == ["changed"]


def test_a_receipt_that_was_removed_is_in_no_book_though_a_pack_has_it(bench, packed):
    (bench.warehouse.table("t.a", 1).folder / "receipts" / f"{packed[0].digest}.json").unlink()
    assert packed[0].digest not in [p.digest for p in bench.book().all()]


def test_a_held_publication_is_read_from_a_pack_as_held(bench, daily, texts, monkeypatch):
    monkeypatch.setattr("hansa.receipt.SIZE", 3)
    monkeypatch.setattr("hansa.receipt.NEWEST", 1)
    made = [bench.publish(texts("id day cents", f"A 2026-03-01 {n}"), daily) for n in (1, -1, 2, 3, 4)]
    assert made[1].held
    objects, book = counted(bench)
    assert [p.digest for p in book.all() if not p.landed] == [made[1].digest]
    assert f"{made[1].digest}.json" not in objects.names
