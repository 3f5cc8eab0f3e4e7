"""Publishers that are killed at random moments, a reader beside them, and what must hold after each kill.

Most kills are of one product that lives long: a publication replaces two days of it, and a third one is never touched.
Each fifth one is of the very first publication of another product, in a warehouse that did not exist: no table, no
catalog, no receipt. ``judging`` says what must hold of both.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from machinery.faults import Call
from machinery.faulty import FaultyStore
from machinery.judging import QUIET, Life
from machinery.processes import Actor, contract_in

#: What a folder shows of a publication's progress: the kill comes as soon as a new entry is there.
_SIGNS = ("claims", "data", "receipts", "metadata")
#: One of so many kills is of the first publication of a product.
_FIRSTS = 5


@dataclass
class Report:
    """What a series of kills showed; ``faults`` is empty if all held. ``firsts`` are kills of first publications."""

    kills: int = 0
    firsts: int = 0
    landed: int = 0
    finished: int = 0
    reads: int = 0
    moments: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


class Killing:
    """Kills in warehouses at ``place`` and beside it; ``proxy`` stands before the S3 server, if it is a bucket."""

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
        self._lives = {place: Life(place, rows, quiet=True)}
        self.report = Report()

    def _actor(self, role: str) -> Actor:
        return Actor(role, self._contract, self._place, self._environment)

    def run(self, kills: int, told: Callable[[int, int], None] = lambda kills, faults: None) -> Report:
        """Kill so many publishers; whatever did not hold is in the report.

        ``told`` hears after each of them how many there were, and how many faults so far; the reader's come at the end.
        """
        worker, main = self._actor("publish").ready(), self._lives[self._place]
        worker.do(**main.question() | {"days": QUIET})
        longest = self._undisturbed(worker, main)
        reader = self._actor("read").ready()
        for number in range(kills):
            life = self._new_life(number) if number % _FIRSTS == _FIRSTS - 1 else main
            reader.ask(place=life.place)
            following = self._actor("publish")
            self._one(worker, life, longest)
            worker = following.ready()
            self._mend(worker, life)
            told(number + 1, sum(len(one.faults) for one in self._lives.values()))
        worker.end()
        for read in reader.end():
            self._lives[read["place"]].judge_read(read)
        main.clean()
        self.report.reads = sum(life.reads for life in self._lives.values())
        self.report.faults = [fault for life in self._lives.values() for fault in life.faults]
        return self.report

    def _new_life(self, number: int) -> Life:
        """A product that never was published, in a warehouse of its own."""
        place = f"{self._place}-{number}"
        self._lives[place] = Life(place, self._rows, quiet=False)
        self.report.firsts += 1
        return self._lives[place]

    def _undisturbed(self, worker: Actor, life: Life) -> float:
        """Three publications that nobody disturbs: the longest of them, in seconds."""
        seconds = []
        for _ in range(3):
            life.version += 1
            began = time.monotonic()
            life.note("started")
            said = worker.do(**life.question())
            life.note("confirmed")
            assert said["state"] == "published", said
            seconds.append(time.monotonic() - began)
        return max(seconds[1:])

    def _one(self, worker: Actor, life: Life, longest: float) -> None:
        """Start a publication and kill it somewhere."""
        life.version += 1
        life.note("started")
        kill = self._moment(worker, life, longest)
        worker.ask(**life.question())
        kill()
        self.report.kills += 1
        said = worker.answer()
        self.report.finished += said is not None and said["state"] == "published"

    def _moment(self, worker: Actor, life: Life, longest: float) -> Callable[[], None]:
        """Choose when to kill: after a time, at a sign in the folder, or at a request to the store."""
        kinds = ["time", "request"] if self._proxy else ["time", *_SIGNS]
        kind = self._random.choice(kinds)
        self.report.moments[kind] = self.report.moments.get(kind, 0) + 1
        if kind == "time":
            delay = self._random.uniform(0, longest * 1.05)
            return lambda: self._after(worker, delay)
        if kind == "request":
            return self._at_request(worker, longest)
        return self._at_sign(worker, life.folder / kind, longest)

    def _after(self, worker: Actor, delay: float) -> None:
        time.sleep(delay)
        worker.kill()

    def _at_sign(self, worker: Actor, folder: Path, longest: float) -> Callable[[], None]:
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

    def _mend(self, worker: Actor, life: Life) -> None:
        """Clean up or not, run the killed publication again, and look at all that must hold then."""
        landed = life.landed()
        self.report.landed += landed
        if self._random.random() < 0.5:
            life.clean()
        said = worker.do(**life.question())
        life.note("confirmed")
        wanted = "unchanged" if landed else "published"
        if said["state"] != wanted:
            life.fault(f"the second run says {said}, not {wanted}")
        life.judge()
        if not life.quiet:
            life.clean()


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()
