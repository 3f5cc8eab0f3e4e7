"""Publishes deliveries one by one: each is one commit, so that a crash between two of them leaves each old or new."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from hansa.deliveries import Deliveries, Delivery
from hansa.errors import DataError, HansaError, WorldError
from hansa.gate import Mode, Origin, publish
from hansa.merge import Standing as Rows
from hansa.newer import Choice, Chosen
from hansa.quarantine.decisions import replayed_by
from hansa.receipt import InputRead, Publication, timestamp
from hansa.run import Run
from hansa.schema import polars_schema
from hansa.sources import translate
from hansa.store.table import ProductTable

if TYPE_CHECKING:
    from hansa.cast import Reading
    from hansa.mesh import MeshProduct
    from hansa.secrets import Keys
    from hansa.standing import Standing
    from hansa.vault import Vault

#: How often another publisher may change a delivery's days before it is given up.
_TRIES = 5


@dataclass(frozen=True)
class Courier:
    """Publishes the deliveries of one product under ``run``, which has no days of its own."""

    standing: Standing
    kept: MeshProduct
    keys: Keys | None
    vault: Vault | None

    def deliver(self, name: str, run: Run) -> tuple[Publication, str]:
        """Publish one file by name, unless somebody did so meanwhile; and what of it stands in newer form, in words.

        Errors: those of the file, or of the world.
        """
        tries = 0
        while True:
            self.standing.forget(self.kept.id)
            # What stands is looked at before anything is chosen by it, see ``_upon``: who publishes after this look is
            # found out by the commit.
            self.standing.current(self.kept.id)
            deliveries = self._deliveries
            one = next((one for one in deliveries.pending if one.name == name), None)
            if one is None:
                return self._published(deliveries, name), ""
            if one.error is not None:
                raise one.error
            try:
                return self._publish(deliveries, one, run)
            except WorldError as error:
                tries += 1
                if error.code != "commit.moved" or tries >= _TRIES:
                    raise
            finally:
                self.standing.forget(self.kept.id)

    @property
    def _deliveries(self) -> Deliveries:
        found = self.standing.deliveries(self.kept.id)
        assert found is not None  # noqa: S101 - only deliveries have a courier
        return found

    def _published(self, deliveries: Deliveries, name: str) -> Publication:
        """The publication of a file that was published since the plan was made."""
        digest = deliveries.records.last.get(name)
        for publication in reversed(self.standing.book(self.kept.id).all()):
            if any(given.fingerprint == digest for given in publication.inputs):
                return replace(publication, unchanged=True)
        return self._bare(run=Run(timestamp(), "UTC"), inputs=())

    def _publish(self, deliveries: Deliveries, one: Delivery, run: Run) -> tuple[Publication, str]:
        source = deliveries.source(one.found)
        deliveries.inbox.refuse_changed(one.found)
        deliveries.inbox.refuse_other(one.found, one.digest, source.fingerprint)
        read, before = one.read(source), deliveries.records.corrected(one.name, one.digest)
        if deliveries.is_empty(one):
            made, told = self._nothing(one, read, source.frame, run)
            return made, "; ".join(filter(None, (told, _stay(before))))
        table = ProductTable(self.standing.warehouse, self.kept.contract)
        rows = Rows(self.kept.contract, table, table.look())
        chosen = Choice(deliveries, self.kept.contract, run.zone, self.keys, rows).of(one)
        if chosen.frame is None:
            return self._note(read, run), chosen.older
        made = self._through(one, read, chosen, run)
        stay = "" if deliveries.binding.brings == "days" else _staying(before, made, chosen)
        return made, "; ".join(filter(None, (chosen.older, stay)))

    def _through(self, one: Delivery, read: InputRead, chosen: Chosen, run: Run) -> Publication:
        deliveries, contract = self._deliveries, self.kept.contract
        source = deliveries.source(one.found)
        mode: Mode = "replace" if deliveries.binding.brings == "days" else ("merge" if contract.key else "add")

        def told(error: Exception) -> HansaError | None:
            return translate(error, source.place)

        assert chosen.frame is not None  # noqa: S101 - what brings nothing is only noted

        def still() -> None:
            deliveries.inbox.refuse_changed(one.found)

        return self._gate(chosen.frame, run, mode, (read,), source.reading, told, self._upon(chosen.days), still)

    def _nothing(self, one: Delivery, read: InputRead, frame: pl.LazyFrame, run: Run) -> tuple[Publication, str]:
        """A file without rows: the empty day of its date, where nothing stands there."""
        day = one.when.date() if one.when is not None else None
        if self.kept.daily and day is not None and str(day) not in self.standing.current(self.kept.id):
            window = replace(run, first=day, last=day)
            source = self._deliveries.source(one.found)
            upon: dict[str | None, str] = {str(day): ""}
            return self._gate(frame, window, "replace", (read,), source.reading, lambda error: None, upon), ""
        return self._note(read, run), "it holds no rows"

    def days(self, kept: MeshProduct, run: Run, said: tuple[InputRead, ...]) -> Publication:
        """Publish the files that wait for the days of ``run``; those for which none came ``kept`` and ``said`` judge.

        Errors: DataError where a product that is not kept by day has no file.
        """
        names = [one.name for one in self._deliveries.of_days(run.days)]
        made = [self.deliver(name, replace(run, first=None, last=None))[0] for name in names]
        lacking = [day for day in run.days if str(day) not in self.standing.current(self.kept.id)]
        made += [self.empty(kept, replace(run, first=first, last=last), said) for first, last in _spans(lacking)]
        if made:
            return replace(made[-1], receipts=tuple(receipt for one in made for receipt in one.receipts))
        stands = self.standing.publication(self.kept.id, run.first)
        if stands is None:
            what, place = "no file has come", self._deliveries.binding.uri
            raise DataError("source.missing", what, where=place, next_step="deliver one, or mend the pattern")
        return replace(stands, unchanged=True)

    def empty(self, kept: MeshProduct, run: Run, said: tuple[InputRead, ...]) -> Publication:
        """The days of ``run``, for which no file came, as ``kept`` and the calendar judge them."""
        landed = [one for one in self.standing.book(self.kept.id).all() if one.landed and replayed_by(one) is None]
        optional = {column.name for column in kept.contract.columns if not column.required}
        # A column that is in no file would be missed in the next one, and one that is in all of them in this frame.
        absent = set(landed[-1].absent) if landed else optional
        absent |= {column.name for column in kept.contract.columns if column.business_date_of is not None}
        schema = {name: kind for name, kind in polars_schema(kept.contract).items() if name not in absent}
        nothing, courier = pl.LazyFrame(schema=schema), replace(self, kept=kept)
        # A file that another process publishes meanwhile must not be emptied again.
        return courier._gate(nothing, run, "replace", said, None, lambda error: None, self._upon(run.days))

    def _gate(
        self,
        frame: pl.LazyFrame,
        run: Run,
        mode: Mode,
        inputs: tuple[InputRead, ...],
        reading: Reading | None,
        told: Callable[[Exception], HansaError | None],
        upon: Mapping[str | None, str],
        still: Callable[[], None] = lambda: None,
    ) -> Publication:
        return publish(
            frame,
            self.kept.contract,
            run,
            self.standing.warehouse,
            mode=mode,
            keys=self.keys,
            vault=self.vault,
            reading=reading,
            origin=Origin(inputs, self.standing.code(self.kept.id)),
            rereadable=True,
            upon=upon,
            days_unchosen=run.first is None,
            still=still,
            translate=told,
        )

    def _upon(self, days: Sequence[dt.date] | frozenset[dt.date]) -> dict[str | None, str]:
        """What stands in the days of a delivery: what was chosen of it, was chosen by that."""
        current = self.standing.current(self.kept.id)
        partitions: list[str | None] = [str(day) for day in sorted(days)] if self.kept.daily else [None]
        return {one: current[one][1].digest if one in current else "" for one in partitions}

    def _note(self, read: InputRead, run: Run) -> Publication:
        """Write down that a file was read and brings nothing: else each run would read it again."""
        made, book = self._bare(run, (read,)), self.standing.book(self.kept.id)
        self.standing.warehouse.prepare()
        book.prepare(made)
        book.mark_held(made)
        return replace(made, unchanged=True)

    def _bare(self, run: Run, inputs: tuple[InputRead, ...]) -> Publication:
        contract = self.kept.contract
        return Publication(
            product=contract.id,
            version=contract.version,
            contract=contract.digest,
            run=run.id,
            made_at=timestamp(),
            receipts=(),
            inputs=inputs,
            code=self.standing.code(self.kept.id),
            mode="merge",
        )


def _staying(before: int, made: Publication, chosen: Chosen) -> str:
    """What stays of a file's earlier content, of which ``before`` rows were published; empty where nothing is known to.

    A key of both took the place of a row that stood, stands in newer form, or is of a row that was refused. Such a key
    may have been in no earlier content at all, so that what is left is the least number.
    """
    if made.held or made.unchanged:
        return ""
    met = sum(receipt.counts.get("replaced", 0) + receipt.counts["quarantined"] for receipt in made.receipts)
    return _stay(before - met - chosen.passed_over, "at least ")


def _stay(count: int, least: str = "") -> str:
    if count <= 0:
        return ""
    rows, verb = ("row", "stays") if count == 1 else ("rows", "stay")
    return (
        f"{least}{count} {rows} of its earlier content {verb} published, whose keys it does not have any more; write "
        "'brings: days' for the source if each file has its days whole"
    )


def _spans(days: Sequence[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """Unbroken stretches of days, which are in order."""
    found: list[tuple[dt.date, dt.date]] = []
    for day in days:
        if found and day == found[-1][1] + dt.timedelta(days=1):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found
