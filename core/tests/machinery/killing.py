"""Publishers that are killed at random moments, a reader beside them, and what must hold after each kill.

A publication always replaces two days together, and a third day is never touched again. So every read has to show both
days whole and at one version, the old one or the new, and the third as it was.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from machinery.actors import PRODUCT, place_of, read_all, rows_of
from machinery.faults import Call
from machinery.faulty import FaultyStore
from machinery.processes import Actor, contract_in

PAIR, QUIET = ["2026-03-01", "2026-03-02"], ["2026-03-03"]
#: What a folder shows of a publication's progress: the kill comes as soon as a new entry is there.
_SIGNS = ("data", "receipts", "metadata")


@dataclass
class Report:
    """What a series of kills showed; ``faults`` is empty if all held."""

    kills: int = 0
    landed: int = 0
    finished: int = 0
    reads: int = 0
    moments: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


class Killing:
    """Kills on one warehouse at ``place``. ``endpoint`` is the S3 server behind it, if it is a bucket."""

    def __init__(
        self,
        folder: Path,
        place: str,
        *,
        seed: int = 0,
        rows: int = 500,
        environment: Mapping[str, str] | None = None,
        proxy: FaultyStore | None = None,
    ) -> None:
        self._contract, self._place, self._rows = contract_in(folder), place, rows
        self._environment, self._proxy = dict(environment or {}), proxy
        self._random = random.Random(seed)
        self._history: list[tuple[float, str, int]] = []
        self._version = 0
        self.report = Report()

    def _actor(self, role: str) -> Actor:
        return Actor(role, self._contract, self._place, self._environment)

    def _publication(self, version: int, days: list[str] | None = None) -> dict[str, Any]:
        return {"days": days or PAIR, "version": version, "rows": self._rows, "run": f"run-{version}"}

    def run(self, kills: int) -> Report:
        """Kill so many publishers; whatever did not hold is in the report."""
        with ExitStack() as stack:
            worker = self._actor("publish").ready()
            worker.do(**self._publication(0, QUIET))
            longest = self._first(worker)
            reader = self._actor("read").ready()
            stack.callback(self._judge_reads, reader)
            for _ in range(kills):
                following = self._actor("publish")
                self._one(worker, longest)
                worker = following.ready()
                self._mend(worker)
            worker.end()
        return self.report

    def _first(self, worker: Actor) -> float:
        """Three publications that nobody disturbs: the longest of them, in seconds."""
        seconds = []
        for _ in range(3):
            self._version += 1
            began = time.monotonic()
            self._note("started")
            said = worker.do(**self._publication(self._version))
            self._note("confirmed")
            assert said["state"] == "published", said
            seconds.append(time.monotonic() - began)
        return max(seconds[1:])

    def _note(self, what: str) -> None:
        self._history.append((time.monotonic(), what, self._version))

    def _one(self, worker: Actor, longest: float) -> None:
        """Start a publication and kill it somewhere."""
        self._version += 1
        self._note("started")
        kill = self._moment(worker, longest)
        worker.ask(**self._publication(self._version))
        kill()
        self.report.kills += 1
        said = worker.answer()
        self.report.finished += said is not None and said["state"] == "published"

    def _moment(self, worker: Actor, longest: float) -> Callable[[], None]:
        """Choose when to kill: after a time, at a sign in the folder, or at a request to the store."""
        kinds = ["time", "request"] if self._proxy else ["time", *_SIGNS]
        kind = self._random.choice(kinds)
        self.report.moments[kind] = self.report.moments.get(kind, 0) + 1
        if kind == "time":
            delay = self._random.uniform(0, longest * 1.05)
            return lambda: self._after(worker, delay)
        if kind == "request":
            return self._at_request(worker, longest)
        return self._at_sign(worker, kind, longest)

    def _after(self, worker: Actor, delay: float) -> None:
        time.sleep(delay)
        worker.kill()

    def _at_sign(self, worker: Actor, sign: str, longest: float) -> Callable[[], None]:
        folder = Path(self._place) / PRODUCT.replace(".", "/") / sign
        before = _names(folder)
        skip = self._random.randrange(3)

        def watch() -> None:
            end = time.monotonic() + 3 * longest
            while len(_names(folder) - before) <= skip and time.monotonic() < end:
                pass
            worker.kill()

        return watch

    def _at_request(self, worker: Actor, longest: float) -> Callable[[], None]:
        """Kill at the nth request that writes, before or after the store has done it."""
        assert self._proxy is not None
        proxy, gone = self._proxy, threading.Event()

        def kill() -> None:
            worker.kill()
            gone.set()

        proxy.when("PUT", "", Call(kill, done=self._random.random() < 0.5), nth=self._random.randrange(1, 16))

        def wait() -> None:
            if not gone.wait(3 * longest):
                worker.kill()
            proxy.mend()

        return wait

    def _mend(self, worker: Actor) -> None:
        """Run the killed publication again and look at all that must hold then."""
        seen = read_all(self._place)
        landed = seen.filter(pl.col("day").cast(pl.String).is_in(PAIR))["version"].unique().to_list()
        if landed not in ([self._version], [self._version - 1]):
            self._fault(f"after the kill versions {landed} are read")
        self.report.landed += landed == [self._version]
        said = worker.do(**self._publication(self._version))
        self._note("confirmed")
        wanted = "unchanged" if landed == [self._version] else "published"
        if said["state"] != wanted:
            self._fault(f"the second run says {said}, not {wanted}")
        self._judge_rows()
        self._judge_books()

    def _judge_rows(self) -> None:
        wanted = pl.concat([rows_of(PAIR, self._version, self._rows), rows_of(QUIET, 0, self._rows)]).sort("id")
        if not read_all(self._place).select(pl.all().cast(pl.String)).sort("id").equals(wanted):
            self._fault("the rows are not those of the second run")

    def _judge_books(self) -> None:
        """Receipts and files: each publication once, every file explained, nothing of the dead run left."""
        from hansa.receipt import book_of
        from hansa.store.warehouse import Warehouse
        from hansa.verify import verify

        warehouse = Warehouse(place_of(self._place))
        faults = verify(warehouse, PRODUCT).faults
        if faults:
            self._fault(f"verify: {[(fault.kind, fault.place) for fault in faults]}")
        landed = [p for p in book_of(warehouse, PRODUCT).all() if p.landed]
        snapshots = {p.landed.snapshot for p in landed if p.landed}
        if len(landed) != self._version + 1 or len(snapshots) != len(landed):
            self._fault(f"{len(landed)} receipts of {len(snapshots)} snapshots for {self._version + 1} publications")
        left = self._left_behind()
        if left:
            self._fault(f"left behind: {left[:5]}")

    def _left_behind(self) -> list[str]:
        """Signs of life and staged rows of processes that are gone, on a folder."""
        if "://" in self._place:
            return []
        root = Path(self._place)
        found = [*root.rglob("*.alive"), *(root / ".staging").glob("*")]
        return sorted(str(path.relative_to(root)) for path in found)

    def _fault(self, what: str) -> None:
        self.report.faults.append(f"version {self._version}: {what}")

    def _judge_reads(self, reader: Actor) -> None:
        """Every read shows both days whole and at one version that was the newest or on its way."""
        for read in reader.end():
            if "error" in read:
                self.report.faults.append(f"a read failed: {read['error']}")
                continue
            self.report.reads += 1
            seen = read["seen"]
            whole = all(rows == ids == self._rows and len(versions) == 1 for rows, ids, versions in seen.values())
            pair = {seen[day][2][0] for day in PAIR} if whole and set(seen) == {*PAIR, *QUIET} else set()
            confirmed = max(v for at, what, v in self._history if what == "confirmed" and at <= read["began"])
            started = max(v for at, what, v in self._history if what == "started" and at <= read["ended"])
            if len(pair) != 1 or not confirmed <= pair.pop() <= started or seen[QUIET[0]][2] != [0]:
                self.report.faults.append(f"a read between {confirmed} and {started} saw {seen}")


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
