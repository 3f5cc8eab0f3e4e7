"""One product whose publishers are killed: what happened to it, and whether all holds that must hold of it.

A publication brings two days together. So every read has to show both whole and at one version: the old one or the new.
"""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Any

import polars as pl

from machinery.actors import PRODUCT, place_of, read_all, rows_of

PAIR, QUIET = ["2026-03-01", "2026-03-02"], ["2026-03-03"]
#: So that nothing which a dead run left is spared for its youth.
_AT_ONCE = dt.timedelta(microseconds=1)


class Life:
    """The product in the warehouse at ``place``; ``faults`` say what did not hold.

    With ``quiet`` a third day stands beside the pair and is never touched again.
    """

    def __init__(self, place: str, rows: int, *, quiet: bool) -> None:
        self.place, self.rows, self.quiet = place, rows, quiet
        self.version = self.reads = 0
        self.faults: list[str] = []
        self._history: list[tuple[float, str, int]] = [(time.monotonic(), what, 0) for what in ("started", "confirmed")]

    @property
    def folder(self) -> Path:
        """The product's own folder, where the warehouse is one."""
        return Path(self.place) / PRODUCT.replace(".", "/")

    def question(self) -> dict[str, Any]:
        """The publication of this version, as an actor is asked for it."""
        asked = {"days": PAIR, "version": self.version, "rows": self.rows, "run": f"run-{self.version}"}
        return asked | {"place": self.place}

    def note(self, what: str) -> None:
        """Write down that this version was ``started`` or ``confirmed``."""
        self._history.append((time.monotonic(), what, self.version))

    def fault(self, what: str) -> None:
        """Something did not hold."""
        self.faults.append(f"version {self.version} in {self.place}: {what}")

    def landed(self) -> bool:
        """Whether readers see this version; a fault if they see neither it nor the one before."""
        seen = read_all(self.place).filter(pl.col("day").cast(pl.String).is_in(PAIR))["version"].unique().to_list()
        before = [self.version - 1] if self.version > 1 else []
        if seen not in ([self.version], before):
            self.fault(f"after the kill versions {seen} are read")
        return seen == [self.version]

    def judge(self) -> None:
        """After the second run: its rows, each publication once, every file explained, nothing of the dead run left."""
        days = [rows_of(PAIR, self.version, self.rows), *([rows_of(QUIET, 0, self.rows)] if self.quiet else [])]
        if not read_all(self.place).select(pl.all().cast(pl.String)).sort("id").equals(pl.concat(days).sort("id")):
            self.fault("the rows are not those of the second run")
        self._judge_books()
        if left := self._signs_of_life():
            self.fault(f"left behind: {left[:5]}")

    def _judge_books(self) -> None:
        from hansa.receipt import book_of
        from hansa.store.warehouse import Warehouse
        from hansa.verify import verify

        warehouse = Warehouse(place_of(self.place))
        if faults := verify(warehouse, PRODUCT).faults:
            self.fault(f"verify: {[(fault.kind, fault.place) for fault in faults]}")
        landed = [p for p in book_of(warehouse, PRODUCT).all() if p.landed]
        snapshots = {p.landed.snapshot for p in landed if p.landed}
        wanted = self.version + self.quiet
        if len(landed) != wanted or len(snapshots) != len(landed):
            self.fault(f"{len(landed)} receipts of {len(snapshots)} snapshots for {wanted} publications")

    def clean(self) -> None:
        """Look for what dead runs left and remove it, as those who operate a mesh do, sparing nothing for its youth."""
        from hansa.receipt import book_of
        from hansa.store.settings import StoreSettings
        from hansa.store.warehouse import Warehouse
        from hansa.upkeep import upkeep
        from hansa.verify import clean, verify

        warehouse = Warehouse(place_of(self.place), StoreSettings.of(longest_run=_AT_ONCE))
        if self._unknown(warehouse):
            return
        before = read_all(self.place).sort("id")
        clean(warehouse, PRODUCT)
        upkeep(warehouse, PRODUCT)
        if self._unknown(warehouse):
            # Nothing was published, and nothing is left of it in a bucket, which has no empty folders.
            return
        if faults := verify(warehouse, PRODUCT).faults:
            self.fault(f"verify after cleaning: {[(fault.kind, fault.place) for fault in faults]}")
        if not read_all(self.place).sort("id").equals(before):
            self.fault("cleaning changed what is read")
        kept = _explained(warehouse, [p.digest for p in book_of(warehouse, PRODUCT).all()])
        if left := sorted(set(self._objects(warehouse)) - kept):
            self.fault(f"left after cleaning: {left[:5]}")

    def _unknown(self, warehouse: Any) -> bool:
        """True if the warehouse knows no such product; a fault if something lies there all the same."""
        if PRODUCT in [name for name, _ in warehouse.products()]:
            return False
        if found := self._objects(warehouse):
            self.fault(f"nobody finds what was left: {found[:5]}")
        return True

    def _objects(self, warehouse: Any) -> list[str]:
        """Every object of the product, in a folder hidden ones too, but for locks."""
        if "://" in self.place:
            return [entry.name for entry in warehouse.table(PRODUCT).entries()]
        files = [path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()]
        return [name for name in files if name not in (".commit", "metadata/.version-hint.lock")]

    def _signs_of_life(self) -> list[str]:
        """Signs of life and staged rows of processes that are gone, on a folder."""
        if "://" in self.place:
            return []
        root = Path(self.place)
        found = [*root.rglob("*.alive"), *(root / ".staging").glob("*")]
        return sorted(str(path.relative_to(root)) for path in found)

    def judge_read(self, read: dict[str, Any]) -> None:
        """A read shows both days whole and at one version that was the newest or on its way; nothing before them."""
        if "error" in read:
            self.fault(f"a read failed: {read['error']}")
            return
        self.reads += 1
        seen = read["seen"]
        confirmed = max(v for at, what, v in self._history if what == "confirmed" and at <= read["began"])
        started = max(v for at, what, v in self._history if what == "started" and at <= read["ended"])
        shown = self._shown(seen)
        if shown is None or not confirmed <= shown <= started:
            self.fault(f"a read between {confirmed} and {started} saw {seen}")

    def _shown(self, seen: dict[str, Any]) -> int | None:
        """The version that a read shows, 0 for nothing at all; None if it is no whole version."""
        if not seen and not self.quiet:
            return 0
        days = {*PAIR, *(QUIET if self.quiet else [])}
        whole = all(rows == ids == self.rows and len(versions) == 1 for rows, ids, versions in seen.values())
        if set(seen) != days or not whole or (self.quiet and seen[QUIET[0]][2] != [0]):
            return None
        pair = {seen[day][2][0] for day in PAIR}
        return pair.pop() if len(pair) == 1 else None


def _explained(warehouse: Any, digests: list[str]) -> set[str]:
    """Every object that a table has a reason for: what it needs, its receipts with what they name, proofs, the hint."""
    from hansa.quarantine import needed
    from hansa.receipt import book_of
    from hansa.store.upkeep import needed_by

    publications = book_of(warehouse, PRODUCT).all()
    kept = {*needed_by(warehouse, PRODUCT, 1), *needed(publications), "metadata/version-hint.text"}
    kept |= {f"proofs/{name.rpartition('/')[2]}" for name in kept if name.endswith(".metadata.json")}
    kept |= {f"receipts/{digest}.{kind}" for digest in digests for kind in ("json", "landed", "held")}
    kept |= {entry.name for entry in warehouse.table(PRODUCT, 1).entries("receipts/packs/")}
    for receipt in (receipt for publication in publications for receipt in publication.receipts):
        kept |= {entry["path"] for entry in (*receipt.files, *receipt.keys.values())}
    return kept
