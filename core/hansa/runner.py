"""Runs a plan in this process, with no orchestrator: read the inputs, call the product, publish by the gate."""

from __future__ import annotations

import datetime as dt
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import polars as pl

from hansa.delivering import Courier
from hansa.errors import DataError, HansaError, PluginError
from hansa.extents import partition_expression, refuse_ahead
from hansa.gate import Mode, Origin, publish
from hansa.judged_days import under_calendar
from hansa.lost import Lost as Lost
from hansa.lost import Outcome as Outcome
from hansa.plan import Step, input_span
from hansa.receipt import InputRead, Publication
from hansa.run import Before, Run
from hansa.scorer import versions_of
from hansa.scoring import Scoring
from hansa.sources import translate
from hansa.standing import MissingInputError, Standing
from hansa.store.door import Door
from hansa.store.reach import refused_by_disk
from hansa.vault import Vault

if TYPE_CHECKING:
    from hansa.mesh import Mesh, MeshProduct
    from hansa.products import Input
    from hansa.secrets import Keys
    from hansa.sources import SourceFrame


class Runner:
    """Runs steps of one mesh; with ``only_moved`` a day that is right when its turn comes is not computed again.

    A plan holds days that read what it brings; whether that came out with other rows is known only then.
    """

    def __init__(self, mesh: Mesh, standing: Standing | None = None, *, only_moved: bool = False) -> None:
        self.mesh, self._only_moved = mesh, only_moved
        self.standing = standing or Standing(mesh)
        self._door = Door(self.standing.warehouse)

    @cached_property
    def _keys(self) -> Keys:
        from hansa.secrets import load_keys

        store = self.standing.warehouse
        return load_keys(self.mesh.keys, store.objects.folder, bound=store.bound_keys())

    def run(self, product: str, first: dt.date | None, last: dt.date | None) -> Publication:
        """Compute one product over its days and publish it; errors of the product's own code become PluginError."""
        if self._only_moved and (stands := self._stands(product, first, last)) is not None:
            return stands
        kept = self.mesh.products[product]
        run = Run(
            id=uuid4().hex,
            zone=self.mesh.file.time_zone,
            first=first,
            last=last,
            seed=self.mesh.file.seed,
            threads=self.mesh.file.threads,
            settings=kept.settings,
            artefacts=self.standing.warehouse.artefacts,
            contracts={given.parameter: self.mesh.products[given.product].contract for given in kept.product.requires},
            before=lambda day: self._before(kept, day),
        )
        if kept.binding is not None and last is not None:
            refuse_ahead(kept, last, run.today)
        kept, said = under_calendar(self.standing, kept, run)
        try:
            made = self._from_source if kept.binding is not None else self._computed
            publication = made(kept, run, said)
        except SystemExit as error:
            # A function that leaves the process would end the whole run with the exit code of its choice.
            raise _broken_product(kept, error) from None
        except OSError as error:
            if (refused := refused_by_disk(error)) is None:
                raise
            raise refused from None
        self.standing.forget(product)
        return publication

    def _stands(self, product: str, first: dt.date | None, last: dt.date | None) -> Publication | None:
        """The publication of a day, or of the whole product, that is right already."""
        if first != last or not self.standing.right(product, first):
            return None
        publication = self.standing.publication(product, first)
        return replace(publication, unchanged=True) if publication is not None and not publication.held else None

    def _before(self, kept: MeshProduct, day: dt.date) -> Before | None:
        """A day as it stands, with its inputs as the publication that brought it whole read them."""
        publication = self.standing.publication(kept.id, day)
        if publication is None:
            return None
        reads = {read.name: read for read in publication.inputs if read.snapshot is not None}

        def read_again(product: str) -> pl.LazyFrame | None:
            read = reads.get(product)
            if read is None:
                return None
            try:
                return self._door.open(product, int((read.version or "1").split(".")[0]), at=read.snapshot).frame
            except DataError as error:
                if error.code != "snapshot.unknown":
                    raise
                return None

        own = self._door.open(kept.id, kept.contract.major, days=(day, day), partition=kept.contract.partition)
        return Before(own.frame, read_again)

    def _secret(self, kept: MeshProduct) -> Keys | None:
        return self._keys if kept.contract.sealed else None

    @cached_property
    def _vault(self) -> Vault | None:
        place = self.mesh.vault
        if place is None:
            return None
        if (folder := self.standing.warehouse.objects.folder) is not None:
            place.refuse_inside(folder)
        return Vault(place, self._keys)

    def _vault_for(self, kept: MeshProduct) -> Vault | None:
        """The vault, for a product that makes tokens."""
        return self._vault if any(column.tokenise for column in kept.contract.columns) else None

    def deliver(self, product: str, name: str) -> tuple[Publication, str]:
        """Publish one file that arrived for a product, and what of it stands in newer form, in words."""
        mesh, kept = self.mesh.file, self.mesh.products[product]
        run = Run(uuid4().hex, mesh.time_zone, seed=mesh.seed, threads=mesh.threads, settings=kept.settings)
        return self._courier(kept).deliver(name, run)

    def _courier(self, kept: MeshProduct) -> Courier:
        return Courier(self.standing, self.mesh.products[kept.id], self._secret(kept), self._vault_for(kept))

    def _from_source(self, kept: MeshProduct, run: Run, said: tuple[InputRead, ...]) -> Publication:
        if self.standing.deliveries(kept.id) is not None:
            return self._courier(kept).days(kept, run, said)
        drawing = self.standing.drawing(kept.id)
        if drawing is not None:
            with drawing.drawn(self.standing.warehouse, self.standing.book(kept.id), run.first, run.last) as drawn:
                return self._sent(kept, run, said, drawn.source, drawn.read, drawn.mode)
        source = self.standing.source(kept.id)
        before = self.standing.rewritten(kept.id, run.days)
        read = InputRead(name=f"source of {kept.id}", fingerprint=source.fingerprint, columns=source.columns)
        publication = self._sent(kept, run, said, source, read, "replace")
        # What stood before and stands still was in the source again, row by row.
        after = self.standing.rewritten(kept.id, run.days)
        self.standing.seen(kept.id).note(source.fingerprint, dict(before.items() & after.items()))
        return publication

    def _sent(
        self, kept: MeshProduct, run: Run, said: tuple[InputRead, ...], source: SourceFrame, read: InputRead, mode: Mode
    ) -> Publication:
        """Send the rows of a source through the gate, of a daily one those of the run's days."""
        frame = source.frame
        if kept.daily:
            day = partition_expression(kept, source, run.zone)
            # A row whose day cannot be read belongs to no day: it goes to quarantine with whichever day is run. The day
            # is a column first, because a predicate would compute it once for each time that it names it.
            inside = pl.col("__day").is_between(run.first, run.last).fill_null(True)
            frame = frame.with_columns(__day=day).filter(inside).drop("__day")
        publication = publish(
            frame,
            kept.contract,
            run,
            self.standing.warehouse,
            mode=mode,
            keys=self._secret(kept),
            vault=self._vault_for(kept),
            reading=source.reading,
            origin=Origin((read, *said), self.standing.code(kept.id)),
            rereadable=True,
            history=True,
            translate=lambda error: translate(error, source.place),
        )
        self.standing.forget(kept.id)
        return publication

    def _computed(self, kept: MeshProduct, run: Run, said: tuple[InputRead, ...]) -> Publication:
        frames: dict[str, Any] = {}
        inputs: list[InputRead] = []
        for given in kept.product.requires:
            frames[given.parameter], read = self._read(kept, given, run)
            inputs.append(read)
        with Scoring(self.mesh, kept.id, frames, inputs, run) as scoring:
            if kept.product.wants_run:
                frames["run"] = scoring.run
            made = self._called(kept, frames)
            return publish(
                made,
                kept.contract,
                run,
                self.standing.warehouse,
                keys=self._secret(kept),
                vault=self._vault_for(kept),
                origin=Origin((*inputs, *said), self.standing.code(kept.id), _libraries(kept) | scoring.libraries),
                translate=partial(scoring.told, broken=partial(_broken_product, kept)),
            )

    def _read(self, kept: MeshProduct, given: Input, run: Run) -> tuple[pl.LazyFrame, InputRead]:
        upstream = self.mesh.products[given.product]
        self.standing.refuse_missing(kept, given, run.days)
        span = None
        if upstream.daily and run.first is not None and run.last is not None:
            span = input_span(kept, given, run.first, run.last)
        opened = self._door.open(given.product, given.major, days=span, partition=upstream.contract.partition)
        read = InputRead(
            name=given.product,
            snapshot=opened.snapshot,
            sequence=opened.sequence,
            version=upstream.contract.version,
            first=str(span[0]) if span else None,
            last=str(span[1]) if span else None,
        )
        return opened.frame, read

    def _called(self, kept: MeshProduct, frames: dict[str, Any]) -> pl.LazyFrame:
        assert kept.product.function is not None  # noqa: S101 - only computed products come here
        try:
            made = kept.product.function(**frames)
        except HansaError:
            raise
        except Exception as error:  # noqa: BLE001 - the border of a run: guest code may raise anything
            raise _broken_product(kept, error) from None
        if not isinstance(made, pl.LazyFrame | pl.DataFrame):
            raise PluginError(
                "product.answer",
                f"its function gave {type(made).__name__}, not a Polars frame",
                where=kept.id,
                next_step="return a LazyFrame",
            )
        return _as_promised(kept, made.lazy())


def _as_promised(kept: MeshProduct, frame: pl.LazyFrame) -> pl.LazyFrame:
    """The frame, if it has the contract's columns: one that is missing or unknown is a fault of the function."""
    try:
        names = frame.collect_schema().names()
    except pl.exceptions.PolarsError as error:
        raise _broken_product(kept, error) from None
    derived = {column.name for column in kept.contract.columns if column.business_date_of is not None}
    missing = [name for name in kept.contract.by_name if name not in {*names, *derived, *kept.added}]
    unknown = [name for name in names if name not in kept.contract.by_name]
    if missing or unknown:
        lacks = f"does not give {', '.join(missing)}" if missing else ""
        gives = f"gives {', '.join(unknown)}, which the contract does not know" if unknown else ""
        raise PluginError(
            "product.columns",
            "its function " + " and ".join(words for words in (lacks, gives) if words),
            where=kept.id,
            state="nothing of it was published",
            next_step=f"make the function and {kept.contract.path.name} agree",
        )
    return frame


def _broken_product(kept: MeshProduct, error: BaseException) -> PluginError:
    """The error of a product's own code by its type and place; its text may quote a person's data and is not shown."""
    package = (kept.product.function.__module__ if kept.product.function else "").split(".")[0]
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f"/{package}/" in f.filename]
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return PluginError(
        "product.failed",
        f"its function failed with {type(error).__name__}{place}",
        where=kept.id,
        state="nothing of it was published",
        next_step=f"the team of {kept.contract.domain} mends it; set HANSA_TRACEBACK=1 to see the text",
    )


def _libraries(kept: MeshProduct) -> dict[str, str]:
    """Versions of what the product's own package asks for."""
    return versions_of(kept.product.function.__module__.split(".")[0]) if kept.product.function else {}


def execute(runner: Runner, steps: Sequence[Step], lost: Lost, told: Callable[[Outcome], None]) -> None:
    """Run steps in their order; what is made from something held or failed in this run is not run.

    Every outcome is noted in ``lost`` and told.
    """
    for step in steps:
        for outcome in _attempt(runner, step, lost):
            lost.note(outcome)
            told(outcome)


def _attempt(runner: Runner, step: Step, lost: Lost) -> Iterator[Outcome]:
    for part, cause in lost.parts(step):
        if cause:
            yield Outcome(part, "not run", reason=f"because {cause}")
            continue
        try:
            if part.delivery:
                publication, told = runner.deliver(part.product, part.delivery)
            else:
                publication, told = runner.run(part.product, part.first, part.last), ""
        except HansaError as error:
            yield lost.traced(refused(part, error))
            continue
        made = outcome_of(part, publication)
        yield replace(made, reason=told or made.reason)


def refused(step: Step, error: HansaError) -> Outcome:
    """The outcome of a step that was refused: what lacks an input is not run, anything else failed."""
    if isinstance(error, MissingInputError):
        return Outcome(step, "not run", reason=f"because {error.what}", error=error)
    return Outcome(step, "failed", reason=error.sentence(), error=error)


def outcome_of(step: Step, publication: Publication) -> Outcome:
    """The outcome of a step that came through the gate."""
    if publication.held:
        reasons = "; ".join(f"{r.partition or 'whole'}: {', '.join(r.reasons)}" for r in publication.held)
        return Outcome(step, "held", publication, reasons)
    return Outcome(step, "unchanged" if publication.unchanged else "published", publication)
